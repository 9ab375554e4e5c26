"""The screens of the sign-in panel: what the pool asks, turned into what the page draws.

One file is one screen: a pure function `screen(asked)` in a module that bears the challenge's name in lower case.
`sign_in.py` is the first form; `form.py` draws every challenge that has no file of its own.
Rule: a screen goes to the page as widget state, which may be saved and shared, so it never holds a secret.
"""

import pkgutil
from dataclasses import dataclass
from importlib import import_module
from typing import Literal, NotRequired, TypedDict

from nbauth.core.challenges import CHALLENGES, Challenge


@dataclass(frozen=True, slots=True)
class Asked:
    """What a screen is drawn from.

    Attributes:
        challenge: What the pool asks; None for the first form.
        username: Whose sign-in it is, where that is known.
        username_attributes: What people sign in with; empty for a user name.
        password_optional: Whether the sign-in may begin without a password.
        account: The session's account.
        user_pool_id: The pool they sign in to.
        expired: Whether they were signed in, and cannot be any longer.
        waiting: Whether a cell waits for them.
    """

    challenge: Challenge | None = None
    username: str | None = None
    username_attributes: tuple[str, ...] = ()
    password_optional: bool = False
    account: str = "default"
    user_pool_id: str | None = None
    expired: bool = False
    waiting: bool = False


class FieldView(TypedDict):
    """One field, as the page draws it."""

    name: str
    label: str
    kind: Literal["text", "password", "code", "choice", "passkey", "current-password"]
    autocomplete: str
    choices: NotRequired[list[list[str]]]
    value: NotRequired[str]
    optional: NotRequired[bool]


class ActionView(TypedDict):
    """One button, as the page draws it."""

    action: str
    label: str


class Screen(TypedDict):
    """One screen, as the page draws it; `submitting` is what the button says meanwhile."""

    title: str
    subtitle: str
    hint: str
    fields: list[FieldView]
    submit: str
    submitting: str
    secondary: list[ActionView]


_FILES = frozenset(module.name for module in pkgutil.iter_modules(__path__))


def screen_for(asked: Asked) -> Screen:
    """Return the screen for what is asked."""
    drawn: Screen = import_module(f"{__name__}.{_file_for(asked.challenge)}").screen(asked)
    return drawn


def _file_for(challenge: Challenge | None) -> str:
    if challenge is None:
        return "sign_in"
    # Only names of our own table: what a service calls its challenge never chooses what is imported.
    name = challenge.name.lower()
    return name if challenge.name in CHALLENGES and name in _FILES else "form"
