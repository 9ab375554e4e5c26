"""AWS credentials and identities: a user's, a guest's, and what becomes of one when the other comes."""

import dataclasses
from datetime import timedelta

import pytest

from nbauth.core.user_state import UserState
from nbauth.errors import SignInRequired

IN_TIME = 20


def test_32_a_user_has_credentials(ada, clock):
    credentials = ada.get_credentials()
    assert all((credentials.access_key_id, credentials.secret_access_key.reveal(), credentials.session_token.reveal()))
    assert credentials.expires_at > clock.now()
    assert credentials.identity_id == ada.identity_id


def test_33_a_guest_has_credentials(session_of, guests, told, clock):
    auth = session_of(guests)
    auth.add_user_state_listener(told)
    credentials = auth.get_credentials()
    assert credentials.session_token.reveal()
    assert credentials.expires_at > clock.now()
    assert (auth.state, told.states, auth.is_signed_in) == (UserState.GUEST, [UserState.GUEST], False)


def test_33_nobody_becomes_a_guest_unasked(auth, identities):
    with pytest.raises(SignInRequired):
        auth.get_credentials()
    assert identities.calls == []
    assert auth.guest().get_credentials().session_token.reveal()
    assert auth.state is UserState.SIGNED_OUT


def test_34_a_listener_may_use_aws_and_nothing_further_is_told(auth, told, password):
    used = []

    def use_aws(details):
        credentials = auth.boto3_session().get_credentials().get_frozen_credentials()
        used.append(credentials.access_key)

    auth.add_user_state_listener(use_aws)
    auth.add_user_state_listener(told)
    auth.sign_in("ada", password)
    assert told.states == [UserState.SIGNED_IN]
    assert used == [auth.get_credentials().access_key_id]


def test_35_credentials_change_with_who_is_there_and_every_call_is_answered(
    session_of, guests, identities, password, in_threads
):
    auth = session_of(guests)
    a_guest = auth.get_credentials()
    auth.sign_in("ada", password)
    a_user = auth.get_credentials()
    with identities.hold_next("get_credentials") as fetch:
        (just_before,) = in_threads(lambda: auth.get_credentials(force_refresh=True))
        assert fetch.entered.wait(IN_TIME)
        auth.sign_out()
    assert just_before.exception(IN_TIME) is None or isinstance(just_before.exception(), SignInRequired)
    after = auth.get_credentials()
    assert len({a_guest.access_key_id, a_user.access_key_id, after.access_key_id}) == 3
    assert after.identity_id != a_user.identity_id
    assert auth.state is UserState.GUEST


def test_36_a_guests_identity_becomes_that_of_a_new_user_and_of_nobody_else(session_of, guests, password):
    auth = session_of(guests)
    found = []
    for name in ("ada", "grace"):
        found.append(auth.get_identity_id())
        auth.sign_in(name, password)
        found.append(auth.get_identity_id())
        auth.sign_out()
        assert auth.identity_id is None
    first_guest, ada, second_guest, grace = found
    assert (first_guest, second_guest) == (ada, grace)
    assert ada != grace


@pytest.fixture
def back_again(session_of, guests, password):
    """A session in which ada signed in, then a guest was there, then ada signed in again; and her and its identity."""
    auth = session_of(guests)
    auth.sign_in("ada", password)
    hers = auth.get_credentials().identity_id
    auth.sign_out()
    its = auth.get_credentials().identity_id
    auth.sign_in("ada", password)
    return auth, hers, its


def test_36_a_user_who_has_an_identity_keeps_it_whoever_was_a_guest_before(back_again):
    auth, hers, its = back_again
    assert its != hers
    assert auth.get_credentials().identity_id == hers
    assert auth.get_identity_id() == auth.identity_id == hers


def test_36_a_user_is_never_given_a_guests_identity(back_again):
    auth, hers, _ = back_again
    assert auth.get_identity_id() == hers


def test_36_an_identity_stays_the_same_in_another_kernel(ada, session_of):
    assert ada.get_identity_id() == session_of().identity_id == session_of().get_credentials().identity_id


def test_36_five_calls_at_once_find_one_identity(ada, identities, in_threads):
    found = {call.result(IN_TIME) for call in in_threads(ada.get_identity_id, 5)}
    assert len(found) == 1
    assert identities.calls == ["get_id", "get_credentials"]


@pytest.mark.parametrize("who", ["a user", "a guest"])
def test_37_credentials_that_have_ended_are_renewed_for_the_same_identity(who, session_of, guests, clock, password):
    auth = session_of(guests)
    if who == "a user":
        auth.sign_in("ada", password)
    before = auth.get_credentials()
    clock.advance(timedelta(hours=2))
    after = auth.get_credentials()
    assert after.expires_at > clock.now() > before.expires_at
    assert after.identity_id == before.identity_id


def test_37_two_sessions_over_one_store_share_the_identity(ada, session_of, identities):
    ada.get_credentials()
    session_of().get_credentials()
    assert identities.calls == ["get_id", "get_credentials", "get_credentials"]


def test_37_credentials_are_in_no_store(ada, store, session_of):
    credentials = ada.get_credentials()
    kept = str(store.load().to_dict())
    for secret in (credentials.access_key_id, credentials.secret_access_key, credentials.session_token):
        assert (secret if isinstance(secret, str) else secret.reveal()) not in kept
    assert dataclasses.asdict(store.load())["identity_id"] == session_of().identity_id
