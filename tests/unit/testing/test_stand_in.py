import ast
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import botocore.session
import pytest

import nbauth.testing.stand_in
from nbauth.testing import DeviceTracking, Fault, StandIn
from nbauth.testing.stand_in import Refused, ShiftedClock
from nbauth.testing.stand_in.calls import Calls
from nbauth.testing.stand_in.faults import Faults
from nbauth.testing.stand_in.pool import Pool
from nbauth.testing.stand_in.user_pool import UserPool

SECRETS = {
    "RefreshToken": "s3cret-a",
    "Logins": {"provider": "s3cret-b"},
    "AuthParameters": {"PASSWORD": "s3cret-c", "SECRET_HASH": "s3cret-d", "SOMETHING_NEW": "s3cret-e"},
    "Session": "s3cret-f",
    "Unforeseen": ["s3cret-g"],
}
HERE = "nbauth.testing.stand_in"
OPERATIONS = UserPool(Pool("eu-west-1", "Example01", ShiftedClock())).operations


def test_it_imports_nothing_of_nbauth() -> None:
    imported = set()
    for path in Path(nbauth.testing.stand_in.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            imported |= {name for name in names if name.startswith("nbauth")}
    assert imported
    assert {name for name in imported if name != HERE and not name.startswith(f"{HERE}.")} == set()


def test_it_has_no_address_before_it_is_started() -> None:
    with pytest.raises(RuntimeError, match="has not been started"):
        _ = StandIn().config


@pytest.mark.parametrize(
    "target",
    ["", "InitiateAuth", "AWSCognitoIdentityService.InitiateAuth", "AWSCognitoIdentityProviderService.Nothing"],
)
def test_what_it_does_not_know_is_unknown(target: str) -> None:
    with pytest.raises(Refused) as caught:
        StandIn().perform(target, {})
    assert caught.value.code == "UnknownOperationException"


def test_the_clock_runs_and_can_be_moved(cognito: StandIn) -> None:
    cognito.clock.advance(timedelta(days=1))
    ahead = cognito.clock.now() - datetime.now(UTC)
    assert timedelta(hours=23) < ahead <= timedelta(days=1)


def test_two_stand_ins_are_two_pools() -> None:
    first, second = StandIn(), StandIn(region="us-east-1")
    assert first.user_pool_id != second.user_pool_id
    assert first.identities.pool_id != second.identities.pool_id
    assert second.user_pool_id.startswith("us-east-1_")


ODD: list[Any] = [None, "", "x", 1, True, [], ["x"], [{}], {}, {"x": 1}, {"USERNAME": "ada"}, {"Enabled": 1}]


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_an_odd_request_is_answered_or_refused(
    operation: str, cognito: StandIn, ask: Callable[..., dict[str, Any]], password: str
) -> None:
    cognito.client.flows |= {"USER_AUTH", "CUSTOM_AUTH"}
    cognito.settings.devices = DeviceTracking()
    cognito.settings.first_factors = frozenset({"PASSWORD", "EMAIL_OTP", "WEB_AUTHN"})
    cognito.settings.limits = {}
    model = botocore.session.get_session().get_service_model("cognito-idp").operation_model(operation)
    plain = {
        "Username": "ada",
        "Password": password,
        "ConfirmationCode": "123456",
        "AuthFlow": "USER_AUTH",
        "ChallengeName": "SELECT_CHALLENGE",
    }
    outcomes = []
    for name in model.input_shape.members:
        for value in ODD:
            request = {**plain, "AccessToken": cognito.issue("ada")["AccessToken"], name: value}
            try:
                outcomes.append(
                    ask(operation, **{key: request[key] for key in model.input_shape.members if key in request})
                )
            except Refused as refusal:
                outcomes.append(refusal)
            if "ada" not in cognito.users:
                cognito.users.add("ada", password)
    assert any(isinstance(outcome, Refused) for outcome in outcomes)


# Calls.


def test_the_calls_are_kept_without_their_secrets() -> None:
    calls, now = Calls(), datetime.now(UTC)
    calls.add("InitiateAuth", {"ClientId": "exampleclient", "AuthFlow": "USER_SRP_AUTH", **SECRETS}, now)
    (call,) = calls
    assert (call.operation, call.at) == ("InitiateAuth", now)
    assert (call.parameters["ClientId"], call.parameters["AuthFlow"]) == ("exampleclient", "USER_SRP_AUTH")
    assert call.parameters["Logins"] == {"provider": "***"}
    assert "s3cret" not in repr(call)


def test_the_calls_show_what_the_client_says_of_itself() -> None:
    calls = Calls()
    about = {
        "ClientMetadata": {"notebook": "demo.ipynb"},
        "AnalyticsMetadata": {"AnalyticsEndpointId": "endpoint"},
        "UserContextData": {"IpAddress": "192.0.2.1", "EncodedData": "fingerprint"},
    }
    calls.add("InitiateAuth", {**about, "AuthParameters": {"DEVICE_KEY": "eu-west-1_0a"}}, datetime.now(UTC))
    (call,) = calls
    assert call.parameters == {**about, "AuthParameters": {"DEVICE_KEY": "eu-west-1_0a"}}


def test_the_calls_of_one_operation_are_found_and_forgotten() -> None:
    calls = Calls()
    for operation in ("GetId", "GetUser", "GetId"):
        calls.add(operation, {}, datetime.now(UTC))
    assert len(calls.of("GetId")) == 2
    calls.wait_for("GetId", 2, timeout=0)
    with pytest.raises(TimeoutError, match="GetUser was asked for 1 times, not 2"):
        calls.wait_for("GetUser", 2, timeout=0)
    calls.clear()
    assert len(calls) == 0


def test_no_secret_of_a_client_or_a_user_shows(cognito: StandIn, password: str) -> None:
    cognito.client.secret = "a1b2c3d4e5" * 5
    assert cognito.client.secret not in repr(cognito.client)
    assert password not in repr(cognito.users["ada"])


# Faults.


def taken(faults: Faults, operation: str, count: int) -> list[Any]:
    return [faults.take(operation).failure for _ in range(count)]


def test_a_fault_hits_its_operation_as_often_as_it_was_told() -> None:
    faults = Faults()
    faults.add(Fault.RESET, on="GetId", times=2)
    assert taken(faults, "GetUser", 1) == [None]
    assert taken(faults, "GetId", 3) == [Fault.RESET, Fault.RESET, None]


def test_a_fault_lasts_until_it_is_cleared() -> None:
    faults = Faults()
    faults.add(Fault.THROTTLED)
    assert taken(faults, "GetId", 3) == [Fault.THROTTLED] * 3
    faults.clear()
    assert taken(faults, "GetId", 1) == [None]


def test_faults_come_one_after_the_other() -> None:
    faults = Faults()
    faults.add(Fault.RESET, times=1)
    faults.add(Fault.DROPPED, times=1)
    assert taken(faults, "GetId", 3) == [Fault.RESET, Fault.DROPPED, None]


def test_any_refusal_can_be_had() -> None:
    faults = Faults()
    faults.refuse("LimitExceededException", "Attempt limit exceeded", on="GetId", times=1)
    refusal = faults.take("GetId").failure
    assert isinstance(refusal, Refused)
    assert (refusal.code, str(refusal)) == ("LimitExceededException", "Attempt limit exceeded")


def test_what_hangs_is_released_with_the_faults(in_threads: Callable[..., list[Any]]) -> None:
    faults = Faults()
    faults.add(Fault.HANG)
    trouble = faults.take("GetId")
    (hanging,) = in_threads(trouble.wait)
    assert not hanging.done()
    faults.clear()
    hanging.result()


def test_what_is_released_before_it_hangs_does_not_hang(in_threads: Callable[..., list[Any]]) -> None:
    faults = Faults()
    faults.add(Fault.HANG)
    trouble = faults.take("GetId")
    faults.clear()
    (hanging,) = in_threads(trouble.wait)
    hanging.result()
