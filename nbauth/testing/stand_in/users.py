"""The users of the pool: their names, passwords, second factors, devices and troubles."""

import secrets
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from nbauth.testing.stand_in.authenticator import Authenticator
from nbauth.testing.stand_in.clock import ShiftedClock
from nbauth.testing.stand_in.device import Device
from nbauth.testing.stand_in.locks import Lock
from nbauth.testing.stand_in.password_policy import PasswordPolicy
from nbauth.testing.stand_in.requests import Refused, not_authorized
from nbauth.testing.stand_in.settings import PoolSettings
from nbauth.testing.stand_in.srp import Verifier
from nbauth.testing.stand_in.webauthn import Passkey


@dataclass
class User:
    """A user; whatever is changed counts from then on.

    Attributes:
        username: The real name.
        verifier: What is kept of the password; None for somebody who has none.
        status: ``CONFIRMED``, ``UNCONFIRMED``, ``FORCE_CHANGE_PASSWORD`` or ``RESET_REQUIRED``.
        created_at: When the user was added, or last got a temporary password.
        attributes: The user's attributes, `sub` among them.
        authenticator: The authenticator app, if one is set up.
        software_token_mfa: Whether the app's codes are asked for.
        sms_mfa: Whether codes go to the attribute ``phone_number``.
        email_mfa: Whether codes go to the attribute ``email``.
        passkey_mfa: Whether a passkey is as good as two factors.
        preferred_mfa: The second factor to ask for, of several; None for being asked which.
        devices: The devices that were seen, by their keys.
        passkeys: The passkeys.
        claims: What the ID token says beside the usual, such as ``cognito:groups``.
        enabled: False for a user whom an administrator has disabled.
        sent_code: The code that was sent last.
        unverified: New values of attributes, which wait for being verified.
        former: What is kept of earlier passwords, the last one first.
        lock: Keeps out who fails too often.
    """

    username: str
    verifier: Verifier | None
    status: str
    created_at: datetime
    attributes: dict[str, str]
    authenticator: Authenticator | None = None
    software_token_mfa: bool = False
    sms_mfa: bool = False
    email_mfa: bool = False
    passkey_mfa: bool = False
    preferred_mfa: str | None = None
    devices: dict[str, Device] = field(default_factory=dict)
    passkeys: list[Passkey] = field(default_factory=list)
    claims: dict[str, Any] = field(default_factory=dict)
    enabled: bool = True
    sent_code: str | None = field(default=None, repr=False)
    unverified: dict[str, str] = field(default_factory=dict)
    former: list[Verifier] = field(default_factory=list, repr=False)
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

    def has_verified(self, attribute: str) -> bool:
        """Return whether an attribute is there, and was verified."""
        return bool(self.attributes.get(attribute)) and self.attributes.get(f"{attribute}_verified") == "true"

    def second_factors(self) -> list[str]:
        """Return the second factors that the user has switched on, and can use."""
        factors = {
            "SMS_MFA": self.sms_mfa and "phone_number" in self.attributes,
            "SOFTWARE_TOKEN_MFA": self.software_token_mfa and self.authenticator is not None,
            "EMAIL_OTP": self.email_mfa and "email" in self.attributes,
        }
        return [name for name, is_on in factors.items() if is_on]


class Users:
    """All users of the pool.

    Attributes:
        policy: What a new password must be like.
        required_attributes: What every user must have; who has not is asked together with a new password.
        temporary_lifetime: How long a temporary password is good.

    Args:
        pool_name: The part of the pool's id after the region, which goes into every password's verifier.
        settings: The pool's.
        clock: Tells the time.
    """

    def __init__(self, pool_name: str, settings: PoolSettings, clock: ShiftedClock) -> None:
        self.policy = PasswordPolicy()
        self.required_attributes: Sequence[str] = ()
        self.temporary_lifetime = timedelta(days=7)
        self._pool_name = pool_name
        self._settings = settings
        self._clock = clock
        self._users: dict[str, User] = {}
        self._salts = secrets.token_bytes(16)

    def __getitem__(self, username: str) -> User:
        return self._users[username]

    def __contains__(self, username: str) -> bool:
        return username in self._users

    def __iter__(self) -> Iterator[User]:
        return iter(tuple(self._users.values()))

    def add(
        self,
        username: str,
        password: str | None,
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
            password: The password; None for somebody who has none.
            temporary: Whether it must be changed at the first sign-in.
            totp_secret: What the user's authenticator app was set up with, in base 32; its codes are asked for.
            phone_number: A verified number, where codes go by text message at every sign-in.
            email: A verified address, which is another name to sign in with.
            attributes: More attributes.
            claims: What the ID token says beside the usual.
        """
        known = {"sub": str(uuid.uuid4()), **(attributes or {})}
        known |= {"email": email, "email_verified": "true"} if email else {}
        known |= {"phone_number": phone_number, "phone_number_verified": "true"} if phone_number else {}
        user = User(
            username=username,
            verifier=None if password is None else Verifier.of(self._pool_name, username, password),
            status="FORCE_CHANGE_PASSWORD" if temporary else "CONFIRMED",
            created_at=self._clock.now(),
            attributes=known,
            authenticator=Authenticator(totp_secret) if totp_secret else None,
            software_token_mfa=totp_secret is not None,
            sms_mfa=phone_number is not None,
            claims=dict(claims or {}),
        )
        self._users[username] = user
        return user

    def remove(self, username: str) -> None:
        """Delete a user."""
        del self._users[username]

    def named(self, name: str) -> User | None:
        """Return the user with a name: the real one, or another to sign in with."""
        same = [user for user in self if self._folded(user.username) == self._folded(name)]
        return next(iter(same), None) or next((user for user in self if self._is_called(user, name)), None)

    def other_with(self, attribute: str, value: str, user: User) -> User | None:
        """Return who else signs in with this value of an attribute, if there is one."""
        others = (other for other in self if other is not user)
        return next((other for other in others if self._is_called(other, value, (attribute,))), None)

    def set_password(self, user: User, password: str) -> None:
        """Give a user a password of the user's own.

        Raises:
            Refused: It does not conform with the policy, or was used before.
        """
        self.policy.check(password)
        earlier = ([user.verifier] if user.verifier else []) + user.former
        if any(verifier.fits(password) for verifier in earlier[: self._settings.password_history]):
            raise Refused("PasswordHistoryPolicyViolationException", "Password has previously been used.")
        user.former = earlier
        user.verifier = Verifier.of(self._pool_name, user.username, password)
        user.status = "CONFIRMED"

    def nobody(self, name: str) -> Verifier:
        """Return a verifier that nothing fits, always with the same salt for the same name."""
        salt = int.from_bytes(self._salts, "big") ^ uuid.uuid5(uuid.NAMESPACE_OID, name).int
        return Verifier.of(self._pool_name, name, secrets.token_hex(), salt)

    def _is_called(self, user: User, name: str, among: Sequence[str] | None = None) -> bool:
        own = self._settings.username_is
        names = [own] if own else sorted(self._settings.aliases)
        return any(
            self._folded(user.attributes.get(alias, "")) == self._folded(name)
            for alias in names
            if among is None or alias in among
            if alias in (own, "preferred_username") or user.has_verified(alias)
        )

    def _folded(self, name: str) -> str:
        return name if self._settings.case_sensitive else name.casefold()
