import os
import subprocess
import sys
import threading
from datetime import timedelta

import pytest

from nbauth.core.events import Cancel, RefreshWanted, SignOut, TokensIssued
from nbauth.core.secret import Secret
from nbauth.newcomer import Means, Newcomer
from nbauth.testing import tokens

MEANS = Means(Secret("Correct-Horse-7"), Secret("sign-up-session"))


@pytest.fixture
def newcomer(clock):
    kept = Newcomer(clock)
    kept.keep("hedy", MEANS)
    yield kept
    kept.forget()


def test_it_is_there_for_whom_it_was_kept_and_for_nobody_else(newcomer):
    assert newcomer.means_of("hedy") == MEANS
    assert newcomer.means_of("ada") == Means()


def test_the_last_one_takes_the_place_of_the_one_before(newcomer):
    newcomer.keep("ada", Means(Secret("Brand-New-Saddle-7")))
    assert newcomer.means_of("hedy") == Means()


@pytest.mark.parametrize("event", [SignOut(), Cancel(), TokensIssued(tokens())], ids=lambda event: type(event).__name__)
def test_it_is_gone_once_anybody_has_signed_in_or_out_or_given_up(newcomer, event):
    newcomer.changed(event)
    assert newcomer._kept is None


def test_nothing_else_that_happens_disturbs_it(newcomer, clock):
    newcomer.changed(RefreshWanted(clock.now()))
    assert newcomer.means_of("hedy") == MEANS


def test_it_is_of_no_use_after_ten_minutes(newcomer, clock):
    clock.advance(timedelta(minutes=10))
    assert newcomer.means_of("hedy") == Means()


def test_it_leaves_the_memory_by_itself(newcomer):
    timer = newcomer._timer
    assert timer.daemon
    assert timer.interval == 600
    timer.function(*timer.args)
    assert (newcomer._kept, newcomer._timer) == (None, None)


def test_an_old_timer_leaves_a_new_one_alone(newcomer):
    timer = newcomer._timer
    newcomer.keep("ada", MEANS)
    timer.function(*timer.args)
    assert newcomer.means_of("ada") == MEANS


IN_A_CHILD = """
import os
from nbauth.core.secret import Secret
from nbauth.newcomer import Means, Newcomer
from nbauth.testing import FakeClock
newcomer = Newcomer(FakeClock())
newcomer.keep("hedy", Means(Secret("Correct-Horse-7")))
if os.fork() == 0:
    os._exit(0 if newcomer._kept is None and newcomer._timer is None else 1)
assert os.wait()[1] == 0
assert newcomer.means_of("hedy").password
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
def test_a_forked_child_has_nothing_of_it():
    done = subprocess.run([sys.executable, "-c", IN_A_CHILD], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_it_is_kept_also_where_no_timer_can_be_started(newcomer, monkeypatch):
    def refuse(timer):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Timer, "start", refuse)
    newcomer.keep("ada", MEANS)
    assert newcomer.means_of("ada") == MEANS


def test_it_does_not_show(newcomer):
    assert "Correct-Horse-7" not in repr(newcomer) + repr(vars(newcomer)) + repr(MEANS)
