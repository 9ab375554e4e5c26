"""Asks people in a notebook: shows the sign-in panel and the status bar where they are looking.

There are two panels at most. The one at home stays where `show_sign_in` or `show_status` put it, as form or as status
bar, for as long as the kernel lives. The other stands under a cell that waits, shared by everybody who waits, and
leaves one line of text behind, so that a saved notebook holds no dead form.
"""

import html
import secrets
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbauth import kernel
from nbauth.core.conversation import CANCELLED, nobody_signed_in_within, signed_in_as
from nbauth.core.user_state import UserState
from nbauth.terminal import TerminalPrompt

if TYPE_CHECKING:
    from threading import Event

    from nbauth.auth_session import AuthSession
    from nbauth.widgets.panel import Panel

_READY_WITHIN = 3.0  # seconds; a front end that can show the panel answers in a fraction of one


class PanelPrompt:
    """Asks with a panel in the notebook, and in text where the front end shows none.

    Args:
        session: The session to sign in to.
    """

    def __init__(self, session: "AuthSession") -> None:
        self._session = session
        self._terminal = TerminalPrompt(session)
        self._lock = threading.Lock()
        self._home: Panel | None = None
        self._place: _Place | None = None

    def available(self) -> bool:
        """Return whether somebody could answer now."""
        return kernel.somebody_there()

    def ask(self, done: "Event", timeout: float | None) -> None:
        """Show the sign-in under the cell that is running, and wait for the outcome.

        Args:
            done: Ends the wait.
            timeout: The most to wait, in seconds.
        """
        in_shell = threading.current_thread() is threading.main_thread()
        if in_shell and not kernel.can_wait():
            self._terminal.ask(done, timeout)
            return
        deadline = None if timeout is None else time.monotonic() + timeout
        place = self._enter()
        line = CANCELLED
        try:
            with self._lock:
                place.show()
            # Elsewhere than in the shell nobody reads messages but the shell, which may be busy: silence means nothing.
            shown = not in_shell or self._is_shown(place, done, timeout)
            if shown and kernel.wait(done, _left(deadline)):
                line = self._outcome()
            elif shown:
                line = nobody_signed_in_within(timeout or 0)
            else:
                line = "The sign-in panel cannot be shown here."
        finally:
            self._leave(place, line)
        if not shown:
            self._terminal.ask(done, _left(deadline))

    def show_sign_in(self) -> None:
        """Show the form, which turns into the status bar once somebody is signed in."""
        self._show(form=True)

    def show_status(self) -> None:
        """Show the status bar, from which people can sign in, too."""
        self._show(form=False)

    def _show(self, *, form: bool) -> None:
        from IPython import display

        from nbauth.widgets.panel import Panel

        with self._lock:
            if self._home is None:
                self._home = Panel(self._session)
            if form:
                self._home.open_form()
                self._home.focus_when_ready()
            display.display(self._home, display_id=True)

    def _enter(self) -> "_Place":
        from nbauth.widgets.panel import Panel

        with self._lock:
            if self._place is None:
                if self._home is not None:
                    self._home.fold()
                panel = Panel(self._session, waiting=True)
                panel.focus_when_ready()
                self._place = _Place(panel, secrets.token_hex(16))
            self._place.askers += 1
            return self._place

    def _leave(self, place: "_Place", line: str) -> None:
        with self._lock:
            place.askers -= 1
            if place.askers:
                return
            self._place = None
        place.replace(line)

    def _is_shown(self, place: "_Place", done: "Event", timeout: float | None) -> bool:
        patience = _READY_WITHIN if timeout is None else min(_READY_WITHIN, timeout)
        return kernel.wait(place.panel.ready, patience) or done.is_set()

    def _outcome(self) -> str:
        signed_in = self._session.state is UserState.SIGNED_IN
        return signed_in_as(self._session.username) if signed_in else CANCELLED


@dataclass(slots=True)
class _Place:
    """The panel under a waiting cell, and the way to replace it there."""

    panel: "Panel"
    display_id: str
    askers: int = 0
    is_shown: bool = False

    def show(self) -> None:
        """Show it under the cell that is running, unless it stands somewhere already."""
        from IPython import display

        if not self.is_shown:
            self.is_shown = True
            display.display(self.panel, display_id=self.display_id)

    def replace(self, line: str) -> None:
        """Put one line of text where it stands, and close it."""
        from IPython import display

        markup = f'<div style="color: var(--jp-ui-font-color2, GrayText)">{html.escape(line)}</div>'
        self.panel.give_focus_back()
        display.update_display({"text/plain": line, "text/html": markup}, display_id=self.display_id, raw=True)
        self.panel.close()


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(0.0, deadline - time.monotonic())
