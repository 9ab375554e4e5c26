"""Devices, and the proofs of devices and of passwords, against a server that is not written with our arithmetic."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import given, settings
from hypothesis import strategies as st
from pycognito.aws_srp import AWSSRP

from nbauth.cognito import devices, srp
from nbauth.cognito.client import Clients
from nbauth.cognito.devices import DeviceProof, make_known, secret_verifier
from nbauth.cognito.srp import Exchange, padded, timestamp, verifier
from nbauth.core.device import RememberedDevice
from nbauth.core.secret import Secret
from nbauth.testing.stand_in import srp as server

VECTOR = json.loads((Path(__file__).parents[2] / "data" / "srp" / "vectors.json").read_text())["helper"]
CORRECTIONS = json.loads((Path(__file__).parents[2] / "data" / "srp" / "corrections.json").read_text())
MOMENT = datetime(2026, 11, 1, 9, 5, 7, tzinfo=UTC)

OFFERED = {"DeviceKey": "eu-west-1_5b1c", "DeviceGroupKey": "-Group"}
ACCESS_TOKEN = Secret("access-token")

words = st.text(st.characters(codec="utf-8"), min_size=1) | st.sampled_from(["a:b", "0007", "ünï:çødé", "密码", " a "])
salts = st.integers(0, 2**128 - 1) | st.integers(0, 300) | st.integers(2**127, 2**127 + 300)
exponents = st.integers(1, 2**256 - 1) | st.integers(1, 3100)  # small ones make short and odd A and B


@pytest.fixture(autouse=True)
def _nothing_prepared() -> Iterator[None]:
    srp._ready.clear()
    yield
    srp._ready.clear()


def device(password: str = "device password", key: str = "eu-west-1_5b1c", group: str = "-Group") -> RememberedDevice:
    return RememberedDevice("ada", key, group, Secret(password))


def prepare(a: int) -> None:
    srp._ready.append(srp._KeyPair(a, pow(server.G, a, server.N)))


def challenge(handshake: server.Handshake, salt: int, zeros: int) -> dict[str, str]:
    """What the server tells, its numbers with or without zeros in front."""
    return {
        "SALT": f"{'0' * zeros}{salt:x}",
        "SRP_B": f"{'0' * zeros}{handshake.big_b:x}",
        "SECRET_BLOCK": handshake.secret_block,
    }


def proves(handshake: server.Handshake, answer: dict[str, str]) -> bool:
    assert answer["TIMESTAMP"] == server.canonical(MOMENT)
    return handshake.is_proved_by(base64.b64decode(answer["PASSWORD_CLAIM_SIGNATURE"]), answer["TIMESTAMP"])


@settings(max_examples=20, deadline=None)
@given(user=words, password=words, salt=salts, a=exponents, b=exponents, zeros=st.integers(0, 3))
def test_a_server_takes_our_proof_of_a_password(
    user: str, password: str, salt: int, a: int, b: int, zeros: int
) -> None:
    prepare(a)
    ours = Exchange("eu-west-1_Example01", Secret(password))
    handshake = server.Handshake(server.Verifier.of("Example01", user, password, salt), int(ours.public, 16), b=b)
    parameters = challenge(handshake, salt, zeros) | {"USER_ID_FOR_SRP": user}
    assert proves(handshake, ours.prove(parameters, MOMENT))
    other = server.Verifier.of("Example01", user, f"{password}x", salt)
    assert not proves(server.Handshake(other, int(ours.public, 16), b=b), ours.prove(parameters, MOMENT))


@settings(max_examples=20, deadline=None)
@given(key=words, group=words, password=words, salt=salts, a=exponents, b=exponents, zeros=st.integers(0, 3))
def test_a_server_takes_our_proof_of_a_device(
    key: str, group: str, password: str, salt: int, a: int, b: int, zeros: int
) -> None:
    prepare(a)
    ours = DeviceProof(device(password, key, group))
    big_a = int(ours.opening()["SRP_A"], 16)
    handshake = server.Handshake(server.Verifier.of(group, key, password, salt), big_a, b=b)
    assert proves(handshake, ours.prove(challenge(handshake, salt, zeros), MOMENT))


@settings(max_examples=10, deadline=None)
@given(key=words, group=words, password=words, salt=salts, a=exponents, b=exponents)
def test_pycognito_comes_to_the_same_keys(key: str, group: str, password: str, salt: int, a: int, b: int) -> None:
    theirs = AWSSRP("", "", "_Example01", "", client=object())
    theirs.small_a_value, theirs.large_a_value = a, pow(server.G, a, server.N)
    big_b = server.Handshake(server.Verifier.of(group, key, password, salt), theirs.large_a_value, b=b).big_b
    prepare(a)
    ours = Exchange(f"_{group}", Secret(password))
    assert ours._key(key, salt, big_b) == theirs.get_device_authentication_key(group, key, password, big_b, salt)
    prepare(a)
    ours = Exchange("eu-west-1_Example01", Secret(password))
    assert ours._key(key, salt, big_b) == theirs.get_password_authentication_key(key, password, big_b, salt)


@settings(max_examples=20, deadline=None)
@given(key=words, group=words, password=words, salt=salts)
def test_what_the_pool_keeps_of_a_device_is_what_a_server_checks_with(
    key: str, group: str, password: str, salt: int
) -> None:
    assert verifier(f"{group}{key}", Secret(password), salt) == server.Verifier.of(group, key, password, salt).value


@given(st.integers(0, 2**400))
def test_a_number_is_written_with_a_sign_bit_and_no_more_than_it_takes(number: int) -> None:
    written = padded(number)
    assert int.from_bytes(written, "big", signed=True) == number
    assert len(written) == 1 or written[0] or written[1] >= 0x80


def test_the_verifier_of_a_device_is_that_of_the_published_vector(monkeypatch: pytest.MonkeyPatch) -> None:
    salt = int.from_bytes(base64.b64decode(VECTOR["deviceSalt"]), "big")
    monkeypatch.setattr(devices.secrets, "randbits", lambda bits: salt)
    known = device(VECTOR["deviceRandomPassword"], VECTOR["deviceKey"], VECTOR["deviceGroupKey"])
    config = {"PasswordVerifier": VECTOR["devicePasswordVerifier"], "Salt": VECTOR["deviceSalt"]}
    assert secret_verifier(known) == config


def test_the_proof_of_a_device_is_that_of_the_corrected_vector() -> None:
    prepare(int(VECTOR["smallA"], 16))
    known = device(VECTOR["deviceRandomPassword"], VECTOR["deviceKey"], VECTOR["deviceGroupKey"])
    salt = base64.b64decode(VECTOR["deviceSalt"]).hex()
    parameters = {"SALT": salt, "SRP_B": VECTOR["largeB"], "SECRET_BLOCK": VECTOR["secret"]}
    moment = server.moment(VECTOR["timestamp"])
    assert moment is not None
    assert timestamp(moment) == VECTOR["timestamp"]
    signature = DeviceProof(known).prove(parameters, moment)["PASSWORD_CLAIM_SIGNATURE"]
    assert signature == CORRECTIONS["helper_device_signature_with_real_salt"]


def test_a_device_is_made_known_with_a_password_that_stays_here(wire: Any, clients: Clients) -> None:
    wire.answers({"UserConfirmationNecessary": True})
    known = make_known(clients.user_pools, ACCESS_TOKEN, "ada", OFFERED)
    assert known is not None
    assert (known.username, known.key, known.group_key) == ("ada", "eu-west-1_5b1c", "-Group")
    assert len(base64.b64decode(known.password.reveal())) == 40
    ((operation, body),) = wire.sent
    assert operation == "ConfirmDevice"
    assert (body["AccessToken"], body["DeviceKey"]) == ("access-token", "eu-west-1_5b1c")
    assert known.password.reveal() not in json.dumps(wire.sent)
    sent = {name: base64.b64decode(text) for name, text in body["DeviceSecretVerifierConfig"].items()}
    salt = int.from_bytes(sent["Salt"], "big")
    value = server.Verifier.of("-Group", "eu-west-1_5b1c", known.password.reveal(), salt).value
    assert sent == {"PasswordVerifier": server.padded(value), "Salt": server.padded(salt)}


@pytest.mark.parametrize(("answer", "waits"), [({"UserConfirmationNecessary": True}, True), ({}, False)])
def test_a_device_that_the_pool_leaves_to_the_user_waits_and_is_kept_without_that(
    wire: Any, clients: Clients, answer: dict[str, bool], waits: bool
) -> None:
    wire.answers(answer)
    known = make_known(clients.user_pools, ACCESS_TOKEN, "ada", OFFERED)
    assert known is not None
    assert known.waits_for_user is waits
    kept = RememberedDevice.from_dict(known.to_dict())
    assert (kept, kept.waits_for_user) == (known, False)


def test_every_device_has_a_password_of_its_own(wire: Any, clients: Clients) -> None:
    passwords = set()
    for _ in range(2):
        wire.answers({})
        known = make_known(clients.user_pools, ACCESS_TOKEN, "ada", OFFERED)
        assert known is not None
        passwords.add(known.password)
    assert len(passwords) == 2


@pytest.mark.parametrize("offered", [None, {}, {"DeviceKey": "k"}, {"DeviceGroupKey": "g"}, {"DeviceKey": None}])
def test_where_no_device_is_offered_none_is_made(offered: Any, wire: Any, clients: Clients) -> None:
    assert make_known(clients.user_pools, ACCESS_TOKEN, "ada", offered) is None
    assert wire.sent == []


@pytest.mark.parametrize(
    "trouble",
    [
        lambda wire: wire.refuses("InvalidParameterException", "Invalid device key given."),
        lambda wire: wire.refuses("InternalErrorException", status=500),
        lambda wire: wire.breaks(EndpointConnectionError(endpoint_url="http://x")),
    ],
)
def test_a_device_that_is_not_taken_is_none(trouble: Callable[[Any], None], wire: Any, clients: Clients) -> None:
    trouble(wire)
    assert make_known(clients.user_pools, ACCESS_TOKEN, "ada", OFFERED) is None
