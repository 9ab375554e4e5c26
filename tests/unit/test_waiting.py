import pytest

from nbauth.waiting import Outcome, Waiters


@pytest.fixture
def waiters():
    return Waiters()


@pytest.mark.parametrize("outcome", Outcome)
def test_everybody_who_waits_is_woken_together_and_told_why(waiters, outcome):
    waiting = [waiters.join(waiters.ticket()) for _ in range(3)]
    assert len(waiters) == 3
    waiters.wake(outcome)
    assert [waiter.outcome for waiter in waiting] == [outcome] * 3
    assert all(waiter.done.is_set() for waiter in waiting)
    assert len(waiters) == 0


def test_nobody_is_woken_before_something_happens(waiters):
    waiter = waiters.join(waiters.ticket())
    assert not waiter.done.is_set()
    assert waiter.outcome is None


@pytest.mark.parametrize("outcome", [Outcome.RELEASED, Outcome.SIGNED_OUT])
def test_a_release_reaches_a_call_that_does_not_wait_yet(waiters, outcome):
    ticket = waiters.ticket()
    waiters.wake(outcome)
    waiter = waiters.join(ticket)
    assert waiter.done.is_set()
    assert waiter.outcome is Outcome.RELEASED
    assert len(waiters) == 0


def test_a_sign_in_leaves_tickets_as_they_are(waiters):
    ticket = waiters.ticket()
    waiters.wake(Outcome.SIGNED_IN)
    assert not waiters.join(ticket).done.is_set()


def test_a_release_does_not_reach_calls_that_begin_after_it(waiters):
    waiters.wake(Outcome.RELEASED)
    waiters.wake(Outcome.RELEASED)
    assert not waiters.join(waiters.ticket()).done.is_set()


def test_whoever_leaves_is_not_woken_and_may_leave_twice(waiters):
    waiter = waiters.join(waiters.ticket())
    waiters.leave(waiter)
    waiters.leave(waiter)
    waiters.wake(Outcome.SIGNED_IN)
    assert waiter.outcome is None


def test_what_waits_is_named_in_the_order_in_which_the_waits_began(waiters):
    first, *_ = [waiters.join(waiters.ticket(), label) for label in ("cell [7]", "thread upload", "task")]
    assert waiters.labels() == ("cell [7]", "thread upload", "task")
    waiters.leave(first)
    assert waiters.labels() == ("thread upload", "task")
    waiters.wake(Outcome.SIGNED_IN)
    assert waiters.labels() == ()


def test_every_change_is_told_once_it_has_happened_and_under_no_lock(in_threads):
    seen = []

    def look_from_another_thread():
        (labels,) = in_threads(lambda: waiters.labels())
        seen.append(labels.result(20))

    waiters = Waiters(look_from_another_thread)
    waiter = waiters.join(waiters.ticket(), "cell [7]")
    waiters.join(waiters.ticket(), "task")
    waiters.leave(waiter)
    waiters.wake(Outcome.RELEASED)
    assert seen == [("cell [7]",), ("cell [7]", "task"), ("task",), ()]


def test_what_changes_nothing_is_not_told():
    told = []
    waiters = Waiters(lambda: told.append(1))
    ticket = waiters.ticket()
    waiters.wake(Outcome.RELEASED)
    waiters.leave(waiters.join(ticket))
    assert told == []
