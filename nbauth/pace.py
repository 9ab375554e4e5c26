"""How soon what failed may be tried again by itself: ever later while nothing comes of it, with jitter.

Rule: it holds back what nobody waits for. Whoever waits, or asks for it in person, may try at once.
"""

import random
from datetime import datetime, timedelta

_FIRST_PAUSE = timedelta(seconds=1)
_LONGEST_PAUSE = timedelta(seconds=30)


class Pace:
    """The pace of one kind of attempt.

    Attributes:
        is_owed: Whether somebody has asked in vain for what may be had later: then the background tries, due or not.
    """

    def __init__(self) -> None:
        self.is_owed = False
        self._attempts = 0
        self._not_before: datetime | None = None

    def pause(self, now: datetime) -> timedelta:
        """Return how long to leave it alone."""
        not_before = self._not_before
        wait = not_before - now if not_before else timedelta()
        # A longer one was planned by a clock that has been put right since.
        return wait if timedelta() < wait <= _LONGEST_PAUSE else timedelta()

    def attempted(self, now: datetime) -> None:
        """Take note of an attempt, whose outcome is not known yet; those of many callers at once count as one."""
        if self.pause(now):
            return
        pause = min(_FIRST_PAUSE * 2**self._attempts, _LONGEST_PAUSE)
        self._attempts = min(self._attempts + 1, 8)
        self._not_before = now + pause * random.uniform(0.5, 1.0)  # noqa: S311 - jitter is no secret

    def reset(self) -> None:
        """Take note of a success."""
        self._attempts, self._not_before, self.is_owed = 0, None, False
