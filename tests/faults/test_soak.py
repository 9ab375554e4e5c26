"""A long day in a minute: a session renews what it has a thousand times, and is as small and as quiet as before."""

import gc
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from nbauth import UserState
from nbauth.testing import StandIn

LIFE = timedelta(seconds=5)
REFRESHES = 1000
FIRST = 200  # what is cached once and for all is cached by then
PASSING = {"nbauth-request", "nbauth-listeners", "nbauth-verify", "nbauth-warm", "nbauth-warm-srp"}
IN_TIME = 30  # seconds
MAY_GROW = 100  # bytes a refresh; a session that kept its tokens would grow by thousands


@pytest.fixture
def memory() -> Iterator[Callable[[], int]]:
    """Tells how many bytes are in use."""
    tracemalloc.start()

    def in_use() -> int:
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    yield in_use
    tracemalloc.stop()


def threads_that_stay() -> int:
    """Count the threads of sessions, once those have ended that do one thing only."""
    for thread in threading.enumerate():
        if thread.name in PASSING:
            thread.join(IN_TIME)
    return sum(thread.name.startswith("nbauth-") and thread.name not in PASSING for thread in threading.enumerate())


def test_a_thousand_refreshes_leave_nothing_behind(
    cognito: StandIn, kernel: Callable[..., Any], memory: Callable[[], int]
) -> None:
    cognito.client.token_lifetime = cognito.identities.credentials_lifetime = LIFE
    one = kernel()
    one.sign_in()
    one.auth.get_credentials()
    before = threads = 0
    newest = one.auth.get_tokens()
    for number in range(REFRESHES):
        if number == FIRST:
            before, threads = memory(), threads_that_stay()
        cognito.clock.advance(LIFE)
        held, newest = newest, one.auth.get_tokens(wait=False)
        assert newest.access_token != held.access_token
        assert one.auth.get_credentials(wait=False).expires_at > cognito.clock.now()
        cognito.calls.clear()
    assert (memory() - before) / (REFRESHES - FIRST) < MAY_GROW
    assert threads_that_stay() <= threads
    assert one.hears_of(UserState.SIGNED_IN).previous is UserState.SIGNED_OUT
    assert (one.told.empty(), one.auth.error) == (True, None)
