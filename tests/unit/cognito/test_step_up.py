"""A step-up as the pool sees it: USER_AUTH with the user's access token, and what is to be proved (InitiateAuth)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from nbauth.cognito.client import Clients
from nbauth.cognito.user_pool import CognitoUserPool
from nbauth.core.challenges import Challenge
from nbauth.core.config import AuthConfig
from nbauth.core.device import RememberedDevice
from nbauth.core.secret import Secret
from nbauth.core.step_up import StepUp
from nbauth.core.tokens import TokenSet
from nbauth.errors import AccessTokenRefused, ConfigError
from nbauth.ports import Credential
from nbauth.testing import FakeClock, tokens

NOW = datetime(2026, 9, 5, 12, 0, 0, tzinfo=UTC)
TOKEN = Secret("the access token")
DEVICE = RememberedDevice("ada", "eu-west-1_5b1c", "-Group", Secret("device password"))


def wanting(acr: str | None = None, max_age: int | None = None, **more: Any) -> Credential:
    return Credential("ada", auth_flow="USER_AUTH", step_up=StepUp(TOKEN, acr, max_age), **more)


def posed(name: str, **parameters: str) -> dict[str, Any]:
    return {"ChallengeName": name, "Session": "s", "ChallengeParameters": {"USERNAME": "ada", **parameters}}


def result() -> dict[str, Any]:
    made = tokens("ada", issued_at=NOW)
    return {"AuthenticationResult": {"IdToken": made.id_token.reveal(), "AccessToken": made.access_token.reveal()}}


@pytest.fixture
def pool(config: AuthConfig, clients: Clients) -> CognitoUserPool:
    return CognitoUserPool(config, clients, FakeClock(NOW))


@pytest.mark.parametrize(
    ("wanted", "parameters"),
    [
        (wanting(), {}),
        (wanting("urn:cognito:loa:3 urn:cognito:loa:2"), {"TARGET_ACR_VALUES": "urn:cognito:loa:3 urn:cognito:loa:2"}),
        (wanting(max_age=0), {"MAX_AGE": "0"}),
        (wanting("gold", 300), {"TARGET_ACR_VALUES": "gold", "MAX_AGE": "300"}),
        (wanting(device=DEVICE), {"DEVICE_KEY": DEVICE.key}),
    ],
)
def test_a_step_up_says_who_is_signed_in_and_what_is_wanted(
    wanted: Credential, parameters: dict[str, str], wire: Any, pool: CognitoUserPool
) -> None:
    wire.answers(result())
    assert isinstance(pool.initiate_auth(wanted), TokenSet)
    ((operation, body),) = wire.sent
    assert (operation, body["AuthFlow"]) == ("InitiateAuth", "USER_AUTH")
    assert body["AuthParameters"] == {"USERNAME": "ada", "ACCESS_TOKEN": TOKEN.reveal(), **parameters}


def test_what_a_step_up_asks_is_answered_like_any_challenge(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(posed("SOFTWARE_TOKEN_MFA"))
    wire.answers(result())
    challenge = pool.initiate_auth(wanting("gold"))
    assert isinstance(challenge, Challenge)
    assert isinstance(pool.respond(challenge, {"code": "123456"}), TokenSet)
    assert wire.sent[1][1]["ChallengeResponses"] == {"USERNAME": "ada", "SOFTWARE_TOKEN_MFA_CODE": "123456"}


def test_a_code_that_is_sent_anew_is_for_the_same_step_up(wire: Any, pool: CognitoUserPool) -> None:
    for _ in range(2):
        wire.answers(posed("EMAIL_OTP", CODE_DELIVERY_DELIVERY_MEDIUM="EMAIL"))
    challenge = pool.initiate_auth(wanting("gold", 60))
    assert isinstance(challenge, Challenge)
    pool.resend(challenge)
    assert wire.sent[0] == wire.sent[1]


def test_a_pool_whose_plan_has_no_step_up_is_named_in_one_sentence(wire: Any, pool: CognitoUserPool) -> None:
    wire.refuses("FeatureUnavailableInTierException", "Step-up authentication is not available")
    with pytest.raises(ConfigError, match=r"^The user pool's feature plan does not have this: .* Essentials or Plus"):
        pool.initiate_auth(wanting())


def test_an_access_token_that_was_revoked_is_told_from_other_refusals(wire: Any, pool: CognitoUserPool) -> None:
    wire.refuses("NotAuthorizedException", "Access Token has been revoked")
    with pytest.raises(AccessTokenRefused):
        pool.initiate_auth(wanting())
