"""The screens of the sign-in panel: what is asked, turned into what the page draws, and what is done with the answers.

One file is one screen: a module that bears the name of a challenge in lower case, or the name of a page that another
screen leads to. It has a pure function `screen(asked)`, and where the page does more than answer a challenge also
`submit(session, answers, asked)`, `ACTIONS` (its other buttons, by name) and `material(asked)`. `form.py` draws every
challenge that has no file of its own.
Rule: a screen goes to the page as widget state, which may be saved and shared, so it never holds a secret. What a page
needs beside it, such as the key of an authenticator app, is `material`, and is sent to the page that asks.
"""

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypeAlias, TypedDict

from nbauth.appearance import Appearance
from nbauth.core.challenges import CHALLENGES, Challenge
from nbauth.core.challenges import Answers as Answers
from nbauth.core.password_policy import PasswordPolicy
from nbauth.core.sign_up_attribute import SignUpAttribute
from nbauth.errors import AuthError
from nbauth.widgets.words import Words

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession
    from nbauth.companies import Company


@dataclass(frozen=True, slots=True)
class Asked:
    """What a screen is drawn from.

    Attributes:
        challenge: What the pool asks; None for a page of our own.
        username: Whose sign-in it is, where that is known, as people call them.
        username_attributes: What people sign in with; empty for a user name.
        password_optional: Whether the sign-in may begin without a password.
        account: The session's account.
        user_pool_id: The pool they sign in to.
        waiting: Whether a cell waits for them.
        signed_in: Whether they are signed in: then a challenge is one of a step-up.
        state_reason: Why the sign-in cannot be used, where one is kept.
        offers_sign_up: Whether people may make an account.
        sign_up_attributes: What the pool must know of somebody who makes one.
        password_policy: What the pool asks of passwords, as far as that is known.
        look: What the platform has made of the panel.
        companies: The companies whose people may sign in with their account there.
        provider: Who vouches for the user in place of the user pool, as the identity pool names it.
        about: What the screens before have found out. It is for this screen only, so it may hold secrets.
        words: The texts, in the language of whoever reads them.
        now: The time.
    """

    challenge: Challenge | None = None
    username: str | None = None
    username_attributes: tuple[str, ...] = ()
    password_optional: bool = False
    account: str = "default"
    user_pool_id: str | None = None
    waiting: bool = False
    signed_in: bool = False
    state_reason: str | None = None
    offers_sign_up: bool = True
    sign_up_attributes: tuple[SignUpAttribute, ...] = ()
    password_policy: PasswordPolicy | None = None
    look: Appearance = Appearance()  # noqa: RUF009 - it is frozen
    companies: "tuple[Company, ...]" = ()
    provider: str | None = None
    about: Mapping[str, Any] = field(default_factory=dict, repr=False)
    words: Words = field(default_factory=Words)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Go:
    """Where an answer leads.

    Attributes:
        screen: The page to show; empty for the status bar.
        about: What it is drawn from beside the session; never drawn by itself, so it may hold secrets.
        said: A sentence to be shown there.
        done: Whether that says what has been done, and so deserves a tick.
        beneath: Where it is gone back to from there, if that is a page that something has been changed on since.
    """

    screen: str
    about: Mapping[str, Any] = field(default_factory=dict, repr=False)
    said: str = ""
    done: bool = True
    beneath: "Go | None" = field(default=None, repr=False)


Then: TypeAlias = Callable[["AuthSession", str], Go]
"""Where people come back to who were only passing through: it is given what there is to be said about it."""

Action: TypeAlias = Callable[["AuthSession", Asked, str], Go | str | None]
"""What a button does: it is given the session, what its screen was drawn from, and which of several it is for.

It returns where that leads, or a sentence to be said where one is."""


class RuleView(TypedDict):
    """What a password must have, with the pattern that is found in one that has it."""

    text: str
    pattern: str


class FieldView(TypedDict):
    """One field, as the page draws it.

    `type` and the limits are HTML's; `repeat` is the label of a second field for the same, which never leaves the page.
    `unfit` is what to say of what the type or a limit rules out.
    What is typed into a `kept` field stands there again in the next one of that name; it is kept on the page only.
    """

    name: str
    label: str
    kind: Literal["text", "password", "code", "choice", "passkey", "current-password"]
    autocomplete: str
    type: NotRequired[str]
    note: NotRequired[str]
    choices: NotRequired[list[list[str]]]
    value: NotRequired[str]
    kept: NotRequired[bool]
    min: NotRequired[str]
    max: NotRequired[str]
    minlength: NotRequired[int]
    maxlength: NotRequired[int]
    pattern: NotRequired[str]
    unfit: NotRequired[str]
    optional: NotRequired[bool]
    rules: NotRequired[list[RuleView]]
    repeat: NotRequired[str]


class ActionView(TypedDict):
    """One button, as the page draws it.

    `item` says which of several it is for, and `waiting` is what to say where the answer takes its time.
    """

    action: str
    label: str
    item: NotRequired[str]
    waiting: NotRequired[str]


class LinkView(TypedDict):
    """One link to a page of the platform's."""

    label: str
    href: str


class Agreement(LinkView):
    """A sentence with a link in it."""

    before: str
    after: str


class ItemView(TypedDict):
    """One thing of a list, with what can be done about it.

    `at` is a point in time (seconds since the epoch) that the page puts into `note`, as people write dates there.
    """

    title: str
    note: str
    at: NotRequired[float]
    actions: list[ActionView]


class ResendView(TypedDict):
    """The button that has a code sent anew, and from when on (seconds since the epoch)."""

    action: str
    again_at: float


class Screen(TypedDict):
    """One screen, as the page draws it; `submitting` is what the button says meanwhile.

    `ways` are other ways to go on, `links` other things to do, `expires_at` is when it is too late (seconds since the
    epoch), `material` is what the page asks for beside it, `domain` is the one that a passkey is for, and `username`
    is for password managers. `danger` says that nothing brings back what the button takes away. `companies` come before
    the fields, `agreement` before the button, and `foot` last.
    """

    title: str
    subtitle: str
    hint: str
    fields: list[FieldView]
    submit: str
    submitting: str
    secondary: list[ActionView]
    ways: NotRequired[list[ActionView]]
    links: NotRequired[list[ActionView]]
    items: NotRequired[list[ItemView]]
    resend: NotRequired[ResendView]
    expires_at: NotRequired[float]
    material: NotRequired[Literal["totp", "passkey"]]
    domain: NotRequired[str]
    danger: NotRequired[bool]
    username: NotRequired[str]
    companies: NotRequired[list[ActionView]]
    agreement: NotRequired[Agreement | None]
    foot: NotRequired[list[LinkView]]


_FILES = frozenset(module.name for module in pkgutil.iter_modules(__path__))


def is_not_offered(error: AuthError) -> bool:
    """Return whether the user pool, or who stands in for it, has refused a thing because it has none such."""
    return error.case in ("not_set_up", "feature_plan", "unknown_operation")


def module_for(challenge: Challenge | None, page: str) -> ModuleType:
    """Return the module of a challenge's screen, or where there is no challenge of a page of our own."""
    return import_module(f"{__name__}.{page if challenge is None else _file_for(challenge)}")


def _file_for(challenge: Challenge) -> str:
    # Only names of our own table: what a service calls its challenge never chooses what is imported.
    if challenge.name not in CHALLENGES:
        return "unknown"
    name = challenge.name.lower()
    return name if name in _FILES else "form"
