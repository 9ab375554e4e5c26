"""What services really sign is taken for genuine, and nothing else is: over HTTP, with the keys that they publish."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from nbauth.cognito.client import Clients
from nbauth.cognito.pool_keys import PoolKeys
from nbauth.cognito.user_pool import CognitoUserPool
from nbauth.cognito.verify import CognitoVerifier
from nbauth.core.config import AuthConfig
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.tokens import TokenSet
from nbauth.errors import TokensNotGenuine
from nbauth.ports import Clock, Credential
from nbauth.runtime import SystemClock

POOLS = {"ministack": "pool", "stand-in": "stand_in_pool"}


@dataclass(frozen=True)
class Place:
    """A user pool, and who can tell its tokens from others."""

    config: AuthConfig
    users: CognitoUserPool
    verifier: CognitoVerifier

    def sign_in(self, username: str = "ada") -> TokenSet:
        tokens = self.users.initiate_auth(Credential(username, Secret("Correct-Horse-7")))
        assert isinstance(tokens, TokenSet)
        return tokens


def place_of(config: AuthConfig, clock: Clock | None = None) -> Place:
    clients, clock = Clients(config), clock or SystemClock()
    keys = PoolKeys(clients)
    return Place(config, CognitoUserPool(config, clients, clock, keys), CognitoVerifier(config, clients, clock, keys))


@pytest.fixture(params=POOLS)
def pools(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(POOLS[request.param])


@pytest.fixture
def place(pools: Any) -> Place:
    return place_of(pools.config())


def test_what_a_sign_in_and_a_refresh_bring_is_genuine(place: Place) -> None:
    tokens = place.sign_in()
    assert place.verifier.verify(tokens)["sub"] == tokens.sub
    record = Record(tokens.username, tokens.sub, tokens.issuer, tokens.refresh_token)
    renewed = place.users.refresh(record)
    claims = place.verifier.check(renewed)
    assert claims == renewed.claims


def test_the_issuer_may_be_configured(pools: Any) -> None:
    issuer = f"https://cognito-idp.{pools.region}.amazonaws.com/{pools.user_pool_id}"
    place = place_of(pools.config(issuer=issuer))
    assert place.verifier.verify(place.sign_in())
    other = place_of(pools.config(issuer="https://sso.example.com"))
    with pytest.raises(TokensNotGenuine, match="its issuer"):
        other.verifier.verify(other.sign_in())


def test_tokens_of_another_app_client_are_not_this_ones(pools: Any) -> None:
    issued = place_of(pools.config(client_id=pools.secret_client_id, client_secret=pools.client_secret)).sign_in()
    with pytest.raises(TokensNotGenuine, match="another app client"):
        place_of(pools.config()).verifier.verify(issued)


def forged(token: Secret, **changes: Any) -> Secret:
    """A token with a stranger's signature under the pool's own words."""
    claims = jwt.decode(token.reveal(), options={"verify_signature": False}) | changes
    header = jwt.get_unverified_header(token.reveal())
    return Secret(jwt.encode(claims, rsa.generate_private_key(65537, 2048), "RS256", header))


@pytest.mark.parametrize(
    "forge",
    [
        lambda tokens: replace(tokens, id_token=forged(tokens.id_token)),
        lambda tokens: replace(tokens, access_token=forged(tokens.access_token)),
        lambda tokens: replace(tokens, id_token=Secret(tokens.id_token.reveal()[:-4])),
        lambda tokens: replace(tokens, id_token=tokens.access_token),
        lambda tokens: replace(tokens, access_token=tokens.id_token),
    ],
    ids=["ID token forged", "access token forged", "cut", "two access tokens", "two ID tokens"],
)
def test_what_the_service_has_not_signed_is_not_genuine(forge: Callable[[TokenSet], TokenSet], place: Place) -> None:
    with pytest.raises(TokensNotGenuine):
        place.verifier.verify(forge(place.sign_in()))


def test_tokens_of_two_users_do_not_go_together(stand_in_pool: Any, stand_in: Any) -> None:
    place = place_of(stand_in_pool.config())
    stand_in.users.add("eve", "Correct-Horse-7")
    with pytest.raises(TokensNotGenuine, match="another user's"):
        place.verifier.verify(replace(place.sign_in(), access_token=place.sign_in("eve").access_token))
