"""Performs one request of the flow through the ports, and says which event answers it.

Rule: it keeps nothing and changes nothing but the flight it is given; what an answer does is the flow's to say.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import assert_never

from nbauth.background import wait_for
from nbauth.core.challenges import Challenge
from nbauth.core.credentials import AwsCredentials
from nbauth.core.events import (
    ChallengeIssued,
    CredentialsFailed,
    CredentialsIssued,
    Event,
    FetchCredentials,
    InitiateAuth,
    LoginsFailed,
    LoginsRenewed,
    NetworkEffect,
    RefreshFailed,
    RefreshTokens,
    RenewLogins,
    ResendCode,
    RespondToAuthChallenge,
    RevokeTokens,
    SignInFailed,
    SignOutEverywhere,
    TokensIssued,
    TokensRefreshed,
)
from nbauth.core.federation import DEVELOPER, FederatedLogin, Federation
from nbauth.core.freshness import Freshness
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.tokens import TokenSet
from nbauth.errors import (
    AuthError,
    ConfigError,
    IdentityGone,
    RefreshRefused,
    ServiceUnavailable,
    TokensNotCurrent,
    TokensNotGenuine,
)
from nbauth.kept import Kept
from nbauth.ports import Credential, Logins, Ports, UserPool


class Flight:
    """One request under way, which any number of threads may wait for."""

    def __init__(self, effect: NetworkEffect, attempt: int) -> None:
        self.effect = effect
        self.attempt = attempt
        self.landed = threading.Event()
        self.thread: int | None = None
        self.reply: Event | None = None
        self.error: AuthError | None = None
        self.late = False

    def wait(self) -> None:
        """Wait for the answer.

        Raises:
            AuthError: The request itself waits for its answer, as a handler of log records does that sends them to AWS.
        """
        if self.thread == threading.get_ident() and not self.landed.is_set():
            raise AuthError("What is being renewed was asked for in the middle of renewing it")
        wait_for(self.landed)

    def is_over(self) -> bool:
        """Return whether it has been answered, well or not; what did not get through may be tried again."""
        return self.landed.is_set() and not isinstance(self.error, ServiceUnavailable)


class Performer:
    """Makes the requests of one session.

    Args:
        ports: Whom to ask.
        kept: What other kernels have kept meanwhile.
    """

    def __init__(self, ports: Ports, kept: Kept) -> None:
        self._ports = ports
        self._kept = kept

    def perform(self, flight: Flight) -> Event | None:
        """Make a request, and return the event that answers it; None where nothing does.

        Raises:
            AuthError: It failed; `failure` says what that means.
        """
        match effect := flight.effect:
            case InitiateAuth():
                return self._answered(self._pool.initiate_auth(_credential(effect)))
            case RespondToAuthChallenge(challenge, answers, metadata):
                return self._answered(self._pool.respond(challenge, answers, metadata))
            case ResendCode(challenge):
                return self._answered(self._pool.resend(challenge))
            case RefreshTokens(record, newer_than):
                return self._refresh_tokens(record, newer_than)
            case RenewLogins(federation):
                return LoginsRenewed(_renewed(federation), federation)
            case FetchCredentials():
                return CredentialsIssued(self._fetch_credentials(effect))
            case RevokeTokens(refresh_token):
                self._pool.revoke(refresh_token)
            case SignOutEverywhere(record, tokens):
                tokens = self._still_valid(tokens) or self._pool.refresh(record)
                # Should it not get through, the next attempt must not spend the refresh token again.
                flight.effect = SignOutEverywhere(record, tokens)
                self._pool.sign_out_everywhere(tokens.access_token)
            case _:
                assert_never(effect)
        return None

    def failure(self, effect: NetworkEffect, error: AuthError) -> Event | None:
        """Return the event that a failed request is; None where it changes nothing."""
        match effect:
            case InitiateAuth() | RespondToAuthChallenge() | ResendCode():
                return SignInFailed(error)
            case RefreshTokens(record):
                return RefreshFailed(error, _spent(record), self._ports.clock.now())
            case RenewLogins(federation):
                return LoginsFailed(error, federation, self._ports.clock.now())
            case FetchCredentials():
                return CredentialsFailed(error)
            case RevokeTokens() | SignOutEverywhere():
                return None
            case _:
                assert_never(effect)

    def _refresh_tokens(self, record: Record, newer_than: datetime | None) -> Event:
        current = self._kept.newest(record)
        if shared := self._shared(current, newer_than):
            return TokensRefreshed(shared, _spent(record), shared=True)
        try:
            return TokensRefreshed(self._refreshed(current), _spent(record))
        except RefreshRefused:
            newest = self._kept.newest(record)
            if newest.refresh_token in (current.refresh_token, record.refresh_token):
                raise
        # Another kernel has signed in meanwhile, which takes no lock.
        return TokensRefreshed(self._refreshed(newest), _spent(record))

    def _refreshed(self, record: Record) -> TokenSet:
        tokens = self._pool.refresh(record)
        # Whatever the clock says: the refresh token is spent, and only the new one goes on.
        with suppress(TokensNotCurrent):
            self._check(tokens)
        return tokens

    def _answered(self, answer: Challenge | TokenSet) -> Event:
        if isinstance(answer, Challenge):
            return ChallengeIssued(answer)
        self._check(answer)
        return TokensIssued(answer)

    def _check(self, tokens: TokenSet) -> None:
        """Refuse tokens that are proven not to be the pool's; what cannot be told yet is told later, by others."""
        if self._ports.verifier:
            self._ports.verifier.check(tokens)

    def _shared(self, record: Record, newer_than: datetime | None) -> TokenSet | None:
        """Return another kernel's tokens where they are the same user's, newer and fresh."""
        if newer_than is None or record.refresh_token is None:
            return None
        tokens = self._ports.siblings.ask(record.refresh_token)
        if tokens is None or tokens.sub != record.sub or tokens.issued_at <= newer_than:
            return None
        with suppress(TokensNotGenuine, TokensNotCurrent):
            self._check(tokens)
            return tokens if tokens.freshness(self._ports.clock.now()) is Freshness.FRESH else None
        return None

    def _fetch_credentials(self, wanted: FetchCredentials) -> AwsCredentials:
        pool, federation = self._ports.require_identity_pool(), wanted.federation
        logins = _logins(wanted.tokens, federation, self._ports.clock.now())
        role = federation.custom_role_arn if federation else None
        if wanted.identity_id:
            try:
                return pool.get_credentials(wanted.identity_id, logins, role)
            except IdentityGone:
                # Deleted, or merged into another: asked for again once. Which identity a back end's user has, it says.
                if DEVELOPER in logins:
                    raise
        return pool.get_credentials(pool.get_id(logins), logins, role)

    def _still_valid(self, tokens: TokenSet | None) -> TokenSet | None:
        over = tokens is None or tokens.has_expired(self._ports.clock.now())
        return None if over else tokens

    @property
    def _pool(self) -> UserPool:
        if self._ports.user_pool is None:
            raise ConfigError("No user pool is configured (user_pool_id and client_id), so nobody can sign in")
        return self._ports.user_pool


def _renewed(federation: Federation) -> Federation:
    sources = {entry.provider: entry.source for entry in federation.logins if entry.source is not None}
    given = {provider: token_from(source, provider) for provider, source in sources.items()}
    tokens = {provider: token for provider, token in given.items() if isinstance(token, Secret)}
    if tokens:
        # What nobody renews may be what was refused, and is not needed: the identity is linked to the others too.
        renewed = (FederatedLogin.read(provider, token, sources[provider]) for provider, token in tokens.items())
        return federation.only(given).having(renewed)
    errors = [error for error in given.values() if isinstance(error, AuthError)]
    names = " and ".join(entry.provider for entry in federation.logins)
    ended = RefreshRefused(f"The token of {names} has ended: call federated_sign_in() with a new one")
    raise next((error for error in errors if error.retryable), errors[0] if errors else ended)


def _logins(tokens: TokenSet | None, federation: Federation | None, now: datetime) -> Logins:
    if federation:
        return {entry.provider: entry.token for entry in federation.valid(now)}
    return {tokens.issuer.partition("://")[2]: tokens.id_token} if tokens else {}


def token_from(source: Callable[[], object], provider: str) -> Secret | AuthError:
    """Return what a provider's function gives, or the error that it is.

    It is returned and not raised: what the function failed with may quote a token, and would be the error's context.
    """
    about = {"provider": provider}
    try:
        token = source()
    except AuthError as error:
        return error
    except OSError as error:
        why = f"{provider} could not be asked for a token ({_name_of(error)})"
        return ServiceUnavailable(why, reason="offline", case="provider_away")
    except Exception as error:  # noqa: BLE001 - it is the user's own function
        about["error"] = _name_of(error)
        why = f"The function that gives the token of {provider} failed with {about['error']}"
        return RefreshRefused(why, case="token_failed", about=about)
    if not isinstance(token, str | Secret) or not token:
        why = f"The function that gives the token of {provider} returned none"
        return RefreshRefused(why, case="no_token", about=about)
    return Secret.of(token)


def _name_of(error: Exception) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _credential(effect: InitiateAuth) -> Credential:
    given = effect.sign_in
    return Credential(
        username=given.username,
        password=given.password,
        auth_flow=given.auth_flow,
        client_metadata=given.client_metadata,
        device=effect.device,
        session=given.session,
        preferred_challenge=given.preferred_challenge,
        analytics=given.analytics,
        user_context=given.user_context,
        step_up=given.step_up,
    )


def _spent(record: Record) -> Secret:
    return record.refresh_token or Secret("")
