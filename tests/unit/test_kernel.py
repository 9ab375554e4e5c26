"""Who is there and whether a cell can wait, seen from kernels that are not there."""

import asyncio
import signal
import threading
from types import SimpleNamespace

import pytest

from nbauth import kernel

EXECUTE = {"header": {"msg_type": "execute_request"}}
COMM = {"header": {"msg_type": "comm_msg"}}


class Stream:
    """What is known of a ZMQStream."""

    def __init__(self, callback):
        self._recv_callback, self._recv_copy = callback, True

    def on_recv(self, callback, copy):
        self._recv_callback, self._recv_copy = callback, copy


def newer(parent=EXECUTE, **attributes):
    """A kernel as ipykernel 6 makes them."""
    return SimpleNamespace(get_parent=lambda channel=None: parent, **attributes)


def older(parent=EXECUTE, **attributes):
    """A kernel as ipykernel 5 makes them."""
    return SimpleNamespace(_parent_header=parent, **attributes)


@pytest.fixture
def run_in(monkeypatch):
    return lambda stand_in: monkeypatch.setattr(kernel, "current_kernel", lambda: stand_in)


@pytest.fixture
def loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def test_outside_of_a_kernel_nobody_is_there():
    assert kernel.current_kernel() is None
    assert not kernel.somebody_there()
    assert not kernel.can_wait()


@pytest.mark.parametrize("make", [newer, older])
@pytest.mark.parametrize(
    ("parent", "stdin", "there"),
    [(EXECUTE, True, True), (EXECUTE, False, False), (COMM, False, True), (COMM, True, True), ({}, False, True)],
)
def test_somebody_is_there_unless_a_cell_runs_whose_page_takes_no_questions(run_in, make, parent, stdin, there):
    run_in(make(parent, _allow_stdin=stdin))

    assert kernel.somebody_there() is there


def test_a_cell_can_wait_where_the_stream_is_known(run_in):
    run_in(newer(shell_stream=Stream(print)))

    assert kernel.can_wait()


@pytest.mark.parametrize(
    "unknown",
    [
        newer(),
        newer(shell_stream=object()),
        newer(shell_stream=Stream(None)),
        newer(shell_channel_thread=SimpleNamespace()),
        newer(shell_channel_thread=SimpleNamespace(manager=SimpleNamespace())),
        older(),
    ],
    ids=["no stream", "another stream", "no callback", "no manager", "another manager", "no loop"],
)
def test_a_cell_cannot_wait_in_a_kernel_of_another_make(run_in, unknown):
    run_in(unknown)

    assert not kernel.can_wait()


def test_a_cell_of_ipykernel_5_can_wait_on_a_loop_of_asyncio_only(run_in, loop):
    def on(asyncio_loop):
        return older(io_loop=SimpleNamespace(asyncio_loop=asyncio_loop), shell_streams=[Stream(print)], msg_queue=[])

    run_in(on(loop))
    assert kernel.can_wait()

    run_in(on(object()))  # as uvloop's are, which nest_asyncio cannot patch
    assert not kernel.can_wait()


def test_a_worker_thread_cannot_let_clicks_through(run_in):
    run_in(newer(shell_stream=Stream(print)))
    answers = []

    thread = threading.Thread(target=lambda: answers.append(kernel.can_wait()))
    thread.start()
    thread.join()

    assert answers == [False]


def test_waits_within_waits_put_the_callback_back_once_at_the_end(run_in):
    def callback(frames):
        raise AssertionError

    stream = Stream(callback)
    run_in(newer(shell_stream=stream))

    with kernel._gate().opened():
        filtered = stream._recv_callback
        with kernel._gate().opened():
            assert stream._recv_callback == filtered != callback
        assert stream._recv_callback == filtered

    assert (stream._recv_callback, stream._recv_copy) == (callback, True)


def test_stop_is_held_back_to_the_end_of_the_block():
    done = []

    with pytest.raises(KeyboardInterrupt), kernel._stop.held_back():  # noqa: PT012 - the point is what runs after it
        signal.raise_signal(signal.SIGINT)
        done.append("all of it")

    assert done
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_stop_is_let_through_where_that_does_no_harm():
    done = []

    with pytest.raises(KeyboardInterrupt), kernel._stop.held_back():  # noqa: PT012 - the point is what runs after it
        signal.raise_signal(signal.SIGINT)
        with kernel._stop.let_through():
            done.append("too late")

    assert not done
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_stop_in_another_thread_is_that_of_the_main_thread():
    def hold_back():
        with kernel._stop.held_back(), kernel._stop.let_through():
            handlers.append(signal.getsignal(signal.SIGINT))

    handlers = []
    with kernel._stop.held_back():
        thread = threading.Thread(target=hold_back)
        thread.start()
        thread.join()

    assert handlers == [kernel._stop._hold_back]


def test_outside_of_a_kernel_a_wait_is_a_plain_wait():
    event = threading.Event()
    assert kernel.wait(event, timeout=0) is False

    threading.Thread(target=event.set).start()
    assert kernel.wait(event) is True


def test_an_asynchronous_wait_leaves_the_loop_to_others():
    async def set_while_waiting():
        event = threading.Event()
        asyncio.get_running_loop().call_soon(event.set)
        return await kernel.wait_async(event), await kernel.wait_async(threading.Event(), timeout=0)

    assert asyncio.run(set_while_waiting()) == (True, False)
