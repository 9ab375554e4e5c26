"""What becomes of this process: it may be forked, and it ends. Whoever minds registers here.

A forked child has one thread, the one that forked. What the parent's other threads were doing stays half done in the
child's memory, and a lock that one of them held is never given back. So what holds a lock for others to wait for uses
`Lock`, and what counts on another thread puts itself right in `in_child`.

Rule: what is called in a child must neither wait nor start anything: most children use no session at all.
"""

import functools
import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from types import MethodType
from typing import Any, cast
from weakref import WeakKeyDictionary

_log = logging.getLogger(__name__)

_Calls = WeakKeyDictionary[Any, Callable[[Any], None]]

_before_fork: _Calls = WeakKeyDictionary()
_in_child: _Calls = WeakKeyDictionary()
_at_exit: _Calls = WeakKeyDictionary()


def in_child(call: Callable[[], None]) -> None:
    """Make `call` in every process that is forked from this one, after those registered before it.

    Args:
        call: A bound method, the only one of its object, which is not kept alive.
    """
    _watch_forks()
    _register(_in_child, call)


def before_fork(call: Callable[[], None]) -> None:
    """Make `call` whenever this process is about to be forked, to let other threads finish what must not be cut in two.

    Args:
        call: A bound method, the only one of its object, which is not kept alive. Whoever forks waits for it.
    """
    _watch_forks()
    _register(_before_fork, call)


def at_exit(call: Callable[[], None]) -> None:
    """Make `call` once this process ends, before it waits for the threads that still run; now where it ends already.

    Functions of `atexit` come too late for that: the threads of a `ThreadPoolExecutor` are waited for before them.

    Args:
        call: A bound method, the only one of its object, which is not kept alive.
    """
    _register(_at_exit, call)
    if not _watch_exit():
        call()


class Lock:
    """A lock that the thread which holds it may take again, and that nobody holds in a forked child."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        in_child(self._free)

    def acquire(self, timeout: float = -1) -> bool:
        """Take the lock, and return whether it was to be had in `timeout` seconds; -1 for as long as it takes."""
        return self._lock.acquire(timeout=timeout)

    def release(self) -> None:
        """Give the lock back."""
        with suppress(RuntimeError):  # the thread that forked had taken it, and does not hold the new one
            self._lock.release()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *exception: object) -> None:
        self.release()

    def _free(self) -> None:
        self._lock = threading.RLock()


def _register(calls: _Calls, call: Callable[[], None]) -> None:
    method = cast(MethodType, call)
    calls[method.__self__] = method.__func__


def _make(calls: _Calls) -> None:
    for owner, call in tuple(calls.items()):
        try:
            call(owner)
        except Exception:  # noqa: BLE001 - the next one has a right to its call
            _log.exception("nbauth: the rest of this process may miss something")


@functools.cache
def _watch_forks() -> None:
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=functools.partial(_make, _before_fork), after_in_child=functools.partial(_make, _in_child)
        )


@functools.cache
def _watch_exit() -> bool:
    """Return false where it is too late."""
    register = getattr(threading, "_register_atexit", None)
    try:
        # Who registers last is called first, and must be: this module registers what waits for its threads.
        import concurrent.futures.thread  # noqa: F401

        if register is not None:
            register(_make, _at_exit)
    except RuntimeError:
        return False
    return True
