"""One world of pools for each implementation of the ports, with the same people in both."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyotp
import pytest

from nbauth.cognito.client import Clients
from nbauth.cognito.identity_pool import CognitoIdentityPool
from nbauth.cognito.user_pool import CognitoUserPool
from nbauth.core.config import AuthConfig
from nbauth.core.secret import Secret
from nbauth.core.tokens import TokenSet
from nbauth.ports import Clock, Credential, IdentityPool, UserPool
from nbauth.testing import AppClient, FakeClock, FakeIdentityPool, FakeUserPool, StandIn

TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


class RealClock(Clock):
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True)
class World:
    """Who is there to sign in, and where."""

    users: UserPool
    identities: IdentityPool
    clock: Clock
    totp_secret: str
    provider: str = "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example01"
    username: str = "ada"
    email: str = "ada@example.com"
    password: str = "Correct-Horse-7"
    new_username: str = "bob"
    temporary_password: str = "Battery-Staple-7"
    totp_username: str = "carol"

    def sign_in(self, username: str = "ada", password: str = "Correct-Horse-7") -> Any:
        return self.users.initiate_auth(Credential(username, Secret(password)))

    def code(self) -> str:
        return pyotp.TOTP(self.totp_secret).at(self.clock.now())

    def logins(self, tokens: TokenSet) -> dict[str, Secret]:
        return {self.provider: tokens.id_token}


def _fake() -> World:
    clock = FakeClock()
    users = FakeUserPool(clock)
    users.add_user(World.username, World.password, email=World.email)
    users.add_user(World.new_username, World.temporary_password, temporary=True)
    users.add_user(World.totp_username, World.password, totp_secret=TOTP_SECRET)
    return World(users, FakeIdentityPool(clock), clock, TOTP_SECRET)


def _real(pool: Any, **changes: Any) -> World:
    config, clock = pool.config(**changes), RealClock()
    clients = Clients(config)
    return World(
        users=CognitoUserPool(config, clients, clock),
        identities=CognitoIdentityPool(config, clients, clock),
        clock=clock,
        totp_secret=pool.totp_secret,
        provider=f"cognito-idp.{pool.region}.amazonaws.com/{pool.user_pool_id}",
    )


def _with_secret(pool: Any) -> World:
    return _real(pool, client_id=pool.secret_client_id, client_secret=pool.client_secret)


def _with_sent_password(pool: Any) -> World:
    return _real(pool, auth_flow="USER_PASSWORD_AUTH")


class StandInPool:
    """The stand-in's pools, with the people of the emulator's and asked the same way."""

    totp_secret = TOTP_SECRET

    def __init__(self, cognito: StandIn) -> None:
        self.cognito = cognito
        self.region = cognito.region
        self.user_pool_id = cognito.user_pool_id
        self.client_secret = "a1b2c3d4e5" * 5
        self.secret_client_id = cognito.add_client(AppClient(secret=self.client_secret)).client_id
        cognito.users.add(World.username, World.password, email=World.email)
        cognito.users.add(World.new_username, World.temporary_password, temporary=True)
        cognito.users.add(World.totp_username, World.password, totp_secret=TOTP_SECRET)

    def config(self, **changes: Any) -> AuthConfig:
        return AuthConfig(**self.cognito.config | changes)


WORLDS: dict[str, tuple[str, Callable[[Any], World]]] = {
    f"{backend}{variant}": (pools, make)
    for backend, pools in (("ministack", "pool"), ("stand-in", "stand_in_pool"))
    for variant, make in (
        ("", _real),
        ("-with-client-secret", _with_secret),
        ("-with-sent-password", _with_sent_password),
    )
}
"""For each name the fixture with the pools, and what makes a world of them."""


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """A stand-in of its own for each test."""
    with StandIn() as cognito:
        yield cognito


@pytest.fixture
def stand_in_pool(stand_in: StandIn) -> StandInPool:
    """The stand-in with its people."""
    return StandInPool(stand_in)


@pytest.fixture(params=["fake", *WORLDS])
def world(request: pytest.FixtureRequest) -> World:
    """Each implementation in turn."""
    if request.param == "fake":
        return _fake()
    pools, make = WORLDS[request.param]
    return make(request.getfixturevalue(pools))


@pytest.fixture
def world_of() -> Callable[..., World]:
    """Makes the world of the adapters around the pools it is given."""
    return _real
