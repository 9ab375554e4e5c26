"""How somebody signs up, and confirms it with a code."""

import uuid

from nbauth.testing.stand_in import attributes
from nbauth.testing.stand_in.app_client import AppClient
from nbauth.testing.stand_in.attributes import VERIFIABLE
from nbauth.testing.stand_in.challenges import Attempt
from nbauth.testing.stand_in.codes import delivery, pretended, unasked
from nbauth.testing.stand_in.pool import Operation, Pool
from nbauth.testing.stand_in.requests import (
    WORD,
    Answer,
    Refused,
    Request,
    flag,
    invalid,
    member,
    not_authorized,
    optional,
    password,
)
from nbauth.testing.stand_in.requests import attributes as read_attributes
from nbauth.testing.stand_in.users import User

SIGNED_UP = "SIGNED_UP"
"""The session that a sign-up begins, and its confirmation takes."""

CONFIRMED = "CONFIRMED"
"""The session that a confirmed sign-up goes on with, and a sign-in of the flow USER_AUTH takes."""

_PURPOSE = "sign-up"


class SignUp:
    """Signs people up.

    Args:
        pool: The user pool.
    """

    def __init__(self, pool: Pool) -> None:
        self.operations: dict[str, Operation] = {
            "SignUp": self._sign_up,
            "ConfirmSignUp": self._confirm_sign_up,
            "ResendConfirmationCode": self._resend_confirmation_code,
        }
        self._pool = pool

    def _sign_up(self, request: Request) -> Answer:
        client = self._pool.client(request)
        name = self._pool.username(request, client)
        given = {key: value for key, value in read_attributes(request, "UserAttributes").items() if value}
        typed = None if request.get("Password") is None else password(request, "Password")
        if not self._pool.settings.self_sign_up:
            raise not_authorized("SignUp is not permitted for this user pool")
        given = self._with_own_name(name, given)
        attributes.check(given, self._pool.settings)
        attributes.check_required(self._pool.users.required_attributes, given)
        if typed is not None:
            self._pool.users.policy.check(typed)
        elif self._pool.settings.first_factors <= {"PASSWORD"}:
            raise invalid("Password is required.")
        user = self._add(name, typed, given)
        return self._begin(user, client)

    def _with_own_name(self, name: str, given: dict[str, str]) -> dict[str, str]:
        """Return the attributes of somebody whose name may be one of them."""
        own, aliases = self._pool.settings.username_is, self._pool.settings.aliases
        fits = {"email": attributes.is_email, "phone_number": attributes.is_phone_number}
        if own and not fits[own](name):
            raise invalid(f"Username should be an {own}." if own == "email" else "Username should be a phone number.")
        if own:
            return given | {own: name}
        for alias, kind in (("email", "email"), ("phone_number", "phone number")):
            if alias in aliases and fits[alias](name):
                raise invalid(f"Username cannot be of {kind} format, since user pool is configured for {kind} alias.")
        return given

    def _add(self, name: str, typed: str | None, given: dict[str, str]) -> User:
        users, own = self._pool.users, self._pool.settings.username_is
        if users.named(name):
            kind = {None: "User already exists", "email": "An account with the given email already exists."}
            message = kind.get(own, "An account with the given phone_number already exists.")
            raise Refused("UsernameExistsException", message)
        sub = str(uuid.uuid4())
        user = users.add(sub if own else name, typed, attributes={"sub": sub, **given})
        user.status = "UNCONFIRMED"
        return user

    def _begin(self, user: User, client: AppClient) -> Answer:
        answer: Answer = {"UserSub": user.sub, "UserConfirmed": self._pool.settings.confirms_sign_ups}
        if self._pool.settings.confirms_sign_ups:
            user.status = "CONFIRMED"
            return answer | self._session(CONFIRMED, user, client)
        attribute = self._reachable_by(user)
        if attribute:
            sent = self._pool.codes.send(user, _PURPOSE, attribute)
            answer["CodeDeliveryDetails"] = delivery(attribute, sent.destination)
        return answer | self._session(SIGNED_UP, user, client)

    def _confirm_sign_up(self, request: Request) -> Answer:
        client = self._pool.client(request)
        name = self._pool.username(request, client)
        code = member(request, "ConfirmationCode", pattern=WORD, longest=2048, shown=False)
        takes_over = flag(request, "ForceAliasCreation")
        session = optional(request, "Session", shortest=20, longest=2048, shown=False)
        user = self._pool.named(name, client)
        self._pool.limit("ConfirmSignUp", user or name)
        if user is None:
            raise unasked()
        if user.status != "UNCONFIRMED":
            raise not_authorized(f"User cannot be confirmed. Current status is {user.status}")
        if session and self._pool.challenges.attempt(session, SIGNED_UP).user is not user:
            raise not_authorized("Invalid session for the user.")
        attribute, lifetime = self._reachable_by(user), self._pool.settings.sign_up_code_lifetime
        self._pool.codes.check(user, _PURPOSE, code, lifetime)
        if attribute:
            self._take_alias(user, attribute, by_force=takes_over)
            user.attributes[f"{attribute}_verified"] = "true"
        self._pool.codes.use(user, _PURPOSE, code, lifetime)
        user.status = "CONFIRMED"
        if session:
            self._pool.challenges.spend(session, SIGNED_UP)
        return self._session(CONFIRMED, user, client)

    def _resend_confirmation_code(self, request: Request) -> Answer:
        client = self._pool.client(request)
        name = self._pool.username(request, client)
        user = self._pool.named(name, client)
        self._pool.limit("ResendConfirmationCode", user or name)
        if user is None:
            return {"CodeDeliveryDetails": delivery(*pretended(name))}
        if user.status != "UNCONFIRMED":
            raise invalid("User is already confirmed.")
        attribute = self._reachable_by(user)
        if not attribute:
            raise invalid("Cannot resend codes. Auto verification not turned on.")
        sent = self._pool.codes.send(user, _PURPOSE, attribute)
        return {"CodeDeliveryDetails": delivery(attribute, sent.destination)}

    def _take_alias(self, user: User, attribute: str, *, by_force: bool) -> None:
        """Let an address or number be a name of this user's, and nobody else's."""
        if attribute not in self._pool.settings.aliases or self._pool.settings.username_is:
            return
        other = self._pool.users.other_with(attribute, user.attributes[attribute], user)
        if other and not by_force:
            kind = attribute.replace("_", " ")
            raise Refused("AliasExistsException", f"An account with the {kind} already exists.")
        if other:
            other.attributes[f"{attribute}_verified"] = "false"

    def _reachable_by(self, user: User) -> str | None:
        wanted = self._pool.settings.auto_verified
        return next((name for name in VERIFIABLE if name in wanted and user.attributes.get(name)), None)

    def _session(self, name: str, user: User, client: AppClient) -> Answer:
        """Return the session that an answer has where a sign-in can go on with it."""
        if "USER_AUTH" not in client.flows:
            return {}

        def refuse(_: object) -> Answer:
            raise not_authorized("Invalid session for the user.")

        return {"Session": self._pool.challenges.open(name, Attempt(user.username, user, client), refuse)}
