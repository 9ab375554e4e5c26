"""Signing out: here in any case, at Cognito where it can be reached."""

import dataclasses
from threading import Barrier

import pytest

from nbauth.core.user_state import UserState
from nbauth.errors import Rejected, ServiceUnavailable, SignInRequired
from nbauth.stores.memory import MemoryStore

IN_TIME = 20
SIGNED_IN, SIGNED_OUT = UserState.SIGNED_IN, UserState.SIGNED_OUT


@pytest.fixture
def elsewhere(ada, session_of, ports):
    """Another session with the refresh token that ada has here, as it was before she signed out."""
    store = MemoryStore()
    store.save(ports.store.load())
    return session_of(ports=dataclasses.replace(ports, store=store))


def test_40_nothing_is_left_of_who_was_signed_in(ada, store):
    ada.get_credentials()
    ada.sign_out()
    assert (ada.state, ada.is_signed_in, ada.has_valid_tokens) == (SIGNED_OUT, False, False)
    assert (ada.username, ada.user_sub, ada.identity_id) == (None, None, None)
    assert (ada.tokens_expire_at, ada.credentials_expire_at) == (None, None)
    for verb in (ada.get_tokens, ada.get_credentials, ada.get_identity_id):
        with pytest.raises(SignInRequired):
            verb()
    assert store.load() is None


@pytest.mark.parametrize("everywhere", [False, True])
@pytest.mark.parametrize("revoke", [False, True])
@pytest.mark.parametrize("somebody", [True, False])
def test_41_a_sign_out_always_returns(somebody, everywhere, revoke, auth, password):
    if somebody:
        auth.sign_in("ada", password)
    report = auth.sign_out(everywhere=everywhere, revoke=revoke)
    assert (report.revoked, report.error) == (True if somebody and (everywhere or revoke) else None, None)
    assert auth.state is SIGNED_OUT


@pytest.mark.parametrize(
    "error", [Rejected("this app client does not revoke"), ServiceUnavailable("no network", reason="offline")], ids=str
)
@pytest.mark.parametrize("everywhere", [False, True])
def test_42_where_tokens_cannot_be_revoked_the_user_is_signed_out_all_the_same(error, everywhere, ada, users, store):
    users.fail_next(error)
    report = ada.sign_out(everywhere=everywhere)
    assert (report.revoked, report.error) == (False, error)
    assert (ada.state, store.load()) == (SIGNED_OUT, None)


def test_42_revoked_tokens_stop_working(elsewhere, ada):
    assert ada.sign_out().revoked
    with pytest.raises(SignInRequired):
        elsewhere.get_tokens()
    assert elsewhere.state is UserState.SIGNED_OUT_USER_POOLS_TOKENS_INVALID


def test_43_a_local_sign_out_leaves_the_tokens_good_elsewhere(elsewhere, ada):
    ada.sign_out(revoke=False)
    assert elsewhere.get_tokens().username == "ada"


def test_43_a_sign_out_everywhere_ends_every_sign_in_of_the_user(ada, session_of, ports, password):
    other = session_of(ports=dataclasses.replace(ports, store=MemoryStore()))
    other.sign_in("ada", password)
    assert ada.sign_out(everywhere=True).revoked
    assert other.get_tokens().username == "ada"
    with pytest.raises(SignInRequired):
        other.get_tokens(force_refresh=True)


def test_45_ten_threads_that_ask_through_a_sign_out_all_end_with_the_same_word(ada, in_threads):
    under_way = Barrier(11)

    def ask_until_it_fails():
        ada.get_credentials(wait=False)
        under_way.wait(IN_TIME)
        while True:
            ada.get_tokens(wait=False)
            ada.get_credentials(wait=False, force_refresh=True)

    calls = in_threads(ask_until_it_fails, 10)
    under_way.wait(IN_TIME)
    ada.sign_out()
    assert {type(call.exception(IN_TIME)) for call in calls} == {SignInRequired}


def test_46_signing_in_and_out_can_be_repeated(auth, told, password):
    auth.add_user_state_listener(told)
    for _ in range(5):
        assert auth.sign_in("ada", password).done
        assert auth.get_credentials().identity_id
        assert auth.sign_out().revoked
    assert told.states == [SIGNED_IN, SIGNED_OUT] * 5
