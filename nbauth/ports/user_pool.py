"""A user pool: who signs in, and whether the tokens it gives are its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from nbauth.core.challenges import Answers, Challenge
from nbauth.core.device import RememberedDevice
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.step_up import StepUp
from nbauth.core.tokens import TokenSet


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
