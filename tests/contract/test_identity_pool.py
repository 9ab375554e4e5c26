"""What every identity pool does, the fake and the adapter alike; then what its credentials open."""

import urllib.request
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from nbauth.aws import boto3_session
from nbauth.cognito.client import Clients
from nbauth.cognito.identity_pool import CognitoIdentityPool
from nbauth.core.config import AuthConfig
from nbauth.core.credentials import AwsCredentials
from nbauth.core.secret import Secret
from nbauth.errors import AuthError, ConfigError, IdentityGone, NotAuthorized, Rejected, ServiceUnavailable
from nbauth.testing import FakeClock, FakeIdentityPool


class Source:
    def __init__(self, get: Callable[[], AwsCredentials]) -> None:
        self.get_credentials = get


# Every implementation.


def test_a_user_has_one_identity(world: Any) -> None:
    first, second = (world.identities.get_id(world.logins(world.sign_in())) for _ in range(2))
    assert first == second


def test_each_guest_is_another_identity(world: Any) -> None:
    assert world.identities.get_id({}) != world.identities.get_id({})


@pytest.mark.parametrize("guest", [True, False])
def test_an_identity_gets_credentials_for_a_while(guest: bool, world: Any) -> None:
    logins = {} if guest else world.logins(world.sign_in())
    identity_id = world.identities.get_id(logins)
    credentials = world.identities.get_credentials(identity_id, logins)
    assert credentials.identity_id == identity_id
    assert credentials.access_key_id
    assert credentials.secret_access_key
    assert credentials.session_token
    assert world.clock.now() < credentials.expires_at < world.clock.now() + timedelta(hours=1, minutes=1)


def test_each_time_the_credentials_are_new(world: Any) -> None:
    identity_id = world.identities.get_id({})
    first, second = (world.identities.get_credentials(identity_id, {}) for _ in range(2))
    assert first.access_key_id != second.access_key_id


def test_the_identity_of_a_user_is_not_for_guests(world: Any) -> None:
    identity_id = world.identities.get_id(world.logins(world.sign_in()))
    with pytest.raises(IdentityGone):
        world.identities.get_credentials(identity_id, {})


def test_a_guest_who_signs_in_keeps_the_identity(world: Any) -> None:
    guest = world.identities.get_id({})
    logins = world.logins(world.sign_in())
    assert world.identities.get_credentials(guest, logins).identity_id == guest
    assert world.identities.get_id(logins) == guest


def test_a_guest_who_signs_in_as_somebody_known_becomes_that_identity(world: Any) -> None:
    logins = world.logins(world.sign_in())
    known, guest = world.identities.get_id(logins), world.identities.get_id({})
    assert world.identities.get_credentials(guest, logins).identity_id == known
    with pytest.raises(IdentityGone):
        world.identities.get_credentials(guest, {})


def test_made_up_logins_are_refused(world: Any) -> None:
    with pytest.raises(AuthError) as caught:
        world.identities.get_id({world.provider: Secret("made.up.token")})
    assert isinstance(caught.value, Rejected | ConfigError)
    assert "made.up" not in str(caught.value)


# The fake alone: the emulators know every identity and turn no guest away.


def test_a_deleted_identity_is_gone() -> None:
    pool = FakeIdentityPool()
    identity_id = pool.get_id({})
    pool.delete(identity_id)
    with pytest.raises(IdentityGone):
        pool.get_credentials(identity_id, {})


def test_a_pool_without_guests_says_so() -> None:
    with pytest.raises(NotAuthorized, match="takes no guests"):
        FakeIdentityPool(guests=False).get_id({})


# The adapter alone.


def adapter(config: AuthConfig) -> CognitoIdentityPool:
    return CognitoIdentityPool(config, Clients(config), FakeClock())


def test_an_unknown_identity_pool_is_a_setting_to_correct(pool: Any) -> None:
    nowhere = pool.config(identity_pool_id=f"{pool.region}:00000000-0000-4000-8000-000000000000")
    with pytest.raises(ConfigError, match="identity_pool_id"):
        adapter(nowhere).get_id({})


def test_a_user_pool_that_is_not_trusted_is_a_setting_to_correct(pool: Any, world_of: Callable[..., Any]) -> None:
    pool.admin("cognito-identity").update_identity_pool(
        IdentityPoolId=pool.identity_pool_id,
        IdentityPoolName="test",
        AllowUnauthenticatedIdentities=True,
        CognitoIdentityProviders=[],
    )
    world = world_of(pool)
    with pytest.raises(ConfigError, match="identity_pool_id"):
        world.identities.get_id(world.logins(world.sign_in()))


def test_a_service_that_is_not_there_is_offline(pool: Any, nobody: str) -> None:
    with pytest.raises(ServiceUnavailable, match=nobody) as caught:
        adapter(pool.config(endpoint_url=f"http://{nobody}")).get_id({})
    assert caught.value.reason == "offline"


# What the credentials open.


@pytest.fixture
def s3(pool: Any, world_of: Callable[..., Any]) -> Callable[..., Any]:
    """An S3 client for a user or a guest, made before there are any credentials."""
    world = world_of(pool)

    def client(*, guest: bool) -> Any:
        def get() -> AwsCredentials:
            logins = {} if guest else world.logins(world.sign_in())
            return world.identities.get_credentials(world.identities.get_id(logins), logins)

        session = boto3_session(Source(get), pool.region)
        return session.client("s3", endpoint_url=pool.endpoint_url, config=Config(s3={"addressing_style": "path"}))

    return client


def read(client: Any, bucket: str, key: str) -> bytes:
    with client.get_object(Bucket=bucket, Key=key)["Body"] as body:
        return bytes(body.read())


def test_a_user_reads_what_is_for_users(s3: Callable[..., Any], pool: Any) -> None:
    user = s3(guest=False)
    assert read(user, pool.bucket, pool.private_key) == b"for users"
    assert read(user, pool.bucket, pool.public_key) == b"for everybody"


def test_a_guest_reads_what_is_for_everybody(s3: Callable[..., Any], pool: Any) -> None:
    assert read(s3(guest=True), pool.bucket, pool.public_key) == b"for everybody"


def test_a_guest_is_denied_what_only_users_may_read(s3: Callable[..., Any], pool: Any) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        read(s3(guest=True), pool.bucket, pool.private_key)


def test_a_presigned_url_opens_for_whoever_has_it(s3: Callable[..., Any], pool: Any) -> None:
    address = {"Bucket": pool.bucket, "Key": pool.private_key}
    with urllib.request.urlopen(s3(guest=False).generate_presigned_url("get_object", address)) as answer:
        assert answer.read() == b"for users"
