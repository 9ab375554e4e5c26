"""One sign-in as the pool conducts it: a loop over whatever challenge comes, never a script of its own.

What is pure arithmetic is answered here; the rest is a person's. The user's name in an answer is the one that Cognito
returned, not the one typed: secret hashes and password proofs made with an alias are refused. A password is sent as it
is only where the flow, or the person's choice, says so by name.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias, TypeVar

from nbauth.cognito import totp_setup
from nbauth.cognito.answers import Answer
from nbauth.cognito.app_client import NOT_FOUND, AppClient, Parameters
from nbauth.cognito.devices import DeviceProof, make_known
from nbauth.cognito.srp import Exchange
from nbauth.core.challenges import BY_PASSWORD, METHOD, Answers, Challenge
from nbauth.core.conversation import password_is_optional
from nbauth.core.device import RememberedDevice
from nbauth.core.secret import Secret
from nbauth.core.step_up import StepUp
from nbauth.core.tokens import TokenSet
from nbauth.errors import ChallengeExpired, ConfigError, NotAuthorized, Rejected
from nbauth.ports import Credential

T = TypeVar("T")
Outcome: TypeAlias = Challenge | TokenSet

_CHALLENGE_LIFETIME = timedelta(minutes=3)
"""How long a challenge session lasts where the app client's AuthSessionValidity is not set. Answers do not tell."""

_NOT_ALLOWED = frozenset({"InvalidParameterException", "UnsupportedOperationException"})
"""What a pool answers to a flow that the app client does not allow."""

_TOTP = "SOFTWARE_TOKEN_MFA"

Responses = Mapping[str, Secret]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a sign-in under way may have to say once more: to have a code sent anew, or to go on without a device.

    Attributes:
        credential: What it began with, kept up with the passwords that were given since.
        said: What a person need not say twice, in order, each with the name of the challenge that it answers.
        repeatable: Whether that is all there was: no code, for one, can be given twice.
        spent: Whether the challenge session has been used up although the challenge stands.
        device_gone: Whether the pool does not know the credential's device any more.
    """

    credential: Credential
    said: tuple[tuple[str, Answers], ...] = ()
    repeatable: bool = True
    spent: bool = False
    device_gone: bool = False

    def and_said(self, name: str, **answers: str | Secret) -> "Attempt":
        """Return the attempt with one more thing that need not be said twice."""
        return replace(self, said=(*self.said, (name, answers)))


class SignIn:
    """One stretch of a sign-in: from what is known to the next challenge for a person, or to tokens.

    Attributes:
        attempt: What is known; up to date when a verb returns.
        accepted: Whether an answer was taken, so that the challenge session it came with is used up.

    Args:
        app: The app client to sign in to.
        attempt: What is known.
        client_metadata: Passed on to the pool's Lambda triggers.
    """

    def __init__(self, app: AppClient, attempt: Attempt, client_metadata: Mapping[str, str]) -> None:
        self.attempt = attempt
        self.accepted = False
        self._app = app
        self._client_metadata = client_metadata
        self._username = attempt.credential.username
        self._exchange: Exchange | None = None
        self._device_proof: DeviceProof | None = None
        self._has_named_device = False
        self._proofs: dict[str, Callable[[Answer], Answer]] = {
            "PASSWORD_VERIFIER": self._prove_password,
            "DEVICE_SRP_AUTH": self._begin_device_proof,
            "DEVICE_PASSWORD_VERIFIER": self._prove_device,
        }

    def begin(self) -> Outcome:
        """Begin, and say what has been said before."""
        return self._with_or_without_device(self._begin)

    def answer(self, challenge: Challenge, answers: Answers) -> Outcome:
        """Answer a challenge."""
        return self._with_or_without_device(lambda: self._answer(challenge, answers))

    # -- from the beginning

    def _with_or_without_device(self, step: Callable[[], Outcome]) -> Outcome:
        try:
            return step()
        except (ConfigError, Rejected) as error:
            disbelieved = self._device_proof is not None and isinstance(error, NotAuthorized)
            if not (self._has_named_device and (disbelieved or error.code == NOT_FOUND)):
                raise
        # What was begun with the device is the device's, so a request alone cannot be sent again without it.
        self._device_proof = None
        self.attempt = replace(self.attempt, device_gone=True)
        return self._begin()

    def _begin(self) -> Outcome:
        before = self.attempt.said
        self.attempt = replace(self.attempt, said=(), repeatable=True, spent=False)
        self._username = self.attempt.credential.username
        outcome = self._follow(self._open())
        for name, answers in before:
            if isinstance(outcome, Challenge) and outcome.name == name:
                outcome = self._reply(outcome, answers)
        return outcome

    def _open(self) -> Answer:
        credential = self.attempt.credential
        is_choice = credential.session or credential.preferred_challenge
        flow = credential.auth_flow or ("USER_AUTH" if is_choice else self._app.auth_flow)
        refusal: ConfigError
        try:
            return self._initiate(flow)
        except ConfigError as error:
            if credential.auth_flow or flow != "USER_SRP_AUTH" or error.code not in _NOT_ALLOWED:
                raise
            refusal = error
        # Where nobody has named a flow, this one proves the password just the same.
        with suppress(ConfigError):
            return self._initiate("USER_AUTH")
        raise refusal

    def _initiate(self, flow: str) -> Answer:
        credential = self.attempt.credential
        if not credential.password and not password_is_optional(flow):
            raise Rejected("The password is missing", case="no_password")
        parameters = self._opening(flow, credential)
        answer = self._send(self._app.initiate_auth, parameters, AuthFlow=flow, Session=credential.session)
        # A session from a sign-up is good once; what is said again goes through the flow that was allowed.
        credential = replace(credential, auth_flow=flow, session=None)
        self.attempt = replace(self.attempt, credential=credential)
        return answer

    def _opening(self, flow: str, credential: Credential) -> Parameters:
        password = credential.password
        match flow:
            case "USER_PASSWORD_AUTH":
                return {"PASSWORD": password or ""}
            case "CUSTOM_AUTH":
                return {"CHALLENGE_NAME": "SRP_A"} | self._srp_a(password) if password else {}
            case "USER_AUTH" if credential.step_up:
                return _proving_anew(credential.step_up)
            case "USER_AUTH":
                preferred = credential.preferred_challenge or ("PASSWORD_SRP" if password else "")
                proof = self._password_for(preferred, password) if password else {}
                return {"PREFERRED_CHALLENGE": preferred, **proof} if preferred else {}
            case _:
                return self._srp_a(password or Secret(""))

    def _password_for(self, way: str, password: Secret) -> Parameters:
        match way:
            case "PASSWORD":
                return {"PASSWORD": password}
            case "PASSWORD_SRP":
                return self._srp_a(password)
            case _:
                return {}

    def _srp_a(self, password: Secret) -> dict[str, str | Secret]:
        self._exchange = Exchange(self._app.pool_id, password)
        return {"SRP_A": self._exchange.public}

    # -- what arithmetic answers

    def _follow(self, answer: Answer) -> Outcome:
        """Go on until the pool asks for a person, or lets the user in."""
        proved: set[str] = set()
        while (name := _challenge_in(answer)) in self._proofs:
            if name in proved:
                raise ChallengeExpired("The user pool asks for the same proof once more: start the sign-in over")
            proved.add(name)
            answer = self._proofs[name](answer)
        return self._posed(name, answer) if name else self._let_in(answer)

    def _prove_password(self, answer: Answer) -> Answer:
        exchange, self._exchange = self._exchange, None
        if exchange is None:
            raise ChallengeExpired("The user pool asks for the password once more: start the sign-in over")
        self._username = _username(_texts(answer, "ChallengeParameters"), self._username)
        return self._respond("PASSWORD_VERIFIER", answer.get("Session"), self._proof(exchange.prove, answer))

    def _begin_device_proof(self, answer: Answer) -> Answer:
        self._username = _texts(answer, "ChallengeParameters").get("USERNAME") or self._username
        if self._device is None:
            raise ChallengeExpired("The user pool asks for a device that this is not: start the sign-in over")
        self._device_proof = DeviceProof(self._device)
        return self._respond("DEVICE_SRP_AUTH", answer.get("Session"), self._device_proof.opening())

    def _prove_device(self, answer: Answer) -> Answer:
        if self._device_proof is None:
            raise ChallengeExpired("The user pool asks for a device that this is not: start the sign-in over")
        proof = self._proof(self._device_proof.prove, answer)
        answer = self._respond("DEVICE_PASSWORD_VERIFIER", answer.get("Session"), proof)
        self._device_proof = None
        return answer

    def _proof(self, prove: Callable[[Mapping[str, str], datetime], Parameters], answer: Answer) -> Parameters:
        with suppress(KeyError, ValueError):
            return prove(_texts(answer, "ChallengeParameters"), self._app.time_of(answer))
        raise self._app.odd_answer()

    # -- what a person answers

    def _answer(self, challenge: Challenge, answers: Answers) -> Outcome:
        if METHOD in answers and challenge.alternatives:
            return self._begin_another_way(challenge, _fit(challenge.alternative, answers))
        if self.attempt.spent:
            again = self._begin()
            if not isinstance(again, Challenge) or not _takes_the_same_answer(again, challenge):
                return again
            challenge = replace(again, chosen=again.chosen or challenge.chosen)
        return self._reply(challenge, answers)

    def _begin_another_way(self, challenge: Challenge, way: str) -> Outcome:
        others = tuple(said for said in self.attempt.said if said[0] != challenge.chosen_by)
        credential = replace(self.attempt.credential, preferred_challenge=None)
        attempt = replace(self.attempt, credential=credential, said=others)
        self.attempt = attempt.and_said(challenge.chosen_by, answer=way)
        return self._begin()

    def _reply(self, challenge: Challenge, answers: Answers) -> Outcome:
        responses = _responses(challenge, answers)
        self._username = challenge.username
        match challenge.name:
            case "SELECT_CHALLENGE" | "PASSWORD" | "PASSWORD_SRP":
                return self._sign_in_by(challenge, responses)
            case "SELECT_MFA_TYPE":
                return self._choose(challenge, responses)
            case "MFA_SETUP":
                return self._set_up(challenge, responses)
        answer = self._respond(challenge.name, challenge.session, responses)
        if challenge.name == "NEW_PASSWORD_REQUIRED":
            self._remember_password(responses["NEW_PASSWORD"])
        else:
            self.attempt = replace(self.attempt, repeatable=False)
        return self._follow(answer)

    def _sign_in_by(self, challenge: Challenge, responses: Responses) -> Outcome:
        is_choice = challenge.name == "SELECT_CHALLENGE"
        way = challenge.chosen or (responses["ANSWER"].reveal() if is_choice else challenge.name)
        if way not in BY_PASSWORD:
            return self._choose(challenge, responses)
        password = responses.get("PASSWORD") or self.attempt.credential.password
        if not password:
            return replace(challenge, chosen=way)
        choice = {"ANSWER": way} if is_choice else {}
        answer = self._respond(challenge.name, challenge.session, {**choice, **self._password_for(way, password)})
        outcome = self._follow(answer)
        # Only now is the password known to be the right one.
        self._remember_password(password, way)
        return outcome

    def _remember_password(self, password: Secret, way: str | None = None) -> None:
        credential = self.attempt.credential
        way = way or credential.preferred_challenge
        self.attempt = replace(self.attempt, credential=replace(credential, password=password, preferred_challenge=way))

    def _choose(self, challenge: Challenge, responses: Responses) -> Outcome:
        outcome = self._follow(self._respond(challenge.name, challenge.session, responses))
        self.attempt = self.attempt.and_said(challenge.name, answer=responses["ANSWER"])
        return outcome.among(challenge) if isinstance(outcome, Challenge) else outcome

    def _set_up(self, challenge: Challenge, responses: Responses) -> Outcome:
        if challenge.totp_secret:
            session = totp_setup.verify(self._app.operations, challenge, responses["SOFTWARE_TOKEN_MFA_CODE"])
            self.accepted = True
            self.attempt = replace(self.attempt, repeatable=False)
            return self._follow(self._respond("MFA_SETUP", session, {}))
        if "ANSWER" in responses:
            chosen = self._chosen_set_up(challenge, responses["ANSWER"].reveal())
            if chosen.fields != challenge.fields:
                self.attempt = self.attempt.and_said("MFA_SETUP", answer=responses["ANSWER"])
                return chosen
        outcome = self._follow(self._respond("MFA_SETUP", challenge.session, responses))
        if "EMAIL" in responses:
            self.attempt = self.attempt.and_said("MFA_SETUP", email=responses["EMAIL"])
        return outcome

    def _chosen_set_up(self, challenge: Challenge, way: str) -> Challenge:
        chosen = replace(challenge, chosen=way)
        if way != _TOTP:
            return chosen
        posed = totp_setup.associate(
            self._app.operations,
            chosen,
            account=self.attempt.credential.username,
            issuer=f"AWS {self._app.pool_id}",
            expires_at=self._app.now() + _CHALLENGE_LIFETIME,
        )
        self.accepted = True
        return posed

    # -- requests and answers

    @property
    def _device(self) -> RememberedDevice | None:
        device = None if self.attempt.device_gone else self.attempt.credential.device
        return device if device and device.username == self._username else None

    def _respond(self, name: str, session: Secret | None, responses: Parameters) -> Answer:
        answer = self._send(self._app.respond_to_auth_challenge, responses, ChallengeName=name, Session=session)
        self.accepted = True
        return answer

    def _send(self, operation: Callable[..., Answer], parameters: Parameters, **params: Any) -> Answer:
        credential = self.attempt.credential
        if device := self._device:
            parameters, self._has_named_device = {**parameters, "DEVICE_KEY": device.key}, True
        return operation(
            self._username,
            parameters,
            ClientMetadata=dict(self._client_metadata) or None,
            AnalyticsMetadata=dict(credential.analytics) or None,
            UserContextData=dict(credential.user_context) or None,
            **params,
        )

    def _posed(self, name: str, answer: Answer) -> Challenge:
        parameters = _texts(answer, "ChallengeParameters")
        if offered := answer.get("AvailableChallenges"):
            parameters["AvailableChallenges"] = json.dumps(offered)
        challenge = Challenge(
            name=name,
            username=_username(parameters, self._username),
            session=answer.get("Session"),
            parameters=parameters,
            expires_at=self._app.now() + _CHALLENGE_LIFETIME,
        )
        if name != "MFA_SETUP" or len(challenge.offered) > 1:
            return challenge
        if not challenge.offered and "SMS_MFA" in parameters.get("MFAS_CAN_SETUP", ""):
            said = "The user pool sends codes to a phone number: ask its administrator to add yours"
            raise ConfigError(said, case="no_phone_number")
        return self._chosen_set_up(challenge, challenge.offered[0] if challenge.offered else _TOTP)

    def _let_in(self, answer: Answer) -> TokenSet:
        tokens = self._app.tokens(answer)
        offered = answer["AuthenticationResult"].get("NewDeviceMetadata")
        device = make_known(self._app.operations, tokens.access_token, tokens.username, offered)
        return replace(tokens, device=device, device_gone=self.attempt.device_gone)


def _proving_anew(wanted: StepUp) -> Parameters:
    """Return the parameters of a step-up (InitiateAuth, AuthParameters)."""
    parameters: dict[str, str | Secret] = {"ACCESS_TOKEN": wanted.access_token}
    if wanted.acr is not None:
        parameters["TARGET_ACR_VALUES"] = wanted.acr
    if wanted.max_age is not None:
        parameters["MAX_AGE"] = str(wanted.max_age)
    return parameters


def _takes_the_same_answer(again: Challenge, before: Challenge) -> bool:
    # A code that was sent, a key and a passkey's signature are good for the one challenge that they were made for.
    is_the_same = (again.name, again.parameters) == (before.name, before.parameters)
    return is_the_same and not (again.sends_code or again.totp_secret)


def _challenge_in(answer: Answer) -> str:
    name = answer.get("ChallengeName")
    return name if isinstance(name, str) else ""


def _responses(challenge: Challenge, answers: Answers) -> Responses:
    return {key: Secret(value) for key, value in _fit(challenge.responses, answers).items()}


def _fit(read: Callable[[Answers], T], answers: Answers) -> T:
    complaint = ""
    try:
        return read(answers)
    except ValueError as unfit:
        complaint = str(unfit)
    raise Rejected(complaint)


def _username(parameters: Mapping[str, str], fallback: str) -> str:
    return parameters.get("USERNAME") or parameters.get("USER_ID_FOR_SRP") or fallback


def _texts(answer: Answer, name: str) -> dict[str, str]:
    parameters = answer.get(name)
    if not isinstance(parameters, Mapping):
        return {}
    return {key: value for key, value in parameters.items() if isinstance(value, str)}
