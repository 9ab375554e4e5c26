"""What the verbs of a session give back, and what its listeners are told."""

from dataclasses import dataclass

from nbauth.core.challenges import Challenge
from nbauth.core.user_state import UserState
from nbauth.errors import AuthError


@dataclass(frozen=True, slots=True)
class SignInResult:
    """What came of one step of a sign-in.

    Attributes:
        challenge: What the pool asks next; None when the user is signed in.
    """

    challenge: Challenge | None = None

    @property
    def done(self) -> bool:
        """Whether the user is signed in."""
        return self.challenge is None


@dataclass(frozen=True, slots=True)
class SignOutReport:
    """What came of a sign-out. On this machine the sign-in is gone in any case.

    Attributes:
        revoked: Whether Cognito made the tokens worthless; None where there was nothing to revoke, or it was not asked.
        error: Why it did not.
        will_retry: Whether it is tried again for as long as this process lasts, because it did not get through.
    """

    revoked: bool | None = None
    error: AuthError | None = None
    will_retry: bool = False


@dataclass(frozen=True, slots=True)
class UserStateDetails:
    """What a user state listener is told.

    Attributes:
        state: The state now.
        previous: The state before.
        reason: Why, where the state alone does not say: ``refused``, ``offline`` or ``unavailable``.
        username: Whose it is; None where nobody is known.
        error: The error that led to it, if one did.
    """

    state: UserState
    previous: UserState
    reason: str | None = None
    username: str | None = None
    error: AuthError | None = None
