"""How a user signs in: a password or its proof first, then one challenge after another, tokens last."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from datetime import timedelta

from nbauth.testing.stand_in import srp
from nbauth.testing.stand_in.app_client import AppClient
from nbauth.testing.stand_in.clock import ShiftedClock
from nbauth.testing.stand_in.codes import masked, sent_code
from nbauth.testing.stand_in.grants import Grants
from nbauth.testing.stand_in.requests import Answer, Refused, invalid, member, not_authorized, parameter
from nbauth.testing.stand_in.sessions import Session, Sessions
from nbauth.testing.stand_in.users import User, Users

_PROOF_WINDOW = timedelta(minutes=5)

Parameters = Mapping[str, str]


class SignIn:
    """Signs users in.

    Args:
        users: Who there is.
        grants: Where a sign-in that has succeeded is kept.
        clock: Tells the time.
    """

    def __init__(self, users: Users, grants: Grants, clock: ShiftedClock) -> None:
        self._users = users
        self._grants = grants
        self._clock = clock
        self._sessions = Sessions(clock)
        self._answers: dict[str, Callable[[Session, Parameters, AppClient], Answer]] = {
            "NEW_PASSWORD_REQUIRED": self._take_new_password,
            "SOFTWARE_TOKEN_MFA": self._take_app_code,
            "SMS_MFA": self._take_sent_code,
            "SELECT_MFA_TYPE": self._take_choice,
        }

    def by_password(self, parameters: Parameters, client: AppClient) -> Answer:
        """Begin with the password itself (USER_PASSWORD_AUTH)."""
        name = parameter(parameters, "USERNAME")
        password = parameter(parameters, "PASSWORD")
        client.check_hash(parameters, name, first=True)
        user = self._known(name, client)
        if user is None:
            raise _incorrect()
        user.admit()
        user.lock.check(self._clock.now())
        if not user.verifier.fits(password):
            raise self._failed(user, _incorrect())
        return self._after_password(user, client)

    def by_proof(self, parameters: Parameters, client: AppClient) -> Answer:
        """Begin with a proof of the password (USER_SRP_AUTH): ask for it."""
        name, big_a = parameter(parameters, "USERNAME"), _public(parameter(parameters, "SRP_A"))
        client.check_hash(parameters, name, first=True)
        user = self._known(name, client)
        if user:
            user.admit()
            user.lock.check(self._clock.now())
        if big_a % srp.N == 0:
            raise _incorrect()
        verifier = user.verifier if user else self._users.nobody(name)
        handshake, username = srp.Handshake(verifier, big_a), verifier.username
        self._sessions.open_proof(username, user, client, handshake)
        return {
            "ChallengeName": "PASSWORD_VERIFIER",
            "ChallengeParameters": {
                "SALT": f"{verifier.salt:x}",
                "SRP_B": f"{handshake.big_b:x}",
                "SECRET_BLOCK": handshake.secret_block,
                "USERNAME": username,
                "USER_ID_FOR_SRP": username,
            },
        }

    def take_proof(self, responses: Parameters, client: AppClient) -> Answer:
        """Take the answer to PASSWORD_VERIFIER."""
        if not responses:
            raise invalid("Missing required parameter challenge responses.")
        names = ("USERNAME", "TIMESTAMP", "PASSWORD_CLAIM_SIGNATURE", "PASSWORD_CLAIM_SECRET_BLOCK")
        username, timestamp, claim, secret_block = (parameter(responses, name) for name in names)
        moment = srp.moment(timestamp)
        if moment is None:
            raise invalid("TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.")
        signature = _from_base64(claim)
        client.check_hash(responses, username)
        proof = self._sessions.find_proof(secret_block, username, client)
        if proof is None:
            raise _incorrect()
        if proof.user:
            proof.user.admit()
            proof.user.lock.check(self._clock.now())
        in_time = abs(self._clock.now() - moment) <= _PROOF_WINDOW
        proved = proof.handshake.is_proved_by(signature, srp.canonical(moment))
        if proof.user is None or not (proved and in_time):
            raise self._failed(proof.user, _incorrect())
        return self._after_password(proof.user, client)

    def take(self, challenge: str, session: str, responses: Parameters, client: AppClient) -> Answer:
        """Take the answer to any other challenge. A wrong one leaves the challenge as it is.

        Raises:
            Refused: The answer, or its session, is not right.
        """
        username = parameter(responses, "USERNAME")
        client.check_hash(responses, username)
        found = self._sessions.find(session, challenge, username, client)
        found.user.admit()
        found.user.lock.check(self._clock.now())
        answer = self._answers[challenge](found, responses, client)
        found.spent = True
        return answer

    @property
    def challenges(self) -> frozenset[str]:
        """The challenges that `take` knows."""
        return frozenset(self._answers)

    def _known(self, name: str, client: AppClient) -> User | None:
        user = self._users.named(name)
        if user is None and not client.hides_unknown_users:
            raise Refused("UserNotFoundException", "User does not exist.")
        return user

    def _failed(self, user: User | None, refusal: Refused) -> Refused:
        if user:
            user.lock.failed(self._clock.now())
        return refusal

    def _after_password(self, user: User, client: AppClient) -> Answer:
        if user.status == "RESET_REQUIRED":
            raise Refused("PasswordResetRequiredException", "Password reset required for the user")
        if user.status != "FORCE_CHANGE_PASSWORD":
            return self._ask_second_factor(user, client)
        if self._clock.now() >= user.created_at + self._users.temporary_lifetime:
            raise not_authorized("Temporary password has expired and must be reset by an administrator.")
        known = {name: value for name, value in user.attributes.items() if name != "sub"}
        parameters = {
            "requiredAttributes": json.dumps([f"userAttributes.{name}" for name in self._missing(user)]),
            "userAttributes": json.dumps(known),
        }
        return self._ask("NEW_PASSWORD_REQUIRED", user, client, parameters)

    def _ask_second_factor(self, user: User, client: AppClient) -> Answer:
        match user.second_factors():
            case []:
                return self._let_in(user, client)
            case [one]:
                return self._ask_for_code(one, user, client)
            case several:
                return self._ask("SELECT_MFA_TYPE", user, client, {"MFAS_CAN_CHOOSE": json.dumps(several)})

    def _ask_for_code(self, challenge: str, user: User, client: AppClient) -> Answer:
        if challenge == "SOFTWARE_TOKEN_MFA":
            return self._ask(challenge, user, client, {"FRIENDLY_DEVICE_NAME": "phone"})
        user.sent_code = sent_code()
        delivery = {
            "CODE_DELIVERY_DELIVERY_MEDIUM": "SMS",
            "CODE_DELIVERY_DESTINATION": masked(user.attributes["phone_number"]),
        }
        return self._ask(challenge, user, client, delivery, user.sent_code)

    def _ask(
        self, challenge: str, user: User, client: AppClient, parameters: Parameters, code: str | None = None
    ) -> Answer:
        return {
            "ChallengeName": challenge,
            "Session": self._sessions.open(challenge, user, client, code),
            "ChallengeParameters": {"USER_ID_FOR_SRP": user.username, **parameters},
        }

    def _let_in(self, user: User, client: AppClient) -> Answer:
        user.lock.open()
        return {"ChallengeParameters": {}, "AuthenticationResult": self._grants.begin(user, client)}

    def _missing(self, user: User) -> list[str]:
        return [name for name in self._users.required_attributes if name not in user.attributes]

    def _take_new_password(self, session: Session, responses: Parameters, client: AppClient) -> Answer:
        user, prefix = session.user, "userAttributes."
        password = parameter(responses, "NEW_PASSWORD")
        given = {name.removeprefix(prefix): value for name, value in responses.items() if name.startswith(prefix)}
        for name in given:
            if name in user.attributes:
                raise not_authorized(f"Cannot modify an already provided {name}")
        for name in self._missing(user):
            if not given.get(name):
                raise invalid(f"Invalid attributes given, {name} is missing")
        self._users.set_password(user, password)
        user.attributes |= given
        return self._ask_second_factor(user, client)

    def _take_app_code(self, session: Session, responses: Parameters, client: AppClient) -> Answer:
        code, app = parameter(responses, "SOFTWARE_TOKEN_MFA_CODE"), session.user.authenticator
        step = app.step_of(code, self._clock.now()) if app else None
        if app is None:
            raise Refused("SoftwareTokenMFANotFoundException", "User has not set up software token mfa")
        if step is None:
            raise self._failed(session.user, Refused("CodeMismatchException", "Invalid code received for user"))
        if not app.use(step):
            raise Refused("ExpiredCodeException", "Your software token has already been used once.")
        return self._let_in(session.user, client)

    def _take_sent_code(self, session: Session, responses: Parameters, client: AppClient) -> Answer:
        if parameter(responses, "SMS_MFA_CODE") != session.code:
            refusal = Refused("CodeMismatchException", "Invalid code or auth state for the user.")
            raise self._failed(session.user, refusal)
        return self._let_in(session.user, client)

    def _take_choice(self, session: Session, responses: Parameters, client: AppClient) -> Answer:
        chosen = parameter(responses, "ANSWER")
        if chosen not in session.user.second_factors():
            raise Refused("MFAMethodNotFoundException", "The user has not set up this way to confirm a sign-in.")
        return self._ask_for_code(chosen, session.user, client)


def _incorrect() -> Refused:
    return not_authorized("Incorrect username or password.")


def _public(text: str) -> int:
    return int(member({"SRPA": text}, "SRPA", pattern="[0-9a-fA-F]+"), 16)


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise invalid("Invalid PASSWORD_CLAIM_SIGNATURE format. Must be a Base64 string.") from None
