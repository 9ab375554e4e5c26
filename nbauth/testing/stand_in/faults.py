"""What goes wrong on purpose: which requests fail, how, and how often."""

import threading
from dataclasses import dataclass
from enum import Enum

from nbauth.testing.stand_in.requests import Refused


class Fault(Enum):
    """A way to fail.

    Before anything has been done: INTERNAL_ERROR, UNAVAILABLE, PORTAL, EMPTY, THROTTLED, RESET and HANG. After it has
    been done, so that the client cannot tell: DROPPED, TRUNCATED and CUT_OFF. In the end all is well, but late or at
    an odd time: SLOW, DATE_AHEAD and DATE_BEHIND.
    """

    INTERNAL_ERROR = "500 and InternalErrorException"
    UNAVAILABLE = "503 and an HTML page"
    PORTAL = "200 and an HTML page, as of a hotel's network, whose clock is a year behind"
    EMPTY = "200 and nothing at all, as of another hotel's"
    THROTTLED = "400 and TooManyRequestsException"
    RESET = "the connection is reset"
    HANG = "no answer until the faults are cleared, and none then"
    DROPPED = "done, but the connection is closed without an answer"
    TRUNCATED = "done, but half of the answer comes as if it were all"
    CUT_OFF = "done, but the connection is closed in the middle of the answer"
    SLOW = "the answer takes its time"
    DATE_AHEAD = "the answer's Date is 20 minutes ahead"
    DATE_BEHIND = "the answer's Date is 20 minutes behind"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What goes wrong with one request, settled when it comes: faults that change later change nothing for it.

    Attributes:
        failure: How it fails; None where all is well.
    """

    failure: Fault | Refused | None
    _delay: float
    _released: threading.Event

    def wait(self) -> None:
        """Take the time that the failure takes, unless it is released before."""
        if self.failure in (Fault.HANG, Fault.SLOW):
            self._released.wait(self._delay if self.failure is Fault.SLOW else None)


@dataclass
class _Rule:
    failure: Fault | Refused
    on: str | None
    times_left: int | None


class Faults:
    """The faults that wait for their requests.

    Attributes:
        delay: How many seconds SLOW takes.
    """

    def __init__(self) -> None:
        self.delay = 0.2
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()
        self._released = threading.Event()

    def add(self, fault: Fault, *, on: str | None = None, times: int | None = None) -> None:
        """Make requests fail.

        Args:
            fault: How.
            on: The operation; every one where it is None.
            times: How many requests; all until `clear` where it is None.
        """
        self._add(_Rule(fault, on, times))

    def refuse(self, code: str, message: str, *, on: str | None = None, times: int | None = None) -> None:
        """Have requests refused as Cognito refuses.

        Args:
            code: Cognito's name for the error, such as ``LimitExceededException``.
            message: Cognito's message.
            on: The operation; every one where it is None.
            times: How many requests; all until `clear` where it is None.
        """
        self._add(_Rule(Refused(code, message), on, times))

    def clear(self) -> None:
        """Let everything be well again; requests that hang end without an answer."""
        with self._lock:
            self._rules.clear()
        self.release()

    def release(self) -> None:
        """End the requests that hang or take their time."""
        with self._lock:
            released, self._released = self._released, threading.Event()
        released.set()

    def take(self, operation: str) -> Trouble:
        """Return what is to go wrong with a request."""
        with self._lock:
            return Trouble(self._next_failure(operation), self.delay, self._released)

    def _next_failure(self, operation: str) -> Fault | Refused | None:
        rule = next((rule for rule in self._rules if rule.on in (None, operation)), None)
        if rule is None:
            return None
        if rule.times_left is not None:
            rule.times_left -= 1
            if not rule.times_left:
                self._rules.remove(rule)
        return rule.failure

    def _add(self, rule: _Rule) -> None:
        with self._lock:
            self._rules.append(rule)
