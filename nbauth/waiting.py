"""The calls that wait for a sign-in, and what ends their wait.

All of them are woken together, by a sign-in, a sign-out, or a release. A call that has begun but does not wait yet
holds a ticket, so a release reaches it too.
"""

import threading
from enum import Enum


class Outcome(Enum):
    """What ended a wait."""

    SIGNED_IN = "signed in"
    SIGNED_OUT = "signed out"
    RELEASED = "released"


class Waiter:
    """One waiting call."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.outcome: Outcome | None = None

    def wake(self, outcome: Outcome) -> None:
        """End the wait."""
        self.outcome = outcome
        self.done.set()


class Waiters:
    """Everybody who waits for one session's sign-in."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: set[Waiter] = set()
        self._releases = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def ticket(self) -> int:
        """Return what a call shows when it begins to wait."""
        return self._releases

    def join(self, ticket: int) -> Waiter:
        """Begin to wait; the wait is over at once if there was a release since the ticket was drawn."""
        waiter = Waiter()
        with self._lock:
            if ticket != self._releases:
                waiter.wake(Outcome.RELEASED)
            else:
                self._waiting.add(waiter)
        return waiter

    def leave(self, waiter: Waiter) -> None:
        """Stop waiting."""
        with self._lock:
            self._waiting.discard(waiter)

    def wake(self, outcome: Outcome) -> None:
        """End every wait."""
        with self._lock:
            if outcome is not Outcome.SIGNED_IN:
                self._releases += 1
            for waiter in self._waiting:
                waiter.wake(outcome)
            self._waiting.clear()
