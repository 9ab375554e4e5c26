"""Stepping up at a service: the level that was reached, the user who stays the same, and a pool that has no step-up."""

import os
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from nbauth.auth_session import AuthSession
from nbauth.core.tokens import read_claims
from nbauth.core.user_state import UserState
from nbauth.errors import ConfigError, NotAuthorized
from nbauth.testing import StandIn

LEVEL = "urn:cognito:loa:2"
PASSWORD = "Correct-Horse-7"


@pytest.fixture
def carol(stand_in: StandIn, stand_in_pool: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[AuthSession]:
    """Carol has signed in with her authenticator app a minute ago."""
    monkeypatch.setattr(AuthSession, "prompt_for", staticmethod(lambda session: None))
    for name in [name for name in os.environ if name.startswith("NBAUTH_")]:
        monkeypatch.delenv(name)
    stand_in.client.flows |= {"USER_AUTH"}
    auth = AuthSession(stand_in.config, store="memory")
    auth.sign_in("carol", PASSWORD)
    auth.confirm_sign_in(code(stand_in))
    stand_in.clock.advance(timedelta(seconds=30))  # a code is good once
    yield auth
    auth.sign_out()


def code(stand_in: StandIn) -> str:
    authenticator = stand_in.users["carol"].authenticator
    assert authenticator
    return authenticator.code(stand_in.clock.now())


def settle() -> None:
    """Wait until no request is under way."""
    for thread in threading.enumerate():
        if thread.name == "nbauth-request" and thread.is_alive():
            thread.join(20)


def level_of(auth: AuthSession) -> Any:
    return read_claims(auth.get_tokens().access_token.reveal()).get("acr")


def test_a_step_up_reaches_a_level_and_stays_with_the_user(carol: AuthSession, stand_in: StandIn) -> None:
    before, user, identity = carol.get_tokens(), carol.user_sub, carol.get_identity_id()
    assert level_of(carol) is None
    assert carol.step_up(LEVEL, max_age=300).challenge.name == "SELECT_CHALLENGE"
    carol.confirm_sign_in("PASSWORD")
    assert carol.confirm_sign_in({"password": PASSWORD}).challenge.name == "SOFTWARE_TOKEN_MFA"
    assert (carol.state, carol.get_tokens(), level_of(carol)) == (UserState.SIGNED_IN, before, None)
    assert carol.confirm_sign_in(code(stand_in)).done
    assert (level_of(carol), carol.claims["acr"]) == (LEVEL, LEVEL)
    assert (carol.user_sub, carol.get_identity_id()) == (user, identity)


def test_the_sign_in_before_a_step_up_does_not_stay_good(carol: AuthSession, stand_in: StandIn) -> None:
    carol.step_up(LEVEL)
    carol.confirm_sign_in("PASSWORD")
    carol.confirm_sign_in({"password": PASSWORD})
    carol.confirm_sign_in(code(stand_in))
    carol.sign_out()
    settle()
    assert [call.operation for call in stand_in.calls].count("RevokeToken") == 2


def test_a_step_up_survives_a_refresh_and_the_refresh_survives_it(carol: AuthSession, stand_in: StandIn) -> None:
    carol.step_up(LEVEL)
    between = carol.get_tokens(force_refresh=True)
    carol.confirm_sign_in("PASSWORD")
    carol.confirm_sign_in({"password": PASSWORD})
    assert carol.confirm_sign_in(code(stand_in)).done
    assert carol.get_tokens() is not between
    assert carol.get_tokens(force_refresh=True).sub == carol.user_sub


def test_a_pool_whose_plan_has_no_step_up_says_so_and_nobody_is_harmed(carol: AuthSession, stand_in: StandIn) -> None:
    stand_in.settings.has_step_up = False
    before = carol.get_tokens()
    with pytest.raises(ConfigError, match="feature plan does not have this") as caught:
        carol.step_up(LEVEL)
    assert caught.value.code == "FeatureUnavailableInTierException"
    assert (carol.state, carol.challenge, carol.get_tokens()) == (UserState.SIGNED_IN, None, before)


def test_a_wrong_password_keeps_the_user_signed_in(carol: AuthSession) -> None:
    before = carol.get_tokens()
    carol.step_up(LEVEL)
    carol.confirm_sign_in("PASSWORD")
    with pytest.raises(NotAuthorized):
        carol.confirm_sign_in({"password": "wrong"})
    assert (carol.state, carol.get_tokens()) == (UserState.SIGNED_IN, before)


def test_tokens_that_have_ended_are_renewed_for_a_step_up(carol: AuthSession, stand_in: StandIn) -> None:
    client = stand_in.client
    client.token_lifetime = timedelta(seconds=-1)
    carol.get_tokens(force_refresh=True)
    client.token_lifetime = timedelta(hours=1)
    assert carol.step_up(LEVEL).challenge is not None
    assert [call.operation for call in stand_in.calls][-2:] == ["GetTokensFromRefreshToken", "InitiateAuth"]
