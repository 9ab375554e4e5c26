"""A fake user pool: it decides as Cognito does and fails as the adapter in `nbauth.cognito` does.

The contract tests hold both to that, so a behaviour is added here only together with one there.
"""

import base64
import itertools
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from nbauth.core.account import Device, MfaPreference, TotpSetup
from nbauth.core.challenges import BY_PASSWORD, METHOD, Answers, Challenge
from nbauth.core.device import RememberedDevice
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.tokens import TokenSet, read_claims
from nbauth.errors import (
    AccessTokenRefused,
    ChallengeExpired,
    CodeMismatch,
    InvalidPassword,
    NotAuthorized,
    PasswordResetRequired,
    RefreshRefused,
    Rejected,
    UserNotConfirmed,
    UserNotFound,
)
from nbauth.ports import Clock, Credential, UserPool
from nbauth.testing.fake_user import FakeUser
from nbauth.testing.makers import tokens, totp
from nbauth.testing.scripted import FakeClock, Scripted

T = TypeVar("T")

_CHALLENGE_LIFETIME = timedelta(minutes=3)
SHORTEST_PASSWORD = 8
_REFUSED = "NotAuthorizedException"


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
            if user is None or (credential.password and not user.has_password(credential.password.reveal())):
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
                return self._ask_for(_fit(challenge.alternative, answers), user, credential, challenge)
            given = _fit(challenge.responses, answers)
            way = challenge.chosen or given.get("ANSWER")
            if way in BY_PASSWORD and "PASSWORD" not in given:
                return replace(challenge, chosen=way)
            self._accept(pending, challenge, given, way)
            self._pending = {session: other for session, other in self._pending.items() if other is not pending}
            if challenge.name == "NEW_PASSWORD_REQUIRED" or way in BY_PASSWORD:
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
            user = self._owner(access_token)
            if user is None:
                raise NotAuthorized("Not allowed (Access Token has been revoked)", code=_REFUSED)
            self._refresh_tokens = {token: owner for token, owner in self._refresh_tokens.items() if owner is not user}

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
            user = self._owner(access_token)
            if user is None or read_claims(access_token.reveal())["exp"] <= self.clock.now().timestamp():
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

    def send_code(self, user: FakeUser) -> str:
        """Send a user a new code, and return it."""
        self.sent_codes[user.username] = code = f"{next(self._numbers):06d}"
        return code

    def _owner(self, access_token: Secret) -> FakeUser | None:
        return self._refresh_tokens.get(self._access_tokens.get(access_token.reveal(), ""))

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
        elif way in BY_PASSWORD:
            if not user.has_password(given["PASSWORD"]):
                raise _wrong_password()
        elif challenge.totp_secret:
            secret = challenge.totp_secret.reveal()
            if given["SOFTWARE_TOKEN_MFA_CODE"] not in self._app_codes(secret):
                raise _wrong_code()
            user.totp_secret, user.mfa = secret, user.mfa.changed(totp=True)
        elif not challenge.offered and given.get(f"{challenge.name}_CODE") not in self._good_codes(pending):
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


def _totp_secret() -> str:
    return base64.b32encode(uuid.uuid4().bytes).decode().rstrip("=")


def _wrong_password() -> NotAuthorized:
    return NotAuthorized("Incorrect user name or password", code=_REFUSED, case="incorrect")


def _wrong_code() -> CodeMismatch:
    return CodeMismatch("That code is not right: try again", code="CodeMismatchException")


def _fit(read: Callable[[Answers], T], answers: Answers) -> T:
    try:
        return read(answers)
    except ValueError as unfit:
        complaint = str(unfit)
    raise Rejected(complaint)
