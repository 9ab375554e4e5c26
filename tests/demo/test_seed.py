"""What the demo's AWS lets whom do, asked with plain boto3."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from nbauth.demo.rides import rides_csv
from nbauth.demo.scene import Scene, User

pytestmark = pytest.mark.xdist_group("demo")


class Visitor:
    """Somebody with nothing but the demo's settings."""

    def __init__(self, scene: Scene, clients: ExitStack) -> None:
        self._scene = scene
        self._clients = clients
        self._cognito = self._client("cognito-idp", config=Config(signature_version=UNSIGNED))
        self._identities = self._client("cognito-identity", config=Config(signature_version=UNSIGNED))

    def _client(self, service: str, **options: Any) -> Any:
        scene = self._scene
        client = boto3.client(service, endpoint_url=scene.endpoint_url, region_name=scene.region, **options)
        return self._clients.enter_context(closing(client))

    def user(self, name: str) -> User:
        return next(user for user in self._scene.users if user.username == name)

    def sign_in(self, name: str) -> dict[str, Any]:
        return self._cognito.initiate_auth(
            ClientId=self._scene.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": self.user(name).password},
        )

    def answer(self, name: str, challenge: dict[str, Any], **answers: str) -> dict[str, Any]:
        return self._cognito.respond_to_auth_challenge(
            ClientId=self._scene.client_id,
            ChallengeName=challenge["ChallengeName"],
            Session=challenge["Session"],
            ChallengeResponses={"USERNAME": name, **answers},
        )

    def s3(self, logins: Mapping[str, str]) -> Any:
        pool = self._scene.identity_pool_id
        identity = self._identities.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
        keys = self._identities.get_credentials_for_identity(IdentityId=identity, Logins=logins)["Credentials"]
        return self._client(
            "s3",
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretKey"],
            aws_session_token=keys["SessionToken"],
        )

    def s3_as(self, name: str) -> Any:
        token = self.sign_in(name)["AuthenticationResult"]["IdToken"]
        return self.s3({f"cognito-idp.{self._scene.region}.amazonaws.com/{self._scene.user_pool_id}": token})


@pytest.fixture
def visitor(scene: Scene) -> Iterator[Visitor]:
    with ExitStack() as clients:
        yield Visitor(scene, clients)


def test_a_guest_may_see_what_there_is(scene: Scene, visitor: Visitor):
    s3 = visitor.s3({})
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == [scene.bucket]
    assert [found["Key"] for found in s3.list_objects_v2(Bucket=scene.bucket)["Contents"]] == list(scene.keys)


def test_a_guest_may_not_read(scene: Scene, visitor: Visitor):
    with pytest.raises(ClientError, match="AccessDenied"):
        visitor.s3({}).get_object(Bucket=scene.bucket, Key=scene.keys[0])


def test_alice_may_read_but_not_write(scene: Scene, visitor: Visitor):
    s3 = visitor.s3_as("alice")
    assert s3.get_object(Bucket=scene.bucket, Key=scene.keys[0])["Body"].read().decode() == rides_csv()
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=scene.bucket, Key="mine.csv", Body=b"")


def test_a_made_up_token_gets_no_credentials(scene: Scene, visitor: Visitor):
    with pytest.raises(ClientError, match="NotAuthorizedException"):
        visitor.s3({f"cognito-idp.{scene.region}.amazonaws.com/{scene.user_pool_id}": "a.b.c"})


def test_bob_must_choose_a_new_password(visitor: Visitor):
    assert visitor.sign_in("bob")["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


def test_carol_is_asked_for_her_code_and_the_printed_one_is_right(visitor: Visitor):
    challenge = visitor.sign_in("carol")
    assert challenge["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    signed_in = visitor.answer("carol", challenge, SOFTWARE_TOKEN_MFA_CODE=visitor.user("carol").code())
    assert signed_in["AuthenticationResult"]["RefreshToken"]


def test_a_wrong_code_does_not_sign_carol_in(visitor: Visitor):
    code = visitor.user("carol").code()
    wrong = f"{(int(code) + 500_000) % 1_000_000:06}"
    with pytest.raises(ClientError, match="CodeMismatchException"):
        visitor.answer("carol", visitor.sign_in("carol"), SOFTWARE_TOKEN_MFA_CODE=wrong)
