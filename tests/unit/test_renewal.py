"""What is renewed when a person asks for it, for each kind of sign-in."""

from datetime import timedelta

import pytest

from nbauth.auth_session import AuthSession
from nbauth.core.user_state import UserState
from nbauth.errors import ServiceUnavailable, SignInRequired
from nbauth.renewal import renew
from nbauth.testing import tokens

OFFLINE = ServiceUnavailable("no network", reason="offline")


def test_a_user_of_the_pool_gets_new_tokens_and_new_credentials(session, password):
    session.sign_in("ada", password)
    before = session.get_tokens(), session.get_credentials()
    renew(session)
    after = session.get_tokens(), session.get_credentials()
    assert after[0] is not before[0]
    assert after[1] is not before[1]


def test_whoever_another_provider_vouches_for_gets_new_credentials(session, clock):
    session.federated_sign_in("google", tokens("eve", issued_at=clock.now()).id_token)
    before = session.get_credentials()
    renew(session)
    assert session.get_credentials() is not before


def test_a_guest_gets_new_credentials_and_is_not_asked_to_sign_in(nobody_to_ask, config, ports):
    session = AuthSession(config.replace(guest_access=True), store="memory", ports=ports)
    before = session.get_credentials()
    renew(session)
    assert session.get_credentials() is not before
    assert session.state is UserState.GUEST


def test_where_there_is_no_identity_pool_there_are_only_tokens(nobody_to_ask, config, ports, users, password):
    session = AuthSession(config.replace(identity_pool_id=None), store="memory", ports=ports)
    session.sign_in("ada", password)
    before = session.get_tokens()
    renew(session)
    assert session.get_tokens() is not before


def test_where_nobody_is_signed_in_somebody_has_to(session):
    with pytest.raises(SignInRequired):
        renew(session)


@pytest.mark.parametrize("company", [True, False])
def test_it_is_tried_at_once_although_the_network_was_away(company, session, users, clock, password):
    given = [tokens("eve", issued_at=clock.now()).id_token, ConnectionError("no network")]

    def give():
        token = given.pop(0) if given else tokens("eve", issued_at=clock.now()).id_token
        if isinstance(token, Exception):
            raise token
        return token

    if company:
        session.federated_sign_in("google", give)
    else:
        session.sign_in("ada", password)
    users.fail_next(OFFLINE, on="refresh")
    clock.advance(timedelta(hours=2))
    with pytest.raises(ServiceUnavailable):
        session.get_credentials(wait=False)
    renew(session, wait=False)
    assert (session.state, session.has_valid_tokens) == (UserState.SIGNED_IN, True)
    assert session.credentials_expire_at > clock.now()
