"""What nbauth knows about the inside of an IPython kernel: which thread this is, who is there, how to wait in a cell.

A cell that waits for a sign-in keeps the kernel busy, and a busy kernel serves no messages: the very click that would
end the wait stays unread. A gate lets such messages through: comm messages, and the two requests a reloaded page asks
first, are served at once, and everything else queues behind the cell as ever, in order. Subshells, nested event loops
and polling of the message queue each fail on some ipykernel or some front end.

Rule: nothing of the kernel is touched while nobody waits, and private attributes are looked for, never assumed: where
they are missing, `can_wait` says so and the caller asks over stdin instead.
"""

import asyncio
import os
import sys
import threading
import time
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from nbauth.kernel import subshell, threads
from nbauth.kernel.gates import Gate, gate_of
from nbauth.kernel.stop import stop

_POLL = 0.05  # seconds; a plain wait on an event would make Stop wait for the event


def current_kernel() -> Any | None:
    """Return the IPython kernel this code runs in, None in a terminal or a script, and in what a kernel has forked."""
    if "ipykernel" not in sys.modules:
        return None
    from IPython import get_ipython

    kernel = getattr(get_ipython(), "kernel", None)
    # A forked child has the kernel's memory, and neither its threads nor its page.
    pid = getattr(getattr(kernel, "session", None), "pid", None)
    return kernel if pid in (None, os.getpid()) else None


def somebody_there() -> bool:
    """Return whether a person can be asked in this kernel now: false under nbclient, papermill, nbconvert and Voilà."""
    kernel = current_kernel()
    if kernel is None:
        return False
    running_a_cell = threads.message_type(threads.parent_of(kernel)) == "execute_request"
    return bool(getattr(kernel, "_allow_stdin", False)) or not running_a_cell


def can_show() -> bool:
    """Return whether what this cell shows comes before a person, be it that nobody can be asked, as in Voilà."""
    return somebody_there() or (current_kernel() is not None and "VOILA_BASE_URL" in os.environ)


def in_handler() -> bool:
    """Return whether a message of the page's is being handled, such as a click: what that shows appears nowhere."""
    kernel = current_kernel()
    return kernel is not None and threads.message_type(threads.parent_of(kernel)).startswith("comm_")


def can_wait() -> bool:
    """Return whether `wait` can let a click through from this thread."""
    return _gate() is not None


def wait(event: threading.Event, timeout: float | None = None) -> bool:
    """Block until `event` is set, and serve widgets meanwhile where this thread can.

    Args:
        event: What to wait for.
        timeout: The most to wait, in seconds; None for as long as it takes.

    Returns:
        Whether the event is set.
    """
    gate = _gate()
    if gate is None:
        return event.wait(timeout)
    deadline = _deadline(timeout)
    with stop.held_back(), gate.opened():
        while not event.is_set() and time.monotonic() < deadline:
            gate.serve(_POLL)
    return event.is_set()


async def wait_async(event: threading.Event, timeout: float | None = None) -> bool:
    """Do as `wait` does, without blocking the event loop."""
    gate = _gate()
    deadline = _deadline(timeout)
    with gate.opened() if gate else nullcontext():
        while not event.is_set() and time.monotonic() < deadline:
            if gate:
                gate.serve_queued()
            await asyncio.sleep(_POLL)
    return event.is_set()


def answering(comm: Any) -> AbstractContextManager[None]:
    """Answer messages to `comm` for the length of a `with` block while a cell blocks on this thread.

    Only ipykernel 7.4 and later can. Elsewhere nothing happens, and a page with subshells may do without.

    Args:
        comm: A widget's.
    """
    return subshell.answering(current_kernel(), comm)


def label() -> str:
    """Return what a person calls what runs here: ``cell [7]``, ``widget`` or ``thread NAME``."""
    return threads.label(current_kernel())


def label_async() -> str:
    """Return what a person calls what awaits here: ``cell [7]``, ``widget`` or ``task``."""
    return threads.label_async(current_kernel())


def _gate() -> Gate | None:
    return gate_of(current_kernel())


def _deadline(timeout: float | None) -> float:
    return float("inf") if timeout is None else time.monotonic() + timeout
