"""What nbauth needs from the world, as protocols. Adapters fulfil them; the fakes in `nbauth.testing` do too.

Everything that crosses a port is a value of `nbauth.core` or plain; every failure is an `nbauth.errors.AuthError`.
"""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import Any, Protocol

from nbauth.core.account import Account, CodeDelivery, Device, MfaPreference, Passkey, Registration, UserSession
from nbauth.core.challenges import Answers, Challenge
from nbauth.core.credentials import AwsCredentials
from nbauth.core.device import RememberedDevice
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.step_up import StepUp
from nbauth.core.tokens import TokenSet
from nbauth.errors import ConfigError

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
        device: What the pool may know this machine by; it is another user's where the names differ.
        session: Carries on where a confirmed sign-up ended, in place of a password.
        preferred_challenge: For USER_AUTH: the way to sign in, such as ``EMAIL_OTP``; None for a choice.
        analytics: Passed on as AnalyticsMetadata.
        user_context: Passed on as UserContextData.
        step_up: What a user who is signed in is to prove anew; None for a sign-in.
    """

    username: str
    password: Secret | None = None
    auth_flow: str | None = None
    client_metadata: Mapping[str, str] = field(default_factory=dict)
    device: RememberedDevice | None = None
    session: Secret | None = None
    preferred_challenge: str | None = None
    analytics: Mapping[str, str] = field(default_factory=dict)
    user_context: Mapping[str, str] = field(default_factory=dict)
    step_up: StepUp | None = None


class UserPool(Protocol):
    """An Amazon Cognito user pool, through one app client."""

    def warm(self, *, connect: bool = False) -> None:
        """Load what the first sign-in will need; without network, unless it is to `connect`. Never fails."""

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
        """Answer a challenge, or choose another of its `alternatives` as ``method``.

        Raises:
            ChallengeExpired: The sign-in must start over.
            Rejected: The answer is wrong; the challenge stands.
            ServiceUnavailable: The service could not be reached or could not answer.
        """

    def resend(self, challenge: Challenge) -> Challenge | TokenSet:
        """Have the code of a challenge sent anew, unseen by the person: the sign-in is gone through once more.

        Returns:
            The challenge to answer from now on; its code is another one.

        Raises:
            Rejected: No code can be sent again here; the challenge stands.
            ServiceUnavailable: The service could not be reached or could not answer; the challenge stands.
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


class Verifier(Protocol):
    """Tells tokens that the user pool has issued to this app client from others."""

    def check(self, tokens: TokenSet, *, nonce: str | None = None) -> Mapping[str, Any] | None:
        """Return the ID token's claims, verified; without network.

        Args:
            tokens: What came as the user pool's.
            nonce: What the sign-in sent, for the ID token to repeat; None where it sent nothing.

        Returns:
            None where it cannot be told, because the pool's keys are not there.

        Raises:
            TokensNotGenuine: They are proven not to be the pool's.
            TokensNotCurrent: They are the pool's, and not valid at this time.
        """

    def verify(self, tokens: TokenSet, *, nonce: str | None = None) -> Mapping[str, Any]:
        """Return the ID token's claims, verified, as `check` does; the pool's keys are fetched where they are wanted.

        Raises:
            TokensNotGenuine: They are proven not to be the pool's.
            TokensNotCurrent: They are the pool's, and not valid at this time.
            ServiceUnavailable: The keys cannot be had, which proves nothing.
        """


class UserAccounts(Protocol):
    """What the users of a user pool do about their own accounts, beside signing in.

    Whatever takes an access token raises `AccessTokenRefused` where another one might do. Everything raises
    `ServiceUnavailable` where the service could not be reached or could not answer, and `ConfigError` where it, or the
    botocore that is installed, does not know the operation.
    """

    def sign_up(
        self,
        username: str,
        password: Secret | None,
        attributes: Mapping[str, str],
        client_metadata: Mapping[str, str] | None = None,
    ) -> Registration:
        """Make a new account.

        Raises:
            UsernameExists: The name is taken.
            InvalidPassword: The password does not fit the pool's policy.
            CodeDeliveryFailure: The account was made, and its code could not be sent.
            Rejected: An attribute is missing or does not fit.
        """

    def confirm_sign_up(
        self,
        username: str,
        code: Secret,
        *,
        session: Secret | None = None,
        take_over_alias: bool = False,
        client_metadata: Mapping[str, str] | None = None,
    ) -> Secret | None:
        """Confirm an account, and return what the sign-in after it carries on with, where there is such a thing.

        Raises:
            AlreadyConfirmed: There is nothing to confirm.
            AliasExists: Another account has the address or number, and is to keep it.
            Rejected: The code is wrong, or too old.
        """

    def resend_sign_up_code(self, username: str, client_metadata: Mapping[str, str] | None = None) -> CodeDelivery:
        """Send the code of a sign-up again.

        Raises:
            Rejected: There is nothing to confirm, or too much was sent already.
        """

    def forgot_password(self, username: str, client_metadata: Mapping[str, str] | None = None) -> CodeDelivery:
        """Send a code that resets the password.

        Raises:
            Rejected: There is nowhere to send it, or too much was sent already.
        """

    def confirm_forgot_password(
        self, username: str, code: Secret, new_password: Secret, client_metadata: Mapping[str, str] | None = None
    ) -> None:
        """Set a new password with a code.

        Raises:
            InvalidPassword: The new password does not fit the pool's policy.
            Rejected: The code is wrong, or too old.
        """

    def change_password(self, access_token: Secret, old: Secret | None, new: Secret) -> None:
        """Set a new password; `old` is None for somebody who has none yet.

        Raises:
            NotAuthorized: The old password is wrong.
            InvalidPassword: The new one does not fit the pool's policy.
        """

    def get_account(self, access_token: Secret) -> Account:
        """Return what the pool knows of the user.

        Raises:
            Rejected: There is no such user any more.
        """

    def update_attributes(
        self, access_token: Secret, attributes: Mapping[str, str], client_metadata: Mapping[str, str] | None = None
    ) -> tuple[CodeDelivery, ...]:
        """Set attributes, and return where codes were sent that prove new addresses and numbers.

        Raises:
            AliasExists: Another account has the address or number.
            Rejected: An attribute is not the user's to set, or does not fit.
        """

    def delete_attributes(self, access_token: Secret, names: Collection[str]) -> None:
        """Delete attributes.

        Raises:
            Rejected: One is not the user's to delete.
        """

    def send_attribute_code(
        self, access_token: Secret, name: str, client_metadata: Mapping[str, str] | None = None
    ) -> CodeDelivery:
        """Send a code that proves an address or number.

        Raises:
            Rejected: There is nothing to prove, or too much was sent already.
        """

    def confirm_attribute(self, access_token: Secret, name: str, code: Secret) -> None:
        """Prove an address or number.

        Raises:
            Rejected: The code is wrong, or too old.
        """

    def set_up_totp(self, access_token: Secret) -> Secret:
        """Return the secret, in base 32, that an authenticator app is to be set up with.

        Raises:
            Rejected: The pool takes no authenticator apps.
        """

    def verify_totp(self, access_token: Secret, code: Secret, device_name: str | None = None) -> None:
        """Complete the set-up of an authenticator app; it is asked for at sign-ins once it is switched on.

        Raises:
            CodeMismatch: The code is wrong.
            Rejected: No set-up was begun.
        """

    def set_mfa_preference(self, access_token: Secret, before: MfaPreference, after: MfaPreference) -> None:
        """Switch second factors on and off.

        Raises:
            Rejected: One cannot be switched on for this user, or off in this pool.
        """

    def list_devices(self, access_token: Secret) -> tuple[Device, ...]:
        """Return all devices that are remembered.

        Raises:
            ConfigError: The pool remembers none.
        """

    def get_device(self, access_token: Secret, key: str) -> Device:
        """Return a device that is remembered.

        Raises:
            DeviceGone: It is not.
        """

    def set_device_remembered(self, access_token: Secret, key: str, *, remembered: bool) -> None:
        """Say whether the pool is to remember a device that it knows.

        Raises:
            DeviceGone: It does not know it.
        """

    def forget_device(self, access_token: Secret, key: str) -> None:
        """Make a device unknown.

        Raises:
            DeviceGone: It is already.
        """

    def start_passkey(self, access_token: Secret) -> Mapping[str, Any]:
        """Return what a browser makes a passkey from (PublicKeyCredentialCreationOptions, Web Authentication).

        Raises:
            ConfigError: The pool takes no passkeys.
        """

    def complete_passkey(self, access_token: Secret, credential: Mapping[str, Any]) -> None:
        """Register the passkey that a browser made (RegistrationResponseJSON, Web Authentication).

        Raises:
            Rejected: It is not one that was asked for, or one that the pool does not take.
        """

    def list_passkeys(self, access_token: Secret) -> tuple[Passkey, ...]:
        """Return all passkeys of the user.

        Raises:
            Rejected: The user may not see them.
        """

    def delete_passkey(self, access_token: Secret, credential_id: str) -> None:
        """Delete a passkey.

        Raises:
            Rejected: There is no such passkey.
        """

    def list_user_sessions(self, access_token: Secret) -> tuple[UserSession, ...]:
        """Return where the user is signed in.

        Raises:
            ConfigError: The pool keeps no list.
        """

    def revoke_user_session(self, access_token: Secret, session_id: str) -> None:
        """End the user's sign-in in another place.

        Raises:
            Rejected: There is no such place, or it is this one.
        """

    def delete_user(self, access_token: Secret) -> None:
        """Delete the user, with everything that the pool knows of them.

        Raises:
            UserNotFound: There is no such user any more.
        """


class IdentityPool(Protocol):
    """An Amazon Cognito identity pool."""

    def get_id(self, logins: Logins) -> str:
        """Return the identity id for these logins.

        Raises:
            Rejected: The pool does not accept the logins, or does not accept guests.
            ServiceUnavailable: The service could not be reached or could not answer.
        """

    def get_credentials(self, identity_id: str, logins: Logins, custom_role_arn: str | None = None) -> AwsCredentials:
        """Return AWS credentials for an identity; the identity id in the answer is the one to keep.

        Args:
            identity_id: Whose they are to be.
            logins: Who vouches for that.
            custom_role_arn: The role to get them for; the configured one, or else the pool's choice, where it is None.

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


class Siblings(Protocol):
    """The other kernels that share an account: tokens pass between them, and are kept nowhere."""

    def ask(self, refresh_token: Secret) -> TokenSet | None:
        """Return the tokens that another kernel got last with, or for, this refresh token. Never fails.

        Returns:
            None where no kernel answers.
        """

    def answer_with(self, tokens: TokenSet | None) -> None:
        """Answer other kernels with these tokens from now on, with none where None. Never fails."""


class NoSiblings(Siblings):
    """Nobody else: where a token store is this process's own."""

    def ask(self, refresh_token: Secret) -> TokenSet | None:
        """Return None."""
        return None

    def answer_with(self, tokens: TokenSet | None) -> None:
        """Do nothing."""


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


@dataclass(frozen=True, slots=True)
class Ports:
    """What one session talks to; a pool is None where none is configured."""

    user_pool: UserPool | None
    identity_pool: IdentityPool | None
    store: TokenStore
    clock: Clock
    siblings: Siblings = field(default_factory=NoSiblings)
    accounts: UserAccounts | None = None
    verifier: Verifier | None = None

    def require_accounts(self) -> UserAccounts:
        """Return the accounts of the user pool.

        Raises:
            ConfigError: No user pool is configured.
        """
        if self.accounts is None:
            raise ConfigError("No user pool is configured (user_pool_id and client_id), so there are no accounts")
        return self.accounts

    def require_identity_pool(self) -> IdentityPool:
        """Return the identity pool.

        Raises:
            ConfigError: None is configured.
        """
        if self.identity_pool is None:
            raise ConfigError("No identity pool is configured (identity_pool_id), so there are no AWS credentials")
        return self.identity_pool
