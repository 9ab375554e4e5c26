"""What comes into the sign-in flow and what leaves it: events and effects, as values.

An effect that asks the network for something names the events that may answer it. What the flow does with them stands
in `nbauth.core.flow`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from nbauth.core.challenges import Answers, Challenge
from nbauth.core.credentials import AwsCredentials
from nbauth.core.device import RememberedDevice
from nbauth.core.federation import Federation
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.step_up import StepUp
from nbauth.core.tokens import TokenSet
from nbauth.errors import AuthError, TokensNotGenuine


@dataclass(frozen=True, slots=True)
class Opened:
    """The token store was read; None where nothing usable was kept."""

    record: Record | None


@dataclass(frozen=True, slots=True)
class RecordChanged:
    """Another kernel has signed in, refreshed, or signed out; None where nothing is kept any more."""

    record: Record | None


@dataclass(frozen=True, slots=True)
class SignIn:
    """A person, or a program, begins a sign-in.

    Attributes:
        username: User name or alias, as typed.
        password: The password; None for flows without one.
        auth_flow: Cognito's name for the flow; None for the configured one.
        client_metadata: Passed on to the pool's Lambda triggers.
        session: Carries on where a confirmed sign-up ended, in place of a password.
        preferred_challenge: For USER_AUTH: the way to sign in, such as ``EMAIL_OTP``; None for a choice.
        analytics: Passed on as AnalyticsMetadata.
        user_context: Passed on as UserContextData.
        step_up: What the user who is signed in proves anew; None for a sign-in.
    """

    username: str
    password: Secret | None
    auth_flow: str | None = None
    client_metadata: Mapping[str, str] = field(default_factory=dict)
    session: Secret | None = None
    preferred_challenge: str | None = None
    analytics: Mapping[str, str] = field(default_factory=dict)
    user_context: Mapping[str, str] = field(default_factory=dict)
    step_up: StepUp | None = None


@dataclass(frozen=True, slots=True)
class FederatedSignIn:
    """Somebody signs in with what other providers say, as an identity of their own or as one that there is."""

    federation: Federation
    identity_id: str | None = None


@dataclass(frozen=True, slots=True)
class Respond:
    """The answer to the challenge that stands."""

    answers: Answers
    client_metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ResendWanted:
    """The code that the challenge asks for did not arrive, or has ended."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """The sign-in that is under way is given up."""


@dataclass(frozen=True, slots=True)
class SignOut:
    """Signed out on purpose; of a user who was deleted the device goes too."""

    everywhere: bool = False
    revoke: bool = True
    forget_device: bool = False


@dataclass(frozen=True, slots=True)
class DeviceForgotten:
    """The pool does not know the device with this key, or not any more."""

    key: str


@dataclass(frozen=True, slots=True)
class RefreshWanted:
    """Tokens are about to end, have ended, or are wanted anew.

    Attributes:
        now: When that is.
        newer_than: What another kernel's tokens must be to do instead; None where they will not do.
    """

    now: datetime
    newer_than: datetime | None = None


@dataclass(frozen=True, slots=True)
class CredentialsWanted:
    """AWS credentials are about to end, have ended, or are wanted anew."""


@dataclass(frozen=True, slots=True)
class ChallengeIssued:
    """The pool asks for something more."""

    challenge: Challenge


@dataclass(frozen=True, slots=True)
class TokensIssued:
    """The pool gave tokens: the sign-in succeeded."""

    tokens: TokenSet


@dataclass(frozen=True, slots=True)
class TokensRefreshed:
    """There are new tokens for the refresh token `spent`: from the pool, or `shared` by another kernel."""

    tokens: TokenSet
    spent: Secret
    shared: bool = False


@dataclass(frozen=True, slots=True)
class TokensDisproved:
    """Tokens that were taken in have turned out not to be the pool's."""

    tokens: TokenSet
    error: TokensNotGenuine


@dataclass(frozen=True, slots=True)
class SignInFailed:
    """A sign-in or an answer was refused, or did not get through."""

    error: AuthError


@dataclass(frozen=True, slots=True)
class RefreshFailed:
    """A refresh with the refresh token `spent` was refused, or did not get through."""

    error: AuthError
    spent: Secret
    now: datetime


@dataclass(frozen=True, slots=True)
class LoginsRenewed:
    """The other providers gave new tokens in place of those of `asked`."""

    federation: Federation
    asked: Federation


@dataclass(frozen=True, slots=True)
class LoginsFailed:
    """One of those that were `asked` gave none, or the identity pool does not take what it gave."""

    error: AuthError
    asked: Federation
    now: datetime


@dataclass(frozen=True, slots=True)
class CredentialsIssued:
    """The identity pool gave credentials."""

    credentials: AwsCredentials


@dataclass(frozen=True, slots=True)
class CredentialsFailed:
    """The identity pool gave none."""

    error: AuthError


Event: TypeAlias = (
    Opened
    | RecordChanged
    | SignIn
    | FederatedSignIn
    | Respond
    | ResendWanted
    | Cancel
    | SignOut
    | DeviceForgotten
    | RefreshWanted
    | CredentialsWanted
    | ChallengeIssued
    | TokensIssued
    | TokensRefreshed
    | TokensDisproved
    | SignInFailed
    | RefreshFailed
    | LoginsRenewed
    | LoginsFailed
    | CredentialsIssued
    | CredentialsFailed
)


# -- effects


@dataclass(frozen=True, slots=True)
class InitiateAuth:
    """Begin a sign-in, on a device that is known; answered by ChallengeIssued, TokensIssued or SignInFailed."""

    sign_in: SignIn
    device: RememberedDevice | None = None


@dataclass(frozen=True, slots=True)
class RespondToAuthChallenge:
    """Answer a challenge; answered by ChallengeIssued, TokensIssued or SignInFailed."""

    challenge: Challenge
    answers: Answers
    client_metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ResendCode:
    """Have a new code sent; answered by ChallengeIssued or SignInFailed."""

    challenge: Challenge


@dataclass(frozen=True, slots=True)
class RefreshTokens:
    """Get new tokens, another kernel's where they are newer; answered by TokensRefreshed or RefreshFailed."""

    record: Record
    newer_than: datetime | None = None


@dataclass(frozen=True, slots=True)
class RenewLogins:
    """Get new tokens from other providers; answered by LoginsRenewed or LoginsFailed."""

    federation: Federation


@dataclass(frozen=True, slots=True)
class FetchCredentials:
    """Get AWS credentials, a guest's where nobody vouches; answered by CredentialsIssued or CredentialsFailed."""

    identity_id: str | None
    tokens: TokenSet | None
    federation: Federation | None = None


@dataclass(frozen=True, slots=True)
class RevokeTokens:
    """Make a refresh token worthless; unanswered."""

    refresh_token: Secret


@dataclass(frozen=True, slots=True)
class SignOutEverywhere:
    """Make all of the user's refresh tokens worthless; unanswered."""

    record: Record
    tokens: TokenSet | None


@dataclass(frozen=True, slots=True)
class SaveRecord:
    """Keep the record."""

    record: Record


@dataclass(frozen=True, slots=True)
class ForgetRecord:
    """Keep nothing."""


StoreEffect: TypeAlias = SaveRecord | ForgetRecord
NetworkEffect: TypeAlias = (
    InitiateAuth
    | RespondToAuthChallenge
    | ResendCode
    | RefreshTokens
    | RenewLogins
    | FetchCredentials
    | RevokeTokens
    | SignOutEverywhere
)
Effect: TypeAlias = StoreEffect | NetworkEffect
