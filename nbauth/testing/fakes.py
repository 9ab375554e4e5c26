"""Fakes of the ports: a user pool and an identity pool that behave, and a clock that stands still.

A fake decides as Cognito does and fails as the adapters in `nbauth.cognito` do. The contract tests hold both to that,
so a behaviour is added here only together with one there.
"""

import base64
import itertools
import json
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from nbauth.core.account import Device, MfaKind, MfaPreference, Passkey, TotpSetup
from nbauth.core.challenges import METHOD, Answers, Challenge
from nbauth.core.credentials import AwsCredentials
from nbauth.core.device import RememberedDevice
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.tokens import TokenSet, read_claims
from nbauth.errors import (
    AccessTokenRefused,
    AuthError,
    ChallengeExpired,
    CodeMismatch,
    IdentityGone,
    InvalidPassword,
    NotAuthorized,
    PasswordResetRequired,
    RefreshRefused,
    Rejected,
    UserNotConfirmed,
    UserNotFound,
)
from nbauth.ports import Clock, Credential, IdentityPool, Logins, UserPool
from nbauth.testing.makers import credentials, tokens, totp

_CHALLENGE_LIFETIME = timedelta(minutes=3)
SHORTEST_PASSWORD = 8
_REFUSED = "NotAuthorizedException"
_PASSWORDS = ("PASSWORD", "PASSWORD_SRP")


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


class Scripted:
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


@dataclass(eq=False)
class FakeUser:
    """Somebody in a fake user pool; whatever is changed counts from then on.

    Attributes:
        username: The real name.
        password: The password; None for somebody who has none.
        temporary: Whether the password must be changed at the next sign-in.
        totp_secret: What the authenticator app was set up with, in base 32.
        attributes: The attributes, `sub` among them; a verified e-mail address is another name to sign in with.
        mfa: Which second factors are switched on.
        confirmed: Whether the sign-up is complete.
        must_reset: Whether the password must be reset before the next sign-in.
        must_set_up_mfa: Whether somebody without a second factor has to set one up.
        devices: The devices that the pool knows, by key, and whether it remembers them.
        passkeys: The passkeys, by id.
    """

    username: str
    password: str | None
    temporary: bool = False
    totp_secret: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    mfa: MfaPreference = field(default_factory=MfaPreference)
    confirmed: bool = True
    must_reset: bool = False
    must_set_up_mfa: bool = False
    devices: dict[str, tuple[Device, bool]] = field(default_factory=dict)
    passkeys: dict[str, Passkey] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.attributes.setdefault("sub", tokens(self.username).sub)

    def answers_to(self, name: str) -> bool:
        """Return whether `name` is one to sign in with: the real one, or a verified e-mail address."""
        verified = self.attributes.get("email_verified") == "true"
        return name == self.username or (verified and name == self.attributes.get("email"))

    def first_factors(self) -> list[str]:
        """Return the ways to begin a sign-in: with a password, or with a code where there is an address for it."""
        codes = {"EMAIL_OTP": "email", "SMS_OTP": "phone_number"}
        return [
            *(_PASSWORDS if self.password else ()),
            *(way for way, name in codes.items() if name in self.attributes),
        ]

    def second_factors(self) -> list[str]:
        """Return what a sign-in asks for beside the password: nothing, one thing, or one of several."""
        kinds: dict[MfaKind, str] = {"totp": "SOFTWARE_TOKEN_MFA", "sms": "SMS_MFA", "email": "EMAIL_OTP"}
        preferred = (self.mfa.preferred,) if self.mfa.preferred else self.mfa.enabled
        return [kinds[kind] for kind in preferred]

    def remembers(self, device: RememberedDevice | None) -> bool:
        """Return whether a device is the user's and stands for a second factor."""
        return device is not None and self.devices.get(device.key, (None, False))[1]


@dataclass
class _Pending:
    user: FakeUser
    credential: Credential
    challenge: Challenge
    code: str | None = None
    ends_at: datetime = field(kw_only=True)


class FakeUserPool(Scripted, UserPool):
    """A user pool in memory.

    Attributes:
        clock: Its time.
        people: Who there is.
        sent_codes: The code that was last sent to each user.

    Args:
        clock: Tells the time; a `FakeClock` where it is None.
        lifetime: How long ID and access tokens are good.
        rotates: Whether a refresh token is good only once.
        knows_devices: Whether a sign-in makes the machine known, to be remembered if the user says so.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        lifetime: timedelta = timedelta(hours=1),
        rotates: bool = False,
        knows_devices: bool = False,
    ) -> None:
        super().__init__()
        self.clock = clock or FakeClock()
        self.people: list[FakeUser] = []
        self.sent_codes: dict[str, str] = {}
        self._lifetime = lifetime
        self._rotates = rotates
        self._knows_devices = knows_devices
        self._pending: dict[str, _Pending] = {}
        self._admitted: dict[str, FakeUser] = {}
        self._refresh_tokens: dict[str, FakeUser] = {}
        self._access_tokens: dict[str, str] = {}
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
        must_set_up_mfa: bool = False,
    ) -> None:
        """Add a user, who is asked for a new password if `temporary`, and for a code if there is a way to get one.

        Args:
            username: The real name.
            password: The password.
            temporary: Whether the password must be changed at the first sign-in.
            totp_secret: What the user's authenticator app was set up with, in base 32.
            phone_number: Where codes go by text message.
            email: Another name to sign in with, and where codes go in place of a password.
            must_set_up_mfa: Whether somebody without a second factor has to set one up.
        """
        attributes = {"email": email, "email_verified": "true"} if email else {}
        attributes |= {"phone_number": phone_number, "phone_number_verified": "true"} if phone_number else {}
        mfa = MfaPreference(totp=bool(totp_secret), sms=bool(phone_number))
        user = FakeUser(username, password, temporary, totp_secret, attributes, mfa, must_set_up_mfa=must_set_up_mfa)
        self.people.append(user)

    def warm(self, *, connect: bool = False) -> None:
        """Load nothing: there is nothing to load."""

    def initiate_auth(self, credential: Credential) -> Challenge | TokenSet:
        """Begin a sign-in."""
        self._called("initiate_auth")
        with self._lock:
            if credential.session:
                return self._carry_on(credential)
            user = self.named(credential.username)
            is_choice = credential.auth_flow == "USER_AUTH" or credential.preferred_challenge is not None
            if not credential.password and not is_choice:
                raise Rejected("The password is missing")
            if user is None or (credential.password and not _is_password(credential.password.reveal(), user)):
                raise _wrong_password()
            if not user.confirmed:
                raise UserNotConfirmed("The account is not confirmed yet", code="UserNotConfirmedException")
            if user.must_reset:
                raise PasswordResetRequired("The password must be reset", code="PasswordResetRequiredException")
            return self._next(user, credential) if credential.password else self._offer(user, credential)

    def respond(
        self, challenge: Challenge, answers: Answers, client_metadata: Mapping[str, str] | None = None
    ) -> Challenge | TokenSet:
        """Answer a challenge; a wrong answer leaves it standing."""
        self._called("respond")
        with self._lock:
            pending = self._pending_at(challenge)
            user, credential = pending.user, pending.credential
            if METHOD in answers and challenge.alternatives:
                return self._ask_for(Secret.of(answers[METHOD]).reveal(), user, credential, challenge)
            given = _texts(challenge, answers)
            way = challenge.chosen or given.get("ANSWER")
            if way in _PASSWORDS and "PASSWORD" not in given:
                return replace(challenge, chosen=way)
            self._accept(pending, challenge, given, way)
            self._pending = {session: other for session, other in self._pending.items() if other is not pending}
            if challenge.name == "NEW_PASSWORD_REQUIRED" or way in _PASSWORDS:
                return self._next(user, credential)
            if way and not challenge.totp_secret:
                return self._ask_for(way, user, credential, challenge)
            return self._let_in(user, credential)

    def resend(self, challenge: Challenge) -> Challenge | TokenSet:
        """Send another code."""
        self._called("resend")
        with self._lock:
            pending = self._pending_at(challenge)
            if not challenge.sends_code:
                raise Rejected("No code can be sent again here: start the sign-in over")
            return self._ask_for(challenge.name, pending.user, pending.credential, challenge)

    def refresh(self, record: Record) -> TokenSet:
        """Get new tokens for the record's refresh token."""
        self._called("refresh")
        with self._lock:
            spent = record.refresh_token.reveal() if record.refresh_token else ""
            user = self._refresh_tokens.get(spent)
            if user is None or user not in self.people:
                raise RefreshRefused("The sign-in can no longer be renewed: sign in again", code=_REFUSED)
            if not self._rotates:
                return self._tokens(user, spent)
            del self._refresh_tokens[spent]
            following = self._new_refresh_token(user)
            sign_ins = self._access_tokens.items()
            self._access_tokens |= {token: following for token, refresh_token in sign_ins if refresh_token == spent}
            return self._tokens(user, following)

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
                raise NotAuthorized("Not allowed (Access Token has been revoked)", code=_REFUSED)
            self._refresh_tokens = kept

    def named(self, name: str) -> FakeUser | None:
        """Return the user who signs in with a name."""
        return next((user for user in self.people if user.answers_to(name)), None)

    def bearer(self, access_token: Secret) -> FakeUser:
        """Return whose access token it is.

        Raises:
            AccessTokenRefused: It has ended, or was revoked.
            UserNotFound: The user was deleted.
        """
        with self._lock:
            refresh_token = self._access_tokens.get(access_token.reveal(), "")
            user = self._refresh_tokens.get(refresh_token)
            if user is None or _claims(access_token)["exp"] <= self.clock.now().timestamp():
                raise AccessTokenRefused("The sign-in has ended", code=_REFUSED)
            if user not in self.people:
                raise UserNotFound("There is no such user", code="UserNotFoundException")
            return user

    def remove(self, user: FakeUser) -> None:
        """Delete a user."""
        with self._lock:
            self.people.remove(user)

    def sign_ins_of(self, access_token: Secret) -> dict[str, bool]:
        """Return the refresh tokens of the access token's user, and whether each is the access token's own."""
        user, own = self.bearer(access_token), self._access_tokens[access_token.reveal()]
        return {token: token == own for token, owner in self._refresh_tokens.items() if owner is user}

    def admit(self, user: FakeUser) -> Secret:
        """Return a session that signs a user in, once, without a password."""
        session = f"sign-up-session-{uuid.uuid4()}"
        self._admitted[session] = user
        return Secret(session)

    def _carry_on(self, credential: Credential) -> Challenge | TokenSet:
        user = self._admitted.pop(credential.session.reveal() if credential.session else "", None)
        if user is None:
            raise NotAuthorized("Not allowed (Invalid session for the user)", code=_REFUSED)
        return self._next(user, credential)

    def _offer(self, user: FakeUser, credential: Credential) -> Challenge:
        offered = user.first_factors()
        if credential.preferred_challenge in offered:
            return self._ask_for(credential.preferred_challenge, user, credential)
        return self._ask(user, credential, "SELECT_CHALLENGE", AvailableChallenges=offered)

    def _next(self, user: FakeUser, credential: Credential) -> Challenge | TokenSet:
        if user.temporary:
            return self._ask(user, credential, "NEW_PASSWORD_REQUIRED", requiredAttributes=[])
        factors = [] if user.remembers(credential.device) else user.second_factors()
        if len(factors) > 1:
            return self._ask(user, credential, "SELECT_MFA_TYPE", MFAS_CAN_CHOOSE=factors)
        if factors:
            return self._ask_for(factors[0], user, credential)
        if user.must_set_up_mfa and not user.mfa.enabled:
            return self._ask_for("MFA_SETUP", user, credential)
        return self._let_in(user, credential)

    def _ask_for(self, name: str, user: FakeUser, credential: Credential, choice: Challenge | None = None) -> Challenge:
        """Pose a challenge that takes some preparation; `choice` is where it was chosen."""
        match name:
            case "MFA_SETUP":
                app = TotpSetup(credential.username, Secret(_totp_secret()), replaces_existing=False)
                asked = self._ask(user, credential, name, MFAS_CAN_SETUP=["SOFTWARE_TOKEN_MFA"])
                return replace(asked, chosen="SOFTWARE_TOKEN_MFA", totp_secret=app.secret, totp_uri=app.uri("AWS"))
            case "PASSWORD" | "PASSWORD_SRP":
                asked = self._ask(user, credential, "SELECT_CHALLENGE", AvailableChallenges=user.first_factors())
                return replace(asked, chosen=name)
            case "SOFTWARE_TOKEN_MFA":
                asked = self._ask(user, credential, name, FRIENDLY_DEVICE_NAME="phone")
            case _:
                medium, attribute = ("EMAIL", "email") if name == "EMAIL_OTP" else ("SMS", "phone_number")
                delivery = {"DELIVERY_MEDIUM": medium, "DESTINATION": user.attributes[attribute]}
                named = {f"CODE_DELIVERY_{key}": value for key, value in delivery.items()}
                asked = self._ask(user, credential, name, self.send_code(user), **named)
        return asked.among(choice) if choice else asked

    def _let_in(self, user: FakeUser, credential: Credential) -> TokenSet:
        given, told = self._tokens(user, self._new_refresh_token(user)), credential.device
        if told and told.username == user.username and told.key in user.devices:
            return given
        gone = told is not None and told.username == user.username
        if not self._knows_devices:
            return replace(given, device_gone=gone)
        key, now = f"eu-west-1_{uuid.uuid4()}", self.clock.now()
        user.devices[key] = Device(key, created_at=now, modified_at=now, last_used_at=now), False
        made = RememberedDevice(user.username, key, "-group", Secret("device-password"))
        return replace(given, device=made, device_gone=gone)

    def send_code(self, user: FakeUser) -> str:
        """Send a user a new code, and return it."""
        self.sent_codes[user.username] = code = f"{next(self._numbers):06d}"
        return code

    def _ask(
        self, user: FakeUser, credential: Credential, name: str, code: str | None = None, **parameters: str | list[str]
    ) -> Challenge:
        session, ends_at = f"challenge-session-{uuid.uuid4()}", self.clock.now() + _CHALLENGE_LIFETIME
        texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in parameters.items()}
        challenge = Challenge(name, user.username, Secret(session), texts, ends_at)
        self._pending[session] = _Pending(user, credential, challenge, code, ends_at=ends_at)
        return challenge

    def _pending_at(self, challenge: Challenge) -> _Pending:
        pending = self._pending.get(challenge.session.reveal() if challenge.session else "")
        if pending is None or pending.challenge.name != challenge.name or self.clock.now() >= pending.ends_at:
            raise ChallengeExpired("The sign-in took too long: start it over", code=_REFUSED)
        return pending

    def _accept(self, pending: _Pending, challenge: Challenge, given: Mapping[str, str], way: str | None) -> None:
        user = pending.user
        if challenge.name == "NEW_PASSWORD_REQUIRED":
            if len(given["NEW_PASSWORD"]) < SHORTEST_PASSWORD:
                raise InvalidPassword(
                    "That password does not fit the pool's rules (it is too short)", code="InvalidPasswordException"
                )
            user.password, user.temporary = given["NEW_PASSWORD"], False
        elif way in _PASSWORDS:
            if not _is_password(given["PASSWORD"], user):
                raise _wrong_password()
        elif challenge.totp_secret:
            secret = challenge.totp_secret.reveal()
            if given["SOFTWARE_TOKEN_MFA_CODE"] not in self._app_codes(secret):
                raise _wrong_code()
            user.totp_secret, user.mfa = secret, user.mfa.changed(totp=True)
        elif challenge.offered:
            if way not in challenge.offered:
                raise ChallengeExpired("The second factor is not set up: start over")
        elif given.get(f"{challenge.name}_CODE") not in self._good_codes(pending):
            raise _wrong_code()

    def _good_codes(self, pending: _Pending) -> set[str | None]:
        secret = pending.user.totp_secret
        if pending.challenge.name != "SOFTWARE_TOKEN_MFA" or not secret:
            return {pending.code}
        return {*self._app_codes(secret)}

    def _app_codes(self, secret: str) -> set[str]:
        return {totp(secret, self.clock.now() + timedelta(seconds=drift)) for drift in (-30, 0, 30)}

    def _new_refresh_token(self, user: FakeUser) -> str:
        token = f"refresh-token-{uuid.uuid4()}"
        self._refresh_tokens[token] = user
        return token

    def _tokens(self, user: FakeUser, refresh_token: str) -> TokenSet:
        given = tokens(user.username, issued_at=self.clock.now(), lifetime=self._lifetime, refresh_token=refresh_token)
        self._access_tokens[given.access_token.reveal()] = refresh_token
        return given


class FakeIdentityPool(Scripted, IdentityPool):
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

    def get_credentials(self, identity_id: str, logins: Logins, custom_role_arn: str | None = None) -> AwsCredentials:
        """Return AWS credentials; a guest's identity that is used with logins becomes the user's."""
        self._called("get_credentials")
        with self._lock:
            owner = self._owner(logins)
            if identity_id not in self._owners:
                raise IdentityGone("The identity does not exist any more", code="ResourceNotFoundException")
            if self._owners[identity_id] not in (None, owner):
                raise IdentityGone("The identity belongs to other logins", code=_REFUSED)
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
                raise NotAuthorized("The identity pool takes no guests: sign in", code=_REFUSED)
            return None
        claims = _claims(next(iter(logins.values())))
        if claims["exp"] <= self._clock.now().timestamp():
            raise NotAuthorized("The ID token has expired", code=_REFUSED)
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
    raise NotAuthorized(f"Not allowed ({complaint})", code=_REFUSED)


def _is_password(password: str, user: FakeUser) -> bool:
    return user.password is not None and password == user.password


def _totp_secret() -> str:
    return base64.b32encode(uuid.uuid4().bytes).decode().rstrip("=")


def _wrong_password() -> NotAuthorized:
    return NotAuthorized("Incorrect user name or password", code=_REFUSED, case="incorrect")


def _wrong_code() -> CodeMismatch:
    return CodeMismatch("That code is not right: try again", code="CodeMismatchException")


def _texts(challenge: Challenge, answers: Answers) -> dict[str, str]:
    try:
        return challenge.responses(answers)
    except ValueError as unfit:
        complaint = str(unfit)
    raise Rejected(f"{complaint}")
