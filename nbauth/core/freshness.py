"""How long tokens and credentials may still be used: fresh, stale (refresh soon) or expired.

The windows shrink with the lifetime, so five-minute tokens and ninety-second credentials are not refreshed at every
use.
"""

from datetime import datetime, timedelta
from enum import Enum

_REFRESH_AHEAD = timedelta(minutes=15)
_REFRESH_AHEAD_SHARE = 0.25
_MARGIN = timedelta(seconds=10)
_MARGIN_SHARE = 0.05


class Freshness(Enum):
    """What may be done with something that expires."""

    FRESH = "fresh"
    STALE = "stale"
    EXPIRED = "expired"


def stale_at(issued_at: datetime, expires_at: datetime, jitter: float = 0.0) -> datetime:
    """Return when a refresh should begin.

    Args:
        issued_at: When the lifetime began.
        expires_at: When it ends.
        jitter: From 0.0 to 1.0: how much of the window to leave unused, so that many kernels do not refresh at once.
    """
    ahead = min(_REFRESH_AHEAD, (expires_at - issued_at) * _REFRESH_AHEAD_SHARE)
    return expires_at - ahead * (1 - jitter / 2)


def unusable_at(issued_at: datetime, expires_at: datetime) -> datetime:
    """Return when to stop using it: a moment early, so that a request under way does not arrive too late."""
    return expires_at - min(_MARGIN, (expires_at - issued_at) * _MARGIN_SHARE)


def freshness(now: datetime, issued_at: datetime, expires_at: datetime) -> Freshness:
    """Return how fresh something is that was issued at `issued_at` and ends at `expires_at`."""
    if now >= unusable_at(issued_at, expires_at):
        return Freshness.EXPIRED
    if now >= stale_at(issued_at, expires_at):
        return Freshness.STALE
    return Freshness.FRESH
