"""Where rows are played at a service that is not ours, set up with the calls of an administrator at AWS."""

import uuid
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from nbauth.cognito.secret_hash import secret_hash
from nbauth.core.config import AuthConfig
from nbauth.testing import totp
from tests.cases.model import APP_SECRET, EMAIL, FLOWS, PHONE, USERNAME, Journey

_REGION = "us-east-1"


class EmulatorScene:
    """A pool of its own at an emulator.

    Attributes:
        config: What leads there.

    Args:
        endpoint_url: The emulator.
        journey: Whom the pool is for.
        secret: Whether the app client has a secret.
    """

    def __init__(self, endpoint_url: str, journey: Journey, *, secret: bool = False) -> None:
        self._admin = boto3.client(
            "cognito-idp",
            region_name=_REGION,
            endpoint_url=endpoint_url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(proxies={}, retries={"total_max_attempts": 1, "mode": "standard"}),
        )
        pool = self._admin.create_user_pool(PoolName="test", AliasAttributes=["email"])["UserPool"]
        self._pool_id = pool["Id"]
        client = self._admin.create_user_pool_client(
            UserPoolId=self._pool_id,
            ClientName="test",
            GenerateSecret=secret,
            ExplicitAuthFlows=[f"ALLOW_{flow}" for flow in (*sorted(FLOWS), "REFRESH_TOKEN_AUTH")],
        )["UserPoolClient"]
        self.config = AuthConfig(
            region=_REGION,
            user_pool_id=self._pool_id,
            client_id=client["ClientId"],
            client_secret=client.get("ClientSecret"),
            endpoint_url=endpoint_url,
        )
        self._app_secret = APP_SECRET
        self._add_user(journey)

    def sent_code(self) -> str:
        return "123456"  # what emulators send, if anything

    def app_code(self, secret: str = APP_SECRET) -> str:
        return totp(self._app_secret if secret == APP_SECRET else secret, datetime.now(UTC))

    def passkey(self, options: str) -> str:
        return "{}"

    def let_challenges_expire(self) -> None:
        raise NotImplementedError("an emulator's clock is the machine's")

    def lose_challenges(self) -> None:
        raise NotImplementedError("an emulator keeps its challenges")

    def throttle_next(self) -> None:
        raise NotImplementedError("an emulator takes all requests")

    def _add_user(self, journey: Journey) -> None:
        who, password = journey.who, journey.who.password or f"Unknown-{uuid.uuid4()}"
        attributes = {"email": EMAIL, "email_verified": "true"} if who.email else {}
        attributes |= {"phone_number": PHONE, "phone_number_verified": "true"} if who.phone else {}
        whom = {"UserPoolId": self._pool_id, "Username": USERNAME}
        self._admin.admin_create_user(
            **whom,
            TemporaryPassword=password,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
        )
        if not who.temporary:
            self._admin.admin_set_user_password(**whom, Password=password, Permanent=True)
        # What an emulator does not have, it does not ask for either.
        with suppress(ClientError, BotoCoreError):
            self._admin.set_user_pool_mfa_config(
                UserPoolId=self._pool_id,
                MfaConfiguration=journey.pool.mfa,
                SoftwareTokenMfaConfiguration={"Enabled": True},
            )
        with suppress(ClientError, BotoCoreError, KeyError):
            self._switch_on(journey, password)

    def _switch_on(self, journey: Journey, password: str) -> None:
        factors = journey.who.second_factors
        if not factors or journey.who.temporary:
            return
        parameters = {"USERNAME": USERNAME, "PASSWORD": password}
        client_id = self.config.client_id
        if proof := secret_hash(USERNAME, client_id, self.config.client_secret):
            parameters["SECRET_HASH"] = proof.reveal()
        answer = self._admin.initiate_auth(ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)
        token = answer["AuthenticationResult"]["AccessToken"]
        settings: dict[str, Any] = {}
        if "SOFTWARE_TOKEN_MFA" in factors:
            self._app_secret = self._admin.associate_software_token(AccessToken=token)["SecretCode"]
            self._admin.verify_software_token(AccessToken=token, UserCode=self.app_code())
            settings["SoftwareTokenMfaSettings"] = {"Enabled": True, "PreferredMfa": len(factors) == 1}
        if "SMS_MFA" in factors:
            settings["SMSMfaSettings"] = {"Enabled": True, "PreferredMfa": False}
        self._admin.set_user_mfa_preference(AccessToken=token, **settings)
