"""A stand-in that is asked directly, without a network."""

from collections.abc import Callable
from typing import Any

import pytest

from nbauth.testing import StandIn
from nbauth.testing.stand_in import Refused

SERVICES = {
    "GetId": "AWSCognitoIdentityService",
    "GetCredentialsForIdentity": "AWSCognitoIdentityService",
}

Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def password() -> str:
    return "Correct-Horse-7"


@pytest.fixture
def cognito(password: str) -> StandIn:
    """ada has a password, bob a temporary one, carol an authenticator app, dave a telephone."""
    cognito = StandIn()
    cognito.users.add("ada", password, email="ada@example.com")
    cognito.users.add("bob", password, temporary=True)
    cognito.users.add("carol", password, totp_secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    cognito.users.add("dave", password, phone_number="+15550100")
    return cognito


@pytest.fixture
def ask(cognito: StandIn) -> Ask:
    """Asks for an operation; a ClientId is sent along where the operation takes one and none is given."""

    def perform(operation: str, **request: Any) -> dict[str, Any]:
        if operation in ("InitiateAuth", "RespondToAuthChallenge", "GetTokensFromRefreshToken", "RevokeToken"):
            request = {"ClientId": cognito.client.client_id, **request}
        service = SERVICES.get(operation, "AWSCognitoIdentityProviderService")
        return cognito.perform(f"{service}.{operation}", request)

    return perform


@pytest.fixture
def refusal(ask: Ask) -> Callable[..., tuple[str, str]]:
    """Asks for an operation that is refused, and returns code and message."""

    def perform(operation: str, **request: Any) -> tuple[str, str]:
        with pytest.raises(Refused) as caught:
            ask(operation, **request)
        return caught.value.code, str(caught.value)

    return perform


@pytest.fixture
def sign_in(ask: Ask, password: str) -> Ask:
    """Begins a sign-in with a password, and returns the tokens or the challenge."""

    def perform(username: str = "ada", *, client_id: str | None = None) -> dict[str, Any]:
        more = {"ClientId": client_id} if client_id else {}
        parameters = {"USERNAME": username, "PASSWORD": password}
        answer = ask("InitiateAuth", AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters, **more)
        return answer.get("AuthenticationResult") or answer

    return perform
