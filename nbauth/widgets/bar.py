"""The status bar: who is signed in, as what, until when, and what can be done about it.

The page counts down by itself from the two points in time: nothing is sent while nothing changes.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, TypedDict

from nbauth.core.conversation import status, waits_for_network
from nbauth.core.user_state import UserState
from nbauth.widgets.screens import ActionView

if TYPE_CHECKING:
    from nbauth.accounts import Account
    from nbauth.auth_session import AuthSession

_TOLERATED_SKEW = timedelta(minutes=5)
"""How far a clock may be off before AWS refuses what it has signed (AWS General Reference, Signature Version 4)."""


_LONGEST = 60  # characters of what somebody called a thread


class AccountView(TypedDict):
    """One account to switch to, as the page draws it."""

    name: str
    username: str
    current: bool


class Bar(TypedDict):
    """The status bar, as the page draws it; points in time are seconds since the epoch.

    `accounts` is empty where there is no choice, and `menu` is what there is to do beside `actions`.
    """

    kind: Literal["bar"]
    state: str
    username: str
    account: str
    accounts: list[AccountView]
    groups: list[str]
    identity_id: str | None
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
) -> Bar:
    """Return the bar for a session.

    Args:
        session: Whose sign-in it shows.
        doing: The action that is under way.
        message: What came of the last action, where that needs saying.
        accounts: The accounts that can be switched to, this one among them; none where there is no switching.
        waiting: Whether it stands under a cell that waits for this sign-in.
    """
    waits = _waits(session, waiting)
    return {
        "kind": "bar",
        "state": session.state.value,
        "username": session.username or "",
        "account": session.account,
        "accounts": [_account(known) for known in accounts] if len(accounts) > 1 else [],
        "groups": list(session.groups),
        "identity_id": session.identity_id,
        "tokens_expire_at": _epoch(session.tokens_expire_at),
        "credentials_expire_at": _epoch(session.credentials_expire_at),
        "online": session.online,
        "busy": doing is not None or session.busy,
        "message": message or _message(session),
        "waiting": waits,
        "warning": _warning(getattr(session, "clock_offset", None)),
        "actions": [_action(name, session, doing) for name in _actions(session, bool(waits), waiting)],
        "menu": [] if waiting else _menu(session, lonely=len(accounts) == 1),
    }


def _account(known: "Account") -> AccountView:
    return {"name": known.name, "username": known.username or "", "current": known.current}


def _message(session: "AuthSession") -> str:
    if session.state is UserState.SIGNED_IN:
        return "" if session.online else "Offline, reconnecting by itself. What is still valid goes on working."
    said = status(session.state, session.state_reason, session.username)
    return f"{said} Reconnecting by itself." if waits_for_network(session.state_reason) else said


def _waits(session: "AuthSession", here: bool) -> str:
    """Return the sentence that says what waits, and for what."""
    waiting = session.waiting or (("this cell",) if here else ())
    if not waiting:
        return ""
    *others, last = _counted(waiting)
    subject = f"{', '.join(others)} and {last}" if others else last
    verb = "waits" if len(waiting) == 1 else "wait"
    what = "network" if waits_for_network(session.state_reason) else "sign-in"
    return f"{subject[:1].upper()}{subject[1:]} {verb} for the {what}."


def _counted(waiting: Sequence[str]) -> list[str]:
    """Return what waits, with several of a kind as their number: cell [7], 2 threads."""
    kinds: dict[str, list[str]] = {}
    for text in waiting:
        kinds.setdefault(text.partition(" ")[0], []).append(text)
    return [texts[0][:_LONGEST] if len(texts) == 1 else f"{len(texts)} {kind}s" for kind, texts in kinds.items()]


def _warning(clock_offset: timedelta | None) -> str:
    if clock_offset is None or abs(clock_offset) < _TOLERATED_SKEW:
        return ""
    return f"This machine's clock is off by {round(abs(clock_offset).total_seconds() / 60)} minutes: set it right."


def _actions(session: "AuthSession", something_waits: bool, here: bool) -> tuple[str, ...]:
    release = ("release",) if something_waits else ()
    match session.state:
        case UserState.UNKNOWN:
            return ()
        case UserState.SIGNED_OUT | UserState.GUEST:
            return ("sign_in", *release)
        case UserState.SIGNED_IN:
            return ("refresh", "sign_out")
    leave = () if here else ("sign_out",)
    again = ("refresh",) if waits_for_network(session.state_reason) else ()
    return (*again, "sign_in", *release, *leave)


def _menu(session: "AuthSession", *, lonely: bool) -> list[ActionView]:
    menu: list[ActionView] = []
    if session.is_signed_in:
        menu.append({"action": "sign_out", "label": "Sign out here"})
        menu.append({"action": "sign_out_everywhere", "label": "Sign out everywhere"})
    if lonely:  # where there are several, they are in a menu of their own
        menu.append({"action": "another", "label": "Use another account…"})
    return menu


def _action(action: str, session: "AuthSession", doing: str | None) -> ActionView:
    still, meanwhile = {
        "sign_in": ("Sign in", "Sign in"),
        "sign_out": ("Sign out", "Signing out…"),
        "release": ("Stop waiting", "Stop waiting"),
        "refresh": ("Refresh", "Refreshing…") if session.state is UserState.SIGNED_IN else ("Try again", "Trying…"),
    }[action]
    return {"action": action, "label": meanwhile if doing == action else still}


def _epoch(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None
