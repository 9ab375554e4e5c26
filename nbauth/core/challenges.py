"""Every challenge Cognito may pose: its title, its fields, and the responses they become. One table.

To teach nbauth a challenge that a form can answer, add one entry to `CHALLENGES`; the panel, the terminal and the tests
pick it up. A challenge that is answered by arithmetic (PASSWORD_VERIFIER, the device ones) belongs to the adapter and
never gets here. A name that is not in the table is answered through its `ANSWER`, so no pool's choice is a crash.

Challenges and parameters are those of RespondToAuthChallenge in the Amazon Cognito user pools API reference.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from nbauth.core.secret import Secret

Answers = Mapping[str, str | Secret]

METHOD = "method"
"""Among the answers: the one of a challenge's `alternatives` to go on with instead."""

BY_PASSWORD = ("PASSWORD", "PASSWORD_SRP")
"""The first factors of the flow USER_AUTH that are proved with a password."""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to fill in.

    Attributes:
        name: The key its value has among the answers.
        label: What the person reads.
        kind: How it is drawn: ``text``, ``password`` (hidden, kept as typed), ``code`` (digits), ``choice``, or
            ``passkey``: the credential, as JSON, that a browser makes of the parameter CREDENTIAL_REQUEST_OPTIONS.
        choices: For ``choice``: the values to choose from, each with its label.
        autocomplete: The HTML autocomplete token, for password managers and phones.
    """

    name: str
    label: str
    kind: Literal["text", "password", "code", "choice", "passkey"] = "text"
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
        chosen: What was chosen among what the challenge offers, where that is only half of the answer.
        totp_secret: For MFA_SETUP: what to set an authenticator app up with, in base 32.
        totp_uri: For MFA_SETUP: the same as an ``otpauth`` address, for a QR code.
    """

    name: str
    username: str
    session: Secret | None
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    expires_at: datetime | None = None
    chosen: str | None = None
    totp_secret: Secret | None = None
    totp_uri: Secret | None = None

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

    @property
    def sends_code(self) -> bool:
        """Whether the answer is a code that the pool has sent, and can send anew."""
        return _kind(self.name).sends_code

    @property
    def offered(self) -> tuple[str, ...]:
        """What can be chosen, as Cognito spells it; empty for a challenge that is no choice."""
        return tuple(_offered(self, _kind(self.name).offers))

    @property
    def alternatives(self) -> tuple[tuple[str, str], ...]:
        """Other ways to go on, each with its label; the name of one is answered as ``method``."""
        if self.offered and not self.chosen:
            return ()
        names = [name for offers in _CHOSEN_BY for name in _offered(self, offers)]
        return _choices(name for name in names if name not in (self.chosen, self.name))

    @property
    def chosen_by(self) -> str:
        """The name of the challenge that offered the `alternatives`; empty where there are none."""
        return next((name for offers, name in _CHOSEN_BY.items() if offers in self.parameters), "")

    def among(self, choice: "Challenge") -> "Challenge":
        """Return the challenge with the alternatives of the choice that led to it."""
        offers = _kind(choice.name).offers
        if self.name not in choice.offered or offers in self.parameters:
            return self
        return replace(self, parameters={**self.parameters, offers: choice.parameters[offers]})

    def alternative(self, answers: Answers) -> str:
        """Return the name of the way to go on with instead.

        Raises:
            ValueError: If it is none of the `alternatives`; the message lists them.
        """
        return _chosen(self.alternatives, (), _text(answers[METHOD], "choice"), "Method")

    def responses(self, answers: Answers) -> dict[str, str]:
        """Return Cognito's ChallengeResponses for what the person filled in, secrets in clear.

        Raises:
            ValueError: If a field is missing or empty, or what is chosen is not offered; the message names it.
        """
        kinds = {wanted.name: wanted.kind for wanted in self.fields}
        texts = {name: _text(value, kinds.get(name)) for name, value in answers.items()}
        for wanted in self.fields:
            if not texts.get(wanted.name):
                raise ValueError(f"{wanted.label} is missing")
            if wanted.kind == "choice":
                texts[wanted.name] = _chosen(wanted.choices, self.offered, texts[wanted.name], wanted.label)
        return {_response_key(self, name): text for name, text in texts.items()}


@dataclass(frozen=True, slots=True)
class _Kind:
    """One row: `keys` are the responses that fields become, `offers` the parameter that lists what to choose from."""

    title: str
    hint: Callable[[Challenge], str]
    fields: Callable[[Challenge], tuple[Field, ...]]
    keys: Mapping[str, str]
    offers: str = ""
    sends_code: bool = False


_CHOSEN_BY = {
    "AvailableChallenges": "SELECT_CHALLENGE",
    "MFAS_CAN_CHOOSE": "SELECT_MFA_TYPE",
    "MFAS_CAN_SETUP": "MFA_SETUP",
}
_DELIVERED_BY = {"EMAIL": "by e-mail", "SMS": "by text message"}
_CHOICE_LABELS = {
    "EMAIL_MFA": "E-mail",
    "EMAIL_OTP": "E-mail",
    "PASSWORD": "Password",
    "PASSWORD_SRP": "Password",
    "SMS_MFA": "Text message",
    "SMS_OTP": "Text message",
    "SOFTWARE_TOKEN_MFA": "Authenticator app",
    "WEB_AUTHN": "Passkey",
}
_AUTOCOMPLETE = {
    "address": "street-address",
    "birthdate": "bday",
    "email": "email",
    "family_name": "family-name",
    "given_name": "given-name",
    "locale": "language",
    "middle_name": "additional-name",
    "name": "name",
    "nickname": "nickname",
    "phone_number": "tel",
    "picture": "photo",
    "profile": "url",
    "website": "url",
}

_CODE = Field("code", "Code", kind="code", autocomplete="one-time-code")
_PASSWORD = Field("password", "Password", kind="password", autocomplete="current-password")
_PASSKEY = Field("credential", "Passkey", kind="passkey", autocomplete="webauthn")
_ADDRESSES = {
    "EMAIL_MFA": Field("email", "E-mail address", autocomplete="email"),
    "EMAIL_OTP": Field("email", "E-mail address", autocomplete="email"),
}


def autocomplete_of(attribute: str) -> str:
    """Return the HTML autocomplete token of a user's attribute (OpenID Connect Core 1.0 §5.1); ``off`` for none."""
    return _AUTOCOMPLETE.get(attribute, "off")


def _code(title: str, key: str, hint: Callable[[Challenge], str], *, sends_code: bool = True) -> _Kind:
    return _Kind(title, hint, lambda challenge: (_CODE,), {"code": key}, sends_code=sends_code)


def _no_hint(challenge: Challenge) -> str:
    return ""


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
    attributes = tuple(_attribute_field(name) for name in _missing_attributes(challenge))
    return (Field("new_password", "New password", kind="password", autocomplete="new-password"), *attributes)


def _missing_attributes(challenge: Challenge) -> list[str]:
    required = _json_list(challenge.parameters.get("requiredAttributes"))
    known = _json(challenge.parameters.get("userAttributes"))
    has = {name for name, value in known.items() if value} if isinstance(known, dict) else set()
    names = dict.fromkeys(name.removeprefix("userAttributes.") for name in required)
    return [name for name in names if name and name not in has]


def _attribute_field(name: str) -> Field:
    label = name.removeprefix("custom:").replace("_", " ").capitalize()
    return Field(f"userAttributes.{name}", label, autocomplete=autocomplete_of(name))


def _choice_fields(challenge: Challenge) -> tuple[Field, ...]:
    choices = _choices(challenge.offered)
    return (Field("answer", "Method" if choices else "Answer", kind="choice" if choices else "text", choices=choices),)


def _first_factor_fields(challenge: Challenge) -> tuple[Field, ...]:
    return (_PASSWORD,) if challenge.chosen in BY_PASSWORD else _choice_fields(challenge)


def _setup_fields(challenge: Challenge) -> tuple[Field, ...]:
    if challenge.totp_secret:
        return (_CODE,)
    address = _ADDRESSES.get(challenge.chosen or "")
    return (address,) if address else _choice_fields(challenge)


def _setup_hint(challenge: Challenge) -> str:
    if challenge.totp_secret:
        return "Scan the picture with an authenticator app, or type its key there, and enter the code that it shows."
    if challenge.chosen in _ADDRESSES:
        return "Codes to sign in with will be sent there."
    return "Signing in here takes a second step. Choose how you want to take it."


def _custom_hint(challenge: Challenge) -> str:
    return "; ".join(f"{key}: {value}" for key, value in challenge.parameters.items() if key not in _INTERNAL)


_INTERNAL = {"USERNAME", "USER_ID_FOR_SRP", "DEVICE_KEY", "AvailableChallenges"}
_ANSWER = _Kind(
    "One more step",
    _custom_hint,
    lambda challenge: (Field("answer", "Answer"),),
    {"answer": "ANSWER"},
)
_ASK_PASSWORD = _Kind("Enter your password", _no_hint, lambda challenge: (_PASSWORD,), {"password": "PASSWORD"})

CHALLENGES: Mapping[str, _Kind] = {
    "NEW_PASSWORD_REQUIRED": _Kind(
        "Choose a new password",
        lambda challenge: "Your password is a temporary one. Choose your own to go on.",
        _new_password_fields,
        {"new_password": "NEW_PASSWORD"},
    ),
    "SOFTWARE_TOKEN_MFA": _code(
        "Enter your authenticator code", "SOFTWARE_TOKEN_MFA_CODE", _app_hint, sends_code=False
    ),
    "SMS_MFA": _code("Enter the code we sent you", "SMS_MFA_CODE", _delivery_hint),
    "SMS_OTP": _code("Enter the code we sent you", "SMS_OTP_CODE", _delivery_hint),
    "EMAIL_OTP": _code("Enter the code we sent you", "EMAIL_OTP_CODE", _delivery_hint),
    "SELECT_MFA_TYPE": _Kind(
        "How do you want to confirm it is you?",
        _no_hint,
        _choice_fields,
        {"answer": "ANSWER"},
        offers="MFAS_CAN_CHOOSE",
    ),
    "MFA_SETUP": _Kind(
        "Set up a second step",
        _setup_hint,
        _setup_fields,
        {"answer": "ANSWER", "code": "SOFTWARE_TOKEN_MFA_CODE", "email": "EMAIL"},
        offers="MFAS_CAN_SETUP",
    ),
    "SELECT_CHALLENGE": _Kind(
        "How do you want to sign in?",
        _no_hint,
        _first_factor_fields,
        {"answer": "ANSWER", "password": "PASSWORD"},
        offers="AvailableChallenges",
    ),
    "PASSWORD": _ASK_PASSWORD,
    "PASSWORD_SRP": _ASK_PASSWORD,
    "WEB_AUTHN": _Kind(
        "Use your passkey",
        lambda challenge: "Your browser, or your phone, asks you to confirm.",
        lambda challenge: (_PASSKEY,),
        {"credential": "CREDENTIAL"},
    ),
    "CUSTOM_CHALLENGE": _ANSWER,
}


def _kind(name: str) -> _Kind:
    return CHALLENGES.get(name, _ANSWER)


def _response_key(challenge: Challenge, field_name: str) -> str:
    return _kind(challenge.name).keys.get(field_name, field_name)


def _offered(challenge: Challenge, offers: str) -> list[str]:
    names = _json_list(challenge.parameters.get(offers))
    # A phone number is set up with an access token, which nobody has in the middle of a sign-in.
    return [name for name in names if name != "SMS_MFA"] if offers == "MFAS_CAN_SETUP" else names


def _choices(names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    offered = dict.fromkeys(names)
    if "PASSWORD_SRP" in offered:
        offered.pop("PASSWORD", None)  # both take the same password, and only one of them sends it
    return tuple((name, _CHOICE_LABELS.get(name, name)) for name in offered if name)


def _chosen(choices: Iterable[tuple[str, str]], offered: Iterable[str], answer: str, what: str) -> str:
    """Return the name of what was chosen, by its name or by its label."""
    if answer in offered:
        return answer
    for name, label in choices:
        if answer.casefold() in (name.casefold(), label.casefold()):
            return name
    names = ", ".join(name if name == label else f"{name} ({label})" for name, label in choices)
    raise ValueError(f"{what} is none of those offered: {names}")


def _text(value: str | Secret, kind: str | None) -> str:
    text = value.reveal() if isinstance(value, Secret) else value
    if kind == "password":
        return text  # it counts as it was typed, or the next sign-in fails
    return "".join(text.split()) if kind == "code" else text.strip()


def _json_list(text: str | None) -> list[str]:
    values = _json(text)
    # Without blanks, as answers are read.
    return [value.strip() for value in values if isinstance(value, str)] if isinstance(values, list) else []


def _json(text: str | None) -> object:
    try:
        return json.loads(text or "null")
    except (ValueError, RecursionError):
        return None
