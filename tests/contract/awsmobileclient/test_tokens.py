"""Tokens: given out, renewed, waited for, and what a listener can do about it."""

import dataclasses
from datetime import timedelta

import pytest

from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.user_state import UserState
from nbauth.errors import LimitExceeded, RefreshRefused, SignInReleased, SignInRequired
from nbauth.testing import FakeUserPool

IN_TIME = 20
ENDED = timedelta(hours=2)
REFUSED = RefreshRefused("Refresh Token has expired", code="NotAuthorizedException")
SIGNED_IN, INVALID = UserState.SIGNED_IN, UserState.SIGNED_OUT_USER_POOLS_TOKENS_INVALID


@pytest.fixture
def ended(unattended, ada, users, clock):
    """A session whose tokens have ended and whose refresh token is about to be refused."""
    clock.advance(ENDED)
    users.fail_next(REFUSED, on="refresh")
    return ada


def test_18_there_are_an_id_an_access_and_a_refresh_token(ada):
    tokens = ada.get_tokens()
    assert tokens.claims["token_use"] == "id"
    assert len({tokens.id_token.reveal(), tokens.access_token.reveal(), tokens.refresh_token.reveal()}) == 3


@pytest.mark.parametrize("pause", [timedelta(), ENDED], ids=["valid", "ended"])
def test_19_fifty_calls_at_once_get_tokens(pause, ada, users, clock, in_threads):
    clock.advance(pause)
    given = [future.result(IN_TIME) for future in in_threads(ada.get_tokens, 50)]
    assert len(given) == 50
    assert {tokens.expires_at > clock.now() for tokens in given} == {True}
    assert users.calls.count("refresh") == (1 if pause else 0)


def test_20_where_nobody_is_signed_in_that_is_said(auth, users):
    with pytest.raises(SignInRequired, match="Nobody is signed in"):
        auth.get_tokens()
    assert users.calls == []


def test_20_a_call_that_does_not_wait_asks_nobody(auth, person):
    with pytest.raises(SignInRequired, match="Nobody is signed in"):
        auth.get_tokens(wait=False)
    assert person.asked.empty()


def test_21_what_a_sign_in_would_not_mend_is_told_at_once(person, unattended, ada, users, clock):
    clock.advance(ENDED)
    users.fail_next(LimitExceeded("slow down", code="LimitExceededException"), on="refresh")
    with pytest.raises(LimitExceeded):
        ada.get_tokens()
    assert person.asked.empty()
    assert ada.is_signed_in


def test_22_a_refused_refresh_is_signalled_and_the_call_waits(person, ended, told, in_threads):
    ended.add_user_state_listener(told)
    (call,) = in_threads(ended.get_tokens)
    person.asked.get(timeout=IN_TIME)
    told.wait_for(INVALID)
    assert not call.done()
    assert (ended.state, ended.state_reason, told.details[0].error) == (INVALID, "refused", REFUSED)
    ended.release_sign_in_wait()
    assert isinstance(call.exception(IN_TIME), SignInReleased)


@pytest.mark.parametrize("count", [1, 50])
def test_23_a_release_ends_every_wait_and_changes_nothing(count, person, ended, in_threads):
    calls = in_threads(ended.get_tokens, count)
    for _ in calls:
        person.asked.get(timeout=IN_TIME)
    ended.release_sign_in_wait()
    assert {type(call.exception(IN_TIME)) for call in calls} == {SignInReleased}
    assert (ended.state, ended.username) == (INVALID, "ada")


def test_24_a_listener_signs_in_and_the_call_that_found_the_session_invalid_succeeds(ended, password):
    happened = []

    def sign_in_again(details):
        happened.append(details.state)
        if details.state is INVALID:
            ended.sign_in("ada", password)

    ended.add_user_state_listener(sign_in_again)
    happened.append(ended.get_tokens().username)
    assert happened == [INVALID, SIGNED_IN, "ada"]


def test_25_a_kept_token_that_is_worthless_is_told_once_and_a_sign_in_releases_the_wait(
    person, session_of, store, told, in_threads, password
):
    store.save(Record("ada", "sub", "https://issuer", Secret("worthless")))
    auth, waited = session_of(), []

    def sign_in_once_the_call_waits():
        waited.append((person.asked.get(timeout=IN_TIME), auth.is_signed_in, auth.username))
        auth.sign_in("ada", password)

    auth.add_user_state_listener(told)
    auth.add_user_state_listener(
        lambda details: in_threads(sign_in_once_the_call_waits) if details.state is INVALID else None
    )
    assert auth.state is SIGNED_IN
    (call,) = in_threads(auth.get_tokens)
    assert call.result(IN_TIME).username == "ada"
    told.wait_for(SIGNED_IN)
    assert told.states == [INVALID, SIGNED_IN]
    assert waited == [("asked", True, "ada")]


@pytest.mark.parametrize("lost", ["by a restart", "by time", "by both"])
def test_27_tokens_that_are_lost_or_ended_are_renewed_silently(lost, person, ada, session_of, told, clock):
    auth = ada if lost == "by time" else session_of()
    clock.advance(timedelta() if lost == "by a restart" else ENDED)
    auth.add_user_state_listener(told)
    assert auth.get_tokens().expires_at > clock.now()
    assert auth.get_tokens().refresh_token == ada.get_tokens().refresh_token
    assert person.asked.empty()
    assert told.details == []


def test_27_once_all_tokens_have_ended_only_a_sign_in_helps_and_it_does(ended, users, password):
    with pytest.raises(SignInRequired, match="The sign-in of ada has ended"):
        ended.get_tokens()
    with pytest.raises(SignInRequired):
        ended.get_tokens(force_refresh=True)
    assert users.calls.count("refresh") == 1
    assert ended.sign_in("ada", password).done
    assert ended.get_tokens().username == "ada"


class StingyPool(FakeUserPool):
    """Gives nothing to renew a sign-in with."""

    def initiate_auth(self, credential):
        return dataclasses.replace(super().initiate_auth(credential), refresh_token=None)


def test_27_without_a_refresh_token_tokens_are_good_until_they_end(session_of, ports, populated, clock, password):
    auth = session_of(ports=dataclasses.replace(ports, user_pool=populated(StingyPool(clock))))
    auth.sign_in("ada", password)
    assert auth.get_tokens(wait=False) is auth.get_tokens(wait=False)
    clock.advance(ENDED)
    with pytest.raises(SignInRequired):
        auth.get_tokens()
    assert (auth.state, auth.state_reason) == (INVALID, "refused")


def test_28_who_signed_in_last_is_who_a_restart_finds(auth, session_of, password):
    for name in ("ada", "grace", "ada"):
        auth.sign_in(name, password)
        assert [auth.username, session_of().username, session_of().get_tokens().username] == [name] * 3
        auth.sign_out(revoke=False)


def test_28_another_user_may_take_over_a_sign_in_that_has_ended(ended, session_of, password):
    with pytest.raises(SignInRequired):
        ended.get_tokens()
    for name in ("grace", "ada"):
        ended.sign_in(name, password)
        assert [ended.get_tokens().username, session_of().username] == [name] * 2
        ended.sign_out(revoke=False)
