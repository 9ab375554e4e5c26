"""What every kind of test may ask for: a Cognito that is not ours, pools in it, a still clock, others' packages."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import filelock
import pyotp
import pytest
from botocore.config import Config

from nbauth.core.config import AuthConfig
from nbauth.demo.emulator import REGION
from nbauth.demo.processes import LOOPBACK
from nbauth.testing import FakeClock
from tests import services

# A shell that runs the tests in the background has them ignore Ctrl-C, and all that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

INSTALL_TRIES = 3 if os.environ.get("CI") else 1
PASSWORD = "Correct-Horse-7"
TEMPORARY_PASSWORD = "Battery-Staple-7"


@dataclass(frozen=True)
class Pool:
    """A user pool, an identity pool and a bucket in the emulator, and who is in them."""

    endpoint_url: str
    user_pool_id: str
    client_id: str
    secret_client_id: str
    client_secret: str
    identity_pool_id: str
    bucket: str
    totp_secret: str
    region: str = REGION
    username: str = "ada"
    email: str = "ada@example.com"
    password: str = PASSWORD
    new_username: str = "bob"
    temporary_password: str = TEMPORARY_PASSWORD
    totp_username: str = "carol"
    public_key: str = field(default="public/readme.txt")
    private_key: str = field(default="private/data.txt")

    def config(self, **changes: Any) -> AuthConfig:
        settings = {
            "region": self.region,
            "user_pool_id": self.user_pool_id,
            "client_id": self.client_id,
            "identity_pool_id": self.identity_pool_id,
            "endpoint_url": self.endpoint_url,
        }
        return AuthConfig(**settings | changes)

    def admin(self, service: str) -> Any:
        return admin(service, self.endpoint_url)


def admin(service: str, endpoint_url: str) -> Any:
    """A client with the emulator's own keys, which may do everything."""
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=endpoint_url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(proxies={}, retries={"total_max_attempts": 1, "mode": "standard"}),
    )


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(2026, 5, 4, 12, 0, tzinfo=UTC))


@pytest.fixture
def password() -> str:
    return PASSWORD


@pytest.fixture
def totp_secret() -> str:
    return "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def nobody() -> Iterator[str]:
    """Where nobody answers and nobody can begin to, as host and port."""
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        yield f"{LOOPBACK}:{taken.getsockname()[1]}"


@pytest.fixture(scope="session")
def npm(pytestconfig: pytest.Config) -> Callable[..., Path]:
    """Installs packages, by their names and versions, in a folder of pytest's cache; returns where they are then."""

    cache = pytestconfig.cache.mkdir("npm")

    def install(folder: str, packages: dict[str, str]) -> Path:
        modules = cache / folder / "node_modules"
        with filelock.FileLock(cache / f"{folder}.lock"):  # several workers ask for the same
            if any(_version_of(modules / name) != version for name, version in packages.items()):
                _npm_install(cache / folder, packages)
        return modules

    return install


def _npm_install(folder: Path, packages: dict[str, str]) -> None:
    unfinished = folder.with_suffix(".unfinished")
    shutil.rmtree(folder, ignore_errors=True)
    problem = "" if shutil.which("node") and shutil.which("npm") else "node and npm are not here"
    if not problem:
        command = ["npm", "install", "--prefix", str(unfinished), "--no-save", "--no-audit", "--no-fund"]
        command += [f"{name}@{version}" for name, version in packages.items()]
        if complaint := _complaint_of(command, unfinished):
            problem = f"npm could not install {', '.join(packages)}: {complaint[-200:]}"
    if problem:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(problem)
    unfinished.rename(folder)


@pytest.fixture(scope="session")
def pip(pytestconfig: pytest.Config) -> Callable[..., Path]:
    """Installs requirements, and nothing that they depend on, in a folder of pytest's cache; returns the folder."""

    cache = pytestconfig.cache.mkdir("pip")

    def install(*requirements: str) -> Path:
        folder = cache / requirements[0]
        with filelock.FileLock(cache / "lock"):  # several workers ask for the same
            if not folder.exists():
                _pip_install(folder, requirements)
        return folder

    return install


def _pip_install(folder: Path, requirements: tuple[str, ...]) -> None:
    unfinished = folder.with_suffix(".unfinished")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
    if complaint := _complaint_of([*command, "--target", str(unfinished), *requirements], unfinished):
        why = complaint.splitlines()[-1]
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"pip could not install {requirements[0]}: {why}")
    unfinished.rename(folder)


def _complaint_of(command: list[str], unfinished: Path) -> str:
    """Run an installer that fills a folder, and again where it fails, as networks do; return its last complaint."""
    complaint = ""
    for _ in range(INSTALL_TRIES):
        shutil.rmtree(unfinished, ignore_errors=True)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return ""
        complaint = done.stderr.strip() or "no message"
    return complaint


def _version_of(package: Path) -> str | None:
    description = package / "package.json"
    return json.loads(description.read_text())["version"] if description.exists() else None


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an emulator of our own, which answers on the loopback interface and dies with the tests."""
    with services.ministack(tmp_path_factory.mktemp("ministack")) as endpoint_url:
        yield endpoint_url


@pytest.fixture
def pool(ministack: str) -> Pool:
    """Fresh pools with a user for each way to sign in, a role for users, one for guests, and a bucket."""
    cognito = admin("cognito-idp", ministack)
    user_pool_id = cognito.create_user_pool(PoolName="test", AliasAttributes=["email"])["UserPool"]["Id"]
    cognito.set_user_pool_mfa_config(
        UserPoolId=user_pool_id, MfaConfiguration="OPTIONAL", SoftwareTokenMfaConfiguration={"Enabled": True}
    )
    client = _app_client(cognito, user_pool_id, secret=False)
    secret_client = _app_client(cognito, user_pool_id, secret=True)
    for username, password, permanent in (
        (Pool.username, PASSWORD, True),
        (Pool.new_username, TEMPORARY_PASSWORD, False),
        (Pool.totp_username, PASSWORD, True),
    ):
        _add_user(cognito, user_pool_id, username, password, permanent=permanent)
    bucket = _bucket(ministack)
    clients = [client["ClientId"], secret_client["ClientId"]]
    return Pool(
        endpoint_url=ministack,
        user_pool_id=user_pool_id,
        client_id=client["ClientId"],
        secret_client_id=secret_client["ClientId"],
        client_secret=secret_client["ClientSecret"],
        identity_pool_id=_identity_pool(ministack, user_pool_id, clients, bucket),
        bucket=bucket,
        totp_secret=_enrol_totp(cognito, client["ClientId"]),
    )


def _app_client(cognito: Any, user_pool_id: str, *, secret: bool) -> dict[str, Any]:
    flows = ["SRP_AUTH", "PASSWORD_AUTH"]
    return cognito.create_user_pool_client(
        UserPoolId=user_pool_id,
        ClientName="secret" if secret else "public",
        GenerateSecret=secret,
        ExplicitAuthFlows=[*(f"ALLOW_USER_{flow}" for flow in flows), "ALLOW_REFRESH_TOKEN_AUTH"],
        PreventUserExistenceErrors="ENABLED",
        EnableTokenRevocation=True,
    )["UserPoolClient"]


def _add_user(cognito: Any, user_pool_id: str, username: str, password: str, *, permanent: bool) -> None:
    cognito.admin_create_user(
        UserPoolId=user_pool_id,
        Username=username,
        TemporaryPassword=password,
        MessageAction="SUPPRESS",
        UserAttributes=[
            {"Name": "email", "Value": f"{username}@example.com"},
            {"Name": "email_verified", "Value": "true"},
        ],
    )
    if permanent:
        cognito.admin_set_user_password(UserPoolId=user_pool_id, Username=username, Password=password, Permanent=True)


def _enrol_totp(cognito: Any, client_id: str) -> str:
    parameters = {"USERNAME": Pool.totp_username, "PASSWORD": PASSWORD}
    answer = cognito.initiate_auth(ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)
    access_token = answer["AuthenticationResult"]["AccessToken"]
    secret: str = cognito.associate_software_token(AccessToken=access_token)["SecretCode"]
    cognito.verify_software_token(AccessToken=access_token, UserCode=pyotp.TOTP(secret).now())
    cognito.set_user_mfa_preference(
        AccessToken=access_token, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True}
    )
    return secret


def _bucket(endpoint_url: str) -> str:
    s3, bucket = admin("s3", endpoint_url), f"test-{uuid.uuid4()}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=bucket, Key=Pool.public_key, Body=b"for everybody")
    s3.put_object(Bucket=bucket, Key=Pool.private_key, Body=b"for users")
    return bucket


def _identity_pool(endpoint_url: str, user_pool_id: str, client_ids: list[str], bucket: str) -> str:
    identities = admin("cognito-identity", endpoint_url)
    provider = f"cognito-idp.{REGION}.amazonaws.com/{user_pool_id}"
    pool_id: str = identities.create_identity_pool(
        IdentityPoolName="test",
        AllowUnauthenticatedIdentities=True,
        CognitoIdentityProviders=[{"ProviderName": provider, "ClientId": client_id} for client_id in client_ids],
    )["IdentityPoolId"]
    roles = {
        "authenticated": _role(endpoint_url, pool_id, "authenticated", f"arn:aws:s3:::{bucket}/*"),
        "unauthenticated": _role(endpoint_url, pool_id, "unauthenticated", f"arn:aws:s3:::{bucket}/public/*"),
    }
    identities.set_identity_pool_roles(IdentityPoolId=pool_id, Roles=roles)
    return pool_id


def _role(endpoint_url: str, identity_pool_id: str, kind: str, objects: str) -> str:
    iam, name = admin("iam", endpoint_url), f"{kind}-{uuid.uuid4()}"
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {"cognito-identity.amazonaws.com:aud": identity_pool_id},
            "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": kind},
        },
    }
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))["Role"]["Arn"]
    reads = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": objects}
    iam.put_role_policy(RoleName=name, PolicyName="reads", PolicyDocument=_policy(reads))
    return arn


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
