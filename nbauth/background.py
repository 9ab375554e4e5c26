"""Requests on threads of their own, for which the caller waits.

A Stop in the notebook then ends the person's wait at once, and never a request that may already have done its work.
"""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from nbauth.errors import AuthError

T = TypeVar("T")

_POLL = 0.05  # seconds


class _Request(Generic[T]):
    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self.answers: list[T] = []
        self.error: AuthError | None = None
        self.landed = threading.Event()

    def run(self) -> None:
        try:
            self.answers.append(self._ask())
        except AuthError as error:
            self.error = error.with_traceback(None)
        except Exception as bug:  # noqa: BLE001 - in a thread nobody would ever see it
            self.error = named(bug)
        finally:
            self.landed.set()


def begin(call: Callable[[], object]) -> None:
    """Make `call` in a thread that dies with the process."""
    try:
        threading.Thread(target=call, name="nbauth-request", daemon=True).start()
    except RuntimeError:  # an interpreter that is shutting down starts no threads
        call()


def wait_for(event: threading.Event) -> None:
    """Wait for `event`; in short steps, or Stop would have to wait for it too on some systems."""
    while not event.wait(_POLL):
        pass


def named(bug: Exception) -> AuthError:
    """Return the error that a bug is, without its text: a library that complains about a parameter quotes it."""
    name = type(bug).__name__
    return AuthError(f"nbauth failed with {name}; please report it", case="bug", about={"error": name})


def carry_out(ask: Callable[[], T]) -> T:
    """Return what `ask` returns, called in a thread of its own.

    Raises:
        AuthError: What it raised; another error is a bug and becomes an `AuthError` that names it.
    """
    request = _Request(ask)
    begin(request.run)
    wait_for(request.landed)
    if request.error is not None:
        raise request.error
    return request.answers[0]
