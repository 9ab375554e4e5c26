"""What nbauth needs from the world, as protocols. Adapters fulfil them; the fakes in `nbauth.testing` do too.

Everything that crosses a port is a value of `nbauth.core` or plain; every failure is an `nbauth.errors.AuthError`.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import Protocol

from nbauth.core.challenges import Answers, Challenge
from nbauth.core.credentials import AwsCredentials
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.tokens import TokenSet

Logins = Mapping[str, Secret]
"""Tokens by provider name, as an identity pool wants them; empty for a guest."""


@dataclass(frozen=True, slots=True)
class Credential:
    """What a person signs in with.

    Attributes:
        username: User name or alias, as typed.
        password: The password; None for flows without one.
        auth_flow: Cognito's name for the flow; None for the configured one.
        client_metadata: Passed on to the pool's Lambda triggers.
    """

    username: str
    password: Secret | None = None
    auth_flow: str | None = None
    client_metadata: Mapping[str, str] = field(default_factory=dict)


class UserPool(Protocol):
    """An Amazon Cognito user pool, through one app client."""

    def warm(self) -> None:
        """Load, without network, what the first sign-in will need."""

    def initiate_auth(self, credential: Credential) -> Challenge | TokenSet:
        """Begin a sign-in; challenges that are pure arithmetic are answered on the way.

        Raises:
            Rejected: Wrong user name or password, or the user cannot sign in now.
            ConfigError: The pool, the app client or its secret is not what the settings say.
            ServiceUnavailable: The service could not be reached or could not answer.
        """

    def respond(
        self, challenge: Challenge, answers: Answers, client_metadata: Mapping[str, str] | None = None
    ) -> Challenge | TokenSet:
        """Answer a challenge.

        Raises:
            ChallengeExpired: The sign-in must start over.
            Rejected: The answer is wrong; the challenge stands.
            ServiceUnavailable: The service could not be reached or could not answer.
        """

    def refresh(self, record: Record) -> TokenSet:
        """Get new tokens for the record's refresh token. The new set holds the refresh token to use from now on.

        Raises:
            RefreshRefused: The service said, definitively and in so many words, that the sign-in is over.
            ServiceUnavailable: Anything else that went wrong on the way; nothing is lost.
        """

    def revoke(self, refresh_token: Secret) -> None:
        """Revoke a refresh token and what was issued for it.

        Raises:
            Rejected: The pool does not revoke.
            ServiceUnavailable: It could not be asked.
        """

    def sign_out_everywhere(self, access_token: Secret) -> None:
        """Revoke every refresh token of the user (GlobalSignOut).

        Raises:
            Rejected: The access token is no longer good.
            ServiceUnavailable: It could not be asked.
        """


class IdentityPool(Protocol):
    """An Amazon Cognito identity pool."""

    def get_id(self, logins: Logins) -> str:
        """Return the identity id for these logins.

        Raises:
            Rejected: The pool does not accept the logins, or does not accept guests.
            ServiceUnavailable: The service could not be reached or could not answer.
        """

    def get_credentials(self, identity_id: str, logins: Logins) -> AwsCredentials:
        """Return AWS credentials for an identity; the identity id in the answer is the one to keep.

        Raises:
            IdentityGone: The identity has been deleted or merged: drop its id.
            Rejected: The pool does not accept the logins.
            ServiceUnavailable: The service could not be reached or could not answer.
        """


class TokenStore(Protocol):
    """Keeps the record of one account between kernels."""

    def load(self) -> Record | None:
        """Return what is kept, None where nothing is.

        Raises:
            StoreError: Something is there that cannot be read, or may not be trusted.
        """

    def save(self, record: Record) -> None:
        """Keep `record` in place of what was kept: all of it or nothing.

        Raises:
            StoreError: It could not be kept.
        """

    def forget(self) -> None:
        """Delete what is kept, if anything is.

        Raises:
            StoreError: It could not be deleted.
        """

    def version(self) -> object:
        """Return a value that is another one after each `save` and `forget`, whichever kernel called it.

        It is cheap, because it is asked for all the time: the record is not read. It never fails, and is None where it
        cannot be told.
        """

    def lock(self) -> AbstractContextManager[None]:
        """Keep other kernels' nbauth out of this account's record for the length of a `with` block."""


class CredentialSource(Protocol):
    """Where AWS adapters get credentials from, each time they need some."""

    def get_credentials(self) -> AwsCredentials:
        """Return credentials that are good now; refreshes or waits for a sign-in as needed.

        Raises:
            AuthError: There are none to be had.
        """


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the time now (aware, UTC)."""


class Prompt(Protocol):
    """How a person is asked to sign in, wherever that person sits."""

    def available(self) -> bool:
        """Return whether somebody could answer now."""

    def ask(self, done: Event, timeout: float | None) -> None:
        """Show the sign-in where the person is looking, and wait.

        Returns when `done` is set, when `timeout` seconds are over, or when the person gave up.
        """

    def show_sign_in(self) -> None:
        """Show the sign-in and return at once, where a front end can."""

    def show_status(self) -> None:
        """Show who is signed in, and until when."""
