"""What nbauth knows about the inside of an IPython kernel: which thread this is, who is there, how to wait in a cell.

A cell that waits for a sign-in keeps the kernel busy, and a busy kernel serves no messages: the very click that would
end the wait stays unread. A gate lets such messages through: comm messages, and the two requests a reloaded page asks
first, are served at once, and everything else queues behind the cell as ever, in order. Subshells, nested event loops
and polling of the message queue each fail on some ipykernel or some front end.

Rule: nothing here is touched while nobody waits, and private attributes are looked for, never assumed: where they are
missing, `can_wait` says so and the caller asks over stdin instead.
"""

import asyncio
import inspect
import signal
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any
from weakref import WeakKeyDictionary

_SERVED = {"comm_open", "comm_msg", "comm_close", "kernel_info_request", "comm_info_request"}
_POLL = 0.05  # seconds; a plain wait on an event would make Stop wait for the event

_gates: "WeakKeyDictionary[Any, _Gate]" = WeakKeyDictionary()
_gates_lock = threading.Lock()


def current_kernel() -> Any | None:
    """Return the IPython kernel this code runs in, None in a terminal or a script."""
    if "ipykernel" not in sys.modules:
        return None
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None)


def somebody_there() -> bool:
    """Return whether a person can be asked in this kernel now: false under nbclient, papermill, nbconvert and Voilà."""
    kernel = current_kernel()
    if kernel is None:
        return False
    # ipykernel 5 has one parent and no method that returns it.
    parent = kernel.get_parent() if hasattr(kernel, "get_parent") else getattr(kernel, "_parent_header", {})
    running_a_cell = parent.get("header", {}).get("msg_type") == "execute_request"
    return bool(getattr(kernel, "_allow_stdin", False)) or not running_a_cell


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
    with _stop.held_back(), gate.opened():
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


class _Stop:
    """Stop (SIGINT), which can strike between any two lines of the main thread.

    In the middle of a gate's work it would lose messages of the page, or leave the kernel answering the wrong one.
    """

    def __init__(self) -> None:
        self._handler: Any = None
        self._struck: tuple[Any, ...] | None = None

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Let Stop strike at the end of a `with` block, or where a part of it lets it through."""
        handler = signal.getsignal(signal.SIGINT)
        if not callable(handler) or not _in_main_thread():
            yield
            return
        before, self._handler = self._handler, handler
        signal.signal(signal.SIGINT, self._hold_back)
        try:
            yield
        finally:
            self._handler = before
            signal.signal(signal.SIGINT, handler)
            self._strike(handler)

    @contextmanager
    def let_through(self) -> Iterator[None]:
        """Let Stop strike within a `with` block."""
        if signal.getsignal(signal.SIGINT) != self._hold_back or not _in_main_thread():
            yield
            return
        handler = self._handler
        signal.signal(signal.SIGINT, handler)
        try:
            self._strike(handler)
            yield
        finally:
            signal.signal(signal.SIGINT, self._hold_back)

    def _hold_back(self, *signal_and_frame: Any) -> None:
        self._struck = signal_and_frame

    def _strike(self, handler: Callable[..., Any]) -> None:
        if self._struck is not None:
            struck, self._struck = self._struck, None
            handler(*struck)


_stop = _Stop()


class _Gate(ABC):
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
                with _stop.let_through():
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


class CommGate(_Gate):
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
        with _stop.let_through():
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


class LoopGate(_Gate):
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
        with _stop.let_through():
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


def _gate() -> _Gate | None:
    kernel = current_kernel()
    if kernel is None:
        return None
    if not hasattr(kernel, "get_parent"):
        return _loop_gate(kernel)
    stream, reply_stream = _streams(kernel)
    if not (hasattr(stream, "_recv_callback") and hasattr(stream, "_recv_copy") and stream._recv_callback):
        return None
    with _gates_lock:
        return _gates.setdefault(stream, CommGate(kernel, stream, reply_stream))


def _loop_gate(kernel: Any) -> _Gate | None:
    loop = getattr(getattr(kernel, "io_loop", None), "asyncio_loop", None)
    # nest_asyncio can patch asyncio's own loops only, so none of uvloop.
    if not isinstance(loop, asyncio.BaseEventLoop) or not _in_main_thread():
        return None
    streams = getattr(kernel, "shell_streams", None)
    if not streams or not hasattr(kernel, "msg_queue"):
        return None
    with _gates_lock:
        return _gates.setdefault(streams[0], LoopGate(kernel, streams[0]))


def _streams(kernel: Any) -> tuple[Any, Any]:
    """Return the stream that feeds the shell of this thread, and the one for its replies; None where there is none."""
    shell_thread = getattr(kernel, "shell_channel_thread", None)
    if shell_thread is None:  # ipykernel 6
        stream = getattr(kernel, "shell_stream", None) if _in_main_thread() else None
        return stream, stream
    try:
        manager = shell_thread.manager
        if _in_main_thread():
            return manager._shell_channel_to_main.to_stream, manager.get_subshell_to_shell_channel_socket(None)
        subshell = manager.subshell_id_from_thread_id(threading.get_ident())
        pair = manager.get_shell_channel_to_subshell_pair(subshell)
        return pair.to_stream, manager.get_subshell_to_shell_channel_socket(subshell)
    except (AttributeError, RuntimeError):  # another ipykernel than those known, or a thread that is no shell
        return None, None


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _deadline(timeout: float | None) -> float:
    return float("inf") if timeout is None else time.monotonic() + timeout


def _flush_output() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
