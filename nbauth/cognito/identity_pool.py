"""An Amazon Cognito identity pool, by the enhanced flow: GetId, then GetCredentialsForIdentity.

The identity id in an answer is the one to keep: the pool may have merged the one that was sent into another.
"""

from datetime import UTC, datetime
from typing import Any

from nbauth.cognito.client import Clients, call, host_of
from nbauth.cognito.faults import odd_answer
from nbauth.core.config import AuthConfig
from nbauth.core.credentials import AwsCredentials
from nbauth.core.secret import Secret
from nbauth.errors import ConfigError
from nbauth.ports import Clock, IdentityPool, Logins


class CognitoIdentityPool(IdentityPool):
    """The identity pool that the configuration names.

    Args:
        config: Which identity pool.
        clients: How to reach it.
        clock: Tells when credentials were issued.
    """

    def __init__(self, config: AuthConfig, clients: Clients, clock: Clock) -> None:
        self._config = config
        self._clients = clients
        self._clock = clock

    def get_id(self, logins: Logins) -> str:
        """Return the identity id for these logins."""
        if not self._config.identity_pool_id:
            raise ConfigError("There are no AWS credentials without an identity pool: identity_pool_id is not set")
        client = self._clients.identity_pools
        answer = call(client.get_id, IdentityPoolId=self._config.identity_pool_id, Logins=dict(logins) or None)
        identity_id = answer.get("IdentityId")
        if not isinstance(identity_id, str) or not identity_id:
            raise odd_answer(host_of(client))
        return identity_id

    def get_credentials(self, identity_id: str, logins: Logins, custom_role_arn: str | None = None) -> AwsCredentials:
        """Return AWS credentials for an identity; the identity id in the answer is the one to keep."""
        client = self._clients.identity_pools
        role = custom_role_arn or self._config.custom_role_arn
        answer = call(
            client.get_credentials_for_identity,
            IdentityId=identity_id,
            Logins=dict(logins) or None,
            CustomRoleArn=role if logins else None,  # a guest has no choice
        )
        credentials = self._read(answer.get("Credentials"), answer.get("IdentityId") or identity_id)
        if credentials is None:
            raise odd_answer(host_of(client))
        return credentials

    def _read(self, given: Any, identity_id: str) -> AwsCredentials | None:
        match given:
            case {
                "AccessKeyId": str(access_key_id),
                "SecretKey": Secret() as secret_key,
                "SessionToken": Secret() as session_token,
                "Expiration": datetime() as expires_at,
            }:
                return AwsCredentials(
                    access_key_id=access_key_id,
                    secret_access_key=secret_key,
                    session_token=session_token,
                    issued_at=self._clock.now(),
                    expires_at=expires_at.astimezone(UTC),
                    identity_id=identity_id,
                )
        return None
