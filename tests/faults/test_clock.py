"""A machine whose clock is wrong works like any other: the server's clock is learnt from the first answer.

No request is made because of the clock alone, and nothing is given out that has ended.
"""

from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from typing import Any

import pytest

from nbauth import UserState
from nbauth.cognito.clock import ServerClock
from nbauth.testing import Fault, StandIn

RENEW, FETCH = "GetTokensFromRefreshToken", "GetCredentialsForIdentity"
LONG, SHORT = timedelta(hours=2), timedelta(minutes=10)  # after which everything has ended, and nothing is even stale
OFF = [timedelta(minutes=20), timedelta(minutes=-20), timedelta(days=1), timedelta(days=-1)]


@pytest.fixture(params=OFF, ids=["20-minutes-ahead", "20-minutes-behind", "a-day-ahead", "a-day-behind"])
def wrong(request: pytest.FixtureRequest, machine_off_by: Callable[[timedelta], Any]) -> Any:
    """The machine's clock, which is wrong."""
    return machine_off_by(request.param)


@pytest.fixture
def signed_in(wrong: Any, kernel: Callable[..., Any], in_time: Callable[..., Any]) -> Any:
    """A kernel on the machine, whose user signed in by proof and has AWS credentials."""
    one = kernel("USER_SRP_AUTH")
    in_time(one.sign_in)
    in_time(one.auth.get_credentials)
    return one


def requests(cognito: StandIn) -> list[int]:
    return [len(cognito.calls.of(operation)) for operation in (RENEW, FETCH)]


def use(one: Any, in_time: Callable[..., Any]) -> None:
    for _ in range(5):
        assert in_time(one.auth.get_tokens, wait=False).access_token
        assert in_time(one.auth.get_credentials, wait=False).session_token


def test_what_has_just_been_issued_is_used(signed_in: Any, cognito: StandIn, in_time: Callable[..., Any]) -> None:
    use(signed_in, in_time)
    cognito.clock.advance(SHORT)
    use(signed_in, in_time)
    assert requests(cognito) == [0, 1]
    assert signed_in.auth.has_valid_tokens
    assert signed_in.auth.credentials_expire_at > cognito.clock.now()


def test_what_has_ended_is_renewed_once(signed_in: Any, cognito: StandIn, in_time: Callable[..., Any]) -> None:
    for times in (1, 2):
        cognito.clock.advance(LONG)
        use(signed_in, in_time)
        assert requests(cognito) == [times, 1 + times]


def test_credentials_of_ninety_seconds_are_renewed_as_often_as_they_end(
    wrong: Any, cognito: StandIn, kernel: Callable[..., Any], in_time: Callable[..., Any]
) -> None:
    cognito.identities.credentials_lifetime = timedelta(seconds=90)
    one, keys = kernel(), set()
    one.sign_in()
    for _ in range(4):
        keys.add(in_time(one.auth.get_credentials).access_key_id)
        assert in_time(one.auth.get_credentials).access_key_id in keys
        cognito.clock.advance(timedelta(seconds=90))
    assert len(keys) == 4


def test_a_code_can_be_answered(
    wrong: Any, cognito: StandIn, kernel: Callable[..., Any], in_time: Callable[..., Any]
) -> None:
    one, authenticator = kernel(), cognito.users["carol"].authenticator
    challenge = one.sign_in("carol").challenge
    assert timedelta() < challenge.expires_at - cognito.clock.now() < timedelta(minutes=5)
    assert in_time(one.auth.confirm_sign_in, authenticator.code(cognito.clock.now())).done


def test_each_kernel_renews_no_more_than_once(
    signed_in: Any, cognito: StandIn, kernel: Callable[..., Any], in_time: Callable[..., Any]
) -> None:
    cognito.clock.advance(LONG)
    late = kernel()
    use(late, in_time)
    assert 1 <= requests(cognito)[0] <= 2
    before = requests(cognito)
    use(late, in_time)
    assert requests(cognito) == before


def test_what_is_valid_is_served_offline(signed_in: Any, cognito: StandIn, in_time: Callable[..., Any]) -> None:
    tokens, credentials = signed_in.auth.get_tokens(), signed_in.auth.get_credentials()
    cognito.stop()
    cognito.clock.advance(timedelta(minutes=50))
    assert in_time(signed_in.auth.get_tokens, wait=False) is tokens
    assert in_time(signed_in.auth.get_credentials, wait=False) is credentials


def test_back_online_everything_goes_on_by_itself(
    signed_in: Any, cognito: StandIn, begin: Callable[..., Future[Any]]
) -> None:
    signed_in.hears_of(UserState.SIGNED_IN)
    cognito.faults.add(Fault.THROTTLED)
    cognito.clock.advance(LONG)
    waiting = [begin(call, wait=60) for call in (signed_in.auth.get_tokens, signed_in.auth.get_credentials)]
    assert signed_in.hears_of(UserState.SIGNED_OUT_USER_POOLS_TOKENS_INVALID).reason == "unavailable"
    cognito.faults.clear()
    assert [bool(call.result(20)) for call in waiting] == [True, True]


def test_signing_out_everywhere_needs_no_renewal(signed_in: Any, cognito: StandIn, in_time: Callable[..., Any]) -> None:
    assert in_time(signed_in.auth.sign_out, everywhere=True).error is None
    assert requests(cognito)[0] == 0


def test_a_guest_is_served_like_a_user(
    wrong: Any, cognito: StandIn, kernel: Callable[..., Any], in_time: Callable[..., Any]
) -> None:
    guest = kernel().auth.guest()
    for times in (1, 2):
        first = in_time(guest.get_credentials)
        assert in_time(guest.get_credentials) is first
        assert requests(cognito)[1] == times
        cognito.clock.advance(LONG)


def test_once_the_clock_is_put_right_it_is_believed(
    signed_in: Any, wrong: Any, cognito: StandIn, in_time: Callable[..., Any]
) -> None:
    wrong.off_by = timedelta()
    cognito.clock.advance(SHORT)
    use(signed_in, in_time)
    assert requests(cognito) == [0, 1]
    cognito.clock.advance(LONG)
    use(signed_in, in_time)
    assert requests(cognito) == [1, 2]


@pytest.mark.parametrize("off_by", OFF, ids=str)
def test_a_clock_that_goes_wrong_later_is_found_out(
    off_by: timedelta,
    machine_off_by: Callable[[timedelta], Any],
    cognito: StandIn,
    kernel: Callable[..., Any],
    in_time: Callable[..., Any],
) -> None:
    machine, one = machine_off_by(timedelta()), kernel()
    one.sign_in()
    use(one, in_time)
    machine.off_by = off_by
    cognito.clock.advance(LONG)
    one.auth.get_tokens(force_refresh=True)
    before = requests(cognito)
    use(one, in_time)
    assert requests(cognito)[0] == before[0]


@pytest.mark.parametrize("fault", [Fault.PORTAL, Fault.EMPTY, Fault.DATE_AHEAD], ids=lambda fault: fault.name)
def test_a_stranger_and_a_single_odd_answer_change_nothing(
    fault: Fault, wrong: Any, signed_in: Any, cognito: StandIn, in_time: Callable[..., Any]
) -> None:
    cognito.faults.add(fault, on=FETCH, times=1)
    assert in_time(signed_in.auth.get_credentials, force_refresh=True, wait=20)
    before = requests(cognito)
    use(signed_in, in_time)
    assert requests(cognito) == before
    assert signed_in.auth.has_valid_tokens


def test_how_wrong_it_is_can_be_seen(wrong: Any, signed_in: Any) -> None:
    clock = signed_in.auth._engine.ports.clock
    assert isinstance(clock, ServerClock)
    assert abs(clock.offset + wrong.off_by) < timedelta(seconds=5)
