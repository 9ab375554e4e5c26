"""What a user pool must know of somebody who signs up: one attribute, and what may be filled in for it.

The service has the last word: what a pool's schema says of an attribute is for its administrators to read, so all of
this is what somebody has written down of it.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import date
from math import isfinite
from typing import Any, Literal, Self, get_args

Type = Literal["text", "number", "date"]
Limit = int | float | str | None

_OWN_TYPES: Mapping[str, Type] = {"birthdate": "date"}
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SignUpAttribute:
    """An attribute that somebody who signs up is asked for.

    Attributes:
        name: Its name in the pool, such as ``email`` or ``custom:team``.
        label: What people read; empty for what nbauth calls it.
        type: What is filled in; a date is written as ISO 8601 has it.
        optional: Whether it may be left empty.
        min: The least number, the first date, or the fewest characters of a text; None for any.
        max: The greatest number, the last date, or the most characters of a text; None for any.

    Raises:
        ValueError: One of them does not fit; the message says what would.
    """

    name: str
    label: str = ""
    type: Type = "text"
    optional: bool = False
    min: Limit = None
    max: Limit = None

    def __post_init__(self) -> None:
        if not _is_line(self.name) or len(self.name.split()) != 1:
            raise ValueError("a name looks like 'email' or 'custom:team'")
        if not _is_line(self.label):
            raise ValueError("a label is one line of text")
        if self.type not in get_args(Type):
            raise ValueError(f"a type is one of {', '.join(get_args(Type))}")
        if not isinstance(self.optional, bool):
            raise ValueError("optional is true or false")
        limits = [limit for limit in (self.min, self.max) if limit is not None]
        if not all(_is_limit(limit, self.type) for limit in limits):
            raise ValueError(f"min and max are {_LIMITS[self.type]}")
        if limits != sorted(limits):
            raise ValueError("min is not above max")

    @classmethod
    def of(cls, value: object) -> Self:
        """Return the attribute that has this name, or that a mapping with the names above describes.

        Raises:
            ValueError: It is neither, or something in it does not fit; the message says what would.
        """
        if isinstance(value, cls):
            return value
        given = {"name": value} if isinstance(value, str) else value
        names = [field.name for field in fields(cls)]
        if not isinstance(given, Mapping) or "name" not in given or not given.keys() <= set(names):
            raise ValueError(f"it is a name, or a mapping of name and, where needed, {', '.join(names[1:])}")
        return cls(**{"type": _OWN_TYPES.get(str(given["name"]), "text"), **given})

    def admits(self, answer: str) -> bool:
        """Return whether what somebody has filled in is of the type and within the limits."""
        measure = _measured(answer, self.type)
        return (
            measure is not None
            and (self.min is None or measure >= self.min)
            and (self.max is None or measure <= self.max)
        )

    def __repr__(self) -> str:
        # As it is written among the settings.
        given = {field.name: value for field in fields(self) if (value := getattr(self, field.name)) != field.default}
        return repr(self.name if self == type(self).of(self.name) else given)


_LIMITS: Mapping[Type, str] = {
    "text": "numbers of characters",
    "number": "numbers",
    "date": "dates such as '2026-01-31'",
}


def _is_line(text: object) -> bool:
    return isinstance(text, str) and text.isprintable()


def _is_limit(limit: object, kind: Type) -> bool:
    match kind:
        case "text":
            return type(limit) is int and limit >= 0
        case "number":
            return type(limit) is int or (isinstance(limit, float) and isfinite(limit))
        case "date":
            return isinstance(limit, str) and _measured(limit, kind) is not None


def _measured(answer: str, kind: Type) -> Any:
    """Return what is compared with the limits; None for what is not of the type."""
    match kind:
        case "text":
            return len(answer)
        case "number":
            return float(answer) if _NUMBER.fullmatch(answer) else None
        case "date":
            with suppress(ValueError):
                return answer if date.fromisoformat(answer).isoformat() == answer else None
            return None
