"""Asks people in a notebook: shows the sign-in panel and the status bar where they are looking.

A panel stands in one of two places. At home it stays where `show_sign_in` or `show_status` put it, as form or as status
bar, for as long as the kernel lives, and while it shows the current account it follows a switch to another. The other
place is under a cell that waits: there it is shared by everybody who waits, and leaves one line of text behind, so that
a saved notebook holds no dead form. A click that waits is asked for at home, since what it showed would appear nowhere.
"""

import html
import secrets
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakSet

from nbauth import kernel, process
from nbauth.core.user_state import UserState
from nbauth.terminal import TerminalPrompt
from nbauth.widgets import sentences

if TYPE_CHECKING:
    from threading import Event

    from IPython.display import DisplayHandle

    from nbauth.accounts import Accounts
    from nbauth.auth_session import AuthSession
    from nbauth.widgets.panel import Panel
    from nbauth.widgets.words import Words

_homes: "WeakSet[Panel]" = WeakSet()
_homes_lock = process.Lock()
_READY_WITHIN = 3.0  # seconds; a front end that can show the panel answers in a fraction of one
_SILENT = (
    "a thread waits for a sign-in, and as long as a cell is busy with it the panel cannot answer;"
    " stop the cell, sign in, and run it again"
)


class PanelPrompt:
    """Asks with a panel in the notebook, and in text where the front end shows none.

    Args:
        session: The session to sign in to.
        accounts: The accounts that the panel at home can switch between, this session's among them.
    """

    def __init__(self, session: "AuthSession", accounts: "Accounts | None" = None) -> None:
        self._session = session
        self._accounts = accounts
        self._terminal = TerminalPrompt(session)
        self._lock = threading.Lock()
        self._place: _Place | None = None
        self._unseen: list[tuple[Panel, DisplayHandle]] = []  # panels at home that no page had shown when last looked
        self._shows_none = False  # which is found out each time that a cell waits

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
        if self._ask_at_home():
            kernel.wait(done, timeout)
            return
        deadline = None if timeout is None else time.monotonic() + timeout
        place = self._enter()
        line = place.panel.texts("outcome.cancelled")
        try:
            with self._lock:
                if not done.is_set():  # as it is where this thread was slow, and others have shown the panel
                    place.show(beside=not in_shell)
            if in_shell:
                shown = self._is_shown(place, done, timeout)
            else:
                # Only the shell reads what the page says, and may be busy: silence does not mean that nothing is shown.
                shown = True
                self._explain_silence(place, done, timeout)
            if shown and kernel.wait(done, _left(deadline)):
                line = self._outcome(place.panel.texts)
            elif shown:
                line = sentences.in_vain_text(place.panel.texts, timeout or 0)
            else:
                line = place.panel.texts("outcome.unshown")
                self._take_down(line)
        finally:
            self._leave(place, line)
        if not shown:
            self._terminal.ask(done, _left(deadline))

    def show_sign_in(self) -> None:
        """Show the form, which turns into the status bar once somebody is signed in."""
        if self._shows_none:
            self._terminal.show_sign_in()
        else:
            self._show(form=True)

    def show_status(self) -> None:
        """Show the status bar, from which people can sign in, too."""
        if self._shows_none:
            self._terminal.show_status()
        else:
            self._show(form=False)

    def _show(self, *, form: bool) -> None:
        from IPython import display

        with self._lock:
            home = next(iter(self._at_home()), None) or self._new_home(form=form)
            if form:
                home.open_form()
                home.views.focus_when_ready()
            self._unseen = [*self._still_unseen(), (home, display.display(home, display_id=True))]

    def _still_unseen(self) -> "list[tuple[Panel, DisplayHandle]]":
        return [(home, shown) for home, shown in self._unseen if not home.views.ready.is_set()]

    def _at_home(self) -> "list[Panel]":
        """Return the panels at home that show the session now, whichever account they were made for."""
        with _homes_lock:
            return [panel for panel in _homes if panel.session is self._session and panel.comm is not None]

    def _new_home(self, *, form: bool) -> "Panel":
        from nbauth.widgets.panel import Panel

        home = Panel(self._session, accounts=self._accounts, form=form)
        with _homes_lock:
            _homes.add(home)
        return home

    def _ask_at_home(self) -> bool:
        """Open the form of the panels at home, where a click asks; return whether anybody can see one."""
        with self._lock:
            if self._place is not None or not kernel.in_handler():
                return False
            seen = [home for home in self._at_home() if home.views.ready.is_set()]
            for home in seen:
                home.open_form()
                home.views.take_focus()
            return bool(seen)

    def _enter(self) -> "_Place":
        from nbauth.widgets.panel import Panel

        with self._lock:
            if self._place is None:
                for home in self._at_home():
                    home.fold()
                panel = Panel(self._session, waiting=True)
                panel.views.focus_when_ready()
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
        self._shows_none = not kernel.wait(place.panel.views.ready, patience) and not done.is_set()
        return not self._shows_none

    def _take_down(self, line: str) -> None:
        """Put one line of text in place of the panels at home that no page has shown, but for an error of its own."""
        with self._lock:
            unseen, self._unseen = self._still_unseen(), []
        for home, shown in unseen:
            shown.update(_text(line), raw=True)
            home.close()

    def _explain_silence(self, place: "_Place", done: "Event", timeout: float | None) -> None:
        patience = _READY_WITHIN if timeout is None else min(_READY_WITHIN, timeout)
        if not kernel.wait(done, patience) and not place.panel.views.ready.is_set():
            sys.stderr.write(f"nbauth: {_SILENT}\n")

    def _outcome(self, words: "Words") -> str:
        signed_in = self._session.state is UserState.SIGNED_IN
        return sentences.signed_in_text(words, self._session.display_name) if signed_in else words("outcome.cancelled")


@dataclass(slots=True)
class _Place:
    """The panel under a waiting cell, and the way to replace it there."""

    panel: "Panel"
    display_id: str
    askers: int = 0
    is_shown: bool = False
    beside: ExitStack = field(default_factory=ExitStack)
    is_beside: bool = False

    def show(self, *, beside: bool) -> None:
        """Show it under the cell that is running, unless it stands somewhere already.

        Args:
            beside: Whether a thread waits, so that the page is answered also while the cell blocks on it.
        """
        from IPython import display

        if beside and not self.is_beside:
            self.is_beside = True
            self.beside.enter_context(kernel.answering(self.panel.comm))
        if not self.is_shown:
            self.is_shown = True
            display.display(self.panel, display_id=self.display_id)

    def replace(self, line: str) -> None:
        """Put one line of text where it stands, if it does, and close it."""
        from IPython import display

        if self.is_shown:
            self.panel.views.give_focus_back()
            display.update_display(_text(line), display_id=self.display_id, raw=True)
        self.panel.close()
        self.beside.close()


def _text(line: str) -> dict[str, str]:
    markup = f'<div style="color: var(--jp-ui-font-color2, GrayText)">{html.escape(line)}</div>'
    return {"text/plain": line, "text/html": markup}


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(0.0, deadline - time.monotonic())
