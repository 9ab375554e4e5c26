import base64
import hashlib
import json
import struct
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from nbauth.testing import AppClient, StandIn
from nbauth.testing.stand_in.webauthn import read_cbor

Ask = Callable[..., dict[str, Any]]
Refusal = Callable[..., tuple[str, str]]
Token = Callable[..., str]

DOMAIN = "example.com"
ORIGIN = "https://notebooks.example.com"
INCORRECT = ("NotAuthorizedException", "Incorrect username or password.")


def encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def cbor(value: Any) -> bytes:
    match value:
        case int() if value >= 0:
            return head(0, value)
        case int():
            return head(1, -1 - value)
        case bytes():
            return head(2, len(value)) + value
        case str():
            return head(3, len(value.encode())) + value.encode()
        case list():
            return head(4, len(value)) + b"".join(cbor(item) for item in value)
        case _:
            entries = b"".join(cbor(name) + cbor(item) for name, item in value.items())
            return head(5, len(value)) + entries


def head(kind: int, size: int) -> bytes:
    if size < 24:
        return bytes([kind << 5 | size])
    return bytes([kind << 5 | 25]) + size.to_bytes(2, "big")


class Key:
    """A security key, with its knobs to turn."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.id = uuid.uuid4().bytes
        self.origin, self.domain = ORIGIN, DOMAIN
        self.flags, self.algorithm, self.count = 0x05, -7, 0

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        point = self._key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (point.x, point.y))
        key = cbor({1: 2, 3: self.algorithm, -1: 1, -2: x, -3: y})
        data = self._data(0x40) + bytes(16) + struct.pack(">H", len(self.id)) + self.id + key
        attestation = cbor({"fmt": "none", "attStmt": {}, "authData": data})
        return self._credential(
            clientDataJSON=encoded(self._client_data("webauthn.create", options["challenge"])),
            attestationObject=encoded(attestation),
            transports=["usb"],
        )

    def get(self, challenge: dict[str, Any], **more: str) -> str:
        options = json.loads(challenge["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])
        client_data, data = self._client_data("webauthn.get", options["challenge"]), self._data()
        signature = self._key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": encoded(client_data),
            "authenticatorData": encoded(data),
            "signature": encoded(signature),
        }
        return json.dumps(self._credential(**response | more))

    def _data(self, more: int = 0) -> bytes:
        return hashlib.sha256(self.domain.encode()).digest() + struct.pack(">BI", self.flags | more, self.count)

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _credential(self, **response: Any) -> dict[str, Any]:
        return {
            "id": encoded(self.id),
            "rawId": encoded(self.id),
            "type": "public-key",
            "authenticatorAttachment": "cross-platform",
            "response": response,
            "clientExtensionResults": {},
        }


@pytest.fixture(autouse=True)
def settings(cognito: StandIn) -> None:
    cognito.client.flows |= {"USER_AUTH"}
    cognito.settings.first_factors = frozenset({"PASSWORD", "WEB_AUTHN"})
    cognito.settings.relying_party = DOMAIN


@pytest.fixture
def key() -> Key:
    return Key()


@pytest.fixture
def register(ask: Ask, token: Token) -> Callable[[Key], None]:
    """Registers a key as ada's."""

    def perform(key: Key) -> None:
        options = ask("StartWebAuthnRegistration", AccessToken=token())["CredentialCreationOptions"]
        assert ask("CompleteWebAuthnRegistration", AccessToken=token(), Credential=key.create(options)) == {}

    return perform


@pytest.fixture
def begin(ask: Ask) -> Callable[..., dict[str, Any]]:
    """Begins a sign-in with a passkey."""

    def perform(username: str = "ada") -> dict[str, Any]:
        parameters = {"USERNAME": username, "PREFERRED_CHALLENGE": "WEB_AUTHN"}
        return ask("InitiateAuth", AuthFlow="USER_AUTH", AuthParameters=parameters)

    return perform


# Registering.


def test_what_is_asked_of_a_new_passkey(cognito: StandIn, ask: Ask, token: Token) -> None:
    options = ask("StartWebAuthnRegistration", AccessToken=token())["CredentialCreationOptions"]
    assert options["rp"]["id"] == DOMAIN
    assert options["user"]["id"] == encoded(cognito.users["ada"].sub.encode())
    assert options["pubKeyCredParams"] == [{"type": "public-key", "alg": -7}]
    assert options["excludeCredentials"] == []


def test_a_passkey_is_registered_listed_and_deleted(
    key: Key, ask: Ask, refusal: Refusal, register: Callable[[Key], None], token: Token
) -> None:
    register(key)
    (shown,) = ask("ListWebAuthnCredentials", AccessToken=token())["Credentials"]
    assert (shown["CredentialId"], shown["RelyingPartyId"]) == (encoded(key.id), DOMAIN)
    assert (shown["AuthenticatorTransports"], shown["AuthenticatorAttachment"]) == (["usb"], "cross-platform")
    assert "WEB_AUTHN" in ask("GetUserAuthFactors", AccessToken=token())["ConfiguredUserAuthFactors"]
    options = ask("StartWebAuthnRegistration", AccessToken=token())["CredentialCreationOptions"]
    assert options["excludeCredentials"][0]["id"] == encoded(key.id)
    request = {"AccessToken": token(), "CredentialId": encoded(key.id)}
    assert ask("DeleteWebAuthnCredential", **request) == {}
    assert refusal("DeleteWebAuthnCredential", **request)[0] == "ResourceNotFoundException"


def test_passkeys_are_listed_in_pages(
    ask: Ask, refusal: Refusal, register: Callable[[Key], None], token: Token
) -> None:
    keys = [Key() for _ in range(3)]
    for key in keys:
        register(key)
    first = ask("ListWebAuthnCredentials", AccessToken=token(), MaxResults=2)
    second = ask("ListWebAuthnCredentials", AccessToken=token(), MaxResults=2, NextToken=first["NextToken"])
    listed = [one["CredentialId"] for page in (first, second) for one in page["Credentials"]]
    assert listed == [encoded(key.id) for key in keys]
    assert "NextToken" not in second
    for odd in ({"MaxResults": 21}, {"NextToken": "x"}):
        assert refusal("ListWebAuthnCredentials", AccessToken=token(), **odd)[0] == "InvalidParameterException"


@pytest.mark.parametrize(
    ("knob", "value", "code"),
    [
        ("origin", "https://example.org", "WebAuthnOriginNotAllowedException"),
        ("origin", "https://notexample.com", "WebAuthnOriginNotAllowedException"),
        ("origin", "http://example.com", "WebAuthnOriginNotAllowedException"),
        ("domain", "example.org", "WebAuthnRelyingPartyMismatchException"),
        ("algorithm", -257, "WebAuthnCredentialNotSupportedException"),
        ("flags", 0x00, "WebAuthnCredentialNotSupportedException"),
    ],
)
def test_a_passkey_that_does_not_fit_is_refused(
    knob: str, value: Any, code: str, key: Key, ask: Ask, refusal: Refusal, token: Token, cognito: StandIn
) -> None:
    setattr(key, knob, value)
    options = ask("StartWebAuthnRegistration", AccessToken=token())["CredentialCreationOptions"]
    said = refusal("CompleteWebAuthnRegistration", AccessToken=token(), Credential=key.create(options))
    assert said[0] == code
    assert cognito.users["ada"].passkeys == []


def test_a_pool_may_want_the_user_verified(
    key: Key, cognito: StandIn, ask: Ask, refusal: Refusal, token: Token
) -> None:
    cognito.settings.user_verification = "required"
    key.flags = 0x01
    options = ask("StartWebAuthnRegistration", AccessToken=token())["CredentialCreationOptions"]
    assert options["authenticatorSelection"]["userVerification"] == "required"
    said = refusal("CompleteWebAuthnRegistration", AccessToken=token(), Credential=key.create(options))
    assert said[0] == "WebAuthnCredentialNotSupportedException"


def test_a_registration_is_completed_once_and_by_who_began_it(
    key: Key, cognito: StandIn, ask: Ask, refusal: Refusal, token: Token
) -> None:
    options = ask("StartWebAuthnRegistration", AccessToken=token())["CredentialCreationOptions"]
    credential = key.create(options)

    def said(access_token: str) -> str:
        return refusal("CompleteWebAuthnRegistration", AccessToken=access_token, Credential=credential)[0]

    assert said(token("bob")) == "WebAuthnChallengeNotFoundException"
    assert said(token("ada", cognito.add_client(AppClient()))) == "WebAuthnClientMismatchException"
    ask("CompleteWebAuthnRegistration", AccessToken=token(), Credential=credential)
    assert said(token()) == "WebAuthnChallengeNotFoundException"
    ask("StartWebAuthnRegistration", AccessToken=token())
    assert said(token()) == "WebAuthnChallengeNotFoundException"


@pytest.mark.parametrize(
    "credential", [{}, {"response": {}}, {"response": {"clientDataJSON": "e30", "attestationObject": "AA"}}]
)
def test_what_is_no_passkey_is_told_so(credential: dict[str, Any], ask: Ask, refusal: Refusal, token: Token) -> None:
    ask("StartWebAuthnRegistration", AccessToken=token())
    said = refusal("CompleteWebAuthnRegistration", AccessToken=token(), Credential=credential)
    assert said == ("InvalidParameterException", "Credential cannot be read.")


def test_a_pool_may_have_no_passkeys(cognito: StandIn, refusal: Refusal, token: Token) -> None:
    cognito.settings.relying_party = None
    assert refusal("StartWebAuthnRegistration", AccessToken=token())[0] == "WebAuthnConfigurationMissingException"
    cognito.settings.first_factors = frozenset({"PASSWORD"})
    assert refusal("StartWebAuthnRegistration", AccessToken=token())[0] == "WebAuthnNotEnabledException"
    request = {"AccessToken": token(), "Credential": {}}
    assert refusal("CompleteWebAuthnRegistration", **request)[0] == "WebAuthnNotEnabledException"


def test_nobody_has_more_than_twenty(refusal: Refusal, register: Callable[[Key], None], token: Token) -> None:
    for _ in range(20):
        register(Key())
    assert refusal("StartWebAuthnRegistration", AccessToken=token())[0] == "LimitExceededException"


# Signing in.


def test_a_passkey_signs_in(
    key: Key, cognito: StandIn, begin: Ask, answer: Ask, register: Callable[[Key], None]
) -> None:
    register(key)
    asked = begin()
    options = json.loads(asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])
    assert asked["ChallengeName"] == "WEB_AUTHN"
    assert options["rpId"] == DOMAIN
    assert [one["id"] for one in options["allowCredentials"]] == [encoded(key.id)]
    handle = encoded(cognito.users["ada"].sub.encode())
    assert answer(asked, CREDENTIAL=key.get(asked, userHandle=handle))["AccessToken"]


@pytest.mark.parametrize("domain", ["localhost", "example.com"])
def test_a_page_on_this_machine_is_safe_too(
    domain: str, key: Key, cognito: StandIn, begin: Ask, answer: Ask, register: Callable[[Key], None]
) -> None:
    cognito.settings.relying_party = key.domain = domain
    key.origin = "http://localhost:8888" if domain == "localhost" else "https://example.com:8443"
    register(key)
    asked = begin()
    assert answer(asked, CREDENTIAL=key.get(asked))["AccessToken"]


@pytest.mark.parametrize(
    ("knob", "value"),
    [("origin", "https://example.org"), ("domain", "example.org"), ("flags", 0x00), ("id", b"another")],
)
def test_a_signature_that_does_not_fit_is_refused(
    knob: str, value: Any, key: Key, begin: Ask, wrong_answer: Refusal, register: Callable[[Key], None]
) -> None:
    register(key)
    setattr(key, knob, value)
    asked = begin()
    assert wrong_answer(asked, CREDENTIAL=key.get(asked)) == INCORRECT


def test_a_signature_of_another_key_is_refused(
    key: Key, begin: Ask, wrong_answer: Refusal, register: Callable[[Key], None]
) -> None:
    register(key)
    another = Key()
    another.id = key.id
    asked = begin()
    assert wrong_answer(asked, CREDENTIAL=another.get(asked)) == INCORRECT


def test_a_signature_for_another_challenge_is_refused(
    key: Key, begin: Ask, wrong_answer: Refusal, register: Callable[[Key], None]
) -> None:
    register(key)
    first, second = begin(), begin()
    assert wrong_answer(second, CREDENTIAL=key.get(first)) == INCORRECT


def test_a_signature_with_another_users_handle_is_refused(
    key: Key, begin: Ask, wrong_answer: Refusal, register: Callable[[Key], None]
) -> None:
    register(key)
    asked = begin()
    assert wrong_answer(asked, CREDENTIAL=key.get(asked, userHandle=encoded(b"bob"))) == INCORRECT


def test_a_key_that_counts_must_count_on(
    key: Key, begin: Ask, answer: Ask, wrong_answer: Refusal, register: Callable[[Key], None]
) -> None:
    register(key)
    key.count = 5
    asked = begin()
    assert answer(asked, CREDENTIAL=key.get(asked))["AccessToken"]
    asked = begin()
    assert wrong_answer(asked, CREDENTIAL=key.get(asked)) == INCORRECT


@pytest.mark.parametrize("credential", ["{}", "[]", "no JSON", '{"id": "x", "response": {"clientDataJSON": "AA"}}'])
def test_what_is_no_signature_is_told_so(
    credential: str, key: Key, begin: Ask, wrong_answer: Refusal, register: Callable[[Key], None]
) -> None:
    register(key)
    said = wrong_answer(begin(), CREDENTIAL=credential)
    assert said == ("InvalidParameterException", "CREDENTIAL cannot be read.")


def test_who_has_no_passkey_chooses_otherwise(begin: Ask) -> None:
    assert begin()["ChallengeName"] == "SELECT_CHALLENGE"


def test_a_passkey_is_two_factors_only_where_the_pool_and_the_user_say_so(
    key: Key, cognito: StandIn, begin: Ask, answer: Ask, wrong_answer: Refusal, register: Callable[[Key], None]
) -> None:
    register(key)
    ada = cognito.users["ada"]
    ada.email_mfa = True
    assert begin()["ChallengeName"] == "SELECT_CHALLENGE"
    cognito.settings.passkeys_are_two_factors = ada.passkey_mfa = True
    key.flags = 0x01
    asked = begin()
    assert wrong_answer(asked, CREDENTIAL=key.get(asked)) == INCORRECT
    key.flags = 0x05
    assert answer(asked, CREDENTIAL=key.get(asked))["AccessToken"]


# The encoding that authenticators use (RFC 8949, appendix A).


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("17", 23),
        ("1818", 24),
        ("1903e8", 1000),
        ("1a000f4240", 1000000),
        ("1bffffffffffffffff", 18446744073709551615),
        ("20", -1),
        ("3903e7", -1000),
        ("4401020304", b"\x01\x02\x03\x04"),
        ("6449455446", "IETF"),
        ("83010203", [1, 2, 3]),
        ("a26161016162820203", {"a": 1, "b": [2, 3]}),
        ("f4", False),
        ("f5", True),
        ("f6", None),
    ],
)
def test_cbor_is_read(written: str, value: Any) -> None:
    assert read_cbor(bytes.fromhex(written)) == value


@pytest.mark.parametrize("written", ["", "5f", "f7", "fb00", "83", "c0"])
def test_cbor_that_is_none_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="CBOR"):
        read_cbor(bytes.fromhex(written))
