"""How long to leave a pool alone that was tried too often.

It stays shut for twice as long each time and does not say for how long, nor how often it was tried (Amazon Cognito
developer guide, lockout behavior for failed sign-in attempts). So the time is a guess, which grows while it is too
short.

Rule: this counts for one user pool, and only where a password or a code was tried: whatever else succeeds says nothing
about how often that may still be done.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from nbauth.errors import LimitExceeded

_SHORTEST, _LONGEST = timedelta(seconds=2), timedelta(minutes=15)
_MOST = 10  # doublings, with which the longest is reached


class Lockout:
    """Keeps count of the refusals.

    Attributes:
        ends_at: When it is worth trying again, in seconds since the epoch; None for now.

    Args:
        now: Tells the time.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.ends_at: float | None = None
        self._now = now
        self._refusals = 0

    def refused(self, error: Exception) -> None:
        """Take note of what an attempt ended with."""
        self.ends_at = None
        # By the other code Cognito tells of a limit of requests an hour, which no counting down helps with.
        if isinstance(error, LimitExceeded) and error.code == "NotAuthorizedException":
            lock = min(_SHORTEST * 2 ** min(self._refusals, _MOST), _LONGEST)
            self.ends_at = (self._now() + lock).timestamp()
            self._refusals += 1

    def passed(self) -> None:
        """Take note that somebody has got in, after which the pool counts from the beginning."""
        self.ends_at = None
        self._refusals = 0
