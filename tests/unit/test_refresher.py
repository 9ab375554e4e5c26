import gc
import threading
from queue import Queue

import pytest

from nbauth.refresher import Refresher

IN_TIME = 20


class Supply:
    """Counts how often it is tended, and says when to come back."""

    def __init__(self, pause: float) -> None:
        self.pause = pause
        self.tended: Queue[str] = Queue()

    def tend(self) -> float:
        self.tended.put(threading.current_thread().name)
        return self.pause


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


def test_nothing_runs_before_it_is_woken(refreshers):
    supply = Supply(60)
    Refresher(supply)
    assert refreshers() == []
    assert supply.tended.empty()


def test_one_thread_tends_however_often_it_is_woken(refreshers):
    supply = Supply(60)
    refresher = Refresher(supply)
    for _ in range(5):
        refresher.wake()
    assert supply.tended.get(timeout=IN_TIME) == "nbauth-refresher"
    (thread,) = refreshers()
    assert thread.daemon


def test_waking_it_makes_it_look_again_at_once():
    supply = Supply(60)
    refresher = Refresher(supply)
    refresher.wake()
    supply.tended.get(timeout=IN_TIME)
    refresher.wake()
    assert supply.tended.get(timeout=IN_TIME)


@pytest.mark.parametrize(("pause", "longest"), [(7, 7), (3600, 30), (float("inf"), 30)])
def test_it_sleeps_until_something_is_due_and_half_a_minute_at_most(pause, longest):
    supply = Supply(pause)
    refresher = Refresher(supply)
    refresher._woken = sleep = Sleep()
    refresher.wake()
    assert sleep.lengths.get(timeout=IN_TIME) == longest
    sleep.set()


def test_it_looks_again_when_the_pause_is_over():
    supply = Supply(0)
    Refresher(supply).wake()
    assert [supply.tended.get(timeout=IN_TIME) for _ in range(3)]
    supply.pause = 60


def test_it_ends_with_what_it_tends(refreshers):
    supply = Supply(60)
    tended = supply.tended
    refresher = Refresher(supply)
    refresher._woken = sleep = Sleep()
    refresher.wake()
    sleep.lengths.get(timeout=IN_TIME)
    (thread,) = refreshers()
    del supply
    gc.collect()
    refresher.wake()
    thread.join(IN_TIME)
    assert not thread.is_alive()
    assert tended.qsize() == 1
