"""The errors of nbauth, all of them, by what the person who meets one should do.

A message is one line that is safe to show and to log: it never holds a token, a password or a challenge session.

    AuthError
    ├── ConfigError            fix the settings
    ├── SignInRequired         sign in; nobody is there to be asked, or nobody answered
    │   ├── SignInReleased     the wait was given up (Cancel, sign-out, release_sign_in_wait)
    │   └── SignInTimeout      nobody signed in within the time limit
    ├── AlreadySignedIn        sign out first, or use another account name
    ├── Rejected               Cognito said no; `code` is Cognito's own
    │   ├── NotAuthorized          wrong user name or password, or not allowed
    │   │   └── AccessTokenRefused     the access token was revoked or has ended; nbauth gets another
    │   ├── CodeMismatch           wrong code: try again
    │   ├── ExpiredCode            the code is too old: ask for a new one
    │   ├── InvalidPassword        the new password does not fit the pool's policy
    │   ├── UserNotConfirmed       confirm the account first
    │   ├── PasswordResetRequired  reset the password first
    │   ├── UserNotFound           there is no such user
    │   ├── UsernameExists         the user name is taken
    │   ├── AliasExists            another account has that e-mail address or phone number: take it over, or use another
    │   ├── AlreadyConfirmed       the account is confirmed: sign in
    │   ├── CodeDeliveryFailure    the code could not be sent: check where to, then ask for another
    │   ├── InvalidParameter       something in the request does not fit; the message quotes what
    │   ├── DeviceGone             the pool does not know the device: sign in to make it known again
    │   ├── LimitExceeded          too many attempts: wait
    │   ├── ChallengeExpired       start the sign-in over
    │   ├── IdentityGone           the identity was deleted or merged; nbauth asks for a new one
    │   └── RefreshRefused         the sign-in can no longer be renewed
    ├── ServiceUnavailable     try later; nothing is lost (`retryable` is true)
    ├── TokensNotGenuine       what came as tokens is not the user pool's: nothing of it is used
    ├── TokensNotCurrent       the tokens are not valid at this time: check the clock
    ├── StoreError             the sign-in could not be kept or read
    │   ├── StoreBusy              another kernel is at it and does not come to an end; nothing is lost
    │   └── StoreGone              what was kept is gone, and nobody has signed out; nbauth keeps it anew
    └── InvalidTransition      a bug in nbauth: please report it

    KeyboardInterrupt
    └── SignInInterrupted      Stop was pressed while a call waited for a sign-in
"""

from collections.abc import Mapping
from typing import ClassVar, Literal, Self


class AuthError(Exception):
    """The root of every error that nbauth raises.

    Attributes:
        code: The service's own name for the error, such as ``NotAuthorizedException``; None where nbauth found it.
        case: Which of its kind it is, such as ``disabled``; None where the kind says it. Unlike the words, it lasts.
        about: What the message speaks of, by name: such as ``host``, or ``quote``, the service's own words. Where a
            sign-up lacks attributes that the pool requires, ``missing`` has their names, with a blank between them;
            ``attribute`` is the one that cannot be changed, where the service names it.
        retryable: Whether the same call may succeed later, unchanged.
    """

    retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        case: str | None = None,
        about: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.case = case
        self.about = dict(about or {})

    def _render_traceback_(self) -> list[str]:
        # IPython's hook: one line in a notebook, in every %xmode. Frames of ours help nobody who is signing in.
        return [f"{type(self).__name__}: {self}"]


class ConfigError(AuthError):
    """A setting is missing or wrong; the message names it, where it came from, and what would fit."""


class SignInRequired(AuthError):
    """AWS is needed, nobody is signed in, and nobody could be asked."""


class SignInReleased(SignInRequired):
    """The wait for a sign-in was given up."""


class SignInTimeout(SignInRequired):
    """Nobody signed in within the time limit."""


class AlreadySignedIn(AuthError):
    """Somebody is signed in already."""

    @classmethod
    def named(cls, username: str) -> Self:
        """Return the error that says who is signed in, and what to do about it."""
        return cls(
            f"{username} is signed in: call sign_out() first, or keep both with AuthSession(account='another name')",
            about={"name": username},
        )


class Rejected(AuthError):
    """Cognito refused the request."""


class NotAuthorized(Rejected):
    """The user name or password is wrong, or the user may not do this."""


class AccessTokenRefused(NotAuthorized):
    """The access token was revoked or has ended."""


class CodeMismatch(Rejected):
    """The code is wrong."""


class ExpiredCode(Rejected):
    """The code is no longer valid."""


class InvalidPassword(Rejected):
    """The new password does not fit the pool's policy."""


class UserNotConfirmed(Rejected):
    """The account has not been confirmed."""


class PasswordResetRequired(Rejected):
    """The password must be reset before the next sign-in."""


class UserNotFound(Rejected):
    """There is no such user."""


class UsernameExists(Rejected):
    """The user name is taken."""


class AliasExists(Rejected):
    """Another account signs in with that e-mail address or phone number."""


class AlreadyConfirmed(Rejected):
    """The account needs no confirmation any more."""


class CodeDeliveryFailure(Rejected):
    """The code could not be sent to where it should go."""


class InvalidParameter(Rejected):
    """Something that was passed on to Cognito does not fit."""


class DeviceGone(Rejected):
    """The user pool does not know the device, or not any more."""


class LimitExceeded(Rejected):
    """Too many attempts in too short a time."""


class ChallengeExpired(Rejected):
    """The challenge session is over: the sign-in starts again."""


class IdentityGone(Rejected):
    """The identity does not exist any more in the identity pool."""


class RefreshRefused(Rejected):
    """The refresh token is expired, revoked or used up: the person must sign in again."""


class ServiceUnavailable(AuthError):
    """The service could not be reached, or could not answer now.

    Attributes:
        reason: ``"offline"`` when no answer came at all, ``"unavailable"`` when the service answered that it cannot.
    """

    retryable: ClassVar[bool] = True

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        case: str | None = None,
        about: Mapping[str, str] | None = None,
        reason: Literal["offline", "unavailable"] = "unavailable",
    ) -> None:
        super().__init__(message, code=code, case=case or reason, about=about)
        self.reason = reason


class TokensNotGenuine(AuthError):
    """What came as tokens was not issued by the user pool, or not for this app client."""


class TokensNotCurrent(AuthError):
    """The tokens are the user pool's, and by the clock they have expired, or are not valid yet."""


class StoreError(AuthError):
    """The sign-in could not be kept or read."""


class StoreBusy(StoreError):
    """Another kernel, or another thread, has held the account's lock for too long."""

    retryable = True


class StoreGone(StoreError):
    """The sign-in that was kept is gone, and nobody has signed out."""


class InvalidTransition(AuthError):
    """The sign-in flow got an event that its state does not know: a bug in nbauth."""


class SignInInterrupted(KeyboardInterrupt):
    """Stop was pressed while a call waited for a sign-in; a KeyboardInterrupt that shows as one line in a notebook."""

    def _render_traceback_(self) -> list[str]:
        return [f"KeyboardInterrupt: {self}"]
