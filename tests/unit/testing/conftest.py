"""A stand-in that is asked directly, without a network; the service's own model judges whatever it answers."""

from collections.abc import Callable
from functools import cache
from typing import Any

import botocore.session
import pytest

from nbauth.testing import AppClient, StandIn
from nbauth.testing.stand_in import Refused

SERVICES = {
    "AWSCognitoIdentityProviderService": "cognito-idp",
    "AWSCognitoIdentityService": "cognito-identity",
}
NOT_IN_THE_MODEL = {"SerializationException", "UnknownOperationException", "FeatureUnavailableInTierException"}
PASSWORD = "Correct-Horse-7"

Ask = Callable[..., dict[str, Any]]


@cache
def model_of(target: str) -> Any:
    return botocore.session.get_session().get_service_model(SERVICES[target])


def target_of(operation: str) -> str:
    return next(target for target in SERVICES if operation in model_of(target).operation_names)


def unknown_to(shape: Any, value: Any, path: str = "") -> list[str]:
    """Return which members of an answer the model does not know, or knows as something else."""
    if shape.type_name == "structure" and not shape.is_document_type:
        strange = [f"{path}.{name}" for name in value if name not in shape.members]
        strange += [f"no {path}.{name}" for name in shape.required_members if name not in value]
        members = [(shape.members[name], value[name], f"{path}.{name}") for name in value if name in shape.members]
        return strange + [found for member in members for found in unknown_to(*member)]
    if shape.type_name == "list":
        return [found for item in value for found in unknown_to(shape.member, item, path)]
    if shape.type_name == "map":
        return [found for name, item in value.items() for found in unknown_to(shape.value, item, f"{path}.{name}")]
    types = {"string": str, "integer": int, "timestamp": int, "boolean": bool, "structure": dict}
    return [] if isinstance(value, types[shape.type_name]) else [path]


@pytest.fixture
def password() -> str:
    return PASSWORD


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
    """Asks for an operation; a ClientId is sent along where the operation needs one and none is given."""

    def perform(operation: str, **request: Any) -> dict[str, Any]:
        target = target_of(operation)
        model = model_of(target).operation_model(operation)
        if "ClientId" in model.input_shape.required_members:
            request = {"ClientId": cognito.client.client_id, **request}
        try:
            answer = cognito.perform(f"{target}.{operation}", request)
        except Refused as refusal:
            if refusal.code not in {shape.name for shape in model.error_shapes} | NOT_IN_THE_MODEL:
                pytest.fail(f"{operation} has no {refusal.code}")
            raise
        assert (unknown_to(model.output_shape, answer) if model.output_shape else list(answer)) == []
        return answer

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

    def perform(username: str = "ada", *, client_id: str | None = None, **more: str) -> dict[str, Any]:
        through = {"ClientId": client_id} if client_id else {}
        parameters = {"USERNAME": username, "PASSWORD": password, **more}
        answer = ask("InitiateAuth", AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters, **through)
        return answer.get("AuthenticationResult") or answer

    return perform


@pytest.fixture
def answer(ask: Ask) -> Ask:
    """Answers a challenge, and returns the tokens or the next one."""

    def perform(challenge: dict[str, Any], username: str = "ada", **responses: str) -> dict[str, Any]:
        given = ask("RespondToAuthChallenge", **answering(challenge, username, **responses))
        return given.get("AuthenticationResult") or given

    return perform


@pytest.fixture
def wrong_answer(refusal: Callable[..., tuple[str, str]]) -> Callable[..., tuple[str, str]]:
    """Answers a challenge with what is refused, and returns code and message."""

    def perform(challenge: dict[str, Any], username: str = "ada", **responses: str) -> tuple[str, str]:
        return refusal("RespondToAuthChallenge", **answering(challenge, username, **responses))

    return perform


@pytest.fixture
def token(cognito: StandIn) -> Callable[..., str]:
    """Returns an access token of a user."""

    def perform(username: str = "ada", client: AppClient | None = None) -> str:
        access_token: str = cognito.issue(username, client)["AccessToken"]
        return access_token

    return perform


def answering(challenge: dict[str, Any], username: str, **responses: str) -> dict[str, Any]:
    request = {"ChallengeName": challenge["ChallengeName"], "ChallengeResponses": {"USERNAME": username, **responses}}
    return request | ({"Session": challenge["Session"]} if "Session" in challenge else {})
