"""A lock is waited for twice as long each time, and only where waiting helps."""

import pytest

from nbauth.errors import CodeMismatch, LimitExceeded
from nbauth.widgets.lockout import Lockout

LOCKED = LimitExceeded("Too many attempts", code="NotAuthorizedException")


@pytest.fixture
def lockout(clock):
    return Lockout(clock.now)


def seconds_after(lockout, clock, error):
    lockout.refused(error)
    return lockout.ends_at and lockout.ends_at - clock.now().timestamp()


def test_each_time_takes_twice_as_long_up_to_a_quarter_of_an_hour(lockout, clock):
    locks = [seconds_after(lockout, clock, LOCKED) for _ in range(11)]
    assert locks == [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]


def test_another_refusal_is_no_lock_and_who_gets_in_has_them_all_forgotten(lockout, clock):
    assert seconds_after(lockout, clock, LOCKED) == 2
    assert seconds_after(lockout, clock, CodeMismatch("no")) is None
    assert seconds_after(lockout, clock, LOCKED) == 4
    lockout.passed()
    assert lockout.ends_at is None
    assert seconds_after(lockout, clock, LOCKED) == 2


def test_a_limit_of_requests_an_hour_is_no_lock(lockout, clock):
    assert seconds_after(lockout, clock, LimitExceeded("Too many", code="LimitExceededException")) is None
