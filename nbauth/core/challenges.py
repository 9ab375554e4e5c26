"""Every challenge Cognito may pose: its title, its fields, and the responses they become. One table.

To teach nbauth a challenge that a form can answer, add one entry to `CHALLENGES`; the panel, the terminal and the tests
pick it up. A challenge that is answered by arithmetic (PASSWORD_VERIFIER, the device ones) belongs to the adapter and
never gets here. A name that is not in the table is answered through its `ANSWER`, so no pool's choice is a crash.

Challenges and parameters are those of RespondToAuthChallenge in the Amazon Cognito user pools API reference.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from nbauth.core.secret import Secret

Answers = Mapping[str, str | Secret]


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to fill in.

    Attributes:
        name: The key its value has among the answers.
        label: What the person reads.
        kind: How it is drawn: ``text``, ``password`` (hidden, new), ``code`` (digits) or ``choice``.
        choices: For ``choice``: the values to choose from, each with its label.
        autocomplete: The HTML autocomplete token, for password managers and phones.
    """

    name: str
    label: str
    kind: Literal["text", "password", "code", "choice"] = "text"
    choices: tuple[tuple[str, str], ...] = ()
    autocomplete: str = "off"


@dataclass(frozen=True, slots=True)
class Challenge:
    """What Cognito asks next before it lets the user in.

    Attributes:
        name: Cognito's name for it, such as ``SOFTWARE_TOKEN_MFA``.
        username: The user's real name in the pool, as Cognito returned it.
        session: The challenge session, which the answer must carry.
        parameters: What the service says about it, and what may be shown.
        expires_at: When the challenge session ends, as far as is known (aware, UTC).
    """

    name: str
    username: str
    session: Secret | None
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    expires_at: datetime | None = None

    @property
    def title(self) -> str:
        """A short heading for the person who must answer."""
        return _kind(self.name).title

    @property
    def hint(self) -> str:
        """One sentence about what to do; empty where the title says it all."""
        return _kind(self.name).hint(self)

    @property
    def fields(self) -> tuple[Field, ...]:
        """What to fill in."""
        return _kind(self.name).fields(self)

    def responses(self, answers: Answers) -> dict[str, str]:
        """Return Cognito's ChallengeResponses for what the person filled in, secrets in clear.

        Raises:
            ValueError: If a field is missing or empty; the message names it.
        """
        for wanted in self.fields:
            if not _text(answers.get(wanted.name, ""), wanted.kind):
                raise ValueError(f"{wanted.label} is missing")
        kinds = {wanted.name: wanted.kind for wanted in self.fields}
        return {_response_key(self, name): _text(value, kinds.get(name)) for name, value in answers.items()}


@dataclass(frozen=True, slots=True)
class _Kind:
    title: str
    hint: Callable[[Challenge], str]
    fields: Callable[[Challenge], tuple[Field, ...]]
    keys: Mapping[str, str]


_DELIVERED_BY = {"EMAIL": "by e-mail", "SMS": "by text message"}
_CHOICE_LABELS = {
    "SMS_MFA": "Text message",
    "SOFTWARE_TOKEN_MFA": "Authenticator app",
    "EMAIL_OTP": "E-mail",
}


def _code(title: str, key: str, hint: Callable[[Challenge], str]) -> _Kind:
    fields = (Field("code", "Code", kind="code", autocomplete="one-time-code"),)
    return _Kind(title, hint, lambda challenge: fields, {"code": key})


def _delivery_hint(challenge: Challenge) -> str:
    words = ["We sent a code"]
    if medium := _DELIVERED_BY.get(challenge.parameters.get("CODE_DELIVERY_DELIVERY_MEDIUM", "")):
        words.append(medium)
    if destination := challenge.parameters.get("CODE_DELIVERY_DESTINATION"):
        words.append(f"to {destination}")
    return " ".join(words) + "."


def _app_hint(challenge: Challenge) -> str:
    device = challenge.parameters.get("FRIENDLY_DEVICE_NAME")
    return f"Open your authenticator app{f' ({device})' if device else ''} and enter the code it shows."


def _new_password_fields(challenge: Challenge) -> tuple[Field, ...]:
    attributes = tuple(
        Field(name, name.removeprefix("userAttributes.").removeprefix("custom:").replace("_", " ").capitalize())
        for name in _json_list(challenge.parameters.get("requiredAttributes"))
    )
    return (Field("new_password", "New password", kind="password", autocomplete="new-password"), *attributes)


def _mfa_choice_fields(challenge: Challenge) -> tuple[Field, ...]:
    offered = _json_list(challenge.parameters.get("MFAS_CAN_CHOOSE"))
    choices = tuple((name, _CHOICE_LABELS.get(name, name)) for name in offered)
    return (Field("answer", "Method", kind="choice" if choices else "text", choices=choices),)


def _custom_hint(challenge: Challenge) -> str:
    return "; ".join(f"{key}: {value}" for key, value in challenge.parameters.items() if key not in _INTERNAL)


_INTERNAL = {"USERNAME", "USER_ID_FOR_SRP", "DEVICE_KEY"}
_ANSWER = _Kind(
    "One more step",
    _custom_hint,
    lambda challenge: (Field("answer", "Answer"),),
    {"answer": "ANSWER"},
)

CHALLENGES: Mapping[str, _Kind] = {
    "NEW_PASSWORD_REQUIRED": _Kind(
        "Choose a new password",
        lambda challenge: "Your password is a temporary one. Choose your own to go on.",
        _new_password_fields,
        {"new_password": "NEW_PASSWORD"},
    ),
    "SOFTWARE_TOKEN_MFA": _code("Enter your authenticator code", "SOFTWARE_TOKEN_MFA_CODE", _app_hint),
    "SMS_MFA": _code("Enter the code we sent you", "SMS_MFA_CODE", _delivery_hint),
    "SMS_OTP": _code("Enter the code we sent you", "SMS_OTP_CODE", _delivery_hint),
    "EMAIL_OTP": _code("Enter the code we sent you", "EMAIL_OTP_CODE", _delivery_hint),
    "SELECT_MFA_TYPE": _Kind(
        "How do you want to confirm it is you?",
        lambda challenge: "",
        _mfa_choice_fields,
        {"answer": "ANSWER"},
    ),
    "CUSTOM_CHALLENGE": _ANSWER,
}


def _kind(name: str) -> _Kind:
    return CHALLENGES.get(name, _ANSWER)


def _response_key(challenge: Challenge, field_name: str) -> str:
    return _kind(challenge.name).keys.get(field_name, field_name)


def _text(value: str | Secret, kind: str | None) -> str:
    text = value.reveal() if isinstance(value, Secret) else value
    if kind == "password":
        return text  # what is set must be what was typed, or the next sign-in fails
    return "".join(text.split()) if kind == "code" else text.strip()


def _json_list(text: str | None) -> list[str]:
    try:
        values = json.loads(text or "[]")
    except (ValueError, RecursionError):
        return []
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
