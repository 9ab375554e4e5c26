"""The network goes and comes back: calls wait and go on by themselves, and nobody is asked to sign in.

Trouble comes before time passes: a kernel renews in the background what it sees has expired.
"""

from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from typing import Any

import pytest

from nbauth import ServiceUnavailable, UserState
from nbauth.errors import SignInReleased, SignInRequired
from nbauth.testing import Fault, StandIn

A_WHILE = timedelta(hours=2)  # after which tokens and credentials have expired
INVALID = UserState.SIGNED_OUT_USER_POOLS_TOKENS_INVALID
CALLS = pytest.mark.parametrize("call", ["get_tokens", "get_credentials"])


@pytest.fixture
def signed_in(kernel: Callable[..., Any]) -> Any:
    """A kernel whose user signed in and has AWS credentials."""
    one = kernel()
    one.sign_in()
    one.auth.get_credentials()
    one.hears_of(UserState.SIGNED_IN)
    return one


@CALLS
def test_a_waiting_call_goes_on_by_itself_when_the_network_is_back(
    call: str, signed_in: Any, cognito: StandIn, begin: Callable[..., Future[Any]], in_time: Callable[..., Any]
) -> None:
    cognito.stop()
    cognito.clock.advance(A_WHILE)
    waiting = [begin(getattr(signed_in.auth, call), wait=60) for _ in range(4)]
    details = signed_in.hears_of(INVALID)
    assert (details.reason, details.username) == ("offline", "ada")
    assert (signed_in.auth.is_signed_in, signed_in.auth.online) == (True, False)
    assert not any(one.done() for one in waiting)
    cognito.start()
    assert len({id(one.result(20)) for one in waiting}) == 1
    assert signed_in.hears_of(UserState.SIGNED_IN).previous is INVALID
    assert signed_in.auth.online
    assert signed_in.told.empty()


@CALLS
def test_a_call_that_does_not_wait_says_that_the_network_is_away(
    call: str, signed_in: Any, cognito: StandIn, in_time: Callable[..., Any]
) -> None:
    cognito.stop()
    cognito.clock.advance(A_WHILE)
    for _ in range(2):
        with pytest.raises(ServiceUnavailable, match="nothing is lost") as caught:
            in_time(getattr(signed_in.auth, call), wait=False)
        assert caught.value.reason == "offline"
    assert signed_in.hears_of(INVALID).reason == "offline"
    assert signed_in.told.empty()
    assert (signed_in.auth.username, signed_in.auth.state_reason) == ("ada", "offline")


def test_a_service_that_cannot_serve_is_not_offline(
    signed_in: Any, cognito: StandIn, begin: Callable[..., Future[Any]]
) -> None:
    cognito.faults.add(Fault.UNAVAILABLE)
    cognito.clock.advance(A_WHILE)
    waiting = begin(signed_in.auth.get_tokens, wait=60)
    assert signed_in.hears_of(INVALID).reason == "unavailable"
    assert signed_in.auth.online
    cognito.faults.clear()
    assert waiting.result(20).access_token


def test_what_is_valid_is_served_offline(
    cognito: StandIn, kernel: Callable[..., Any], in_time: Callable[..., Any]
) -> None:
    one = kernel()
    one.sign_in()
    tokens, credentials = one.auth.get_tokens(), one.auth.get_credentials()
    cognito.stop()
    cognito.clock.advance(timedelta(minutes=50))
    assert in_time(one.auth.get_tokens, wait=False) is tokens
    assert in_time(one.auth.get_credentials, wait=False) is credentials
    assert one.auth.state is UserState.SIGNED_IN


def test_credentials_of_ninety_seconds_are_renewed_as_often_as_they_end(
    cognito: StandIn, kernel: Callable[..., Any], in_time: Callable[..., Any]
) -> None:
    cognito.identities.credentials_lifetime = timedelta(seconds=90)
    one, keys = kernel(), set()
    one.sign_in()
    for _ in range(4):
        keys.add(in_time(one.auth.get_credentials).access_key_id)
        cognito.clock.advance(timedelta(seconds=90))
    assert len(keys) == 4


def test_a_kernel_that_starts_offline_knows_who_is_signed_in(
    signed_in: Any, cognito: StandIn, kernel: Callable[..., Any], begin: Callable[..., Future[Any]]
) -> None:
    cognito.stop()
    cognito.clock.advance(A_WHILE)  # or the other kernel would share its tokens
    late = kernel()
    assert (late.auth.state, late.auth.username) == (UserState.SIGNED_IN, "ada")
    waiting = begin(late.auth.get_credentials, wait=60)
    assert late.hears_of(INVALID).reason == "offline"
    cognito.start()
    assert waiting.result(20).session_token


def test_signing_in_offline_says_so_and_works_later(cognito: StandIn, kernel: Callable[..., Any]) -> None:
    one = kernel()
    cognito.stop()
    with pytest.raises(ServiceUnavailable) as caught:
        one.sign_in()
    assert caught.value.reason == "offline"
    assert (one.auth.state, one.auth.online) == (UserState.SIGNED_OUT, False)
    cognito.start()
    assert one.sign_in().done
    assert one.auth.online


def test_signing_out_offline_is_done_and_told(cognito: StandIn, kernel: Callable[..., Any]) -> None:
    one = kernel()
    one.sign_in()
    cognito.stop()
    report = one.auth.sign_out()
    assert not report.revoked
    assert isinstance(report.error, ServiceUnavailable)
    assert (one.auth.state, kernel().auth.state) == (UserState.SIGNED_OUT, UserState.SIGNED_OUT)


@pytest.mark.parametrize("end", ["release_sign_in_wait", "sign_out"])
def test_a_wait_for_the_network_can_be_given_up(
    end: str, signed_in: Any, cognito: StandIn, begin: Callable[..., Future[Any]], in_time: Callable[..., Any]
) -> None:
    cognito.stop()
    cognito.clock.advance(A_WHILE)
    waiting = begin(signed_in.auth.get_tokens, wait=60)
    signed_in.hears_of(INVALID)
    in_time(getattr(signed_in.auth, end))
    with pytest.raises(SignInReleased):
        waiting.result(20)


def test_a_guest_comes_back_too(cognito: StandIn, kernel: Callable[..., Any], in_time: Callable[..., Any]) -> None:
    guest = kernel().auth.guest()
    identity_id = in_time(guest.get_credentials).identity_id
    cognito.stop()
    cognito.clock.advance(A_WHILE)
    with pytest.raises(ServiceUnavailable):
        in_time(guest.get_credentials, wait=False)
    assert guest.state is UserState.GUEST
    cognito.start()
    assert in_time(guest.get_credentials).identity_id == identity_id


def test_a_deleted_identity_is_asked_for_again(
    signed_in: Any, cognito: StandIn, kernel: Callable[..., Any], in_time: Callable[..., Any]
) -> None:
    before = signed_in.auth.identity_id
    cognito.identities.remove(before)
    cognito.clock.advance(A_WHILE)
    after = in_time(signed_in.auth.get_credentials, wait=False).identity_id
    assert after != before
    assert kernel().auth.identity_id == after


def test_many_threads_at_expiry_cause_one_renewal(
    signed_in: Any, cognito: StandIn, begin: Callable[..., Future[Any]]
) -> None:
    cognito.calls.clear()
    cognito.clock.advance(A_WHILE)
    calls = [begin(signed_in.auth.get_credentials, wait=False) for _ in range(16)]
    assert len({one.result(20).access_key_id for one in calls}) == 1
    assert len(cognito.calls.of("GetTokensFromRefreshToken")) == 1
    assert len(cognito.calls.of("GetCredentialsForIdentity")) == 1


def test_a_sign_in_that_was_ended_elsewhere_is_over_and_says_so(
    signed_in: Any, cognito: StandIn, kernel: Callable[..., Any], in_time: Callable[..., Any]
) -> None:
    cognito.users["ada"].enabled = False
    cognito.clock.advance(A_WHILE)
    with pytest.raises(SignInRequired, match="has ended"):
        in_time(signed_in.auth.get_tokens, wait=False)
    assert signed_in.hears_of(INVALID).reason == "refused"
    assert (signed_in.auth.is_signed_in, signed_in.auth.username) == (True, "ada")
    assert kernel().auth.state is INVALID


def test_an_eager_guest_becomes_one_by_itself_when_the_network_is_there(
    cognito: StandIn, kernel: Callable[..., Any], in_time: Callable[..., Any]
) -> None:
    cognito.stop()
    one = kernel(guest_access="eager")
    assert one.auth.state is UserState.SIGNED_OUT
    cognito.start()
    one.hears_of(UserState.GUEST)
    assert one.auth.credentials_expire_at
    in_time(one.sign_in)
    one.hears_of(UserState.SIGNED_IN)
    in_time(one.auth.sign_out)
    one.hears_of(UserState.SIGNED_OUT)
    one.hears_of(UserState.GUEST)


def test_an_eager_guest_who_is_turned_away_stays_signed_out(
    cognito: StandIn, kernel: Callable[..., Any], in_time: Callable[..., Any]
) -> None:
    cognito.identities.guests = False
    one = kernel(guest_access="eager")
    assert one.auth.state is UserState.SIGNED_OUT
    cognito.calls.wait_for("GetId", 1)
    assert in_time(one.sign_in).done
    assert one.hears_of(UserState.SIGNED_IN).previous is UserState.SIGNED_OUT
