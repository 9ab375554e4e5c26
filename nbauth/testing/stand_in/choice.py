"""The flow USER_AUTH: the user chooses among the first factors there are, or says beforehand which it shall be."""

from collections.abc import Callable

from nbauth.testing.stand_in.app_client import AppClient
from nbauth.testing.stand_in.challenges import Attempt, Parameters
from nbauth.testing.stand_in.passkeys import Passkeys
from nbauth.testing.stand_in.pool import Pool
from nbauth.testing.stand_in.requests import Answer, Refused, WrongAnswer, invalid, not_authorized, parameter
from nbauth.testing.stand_in.second_factors import SecondFactors
from nbauth.testing.stand_in.sign_in import Passwords
from nbauth.testing.stand_in.sign_up import CONFIRMED

_CHALLENGES = ("PASSWORD", "PASSWORD_SRP", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN")


class Choice:
    """Signs users in with the factor that they choose.

    Args:
        pool: The user pool.
        passwords: Asks for passwords.
        factors: Sends codes.
        passkeys: Asks for passkeys.
        then: What a sign-in goes on with.
    """

    def __init__(
        self,
        pool: Pool,
        passwords: Passwords,
        factors: SecondFactors,
        passkeys: Passkeys,
        then: Callable[[Attempt], Answer],
    ) -> None:
        self._pool = pool
        self._passwords = passwords
        self._factors = factors
        self._passkeys = passkeys
        self._then = then

    def begin(self, parameters: Parameters, client: AppClient, session: str | None) -> Answer:
        """Begin a sign-in; one with the session of a sign-up that was just confirmed needs no more."""
        preferred = parameters.get("PREFERRED_CHALLENGE")
        if preferred is not None and preferred not in _CHALLENGES:
            raise invalid(f"Invalid PREFERRED_CHALLENGE: {preferred}")
        attempt = self._passwords.begin(parameters, client)
        self._step_up(attempt, parameters)
        if session:
            return self._after_sign_up(attempt, session)
        if preferred not in self._available(attempt):
            return self._ask(attempt)
        try:
            return self._go(preferred, attempt, parameters)
        except WrongAnswer:
            self._passwords.failed(attempt)
            raise

    def _step_up(self, attempt: Attempt, parameters: Parameters) -> None:
        """Take note that the sign-in is to be as strong as it says; it is always asked for anew."""
        wanted = ("TARGET_ACR_VALUES", "ACCESS_TOKEN", "MAX_AGE")
        if not any(parameters.get(name) for name in wanted):
            return
        if not self._pool.settings.has_step_up:
            message = "Step-up authentication is not available in the feature plan of the user pool."
            raise Refused("FeatureUnavailableInTierException", message)
        token = parameters.get("ACCESS_TOKEN")
        if token and self._pool.grants.bearer(token) is not attempt.user:
            raise not_authorized("Access Token does not belong to the user.")
        attempt.acr = parameters.get("TARGET_ACR_VALUES", "").split()

    def _after_sign_up(self, attempt: Attempt, session: str) -> Answer:
        begun = self._pool.challenges.attempt(session, CONFIRMED)
        if (begun.user, begun.client) != (attempt.user, attempt.client):
            raise not_authorized("Invalid session for the user.")
        self._pool.challenges.spend(session, CONFIRMED)
        return self._then(attempt)

    def _ask(self, attempt: Attempt) -> Answer:
        def take(responses: Parameters) -> Answer:
            chosen = parameter(responses, "ANSWER")
            if chosen not in self._available(attempt):
                raise invalid(f"{chosen} is not available for the user.")
            parameter(responses, {"PASSWORD": "PASSWORD", "PASSWORD_SRP": "SRP_A"}.get(chosen, "ANSWER"))
            return self._go(chosen, attempt, responses)

        available = [name for name in self._available(attempt) if attempt.user or name.startswith("PASSWORD")]
        asked = self._pool.challenges.ask("SELECT_CHALLENGE", attempt, {}, take)
        return asked | {"AvailableChallenges": available}

    def _go(self, challenge: str, attempt: Attempt, parameters: Parameters) -> Answer:
        """Go on with the factor that was chosen, and with what came along with the choice."""
        match challenge:
            case "PASSWORD" if parameters.get("PASSWORD"):
                return self._passwords.take_password(attempt, parameters["PASSWORD"])
            case "PASSWORD_SRP" if parameters.get("SRP_A"):
                return self._passwords.ask_proof(attempt, parameters)
            case "PASSWORD" | "PASSWORD_SRP":
                return self._ask_password(challenge, attempt)
            case "WEB_AUTHN":
                return self._passkeys.ask(attempt)
            case _:
                return self._factors.ask_sent_code(challenge, attempt, self._then)

    def _ask_password(self, challenge: str, attempt: Attempt) -> Answer:
        needed = "PASSWORD" if challenge == "PASSWORD" else "SRP_A"

        def take(responses: Parameters) -> Answer:
            parameter(responses, needed)
            return self._go(challenge, attempt, responses)

        return self._pool.challenges.ask(challenge, attempt, {}, take)

    def _available(self, attempt: Attempt) -> list[str]:
        """Return what somebody can begin with; somebody who does not exist, as if there were such a user.

        Who has a second factor, or must have one, cannot begin with something that is none beside it.
        """
        settings, user = self._pool.settings, attempt.user
        allowed = settings.first_factors
        if user is None:
            return [name for name in _CHALLENGES[:-1] if name.removesuffix("_SRP") in allowed]
        is_alone = settings.mfa != "ON" and not self._factors.active(user) and user.status == "CONFIRMED"
        has_passkey = bool(user.passkeys and settings.relying_party) and user.status == "CONFIRMED"
        has = {
            "PASSWORD": user.verifier is not None,
            "PASSWORD_SRP": user.verifier is not None,
            "EMAIL_OTP": is_alone and user.has_verified("email"),
            "SMS_OTP": is_alone and user.has_verified("phone_number"),
            "WEB_AUTHN": has_passkey and (is_alone or (settings.passkeys_are_two_factors and user.passkey_mfa)),
        }
        return [name for name in _CHALLENGES if has[name] and name.removesuffix("_SRP") in allowed]
