"""A network that is away: nobody is signed out by it, and a call that needs it waits until it is back."""

from datetime import timedelta

import pytest

from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.user_state import UserState
from nbauth.errors import RefreshRefused, ServiceUnavailable

IN_TIME = 20
ENDED = timedelta(hours=2)
OFFLINE = ServiceUnavailable("no network", reason="offline")
SIGNED_IN, INVALID = UserState.SIGNED_IN, UserState.SIGNED_OUT_USER_POOLS_TOKENS_INVALID


def is_kept(auth, store):
    return auth.is_signed_in and auth.username == "ada" and store.load().refresh_token is not None


@pytest.mark.parametrize("verb", ["get_tokens", "get_credentials", "get_identity_id"])
def test_30_a_refresh_that_does_not_get_through_is_told_and_the_user_stays(verb, ada, users, store, clock):
    users.fail_next(OFFLINE, on="refresh")
    clock.advance(ENDED)
    with pytest.raises(ServiceUnavailable) as problem:
        getattr(ada, verb)()
    assert (problem.value.reason, problem.value.retryable) == ("offline", True)
    assert (ada.state, ada.state_reason, ada.online) == (INVALID, "offline", False)
    assert is_kept(ada, store)


@pytest.mark.parametrize("step", ["get_id", "get_credentials"])
def test_30_an_identity_pool_that_cannot_be_reached_is_told_and_the_user_stays(step, ada, identities, store):
    identities.fail_next(OFFLINE, on=step)
    with pytest.raises(ServiceUnavailable) as problem:
        ada.get_credentials()
    assert problem.value is OFFLINE
    assert (ada.state, ada.has_valid_tokens) == (SIGNED_IN, True)
    assert is_kept(ada, store)
    assert ada.get_credentials().identity_id


def test_30_with_valid_tokens_and_credentials_nothing_needs_the_network(ada, users, identities):
    tokens, credentials = ada.get_tokens(), ada.get_credentials()
    for pool in (users, identities):
        pool.fail_next(OFFLINE)
        pool.calls.clear()
    assert (ada.get_tokens(), ada.get_credentials()) == (tokens, credentials)
    assert users.calls == identities.calls == []


def test_31_offline_a_kept_token_keeps_the_user_signed_in_and_is_told_once(session_of, users, store, told):
    store.save(Record("ada", "sub", "https://issuer", Secret("worthless")))
    users.fail_next(OFFLINE, on="refresh")
    auth = session_of()
    auth.add_user_state_listener(told)
    for _ in range(3):
        with pytest.raises(ServiceUnavailable):
            auth.get_tokens(wait=False)
    assert is_kept(auth, store)
    assert [(details.state, details.reason) for details in told.details] == [(INVALID, "offline")]
    assert users.calls == ["refresh"]


def test_31_back_online_the_call_that_waits_goes_on_by_itself(person, ada, users, told, clock, in_threads):
    users.fail_next(OFFLINE, on="refresh")
    ada.add_user_state_listener(told)
    clock.advance(ENDED)
    (call,) = in_threads(ada.get_credentials)
    person.asked.get(timeout=IN_TIME)
    assert (ada.state, ada.state_reason) == (INVALID, "offline")
    clock.advance(timedelta(minutes=1))
    assert call.result(IN_TIME).expires_at > clock.now()
    told.wait_for(SIGNED_IN)
    assert told.states == [INVALID, SIGNED_IN]
    assert users.calls == ["initiate_auth", "refresh", "refresh"]


def test_31_back_online_a_token_that_is_refused_is_told_and_a_listener_signs_in(
    person, ada, users, told, clock, in_threads, password
):
    users.fail_next(OFFLINE, on="refresh")
    users.fail_next(RefreshRefused("expired"), on="refresh")
    ada.add_user_state_listener(told)
    ada.add_user_state_listener(lambda details: ada.sign_in("ada", password) if details.reason == "refused" else None)
    clock.advance(ENDED)
    (call,) = in_threads(ada.get_tokens)
    person.asked.get(timeout=IN_TIME)
    clock.advance(timedelta(minutes=1))
    assert call.result(IN_TIME).username == "ada"
    told.wait_for(SIGNED_IN)
    assert [details.reason for details in told.details] == ["offline", "refused", None]
