"""The server's time: this machine's, put right where the `Date` of Cognito's answers shows that it is wrong.

Tokens and credentials end by the server's clock, so whoever asks whether they have ended asks a `ServerClock`. One
answer alone is never believed against two others, and nothing is believed past the moment when this machine's clock is
set.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from nbauth.ports import Clock

# Half of the margin that freshness leaves. A machine that keeps time by NTP is less far off, and what it shows is
# steadier than what can be told from a Date.
_TOLERANCE = timedelta(seconds=5)

_DATE_RESOLUTION = timedelta(seconds=1)
"""A Date leaves out the fraction of its second (RFC 9110 §5.6.7)."""

_ANSWERS_KEPT = 3


@dataclass(frozen=True, slots=True)
class _Learnt:
    """What the last answers showed.

    Attributes:
        offsets: What each showed, the newest last.
        zero: What this machine's clock showed when the steady one was at zero, in seconds; another one once it is set.
    """

    offsets: tuple[timedelta, ...] = ()
    zero: float = 0.0

    @property
    def offset(self) -> timedelta:
        # The middle one by size: what two of three agree on, and of two the one that trusts this machine more.
        return sorted(self.offsets, key=abs)[(len(self.offsets) - 1) // 2] if self.offsets else timedelta()


class ServerClock(Clock):
    """Tells the server's time.

    Args:
        machine: This machine's clock.
        steady: Counts seconds, and is never set.
    """

    def __init__(self, machine: Clock, steady: Callable[[], float] = time.monotonic) -> None:
        self._machine = machine
        self._steady = steady
        self._learnt = _Learnt()
        self._offset = timedelta()

    def now(self) -> datetime:
        """Return the server's time as far as it is known, else this machine's (aware, UTC)."""
        machine = self._machine.now()
        return machine + self._offset_at(machine) if self._offset else machine

    @property
    def offset(self) -> timedelta:
        """How far the server's clock is ahead of this machine's; zero where they agree as well as can be told."""
        return self._offset_at(self._machine.now())

    def learn(self, date: str | None, latency: timedelta) -> None:
        """Take note of an answer.

        Args:
            date: Its `Date`.
            latency: How long the request and its answer took.
        """
        now = self._machine.now()
        shown = offset_shown(date, now, latency)
        if shown is None:
            return
        # Threads that learn at the same moment may overwrite one another; the next answer makes up for it.
        known = () if self._has_been_set(now) else self._learnt.offsets
        self._learnt = _Learnt((*known, shown)[-_ANSWERS_KEPT:], self._zero_at(now))
        self._offset = self._learnt.offset

    def _offset_at(self, machine: datetime) -> timedelta:
        # Whoever sets a clock most likely puts it right.
        return timedelta() if self._has_been_set(machine) else self._offset

    def _has_been_set(self, machine: datetime) -> bool:
        return abs(self._zero_at(machine) - self._learnt.zero) > _TOLERANCE.total_seconds()

    def _zero_at(self, machine: datetime) -> float:
        return machine.timestamp() - self._steady()


def offset_shown(date: str | None, received: datetime, latency: timedelta) -> timedelta | None:
    """Return how far an answer's `Date` shows the server's clock to be ahead of this machine's.

    Args:
        date: The `Date`.
        received: When the answer came, by this machine's clock.
        latency: How long the request and its answer took.

    Returns:
        Zero where latency and the coarseness of a `Date` explain the difference; None where it cannot be read.
    """
    try:
        ahead = parsedate_to_datetime(date or "") - received
    except (TypeError, ValueError):  # no date, or none with a time zone
        return None
    least, most = ahead, ahead + latency + _DATE_RESOLUTION
    return timedelta() if least <= _TOLERANCE and most >= -_TOLERANCE else (least + most) / 2
