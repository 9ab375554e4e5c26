"""Pools in every partition of AWS, and under both forms of their issuer: what each id and each issuer turns into."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from nbauth.auth_session import AuthSession
from nbauth.cognito.client import Clients, host_of
from nbauth.cognito.identity_pool import CognitoIdentityPool
from nbauth.cognito.srp import Exchange
from nbauth.cognito.user_pool import CognitoUserPool
from nbauth.core.config import AuthConfig
from nbauth.core.secret import Secret
from nbauth.ports import Ports
from nbauth.stores.memory import MemoryStore
from nbauth.testing import FakeClock, tokens
from nbauth.testing.stand_in import srp as server

MOMENT = datetime(2026, 9, 5, 12, 0, 0, tzinfo=UTC)
PASSWORD = "Correct-Horse-7"
SUFFIXES = {
    "eu-west-1": "amazonaws.com",
    "us-gov-west-1": "amazonaws.com",
    "cn-north-1": "amazonaws.com.cn",
    "eusc-de-east-1": "amazonaws.eu",
    "us-iso-east-1": "c2s.ic.gov",
    "us-isob-east-1": "sc2s.sgov.gov",
}


def config_in(region: str) -> AuthConfig:
    return AuthConfig(
        user_pool_id=f"{region}_AbCdEfGhI",
        client_id="exampleclient",
        identity_pool_id=f"{region}:00000000-0000-4000-8000-00000000000a",
    )


@pytest.mark.parametrize("region", SUFFIXES)
def test_a_pools_id_says_where_the_pool_is(region: str) -> None:
    clients = Clients(config_in(region))
    assert host_of(clients.user_pools) == f"cognito-idp.{region}.{SUFFIXES[region]}"
    assert host_of(clients.identity_pools) == f"cognito-identity.{region}.{SUFFIXES[region]}"


@pytest.mark.parametrize("pool_id", [*(f"{region}_AbCdEfGhI" for region in SUFFIXES), "local_AbCdEfGhI"])
def test_what_follows_the_region_is_the_name_in_a_proof(pool_id: str) -> None:
    verifier = server.Verifier.of("AbCdEfGhI", "ada", PASSWORD)
    ours = Exchange(pool_id, Secret(PASSWORD))
    handshake = server.Handshake(verifier, int(ours.public, 16))
    asked = {
        "USER_ID_FOR_SRP": "ada",
        "SALT": f"{verifier.salt:x}",
        "SRP_B": f"{handshake.big_b:x}",
        "SECRET_BLOCK": handshake.secret_block,
    }
    answer = ours.prove(asked, MOMENT)
    signature = base64.b64decode(answer["PASSWORD_CLAIM_SIGNATURE"])
    assert handshake.is_proved_by(signature, answer["TIMESTAMP"])


@pytest.mark.parametrize("form", ["cognito-idp", "issuer-cognito-idp"])
@pytest.mark.parametrize("region", SUFFIXES)
def test_an_identity_pool_is_told_of_the_issuer_that_the_token_names(
    region: str, form: str, wire: Any, wired: Callable[[AuthConfig], Clients]
) -> None:
    config, clock = config_in(region), FakeClock(MOMENT)
    provider = f"{form}.{region}.{SUFFIXES[region]}/{config.user_pool_id}"
    clients = wired(config)
    users, identities = CognitoUserPool(config, clients, clock), CognitoIdentityPool(config, clients, clock)
    auth = AuthSession(config, store="memory", ports=Ports(users, identities, MemoryStore(), clock))
    made = tokens("ada", issued_at=MOMENT, issuer=f"https://{provider}")
    result = {"IdToken": made.id_token.reveal(), "AccessToken": made.access_token.reveal(), "ExpiresIn": 3600}
    wire.answers({"AuthenticationResult": result | {"RefreshToken": "refresh-token"}})
    wire.answers({"IdentityId": f"{region}:00000000-0000-4000-8000-000000000001"})
    keys = {"AccessKeyId": "ASIAEXAMPLE", "SecretKey": "secret", "SessionToken": "token"}
    expiration = MOMENT.timestamp() + 3600
    wire.answers({"IdentityId": f"{region}:1", "Credentials": keys | {"Expiration": expiration}})

    auth.sign_in("ada", PASSWORD, flow="USER_PASSWORD_AUTH")
    auth.get_credentials(wait=False)

    assert [operation for operation, _ in wire.sent] == ["InitiateAuth", "GetId", "GetCredentialsForIdentity"]
    assert all(body["Logins"] == {provider: made.id_token.reveal()} for _, body in wire.sent[1:])
