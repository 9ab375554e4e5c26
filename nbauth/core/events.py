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
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.tokens import TokenSet
from nbauth.errors import AuthError


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
    """A person, or a program, begins a sign-in."""

    username: str
    password: Secret | None
    auth_flow: str | None = None
    client_metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Respond:
    """The answer to the challenge that stands."""

    answers: Answers
    client_metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cancel:
    """The sign-in that is under way is given up."""


@dataclass(frozen=True, slots=True)
class SignOut:
    """Signed out on purpose."""

    everywhere: bool = False
    revoke: bool = True


@dataclass(frozen=True, slots=True)
class RefreshWanted:
    """Tokens are about to end, have ended, or are wanted anew."""

    now: datetime


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
    """The pool gave new tokens for the refresh token `spent`."""

    tokens: TokenSet
    spent: Secret


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
    | Respond
    | Cancel
    | SignOut
    | RefreshWanted
    | CredentialsWanted
    | ChallengeIssued
    | TokensIssued
    | TokensRefreshed
    | SignInFailed
    | RefreshFailed
    | CredentialsIssued
    | CredentialsFailed
)


# -- effects


@dataclass(frozen=True, slots=True)
class InitiateAuth:
    """Begin a sign-in; answered by ChallengeIssued, TokensIssued or SignInFailed."""

    username: str
    password: Secret | None
    auth_flow: str | None
    client_metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RespondToAuthChallenge:
    """Answer a challenge; answered by ChallengeIssued, TokensIssued or SignInFailed."""

    challenge: Challenge
    answers: Answers
    client_metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RefreshTokens:
    """Get new tokens; answered by TokensRefreshed or RefreshFailed."""

    record: Record


@dataclass(frozen=True, slots=True)
class FetchCredentials:
    """Get AWS credentials, a guest's where there are no tokens; answered by CredentialsIssued or CredentialsFailed."""

    identity_id: str | None
    tokens: TokenSet | None


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
    InitiateAuth | RespondToAuthChallenge | RefreshTokens | FetchCredentials | RevokeTokens | SignOutEverywhere
)
Effect: TypeAlias = StoreEffect | NetworkEffect
