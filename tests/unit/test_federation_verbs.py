"""Signing in with another provider's token: what it takes, what it buys, and what becomes of it when the token ends."""

from datetime import timedelta

import pytest

from nbauth.core.secret import Secret
from nbauth.core.user_state import UserState
from nbauth.errors import AlreadySignedIn, NotAuthorized, Rejected, ServiceUnavailable, SignInRequired
from nbauth.testing import tokens

INVALID = UserState.SIGNED_OUT_FEDERATED_TOKENS_INVALID
SENTINEL = "sentinel-7f1a"


@pytest.fixture
def google(clock):
    """Returns a token as Google would give it, good for an hour."""

    def give(name="eve", lifetime=timedelta(hours=1)):
        issued = tokens(name, issued_at=clock.now(), lifetime=lifetime, issuer="https://accounts.google.com")
        return issued.id_token.reveal()

    return give


def test_a_token_buys_credentials_and_no_pool_tokens(session, google):
    assert session.federated_sign_in("google", google()).done
    assert session.state is UserState.SIGNED_IN
    assert session.get_credentials().identity_id == session.identity_id
    with pytest.raises(Rejected, match=r"accounts\.google\.com"):
        session.get_tokens()


def test_who_is_signed_in_is_what_the_token_says(session, clock):
    token = tokens("eve", issued_at=clock.now(), email="eve@example.com").id_token
    session.federated_sign_in("accounts.google.com", token)
    assert (session.username, session.is_signed_in, session.has_valid_tokens) == ("eve@example.com", True, True)
    assert session.tokens_expire_at == tokens(issued_at=clock.now()).expires_at


@pytest.mark.parametrize(("provider", "token"), [("", "token"), ("google", ""), (" ", "token")])
def test_what_is_empty_is_said(session, provider, token):
    with pytest.raises(Rejected, match="empty"):
        session.federated_sign_in(provider, token)


def test_a_token_that_is_not_taken_changes_nothing(session):
    with pytest.raises(NotAuthorized):
        session.federated_sign_in("google", "no token at all")
    assert session.state is UserState.SIGNED_OUT


def test_a_user_of_the_pool_signs_out_first(session, password, google):
    session.sign_in("ada", password)
    with pytest.raises(AlreadySignedIn, match="ada"):
        session.federated_sign_in("google", google())
    assert session.username == "ada"


def test_a_developer_identity_comes_with_its_id(session):
    with pytest.raises(Rejected, match="identity_id"):
        session.federated_sign_in("developer", "token")


def test_a_second_provider_is_linked_to_the_same_identity(session, google, identities):
    session.federated_sign_in("google", google())
    identity_id = session.identity_id
    session.federated_sign_in("login.example.com", google("eve"))
    assert session.identity_id == identity_id


def test_a_function_is_asked_again_when_its_token_has_ended(session, google, clock):
    session.federated_sign_in("google", google)
    before = session.get_credentials()
    clock.advance(timedelta(hours=2))
    assert session.get_credentials(wait=False) is not before
    assert session.state is UserState.SIGNED_IN


def test_a_token_that_has_ended_and_that_nobody_renews_needs_a_sign_in(session, google, clock):
    session.federated_sign_in("google", google())
    clock.advance(timedelta(hours=2))
    with pytest.raises(SignInRequired):
        session.get_credentials(wait=False)
    assert (session.state, session.state_reason, session.is_signed_in) == (INVALID, "refused", True)


def test_a_waiting_call_goes_on_after_another_token_or_a_users_sign_in(session, google, clock, password, in_threads):
    session.federated_sign_in("google", google())
    for sign_in in (lambda: session.federated_sign_in("google", google()), lambda: session.sign_in("ada", password)):
        clock.advance(timedelta(hours=2))
        (waiting,) = in_threads(lambda: session.get_credentials(wait=20))
        while not session.waiting:
            assert not waiting.done()
        sign_in()
        assert waiting.result(20).identity_id == session.identity_id


def test_a_function_that_cannot_reach_its_provider_is_offline(session, google, clock):
    given = iter([google()])

    def give():
        for token in given:
            return token
        raise ConnectionError(SENTINEL)

    session.federated_sign_in("google", give)
    clock.advance(timedelta(hours=2))
    with pytest.raises(ServiceUnavailable) as caught:
        session.get_credentials(wait=False)
    assert (session.state, session.state_reason) == (INVALID, "offline")
    assert SENTINEL not in str(caught.value)


@pytest.mark.parametrize("fault", [KeyError(SENTINEL), None, 7, ""])
def test_a_function_that_gives_no_token_is_named_and_not_quoted(session, fault):
    def give():
        if isinstance(fault, Exception):
            raise fault
        return fault

    with pytest.raises(Rejected, match="google") as caught:
        session.federated_sign_in("google", give)
    assert SENTINEL not in str(caught.value)
    assert caught.value.__context__ is None
    assert session.state is UserState.SIGNED_OUT


def test_a_function_whose_new_token_is_not_taken_needs_a_sign_in(session, google, clock):
    session.federated_sign_in("google", iter([google(), "nonsense"]).__next__)
    clock.advance(timedelta(hours=2))
    with pytest.raises(SignInRequired):
        session.get_credentials(wait=False)
    assert session.state is INVALID


def test_signing_out_leaves_nothing_of_it(session, google):
    session.federated_sign_in("google", google)
    session.sign_out()
    assert (session.state, session.identity_id, session.username) == (UserState.SIGNED_OUT, None, None)
    with pytest.raises(SignInRequired):
        session.get_credentials(wait=False)


def test_no_token_is_kept(session, google, store):
    session.federated_sign_in("google", Secret(google()))
    record = store.load()
    assert record.provider == "accounts.google.com"
    assert record.refresh_token is None
