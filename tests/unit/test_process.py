"""What becomes of a process: a fork finds every lock free, and its end is known before its threads are waited for."""

import gc
import os
import subprocess
import sys
import textwrap
import threading
import weakref

import pytest

from nbauth import process

IN_TIME = 20

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


class Noted:
    """Takes note of what it is called for."""

    def __init__(self) -> None:
        self.calls = []

    def note(self) -> None:
        self.calls.append(os.getpid())

    def fail(self) -> None:
        raise OSError


@pytest.fixture
def exit_code():
    """Makes a call in a forked child, and returns the code with which that ends."""

    def fork(call):
        child = os.fork()
        if child == 0:
            code = 99
            try:
                code = int(call())
            finally:
                os._exit(code)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    return fork


@pytest.fixture
def held(in_threads):
    """Holds a lock in another thread for the length of the test."""
    done = threading.Event()

    def hold(lock):
        taken = threading.Event()

        def in_thread():
            with lock:
                taken.set()
                assert done.wait(IN_TIME)

        in_threads(in_thread)
        assert taken.wait(IN_TIME)

    yield hold
    done.set()


def test_whoever_registers_is_called_in_a_child_and_only_there(exit_code):
    noted = Noted()
    process.in_child(noted.note)
    assert exit_code(lambda: noted.calls == [os.getpid()]) == 1
    assert noted.calls == []


def test_whoever_registers_is_called_before_each_fork_and_in_the_parent(exit_code):
    noted = Noted()
    process.before_fork(noted.note)
    assert exit_code(lambda: noted.calls != [os.getppid()]) == 0
    exit_code(lambda: 0)
    assert noted.calls == [os.getpid()] * 2


def test_one_that_fails_in_a_child_keeps_no_other_from_its_call(exit_code):
    failing, noted = Noted(), Noted()
    process.in_child(failing.fail)
    process.in_child(noted.note)
    assert exit_code(lambda: len(noted.calls)) == 1


def test_nobody_is_kept_alive_by_registering():
    noted = Noted()
    process.in_child(noted.note)
    alive = weakref.ref(noted)
    del noted
    gc.collect()
    assert alive() is None


def test_a_lock_can_be_taken_again_by_the_thread_that_holds_it():
    lock = process.Lock()
    with lock, lock:
        assert lock.acquire(timeout=0)
        lock.release()


def test_a_lock_keeps_other_threads_out(held):
    lock = process.Lock()
    held(lock)
    assert not lock.acquire(timeout=0)


def test_a_lock_that_another_thread_holds_is_free_in_a_child(held, exit_code):
    lock = process.Lock()
    held(lock)
    assert exit_code(lambda: lock.acquire(timeout=0)) == 1
    assert not lock.acquire(timeout=0)


def test_the_thread_that_forks_may_hold_a_lock(exit_code):
    lock = process.Lock()

    def give_back_and_take_again():
        lock.release()
        with lock:
            return True

    with lock:
        assert exit_code(give_back_and_take_again) == 1


ENDS = """
    import atexit, sys, threading
    from concurrent.futures import ThreadPoolExecutor
    from nbauth.waiting import Waiters

    waiters, waiting = Waiters(), threading.Event()

    def wait():
        waiter = waiters.join(waiters.ticket())
        waiting.set()
        waiter.done.wait()
        print(waiter.outcome.value)
        print(waiters.join(waiters.ticket()).outcome.value)

    atexit.register(print, "goodbye")
    {begin}
    waiting.wait()
"""


@pytest.mark.parametrize(
    "begin",
    ["threading.Thread(target=wait).start()", "pool = ThreadPoolExecutor(); pool.submit(wait)"],
    ids=["a thread", "a pool"],
)
def test_a_process_ends_while_its_threads_wait(begin):
    code = textwrap.dedent(ENDS.format(begin=begin))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.split(), done.stderr) == (["released", "released", "goodbye"], "")


def test_where_the_interpreter_offers_no_such_call_nothing_breaks(monkeypatch):
    monkeypatch.delattr(threading, "_register_atexit")
    process._watch_exit.cache_clear()
    try:
        noted = Noted()
        process.at_exit(noted.note)
        assert noted.calls == []
    finally:
        process._watch_exit.cache_clear()


def test_whoever_registers_at_the_end_is_called_at_once(monkeypatch):
    def too_late(*_):
        raise RuntimeError("can't register atexit after shutdown")

    monkeypatch.setattr(threading, "_register_atexit", too_late)
    process._watch_exit.cache_clear()
    try:
        noted = Noted()
        process.at_exit(noted.note)
        assert noted.calls == [os.getpid()]
    finally:
        process._watch_exit.cache_clear()
