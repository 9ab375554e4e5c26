"""Requests for tokens in the name of one app client: who asks, the proof that it may, and what the answers hold.

A client secret is proved by a hash in a sign-in, and sent as it is in a refresh and a revocation.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from nbauth.cognito.answers import Answer
from nbauth.cognito.client import Clients, call, host_of
from nbauth.cognito.faults import odd_answer
from nbauth.cognito.secret_hash import secret_hash
from nbauth.core.config import AuthConfig
from nbauth.core.secret import Secret
from nbauth.core.tokens import TokenSet
from nbauth.errors import ConfigError, ServiceUnavailable
from nbauth.ports import Clock

Parameters = Mapping[str, str | Secret]

NOT_FOUND = "ResourceNotFoundException"
"""The code of an answer about something that is not there: a device, an app client, a pool."""


class AppClient:
    """The app client that the configuration names.

    Args:
        config: Which user pool and app client.
        clients: How to reach the pool.
        clock: Tells the time where the pool does not.
    """

    def __init__(self, config: AuthConfig, clients: Clients, clock: Clock) -> None:
        self._config = config
        self._clients = clients
        self._clock = clock

    @property
    def pool_id(self) -> str:
        """The user pool.

        Raises:
            ConfigError: There is none.
        """
        if not self._config.user_pool_id:
            raise ConfigError("There is nobody to sign in without a user pool: user_pool_id is not set")
        return self._config.user_pool_id

    @property
    def auth_flow(self) -> str:
        """How a sign-in begins where nobody says otherwise."""
        return self._config.auth_flow

    @property
    def operations(self) -> Any:
        """The operations of the user pool, for `call`."""
        return self._clients.user_pools

    def now(self) -> datetime:
        """Return the time now."""
        return self._clock.now()

    def initiate_auth(self, username: str, parameters: Parameters, **params: Any) -> Answer:
        """Begin a sign-in."""
        return call(
            self.operations.initiate_auth,
            ClientId=self._config.client_id,
            AuthParameters=self._named(username, parameters),
            **params,
        )

    def respond_to_auth_challenge(self, username: str, responses: Parameters, **params: Any) -> Answer:
        """Answer a challenge."""
        return call(
            self.operations.respond_to_auth_challenge,
            ClientId=self._config.client_id,
            ChallengeResponses=self._named(username, responses),
            **params,
        )

    def get_tokens_from_refresh_token(self, refresh_token: Secret, device_key: str | None) -> Answer:
        """Renew a sign-in."""
        return call(
            self.operations.get_tokens_from_refresh_token,
            RefreshToken=refresh_token,
            ClientId=self._config.client_id,
            ClientSecret=self._config.client_secret,
            DeviceKey=device_key,
        )

    def revoke_token(self, refresh_token: Secret) -> None:
        """Make a refresh token worthless."""
        call(
            self.operations.revoke_token,
            Token=refresh_token,
            ClientId=self._config.client_id,
            ClientSecret=self._config.client_secret,
        )

    def tokens(self, answer: Answer, kept: Secret | None = None) -> TokenSet:
        """Return the tokens in an answer.

        Args:
            answer: What the pool sent.
            kept: The refresh token to go on with where the answer has none.

        Raises:
            ServiceUnavailable: There are none in it that can be read.
        """
        result = answer.get("AuthenticationResult") or {}
        with suppress(KeyError, AttributeError, TypeError, ValueError, OverflowError, OSError):
            refresh_token = result.get("RefreshToken") or kept
            return TokenSet.read(
                id_token=result["IdToken"].reveal(),
                access_token=result["AccessToken"].reveal(),
                refresh_token=refresh_token.reveal() if refresh_token else None,
                expires_in=result.get("ExpiresIn"),
                now=self._clock.now(),
            )
        raise self.odd_answer()

    def time_of(self, answer: Answer) -> datetime:
        """Return when the pool answered, by its own clock where it says."""
        date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
        with suppress(TypeError, ValueError):
            moment = parsedate_to_datetime(date)
            if moment.tzinfo:
                return moment
        return self._clock.now()

    def odd_answer(self) -> ServiceUnavailable:
        """Return the error for an answer that is none of Cognito's."""
        return odd_answer(host_of(self.operations))

    def _named(self, username: str, parameters: Parameters) -> dict[str, str | Secret]:
        named = {**parameters, "USERNAME": username}
        proof = secret_hash(username, self._config.client_id, self._config.client_secret)
        return named | {"SECRET_HASH": proof} if proof else named
