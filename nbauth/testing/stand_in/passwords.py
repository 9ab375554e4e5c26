"""How a password is changed by who knows it, and reset by who has forgotten it."""

from nbauth.testing.stand_in.challenges import incorrect
from nbauth.testing.stand_in.codes import delivery, mismatch, pretended
from nbauth.testing.stand_in.pool import Operation, Pool
from nbauth.testing.stand_in.requests import (
    WORD,
    Answer,
    Refused,
    Request,
    invalid,
    member,
    not_authorized,
    password,
)
from nbauth.testing.stand_in.users import User

_PURPOSE = "password"


class PasswordChanges:
    """Changes passwords.

    Args:
        pool: The user pool.
    """

    def __init__(self, pool: Pool) -> None:
        self.operations: dict[str, Operation] = {
            "ForgotPassword": self._forgot_password,
            "ConfirmForgotPassword": self._confirm_forgot_password,
            "ChangePassword": self._change_password,
        }
        self._pool = pool

    def _forgot_password(self, request: Request) -> Answer:
        client = self._pool.client(request)
        name = self._pool.username(request, client)
        user = self._pool.named(name, client)
        self._pool.limit("ForgotPassword", user or name)
        attribute = self._recovery_of(user) if user and user.enabled else None
        if user is None or attribute is None:
            if client.hides_unknown_users:
                return {"CodeDeliveryDetails": delivery(*pretended(name))}
            if user and not user.enabled:
                raise not_authorized("User is disabled.")
            raise invalid("Cannot reset password for the user as there is no registered/verified email or phone_number")
        if user.status == "FORCE_CHANGE_PASSWORD":
            raise not_authorized("User password cannot be reset in the current state.")
        sent = self._pool.codes.send(user, _PURPOSE, attribute)
        return {"CodeDeliveryDetails": delivery(attribute, sent.destination)}

    def _confirm_forgot_password(self, request: Request) -> Answer:
        client = self._pool.client(request)
        name = self._pool.username(request, client)
        code = member(request, "ConfirmationCode", pattern=WORD, longest=2048, shown=False)
        new = password(request, "Password")
        user = self._pool.named(name, client)
        self._pool.limit("ConfirmForgotPassword", user or name)
        if user is None:
            raise mismatch()
        if user.status == "UNCONFIRMED":
            raise Refused("UserNotConfirmedException", "User is not confirmed.")
        lifetime = self._pool.settings.password_code_lifetime
        self._pool.codes.check(user, _PURPOSE, code, lifetime)
        self._pool.users.set_password(user, new)
        self._pool.codes.use(user, _PURPOSE, code, lifetime)
        user.lock.open()
        return {}

    def _change_password(self, request: Request) -> Answer:
        new = password(request, "ProposedPassword")
        user = self._pool.bearer(request)
        self._pool.limit("ChangePassword", user)
        if user.verifier:
            if not request.get("PreviousPassword"):
                raise invalid("Missing required parameter OldPassword")
            user.lock.check(self._pool.clock.now())
            if not user.verifier.fits(password(request, "PreviousPassword")):
                user.lock.failed(self._pool.clock.now())
                raise incorrect()
        self._pool.users.set_password(user, new)
        return {}

    def _recovery_of(self, user: User) -> str | None:
        """Return where a code may go: not to where the second factor goes, or one channel would be both."""
        taken = {"email": user.email_mfa, "phone_number": user.sms_mfa}
        ways = (name for name in self._pool.settings.recovery if user.has_verified(name) and not taken[name])
        return next(ways, None)
