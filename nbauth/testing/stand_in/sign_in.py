"""How a sign-in begins with a password: the password itself, or a proof of it; and the new one it may have to end with.

What comes after is another's: each part of a sign-in is given what it goes on with.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from nbauth.testing.stand_in import attributes, srp
from nbauth.testing.stand_in.app_client import AppClient
from nbauth.testing.stand_in.challenges import Attempt, Parameters, incorrect
from nbauth.testing.stand_in.pool import Pool
from nbauth.testing.stand_in.proofs import Claim, public_number
from nbauth.testing.stand_in.requests import Answer, Refused, WrongAnswer, invalid, not_authorized, parameter
from nbauth.testing.stand_in.users import User

Then = Callable[[Attempt], Answer]


@dataclass(frozen=True)
class _Proof:
    """A password proof that waits for its answer, and has no session."""

    attempt: Attempt
    handshake: srp.Handshake
    ends_at: datetime


class Passwords:
    """The password as a factor.

    Args:
        pool: The user pool.
        then: What a sign-in goes on with.
    """

    def __init__(self, pool: Pool, then: Then) -> None:
        self._pool = pool
        self._then = then
        self._proofs: dict[str, _Proof] = {}

    def begin(self, parameters: Parameters, client: AppClient) -> Attempt:
        """Begin a sign-in: find out who it is.

        Raises:
            Refused: This one cannot sign in, whatever the password.
        """
        name = parameter(parameters, "USERNAME")
        client.check_hash(parameters, name, first=True)
        user = self._pool.named(name, client)
        if user:
            user.admit()
            user.lock.check(self._pool.clock.now())
        return Attempt(user.username if user else name, user, client, parameters.get("DEVICE_KEY"))

    def by_password(self, parameters: Parameters, client: AppClient) -> Answer:
        """Begin with the password itself (USER_PASSWORD_AUTH)."""
        parameter(parameters, "USERNAME")
        password = parameter(parameters, "PASSWORD")
        attempt = self.begin(parameters, client)
        try:
            return self.take_password(attempt, password)
        except WrongAnswer:
            self.failed(attempt)
            raise

    def take_password(self, attempt: Attempt, password: str) -> Answer:
        """Take the password itself.

        Raises:
            Refused: It is another.
        """
        verifier = attempt.known.verifier
        if verifier is None or not verifier.fits(password):
            raise incorrect()
        return self._after(attempt, self._then)

    def failed(self, attempt: Attempt) -> None:
        """Take note that a sign-in failed at its very beginning."""
        if attempt.user:
            attempt.user.lock.failed(self._pool.clock.now())

    def by_proof(self, parameters: Parameters, client: AppClient) -> Answer:
        """Begin with a proof of the password (USER_SRP_AUTH): ask for it, without a session."""
        parameter(parameters, "USERNAME")
        big_a = public_number(parameters)
        attempt = self.begin(parameters, client)
        handshake, about = self._handshake(attempt, big_a)
        ends_at = self._pool.clock.now() + client.session_lifetime
        self._proofs[handshake.secret_block] = _Proof(attempt, handshake, ends_at)
        return {"ChallengeName": "PASSWORD_VERIFIER", "ChallengeParameters": about}

    def ask_proof(self, attempt: Attempt, parameters: Parameters, then: Then | None = None) -> Answer:
        """Ask for a proof of the password in a flow that keeps a session; then go on, as usual or otherwise."""
        handshake, about = self._handshake(attempt, public_number(parameters))

        def take(responses: Parameters) -> Answer:
            if not Claim.read(responses).holds(handshake, self._pool.clock.now()) or attempt.user is None:
                raise incorrect()
            return self._after(attempt, then or self._then)

        return self._pool.challenges.ask("PASSWORD_VERIFIER", attempt, about, take)

    def take_proof(self, responses: Parameters, client: AppClient) -> Answer:
        """Take the answer to a PASSWORD_VERIFIER that has no session."""
        claim = Claim.read(responses)
        client.check_hash(responses, claim.username)
        now, proof = self._pool.clock.now(), self._proofs.get(claim.secret_block)
        if proof is None or now >= proof.ends_at:
            raise incorrect()
        attempt = proof.attempt
        if (attempt.username, attempt.client) != (claim.username, client):
            raise incorrect()
        if attempt.user:
            attempt.user.admit()
            attempt.user.lock.check(now)
        if attempt.user is None or not claim.holds(proof.handshake, now):
            self.failed(attempt)
            raise incorrect()
        device_key = responses.get("DEVICE_KEY") or attempt.device_key
        return self._after(Attempt(attempt.username, attempt.user, client, device_key), self._then)

    def ask_new(self, attempt: Attempt, then: Then) -> Answer:
        """Ask for a password in place of a temporary one."""
        user = attempt.known
        if self._pool.clock.now() >= user.created_at + self._pool.users.temporary_lifetime:
            raise not_authorized("Temporary password has expired and must be reset by an administrator.")
        known = {name: value for name, value in user.attributes.items() if name != "sub"}
        about = {
            "requiredAttributes": json.dumps([f"userAttributes.{name}" for name in self._missing(user)]),
            "userAttributes": json.dumps(known),
        }

        def take(responses: Parameters) -> Answer:
            self._take_new(user, responses)
            return then(attempt)

        return self._pool.challenges.ask("NEW_PASSWORD_REQUIRED", attempt, about, take)

    def _after(self, attempt: Attempt, then: Then) -> Answer:
        user = attempt.known
        attempt.methods.append("PASSWORD")
        if user.status == "RESET_REQUIRED":
            raise Refused("PasswordResetRequiredException", "Password reset required for the user")
        return self.ask_new(attempt, then) if user.status == "FORCE_CHANGE_PASSWORD" else then(attempt)

    def _handshake(self, attempt: Attempt, big_a: int) -> tuple[srp.Handshake, dict[str, str]]:
        if big_a % srp.N == 0:
            raise not_authorized("Incorrect username or password.")
        kept = attempt.user.verifier if attempt.user else None
        verifier = kept or self._pool.users.nobody(attempt.username)
        handshake = srp.Handshake(verifier, big_a)
        about = {
            "SALT": f"{verifier.salt:x}",
            "SRP_B": f"{handshake.big_b:x}",
            "SECRET_BLOCK": handshake.secret_block,
            "USERNAME": attempt.username,
            "USER_ID_FOR_SRP": attempt.username,
        }
        return handshake, about

    def _missing(self, user: User) -> list[str]:
        return [name for name in self._pool.users.required_attributes if name not in user.attributes]

    def _take_new(self, user: User, responses: Parameters) -> None:
        prefix = "userAttributes."
        password = parameter(responses, "NEW_PASSWORD")
        given = {name.removeprefix(prefix): value for name, value in responses.items() if name.startswith(prefix)}
        for name in given:
            if name in user.attributes:
                raise not_authorized(f"Cannot modify an already provided {name}")
        attributes.check(given, self._pool.settings)
        for name in self._missing(user):
            if not given.get(name):
                raise invalid(f"Invalid attributes given, {name} is missing")
        self._pool.users.set_password(user, password)
        user.attributes |= given
