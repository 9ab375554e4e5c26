"""The views of a panel, which are the places on pages that show it: whether there are any, and what they are told.

What they draw is the panel's. Here is what goes to them beside it: the cursor, and the time by which they count down.
"""

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from nbauth.widgets import clock

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession


class Views:
    """Speaks to the views of one panel.

    Attributes:
        ready: Set once there is one.
        passkey_host: The host of its page, where the browser knows passkeys; else empty.

    Args:
        send: Sends a message to all pages.
    """

    def __init__(self, send: Callable[[dict[str, Any]], object]) -> None:
        self.ready = threading.Event()
        self.passkey_host = ""
        self._send = send
        self._wants_focus = False
        self._told: object = None

    def greet(self, greeting: Mapping[str, Any], session: "AuthSession") -> None:
        """Answer a view that has just been drawn.

        Args:
            greeting: What it says of itself.
            session: What it shows.
        """
        self.ready.set()
        view, host = greeting.get("view"), greeting.get("passkey_host")
        self.passkey_host = host if isinstance(host, str) else self.passkey_host
        self._tell_time(session, view=view)
        if self._wants_focus:
            self._wants_focus = False
            self._send({"type": "focus", "view": view})

    def keep_time(self, session: "AuthSession") -> None:
        """Tell the views the time anew, should a session's clock have been put right since they were told."""
        if self.ready.is_set() and session.clock_offset != self._told:
            self._tell_time(session)

    def focus_when_ready(self) -> None:
        """Have the next view put the cursor into the form: for a cell that is being run, and no other."""
        self._wants_focus = True

    def take_focus(self) -> None:
        """Have the views put the cursor into the form."""
        self._send({"type": "focus"})

    def give_focus_back(self) -> None:
        """Have the view that has the cursor in the form put it back into the cell."""
        self._send({"type": "leave"})

    def _tell_time(self, session: "AuthSession", **to: object) -> None:
        self._told = session.clock_offset
        self._send({"type": "clock", **to, "now": clock.now(session).timestamp()})
