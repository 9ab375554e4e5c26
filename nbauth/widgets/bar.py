"""The status bar: who is signed in, as what, until when, and what can be done about it.

The page counts down by itself from the two points in time: nothing is sent while nothing changes.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, TypedDict

from nbauth import companies
from nbauth.core.conversation import waits_for_network
from nbauth.core.credentials import TOLERATED_SKEW
from nbauth.core.user_state import UserState
from nbauth.widgets import looks
from nbauth.widgets.screens import ActionView
from nbauth.widgets.words import Words

if TYPE_CHECKING:
    from nbauth.accounts import Account
    from nbauth.auth_session import AuthSession
    from nbauth.companies import Company

_LONGEST = 60  # characters of what somebody called a thread


class AccountView(TypedDict):
    """One account to switch to, as the page draws it."""

    name: str
    username: str
    current: bool


class Bar(TypedDict):
    """The status bar, as the page draws it; points in time are seconds since the epoch.

    `accounts` is empty where there is no choice, and `menu` is what there is to do beside `actions`. `renews` says
    whether the sign-in goes on by itself, `provider` who vouches for it in place of a user pool.
    """

    kind: Literal["bar"]
    state: str
    username: str
    account: str
    accounts: list[AccountView]
    groups: list[str]
    role: str
    identity_id: str | None
    provider: str
    renews: bool
    tokens_expire_at: float | None
    credentials_expire_at: float | None
    online: bool
    busy: bool
    message: str
    waiting: str
    warning: str
    actions: list[ActionView]
    menu: list[ActionView]


def draw(
    session: "AuthSession",
    *,
    doing: str | None = None,
    message: str = "",
    accounts: "Sequence[Account]" = (),
    waiting: bool = False,
    role: str = "",
    words: Words | None = None,
) -> Bar:
    """Return the bar for a session.

    Args:
        session: Whose sign-in it shows.
        doing: The action that is under way.
        message: What came of the last action, where that needs saying.
        accounts: The accounts that can be switched to, this one among them; none where there is no switching.
        waiting: Whether it stands under a cell that waits for this sign-in.
        role: The IAM role of its credentials, where that is known.
        words: The texts; English where there are none.
    """
    words = words or Words()
    waits = _waits(words, session, waiting)
    return {
        "kind": "bar",
        "state": session.state.value,
        "username": session.display_name or "",
        "account": session.account,
        "accounts": [_account(known) for known in accounts] if len(accounts) > 1 else [],
        "groups": list(session.groups),
        "role": role,
        "identity_id": session.identity_id,
        "provider": session.provider or "",
        "renews": session.renews_itself,
        "tokens_expire_at": _epoch(session.tokens_expire_at),
        "credentials_expire_at": _epoch(session.credentials_expire_at),
        "online": session.online,
        "busy": doing is not None or session.busy,
        "message": _message(words, session, message),
        "waiting": waits,
        "warning": _warning(words, session.clock_offset),
        "actions": [_action(words, name, session, doing) for name in _actions(session, bool(waits), waiting)],
        "menu": [] if waiting else _menu(words, session, lonely=len(accounts) == 1),
    }


def _account(known: "Account") -> AccountView:
    return {"name": known.name, "username": known.username or "", "current": known.current}


def _message(words: Words, session: "AuthSession", said: str) -> str:
    """Return what is the matter: that nothing reaches the service goes before what could therefore not be done."""
    nameless = "" if session.display_name else "_nameless"
    match session.state:
        case UserState.SIGNED_IN:
            return said if session.online else words("bar.offline")
        case UserState.UNKNOWN | UserState.SIGNED_OUT | UserState.GUEST as state:
            return said or words(f"bar.{state.name.lower()}")
    cut_off = {"offline": "bar.offline_expired", "unavailable": "bar.unavailable"}.get(session.state_reason or "")
    if said and not cut_off:
        return said
    return words(f"{cut_off or 'bar.expired'}{nameless}", name=session.display_name)


def _waits(words: Words, session: "AuthSession", here: bool) -> str:
    """Return the sentence that says what waits, and for what."""
    waiting = _counted(words, session.waiting) or ([words("bar.this_cell")] if here else [])
    if not waiting:
        return ""
    subject = waiting[0]
    if len(waiting) > 1:
        *others, last = (waiting[0], *(words.inside(text) for text in waiting[1:]))
        subject = words("bar.waiting_and", others=", ".join(others), last=last)
    verb = "wait" if len(session.waiting) > 1 else "waits"
    return words(f"bar.{verb}_{'network' if waits_for_network(session.state_reason) else 'sign_in'}", what=subject)


def _counted(words: Words, waiting: Sequence[str]) -> list[str]:
    """Return what waits, with several of a kind as their number: cell [7], 2 threads."""
    kinds: dict[str, list[str]] = {}
    for text in waiting:
        kind, _, name = text.partition(" ")
        kinds.setdefault(kind, []).append(name[: _LONGEST - len(kind) - 1])
    return [_called(words, kind, names) for kind, names in kinds.items()]


def _called(words: Words, kind: str, names: Sequence[str]) -> str:
    key = f"bar.{kind}" if len(names) == 1 else f"bar.{kind}s"
    if key in words:
        return words(key, name=names[0], count=len(names)).strip()
    return f"{kind} {names[0]}".strip() if len(names) == 1 else f"{len(names)} {kind}"


def _warning(words: Words, clock_offset: timedelta) -> str:
    if abs(clock_offset) < TOLERATED_SKEW:
        return ""
    return words("bar.clock", minutes=round(abs(clock_offset).total_seconds() / 60))


def _actions(session: "AuthSession", something_waits: bool, here: bool) -> tuple[str, ...]:
    release = ("release",) if something_waits else ()
    match session.state:
        case UserState.UNKNOWN:
            return ()
        case UserState.SIGNED_OUT | UserState.GUEST:
            return ("sign_in", *release)
        case UserState.SIGNED_IN:
            return (*(["company"] if _company(session) else []), "refresh", "sign_out")
    leave = () if here else ("sign_out",)
    again = ("refresh",) if waits_for_network(session.state_reason) else ()
    return (*again, "sign_in", *release, *leave)


def _company(session: "AuthSession") -> "Company | None":
    """Return the company that a sign-in which does not go on by itself is from, if it is one we know."""
    return None if session.renews_itself else companies.named(session.companies, session.provider)


def _menu(words: Words, session: "AuthSession", *, lonely: bool) -> list[ActionView]:
    menu: list[ActionView] = []
    if session.state is UserState.SIGNED_IN and session.config.user_pool_id and not session.provider:
        menu.append({"action": "account", "label": words("account.menu")})
    if session.is_signed_in:
        menu.append({"action": "sign_out", "label": words("bar.sign_out_here")})
        menu.append({"action": "sign_out_everywhere", "label": words("bar.sign_out_everywhere")})
    if lonely:  # where there are several, they are in a menu of their own
        menu.append({"action": "another", "label": words("bar.another")})
    return menu


def _action(words: Words, action: str, session: "AuthSession", doing: str | None) -> ActionView:
    if action == "company" and (company := _company(session)):
        return {"action": action, "label": words("sign_in.company", company=looks.isolated(company.label))}
    renews = session.state is UserState.SIGNED_IN
    still, meanwhile = {
        "sign_in": ("sign_in", "sign_in"),
        "sign_out": ("sign_out", "signing_out"),
        "release": ("release", "release"),
        "refresh": ("refresh", "refreshing") if renews else ("try_again", "trying"),
    }[action]
    return {"action": action, "label": words(f"bar.{meanwhile if doing == action else still}")}


def _epoch(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None
