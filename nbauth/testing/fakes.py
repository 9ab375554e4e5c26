"""Fakes of the ports: a user pool and an identity pool that behave, and a clock that stands still.

A fake decides as Cognito does and fails as the adapters in `nbauth.cognito` do. The contract tests hold both to that,
so a behaviour is added here only together with one there.
"""

import itertools
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from nbauth.core.challenges import Answers, Challenge
from nbauth.core.credentials import AwsCredentials
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.tokens import TokenSet, read_claims
from nbauth.errors import (
    AuthError,
    ChallengeExpired,
    CodeMismatch,
    IdentityGone,
    InvalidPassword,
    NotAuthorized,
    RefreshRefused,
    Rejected,
)
from nbauth.ports import Clock, Credential, IdentityPool, Logins, UserPool
from nbauth.testing.makers import credentials, tokens, totp

_CHALLENGE_LIFETIME = timedelta(minutes=3)
_SHORTEST_PASSWORD = 8
_REFUSED = "NotAuthorizedException"


class FakeClock(Clock):
    """A clock that moves when it is told to.

    Args:
        moment: Where it stands; the time now where it is None.
    """

    def __init__(self, moment: datetime | None = None) -> None:
        self._moment = moment or datetime.now(UTC)

    def now(self) -> datetime:
        """Return where the clock stands."""
        return self._moment

    def advance(self, by: timedelta) -> None:
        """Move the clock forward, or back."""
        self._moment += by


class Hold:
    """A call that waits inside a fake until it is released; leaving a `with` block releases it.

    Attributes:
        entered: Set once the call has arrived.
    """

    def __init__(self) -> None:
        self.entered = threading.Event()
        self._released = threading.Event()

    def release(self) -> None:
        """Let the call go on."""
        self._released.set()

    def wait(self) -> None:
        """Arrive, and wait to be released."""
        self.entered.set()
        self._released.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class _Scripted:
    """What a test may do with a fake beside using it.

    Attributes:
        calls: The names of the methods that were called, in order.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self._failures: list[tuple[str | None, AuthError]] = []
        self._holds: list[tuple[str, Hold]] = []
        self._lock = threading.RLock()

    def fail_next(self, error: AuthError, *, on: str | None = None) -> None:
        """Make the next call fail with `error`; only a call of the method `on` where that is given."""
        with self._lock:
            self._failures.append((on, error))

    def hold_next(self, on: str) -> Hold:
        """Make the next call of the method `on` wait until the returned hold is released."""
        hold = Hold()
        with self._lock:
            self._holds.append((on, hold))
        return hold

    def _called(self, name: str) -> None:
        with self._lock:
            self.calls.append(name)
            hold = next((entry for entry in self._holds if entry[0] == name), None)
            if hold:
                self._holds.remove(hold)
            failure = next((entry for entry in self._failures if entry[0] in (None, name)), None)
            if failure:
                self._failures.remove(failure)
        if hold:
            hold[1].wait()
        if failure:
            raise failure[1]


@dataclass
class _User:
    username: str
    password: str
    temporary: bool
    totp_secret: str | None
    phone_number: str | None
    aliases: frozenset[str]


@dataclass
class _Pending:
    user: _User
    challenge: Challenge
    code: str | None = None
    ends_at: datetime = field(kw_only=True)


class FakeUserPool(_Scripted, UserPool):
    """A user pool in memory.

    Attributes:
        sent_codes: The code that was last sent to each user by text message.

    Args:
        clock: Tells the time; a `FakeClock` where it is None.
        lifetime: How long ID and access tokens are good.
        rotates: Whether a refresh token is good only once.
    """

    def __init__(
        self, clock: Clock | None = None, *, lifetime: timedelta = timedelta(hours=1), rotates: bool = False
    ) -> None:
        super().__init__()
        self.sent_codes: dict[str, str] = {}
        self._clock = clock or FakeClock()
        self._lifetime = lifetime
        self._rotates = rotates
        self._users: list[_User] = []
        self._pending: dict[str, _Pending] = {}
        self._refresh_tokens: dict[str, _User] = {}
        self._numbers = itertools.count(1)

    def add_user(
        self,
        username: str,
        password: str,
        *,
        temporary: bool = False,
        totp_secret: str | None = None,
        phone_number: str | None = None,
        email: str | None = None,
    ) -> None:
        """Add a user, who is asked for a new password if `temporary`, and for a code if there is a way to get one.

        Args:
            username: The real name.
            password: The password.
            temporary: Whether the password must be changed at the first sign-in.
            totp_secret: What the user's authenticator app was set up with, in base 32.
            phone_number: Where codes go by text message; not used where there is an authenticator app.
            email: Another name to sign in with.
        """
        aliases = frozenset(name for name in (username, email) if name)
        self._users.append(_User(username, password, temporary, totp_secret, phone_number, aliases))

    def warm(self) -> None:
        """Load nothing: there is nothing to load."""

    def initiate_auth(self, credential: Credential) -> Challenge | TokenSet:
        """Begin a sign-in."""
        self._called("initiate_auth")
        with self._lock:
            user = next((user for user in self._users if credential.username in user.aliases), None)
            if not credential.password:
                raise Rejected("The password is missing.")
            if user is None or credential.password != Secret(user.password):
                raise NotAuthorized("Incorrect user name or password.", code=_REFUSED)
            return self._next(user)

    def respond(
        self, challenge: Challenge, answers: Answers, client_metadata: Mapping[str, str] | None = None
    ) -> Challenge | TokenSet:
        """Answer a challenge; a wrong answer leaves it standing."""
        self._called("respond")
        with self._lock:
            session = challenge.session.reveal() if challenge.session else ""
            pending = self._pending.get(session)
            if pending is None or pending.challenge.name != challenge.name or self._clock.now() >= pending.ends_at:
                raise ChallengeExpired("The sign-in took too long: start it over.", code=_REFUSED)
            self._accept(pending, _texts(challenge, answers))
            del self._pending[session]
            return self._next(pending.user, second_factor=challenge.name == "NEW_PASSWORD_REQUIRED")

    def refresh(self, record: Record) -> TokenSet:
        """Get new tokens for the record's refresh token."""
        self._called("refresh")
        with self._lock:
            spent = record.refresh_token.reveal() if record.refresh_token else ""
            user = self._refresh_tokens.get(spent)
            if user is None:
                raise RefreshRefused("The sign-in can no longer be renewed: sign in again.", code=_REFUSED)
            if not self._rotates:
                return self._tokens(user, spent)
            del self._refresh_tokens[spent]
            return self._tokens(user, self._new_refresh_token(user))

    def revoke(self, refresh_token: Secret) -> None:
        """Revoke a refresh token."""
        self._called("revoke")
        with self._lock:
            self._refresh_tokens.pop(refresh_token.reveal(), None)

    def sign_out_everywhere(self, access_token: Secret) -> None:
        """Revoke every refresh token of the user."""
        self._called("sign_out_everywhere")
        with self._lock:
            username = _claims(access_token)["username"]
            kept = {token: user for token, user in self._refresh_tokens.items() if user.username != username}
            if len(kept) == len(self._refresh_tokens):
                raise NotAuthorized("Not allowed (Access Token has been revoked).", code=_REFUSED)
            self._refresh_tokens = kept

    def _next(self, user: _User, *, second_factor: bool = True) -> Challenge | TokenSet:
        if user.temporary:
            return self._ask(user, "NEW_PASSWORD_REQUIRED", {"requiredAttributes": "[]"})
        if second_factor and user.totp_secret:
            return self._ask(user, "SOFTWARE_TOKEN_MFA", {"FRIENDLY_DEVICE_NAME": "phone"})
        if second_factor and user.phone_number:
            self.sent_codes[user.username] = code = f"{next(self._numbers):06d}"
            delivery = {"CODE_DELIVERY_DELIVERY_MEDIUM": "SMS", "CODE_DELIVERY_DESTINATION": user.phone_number}
            return self._ask(user, "SMS_MFA", delivery, code)
        return self._tokens(user, self._new_refresh_token(user))

    def _ask(self, user: _User, name: str, parameters: Mapping[str, str], code: str | None = None) -> Challenge:
        session, ends_at = f"challenge-session-{uuid.uuid4()}", self._clock.now() + _CHALLENGE_LIFETIME
        challenge = Challenge(name, user.username, Secret(session), parameters, ends_at)
        self._pending[session] = _Pending(user, challenge, code, ends_at=ends_at)
        return challenge

    def _accept(self, pending: _Pending, answers: Mapping[str, str]) -> None:
        user = pending.user
        if pending.challenge.name == "NEW_PASSWORD_REQUIRED":
            if len(answers["NEW_PASSWORD"]) < _SHORTEST_PASSWORD:
                raise InvalidPassword(
                    "That password does not fit the pool's rules (it is too short).", code="InvalidPasswordException"
                )
            user.password, user.temporary = answers["NEW_PASSWORD"], False
        elif answers.get(f"{pending.challenge.name}_CODE") not in self._good_codes(pending):
            raise CodeMismatch("That code is not right: try again.", code="CodeMismatchException")

    def _good_codes(self, pending: _Pending) -> set[str | None]:
        secret = pending.user.totp_secret
        if not secret:
            return {pending.code}
        return {totp(secret, self._clock.now() + timedelta(seconds=drift)) for drift in (-30, 0, 30)}

    def _new_refresh_token(self, user: _User) -> str:
        token = f"refresh-token-{uuid.uuid4()}"
        self._refresh_tokens[token] = user
        return token

    def _tokens(self, user: _User, refresh_token: str) -> TokenSet:
        return tokens(user.username, issued_at=self._clock.now(), lifetime=self._lifetime, refresh_token=refresh_token)


class FakeIdentityPool(_Scripted, IdentityPool):
    """An identity pool in memory.

    Args:
        clock: Tells the time; a `FakeClock` where it is None.
        lifetime: How long credentials are good.
        guests: Whether there are identities without logins.
    """

    def __init__(
        self, clock: Clock | None = None, *, lifetime: timedelta = timedelta(hours=1), guests: bool = True
    ) -> None:
        super().__init__()
        self._clock = clock or FakeClock()
        self._lifetime = lifetime
        self._guests = guests
        self._owners: dict[str, str | None] = {}
        self._numbers = itertools.count(1)

    def get_id(self, logins: Logins) -> str:
        """Return the identity id for these logins; each guest is a new one."""
        self._called("get_id")
        with self._lock:
            owner = self._owner(logins)
            known = next((identity for identity, sub in self._owners.items() if sub and sub == owner), None)
            return known or self._new_identity(owner)

    def get_credentials(self, identity_id: str, logins: Logins) -> AwsCredentials:
        """Return AWS credentials; a guest's identity that is used with logins becomes the user's."""
        self._called("get_credentials")
        with self._lock:
            owner = self._owner(logins)
            if identity_id not in self._owners:
                raise IdentityGone("The identity does not exist any more.", code="ResourceNotFoundException")
            if self._owners[identity_id] not in (None, owner):
                raise IdentityGone("The identity belongs to other logins.", code=_REFUSED)
            identity_id = self._merge(identity_id, owner)
            return credentials(
                identity_id, issued_at=self._clock.now(), lifetime=self._lifetime, number=next(self._numbers)
            )

    def delete(self, identity_id: str) -> None:
        """Delete an identity, as an administrator may."""
        with self._lock:
            self._owners.pop(identity_id, None)

    def _owner(self, logins: Logins) -> str | None:
        if not logins:
            if not self._guests:
                raise NotAuthorized("The identity pool takes no guests: sign in.", code=_REFUSED)
            return None
        claims = _claims(next(iter(logins.values())))
        if claims["exp"] <= self._clock.now().timestamp():
            raise NotAuthorized("The ID token has expired.", code=_REFUSED)
        return str(claims["sub"])

    def _merge(self, identity_id: str, owner: str | None) -> str:
        theirs = next((identity for identity, sub in self._owners.items() if sub and sub == owner), identity_id)
        if theirs != identity_id:
            del self._owners[identity_id]
        self._owners[theirs] = owner
        return theirs

    def _new_identity(self, owner: str | None) -> str:
        identity_id = f"eu-west-1:{uuid.uuid4()}"
        self._owners[identity_id] = owner
        return identity_id


def _claims(token: Secret) -> dict[str, Any]:
    try:
        return read_claims(token.reveal())
    except ValueError as unreadable:
        complaint = str(unreadable)
    raise NotAuthorized(f"Not allowed ({complaint}).", code=_REFUSED)


def _texts(challenge: Challenge, answers: Answers) -> dict[str, str]:
    try:
        return challenge.responses(answers)
    except ValueError as unfit:
        complaint = str(unfit)
    raise Rejected(f"{complaint}.")
