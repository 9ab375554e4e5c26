"""What keeps out somebody who tries too often: the lock after failures, and the limit of requests an hour."""

from datetime import datetime, timedelta

from nbauth.testing.stand_in.requests import Refused, not_authorized

_FREE_ATTEMPTS = 5
_LONGEST_LOCK = timedelta(minutes=15)
_FORGIVEN_AFTER = timedelta(minutes=15)
_LIMITED_FOR = timedelta(hours=1)


class Lock:
    """Keeps somebody out who failed too often: for 1, 2, 4 … seconds, 15 minutes at most.

    See "Lockout behavior for failed sign-in attempts" in the Amazon Cognito developer guide.
    """

    def __init__(self) -> None:
        self._failures = 0
        self._ends_at: datetime | None = None
        self._last_attempt: datetime | None = None

    def check(self, now: datetime) -> None:
        """Take note of an attempt.

        Raises:
            Refused: It comes too soon after the last failure.
        """
        if self._last_attempt and now - self._last_attempt >= _FORGIVEN_AFTER:
            self.open()
        self._last_attempt = now
        if self._ends_at and now < self._ends_at:
            raise not_authorized("Password attempts exceeded")

    def failed(self, now: datetime) -> None:
        """Take note that the attempt failed."""
        self._failures += 1
        if self._failures >= _FREE_ATTEMPTS:
            self._ends_at = now + min(timedelta(seconds=2 ** (self._failures - _FREE_ATTEMPTS)), _LONGEST_LOCK)

    def open(self) -> None:
        """Forget what has been."""
        self._failures, self._ends_at = 0, None


class Limits:
    """Counts how often somebody asked for an operation within the last hour."""

    def __init__(self) -> None:
        self._asked: dict[tuple[str, str], list[datetime]] = {}

    def check(self, operation: str, username: str, now: datetime, most: int | None) -> None:
        """Take note of a request.

        Args:
            operation: What is asked for.
            username: By whom.
            now: When.
            most: How often it may be; as often as one likes where it is None.

        Raises:
            Refused: It is one too many.
        """
        recent = [moment for moment in self._asked.get((operation, username), []) if now - moment < _LIMITED_FOR]
        if most is not None and len(recent) >= most:
            raise Refused("LimitExceededException", "Attempt limit exceeded, please try after some time.")
        self._asked[operation, username] = [*recent, now]
