"""A process that is forked from a kernel goes on with what the parent had, and never waits for what is not there."""

import os
import pickle
import select
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import timedelta
from typing import Any

import pytest

from nbauth import ServiceUnavailable, SignInRequired, UserState
from nbauth.core.challenges import Challenge
from nbauth.testing import Fault, StandIn

A_WHILE = timedelta(hours=2)  # after which tokens and credentials have expired
IN_TIME = 30  # seconds; a child that takes longer hangs
PASSWORD = "Correct-Horse-7"
RENEW = "GetTokensFromRefreshToken"

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork"),
    # Python 3.12 and later warn of what these tests are about.
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
]


class Child:
    """A forked process that makes one call and ends.

    Args:
        call: What to call; its answer, or its error, must be something to pickle.
    """

    def __init__(self, call: Callable[[], Any]) -> None:
        self._answers, write = os.pipe()
        self._id = os.fork()
        if self._id == 0:
            _answer(call, write)
        os.close(write)

    def answer(self) -> Any:
        """Return what the call returned, or raise what it raised."""
        with open(self._answers, "rb") as answers:
            heard = select.select([answers], [], [], IN_TIME)[0]
            if not heard:
                os.kill(self._id, signal.SIGKILL)
            os.waitpid(self._id, 0)
            assert heard, "the child hangs"
            succeeded, result = pickle.load(answers)
        if succeeded:
            return result
        raise result


def _answer(call: Callable[[], Any], write: int) -> None:
    try:
        try:
            answer = (True, call())
        except Exception as error:
            answer = (False, error)
        os.write(write, pickle.dumps(answer))
    finally:
        os._exit(0)


def in_child(call: Callable[[], Any]) -> Any:
    """Make a call in a forked process, and return what it returns there."""
    return Child(call).answer()


@pytest.fixture
def signed_in(kernel: Callable[..., Any]) -> Any:
    """A kernel whose user signed in and has AWS credentials."""
    one = kernel()
    one.sign_in()
    one.auth.get_credentials()
    one.hears_of(UserState.SIGNED_IN)
    return one


@pytest.fixture
def holding() -> Iterator[Callable[[Any], None]]:
    """Holds a lock in another thread until the test has ended."""
    done, threads = threading.Event(), []

    def hold(lock: Any) -> None:
        held = threading.Event()

        def in_thread() -> None:
            with lock:
                held.set()
                done.wait(IN_TIME)

        threads.append(threading.Thread(target=in_thread))
        threads[-1].start()
        assert held.wait(IN_TIME)

    yield hold
    done.set()
    for thread in threads:
        thread.join(IN_TIME)


def test_what_is_valid_is_served_from_memory(signed_in: Any, cognito: StandIn) -> None:
    auth = signed_in.auth
    tokens, credentials = auth.get_tokens(), auth.get_credentials()
    cognito.calls.clear()

    def same() -> bool:
        return auth.get_tokens() is tokens and auth.get_credentials() is credentials

    assert in_child(same)
    assert len(cognito.calls) == 0


def test_the_child_renews_what_it_needs_and_the_parent_goes_on_as_well(signed_in: Any, cognito: StandIn) -> None:
    cognito.client.rotates = True
    before = signed_in.auth.get_tokens()

    def renewed() -> bool:
        auth = signed_in.auth
        tokens = auth.get_tokens(force_refresh=True, wait=False)
        return tokens is not before and auth.get_credentials(force_refresh=True, wait=False) is not None

    assert in_child(renewed)
    cognito.clock.advance(A_WHILE)
    assert signed_in.auth.get_tokens(wait=False) is not before
    assert signed_in.auth.state is UserState.SIGNED_IN


def test_a_child_does_not_wait_for_locks_that_other_threads_hold_in_the_parent(
    signed_in: Any, holding: Callable[[Any], None]
) -> None:
    auth = signed_in.auth
    auth.boto3_session()
    engine = auth._engine
    for lock in (
        engine.runtime._lock,
        engine.ports.user_pool._clients._lock,
        auth._making,
        auth._aws._lock,
        auth._counting,
        auth._waiters._lock,
        auth._dispatcher._changed,
    ):
        holding(lock)

    def everything() -> list[Any]:
        auth.get_tokens(force_refresh=True, wait=False)
        auth.get_credentials(force_refresh=True, wait=False)
        auth.boto3_session("eu-central-1")
        auth.release_sign_in_wait()
        return [auth.sign_out(revoke=False).error, auth.state]

    assert in_child(everything) == [None, UserState.SIGNED_OUT]


def test_a_child_makes_its_own_refresh_of_one_that_is_under_way(
    signed_in: Any, cognito: StandIn, begin: Callable[..., Future[Any]]
) -> None:
    auth = signed_in.auth
    cognito.client.rotates = True
    cognito.calls.clear()
    cognito.faults.delay = IN_TIME
    cognito.faults.add(Fault.SLOW, on=RENEW, times=1)
    cognito.clock.advance(A_WHILE)
    renewing = begin(auth.get_tokens, wait=60)
    cognito.calls.wait_for(RENEW)

    child = Child(lambda: auth.get_tokens(wait=False).username)
    cognito.faults.release()  # until it is answered, the parent keeps the account's lock

    assert child.answer() == "ada"
    assert renewing.result(IN_TIME).username == "ada"
    assert auth.state is UserState.SIGNED_IN


def test_a_fetch_that_is_under_way_is_not_waited_for(
    signed_in: Any, cognito: StandIn, begin: Callable[..., Future[Any]]
) -> None:
    auth = signed_in.auth
    cognito.calls.clear()
    cognito.faults.add(Fault.HANG, on="GetCredentialsForIdentity", times=1)
    fetching = begin(auth.get_credentials, force_refresh=True, wait=False)
    cognito.calls.wait_for("GetCredentialsForIdentity")

    assert in_child(lambda: bool(auth.get_credentials(force_refresh=True, wait=False)))
    cognito.faults.release()
    fetching.exception(IN_TIME)


def test_a_sign_in_that_is_under_way_is_the_parents(kernel: Callable[..., Any], cognito: StandIn) -> None:
    auth = kernel().auth
    auth.sign_in("carol", PASSWORD)
    assert isinstance(auth.challenge, Challenge)

    def seen() -> list[Any]:
        return [auth.challenge, auth.busy, auth.state, auth.sign_in("ada", PASSWORD).done]

    assert in_child(seen) == [None, False, UserState.SIGNED_OUT, True]
    assert isinstance(auth.challenge, Challenge)


@pytest.mark.parametrize("seconds", [None, 600])
def test_nobody_is_asked_in_a_child(
    kernel: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, seconds: float | None
) -> None:
    auth = kernel().auth
    assert auth.state is UserState.SIGNED_OUT

    with pytest.raises(SignInRequired, match="nobody can be asked in a forked process"):
        in_child(lambda: auth.get_credentials(wait=seconds))


def test_an_outage_is_named_as_one(signed_in: Any, cognito: StandIn) -> None:
    cognito.stop()

    def offline() -> None:
        signed_in.auth.get_tokens(force_refresh=True)

    with pytest.raises(ServiceUnavailable):
        in_child(offline)


def test_what_waits_and_who_watches_is_the_parents(
    kernel: Callable[..., Any], begin: Callable[..., Future[Any]]
) -> None:
    one, told, joined = kernel(), [], threading.Event()
    one.auth.add_user_state_listener(told.append)
    one.auth.observe(told.append, "state")
    one.auth.observe(lambda _: joined.set(), "waiting")
    waiting = begin(one.auth.get_tokens, wait=60)
    assert joined.wait(IN_TIME)

    def sign_in() -> list[Any]:
        waiting, threads = one.auth.waiting, threading.active_count()
        one.sign_in()
        return [waiting, threads, len(told)]

    assert in_child(sign_in) == [(), 1, 0]
    assert waiting.result(IN_TIME).username == "ada"  # through the account's store, as from any other kernel


def test_a_child_that_a_listener_forks_delivers_what_it_does_itself(signed_in: Any) -> None:
    answers: list[Any] = []

    def fork(_: Any) -> None:
        if not answers:
            answers.append(in_child(lambda: signed_in.auth.sign_in("ada", PASSWORD).done))

    signed_in.auth.add_user_state_listener(fork)
    signed_in.auth.sign_out()

    assert answers == [True]


def test_a_child_has_connections_of_its_own(signed_in: Any) -> None:
    auth = signed_in.auth
    s3, user_pools = auth.client("s3"), auth._engine.ports.user_pool._clients.user_pools

    def others() -> list[bool]:
        return [auth.client("s3") is not s3, auth._engine.ports.user_pool._clients.user_pools is not user_pools]

    assert in_child(others) == [True, True]


def test_eight_children_renew_side_by_side_and_lose_nothing(signed_in: Any, cognito: StandIn) -> None:
    cognito.client.rotates = True
    children = [
        Child(lambda: signed_in.auth.get_tokens(force_refresh=True, wait=False).access_token.reveal()) for _ in range(8)
    ]

    assert len({child.answer() for child in children}) == 8
    assert signed_in.auth.get_tokens(force_refresh=True, wait=False).username == "ada"


def test_a_child_keeps_itself_up_to_date_once_it_is_used(signed_in: Any) -> None:
    def watched() -> bool:
        auth = signed_in.auth
        before = {thread.name for thread in threading.enumerate()}
        auth.get_tokens(force_refresh=True, wait=False)
        after = {thread.name for thread in threading.enumerate()}
        return "nbauth-refresher" in after - before

    assert in_child(watched)


def test_a_child_can_have_the_accounts_lock_that_the_parent_has_had(signed_in: Any) -> None:
    store = signed_in.auth._engine.ports.store

    def have_it() -> bool:
        with store.lock():
            return True

    assert have_it()
    assert in_child(have_it)


def test_the_parents_hold_of_the_accounts_lock_outlasts_the_child(signed_in: Any, begin: Callable[..., Any]) -> None:
    store = signed_in.auth._engine.ports.store
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with store.lock():
            held.set()
            done.wait(IN_TIME)

    holding = begin(hold)
    assert held.wait(IN_TIME)

    def try_to_have_it(seconds: float) -> bool:
        from filelock import FileLock, Timeout

        folder = store._folder
        try:
            with FileLock(folder.path / f"{store._digest}.lock").acquire(timeout=seconds):
                return True
        except Timeout:
            return False

    assert in_child(lambda: try_to_have_it(0)) is False
    assert try_to_have_it(0) is False
    done.set()
    holding.result(IN_TIME)
    assert in_child(lambda: try_to_have_it(1)) is True
