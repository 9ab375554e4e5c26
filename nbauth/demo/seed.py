"""Puts pools, roles, users and data into a fresh emulator.

Talks to the emulator's endpoint with the emulator's own static keys, never with the configuration or the credentials
of the person who runs the demo.
"""

import json
import os
from typing import Any

from nbauth.demo.emulator import REGION
from nbauth.demo.rides import YEAR, rides_csv
from nbauth.demo.scene import Scene, User

DEMO_BUCKET = "nbauth-demo"
DEMO_KEY = f"rides-{YEAR}.csv"

DEMO_USERS = (
    User("alice", "Sunny-Morning-7"),
    User("bob", "Change-Me-Now-7", challenge="NEW_PASSWORD_REQUIRED"),
    User("carol", "Paper-Lantern-7", challenge="SOFTWARE_TOKEN_MFA"),
)

_MAY_LIST = {"Effect": "Allow", "Action": ["s3:ListAllMyBuckets", "s3:ListBucket"], "Resource": "*"}
_MAY_READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{DEMO_BUCKET}/*"}


def seed(endpoint_url: str) -> Scene:
    """Fill the emulator at `endpoint_url` and return what it holds."""
    pool = _UserPool(_client("cognito-idp", endpoint_url))
    users = tuple(pool.add(user) for user in DEMO_USERS)
    _make_bucket(_client("s3", endpoint_url))
    return Scene(
        endpoint_url=endpoint_url,
        region=REGION,
        user_pool_id=pool.id,
        client_id=pool.client_id,
        identity_pool_id=_make_identity_pool(endpoint_url, pool),
        bucket=DEMO_BUCKET,
        keys=(DEMO_KEY,),
        users=users,
    )


def _client(service: str, endpoint_url: str) -> Any:
    import boto3
    import botocore.session
    from botocore.config import Config

    nobody = {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
    }
    session = boto3.Session(
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - the emulator's, good for nothing else
        region_name=REGION,
        botocore_session=botocore.session.Session(session_vars=nobody),
    )
    return session.client(service, endpoint_url=endpoint_url, config=Config(proxies={}))  # type: ignore[call-overload]


class _UserPool:
    def __init__(self, cognito: Any) -> None:
        self._cognito = cognito
        self.id: str = cognito.create_user_pool(
            PoolName="nbauth-demo",
            AutoVerifiedAttributes=["email"],
            Policies={
                "PasswordPolicy": {
                    "MinimumLength": 8,
                    "RequireLowercase": True,
                    "RequireNumbers": True,
                    "RequireSymbols": True,
                    "RequireUppercase": True,
                }
            },
        )["UserPool"]["Id"]
        cognito.set_user_pool_mfa_config(
            UserPoolId=self.id, MfaConfiguration="OPTIONAL", SoftwareTokenMfaConfiguration={"Enabled": True}
        )
        self.client_id: str = cognito.create_user_pool_client(
            UserPoolId=self.id,
            ClientName="notebook",
            ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            PreventUserExistenceErrors="ENABLED",
        )["UserPoolClient"]["ClientId"]

    def add(self, user: User) -> User:
        self._cognito.admin_create_user(
            UserPoolId=self.id,
            Username=user.username,
            TemporaryPassword=user.password,
            MessageAction="SUPPRESS",
            UserAttributes=[
                {"Name": "email", "Value": f"{user.username}@example.com"},
                {"Name": "email_verified", "Value": "true"},
            ],
        )
        if user.challenge != "NEW_PASSWORD_REQUIRED":
            self._cognito.admin_set_user_password(
                UserPoolId=self.id, Username=user.username, Password=user.password, Permanent=True
            )
        return self._enrol(user) if user.challenge == "SOFTWARE_TOKEN_MFA" else user

    def _enrol(self, user: User) -> User:
        tokens = self._cognito.initiate_auth(
            ClientId=self.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": user.username, "PASSWORD": user.password},
        )["AuthenticationResult"]
        secret = self._cognito.associate_software_token(AccessToken=tokens["AccessToken"])["SecretCode"]
        enrolled = User(user.username, user.password, user.challenge, totp_secret=secret)
        self._cognito.verify_software_token(AccessToken=tokens["AccessToken"], UserCode=enrolled.code())
        self._cognito.set_user_mfa_preference(
            AccessToken=tokens["AccessToken"], SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True}
        )
        return enrolled


def _make_identity_pool(endpoint_url: str, pool: _UserPool) -> str:
    identity, iam = _client("cognito-identity", endpoint_url), _client("iam", endpoint_url)
    identity_pool_id: str = identity.create_identity_pool(
        IdentityPoolName="nbauth-demo",
        AllowUnauthenticatedIdentities=True,
        CognitoIdentityProviders=[
            {"ProviderName": f"cognito-idp.{REGION}.amazonaws.com/{pool.id}", "ClientId": pool.client_id}
        ],
    )["IdentityPoolId"]
    identity.set_identity_pool_roles(
        IdentityPoolId=identity_pool_id,
        Roles={
            "unauthenticated": _make_role(iam, identity_pool_id, "unauthenticated", [_MAY_LIST]),
            "authenticated": _make_role(iam, identity_pool_id, "authenticated", [_MAY_LIST, _MAY_READ]),
        },
    )
    return identity_pool_id


def _make_role(iam: Any, identity_pool_id: str, kind: str, statements: list[dict[str, Any]]) -> str:
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {"cognito-identity.amazonaws.com:aud": identity_pool_id},
            "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": kind},
        },
    }
    name = f"nbauth-demo-{kind}"
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy([trust]))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="demo", PolicyDocument=_policy(statements))
    return arn


def _policy(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _make_bucket(s3: Any) -> None:
    s3.create_bucket(Bucket=DEMO_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=DEMO_BUCKET, Key=DEMO_KEY, Body=rides_csv().encode(), ContentType="text/csv")
