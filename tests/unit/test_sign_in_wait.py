"""Many calls wait for one sign-in: each way to end the wait ends it for all of them, and each is told why."""

import asyncio
import threading
from datetime import timedelta

import pytest

from nbauth.auth_session import AuthSession
from nbauth.core.user_state import UserState
from nbauth.errors import RefreshRefused, Rejected, SignInReleased, SignInRequired, SignInTimeout

IN_TIME = 20
MANY = 50


@pytest.fixture
def expired(session, users, clock, password):
    """A session whose user must sign in again."""
    session.sign_in("ada", password)
    clock.advance(timedelta(hours=1))
    users.fail_next(RefreshRefused("over"), on="refresh")
    with pytest.raises(SignInRequired):
        session.get_tokens(wait=False)
    assert session.state is UserState.SIGNED_OUT_USER_POOLS_TOKENS_INVALID
    return session


@pytest.fixture
def elsewhere(session, config, ports):
    """The same account in another kernel."""
    return AuthSession(config, store="memory", ports=ports)


@pytest.fixture
def all_waiting(expired, in_threads):
    """Begins as many calls as are wanted, and returns their futures once all of them wait."""

    def begin(*calls, each=MANY):
        joined, join = threading.Semaphore(0), expired._waiters.join
        expired._waiters.join = lambda *call: (join(*call), joined.release())[0]
        waiting = [future for call in calls for future in in_threads(call, each // len(calls))]
        for _ in waiting:
            assert joined.acquire(timeout=IN_TIME)
        return waiting

    return begin


SIGNED_IN = {
    "by sign_in() in code": lambda here, elsewhere, password: here.sign_in("ada", password),
    "by another user": lambda here, elsewhere, password: here.sign_in("erin", password),
    "in another kernel": lambda here, elsewhere, password: elsewhere.sign_in("ada", password),
}
GIVEN_UP = {
    "by a release": (lambda here, elsewhere: here.release_sign_in_wait(), "was given up"),
    "by a sign-out": (lambda here, elsewhere: here.sign_out(), "Signed out while waiting"),
    "by a sign-out in another kernel": (lambda here, elsewhere: elsewhere.sign_out(), "Signed out while waiting"),
}


@pytest.mark.parametrize("sign_in", SIGNED_IN.values(), ids=SIGNED_IN)
def test_fifty_calls_go_on_after_one_sign_in(expired, elsewhere, all_waiting, users, password, sign_in):
    users.add_user("erin", password)
    waiting = all_waiting(
        lambda: expired.get_tokens(wait=IN_TIME),
        lambda: expired.get_credentials(wait=IN_TIME),
        lambda: expired.wait_for_sign_in(IN_TIME) or expired.get_tokens(),
        lambda: asyncio.run(expired.signed_in(IN_TIME)) or expired.get_tokens(),
        lambda: expired.get_identity_id() if expired.wait_for_sign_in(IN_TIME) is None else None,
    )
    sign_in(expired, elsewhere, password)
    results = [future.result(IN_TIME) for future in waiting]
    assert len(results) == MANY
    assert len(set(map(id, results))) <= 3  # the tokens, the credentials and the identity id of one sign-in
    assert len(expired._waiters) == 0


@pytest.mark.parametrize(("give_up", "complaint"), GIVEN_UP.values(), ids=GIVEN_UP)
def test_fifty_calls_are_told_that_the_wait_was_given_up(expired, elsewhere, all_waiting, give_up, complaint):
    waiting = all_waiting(
        lambda: expired.get_tokens(wait=IN_TIME),
        lambda: expired.get_credentials(wait=IN_TIME),
        lambda: expired.wait_for_sign_in(IN_TIME),
        lambda: expired.get_credentials(wait=IN_TIME, force_refresh=True),
        lambda: asyncio.run(expired.signed_in(IN_TIME)),
    )
    give_up(expired, elsewhere)
    for future in waiting:
        assert isinstance(future.exception(IN_TIME), SignInReleased)
        assert complaint in str(future.exception())
    assert len(expired._waiters) == 0


def test_fifty_calls_end_with_their_time(expired, all_waiting):
    waiting = all_waiting(
        lambda: expired.get_tokens(wait=0.2),
        lambda: asyncio.run(expired.signed_in(0.2)),
    )
    for future in waiting:
        assert isinstance(future.exception(IN_TIME), SignInTimeout)
    assert len(expired._waiters) == 0


@pytest.mark.parametrize("wait", ["x", float("nan"), [5]])
def test_how_long_to_wait_is_a_number(expired, wait):
    with pytest.raises(Rejected, match="How long to wait is a number of seconds"):
        expired.get_tokens(wait=wait)
    assert expired.waiting == ()


def test_what_waits_is_named(expired):
    labels, joined = [], threading.Event()
    expired._waiters._on_change = lambda: (labels.append(expired._waiters.labels()), joined.set())

    def upload():
        with pytest.raises(SignInReleased):
            expired.wait_for_sign_in(IN_TIME)

    thread = threading.Thread(target=upload, name="upload")
    thread.start()
    assert joined.wait(IN_TIME)
    with pytest.raises(SignInTimeout):
        asyncio.run(expired.signed_in(0.01))
    expired.release_sign_in_wait()
    thread.join(IN_TIME)
    assert labels == [("thread upload",), ("thread upload", "task"), ("thread upload",), ()]


def test_nobody_waits_in_a_forked_process(expired, prompt):
    expired._waits._process -= 1  # of the one that it was made in
    for wait in (None, IN_TIME):
        with pytest.raises(SignInRequired, match="nobody can be asked in a forked process"):
            expired.get_tokens(wait=wait)
    with pytest.raises(SignInRequired, match="nobody can be asked in a forked process"):
        asyncio.run(expired.signed_in())
    assert not prompt.asked.is_set()
