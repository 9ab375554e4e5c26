from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nbauth.cognito.client import Clients
from nbauth.cognito.identity_pool import CognitoIdentityPool
from nbauth.core.config import AuthConfig
from nbauth.core.credentials import AwsCredentials
from nbauth.core.secret import Secret
from nbauth.errors import ConfigError, ServiceUnavailable
from nbauth.testing import FakeClock

NOW = datetime(2026, 9, 5, 12, 0, 0, tzinfo=UTC)
LOGINS = {"cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example01": Secret("id-token")}
CREDENTIALS = {
    "AccessKeyId": "ASIAEXAMPLE",
    "SecretKey": "secret key",
    "SessionToken": "session token",
    "Expiration": (NOW + timedelta(hours=1)).timestamp(),
}


@pytest.fixture
def pool(config: AuthConfig, clients: Clients) -> CognitoIdentityPool:
    return CognitoIdentityPool(config, clients, FakeClock(NOW))


def test_a_guest_sends_no_logins(wire: Any, config: AuthConfig, pool: CognitoIdentityPool) -> None:
    wire.answers({"IdentityId": "eu-west-1:1"})
    assert pool.get_id({}) == "eu-west-1:1"
    assert wire.sent == [("GetId", {"IdentityPoolId": config.identity_pool_id})]


def test_a_user_sends_the_id_token(wire: Any, config: AuthConfig, pool: CognitoIdentityPool) -> None:
    wire.answers({"IdentityId": "eu-west-1:1"})
    pool.get_id(LOGINS)
    logins = {"cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example01": "id-token"}
    assert wire.sent == [("GetId", {"IdentityPoolId": config.identity_pool_id, "Logins": logins})]


def test_credentials_are_read_whole(wire: Any, pool: CognitoIdentityPool) -> None:
    wire.answers({"IdentityId": "eu-west-1:1", "Credentials": CREDENTIALS})
    assert pool.get_credentials("eu-west-1:1", LOGINS) == AwsCredentials(
        access_key_id="ASIAEXAMPLE",
        secret_access_key=Secret("secret key"),
        session_token=Secret("session token"),
        issued_at=NOW,
        expires_at=NOW + timedelta(hours=1),
        identity_id="eu-west-1:1",
    )


def test_a_user_asks_for_the_role_that_is_configured_and_a_guest_for_none(
    wire: Any, config: AuthConfig, wired: Callable[..., Clients]
) -> None:
    role = "arn:aws:iam::123456789012:role/Analyst"
    config = config.replace(custom_role_arn=role)
    pool = CognitoIdentityPool(config, wired(config), FakeClock(NOW))
    for logins in (LOGINS, {}):
        wire.answers({"Credentials": CREDENTIALS})
        pool.get_credentials("eu-west-1:1", logins)
    assert [body.get("CustomRoleArn") for _, body in wire.sent] == [role, None]


def test_the_end_of_credentials_is_told_in_utc(wire: Any, pool: CognitoIdentityPool) -> None:
    wire.answers({"Credentials": CREDENTIALS})
    assert pool.get_credentials("eu-west-1:1", {}).expires_at.tzinfo is UTC


def test_the_identity_in_the_answer_is_the_one_to_keep(wire: Any, pool: CognitoIdentityPool) -> None:
    wire.answers({"IdentityId": "eu-west-1:merged", "Credentials": CREDENTIALS})
    assert pool.get_credentials("eu-west-1:guest", LOGINS).identity_id == "eu-west-1:merged"


@pytest.mark.parametrize(
    "answer",
    [b"<html>please pay</html>", {}, {"Credentials": None}]
    + [{"Credentials": {k: v for k, v in CREDENTIALS.items() if k != name}} for name in CREDENTIALS],
)
def test_odd_credentials_are_said_clearly(answer: Any, wire: Any, pool: CognitoIdentityPool) -> None:
    wire.answers(answer)
    with pytest.raises(ServiceUnavailable, match="not one of Cognito's"):
        pool.get_credentials("eu-west-1:1", {})


@pytest.mark.parametrize("answer", [b"", b"<html>please pay</html>", {"IdentityId": ""}, {"IdentityId": 1}])
def test_an_odd_identity_is_said_clearly(answer: Any, wire: Any, pool: CognitoIdentityPool) -> None:
    wire.answers(answer)
    with pytest.raises(ServiceUnavailable, match="not one of Cognito's"):
        pool.get_id({})


def test_without_an_identity_pool_there_are_no_identities(wired: Callable[..., Clients]) -> None:
    config = AuthConfig(user_pool_id="eu-west-1_Example01", client_id="exampleclient")
    with pytest.raises(ConfigError, match="identity_pool_id"):
        CognitoIdentityPool(config, wired(config), FakeClock()).get_id({})
