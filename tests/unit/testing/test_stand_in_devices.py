import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pycognito import AWSSRP
from pycognito.aws_srp import generate_hash_device

from nbauth.testing import StandIn
from nbauth.testing.stand_in import DeviceTracking, srp

Ask = Callable[..., dict[str, Any]]
Refusal = Callable[..., tuple[str, str]]

MISSING = ("ResourceNotFoundException", "Device does not exist.")
INCORRECT = ("NotAuthorizedException", "Incorrect username or password.")
INVALID_REFRESH = ("NotAuthorizedException", "Invalid Refresh Token")


class Machine:
    """A machine that signs in, with pycognito's arithmetic."""

    def __init__(self, cognito: StandIn, tokens: dict[str, Any]) -> None:
        self._cognito = cognito
        self.tokens = tokens
        self.key = tokens["NewDeviceMetadata"]["DeviceKey"]
        self.group = tokens["NewDeviceMetadata"]["DeviceGroupKey"]
        self.password, self.config = generate_hash_device(self.group, self.key)
        self._engine = AWSSRP("", "", cognito.user_pool_id, cognito.client.client_id, client=object())

    @property
    def confirmation(self) -> dict[str, Any]:
        return {
            "AccessToken": self.tokens["AccessToken"],
            "DeviceKey": self.key,
            "DeviceName": "a machine",
            "DeviceSecretVerifierConfig": self.config,
        }

    @property
    def public(self) -> dict[str, str]:
        return {"DEVICE_KEY": self.key, "SRP_A": f"{self._engine.large_a_value:x}"}

    def proof(self, challenge: dict[str, Any], password: str | None = None) -> dict[str, str]:
        about, stamp = challenge["ChallengeParameters"], srp.canonical(self._cognito.clock.now())
        key = self._engine.get_device_authentication_key(
            self.group, self.key, password or self.password, int(about["SRP_B"], 16), about["SALT"]
        )
        message = f"{self.group}{self.key}".encode() + base64.b64decode(about["SECRET_BLOCK"]) + stamp.encode()
        return {
            "DEVICE_KEY": self.key,
            "TIMESTAMP": stamp,
            "PASSWORD_CLAIM_SECRET_BLOCK": about["SECRET_BLOCK"],
            "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(hmac.digest(key, message, hashlib.sha256)).decode(),
        }


@pytest.fixture(autouse=True)
def tracking(cognito: StandIn) -> None:
    cognito.settings.devices = DeviceTracking()


@pytest.fixture
def machine(cognito: StandIn, sign_in: Ask) -> Machine:
    """A machine that ada has just signed in on."""
    return Machine(cognito, sign_in())


@pytest.fixture
def known(machine: Machine, ask: Ask) -> Machine:
    """A machine of ada's that is remembered."""
    assert ask("ConfirmDevice", **machine.confirmation) == {"UserConfirmationNecessary": False}
    return machine


# Being remembered.


def test_a_pool_that_remembers_nothing_says_so(cognito: StandIn, sign_in: Ask, refusal: Refusal) -> None:
    cognito.settings.devices = None
    tokens = sign_in()
    assert "NewDeviceMetadata" not in tokens
    assert refusal("ListDevices", AccessToken=tokens["AccessToken"])[0] == "InvalidUserPoolConfigurationException"


def test_each_sign_in_from_nowhere_is_a_new_device(machine: Machine, cognito: StandIn, sign_in: Ask) -> None:
    assert machine.key.startswith(f"{cognito.region}_")
    assert Machine(cognito, sign_in()).key != machine.key


def test_a_device_is_shown_once_it_is_confirmed(machine: Machine, ask: Ask, refusal: Refusal) -> None:
    token = {"AccessToken": machine.tokens["AccessToken"]}
    assert ask("ListDevices", **token) == {"Devices": []}
    assert refusal("GetDevice", **token, DeviceKey=machine.key) == MISSING
    ask("ConfirmDevice", **machine.confirmation)
    (shown,) = ask("ListDevices", **token)["Devices"]
    assert shown == ask("GetDevice", **token, DeviceKey=machine.key)["Device"]
    attributes = {one["Name"]: one["Value"] for one in shown["DeviceAttributes"]}
    assert attributes["device_name"] == "a machine"
    assert attributes["dev:device_remembered_status"] == "remembered"


def test_a_device_is_confirmed_once_and_by_itself(
    machine: Machine, cognito: StandIn, ask: Ask, refusal: Refusal, sign_in: Ask
) -> None:
    other = Machine(cognito, sign_in())
    foreign = other.confirmation | {"AccessToken": machine.tokens["AccessToken"]}
    assert refusal("ConfirmDevice", **foreign) == MISSING
    assert refusal("ConfirmDevice", **machine.confirmation | {"DeviceKey": f"{cognito.region}_0a"}) == MISSING
    ask("ConfirmDevice", **machine.confirmation)
    assert refusal("ConfirmDevice", **machine.confirmation)[0] == "DeviceKeyExistsException"


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({}, "Missing required parameter DeviceSecretVerifierConfig"),
        ({"PasswordVerifier": None}, "'passwordVerifier' failed"),
        ({"Salt": None}, "'salt' failed"),
        ({"Salt": "%"}, "Salt given: it is no Base64 string"),
        ({"PasswordVerifier": base64.b64encode(b"\x80" + bytes(383)).decode()}, "no positive number"),
        ({"Salt": base64.b64encode(b"\xff" * 16).decode()}, "no positive number"),
        ({"PasswordVerifier": base64.b64encode(b"\x00" + srp.N.to_bytes(384, "big")).decode()}, "PasswordVerifier"),
    ],
    ids=["nothing", "no verifier", "no salt", "no base 64", "a negative verifier", "a negative salt", "zero"],
)
def test_a_verifier_that_is_none_is_refused(
    config: dict[str, Any], said: str, machine: Machine, refusal: Refusal
) -> None:
    wrong = {**machine.config, **config} if config else {}
    code, message = refusal("ConfirmDevice", **machine.confirmation | {"DeviceSecretVerifierConfig": wrong})
    assert code == "InvalidParameterException"
    assert said in message


def test_what_is_no_device_key_is_told_so(machine: Machine, refusal: Refusal) -> None:
    code, message = refusal("GetDevice", AccessToken=machine.tokens["AccessToken"], DeviceKey="no key")
    assert code == "InvalidParameterException"
    assert "regular expression" in message


def test_a_device_may_be_remembered_only_when_the_user_says_so(
    cognito: StandIn, machine: Machine, ask: Ask, sign_in: Ask, refusal: Refusal
) -> None:
    cognito.settings.devices = DeviceTracking(asks_the_user=True)
    assert ask("ConfirmDevice", **machine.confirmation) == {"UserConfirmationNecessary": True}
    assert not cognito.users["ada"].devices[machine.key].remembered
    request = {"AccessToken": machine.tokens["AccessToken"], "DeviceKey": machine.key}
    ask("UpdateDeviceStatus", **request, DeviceRememberedStatus="remembered")
    assert cognito.users["ada"].devices[machine.key].remembered
    ask("UpdateDeviceStatus", **request, DeviceRememberedStatus="not_remembered")
    assert not cognito.users["ada"].devices[machine.key].remembered
    assert refusal("UpdateDeviceStatus", **request, DeviceRememberedStatus="perhaps")[0] == "InvalidParameterException"


def test_devices_are_listed_in_pages(cognito: StandIn, ask: Ask, sign_in: Ask, refusal: Refusal) -> None:
    machines = [Machine(cognito, sign_in()) for _ in range(3)]
    for machine in machines:
        ask("ConfirmDevice", **machine.confirmation)
    token = {"AccessToken": machines[0].tokens["AccessToken"]}
    first = ask("ListDevices", **token, Limit=2)
    second = ask("ListDevices", **token, Limit=2, PaginationToken=first["PaginationToken"])
    keys = [device["DeviceKey"] for page in (first, second) for device in page["Devices"]]
    assert keys == [machine.key for machine in machines]
    assert "PaginationToken" not in second
    assert len(ask("ListDevices", **token, Limit=0)["Devices"]) == 3
    for odd in ({"Limit": 61}, {"Limit": -1}, {"PaginationToken": "x"}, {"PaginationToken": "x y"}):
        assert refusal("ListDevices", **token, **odd)[0] == "InvalidParameterException"
    assert refusal("ListDevices", **token, Limit="2")[0] == "SerializationException"


def test_a_device_that_is_forgotten_is_gone(known: Machine, ask: Ask, refusal: Refusal, sign_in: Ask) -> None:
    request = {"AccessToken": known.tokens["AccessToken"], "DeviceKey": known.key}
    assert ask("ForgetDevice", **request) == {}
    for operation in ("ForgetDevice", "GetDevice"):
        assert refusal(operation, **request) == MISSING
    parameters = {"USERNAME": "ada", "PASSWORD": "Correct-Horse-7", "DEVICE_KEY": known.key}
    assert refusal("InitiateAuth", AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters) == MISSING


def test_nobody_sees_the_devices_of_others(known: Machine, refusal: Refusal, token: Callable[..., str]) -> None:
    for operation in ("GetDevice", "ForgetDevice"):
        assert refusal(operation, AccessToken=token("bob"), DeviceKey=known.key) == MISSING


# Signing in from a device.


def test_a_known_device_proves_its_password(known: Machine, sign_in: Ask, answer: Ask) -> None:
    asked = sign_in(DEVICE_KEY=known.key)
    assert asked["ChallengeName"] == "DEVICE_SRP_AUTH"
    asked = answer(asked, **known.public)
    assert asked["ChallengeName"] == "DEVICE_PASSWORD_VERIFIER"
    assert asked["ChallengeParameters"]["DEVICE_KEY"] == known.key
    tokens = answer(asked, **known.proof(asked))
    assert tokens["AccessToken"]
    assert "NewDeviceMetadata" not in tokens


def test_a_wrong_password_of_a_device_is_refused(
    known: Machine, sign_in: Ask, answer: Ask, wrong_answer: Refusal
) -> None:
    asked = answer(sign_in(DEVICE_KEY=known.key), **known.public)
    assert wrong_answer(asked, **known.proof(asked, "wrong")) == INCORRECT
    assert wrong_answer(asked, **known.proof(asked) | {"DEVICE_KEY": "eu-west-1_0a"}) == MISSING
    assert answer(asked, **known.proof(asked))["AccessToken"]


@pytest.mark.parametrize("number", ["0", f"{srp.N:x}"])
def test_a_public_number_that_gives_the_key_away_is_refused(
    number: str, known: Machine, sign_in: Ask, wrong_answer: Refusal
) -> None:
    assert wrong_answer(sign_in(DEVICE_KEY=known.key), **known.public | {"SRP_A": number}) == INCORRECT


@pytest.mark.parametrize("missing", ["DEVICE_KEY", "SRP_A"])
def test_what_a_device_must_say_is_named(missing: str, known: Machine, sign_in: Ask, wrong_answer: Refusal) -> None:
    said = {name: value for name, value in known.public.items() if name != missing}
    assert wrong_answer(sign_in(DEVICE_KEY=known.key), **said) == (
        "InvalidParameterException",
        f"Missing required parameter {missing}",
    )


def test_a_late_proof_of_a_device_is_refused(
    known: Machine, cognito: StandIn, sign_in: Ask, answer: Ask, wrong_answer: Refusal
) -> None:
    asked = answer(sign_in(DEVICE_KEY=known.key), **known.public)
    cognito.clock.advance(timedelta(minutes=3))
    assert wrong_answer(asked, **known.proof(asked))[1] == "Invalid session for the user, session is expired."


def test_a_device_that_sends_no_session_answers_the_last_challenge(known: Machine, sign_in: Ask, answer: Ask) -> None:
    asked = {"ChallengeName": sign_in(DEVICE_KEY=known.key)["ChallengeName"]}
    asked = answer(asked, **known.public)
    del asked["Session"]
    assert answer(asked, **known.proof(asked))["AccessToken"]


def test_a_device_is_asked_nothing_before_the_password(known: Machine, wrong_answer: Refusal) -> None:
    for name in ("DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER"):
        assert wrong_answer({"ChallengeName": name}, **known.public)[1] == "Missing required parameter Session"


def test_an_unknown_device_is_told_after_the_password_only(refusal: Refusal, machine: Machine, password: str) -> None:
    def said(typed: str) -> tuple[str, str]:
        parameters = {"USERNAME": "ada", "PASSWORD": typed, "DEVICE_KEY": machine.key}
        return refusal("InitiateAuth", AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)

    assert said(password) == MISSING
    assert said("wrong") == INCORRECT


# Second factors.


@pytest.fixture
def with_code(cognito: StandIn, sign_in: Ask, answer: Ask) -> Callable[..., Machine]:
    """Signs dave in with a code, and returns the machine."""

    def perform() -> Machine:
        return Machine(cognito, answer(sign_in("dave"), "dave", SMS_MFA_CODE=cognito.codes["dave"]))

    return perform


def test_a_remembered_device_is_asked_for_no_code(
    with_code: Callable[[], Machine], ask: Ask, sign_in: Ask, cognito: StandIn
) -> None:
    machine = with_code()
    ask("ConfirmDevice", **machine.confirmation)
    assert sign_in("dave", DEVICE_KEY=machine.key)["ChallengeName"] == "DEVICE_SRP_AUTH"
    assert sign_in("dave")["ChallengeName"] == "SMS_MFA"
    cognito.users["dave"].devices[machine.key].remembered = False
    assert sign_in("dave", DEVICE_KEY=machine.key)["ChallengeName"] == "SMS_MFA"


def test_a_device_may_be_no_second_factor(
    with_code: Callable[[], Machine], ask: Ask, sign_in: Ask, answer: Ask, cognito: StandIn
) -> None:
    machine = with_code()
    ask("ConfirmDevice", **machine.confirmation)
    cognito.settings.devices = DeviceTracking(replaces_second_factor=False)
    asked = sign_in("dave", DEVICE_KEY=machine.key)
    assert asked["ChallengeName"] == "SMS_MFA"
    asked = answer(asked, "dave", SMS_MFA_CODE=cognito.codes["dave"])
    assert asked["ChallengeName"] == "DEVICE_SRP_AUTH"
    asked = answer(asked, "dave", **machine.public)
    assert answer(asked, "dave", **machine.proof(asked))["AccessToken"]


def test_the_device_may_be_said_with_a_later_answer(
    with_code: Callable[[], Machine], ask: Ask, sign_in: Ask, answer: Ask, cognito: StandIn
) -> None:
    machine = with_code()
    ask("ConfirmDevice", **machine.confirmation)
    asked = answer(sign_in("dave"), "dave", SMS_MFA_CODE=cognito.codes["dave"], DEVICE_KEY=machine.key)
    assert asked["ChallengeName"] == "DEVICE_SRP_AUTH"


# Renewal.


def renewal(machine: Machine, **more: str) -> dict[str, Any]:
    return {"RefreshToken": machine.tokens["RefreshToken"], **more}


def older(machine: Machine, **more: str) -> dict[str, Any]:
    parameters = {"REFRESH_TOKEN": machine.tokens["RefreshToken"], **more}
    return {"AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": parameters}


def test_a_refresh_token_is_good_on_its_device_only(known: Machine, ask: Ask, refusal: Refusal) -> None:
    for more in ({}, {"DeviceKey": "eu-west-1_0a"}):
        assert refusal("GetTokensFromRefreshToken", **renewal(known, **more)) == INVALID_REFRESH
    for more in ({}, {"DEVICE_KEY": "eu-west-1_0a"}):
        assert refusal("InitiateAuth", **older(known, **more)) == INVALID_REFRESH
    renewed = ask("GetTokensFromRefreshToken", **renewal(known, DeviceKey=known.key))["AuthenticationResult"]
    assert "NewDeviceMetadata" not in renewed
    assert ask("InitiateAuth", **older(known, DEVICE_KEY=known.key))["AuthenticationResult"]


def test_a_refresh_token_waits_for_its_device_to_be_confirmed(machine: Machine, ask: Ask, refusal: Refusal) -> None:
    request = renewal(machine, DeviceKey=machine.key)
    assert refusal("GetTokensFromRefreshToken", **request) == INVALID_REFRESH
    ask("ConfirmDevice", **machine.confirmation)
    assert ask("GetTokensFromRefreshToken", **request)["AuthenticationResult"]


def test_a_refresh_token_goes_with_its_device(known: Machine, ask: Ask, refusal: Refusal) -> None:
    ask("ForgetDevice", AccessToken=known.tokens["AccessToken"], DeviceKey=known.key)
    request = renewal(known, DeviceKey=known.key)
    assert refusal("GetTokensFromRefreshToken", **request) == INVALID_REFRESH


def test_a_device_key_that_cannot_be_one_is_told_so(known: Machine, refusal: Refusal) -> None:
    request = renewal(known, DeviceKey="no key")
    assert refusal("GetTokensFromRefreshToken", **request)[0] == "InvalidParameterException"
