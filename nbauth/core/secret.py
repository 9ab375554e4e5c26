"""A string that does not show itself.

Everything that must not leak travels as a `Secret` from the moment it arrives. `reveal()` is called where the value
leaves the process, and nowhere else.
"""

import hmac
from typing import NoReturn, Self

from nbauth.errors import Rejected

_MASK = "•••"


class Secret:
    """A password, code, token or key that shows only through an explicit `reveal()`.

    It masks itself in `repr`, `str` and `format`, compares in constant time, and refuses to be pickled.
    """

    __slots__ = ("__weakref__", "_value")

    def __init__(self, value: str) -> None:
        self._value = value

    @classmethod
    def of(cls, value: "str | Secret") -> "Secret":
        """Return `value` as a secret, whichever of the two it was.

        What is neither, such as a code that is a number, is dropped at once, and `reveal` says so. So a verb can have
        all its secrets out of sight before anything is said about one of them.
        """
        match value:
            case Secret():
                return value
            case str():
                return cls(value)
            case _:
                return _NoText(type(value).__name__)

    def reveal(self) -> str:
        """Return the string itself.

        Raises:
            Rejected: What `of` was given was no string.
        """
        return self._value

    def __repr__(self) -> str:
        return f"Secret({_MASK})"

    def __str__(self) -> str:
        return _MASK

    def __format__(self, spec: str) -> str:
        return format(_MASK, spec)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret cannot be pickled: pass what reveal() returns to where it is needed, knowingly")


class _NoText(Secret):
    """Stands for what was given as a secret and is no text."""

    __slots__ = ("_kind",)

    def __init__(self, kind: str) -> None:
        super().__init__("")
        self._kind = kind

    def reveal(self) -> NoReturn:
        """Refuse, in a sentence that helps."""
        raise Rejected(
            f"A password, code or token is text, and this is of the type {self._kind}: put a code in quotes, because"
            " its leading zeros count",
            case="no_text",
        )

    def __bool__(self) -> bool:
        return True
