"""The status bar: who is signed in, as what, until when, and what can be done about it.

The page counts down by itself from the two points in time: nothing is sent while nothing changes.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypedDict

from nbauth.core.conversation import status, waits_for_network
from nbauth.core.user_state import UserState
from nbauth.widgets.screens import ActionView

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession


class Bar(TypedDict):
    """The status bar, as the page draws it; points in time are seconds since the epoch."""

    kind: Literal["bar"]
    state: str
    username: str
    account: str
    identity_id: str | None
    tokens_expire_at: float | None
    credentials_expire_at: float | None
    online: bool
    busy: bool
    message: str
    actions: list[ActionView]


def draw(session: "AuthSession", *, doing: str | None = None, message: str = "", waiting: bool = False) -> Bar:
    """Return the bar for a session.

    Args:
        session: Whose sign-in it shows.
        doing: The action that is under way.
        message: What came of the last action, where that needs saying.
        waiting: Whether a cell waits for this sign-in.
    """
    return {
        "kind": "bar",
        "state": session.state.value,
        "username": session.username or "",
        "account": session.account,
        "identity_id": session.identity_id,
        "tokens_expire_at": _epoch(session.tokens_expire_at),
        "credentials_expire_at": _epoch(session.credentials_expire_at),
        "online": session.online,
        "busy": doing is not None or session.busy,
        "message": message or _message(session),
        "actions": [{"action": name, "label": _label(name, session, doing)} for name in _actions(session, waiting)],
    }


def _message(session: "AuthSession") -> str:
    if session.state is UserState.SIGNED_IN:
        return "" if session.online else "Offline. Everything that is still valid goes on working."
    return status(session.state, session.state_reason, session.username)


def _actions(session: "AuthSession", waiting: bool) -> tuple[str, ...]:
    match session.state:
        case UserState.UNKNOWN:
            return ()
        case UserState.SIGNED_OUT | UserState.GUEST:
            return ("sign_in",)
        case UserState.SIGNED_IN:
            return ("refresh", "sign_out")
    if waits_for_network(session.state_reason):
        return ("refresh", "sign_in", "cancel" if waiting else "sign_out")
    return ("sign_in", "sign_out")


def _label(action: str, session: "AuthSession", doing: str | None) -> str:
    still, meanwhile = {
        "sign_in": ("Sign in", "Sign in"),
        "sign_out": ("Sign out", "Signing out…"),
        "cancel": ("Stop waiting", "Stop waiting"),
        "refresh": ("Refresh", "Refreshing…") if session.state is UserState.SIGNED_IN else ("Try again", "Trying…"),
    }[action]
    return meanwhile if doing == action else still


def _epoch(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None
