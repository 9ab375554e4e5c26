import gc
import threading
from queue import Queue

import pytest

from nbauth.dispatcher import Dispatcher
from nbauth.refresher import Refresher

IN_TIME = 20


class Runtime:
    """Counts how often it has looked at the store."""

    def __init__(self) -> None:
        self.looked: Queue[str] = Queue()

    def look(self) -> None:
        self.looked.put(threading.current_thread().name)


class Supply:
    """Counts how often it is tended."""

    def __init__(self) -> None:
        self.tended: Queue[str] = Queue()

    def tend(self) -> None:
        self.tended.put(threading.current_thread().name)


class Sleep(threading.Event):
    """Takes note of how long it was asked to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.lengths: Queue[float | None] = Queue()

    def wait(self, timeout: float | None = None) -> bool:
        self.lengths.put(timeout)
        return super().wait(timeout)


@pytest.fixture
def refreshers():
    """The threads of refreshers that were started in this test."""
    before = set(threading.enumerate())

    def started():
        return [
            thread for thread in threading.enumerate() if thread.name == "nbauth-refresher" and thread not in before
        ]

    return started


@pytest.fixture
def runtime():
    return Runtime()


@pytest.fixture
def supply():
    return Supply()


@pytest.fixture
def refresher(runtime, supply):
    """A refresher that looks again when it is woken, and not before."""
    return Refresher(runtime, supply, pause=600)


def test_nothing_runs_before_it_is_woken(refresher, runtime, supply, refreshers):
    assert refreshers() == []
    assert runtime.looked.empty()
    assert supply.tended.empty()


def test_one_thread_looks_and_tends_however_often_it_is_woken(refresher, runtime, supply, refreshers):
    for _ in range(5):
        refresher.wake()
    assert runtime.looked.get(timeout=IN_TIME) == supply.tended.get(timeout=IN_TIME) == "nbauth-refresher"
    (thread,) = refreshers()
    assert thread.daemon


def test_waking_it_makes_it_look_again_at_once(refresher, supply):
    refresher.wake()
    supply.tended.get(timeout=IN_TIME)
    refresher.wake()
    assert supply.tended.get(timeout=IN_TIME)


def test_it_sleeps_a_second_between_two_looks(runtime, supply):
    refresher = Refresher(runtime, supply)
    refresher._woken = sleep = Sleep()
    refresher.wake()
    assert sleep.lengths.get(timeout=IN_TIME) == 1


def test_it_looks_again_when_the_pause_is_over(runtime, supply):
    refresher = Refresher(runtime, supply, pause=0)
    refresher.wake()
    assert [runtime.looked.get(timeout=IN_TIME) for _ in range(3)]
    assert [supply.tended.get(timeout=IN_TIME) for _ in range(3)]
    refresher._pause = 600


def test_it_ends_with_what_it_tends(runtime, refreshers):
    supply = Supply()
    tended = supply.tended
    refresher = Refresher(runtime, supply)
    refresher._woken = sleep = Sleep()
    refresher.wake()
    sleep.lengths.get(timeout=IN_TIME)
    (thread,) = refreshers()
    del supply
    gc.collect()
    refresher.wake()
    thread.join(IN_TIME)
    assert not thread.is_alive()
    assert tended.qsize() >= 1


def test_a_listener_that_takes_its_time_does_not_keep_it_from_looking(supply):
    class Noisy(Runtime):
        def __init__(self):
            super().__init__()
            self.dispatcher = Dispatcher()

        def look(self):
            super().look()
            self.dispatcher.post(lambda: released.wait(IN_TIME))
            self.dispatcher.deliver()

    released, runtime = threading.Event(), Noisy()
    refresher = Refresher(runtime, supply, pause=600)
    for _ in range(3):
        refresher.wake()
        assert supply.tended.get(timeout=IN_TIME) == "nbauth-refresher"
    released.set()
    runtime.dispatcher.settle()
