"""Which words say a thing that the core knows: a challenge, its fields and choices, a delivery, an error.

The catalogue comes first; for what it does not know, such as a pool's own attribute, the core's English stands.
Rule: what services and people say is put into a text and never looks a key up, except a name of Cognito's own. An error
is told by its case, its code and its kind, and never by its message, whose words may change.
"""

import re
from typing import TYPE_CHECKING

from nbauth.core.challenges import CHALLENGES, Challenge, Field
from nbauth.errors import AuthError
from nbauth.widgets.words import Words

if TYPE_CHECKING:
    from nbauth.core.account import CodeDelivery
    from nbauth.core.results import SignOutReport

_ATTRIBUTE = "userAttributes."
_MADE_UP = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""What Cognito calls the users of a pool that knows them by an address or a number only."""


def title_of(words: Words, challenge: Challenge) -> str:
    """Return a challenge's title; once the password was chosen, it is the password's."""
    name = challenge.chosen if challenge.chosen in ("PASSWORD", "PASSWORD_SRP") else challenge.name
    key = f"challenge.{name}.title"
    return words(key) if name in CHALLENGES and key in words else words("challenge.unknown.title")


def hint_of(words: Words, challenge: Challenge) -> str:
    """Return what to do about a challenge."""
    if challenge.sends_code:
        medium = challenge.parameters.get("CODE_DELIVERY_DELIVERY_MEDIUM", "")
        return delivery_text(words, medium, challenge.parameters.get("CODE_DELIVERY_DESTINATION", ""))
    if challenge.name == "SOFTWARE_TOKEN_MFA" and (device := challenge.parameters.get("FRIENDLY_DEVICE_NAME")):
        return words("challenge.SOFTWARE_TOKEN_MFA.hint_named", device=device)
    if challenge.name == "MFA_SETUP" and (challenge.totp_secret or challenge.chosen):
        return words(f"challenge.MFA_SETUP.hint_{'app' if challenge.totp_secret else 'email'}")
    key = f"challenge.{challenge.name}.hint"
    return words(key) if challenge.name in CHALLENGES and key in words else challenge.hint


def delivery_text(words: Words, medium: str, destination: str) -> str:
    """Return where a code was sent.

    Args:
        words: The texts.
        medium: ``EMAIL`` or ``SMS``, as the service says it.
        destination: The address or number, masked by the service.
    """
    key = f"delivery.{medium}" if medium in ("EMAIL", "SMS") else "delivery"
    if destination:
        return words(f"{key}_to" if key != "delivery" else "delivery.to", destination=destination)
    return words(key if key != "delivery" else "delivery.sent")


def about_delivery(delivery: "CodeDelivery | None") -> dict[str, str]:
    """Return what a screen must know to say where a code went."""
    return {"medium": delivery.medium, "destination": delivery.destination} if delivery else {}


def label_of(words: Words, field: Field) -> str:
    """Return the label of a challenge's field."""
    if field.name.startswith(_ATTRIBUTE):
        return attribute_label(words, field.name.removeprefix(_ATTRIBUTE))
    key = "field.method" if field.kind == "choice" else f"field.{field.name}"
    return words(key) if key in words else field.label


def attribute_label(words: Words, name: str) -> str:
    """Return what to call an attribute of a user."""
    key = f"attribute.{name}"
    return words(key) if key in words else name.removeprefix("custom:").replace("_", " ").capitalize()


def choice_label(words: Words, name: str, otherwise: str) -> str:
    """Return what to call a way to sign in, which Cognito calls `name`."""
    key = f"choice.{name}"
    return words(key) if key in words else otherwise


def username_label(words: Words, attributes: tuple[str, ...]) -> str:
    """Return what to call the thing that people type first."""
    names = list(dict.fromkeys(_name_label(words, name) for name in attributes)) or [words("field.username")]
    label = names[0]
    for name in names[1:]:
        label = words("field.or", first=label, second=words.inside(name))
    return label


def error_text(words: Words, error: Exception | None) -> str:
    """Return what went wrong, and what the service said about it; empty for nothing."""
    if error is None:
        return ""
    if not isinstance(error, AuthError):
        return words("panel.bug", error=type(error).__name__)
    if error.case == "incorrect" and (label := error.about.get("label")):
        return words("error.incorrect_as", label=words.inside(label))
    names = (error.case, error.code, *(kind.__name__ for kind in type(error).__mro__))
    key = next(key for name in names if (key := f"error.{name}") in words)
    text = words(key, **{**error.about, "message": str(error)})
    quote = error.about.get("quote", "")
    return words("error.quoted", text=text, quote=quote) if quote and quote not in text else text


def signed_in_text(words: Words, username: str | None) -> str:
    """Return the line that stands where a sign-in has succeeded."""
    return words("outcome.signed_in_as", name=username) if username else words("outcome.signed_in")


def name_in(challenge: Challenge) -> str:
    """Return whose sign-in a challenge belongs to; empty where the pool has made the name up."""
    return "" if _MADE_UP.fullmatch(challenge.username) else challenge.username


def in_vain_text(words: Words, seconds: float) -> str:
    """Return the line that stands where a sign-in was waited for in vain."""
    count, unit = (seconds / 60, "minutes") if seconds >= 60 else (seconds, "seconds")
    return words("outcome.in_vain", time=words(f"time.{unit}", count=round(count)))


def untold_text(words: Words, report: "SignOutReport") -> str:
    """Return what a sign-out has left to do; empty for nothing."""
    if report.error is None:
        return ""
    return words("outcome.retried" if report.will_retry else "outcome.untold", why=error_text(words, report.error))


def _name_label(words: Words, name: str) -> str:
    if name in ("username", "preferred_username"):
        return words("field.username")
    key = f"field.{name}"
    return words(key) if key in words and name in ("email", "phone_number") else attribute_label(words, name)
