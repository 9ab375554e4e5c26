"""The users of the pool: their names, passwords, second factors and troubles."""

import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from nbauth.testing.stand_in.clock import ShiftedClock
from nbauth.testing.stand_in.codes import Authenticator
from nbauth.testing.stand_in.requests import Refused, not_authorized
from nbauth.testing.stand_in.srp import Verifier

_FREE_ATTEMPTS = 5
_LONGEST_LOCK = timedelta(minutes=15)
_FORGIVEN_AFTER = timedelta(minutes=15)


class Lock:
    """Keeps somebody out who failed too often: for 1, 2, 4 … seconds, 15 minutes at most.

    See "Lockout behavior for failed sign-in attempts" in the Amazon Cognito developer guide.
    """

    def __init__(self) -> None:
        self._failures = 0
        self._ends_at: datetime | None = None
        self._last_attempt: datetime | None = None

    def check(self, now: datetime) -> None:
        """Take note of an attempt.

        Raises:
            Refused: It comes too soon after the last failure.
        """
        if self._last_attempt and now - self._last_attempt >= _FORGIVEN_AFTER:
            self.open()
        self._last_attempt = now
        if self._ends_at and now < self._ends_at:
            raise not_authorized("Password attempts exceeded")

    def failed(self, now: datetime) -> None:
        """Take note that the attempt failed."""
        self._failures += 1
        if self._failures >= _FREE_ATTEMPTS:
            self._ends_at = now + min(timedelta(seconds=2 ** (self._failures - _FREE_ATTEMPTS)), _LONGEST_LOCK)

    def open(self) -> None:
        """Forget what has been."""
        self._failures, self._ends_at = 0, None


@dataclass
class User:
    """A user; whatever is changed counts from then on.

    Attributes:
        username: The real name.
        verifier: What is kept of the password.
        status: ``CONFIRMED``, ``UNCONFIRMED``, ``FORCE_CHANGE_PASSWORD`` or ``RESET_REQUIRED``.
        created_at: When the user was added, or last got a temporary password.
        attributes: The user's attributes, `sub` among them.
        authenticator: The authenticator app, if one is set up.
        sms_mfa: Whether codes go to the attribute ``phone_number``.
        preferred_mfa: ``SOFTWARE_TOKEN_MFA`` or ``SMS_MFA`` for somebody who has both; None for being asked.
        claims: What the ID token says beside the usual, such as ``cognito:groups``.
        enabled: False for a user whom an administrator has disabled.
        sent_code: The code that was sent last.
    """

    username: str
    verifier: Verifier
    status: str
    created_at: datetime
    attributes: dict[str, str]
    authenticator: Authenticator | None = None
    sms_mfa: bool = False
    preferred_mfa: str | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    enabled: bool = True
    sent_code: str | None = None
    lock: Lock = field(default_factory=Lock)

    @property
    def sub(self) -> str:
        """The unchanging id."""
        return self.attributes["sub"]

    def admit(self) -> None:
        """Let the user begin to sign in.

        Raises:
            Refused: This one cannot, whatever the password.
        """
        if not self.enabled:
            raise not_authorized("User is disabled.")
        if self.status == "UNCONFIRMED":
            raise Refused("UserNotConfirmedException", "User is not confirmed.")

    def second_factors(self) -> list[str]:
        """Return what the user is asked for after the password: nothing, one thing, or a choice."""
        factors = [
            name
            for name, is_set_up in (("SMS_MFA", self.sms_mfa), ("SOFTWARE_TOKEN_MFA", self.authenticator is not None))
            if is_set_up
        ]
        return [self.preferred_mfa] if self.preferred_mfa in factors else factors


@dataclass
class PasswordPolicy:
    """What a password must be like; the defaults are those of a new user pool."""

    shortest: int = 8
    kinds: frozenset[str] = frozenset({"lowercase", "uppercase", "numeric", "symbol"})

    def check(self, password: str) -> None:
        """Refuse a password that does not conform.

        Raises:
            Refused: It does not.
        """
        has = {
            "lowercase": any(character.islower() for character in password),
            "uppercase": any(character.isupper() for character in password),
            "numeric": any(character.isdigit() for character in password),
            "symbol": any(not character.isalnum() and not character.isspace() for character in password),
        }
        missing = [f"Password must have {kind} characters" for kind in has if kind in self.kinds and not has[kind]]
        problems = ["Password not long enough"] * (len(password) < self.shortest) + missing
        if problems:
            raise Refused("InvalidPasswordException", f"Password did not conform with policy: {problems[0]}")


class Users:
    """All users of the pool.

    Attributes:
        policy: What a new password must be like.
        required_attributes: What every user must have; who has not is asked together with a new password.
        temporary_lifetime: How long a temporary password is good.
    """

    def __init__(self, pool_name: str, clock: ShiftedClock) -> None:
        self.policy = PasswordPolicy()
        self.required_attributes: Sequence[str] = ()
        self.temporary_lifetime = timedelta(days=7)
        self._pool_name = pool_name
        self._clock = clock
        self._users: dict[str, User] = {}
        self._salts = secrets.token_bytes(16)

    def __getitem__(self, username: str) -> User:
        return self._users[username]

    def __contains__(self, username: str) -> bool:
        return username in self._users

    def add(
        self,
        username: str,
        password: str,
        *,
        temporary: bool = False,
        totp_secret: str | None = None,
        phone_number: str | None = None,
        email: str | None = None,
        attributes: Mapping[str, str] | None = None,
        claims: Mapping[str, Any] | None = None,
    ) -> User:
        """Add a user, or replace one.

        Args:
            username: The real name.
            password: The password.
            temporary: Whether it must be changed at the first sign-in.
            totp_secret: What the user's authenticator app was set up with, in base 32.
            phone_number: Where codes go by text message.
            email: A verified address, which is another name to sign in with.
            attributes: More attributes.
            claims: What the ID token says beside the usual.
        """
        known = {"sub": str(uuid.uuid4()), **(attributes or {})}
        known |= {"email": email, "email_verified": "true"} if email else {}
        known |= {"phone_number": phone_number, "phone_number_verified": "true"} if phone_number else {}
        user = User(
            username=username,
            verifier=Verifier.of(self._pool_name, username, password),
            status="FORCE_CHANGE_PASSWORD" if temporary else "CONFIRMED",
            created_at=self._clock.now(),
            attributes=known,
            authenticator=Authenticator(totp_secret) if totp_secret else None,
            sms_mfa=phone_number is not None,
            claims=dict(claims or {}),
        )
        self._users[username] = user
        return user

    def remove(self, username: str) -> None:
        """Delete a user."""
        del self._users[username]

    def named(self, name: str) -> User | None:
        """Return the user with a name: the real one, or a verified e-mail address or phone number."""
        if name in self._users:
            return self._users[name]
        verified = (
            user
            for user in self._users.values()
            for alias in ("email", "phone_number")
            if user.attributes.get(alias) == name and user.attributes.get(f"{alias}_verified") == "true"
        )
        return next(verified, None)

    def set_password(self, user: User, password: str) -> None:
        """Give a user a password of the user's own.

        Raises:
            Refused: It does not conform with the policy.
        """
        self.policy.check(password)
        user.verifier = Verifier.of(self._pool_name, user.username, password)
        user.status = "CONFIRMED"

    def nobody(self, name: str) -> Verifier:
        """Return a verifier that nothing fits, always with the same salt for the same name."""
        salt = int.from_bytes(self._salts, "big") ^ uuid.uuid5(uuid.NAMESPACE_OID, name).int
        return Verifier.of(self._pool_name, name, secrets.token_hex(), salt)
