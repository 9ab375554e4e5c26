"""The calls that wait for a sign-in, and what ends their wait.

All of them are woken together, by a sign-in, a sign-out, or a release; the end of the process releases them, too. A
call that has begun but does not wait yet holds a ticket, so a release reaches it too.
"""

import threading
from collections.abc import Callable
from enum import Enum

from nbauth import process


class Outcome(Enum):
    """What ended a wait."""

    SIGNED_IN = "signed in"
    SIGNED_OUT = "signed out"
    RELEASED = "released"


class Waiter:
    """One waiting call.

    Args:
        label: Says to a person what waits.
    """

    def __init__(self, label: str = "") -> None:
        self.label = label
        self.done = threading.Event()
        self.outcome: Outcome | None = None

    def wake(self, outcome: Outcome) -> None:
        """End the wait."""
        self.outcome = outcome
        self.done.set()


class Waiters:
    """Everybody who waits for one session's sign-in.

    Args:
        on_change: Called after calls began or ceased to wait, under no lock and in any thread: of two changes at once,
            the second may be heard of first, so look at `labels` as late as possible.
    """

    def __init__(self, on_change: Callable[[], object] = lambda: None) -> None:
        self._on_change = on_change
        self._lock = process.Lock()
        self._waiting: dict[Waiter, None] = {}
        self._releases = 0
        self._minds_exit = self._is_closed = False
        process.in_child(self._forked)

    def __len__(self) -> int:
        return len(self._waiting)

    def labels(self) -> tuple[str, ...]:
        """Return what waits, in the order in which the waits began."""
        with self._lock:
            return tuple(waiter.label for waiter in self._waiting)

    def ticket(self) -> int:
        """Return what a call shows when it begins to wait."""
        return self._releases

    def join(self, ticket: int, label: str = "") -> Waiter:
        """Begin to wait; the wait is over at once if there was a release since the ticket was drawn.

        Args:
            ticket: The call's.
            label: Says to a person what waits.
        """
        self._mind_exit()
        waiter = Waiter(label)
        with self._lock:
            if self._is_closed or ticket != self._releases:
                waiter.wake(Outcome.RELEASED)
                return waiter
            self._waiting[waiter] = None
        self._on_change()
        return waiter

    def leave(self, waiter: Waiter) -> None:
        """Stop waiting."""
        with self._lock:
            if waiter not in self._waiting:
                return
            del self._waiting[waiter]
        self._on_change()

    def wake(self, outcome: Outcome) -> None:
        """End every wait."""
        with self._lock:
            if outcome is not Outcome.SIGNED_IN:
                self._releases += 1
            woken, self._waiting = self._waiting, {}
            for waiter in woken:
                waiter.wake(outcome)
        if woken:
            self._on_change()

    def _mind_exit(self) -> None:
        if not self._minds_exit:
            self._minds_exit = True
            process.at_exit(self._close)

    def _close(self) -> None:
        self._is_closed = True
        self.wake(Outcome.RELEASED)

    def _forked(self) -> None:
        # They wait in the parent.
        self._waiting = {}
