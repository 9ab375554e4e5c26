"""An Amazon Cognito user pool through one app client: sign in, answer challenges, refresh, revoke.

What a sign-in under way was begun with stays in memory for as long as its challenge does, and nowhere else: that is how
a code can be sent anew without the person typing everything again.
"""

import threading
from collections.abc import Mapping
from dataclasses import replace
from weakref import WeakKeyDictionary

from nbauth.cognito.answers import Answer
from nbauth.cognito.app_client import NOT_FOUND, AppClient
from nbauth.cognito.client import Clients, call
from nbauth.cognito.faults import UNKNOWN_OPERATION
from nbauth.cognito.pool_keys import PoolKeys
from nbauth.cognito.sign_in import Attempt, Outcome, SignIn
from nbauth.cognito.srp import prepare
from nbauth.core.challenges import Answers, Challenge
from nbauth.core.config import AuthConfig
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.tokens import TokenSet
from nbauth.errors import AuthError, ChallengeExpired, ConfigError, RefreshRefused, Rejected, ServiceUnavailable
from nbauth.ports import Clock, Credential, UserPool


class CognitoUserPool(UserPool):
    """The user pool and the app client that the configuration names.

    Args:
        config: Which user pool and app client.
        clients: How to reach it.
        clock: Tells the time where the pool does not.
        keys: Where the pool's public keys go once they have been fetched ahead; None for nowhere.
    """

    def __init__(self, config: AuthConfig, clients: Clients, clock: Clock, keys: PoolKeys | None = None) -> None:
        self._config = config
        self._clients = clients
        self._keys = keys
        self._app = AppClient(config, clients, clock)
        self._attempts: WeakKeyDictionary[Secret, Attempt] = WeakKeyDictionary()  # by challenge session

    def warm(self, *, connect: bool = False) -> None:
        """Load in the background what the first sign-in will need; without network unless it is to `connect`."""
        self._clients.warm(connect=connect, keep_keys=self._keys.take if self._keys else None)
        threading.Thread(target=prepare, name="nbauth-warm-srp", daemon=True).start()

    def initiate_auth(self, credential: Credential) -> Challenge | TokenSet:
        """Begin a sign-in; challenges that are pure arithmetic are answered on the way."""
        return self._begin(Attempt(credential))

    def respond(
        self, challenge: Challenge, answers: Answers, client_metadata: Mapping[str, str] | None = None
    ) -> Challenge | TokenSet:
        """Answer a challenge, or choose another of its `alternatives` as ``method``."""
        attempt = self._attempt_at(challenge) or Attempt(Credential(challenge.username))
        sign_in = SignIn(self._app, attempt, client_metadata or {})
        try:
            outcome = sign_in.answer(challenge, answers)
        except ChallengeExpired:
            self._forget(challenge)
            raise
        except AuthError:
            if sign_in.accepted and challenge.session:
                self._attempts[challenge.session] = replace(sign_in.attempt, said=attempt.said, spent=True)
            raise
        self._forget(challenge)
        return self._keep(outcome, sign_in)

    def resend(self, challenge: Challenge) -> Challenge | TokenSet:
        """Have the code of a challenge sent anew, unseen by the person."""
        attempt = self._attempt_at(challenge)
        if attempt is None or not (attempt.repeatable and challenge.sends_code):
            raise Rejected("No code can be sent again here: start the sign-in over", case="no_resend")
        return self._begin(attempt)

    def refresh(self, record: Record) -> TokenSet:
        """Get new tokens for the record's refresh token. The new set holds the refresh token to use from now on."""
        if record.refresh_token is None:
            raise RefreshRefused("There is nothing to renew the sign-in with: sign in again")
        device = record.device if record.device and record.device.username == record.username else None
        try:
            return self._renew(record.username, record.refresh_token, device.key if device else None)
        except ConfigError as error:
            if device is None or error.code != NOT_FOUND:
                raise
        return replace(self._renew(record.username, record.refresh_token, None), device_gone=True)

    def revoke(self, refresh_token: Secret) -> None:
        """Revoke a refresh token and what was issued for it."""
        self._app.revoke_token(refresh_token)

    def sign_out_everywhere(self, access_token: Secret) -> None:
        """Revoke every refresh token of the user (GlobalSignOut)."""
        call(self._app.operations.global_sign_out, AccessToken=access_token)

    def _begin(self, attempt: Attempt) -> Outcome:
        sign_in = SignIn(self._app, attempt, attempt.credential.client_metadata)
        return self._keep(sign_in.begin(), sign_in)

    def _keep(self, outcome: Outcome, sign_in: SignIn) -> Outcome:
        if isinstance(outcome, Challenge) and outcome.session:
            self._attempts[outcome.session] = sign_in.attempt
        return outcome

    def _attempt_at(self, challenge: Challenge) -> Attempt | None:
        return self._attempts.get(challenge.session) if challenge.session else None

    def _forget(self, challenge: Challenge) -> None:
        if challenge.session:
            self._attempts.pop(challenge.session, None)

    def _renew(self, username: str, refresh_token: Secret, device_key: str | None) -> TokenSet:
        refusal: AuthError
        try:
            answer = self._app.get_tokens_from_refresh_token(refresh_token, device_key)
            return self._app.tokens(answer, refresh_token)
        except (ConfigError, ServiceUnavailable) as error:
            if not self._may_be_older(error):
                raise
            refusal = error
        try:
            answer = self._renew_the_older_way(username, refresh_token, device_key)
            return self._app.tokens(answer, refresh_token)
        except RefreshRefused:
            if refusal.code in UNKNOWN_OPERATION:
                raise
        raise refusal

    def _renew_the_older_way(self, username: str, refresh_token: Secret, device_key: str | None) -> Answer:
        parameters: dict[str, str | Secret] = {"REFRESH_TOKEN": refresh_token}
        if device_key:
            parameters["DEVICE_KEY"] = device_key
        return self._app.initiate_auth(username, parameters, AuthFlow="REFRESH_TOKEN_AUTH")

    def _may_be_older(self, error: AuthError) -> bool:
        # An emulator that lacks an operation may answer with a page and status 500, which at AWS is a passing fault.
        return error.code in UNKNOWN_OPERATION or (error.code == "500" and self._config.endpoint_url is not None)
