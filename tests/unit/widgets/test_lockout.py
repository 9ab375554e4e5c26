"""A lock is waited for twice as long each time, and only where waiting helps."""

import time

from nbauth.errors import CodeMismatch, LimitExceeded
from nbauth.widgets.lockout import Lockout

LOCKED = LimitExceeded("Too many attempts", code="NotAuthorizedException")


def seconds_after(lockout, error):
    lockout.after(error)
    return lockout.ends_at and round(lockout.ends_at - time.time())


def test_each_time_takes_twice_as_long_up_to_a_quarter_of_an_hour():
    lockout = Lockout()
    assert [seconds_after(lockout, LOCKED) for _ in range(11)] == [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]


def test_another_refusal_is_no_lock_and_a_success_forgets_them_all():
    lockout = Lockout()
    assert seconds_after(lockout, LOCKED) == 2
    assert seconds_after(lockout, CodeMismatch("no")) is None
    assert seconds_after(lockout, LOCKED) == 4
    assert seconds_after(lockout, None) is None
    assert seconds_after(lockout, LOCKED) == 2


def test_a_limit_of_requests_an_hour_is_no_lock():
    assert seconds_after(Lockout(), LimitExceeded("Too many", code="LimitExceededException")) is None
