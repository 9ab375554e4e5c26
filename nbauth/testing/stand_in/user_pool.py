"""The user pool: its operations, by the names they have in the Amazon Cognito user pools API."""

from collections.abc import Callable

from nbauth.testing.stand_in.app_client import AppClient
from nbauth.testing.stand_in.clock import ShiftedClock
from nbauth.testing.stand_in.grants import Grants
from nbauth.testing.stand_in.requests import (
    CLIENT_ID,
    TOKEN,
    Answer,
    Refused,
    Request,
    choice,
    invalid,
    member,
    not_authorized,
    parameter,
    texts,
)
from nbauth.testing.stand_in.sign_in import SignIn
from nbauth.testing.stand_in.users import Users

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


class UserPool:
    """The user pool.

    Args:
        grants: The sign-ins.
        users: The users.
        clock: Tells the time.
    """

    def __init__(self, grants: Grants, users: Users, clock: ShiftedClock) -> None:
        self.clients: dict[str, AppClient] = {}
        self.operations: dict[str, Callable[[Request], Answer]] = {
            "InitiateAuth": self._initiate_auth,
            "RespondToAuthChallenge": self._respond_to_auth_challenge,
            "GetTokensFromRefreshToken": self._get_tokens_from_refresh_token,
            "RevokeToken": self._revoke_token,
            "GlobalSignOut": self._global_sign_out,
            "GetUser": self._get_user,
        }
        self._grants = grants
        self._sign_in = SignIn(users, grants, clock)

    def _initiate_auth(self, request: Request) -> Answer:
        flow = choice(request, "AuthFlow", _ALL_FLOWS)
        client, parameters = self._client(request), texts(request, "AuthParameters")
        if flow.startswith("ADMIN_"):
            raise invalid("Initiate Auth method not supported.")
        flow = "REFRESH_TOKEN_AUTH" if flow == "REFRESH_TOKEN" else flow
        client.allow(flow)
        match flow:
            case "USER_SRP_AUTH":
                return self._sign_in.by_proof(parameters, client)
            case "USER_PASSWORD_AUTH":
                return self._sign_in.by_password(parameters, client)
            case _:
                return self._renew_the_older_way(parameters.get("REFRESH_TOKEN", ""), parameters, client)

    def _renew_the_older_way(self, token: str, parameters: dict[str, str], client: AppClient) -> Answer:
        if not token:
            raise not_authorized("Refresh token is missing.")
        client.check_hash(parameters, self._grants.owner(token, client).username)
        return {"ChallengeParameters": {}, "AuthenticationResult": self._grants.renew(token, client)}

    def _respond_to_auth_challenge(self, request: Request) -> Answer:
        challenge = choice(request, "ChallengeName", self._sign_in.challenges | {"PASSWORD_VERIFIER"})
        client, responses = self._client(request), texts(request, "ChallengeResponses")
        if challenge == "PASSWORD_VERIFIER":
            return self._sign_in.take_proof(responses, client)
        parameter(responses, "USERNAME")
        if not request.get("Session"):
            raise invalid("Missing required parameter Session")
        session = member(request, "Session", shortest=20, longest=4096, shown=False)
        return self._sign_in.take(challenge, session, responses, client)

    def _get_tokens_from_refresh_token(self, request: Request) -> Answer:
        token = member(request, "RefreshToken", pattern=TOKEN, shown=False)
        client = self._client(request)
        if not client.check_secret(request):
            raise not_authorized(f"Unable to verify secret for client {client.client_id}")
        return {"AuthenticationResult": self._grants.renew(token, client)}

    def _revoke_token(self, request: Request) -> Answer:
        token = member(request, "Token", pattern=TOKEN, shown=False)
        client = self._client(request)
        if not client.check_secret(request):
            raise Refused("UnauthorizedException", "Invalid client secret")
        if not client.revokes:
            raise Refused("UnsupportedOperationException", "Token revocation is not enabled for this client")
        self._grants.revoke(token, client)
        return {}

    def _global_sign_out(self, request: Request) -> Answer:
        self._grants.revoke_all(self._grants.bearer(member(request, "AccessToken", pattern=TOKEN, shown=False)))
        return {}

    def _get_user(self, request: Request) -> Answer:
        user = self._grants.bearer(member(request, "AccessToken", pattern=TOKEN, shown=False))
        answer: Answer = {
            "Username": user.username,
            "UserAttributes": [{"Name": name, "Value": value} for name, value in user.attributes.items()],
        }
        factors = user.second_factors()
        return answer | ({"UserMFASettingList": factors, "PreferredMfaSetting": factors[0]} if factors else {})

    def _client(self, request: Request) -> AppClient:
        client_id = member(request, "ClientId", pattern=CLIENT_ID, longest=128)
        if client_id not in self.clients:
            raise Refused("ResourceNotFoundException", f"User pool client {client_id} does not exist.")
        return self.clients[client_id]
