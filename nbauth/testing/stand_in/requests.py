"""What a request to Cognito holds, checked as Cognito checks it, and `Refused`, its answer to what it will not do.

Patterns and lengths are those of the Amazon Cognito user pools and identity pools API references.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

Request = Mapping[str, Any]
Answer = dict[str, Any]

CLIENT_ID = r"[\w+]+"
TOKEN = r"[A-Za-z0-9-_=.]+"  # noqa: S105 - a pattern
IDENTITY = r"[\w-]+:[0-9a-f-]+"
USERNAME = r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+"
HASH = r"[\w+=/]+"
WORD = r"[\S]+"
DEVICE_KEY = r"[\w-]+_[0-9a-f-]+"

_LONGEST_NAME, _LONGEST_VALUE = 32, 2048


class Refused(Exception):
    """The service's refusal.

    Attributes:
        code: The service's name for it.
        status: The HTTP status it comes with.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class WrongAnswer(Refused):
    """The refusal of an answer that is not right, which counts as a failure of whoever gave it."""


class Over(Refused):
    """The refusal that ends a sign-in."""


def not_authorized(message: str) -> Refused:
    """Return the refusal of somebody who may not."""
    return Refused("NotAuthorizedException", message)


def invalid(message: str) -> Refused:
    """Return the refusal of a request that makes no sense."""
    return Refused("InvalidParameterException", message)


def member(
    request: Request,
    name: str,
    *,
    pattern: str = r"[\s\S]*",
    shortest: int = 1,
    longest: int = 131072,
    shown: bool = True,
) -> str:
    """Return a member that must be there.

    Args:
        request: Where it should be.
        name: Its name.
        pattern: What all of it must match.
        shortest: The least number of characters.
        longest: The greatest number of characters.
        shown: Whether a refusal quotes the value.

    Raises:
        Refused: It is not there, or is not what it must be.
    """
    value = request.get(name)
    quoted = "null" if value is None else f"'{value}'"
    place = f"Value {quoted} at" if shown or value is None else "Value at"
    place = f"1 validation error detected: {place} '{name[0].lower()}{name[1:]}' failed to satisfy constraint: Member"
    if value is None:
        raise invalid(f"{place} must not be null")
    if not isinstance(value, str):
        raise Refused("SerializationException", f"{type(value).__name__} can not be converted to a String")
    if len(value) < shortest:
        raise invalid(f"{place} must have length greater than or equal to {shortest}")
    if len(value) > longest:
        raise invalid(f"{place} must have length less than or equal to {longest}")
    if not _fits(value, pattern):
        raise invalid(f"{place} must satisfy regular expression pattern: {pattern}")
    return value


def optional(request: Request, name: str, **limits: Any) -> str | None:
    """Return a member as `member` does; None where it is not there."""
    return None if request.get(name) is None else member(request, name, **limits)


def password(request: Request, name: str) -> str:
    """Return a password that must be there.

    Raises:
        Refused: It is not, or no password can be like it.
    """
    return member(request, name, pattern=WORD, longest=256, shown=False)


def choice(request: Request, name: str, choices: frozenset[str]) -> str:
    """Return a member that must be one of some words.

    Raises:
        Refused: It is not there, or is another word.
    """
    value = member(request, name)
    if value not in choices:
        words = ", ".join(sorted(choices))
        raise invalid(
            f"1 validation error detected: Value '{value}' at '{name[0].lower()}{name[1:]}' failed to satisfy"
            f" constraint: Member must satisfy enum value set: [{words}]"
        )
    return value


def texts(request: Request, name: str) -> dict[str, str]:
    """Return a member that is a map of texts; an empty one where it is not there. A null in it counts as not given.

    Raises:
        Refused: It is something else.
    """
    value = request.get(name)
    given = {key: text for key, text in value.items() if text is not None} if isinstance(value, dict) else value or {}
    if not isinstance(given, dict) or not all(isinstance(text, str) for text in given.values()):
        raise Refused("SerializationException", f"{name} is not a map of texts")
    return given


def flag(request: Request, name: str) -> bool:
    """Return a member that is true or false; False where it is not there.

    Raises:
        Refused: It is something else.
    """
    value = request.get(name)
    if value is not None and not isinstance(value, bool):
        raise Refused("SerializationException", f"{type(value).__name__} can not be converted to a Boolean")
    return bool(value)


def number(request: Request, name: str, greatest: int) -> int:
    """Return a member that is a number from 0 to `greatest`; that where it is 0 or not there.

    Raises:
        Refused: It is something else.
    """
    value = request.get(name)
    if value is not None and not isinstance(value, int):
        raise Refused("SerializationException", f"{type(value).__name__} can not be converted to an Integer")
    if value is not None and not 0 <= value <= greatest:
        raise invalid(
            f"1 validation error detected: Value '{value}' at '{name[0].lower()}{name[1:]}' failed to satisfy"
            f" constraint: Member must have value less than or equal to {greatest}"
        )
    return value or greatest


def structure(request: Request, name: str) -> dict[str, Any]:
    """Return a member that has members of its own; one with none where it is not there.

    Raises:
        Refused: It is something else.
    """
    value = request.get(name) or {}
    if not isinstance(value, dict):
        raise Refused("SerializationException", f"{name} is no structure")
    return value


def attributes(request: Request, name: str) -> dict[str, str]:
    """Return a member that is a list of attributes; an attribute without a value has an empty one.

    Raises:
        Refused: It is something else.
    """
    given = request.get(name) or []
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise Refused("SerializationException", f"{name} is not a list of attributes")
    return {
        member(one, "Name", longest=_LONGEST_NAME): optional(one, "Value", shortest=0, longest=_LONGEST_VALUE) or ""
        for one in given
    }


def parameter(parameters: Mapping[str, str], name: str) -> str:
    """Return a parameter of a flow, or of the answer to a challenge.

    Raises:
        Refused: It is not there.
    """
    if not parameters.get(name):
        raise invalid(f"Missing required parameter {name}")
    return parameters[name]


def _fits(value: str, pattern: str) -> bool:
    if pattern != USERNAME:
        return re.fullmatch(pattern, value, re.ASCII) is not None
    return all(unicodedata.category(character)[0] in "LMSNP" for character in value)
