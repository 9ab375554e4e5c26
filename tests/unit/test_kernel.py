"""Who is there and whether a cell can wait, seen from kernels that are not there."""

import asyncio
import os
import signal
import sys
import threading
from types import SimpleNamespace

import IPython
import pytest

from nbauth import kernel
from nbauth.kernel import subshell
from nbauth.kernel.stop import stop

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

    with pytest.raises(KeyboardInterrupt), stop.held_back():  # noqa: PT012 - the point is what runs after it
        signal.raise_signal(signal.SIGINT)
        done.append("all of it")

    assert done
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_stop_is_let_through_where_that_does_no_harm():
    done = []

    with pytest.raises(KeyboardInterrupt), stop.held_back():  # noqa: PT012 - the point is what runs after it
        signal.raise_signal(signal.SIGINT)
        with stop.let_through():
            done.append("too late")

    assert not done
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_stop_in_another_thread_is_that_of_the_main_thread():
    def hold_back():
        with stop.held_back(), stop.let_through():
            handlers.append(signal.getsignal(signal.SIGINT))

    handlers = []
    with stop.held_back():
        thread = threading.Thread(target=hold_back)
        thread.start()
        thread.join()

    assert handlers == [stop._hold_back]


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


# A forked child of a kernel, which has its memory and nothing else.


def test_what_a_kernel_has_forked_is_no_kernel(monkeypatch):
    def in_kernel_of(pid):
        shell = SimpleNamespace(kernel=newer(session=SimpleNamespace(pid=pid)))
        monkeypatch.setitem(sys.modules, "ipykernel", SimpleNamespace())
        monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
        return shell.kernel

    here = in_kernel_of(os.getpid())
    assert kernel.current_kernel() is here

    in_kernel_of(os.getpid() + 1)
    assert kernel.current_kernel() is None
    assert not kernel.somebody_there()


# What waits, in a person's words.


def shell_at(number):
    return SimpleNamespace(displayhook=SimpleNamespace(prompt_count=number))


@pytest.mark.parametrize("make", [newer, older])
@pytest.mark.parametrize(
    ("parent", "shell", "label"),
    [(EXECUTE, shell_at(7), "cell [7]"), (EXECUTE, None, "cell"), (COMM, shell_at(7), "widget"), ({}, None, "cell")],
)
def test_what_runs_in_the_shell_is_a_cell_or_a_widget(run_in, make, parent, shell, label):
    run_in(make(parent, shell=shell))

    assert kernel.label() == label


def test_what_runs_elsewhere_is_called_by_its_threads_name(run_in):
    run_in(newer(shell=shell_at(7)))
    labels = []
    thread = threading.Thread(target=lambda: labels.append(kernel.label()), name="upload")
    thread.start()
    thread.join()

    assert labels == ["thread upload"]


def test_what_no_kernel_runs_is_called_by_its_threads_name():
    assert kernel.label() == "thread MainThread"


def test_what_awaits_in_a_task_of_its_own_is_a_task(run_in):
    async def label():
        return kernel.label_async()

    assert asyncio.run(label()) == "task"
    run_in(newer(shell=shell_at(7)))
    assert asyncio.run(label()) == "task"


# A subshell for one widget.


class Comm:
    """What is known of a comm that says which shell answers it."""

    def _reply_subshell_for(self, data, default):
        return default


class Manager:
    """What is known of a kernel's subshells."""

    def __init__(self):
        self.made = []

    def _create_subshell(self):
        self.made.append("a subshell")
        return "a subshell"

    def _delete_subshell(self, subshell):
        self.made.remove(subshell)


def with_subshells(manager, add_callback=lambda call, *args: call(*args)):
    shell_channel = SimpleNamespace(manager=manager, io_loop=SimpleNamespace(add_callback=add_callback))
    return newer(shell_channel_thread=shell_channel)


def test_a_widget_is_answered_in_a_subshell_for_as_long_as_is_wanted(run_in):
    manager, comm = Manager(), Comm()
    run_in(with_subshells(manager))

    with kernel.answering(comm):
        assert comm._reply_subshell_for({}, None) == "a subshell"
        assert manager.made == ["a subshell"]

    assert comm._reply_subshell_for({}, "the page's") == "the page's"
    assert manager.made == []


class Refusing(Manager):
    def _create_subshell(self):
        raise RuntimeError("not like that")


@pytest.mark.parametrize(
    ("unknown", "comm"),
    [
        (None, Comm()),
        (newer(), Comm()),
        (newer(shell_channel_thread=SimpleNamespace()), Comm()),
        (with_subshells(SimpleNamespace()), Comm()),
        (with_subshells(Manager()), SimpleNamespace()),
        (with_subshells(Refusing()), Comm()),
    ],
    ids=["no kernel", "no subshells", "no manager", "another manager", "another comm", "no more subshells"],
)
def test_a_kernel_of_another_make_answers_as_ever(run_in, unknown, comm):
    run_in(unknown)
    before = getattr(comm, "_reply_subshell_for", None)

    with kernel.answering(comm):
        assert getattr(comm, "_reply_subshell_for", None) == before


def test_a_shell_channel_that_does_not_answer_is_left_alone(run_in, monkeypatch):
    monkeypatch.setattr(subshell, "_PATIENCE", 0.01)
    manager, comm, callbacks = Manager(), Comm(), []
    run_in(with_subshells(manager, lambda call, *args: callbacks.append(lambda: call(*args))))

    with kernel.answering(comm):
        assert comm._reply_subshell_for({}, None) is None
