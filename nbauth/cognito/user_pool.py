"""An Amazon Cognito user pool through one app client: sign in, answer challenges, refresh, revoke.

A sign-in is a loop over whatever challenge comes, never a script of its own. What is pure arithmetic is answered here;
the rest is returned as a `Challenge`. The user's name in an answer is the one that Cognito returned, not the one typed:
secret hashes and password proofs made with an alias are refused.
"""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from nbauth.cognito.client import Clients, call, host_of
from nbauth.cognito.faults import UNKNOWN_OPERATION, odd_answer
from nbauth.cognito.srp import Exchange
from nbauth.core.challenges import Answers, Challenge
from nbauth.core.config import AuthConfig
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.tokens import TokenSet
from nbauth.errors import AuthError, ChallengeExpired, ConfigError, RefreshRefused, Rejected, ServiceUnavailable
from nbauth.ports import Clock, Credential, UserPool

_CHALLENGE_LIFETIME = timedelta(minutes=3)
"""How long a challenge session lasts where the app client's AuthSessionValidity is not set. Answers do not tell."""

_PROVES: Mapping[str, Mapping[str, str]] = {
    "USER_SRP_AUTH": {},
    "CUSTOM_AUTH": {"CHALLENGE_NAME": "SRP_A"},
    "USER_AUTH": {"PREFERRED_CHALLENGE": "PASSWORD_SRP"},
}
"""The flows that prove a password without sending it, and what they say beside SRP_A."""

_PASSWORDLESS = frozenset({"CUSTOM_AUTH", "USER_AUTH"})

Parameters = Mapping[str, str | Secret]


class CognitoUserPool(UserPool):
    """The user pool and the app client that the configuration names.

    Args:
        config: Which user pool and app client.
        clients: How to reach it.
        clock: Tells the time where the pool does not.
    """

    def __init__(self, config: AuthConfig, clients: Clients, clock: Clock) -> None:
        self._config = config
        self._clients = clients
        self._clock = clock

    def warm(self) -> None:
        """Load in the background, without network, what the first sign-in will need."""
        self._clients.warm()
        threading.Thread(target=Exchange, args=("", Secret("")), name="nbauth-warm-srp", daemon=True).start()

    def initiate_auth(self, credential: Credential) -> Challenge | TokenSet:
        """Begin a sign-in; challenges that are pure arithmetic are answered on the way."""
        flow = credential.auth_flow or self._config.auth_flow
        if not credential.password and flow not in _PASSWORDLESS:
            raise Rejected("The password is missing.")
        exchange = Exchange(self._pool_id, credential.password) if credential.password and flow in _PROVES else None
        answer = call(
            self._clients.user_pools.initiate_auth,
            ClientId=self._config.client_id,
            AuthFlow=flow,
            AuthParameters=self._named(credential.username, _opening(flow, credential.password, exchange)),
            ClientMetadata=dict(credential.client_metadata) or None,
        )
        username = credential.username
        if exchange and answer.get("ChallengeName") == "PASSWORD_VERIFIER":
            username = _username(_texts(answer.get("ChallengeParameters")), username)
            proof, metadata = self._proof(answer, exchange), credential.client_metadata
            answer = self._respond("PASSWORD_VERIFIER", username, answer.get("Session"), proof, metadata)
        return self._outcome(answer, username)

    def respond(
        self, challenge: Challenge, answers: Answers, client_metadata: Mapping[str, str] | None = None
    ) -> Challenge | TokenSet:
        """Answer a challenge."""
        responses, complaint = _responses(challenge, answers)
        if complaint:
            raise Rejected(f"{complaint}.")
        answer = self._respond(challenge.name, challenge.username, challenge.session, responses, client_metadata)
        return self._outcome(answer, challenge.username)

    def refresh(self, record: Record) -> TokenSet:
        """Get new tokens for the record's refresh token. The new set holds the refresh token to use from now on."""
        if record.refresh_token is None:
            raise RefreshRefused("There is nothing to renew the sign-in with: sign in again.")
        refusal: AuthError
        try:
            answer = call(
                self._clients.user_pools.get_tokens_from_refresh_token,
                RefreshToken=record.refresh_token,
                ClientId=self._config.client_id,
                ClientSecret=self._config.client_secret,
            )
            return self._tokens(answer, record.refresh_token)
        except (ConfigError, ServiceUnavailable) as error:
            if not self._may_be_older(error):
                raise
            refusal = error
        return self._refresh_the_older_way(record, record.refresh_token, refusal)

    def revoke(self, refresh_token: Secret) -> None:
        """Revoke a refresh token and what was issued for it."""
        call(
            self._clients.user_pools.revoke_token,
            Token=refresh_token,
            ClientId=self._config.client_id,
            ClientSecret=self._config.client_secret,
        )

    def sign_out_everywhere(self, access_token: Secret) -> None:
        """Revoke every refresh token of the user (GlobalSignOut)."""
        call(self._clients.user_pools.global_sign_out, AccessToken=access_token)

    @property
    def _pool_id(self) -> str:
        if not self._config.user_pool_id:
            raise ConfigError("There is nobody to sign in without a user pool: user_pool_id is not set.")
        return self._config.user_pool_id

    def _proof(self, answer: Mapping[str, Any], exchange: Exchange) -> Parameters:
        with suppress(KeyError, ValueError):
            return exchange.prove(_texts(answer.get("ChallengeParameters")), _server_time(answer) or self._clock.now())
        raise self._odd_answer()

    def _respond(
        self,
        name: str,
        username: str,
        session: Secret | None,
        responses: Parameters,
        client_metadata: Mapping[str, str] | None,
    ) -> Mapping[str, Any]:
        return call(
            self._clients.user_pools.respond_to_auth_challenge,
            ClientId=self._config.client_id,
            ChallengeName=name,
            Session=session,
            ChallengeResponses=self._named(username, responses),
            ClientMetadata=dict(client_metadata or {}) or None,
        )

    def _named(self, username: str, parameters: Parameters) -> dict[str, str | Secret]:
        named = {**parameters, "USERNAME": username}
        if self._config.client_secret:
            named["SECRET_HASH"] = self._secret_hash(username, self._config.client_secret)
        return named

    def _secret_hash(self, username: str, client_secret: Secret) -> Secret:
        message = f"{username}{self._config.client_id}".encode()
        digest = hmac.digest(client_secret.reveal().encode(), message, hashlib.sha256)
        return Secret(base64.b64encode(digest).decode())

    def _outcome(self, answer: Mapping[str, Any], username: str) -> Challenge | TokenSet:
        name = answer.get("ChallengeName")
        if not isinstance(name, str) or not name:
            return self._tokens(answer, None)
        if name == "PASSWORD_VERIFIER":
            raise ChallengeExpired("The user pool asks for the password once more: start the sign-in over.")
        parameters = _texts(answer.get("ChallengeParameters"))
        if offered := answer.get("AvailableChallenges"):
            parameters["AvailableChallenges"] = json.dumps(offered)
        return Challenge(
            name=name,
            username=_username(parameters, username),
            session=answer.get("Session"),
            parameters=parameters,
            expires_at=self._clock.now() + _CHALLENGE_LIFETIME,
        )

    def _tokens(self, answer: Mapping[str, Any], kept: Secret | None) -> TokenSet:
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
        raise self._odd_answer()

    def _may_be_older(self, error: AuthError) -> bool:
        # An emulator that lacks an operation may answer with a page and status 500, which at AWS is a passing fault.
        return error.code in UNKNOWN_OPERATION or (error.code == "500" and self._config.endpoint_url is not None)

    def _refresh_the_older_way(self, record: Record, refresh_token: Secret, refusal: AuthError) -> TokenSet:
        try:
            answer = call(
                self._clients.user_pools.initiate_auth,
                ClientId=self._config.client_id,
                AuthFlow="REFRESH_TOKEN_AUTH",
                AuthParameters=self._named(record.username, {"REFRESH_TOKEN": refresh_token}),
            )
            return self._tokens(answer, refresh_token)
        except RefreshRefused:
            if refusal.code in UNKNOWN_OPERATION:
                raise
        raise refusal

    def _odd_answer(self) -> ServiceUnavailable:
        return odd_answer(host_of(self._clients.user_pools))


def _opening(flow: str, password: Secret | None, exchange: Exchange | None) -> Parameters:
    if exchange:
        return {**_PROVES[flow], "SRP_A": exchange.public}
    return {"PASSWORD": password} if password else {}


def _responses(challenge: Challenge, answers: Answers) -> tuple[Parameters, str]:
    try:
        return {key: Secret(value) for key, value in challenge.responses(answers).items()}, ""
    except ValueError as unfit:
        return {}, str(unfit)


def _username(parameters: Mapping[str, str], fallback: str) -> str:
    return parameters.get("USERNAME") or parameters.get("USER_ID_FOR_SRP") or fallback


def _texts(parameters: Any) -> dict[str, str]:
    if not isinstance(parameters, Mapping):
        return {}
    return {name: value for name, value in parameters.items() if isinstance(value, str)}


def _server_time(answer: Mapping[str, Any]) -> datetime | None:
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
    try:
        moment = parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None
