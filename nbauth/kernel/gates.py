"""Gates: they let the page's messages through to a kernel whose shell is held up by a waiting cell.

Rule: private attributes of the kernel are looked for, never assumed; `gate_of` returns None where they are missing.
"""

import asyncio
import inspect
import sys
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any
from weakref import WeakKeyDictionary

from nbauth.kernel.stop import stop
from nbauth.kernel.threads import in_main_thread, streams

_SERVED = {"comm_open", "comm_msg", "comm_close", "kernel_info_request", "comm_info_request"}

_gates: "WeakKeyDictionary[Any, Gate]" = WeakKeyDictionary()
_gates_lock = threading.Lock()


def gate_of(kernel: Any) -> "Gate | None":
    """Return the gate of this thread, None where it has none."""
    if kernel is None:
        return None
    if not hasattr(kernel, "get_parent"):
        return _loop_gate(kernel)
    stream, reply_stream = streams(kernel)
    if not (hasattr(stream, "_recv_callback") and hasattr(stream, "_recv_copy") and stream._recv_callback):
        return None
    with _gates_lock:
        return _gates.setdefault(stream, CommGate(kernel, stream, reply_stream))


class Gate(ABC):
    """Serves comm messages of one kernel while a cell waits.

    Args:
        kernel: The kernel.
        reply_stream: Where replies to what it serves go.
    """

    def __init__(self, kernel: Any, reply_stream: Any) -> None:
        self._kernel = kernel
        self._reply_stream = reply_stream
        self._due: deque[list[Any]] = deque()

    @abstractmethod
    def opened(self) -> AbstractContextManager[None]:
        """Let messages through for the length of a `with` block."""

    @abstractmethod
    def serve(self, seconds: float) -> None:
        """Serve what has come, then wait for more for at most `seconds`."""

    def serve_queued(self) -> None:
        """Serve the messages that the kernel has read already and queued behind the cell."""
        queue = getattr(self._kernel, "msg_queue", None)
        if queue is None:  # ipykernel 7
            return
        for item in [queue.get_nowait() for _ in range(queue.qsize())]:
            # (number, handler, (frames,)) in ipykernel 6, (priority, number, handler, (stream, frames)) in ipykernel 5
            frames = item[-1][-1] if item[-1] else None
            if frames is not None and self._message_type(frames) in _SERVED:
                self._due.append(frames)
            else:
                queue.put_nowait(item)
        # One at a time: what is served may wait in its turn, and its end may be among those that follow.
        while self._due:
            self._serve(self._due.popleft())

    @abstractmethod
    def _parent(self, idents: Any, message: dict[str, Any]) -> AbstractContextManager[None]:
        """Let what happens in a `with` block belong to `message`, from busy to idle."""

    def _message_type(self, frames: list[Any]) -> str | None:
        session = self._kernel.session
        try:
            _, parts = session.feed_identities(frames, copy=False)
            return str(session.unpack(parts[1].bytes)["msg_type"])
        except Exception:  # noqa: BLE001 - a message that cannot be read is the kernel's to complain about
            return None

    def _serve(self, frames: list[Any]) -> None:
        kernel = self._kernel
        idents, parts = kernel.session.feed_identities(frames, copy=False)
        try:
            message = kernel.session.deserialize(parts, content=True, copy=False)
        except Exception:
            kernel.log.exception("Invalid Message")
            return
        _flush_output()  # what the cell has printed so far is the cell's
        with self._parent(idents, message):
            try:
                with stop.let_through():
                    self._handle(message, idents)
            except Exception:
                kernel.log.exception("Exception in message handler:")
            finally:
                _flush_output()

    def _handle(self, message: dict[str, Any], idents: Any) -> None:
        result = self._kernel.shell_handlers[message["header"]["msg_type"]](self._reply_stream, idents, message)
        if inspect.iscoroutine(result):
            # The handlers of the info requests are coroutines that never wait: one step runs them to their end.
            try:
                result.send(None)
            except StopIteration:
                return
            result.close()


class CommGate(Gate):
    """The gate of ipykernel 6 and later: a filter before the callback of the stream that feeds the shell.

    Nested waits share it.
    """

    def __init__(self, kernel: Any, stream: Any, reply_stream: Any) -> None:
        super().__init__(kernel, reply_stream)
        self._stream = stream
        self._waits = 0
        self._callback: Any = None
        self._copy = False

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Filter the stream for the length of a `with` block."""
        if self._waits == 0:
            self._callback, self._copy = self._stream._recv_callback, self._stream._recv_copy
            self._stream.on_recv(self._filter, copy=False)
        self._waits += 1
        try:
            self.serve_queued()
            yield
        finally:
            self._waits -= 1
            if self._waits == 0:
                self._stream.on_recv(self._callback, copy=self._copy)

    def serve(self, seconds: float) -> None:
        """Serve what has come, then wait for more for at most `seconds`."""
        import zmq

        self._stream.flush()  # both ways: in ipykernel 6 replies go out through the same stream
        with stop.let_through():
            self._stream.socket.poll(int(seconds * 1000), zmq.POLLIN)

    def _filter(self, frames: list[Any]) -> Any:
        if self._message_type(frames) in _SERVED:
            return self._serve(frames)
        return self._callback(frames)

    @contextmanager
    def _parent(self, idents: Any, message: dict[str, Any]) -> Iterator[None]:
        kernel = self._kernel
        parent, parent_ident = kernel.get_parent("shell"), kernel._parent_ident["shell"]
        kernel.set_parent(idents, message, channel="shell")
        # Busy and idle in full: the page sends no further update of a widget before it has seen the idle.
        kernel._publish_status("busy", "shell")
        try:
            yield
        finally:
            kernel._publish_status("idle", "shell")
            kernel.set_parent(parent_ident, parent, channel="shell")


class LoopGate(Gate):
    """The gate of ipykernel 5, which reads its messages on the event loop that the waiting cell stands on.

    `nest_asyncio` lets that loop go on inside the cell. It is imported here and nowhere else, and only once a cell of
    such a kernel waits: it replaces parts of asyncio for good, and on later kernels clicks get lost with it.
    """

    def opened(self) -> AbstractContextManager[None]:
        """Need nothing to be put back."""
        return nullcontext()

    def serve(self, seconds: float) -> None:
        """Serve what has come, and let the loop go on for `seconds`."""
        import nest_asyncio

        loop = self._kernel.io_loop.asyncio_loop
        nest_asyncio.apply(loop)
        self.serve_queued()
        with stop.let_through():
            loop.run_until_complete(asyncio.sleep(seconds))

    @contextmanager
    def _parent(self, idents: Any, message: dict[str, Any]) -> Iterator[None]:
        kernel = self._kernel
        parent, parent_ident = kernel._parent_header, kernel._parent_ident
        kernel.set_parent(idents, message)
        kernel._publish_status("busy")
        try:
            yield
        finally:
            kernel._publish_status("idle")
            kernel.set_parent(parent_ident, parent)


def _loop_gate(kernel: Any) -> Gate | None:
    loop = getattr(getattr(kernel, "io_loop", None), "asyncio_loop", None)
    # nest_asyncio can patch asyncio's own loops only, so none of uvloop.
    if not isinstance(loop, asyncio.BaseEventLoop) or not in_main_thread():
        return None
    shells = getattr(kernel, "shell_streams", None)
    if not shells or not hasattr(kernel, "msg_queue"):
        return None
    with _gates_lock:
        return _gates.setdefault(shells[0], LoopGate(kernel, shells[0]))


def _flush_output() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
