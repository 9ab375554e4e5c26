"""What somebody who has signed up is signed in with once the account is confirmed, so that nobody types it twice.

Rule: it is for that one sign-in and for nothing else. It is in memory only, in no state and in no trait, and it is gone
once it is taken, once anybody has signed in or out or given up, and ten minutes after it came.
"""

import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from nbauth import process
from nbauth.core.events import Cancel, Event, SignOut, TokensIssued
from nbauth.core.secret import Secret
from nbauth.ports import Clock

_LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Means:
    """What a user can be signed in with.

    Attributes:
        password: The password that was chosen.
        session: What the pool gave for this purpose.
    """

    password: Secret | None = None
    session: Secret | None = None


class Newcomer:
    """Whoever waits for an account to be confirmed; at most one.

    Args:
        clock: Tells when it has taken too long.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: tuple[str, Means, datetime] | None = None
        self._timer: threading.Timer | None = None
        process.in_child(self._forked)

    def keep(self, username: str, means: Means) -> None:
        """Keep what `username` can be signed in with, in place of what was kept."""
        self.forget()
        kept = self._kept = (username, means, self._clock.now() + _LIFETIME)
        self._timer = threading.Timer(_LIFETIME.total_seconds(), self._forget_only, (kept,))
        self._timer.daemon = True
        with suppress(RuntimeError):  # an interpreter that is shutting down starts no threads, and keeps nothing long
            self._timer.start()

    def means_of(self, username: str) -> Means:
        """Return what is kept for `username`, and go on keeping it; nothing for anybody else."""
        kept = self._kept
        return kept[1] if kept and kept[0] == username and self._clock.now() < kept[2] else Means()

    def forget(self) -> None:
        """Keep nothing."""
        self._kept = None
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def changed(self, event: Event) -> None:
        """Take note of what happened to the sign-in."""
        if isinstance(event, SignOut | Cancel | TokensIssued):
            self.forget()

    def _forked(self) -> None:
        # The timer is the parent's, and so is the person who signs up.
        self._kept = self._timer = None

    def _forget_only(self, kept: object) -> None:
        if self._kept is kept:
            self.forget()
