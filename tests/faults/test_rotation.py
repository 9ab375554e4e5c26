"""Refresh tokens that are good once, and answers that get lost: whoever can go on, goes on.

Trouble comes before time passes: a kernel renews in the background what it sees has expired.
"""

from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from typing import Any

import pytest

from nbauth import ServiceUnavailable, SignInRequired, UserState
from nbauth.testing import Fault, StandIn

A_WHILE = timedelta(hours=2)  # after which tokens have expired
RENEW = "GetTokensFromRefreshToken"
INVALID = UserState.SIGNED_OUT_USER_POOLS_TOKENS_INVALID
LOST = pytest.mark.parametrize("fault", [Fault.DROPPED, Fault.TRUNCATED, Fault.CUT_OFF], ids=lambda fault: fault.name)


@pytest.fixture
def rotating(cognito: StandIn, kernel: Callable[..., Any]) -> Any:
    """A kernel whose user signed in with a refresh token that is good once."""
    cognito.client.rotates = True
    one = kernel()
    one.sign_in()
    one.hears_of(UserState.SIGNED_IN)
    return one


def test_each_renewal_spends_the_token_of_the_one_before(
    rotating: Any, cognito: StandIn, in_time: Callable[..., Any]
) -> None:
    for _ in range(3):
        cognito.clock.advance(A_WHILE)
        assert in_time(rotating.auth.get_tokens, wait=False).access_token
    assert rotating.auth.state is UserState.SIGNED_IN


def test_the_next_kernel_goes_on_with_the_newest_token(
    rotating: Any, cognito: StandIn, kernel: Callable[..., Any], in_time: Callable[..., Any]
) -> None:
    cognito.clock.advance(A_WHILE)
    in_time(rotating.auth.get_tokens, wait=False)
    assert in_time(kernel().auth.get_tokens, wait=False).access_token


def test_kernels_side_by_side_never_spend_one_token_twice(
    rotating: Any, cognito: StandIn, kernel: Callable[..., Any], begin: Callable[..., Future[Any]]
) -> None:
    kernels = [rotating, *(kernel() for _ in range(4))]
    for _ in range(2):
        cognito.clock.advance(A_WHILE)
        calls = [begin(one.auth.get_tokens, wait=False) for one in kernels]
        assert all(call.result(20).access_token for call in calls)
    assert {one.auth.state for one in kernels} == {UserState.SIGNED_IN}


@LOST
def test_within_the_grace_period_a_lost_answer_is_made_good(
    fault: Fault, rotating: Any, cognito: StandIn, begin: Callable[..., Future[Any]], kernel: Callable[..., Any]
) -> None:
    cognito.client.grace = timedelta(seconds=60)
    cognito.faults.add(fault, on=RENEW, times=1)
    cognito.clock.advance(A_WHILE)
    assert begin(rotating.auth.get_tokens, wait=60).result(20).access_token
    assert rotating.auth.state is UserState.SIGNED_IN
    assert begin(kernel().auth.get_tokens, wait=False).result(20).access_token


@LOST
def test_without_a_grace_period_a_lost_answer_ends_the_sign_in_but_forgets_nobody(
    fault: Fault, rotating: Any, cognito: StandIn, in_time: Callable[..., Any], kernel: Callable[..., Any]
) -> None:
    cognito.faults.add(fault, on=RENEW, times=1)
    cognito.clock.advance(A_WHILE)
    with pytest.raises((ServiceUnavailable, SignInRequired)):
        in_time(rotating.auth.get_tokens, wait=False)
    assert rotating.hears_of(INVALID).reason in ("offline", "unavailable")
    cognito.calls.wait_for(RENEW, 2)
    with pytest.raises(SignInRequired):
        in_time(kernel().auth.get_tokens, wait=False)
    assert rotating.auth.username == "ada"
    assert rotating.sign_in().done


def test_a_renewal_that_never_arrived_spends_nothing(
    rotating: Any, cognito: StandIn, begin: Callable[..., Future[Any]]
) -> None:
    cognito.faults.add(Fault.RESET, on=RENEW, times=1)
    cognito.clock.advance(A_WHILE)
    assert begin(rotating.auth.get_tokens, wait=60).result(20).access_token
    assert rotating.auth.state is UserState.SIGNED_IN


def test_rotation_does_not_make_the_sign_in_last_longer(
    rotating: Any, cognito: StandIn, in_time: Callable[..., Any]
) -> None:
    for _ in range(3):
        in_time(rotating.auth.get_tokens, wait=False)
        cognito.clock.advance(timedelta(days=9))
    cognito.clock.advance(timedelta(days=3))
    with pytest.raises(SignInRequired, match="has ended"):
        in_time(rotating.auth.get_tokens, wait=False)
    assert rotating.hears_of(INVALID).reason == "refused"
