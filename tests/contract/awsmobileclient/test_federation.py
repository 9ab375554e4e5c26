"""Other identity providers: tokens that are bad or have ended, and identities that a back end vouches for."""

from datetime import timedelta

import pytest

from nbauth.core.user_state import UserState
from nbauth.errors import NotAuthorized, SignInRequired
from nbauth.testing import tokens

IN_TIME = 20
ENDED = timedelta(hours=2)
SIGNED_IN, SIGNED_OUT = UserState.SIGNED_IN, UserState.SIGNED_OUT
INVALID = UserState.SIGNED_OUT_FEDERATED_TOKENS_INVALID


@pytest.fixture
def google(clock):
    """Gives tokens of eve's, as Google would."""
    return lambda: tokens("eve", issued_at=clock.now(), issuer="https://accounts.google.com").id_token


@pytest.fixture
def eve(unattended, auth, google):
    """A session in which eve is signed in with Google."""
    auth.federated_sign_in("google", google())
    return auth


def test_26_a_listener_signs_in_to_the_pool_and_the_call_that_found_the_token_ended_succeeds(
    person, eve, clock, told, in_threads, password
):
    waited = []

    def sign_in_once_the_call_waits():
        waited.append((person.asked.get(timeout=IN_TIME), eve.is_signed_in))
        eve.sign_in("ada", password)

    eve.add_user_state_listener(told)
    eve.add_user_state_listener(
        lambda details: in_threads(sign_in_once_the_call_waits) if details.state is INVALID else None
    )
    hers = eve.identity_id
    clock.advance(ENDED)
    (call,) = in_threads(eve.get_credentials)
    assert call.result(IN_TIME).identity_id != hers
    told.wait_for(SIGNED_IN)
    assert (told.states, waited, eve.username) == ([INVALID, SIGNED_IN], [("asked", True)], "ada")


@pytest.mark.parametrize("who", ["ada", "eve"])
def test_26_after_a_restart_the_token_is_gone_and_any_sign_in_lets_the_waiting_call_go_on(
    who, person, eve, session_of, google, in_threads, password
):
    restarted = session_of()
    assert (restarted.state, restarted.is_signed_in, restarted.identity_id) == (INVALID, True, eve.identity_id)
    (call,) = in_threads(restarted.get_credentials)
    person.asked.get(timeout=IN_TIME)
    if who == "ada":
        restarted.sign_in("ada", password)
    else:
        restarted.federated_sign_in("google", google())
    assert (call.result(IN_TIME).identity_id == eve.identity_id) is (who == "eve")
    assert restarted.state is SIGNED_IN


@pytest.fixture
def back_end(stand_in, password):
    """A stand-in whose identity pool trusts Google and takes a back end at its word."""
    stand_in.identities.add_provider("accounts.google.com")
    stand_in.identities.developer_provider = "login.example.app"
    stand_in.users.add("ada", password)
    return stand_in


def test_38_a_bad_token_is_an_error_and_nobody_is_signed_in(back_end, session_of):
    auth = session_of(back_end.config, None)
    with pytest.raises(NotAuthorized, match="Not a valid OpenId Connect identity token"):
        auth.federated_sign_in("google", "bad")
    assert (auth.state, auth.identity_id, auth.is_signed_in) == (SIGNED_OUT, None, False)


def test_38_a_bad_token_leaves_whoever_is_signed_in(back_end, session_of):
    auth = session_of(back_end.config, None)
    auth.federated_sign_in("google", back_end.identities.provider("accounts.google.com").token("eve"))
    credentials = auth.get_credentials()
    with pytest.raises(NotAuthorized):
        auth.federated_sign_in("google", "bad")
    assert (auth.state, auth.get_credentials()) == (SIGNED_IN, credentials)


def test_39_a_developer_identity_has_credentials_and_after_a_sign_out_so_has_a_user(back_end, session_of, password):
    auth = session_of(back_end.config, None)
    identity_id, token = back_end.identities.developer_token("frank")
    assert auth.federated_sign_in("developer", token, identity_id=identity_id).done
    assert (auth.state, auth.get_credentials().identity_id) == (SIGNED_IN, identity_id)
    auth.sign_out()
    assert (auth.state, auth.identity_id) == (SIGNED_OUT, None)
    with pytest.raises(SignInRequired):
        auth.get_credentials()
    auth.sign_in("ada", password)
    assert auth.get_credentials().identity_id not in (None, identity_id)
