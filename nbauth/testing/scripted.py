"""How a test stays in charge: a clock that stands still, and fakes that fail or hold a call when they are told to."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Self

from nbauth.errors import AuthError
from nbauth.ports import Clock


class FakeClock(Clock):
    """A clock that moves when it is told to.

    Args:
        moment: Where it stands; the time now where it is None.
    """

    def __init__(self, moment: datetime | None = None) -> None:
        self._moment = moment or datetime.now(UTC)

    def now(self) -> datetime:
        """Return where the clock stands."""
        return self._moment

    def advance(self, by: timedelta) -> None:
        """Move the clock forward, or back."""
        self._moment += by


class Hold:
    """A call that waits inside a fake until it is released; leaving a `with` block releases it.

    Attributes:
        entered: Set once the call has arrived.
    """

    def __init__(self) -> None:
        self.entered = threading.Event()
        self._released = threading.Event()

    def release(self) -> None:
        """Let the call go on."""
        self._released.set()

    def wait(self) -> None:
        """Arrive, and wait to be released."""
        self.entered.set()
        self._released.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class Scripted:
    """What a test may do with a fake beside using it.

    Attributes:
        calls: The names of the methods that were called, in order.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self._failures: list[tuple[str | None, AuthError]] = []
        self._holds: list[tuple[str, Hold]] = []
        self._lock = threading.RLock()

    def fail_next(self, error: AuthError, *, on: str | None = None) -> None:
        """Make the next call fail with `error`; only a call of the method `on` where that is given."""
        with self._lock:
            self._failures.append((on, error))

    def hold_next(self, on: str) -> Hold:
        """Make the next call of the method `on` wait until the returned hold is released."""
        hold = Hold()
        with self._lock:
            self._holds.append((on, hold))
        return hold

    def _called(self, name: str) -> None:
        with self._lock:
            self.calls.append(name)
            hold = next((entry for entry in self._holds if entry[0] == name), None)
            if hold:
                self._holds.remove(hold)
            failure = next((entry for entry in self._failures if entry[0] in (None, name)), None)
            if failure:
                self._failures.remove(failure)
        if hold:
            hold[1].wait()
        if failure:
            raise failure[1]
