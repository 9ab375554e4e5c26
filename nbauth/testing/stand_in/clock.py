"""The stand-in's clock: the machine's own, plus a shift that may be changed at any time."""

from datetime import UTC, datetime, timedelta


class ShiftedClock:
    """A clock that runs, and that can be moved."""

    def __init__(self) -> None:
        self._shift = timedelta()

    def now(self) -> datetime:
        """Return what the clock shows (aware, UTC)."""
        return datetime.now(UTC) + self._shift

    def advance(self, by: timedelta) -> None:
        """Move the clock forward, or back."""
        self._shift += by
