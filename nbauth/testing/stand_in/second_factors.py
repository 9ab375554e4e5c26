"""The second factor of a sign-in: which one is asked for, how it is answered, and how one is set up on the way."""

import json
from collections.abc import Callable

from nbauth.testing.stand_in.attributes import is_email
from nbauth.testing.stand_in.challenges import Attempt, Parameters
from nbauth.testing.stand_in.codes import masked, pretended
from nbauth.testing.stand_in.pool import Pool
from nbauth.testing.stand_in.requests import Answer, Refused, WrongAnswer, invalid, not_authorized, parameter
from nbauth.testing.stand_in.users import User

EMAIL_DIGITS = 8
"""How long a code is that comes by e-mail during a sign-in."""

_SENT_TO = {"SMS_MFA": "phone_number", "SMS_OTP": "phone_number", "EMAIL_OTP": "email"}


class SecondFactors:
    """Asks for second factors.

    Args:
        pool: The user pool.
        then: What a sign-in goes on with.
    """

    def __init__(self, pool: Pool, then: Callable[[Attempt], Answer]) -> None:
        self._pool = pool
        self._then = then

    def active(self, user: User) -> list[str]:
        """Return what a user may be asked for, in this pool."""
        settings = self._pool.settings
        if settings.mfa == "OFF":
            return []
        factors = user.second_factors()
        if settings.mfa == "ON" and user.attributes.get("phone_number"):
            factors = ["SMS_MFA", *(name for name in factors if name != "SMS_MFA")]
        return [name for name in factors if name in settings.second_factors]

    def ask(self, attempt: Attempt) -> Answer:
        """Ask for a second factor, if the pool and the user want one; a remembered device may be one."""
        user, settings = attempt.known, self._pool.settings
        if settings.mfa == "OFF" or self._comes_from_remembered_device(attempt):
            return self._then(attempt)
        factors = self.active(user)
        match [user.preferred_mfa] if user.preferred_mfa in factors else factors:
            case []:
                return self._ask_to_set_up(attempt) if settings.mfa == "ON" else self._then(attempt)
            case [str(one)]:
                return self._ask_one(one, attempt)
            case several:
                about = {"MFAS_CAN_CHOOSE": json.dumps(several)}
                return self._pool.challenges.ask(
                    "SELECT_MFA_TYPE", attempt, about, lambda responses: self._take_choice(attempt, responses)
                )

    def ask_sent_code(
        self, challenge: str, attempt: Attempt, then: Callable[[Attempt], Answer], to: str | None = None
    ) -> Answer:
        """Send a code and ask for it; to somebody who does not exist, as if to one who does.

        Args:
            challenge: ``SMS_MFA``, ``SMS_OTP`` or ``EMAIL_OTP``.
            attempt: The sign-in.
            then: What it goes on with.
            to: Another address than the user's own.
        """
        attribute = _SENT_TO[challenge]
        code, destination = None, pretended(attempt.username)[1]
        if attempt.user:
            digits = EMAIL_DIGITS if attribute == "email" else 6
            sent = self._pool.codes.send(attempt.user, "sign-in", attribute, to=to, digits=digits)
            code, destination = sent.code, sent.destination
        about = {
            "CODE_DELIVERY_DELIVERY_MEDIUM": "EMAIL" if attribute == "email" else "SMS",
            "CODE_DELIVERY_DESTINATION": masked(destination),
        }

        def take(responses: Parameters) -> Answer:
            if parameter(responses, f"{challenge}_CODE") != code:
                raise WrongAnswer("CodeMismatchException", "Invalid code or auth state for the user.")
            attempt.methods.append(challenge)
            return then(attempt)

        return self._pool.challenges.ask(challenge, attempt, about, take)

    def _comes_from_remembered_device(self, attempt: Attempt) -> bool:
        tracking, device = self._pool.settings.devices, attempt.known.devices.get(attempt.device_key or "")
        return bool(tracking and tracking.replaces_second_factor and device and device.remembered)

    def _ask_one(self, challenge: str, attempt: Attempt) -> Answer:
        if challenge != "SOFTWARE_TOKEN_MFA":
            return self.ask_sent_code(challenge, attempt, self._then)
        app = attempt.known.authenticator
        about = {"FRIENDLY_DEVICE_NAME": app.name} if app else {}
        return self._pool.challenges.ask(
            challenge, attempt, about, lambda responses: self._take_app_code(attempt, responses)
        )

    def _take_app_code(self, attempt: Attempt, responses: Parameters) -> Answer:
        code, app = parameter(responses, "SOFTWARE_TOKEN_MFA_CODE"), attempt.known.authenticator
        if app is None:
            raise Refused("SoftwareTokenMFANotFoundException", "User has not set up software token mfa")
        step = app.step_of(code, self._pool.clock.now())
        if step is None:
            raise WrongAnswer("CodeMismatchException", "Invalid code received for user")
        if not app.use(step):
            raise Refused("ExpiredCodeException", "Your software token has already been used once.")
        attempt.methods.append("SOFTWARE_TOKEN_MFA")
        return self._then(attempt)

    def _take_choice(self, attempt: Attempt, responses: Parameters) -> Answer:
        chosen = parameter(responses, "ANSWER")
        if chosen not in self.active(attempt.known):
            raise Refused("MFAMethodNotFoundException", "The user has not set up this way to confirm a sign-in.")
        return self._ask_one(chosen, attempt)

    def _ask_to_set_up(self, attempt: Attempt) -> Answer:
        offered = {"MFAS_CAN_SETUP": json.dumps(sorted(self._pool.settings.second_factors, reverse=True))}
        return self._pool.challenges.ask(
            "MFA_SETUP", attempt, offered, lambda responses: self._take_set_up(attempt, responses)
        )

    def _take_set_up(self, attempt: Attempt, responses: Parameters) -> Answer:
        user, email = attempt.known, responses.get("EMAIL")
        if email is None:
            if "SOFTWARE_TOKEN_MFA" not in attempt.methods:
                raise not_authorized("Invalid session for the user.")
            return self._then(attempt)
        if "EMAIL_OTP" not in self._pool.settings.second_factors:
            raise invalid("Email MFA is not enabled for the user pool.")
        if not is_email(email):
            raise invalid("Invalid email address format.")

        def then(attempt: Attempt) -> Answer:
            user.attributes |= {"email": email, "email_verified": "true"}
            user.email_mfa = True
            return self._then(attempt)

        return self.ask_sent_code("EMAIL_OTP", attempt, then, to=email)
