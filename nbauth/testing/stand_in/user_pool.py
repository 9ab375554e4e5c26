"""The user pool: its operations, by the names they have in the Amazon Cognito user pools API, and how a sign-in goes.

A sign-in is a chain: a first factor, a second one, the device, the triggers' questions, tokens.
"""

from nbauth.testing.stand_in.app_client import AppClient
from nbauth.testing.stand_in.challenges import Attempt
from nbauth.testing.stand_in.choice import Choice
from nbauth.testing.stand_in.devices import Devices
from nbauth.testing.stand_in.mfa import SecondFactorSettings
from nbauth.testing.stand_in.passkeys import Passkeys
from nbauth.testing.stand_in.passwords import PasswordChanges
from nbauth.testing.stand_in.pool import Operation, Pool, metadata
from nbauth.testing.stand_in.profile import Profile
from nbauth.testing.stand_in.requests import (
    DEVICE_KEY,
    TOKEN,
    Answer,
    Refused,
    Request,
    choice,
    invalid,
    member,
    not_authorized,
    optional,
    parameter,
    texts,
)
from nbauth.testing.stand_in.second_factors import SecondFactors
from nbauth.testing.stand_in.sign_in import Passwords
from nbauth.testing.stand_in.sign_up import SignUp
from nbauth.testing.stand_in.triggers import ask_all

_ALL_FLOWS = frozenset(
    {
        "ADMIN_NO_SRP_AUTH",
        "ADMIN_USER_PASSWORD_AUTH",
        "CUSTOM_AUTH",
        "REFRESH_TOKEN",
        "REFRESH_TOKEN_AUTH",
        "USER_AUTH",
        "USER_PASSWORD_AUTH",
        "USER_SRP_AUTH",
    }
)
_ALL_CHALLENGES = frozenset(
    {
        "ADMIN_NO_SRP_AUTH",
        "CUSTOM_CHALLENGE",
        "DEVICE_PASSWORD_VERIFIER",
        "DEVICE_SRP_AUTH",
        "EMAIL_OTP",
        "MFA_SETUP",
        "NEW_PASSWORD_REQUIRED",
        "PASSWORD",
        "PASSWORD_SRP",
        "PASSWORD_VERIFIER",
        "SELECT_CHALLENGE",
        "SELECT_MFA_TYPE",
        "SMS_MFA",
        "SMS_OTP",
        "SOFTWARE_TOKEN_MFA",
        "WEB_AUTHN",
    }
)
_FOR_DEVICES = ("DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER")


class UserPool:
    """The operations of a user pool.

    Attributes:
        operations: The operations by their names.

    Args:
        pool: What they work on.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._devices = Devices(pool, then=self._ask_triggers)
        self._factors = SecondFactors(pool, then=self._devices.ask)
        self._passwords = Passwords(pool, then=self._after_first_factor)
        passkeys = Passkeys(pool, then=self._devices.ask)
        self._choice = Choice(pool, self._passwords, self._factors, passkeys, then=self._after_first_factor)
        self.operations: dict[str, Operation] = {
            "InitiateAuth": self._initiate_auth,
            "RespondToAuthChallenge": self._respond_to_auth_challenge,
            "GetTokensFromRefreshToken": self._get_tokens_from_refresh_token,
            "RevokeToken": self._revoke_token,
            "GlobalSignOut": self._global_sign_out,
        }
        for part in (SignUp(pool), PasswordChanges(pool), Profile(pool), SecondFactorSettings(pool)):
            self.operations |= part.operations
        self.operations |= self._devices.operations | passkeys.operations

    def _initiate_auth(self, request: Request) -> Answer:
        flow = choice(request, "AuthFlow", _ALL_FLOWS)
        client, parameters = self._pool.client(request), texts(request, "AuthParameters")
        session = optional(request, "Session", shortest=20, longest=2048, shown=False)
        if flow.startswith("ADMIN_"):
            raise invalid("Initiate Auth method not supported.")
        flow = "REFRESH_TOKEN_AUTH" if flow == "REFRESH_TOKEN" else flow
        client.allow(flow)
        match flow:
            case "USER_SRP_AUTH":
                return self._passwords.by_proof(parameters, client)
            case "USER_PASSWORD_AUTH":
                return self._passwords.by_password(parameters, client)
            case "USER_AUTH":
                return self._choice.begin(parameters, client, session)
            case "CUSTOM_AUTH":
                return self._by_triggers(parameters, client)
            case _:
                return self._renew_the_older_way(parameters.get("REFRESH_TOKEN", ""), parameters, client)

    def _by_triggers(self, parameters: dict[str, str], client: AppClient) -> Answer:
        """Begin with what the triggers ask (CUSTOM_AUTH), after a proof of the password where that is wanted."""
        questions = self._pool.triggers.custom
        if not questions:
            raise invalid("Custom auth lambda trigger is not configured for the user pool.")
        attempt = self._passwords.begin(parameters, client)

        def ask(attempt: Attempt) -> Answer:
            return ask_all(questions, attempt, self._pool.challenges, self._devices.ask)

        if parameters.get("CHALLENGE_NAME") == "SRP_A":
            return self._passwords.ask_proof(attempt, parameters, ask)
        return ask(attempt)

    def _renew_the_older_way(self, token: str, parameters: dict[str, str], client: AppClient) -> Answer:
        if not token:
            raise not_authorized("Refresh token is missing.")
        device_key = parameters.get("DEVICE_KEY")
        client.check_hash(parameters, self._pool.grants.owner(token, client, device_key).username)
        return {"ChallengeParameters": {}, "AuthenticationResult": self._pool.grants.renew(token, client, device_key)}

    def _respond_to_auth_challenge(self, request: Request) -> Answer:
        client, responses = self._pool.client(request), texts(request, "ChallengeResponses")
        name = member(request, "ChallengeName")
        if not self._pool.challenges.knows(name):
            name = choice(request, "ChallengeName", _ALL_CHALLENGES)
        if name == "PASSWORD_VERIFIER" and not request.get("Session"):
            return self._passwords.take_proof(responses, client)
        username = parameter(responses, "USERNAME")
        if request.get("Session"):
            session = member(request, "Session", shortest=20, longest=4096, shown=False)
        else:
            session = self._unsaid(name, username, client)
        client.check_hash(responses, username)
        return self._pool.challenges.take(name, session, responses, client, metadata(request))

    def _unsaid(self, name: str, username: str, client: AppClient) -> str:
        """Return the session of an answer that bears none: only a device's may, which clients of old leave out."""
        session = self._pool.challenges.latest(name, username, client) if name in _FOR_DEVICES else None
        if session is None:
            raise invalid("Missing required parameter Session")
        return session

    def _get_tokens_from_refresh_token(self, request: Request) -> Answer:
        token = member(request, "RefreshToken", pattern=TOKEN, shown=False)
        client = self._pool.client(request)
        device_key = optional(request, "DeviceKey", pattern=DEVICE_KEY, longest=55)
        if not client.check_secret(request):
            raise not_authorized(f"Unable to verify secret for client {client.client_id}")
        return {"AuthenticationResult": self._pool.grants.renew(token, client, device_key)}

    def _revoke_token(self, request: Request) -> Answer:
        token = member(request, "Token", pattern=TOKEN, shown=False)
        client = self._pool.client(request)
        if not client.check_secret(request):
            raise Refused("UnauthorizedException", "Invalid client secret")
        if not client.revokes:
            raise Refused("UnsupportedOperationException", "Token revocation is not enabled for this client")
        self._pool.grants.revoke(token, client)
        return {}

    def _global_sign_out(self, request: Request) -> Answer:
        self._pool.grants.revoke_all(self._pool.bearer(request))
        return {}

    def _after_first_factor(self, attempt: Attempt) -> Answer:
        self._devices.check(attempt)
        return self._factors.ask(attempt)

    def _ask_triggers(self, attempt: Attempt) -> Answer:
        return ask_all(self._pool.triggers.later, attempt, self._pool.challenges, self._let_in)

    def _let_in(self, attempt: Attempt) -> Answer:
        user, device = attempt.known, self._devices.admit(attempt)
        user.lock.open()
        result = self._pool.grants.begin(user, attempt.client, device=device, assurance=_assurance(attempt))
        if device and device.key != attempt.device_key:
            result["NewDeviceMetadata"] = {"DeviceKey": device.key, "DeviceGroupKey": device.group_key}
        return {"ChallengeParameters": {}, "AuthenticationResult": result}


def _assurance(attempt: Attempt) -> dict[str, object]:
    """Return the claims that say how strong a sign-in was, where somebody asked: one level for each factor."""
    if not attempt.acr:
        return {}
    factors = [method for method in attempt.methods if method != "DEVICE"]
    return {"acr": f"urn:cognito:loa:{max(1, len(factors))}", "amr": factors}
