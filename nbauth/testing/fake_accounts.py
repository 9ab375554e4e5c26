"""A fake of the accounts of a user pool: what the users of a `FakeUserPool` do about themselves.

It decides as Cognito does and fails as the adapter in `nbauth.cognito` does; the contract tests hold both to that.
"""

import base64
import uuid
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from nbauth.core.account import Account, CodeDelivery, Device, MfaPreference, Passkey, Registration, UserSession
from nbauth.core.secret import Secret
from nbauth.errors import (
    AliasExists,
    AlreadyConfirmed,
    ChallengeExpired,
    CodeMismatch,
    DeviceGone,
    ExpiredCode,
    InvalidParameter,
    InvalidPassword,
    NotAuthorized,
    Rejected,
    UsernameExists,
)
from nbauth.ports import UserAccounts
from nbauth.testing.fake_user import FakeUser
from nbauth.testing.fake_user_pool import SHORTEST_PASSWORD, FakeUserPool
from nbauth.testing.makers import totp
from nbauth.testing.scripted import Scripted

_SIGN_UP, _RESET = "sign-up", "reset"
_LIFETIMES = {_SIGN_UP: timedelta(days=1), _RESET: timedelta(hours=1)}
_PROVABLE = ("email", "phone_number")
_REFUSED = "NotAuthorizedException"


class FakeUserAccounts(Scripted, UserAccounts):
    """The accounts of a fake user pool. The codes that it sends are in the pool's `sent_codes`.

    Args:
        pool: Whose users they are.
        confirms_at_once: Whether a sign-up needs no code.
        admits: Whether a confirmed sign-up gives what the sign-in after it carries on with.
    """

    def __init__(self, pool: FakeUserPool, *, confirms_at_once: bool = False, admits: bool = False) -> None:
        super().__init__()
        self._pool = pool
        self._confirms_at_once = confirms_at_once
        self._admits = admits
        self._codes: dict[tuple[str, str], tuple[str, datetime]] = {}
        self._totp_secrets: dict[str, str] = {}
        self._passkeys_begun: set[str] = set()

    def sign_up(
        self,
        username: str,
        password: Secret | None,
        attributes: Mapping[str, str],
        client_metadata: Mapping[str, str] | None = None,
    ) -> Registration:
        """Make a new account."""
        self._called("sign_up")
        with self._lock:
            if any(user.username == username for user in self._pool.people):
                raise UsernameExists("That user name is taken", code="UsernameExistsException")
            if password:
                _check(password)
            user = FakeUser(username, password.reveal() if password else None, attributes=dict(attributes))
            user.confirmed = self._confirms_at_once
            self._pool.people.append(user)
            delivery = None if user.confirmed else self._send(user, _SIGN_UP, _first_of(attributes))
            return Registration(user.attributes["sub"], user.confirmed, delivery, self._session(user))

    def confirm_sign_up(
        self,
        username: str,
        code: Secret,
        *,
        session: Secret | None = None,
        take_over_alias: bool = False,
        client_metadata: Mapping[str, str] | None = None,
    ) -> Secret | None:
        """Confirm an account, and return what the sign-in after it carries on with, where there is such a thing."""
        self._called("confirm_sign_up")
        with self._lock:
            user = self._user(username)
            if user.confirmed:
                raise AlreadyConfirmed("The account is confirmed already: sign in", code=_REFUSED)
            self._check_code(user, _SIGN_UP, code)
            email = user.attributes.get("email")
            other = self._pool.named(email) if email else None
            if other is not None and not take_over_alias:
                raise AliasExists("Another account has that e-mail address", code="AliasExistsException")
            if other is not None:
                other.attributes["email_verified"] = "false"
            del self._codes[user.username, _SIGN_UP]
            user.confirmed = True
            user.attributes |= {"email_verified": "true"} if email else {}
            return self._session(user) if session else None

    def resend_sign_up_code(self, username: str, client_metadata: Mapping[str, str] | None = None) -> CodeDelivery:
        """Send the code of a sign-up again."""
        self._called("resend_sign_up_code")
        with self._lock:
            user = self._user(username)
            if user.confirmed:
                raise AlreadyConfirmed("The account is confirmed already", code="InvalidParameterException")
            return self._send(user, _SIGN_UP, _first_of(user.attributes)) or _NOWHERE

    def forgot_password(self, username: str, client_metadata: Mapping[str, str] | None = None) -> CodeDelivery:
        """Send a code that resets the password; for a name that there is not, say so too."""
        self._called("forgot_password")
        with self._lock:
            user = self._pool.named(username)
            if user is None:
                return CodeDelivery("a***@e***", "EMAIL", "email")
            proven = [name for name in _PROVABLE if user.attributes.get(f"{name}_verified") == "true"]
            if not proven:
                raise InvalidParameter("There is no registered/verified email", code="InvalidParameterException")
            return self._send(user, _RESET, proven[0]) or _NOWHERE

    def confirm_forgot_password(
        self, username: str, code: Secret, new_password: Secret, client_metadata: Mapping[str, str] | None = None
    ) -> None:
        """Set a new password with a code."""
        self._called("confirm_forgot_password")
        with self._lock:
            user = self._user(username)
            self._check_code(user, _RESET, code)
            _check(new_password)
            del self._codes[user.username, _RESET]
            user.password, user.must_reset = new_password.reveal(), False

    def change_password(self, access_token: Secret, old: Secret | None, new: Secret) -> None:
        """Set a new password; `old` is None for somebody who has none yet."""
        self._called("change_password")
        with self._lock:
            user = self._pool.bearer(access_token)
            if (Secret(user.password) if user.password else None) != old:
                raise NotAuthorized("The current password is not right", code=_REFUSED, case="old_password")
            _check(new)
            user.password = new.reveal()

    def get_account(self, access_token: Secret) -> Account:
        """Return what the pool knows of the user."""
        self._called("get_account")
        with self._lock:
            user = self._pool.bearer(access_token)
            return Account(user.username, dict(user.attributes), user.mfa)

    def update_attributes(
        self, access_token: Secret, attributes: Mapping[str, str], client_metadata: Mapping[str, str] | None = None
    ) -> tuple[CodeDelivery, ...]:
        """Set attributes, and return where codes were sent that prove new addresses and numbers."""
        self._called("update_attributes")
        with self._lock:
            user = self._pool.bearer(access_token)
            if "sub" in attributes:
                raise InvalidParameter("Cannot modify the attribute sub", code="InvalidParameterException")
            before = user.attributes
            changed = [name for name in _PROVABLE if attributes.get(name) not in (None, before.get(name))]
            user.attributes |= dict(attributes) | {f"{name}_verified": "false" for name in changed}
            return tuple(delivery for name in changed if (delivery := self._send(user, name, name)))

    def delete_attributes(self, access_token: Secret, names: Collection[str]) -> None:
        """Delete attributes."""
        self._called("delete_attributes")
        with self._lock:
            user = self._pool.bearer(access_token)
            if "sub" in names:
                raise InvalidParameter("Cannot delete the attribute sub", code="InvalidParameterException")
            for name in names:
                user.attributes.pop(name, None)

    def send_attribute_code(
        self, access_token: Secret, name: str, client_metadata: Mapping[str, str] | None = None
    ) -> CodeDelivery:
        """Send a code that proves an address or number."""
        self._called("send_attribute_code")
        with self._lock:
            user = self._pool.bearer(access_token)
            delivery = self._send(user, name, name) if name in _PROVABLE else None
            if delivery is None:
                raise InvalidParameter("There is nothing to prove", code="InvalidParameterException")
            return delivery

    def confirm_attribute(self, access_token: Secret, name: str, code: Secret) -> None:
        """Prove an address or number."""
        self._called("confirm_attribute")
        with self._lock:
            user = self._pool.bearer(access_token)
            self._check_code(user, name, code)
            del self._codes[user.username, name]
            user.attributes[f"{name}_verified"] = "true"

    def set_up_totp(self, access_token: Secret) -> Secret:
        """Return the secret, in base 32, that an authenticator app is to be set up with."""
        self._called("set_up_totp")
        with self._lock:
            user = self._pool.bearer(access_token)
            self._totp_secrets[user.username] = secret = base64.b32encode(uuid.uuid4().bytes).decode().rstrip("=")
            return Secret(secret)

    def verify_totp(self, access_token: Secret, code: Secret, device_name: str | None = None) -> None:
        """Complete the set-up of an authenticator app; it is asked for at sign-ins once it is switched on."""
        self._called("verify_totp")
        with self._lock:
            user, now = self._pool.bearer(access_token), self._pool.clock.now()
            secret = self._totp_secrets.get(user.username)
            if secret is None:
                raise Rejected("No authenticator app is being set up", code="SoftwareTokenMFANotFoundException")
            if code.reveal() not in {totp(secret, now + timedelta(seconds=drift)) for drift in (-30, 0, 30)}:
                raise CodeMismatch("That code is not right: try again", code="EnableSoftwareTokenMFAException")
            user.totp_secret = self._totp_secrets.pop(user.username)

    def set_mfa_preference(self, access_token: Secret, before: MfaPreference, after: MfaPreference) -> None:
        """Switch second factors on and off."""
        self._called("set_mfa_preference")
        with self._lock:
            user = self._pool.bearer(access_token)
            has = {"totp": user.totp_secret, "sms": user.attributes.get("phone_number")}
            missing = [kind for kind in after.enabled if not has.get(kind, user.attributes.get("email"))]
            if missing:
                raise InvalidParameter(f"User has not set up {missing[0]}", code="InvalidParameterException")
            user.mfa = after

    def list_devices(self, access_token: Secret) -> tuple[Device, ...]:
        """Return all devices that are remembered."""
        self._called("list_devices")
        with self._lock:
            known = self._pool.bearer(access_token).devices.values()
            return tuple(device for device, remembered in known if remembered)

    def get_device(self, access_token: Secret, key: str) -> Device:
        """Return a device that is remembered."""
        self._called("get_device")
        with self._lock:
            device, remembered = _known_device(self._pool.bearer(access_token), key)
            if not remembered:
                raise _device_gone()
            return device

    def set_device_remembered(self, access_token: Secret, key: str, *, remembered: bool) -> None:
        """Say whether the pool is to remember a device that it knows."""
        self._called("set_device_remembered")
        with self._lock:
            user = self._pool.bearer(access_token)
            device, _ = _known_device(user, key)
            user.devices[key] = replace(device, modified_at=self._pool.clock.now()), remembered

    def forget_device(self, access_token: Secret, key: str) -> None:
        """Make a device unknown."""
        self._called("forget_device")
        with self._lock:
            user = self._pool.bearer(access_token)
            _known_device(user, key)
            del user.devices[key]

    def start_passkey(self, access_token: Secret) -> Mapping[str, Any]:
        """Return what a browser makes a passkey from."""
        self._called("start_passkey")
        with self._lock:
            user = self._pool.bearer(access_token)
            self._passkeys_begun.add(user.username)
            return {
                "challenge": base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("="),
                "rp": {"id": "localhost", "name": "localhost"},
                "user": {"id": user.attributes["sub"], "name": user.username, "displayName": user.username},
                "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
            }

    def complete_passkey(self, access_token: Secret, credential: Mapping[str, Any]) -> None:
        """Register the passkey that a browser made."""
        self._called("complete_passkey")
        with self._lock:
            user = self._pool.bearer(access_token)
            if user.username not in self._passkeys_begun:
                raise ChallengeExpired("Start over", code="WebAuthnChallengeNotFoundException")
            self._passkeys_begun.remove(user.username)
            key = str(credential.get("id", ""))
            user.passkeys[key] = Passkey(key, relying_party_id="localhost", created_at=self._pool.clock.now())

    def list_passkeys(self, access_token: Secret) -> tuple[Passkey, ...]:
        """Return all passkeys of the user."""
        self._called("list_passkeys")
        with self._lock:
            return tuple(self._pool.bearer(access_token).passkeys.values())

    def delete_passkey(self, access_token: Secret, credential_id: str) -> None:
        """Delete a passkey."""
        self._called("delete_passkey")
        with self._lock:
            if self._pool.bearer(access_token).passkeys.pop(credential_id, None) is None:
                raise Rejected("There is no such passkey", code="ResourceNotFoundException")

    @property
    def knows_user_sessions(self) -> bool:
        """Whether it can be asked for where users are signed in."""
        return True

    def list_user_sessions(self, access_token: Secret) -> tuple[UserSession, ...]:
        """Return where the user is signed in."""
        self._called("list_user_sessions")
        with self._lock:
            sign_ins = self._pool.sign_ins_of(access_token)
            return tuple(
                UserSession(_session_id(token), kind="TOKEN", is_current=is_own) for token, is_own in sign_ins.items()
            )

    def revoke_user_session(self, access_token: Secret, session_id: str) -> None:
        """End the user's sign-in in another place."""
        self._called("revoke_user_session")
        with self._lock:
            sign_ins = self._pool.sign_ins_of(access_token)
            found = next((token for token in sign_ins if _session_id(token) == session_id), None)
            if found is None:
                raise Rejected("There is no such session", code="ResourceNotFoundException")
            if sign_ins[found]:
                raise InvalidParameter("It is the current session", code="InvalidParameterException")
            self._pool.revoke(Secret(found))

    def delete_user(self, access_token: Secret) -> None:
        """Delete the user, with everything that the pool knows of them."""
        self._called("delete_user")
        with self._lock:
            self._pool.remove(self._pool.bearer(access_token))

    def _user(self, username: str) -> FakeUser:
        user = next((user for user in self._pool.people if user.username == username), self._pool.named(username))
        if user is None:
            raise CodeMismatch("That code is not right: try again", code="CodeMismatchException")
        return user

    def _session(self, user: FakeUser) -> Secret | None:
        return self._pool.admit(user) if self._admits else None

    def _send(self, user: FakeUser, purpose: str, attribute: str) -> CodeDelivery | None:
        ends_at = self._pool.clock.now() + _LIFETIMES.get(purpose, _LIFETIMES[_SIGN_UP])
        self._codes[user.username, purpose] = self._pool.send_code(user), ends_at
        destination = user.attributes.get(attribute)
        medium = "SMS" if attribute == "phone_number" else "EMAIL"
        return CodeDelivery(f"{destination[0]}***", medium, attribute) if destination else None

    def _check_code(self, user: FakeUser, purpose: str, code: Secret) -> None:
        sent, ends_at = self._codes.get((user.username, purpose), ("", self._pool.clock.now()))
        if self._pool.clock.now() >= ends_at:
            raise ExpiredCode("That code is no longer valid: use a new one", code="ExpiredCodeException")
        if code != Secret(sent):
            raise CodeMismatch("That code is not right: try again", code="CodeMismatchException")


_NOWHERE = CodeDelivery("", "", "")


def _check(password: Secret) -> None:
    if len(password.reveal()) < SHORTEST_PASSWORD:
        raise InvalidPassword("That password does not fit the pool's rules", code="InvalidPasswordException")


def _first_of(attributes: Mapping[str, str]) -> str:
    return next((name for name in _PROVABLE if name in attributes), "email")


def _known_device(user: FakeUser, key: str) -> tuple[Device, bool]:
    if key not in user.devices:
        raise _device_gone()
    return user.devices[key]


def _session_id(refresh_token: str) -> str:
    return f"tkn-{uuid.uuid5(uuid.NAMESPACE_OID, refresh_token)}"


def _device_gone() -> DeviceGone:
    return DeviceGone("The user pool does not know this device", code="ResourceNotFoundException")
