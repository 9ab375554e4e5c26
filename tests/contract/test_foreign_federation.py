"""The stand-in's identity pool, judged by clients that are not ours, with right tokens and wrong ones."""

import json
import os
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from nbauth.testing import Cognito
from nbauth.testing.stand_in import RoleMapping

GOOGLE, FACEBOOK = "accounts.google.com", "graph.facebook.com"
SAML = "arn:aws:iam::123456789012:saml-provider/Example"
PROVIDERS = [GOOGLE, "appleid.apple.com", FACEBOOK, "www.amazon.com", "login.example.com", SAML]
DEVELOPER, COGNITO = "login.example.app", "cognito-identity.amazonaws.com"
READER, WRITER = "arn:aws:iam::123456789012:role/reader", "arn:aws:iam::123456789012:role/writer"
PACKAGE, VERSION = "@aws-sdk/credential-provider-cognito-identity", "3.972.83"


@pytest.fixture
def cognito(stand_in: Cognito) -> Cognito:
    for name in PROVIDERS:
        stand_in.identities.add_provider(name)
    stand_in.identities.developer_provider = DEVELOPER
    return stand_in


@pytest.fixture
def logins(cognito: Cognito) -> Callable[..., dict[str, str]]:
    """Returns somebody's logins at some providers."""
    return lambda *names, who="eve", **more: {
        name: cognito.identities.provider(name).token(who, **more) for name in names
    }


# boto3: everything that is answered is what the service's own model says.


@pytest.fixture
def client(cognito: Cognito) -> Any:
    return client_of(cognito, Config(signature_version=UNSIGNED))


def client_of(cognito: Cognito, config: Config, **keys: str) -> Any:
    once = Config(retries={"total_max_attempts": 1, "mode": "standard"}).merge(config)
    return boto3.client(
        "cognito-identity", region_name=cognito.region, endpoint_url=cognito.endpoint_url, config=once, **keys
    )


@pytest.fixture
def back_end(cognito: Cognito) -> Any:
    """A client that signs, as a back end with AWS credentials does."""
    return client_of(cognito, Config(), aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="example")


@pytest.mark.parametrize("name", PROVIDERS)
def test_boto3_gets_credentials_with_any_providers_token(name: str, cognito: Cognito, client: Any, logins: Any) -> None:
    eve = client.get_id(IdentityPoolId=cognito.identities.pool_id, Logins=logins(name))["IdentityId"]
    given = client.get_credentials_for_identity(IdentityId=eve, Logins=logins(name))
    assert given["IdentityId"] == eve
    assert given["Credentials"]["Expiration"] > cognito.clock.now()


@pytest.mark.parametrize("name", PROVIDERS)
def test_boto3_is_refused_a_token_that_has_ended(name: str, cognito: Cognito, client: Any, logins: Any) -> None:
    given = logins(name, lifetime=timedelta(minutes=1))
    cognito.clock.advance(timedelta(minutes=1))
    with pytest.raises(client.exceptions.NotAuthorizedException, match=r"Invalid login token\. Token expired"):
        client.get_id(IdentityPoolId=cognito.identities.pool_id, Logins=given)


def test_boto3_links_providers_and_is_told_of_a_conflict(cognito: Cognito, client: Any, logins: Any) -> None:
    pool = {"IdentityPoolId": cognito.identities.pool_id}
    both = client.get_id(Logins=logins(GOOGLE, FACEBOOK), **pool)["IdentityId"]
    assert client.get_id(Logins=logins(FACEBOOK), **pool)["IdentityId"] == both
    client.get_id(Logins=logins(SAML), **pool)
    with pytest.raises(client.exceptions.ResourceConflictException):
        client.get_credentials_for_identity(IdentityId=both, Logins=logins(GOOGLE, SAML))
    client.unlink_identity(IdentityId=both, Logins=logins(GOOGLE), LoginsToRemove=[FACEBOOK])
    assert client.get_id(Logins=logins(FACEBOOK), **pool)["IdentityId"] != both


def test_boto3_gets_a_developer_identity_where_it_signs(cognito: Cognito, client: Any, back_end: Any) -> None:
    request = {"IdentityPoolId": cognito.identities.pool_id, "Logins": {DEVELOPER: "frank"}, "TokenDuration": 60}
    given = back_end.get_open_id_token_for_developer_identity(**request)
    vouched = {"IdentityId": given["IdentityId"], "Logins": {COGNITO: given["Token"]}}
    assert client.get_credentials_for_identity(**vouched)["IdentityId"] == given["IdentityId"]
    cognito.clock.advance(timedelta(minutes=1))
    with pytest.raises(client.exceptions.NotAuthorizedException, match="Token expired"):
        client.get_credentials_for_identity(**vouched)
    with pytest.raises(ClientError, match="MissingAuthenticationToken"):
        client.get_open_id_token_for_developer_identity(**request)


def test_boto3_gets_a_token_for_sts_in_the_classic_flow_only(cognito: Cognito, client: Any, logins: Any) -> None:
    eve = client.get_id(IdentityPoolId=cognito.identities.pool_id, Logins=logins(GOOGLE))["IdentityId"]
    with pytest.raises(client.exceptions.InvalidParameterException, match="enhanced flow"):
        client.get_open_id_token(IdentityId=eve, Logins=logins(GOOGLE))
    cognito.identities.classic_flow = True
    assert client.get_open_id_token(IdentityId=eve, Logins=logins(GOOGLE))["Token"].count(".") == 2


# The AWS SDK for JavaScript.


@pytest.fixture(scope="module")
def node_modules(npm: Callable[..., Path]) -> Path:
    """Where the client is."""
    return npm("node-federation", {PACKAGE: VERSION})


@pytest.fixture
def javascript(cognito: Cognito, node_modules: Path) -> Callable[..., dict[str, Any]]:
    """Asks for credentials, and returns what came of it."""

    def ask(**task: Any) -> dict[str, Any]:
        where = {"region": cognito.region, "endpoint": cognito.endpoint_url}
        if "identityId" not in task:
            where["identityPoolId"] = cognito.identities.pool_id
        done = subprocess.run(
            ["node", str(Path(__file__).with_name("identity_pool.mjs"))],
            env={**os.environ, "NODE_PATH": str(node_modules)},
            input=json.dumps(where | task),
            capture_output=True,
            text=True,
            check=True,
        )
        outcome: dict[str, Any] = json.loads(done.stdout)
        return outcome

    return ask


def test_javascript_gets_a_users_credentials_and_a_guests(cognito: Cognito, javascript: Any, logins: Any) -> None:
    eve, again, guest = (javascript(logins=given) for given in (logins(GOOGLE), logins(GOOGLE, SAML), {}))
    assert eve["accessKeyId"].startswith("ASIA")
    assert eve["identityId"] == again["identityId"] != guest["identityId"]
    assert cognito.identities.identities[eve["identityId"]].logins == {GOOGLE: "eve", SAML: "eve"}
    cognito.identities.guests = False
    assert javascript(logins={})["error"] == "NotAuthorizedException"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({GOOGLE: "made-up"}, "Invalid login token. Not a valid OpenId Connect identity token."),
        ({"unknown.example.com": "made-up"}, "Token is not from a supported provider of this identity pool."),
    ],
)
def test_javascript_is_refused_what_is_made_up(given: dict[str, str], said: str, javascript: Any) -> None:
    assert javascript(logins=given) == {"error": "NotAuthorizedException", "message": said}


def test_javascript_names_one_of_several_roles(cognito: Cognito, javascript: Any, logins: Any) -> None:
    cognito.identities.role_mapping = RoleMapping()
    both = logins(SAML, roles=[READER, WRITER])
    assert javascript(logins=both)["error"] == "InvalidParameterException"
    given = javascript(logins=both, customRoleArn=WRITER)
    assert cognito.identities.identities[given["identityId"]].role == WRITER


def test_javascript_gets_a_developer_identitys_credentials(cognito: Cognito, javascript: Any) -> None:
    identity_id, token = cognito.identities.developer_token("frank")
    other, _ = cognito.identities.developer_token("grace")
    assert javascript(identityId=identity_id, logins={COGNITO: token})["identityId"] == identity_id
    assert javascript(identityId=other, logins={COGNITO: token})["message"].endswith("is forbidden.")
