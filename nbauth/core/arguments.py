"""What callers hand to the verbs, checked where it enters: a wrong type is their mistake, and said without the value.

Rule: a verb turns its secrets into `Secret` before it calls anything of this file, all of which may raise.
"""

import math
from collections.abc import Collection, Mapping

from nbauth.core.secret import Secret
from nbauth.errors import Rejected

Metadata = Mapping[str, str] | None
"""What is passed on to the user pool's Lambda triggers."""

Wait = float | bool | None
"""How long to wait for a person: a number of seconds, False for not at all, None for as long as the session says."""


def username(given: object) -> str:
    """Return a user name without the space around it.

    Raises:
        Rejected: It is empty, or no text.
    """
    name = text(given, "The user name").strip()
    if not name:
        raise Rejected("The user name is empty", case="no_name")
    if any("\ud800" <= character <= "\udfff" for character in name):
        raise Rejected("The user name holds half a character (a lone surrogate)")
    return name


def code(given: Secret) -> Secret:
    """Return a code without spaces.

    Raises:
        Rejected: It is empty, or no text.
    """
    sent = Secret("".join(given.reveal().split()))
    if not sent:
        raise Rejected("The code is empty", case="no_code")
    return sent


def text(given: object, what: str) -> str:
    """Return a text.

    Args:
        given: What the caller handed over.
        what: What to call it in the error.

    Raises:
        Rejected: It is no text.
    """
    if not isinstance(given, str):
        raise Rejected(f"{what} is text, not of the type {_type_of(given)}")
    return given


def names(given: object) -> tuple[str, ...]:
    """Return some names; one alone may come without a list around it.

    Raises:
        Rejected: They are no list, or one of them is no text.
    """
    if isinstance(given, str):
        return (given,)
    if not isinstance(given, Collection):
        raise Rejected(f"The names are a list, not of the type {_type_of(given)}")
    return tuple(text(name, "Each name") for name in given)


def texts(given: object, name: str) -> dict[str, str]:
    """Return a mapping of texts to texts; an empty one for None.

    Args:
        given: What the caller handed over.
        name: The argument's name, for the error.

    Raises:
        Rejected: It is no mapping, or something in it is no text.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise Rejected(f"{name} is a mapping of names to texts, not of the type {_type_of(given)}")
    for key, value in given.items():
        text(key, f"A name in {name}")
        if not isinstance(value, str | Secret):
            raise Rejected(f"{key!r} in {name} is text, not of the type {_type_of(value)}")
    return dict(given)


def function(given: object, what: str) -> None:
    """Check that something can be called.

    Args:
        given: What the caller handed over.
        what: What to call it in the error.

    Raises:
        Rejected: It cannot.
    """
    if not callable(given):
        raise Rejected(f"{what} is a function, not of the type {_type_of(given)}")


def wait(given: object) -> None:
    """Check how long to wait.

    Raises:
        Rejected: It is no number of seconds, and not True, False or None.
    """
    if given is not None and (not isinstance(given, int | float) or math.isnan(given)):
        raise Rejected("How long to wait is a number of seconds, True, False or None")


def _type_of(given: object) -> str:
    return type(given).__name__
