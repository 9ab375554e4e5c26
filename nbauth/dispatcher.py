"""Delivers notifications one after another, in the order they were posted, whichever thread they come from.

Rule: post under any lock, deliver under none. A listener that raises is reported and disturbs nobody. One that takes
its time holds up whoever delivers, so a thread with other duties delivers `elsewhere`.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from nbauth import process

_log = logging.getLogger(__name__)


class _Duties(threading.local):
    has_others = False


_this_thread = _Duties()


@contextmanager
def elsewhere() -> Iterator[None]:
    """Have calls that this thread would make in a `with` block made by a thread of their own, which it starts."""
    before, _this_thread.has_others = _this_thread.has_others, True
    try:
        yield
    finally:
        _this_thread.has_others = before


class Dispatcher:
    """A queue of calls that is emptied by one thread at a time: by whichever comes first."""

    def __init__(self) -> None:
        self._calls: deque[Callable[[], object]] = deque()
        self._changed = threading.Condition()
        self._deliverer: int | None = None
        self._posted = 0
        self._delivered = 0
        process.in_child(self._forked)

    def post(self, call: Callable[[], object]) -> None:
        """Put `call` at the end of the queue."""
        with self._changed:
            self._calls.append(call)
            self._posted += 1

    def deliver(self) -> None:
        """Make the calls that wait, unless another thread is at it: then that thread makes them."""
        if _this_thread.has_others:
            self._deliver_elsewhere()
        elif self._begin():
            self._make_all()

    def settle(self) -> None:
        """Return once every call posted so far has been made; at once when called from within one of them."""
        with self._changed:
            target = self._posted
        while True:
            self.deliver()
            with self._changed:
                if self._delivered >= target or self._deliverer == threading.get_ident():
                    return
                self._changed.wait_for(lambda: self._delivered >= target or self._deliverer is None)

    def _deliver_elsewhere(self) -> None:
        with self._changed:
            if self._deliverer is not None or not self._calls:
                return
        with suppress(RuntimeError):  # an interpreter that is shutting down starts no threads: they hear no more
            threading.Thread(target=self.deliver, name="nbauth-listeners", daemon=True).start()

    def _begin(self) -> bool:
        with self._changed:
            if self._deliverer is not None or not self._calls:
                return False
            self._deliverer = threading.get_ident()
            return True

    def _make_all(self) -> None:
        try:
            while call := self._next():
                self._make(call)
        finally:
            with self._changed:
                if self._deliverer == threading.get_ident():
                    self._deliverer = None
                self._changed.notify_all()

    def _next(self) -> Callable[[], object] | None:
        with self._changed:
            if self._calls:
                return self._calls.popleft()
            # Given up here, under the same lock: a call posted from now on finds nobody at it.
            self._deliverer = None
            return None

    def _make(self, call: Callable[[], object]) -> None:
        try:
            call()
        except Exception:  # noqa: BLE001 - it is the listener's, and the next one has a right to its call
            _log.exception("nbauth: a listener failed")
        finally:
            with self._changed:
                self._delivered += 1
                self._changed.notify_all()

    def _forked(self) -> None:
        """Leave to the parent what was posted there; what the forking thread is just making is made here as well."""
        self._changed = threading.Condition()
        self._calls.clear()
        is_at_it = self._deliverer == threading.get_ident()
        self._deliverer = self._deliverer if is_at_it else None
        self._delivered = self._posted - is_at_it
