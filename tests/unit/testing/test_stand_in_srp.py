import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pycognito import AWSSRP

from nbauth.testing import AppClient, StandIn
from nbauth.testing.stand_in import Refused, srp
from nbauth.testing.stand_in.srp import Handshake, Verifier

VECTORS = json.loads((Path(__file__).parents[2] / "data" / "srp" / "extra_vectors.json").read_text(encoding="utf-8"))
STAMP = "Sun Nov 1 09:05:07 UTC 2026"
INCORRECT = ("NotAuthorizedException", "Incorrect username or password.")


class Client:
    """The client's side of a proof, as pycognito has it."""

    def __init__(self, cognito: StandIn, ask: Callable[..., dict[str, Any]], username: str, password: str) -> None:
        self._cognito, self._ask = cognito, ask
        self._engine = AWSSRP(username, password, cognito.user_pool_id, cognito.client.client_id, client=object())
        self.username = username
        self.challenge: dict[str, str] = {}

    def begin(self, **more: Any) -> dict[str, str]:
        parameters = {"USERNAME": self.username, "SRP_A": f"{self._engine.large_a_value:x}"} | more
        answer = self._ask("InitiateAuth", AuthFlow="USER_SRP_AUTH", AuthParameters=parameters)
        assert answer["ChallengeName"] == "PASSWORD_VERIFIER"
        assert "Session" not in answer
        self.challenge = answer["ChallengeParameters"]
        return self.challenge

    def proof(self, stamp: str | None = None) -> dict[str, str]:
        user_id, block = self.challenge["USER_ID_FOR_SRP"], self.challenge["SECRET_BLOCK"]
        stamp = stamp or srp.canonical(self._cognito.clock.now())
        key = self._engine.get_password_authentication_key(
            user_id, self._engine.password, int(self.challenge["SRP_B"], 16), self.challenge["SALT"]
        )
        pool_name = self._cognito.user_pool_id.partition("_")[2]
        message = f"{pool_name}{user_id}".encode() + base64.b64decode(block) + stamp.encode()
        return {
            "USERNAME": user_id,
            "TIMESTAMP": stamp,
            "PASSWORD_CLAIM_SECRET_BLOCK": block,
            "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(hmac.digest(key, message, hashlib.sha256)).decode(),
        }

    def answer(self, responses: dict[str, str], **more: Any) -> dict[str, Any]:
        return self._ask(
            "RespondToAuthChallenge", ChallengeName="PASSWORD_VERIFIER", ChallengeResponses=responses, **more
        )


@pytest.fixture
def client_of(cognito: StandIn, ask: Callable[..., dict[str, Any]], password: str) -> Callable[..., Client]:
    return lambda username="ada", typed=password: Client(cognito, ask, username, typed)


def refused(client: Client, responses: dict[str, str], **more: Any) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        client.answer(responses, **more)
    return caught.value.code, str(caught.value)


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["name"])
def test_a_verifier_is_that_of_the_vectors(case: dict[str, str]) -> None:
    pool_name = case["userPoolId"].partition("_")[2]
    verifier = Verifier.of(pool_name, case["userIdForSrp"], case["password"], int(case["salt_hex"], 16))
    assert verifier.value == pow(2, int(case["x_hex"], 16), srp.N)
    assert verifier.fits(case["password"])
    assert not verifier.fits(case["password"] + " ")


def test_the_multiplier_is_cognitos() -> None:
    assert f"{srp.K:x}" == "538282c4354742d7cbbde2359fcf67f9f5b3a6b08791e5011b43b8a5b66d9ee6"


def key_of_a_client(verifier: Verifier, password: str, a: int, big_b: int) -> bytes:
    """The client's own way to the key, which never sees the verifier's value."""
    big_a = pow(srp.G, a, srp.N)
    u = srp.hashed(srp.padded(big_a), srp.padded(big_b))
    inner = hashlib.sha256(f"{verifier.pool_name}{verifier.username}:{password}".encode()).digest()
    x = srp.hashed(srp.padded(verifier.salt), inner)
    shared = pow((big_b - srp.K * pow(srp.G, x, srp.N)) % srp.N, a + u * x, srp.N)
    extracted = hmac.digest(srp.padded(u), srp.padded(shared), hashlib.sha256)
    return hmac.digest(extracted, b"Caldera Derived Key\x01", hashlib.sha256)[:16]


def is_odd(number: int) -> bool:
    return len(f"{number:x}") % 2 == 1


def has_high_bit(number: int) -> bool:
    return number.bit_length() % 8 == 0


@pytest.mark.parametrize("edge", [is_odd, has_high_bit], ids=["of odd length", "with the high bit set"])
@pytest.mark.parametrize("salt", [1, 0x80, 0x7F << 104, 0xFF << 120], ids=hex)
def test_both_sides_agree_where_padding_matters(edge: Callable[[int], bool], salt: int) -> None:
    verifier = Verifier.of("Example01", "ada", "Correct-Horse-7", salt)
    a = next(number for number in range(4000, 9000) if edge(pow(srp.G, number, srp.N)))
    handshakes = (Handshake(verifier, pow(srp.G, a, srp.N), b=b) for b in range(4000, 9000))
    server = next(handshake for handshake in handshakes if edge(handshake.big_b))
    assert server.key() == key_of_a_client(verifier, "Correct-Horse-7", a, server.big_b)
    assert server.key() != key_of_a_client(verifier, "wrong", a, server.big_b)


@pytest.mark.parametrize("typed", ["ada", "ada@example.com"])
def test_a_proof_lets_the_user_in(typed: str, client_of: Callable[..., Client]) -> None:
    client = client_of(typed)
    challenge = client.begin()
    assert (challenge["USERNAME"], challenge["USER_ID_FOR_SRP"]) == ("ada", "ada")
    assert client.answer(client.proof())["AuthenticationResult"]["RefreshToken"]


def test_every_sign_in_has_the_same_salt_and_another_secret_block(client_of: Callable[..., Client]) -> None:
    first, second = client_of().begin(), client_of().begin()
    assert first["SALT"] == second["SALT"]
    assert first["SECRET_BLOCK"] != second["SECRET_BLOCK"]
    assert first["SRP_B"] != second["SRP_B"]


@pytest.mark.parametrize(("username", "typed"), [("ada", "wrong"), ("nobody", "wrong")])
def test_a_wrong_password_or_name_fails_at_the_proof(
    username: str, typed: str, client_of: Callable[..., Client]
) -> None:
    client = client_of(username, typed)
    first = client.begin()
    assert refused(client, client.proof()) == INCORRECT
    assert client.begin()["SALT"] == first["SALT"]


def test_a_pool_that_does_not_hide_names_says_who_is_unknown(
    cognito: StandIn, refusal: Callable[..., tuple[str, str]]
) -> None:
    cognito.client.hides_unknown_users = False
    sub = cognito.users["ada"].sub
    for name in ("nobody", sub):
        parameters = {"USERNAME": name, "SRP_A": "abc"}
        said = refusal("InitiateAuth", AuthFlow="USER_SRP_AUTH", AuthParameters=parameters)
        assert said == ("UserNotFoundException", "User does not exist.")


def test_a_proof_may_be_attempted_until_it_expires(cognito: StandIn, client_of: Callable[..., Client]) -> None:
    client = client_of()
    client.begin()
    wrong = client.proof() | {"PASSWORD_CLAIM_SIGNATURE": base64.b64encode(b"wrong").decode()}
    assert refused(client, wrong) == INCORRECT
    assert client.answer(client.proof())["AuthenticationResult"]
    assert client.answer(client.proof())["AuthenticationResult"]
    cognito.clock.advance(cognito.client.session_lifetime)
    assert refused(client, client.proof()) == INCORRECT


def test_a_secret_block_of_somebody_else_is_refused(client_of: Callable[..., Client]) -> None:
    ada, carol = client_of(), client_of("carol")
    ada.begin()
    carol.begin()
    assert refused(ada, ada.proof() | {"PASSWORD_CLAIM_SECRET_BLOCK": carol.challenge["SECRET_BLOCK"]}) == INCORRECT


def test_a_secret_block_of_another_app_client_is_refused(cognito: StandIn, client_of: Callable[..., Client]) -> None:
    client = client_of()
    client.begin()
    other = cognito.add_client(AppClient())
    assert refused(client, client.proof(), ClientId=other.client_id) == INCORRECT


def test_the_alias_that_was_typed_is_no_name_in_the_answer(client_of: Callable[..., Client]) -> None:
    client = client_of("ada@example.com")
    client.begin()
    assert refused(client, client.proof() | {"USERNAME": "ada@example.com"}) == INCORRECT


@pytest.mark.parametrize("off_by", [timedelta(minutes=6), timedelta(minutes=-6)])
def test_a_proof_of_another_time_is_refused(
    off_by: timedelta, cognito: StandIn, client_of: Callable[..., Client]
) -> None:
    client = client_of()
    client.begin()
    assert refused(client, client.proof(srp.canonical(cognito.clock.now() + off_by))) == INCORRECT


def test_a_day_that_is_padded_or_misnamed_fails_the_proof(cognito: StandIn, client_of: Callable[..., Client]) -> None:
    cognito.clock.advance(datetime(2031, 3, 5, 12, tzinfo=UTC) - cognito.clock.now())
    client = client_of()
    client.begin()
    right = srp.canonical(cognito.clock.now())
    assert right.startswith("Wed Mar 5 ")
    for wrong in (right.replace(" 5 ", " 05 "), right.replace("Wed", "Thu")):
        assert refused(client, client.proof(wrong)) == INCORRECT


@pytest.mark.parametrize(
    "stamp", ["2026-11-01T09:05:07Z", "So Nov 1 09:05:07 UTC 2026", "Sun Nov 31 09:05:07 UTC 2026"]
)
def test_what_is_no_timestamp_is_told_so(stamp: str, client_of: Callable[..., Client]) -> None:
    client = client_of()
    client.begin()
    code, message = refused(client, client.proof() | {"TIMESTAMP": stamp})
    assert code == "InvalidParameterException"
    assert message == "TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english."


def test_what_is_no_signature_is_told_so(client_of: Callable[..., Client]) -> None:
    client = client_of()
    client.begin()
    assert refused(client, client.proof() | {"PASSWORD_CLAIM_SIGNATURE": "%"})[1] == (
        "Invalid PASSWORD_CLAIM_SIGNATURE format. Must be a Base64 string."
    )


@pytest.mark.parametrize(
    "missing", ["USERNAME", "TIMESTAMP", "PASSWORD_CLAIM_SIGNATURE", "PASSWORD_CLAIM_SECRET_BLOCK"]
)
def test_each_part_of_an_answer_must_be_there(missing: str, client_of: Callable[..., Client]) -> None:
    client = client_of()
    client.begin()
    responses = {name: value for name, value in client.proof().items() if name != missing}
    assert refused(client, responses) == ("InvalidParameterException", f"Missing required parameter {missing}")


@pytest.mark.parametrize("number", [0, srp.N, 2 * srp.N])
def test_a_public_number_that_gives_the_key_away_is_refused(
    number: int, refusal: Callable[..., tuple[str, str]]
) -> None:
    parameters = {"USERNAME": "ada", "SRP_A": f"{number:x}"}
    assert refusal("InitiateAuth", AuthFlow="USER_SRP_AUTH", AuthParameters=parameters) == INCORRECT


def test_a_public_number_that_is_none_is_refused(refusal: Callable[..., tuple[str, str]]) -> None:
    parameters = {"USERNAME": "ada", "SRP_A": "xyz"}
    assert (
        refusal("InitiateAuth", AuthFlow="USER_SRP_AUTH", AuthParameters=parameters)[0] == "InvalidParameterException"
    )


def test_a_timestamp_is_read_and_written() -> None:
    assert srp.moment(STAMP) == datetime(2026, 11, 1, 9, 5, 7, tzinfo=UTC)
    assert srp.moment(STAMP.replace("UTC", "GMT").upper()) == datetime(2026, 11, 1, 9, 5, 7, tzinfo=UTC)
    assert srp.moment(STAMP.replace("UTC", "utc")) is None
    assert srp.canonical(datetime(2026, 11, 1, 9, 5, 7, tzinfo=UTC)) == STAMP
