"""A subshell for one widget, which answers the page also while the main thread of the kernel is blocked.

From ipykernel 7.4 on a comm says which shell its messages go to. A cell that blocks on a worker thread, as in
``future.result()``, serves none, and the worker cannot do it in its place: the messages go to a thread made for them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from typing import Any

_PATIENCE = 3.0  # seconds until a kernel whose shell channel does not answer is left alone


@contextmanager
def answering(kernel: Any, comm: Any) -> Iterator[None]:
    """Answer the messages to `comm` in a thread of their own for the length of a `with` block, where that can be."""
    shell_channel = getattr(kernel, "shell_channel_thread", None)
    manager, io_loop = getattr(shell_channel, "manager", None), getattr(shell_channel, "io_loop", None)
    create, delete = getattr(manager, "_create_subshell", None), getattr(manager, "_delete_subshell", None)
    route = getattr(type(comm), "_reply_subshell_for", None)
    subshell = _made(io_loop, create) if io_loop and create and delete and route else None
    if io_loop is None or subshell is None:
        yield
        return
    comm._reply_subshell_for = lambda data, default: subshell
    try:
        yield
    finally:
        del comm._reply_subshell_for
        io_loop.add_callback(_quietly, delete, subshell)


def _made(io_loop: Any, create: Callable[[], str]) -> str | None:
    made: SimpleQueue[str | None] = SimpleQueue()
    io_loop.add_callback(lambda: made.put(_quietly(create)))
    with suppress(Empty):
        return made.get(timeout=_PATIENCE)
    return None


def _quietly(call: Callable[..., Any], *args: Any) -> Any:
    # Private methods of the kernel, which may want something else tomorrow.
    with suppress(Exception):
        return call(*args)
