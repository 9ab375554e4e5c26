import base64
import hmac
import json
import os
import sys
import types
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from pycognito.aws_srp import AWSSRP, N_HEX

from nbauth.cognito import srp
from nbauth.cognito.srp import Exchange, prepare, timestamp
from nbauth.core.secret import Secret

DATA = Path(__file__).parents[2] / "data" / "srp"
VECTORS = json.loads((DATA / "vectors.json").read_text())
EXTRA = json.loads((DATA / "extra_vectors.json").read_text())

MOMENT = datetime(2026, 11, 1, 9, 5, 7, tzinfo=UTC)
N = int(N_HEX, 16)


@pytest.fixture(autouse=True)
def _nothing_prepared() -> Iterator[None]:
    srp._ready.clear()
    yield
    srp._ready.clear()


def exchange(pool_id: str, password: str, a: int) -> Exchange:
    srp._ready.append(srp._KeyPair(a, pow(2, a, N)))
    return Exchange(pool_id, Secret(password))


def parsed(stamp: str) -> datetime:
    with_c_names = datetime.strptime(stamp, "%a %b %d %H:%M:%S UTC %Y")
    return with_c_names.replace(tzinfo=UTC)


def parameters(**given: Any) -> dict[str, str]:
    block = base64.b64encode(b"block").decode()
    return {"USER_ID_FOR_SRP": "ada", "SECRET_BLOCK": block, "SALT": "1", "SRP_B": "2"} | given


@pytest.mark.parametrize("case", EXTRA, ids=lambda case: case["name"])
def test_our_own_vectors_pass(case: dict[str, str]) -> None:
    ours = exchange(case["userPoolId"], case["password"], int(case["a_hex"], 16))
    proof = ours.prove(
        {
            "USER_ID_FOR_SRP": case["userIdForSrp"],
            "SECRET_BLOCK": case["secret_block"],
            "SALT": case["salt_hex"],
            "SRP_B": case["SRP_B"],
        },
        parsed(case["timestamp"]),
    )
    assert ours.public == case["SRP_A"]
    assert proof == {
        "TIMESTAMP": case["timestamp"],
        "PASSWORD_CLAIM_SECRET_BLOCK": case["secret_block"],
        "PASSWORD_CLAIM_SIGNATURE": case["signature"],
    }


def test_the_vector_of_the_go_client_passes() -> None:
    case = VECTORS["go"]
    proof = exchange(f"eu-west-1_{case['pool']}", case["password"], case["a"]).prove(
        {
            "USER_ID_FOR_SRP": case["user"],
            "SECRET_BLOCK": case["secret_block_b64"],
            "SALT": f"{case['salt']:x}",
            "SRP_B": f"{case['B']:x}",
        },
        parsed(case["ts"]),
    )
    assert proof["PASSWORD_CLAIM_SIGNATURE"] == case["sig"]


def test_the_vector_of_the_javascript_helper_passes() -> None:
    case = VECTORS["helper"]
    ours = exchange(case["poolId"], case["password"], int(case["smallA"], 16))
    proof = ours.prove(
        {
            "USER_ID_FOR_SRP": case["sub"],
            "SECRET_BLOCK": case["secret"],
            "SALT": case["salt"],
            "SRP_B": case["largeB"],
        },
        parsed(case["timestamp"]),
    )
    assert ours.public == case["largeA"]
    assert proof["PASSWORD_CLAIM_SIGNATURE"] == case["passwordSignature"]


def test_the_key_of_the_android_client_is_ours() -> None:
    case = VECTORS["android"]
    proof = exchange(f"eu-west-1_{case['pool']}", case["password"], int(case["a"])).prove(
        parameters(USER_ID_FOR_SRP=case["user"], SALT=case["salt"], SRP_B=case["B"].removeprefix("0x")),
        MOMENT,
    )
    message = f"{case['pool']}{case['user']}block{timestamp(MOMENT)}".encode()
    expected = hmac.digest(base64.b64decode(case["key_b64"]), message, "sha256")
    assert proof["PASSWORD_CLAIM_SIGNATURE"] == base64.b64encode(expected).decode()


def test_zeros_before_a_salt_change_nothing() -> None:
    ours = exchange("eu-west-1_Example01", "p", 12345)
    short, long = (ours.prove(parameters(SALT=salt), MOMENT) for salt in ("7f01", "00007f01"))
    assert short == long


@pytest.mark.parametrize("big_b", ["0", N_HEX, f"{2 * int(N_HEX, 16):x}", "-1", "not a number", ""])
def test_an_unsafe_b_is_refused(big_b: str) -> None:
    with pytest.raises(ValueError, match=r"unsafe|invalid literal"):
        Exchange("eu-west-1_Example01", Secret("p")).prove(parameters(SRP_B=big_b), MOMENT)


def test_a_zero_u_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pycognito.aws_srp.calculate_u", lambda big_a, big_b: 0)
    with pytest.raises(ValueError, match="unsafe"):
        Exchange("eu-west-1_Example01", Secret("p")).prove(parameters(), MOMENT)


def test_every_exchange_has_its_own_a() -> None:
    assert Exchange("eu-west-1_Example01", Secret("p")).public != Exchange("eu-west-1_Example01", Secret("p")).public


def test_what_was_prepared_is_for_one_exchange() -> None:
    prepare()
    (prepared,) = srp._ready
    first, second = (Exchange("eu-west-1_Example01", Secret("p")) for _ in range(2))
    assert first.public == f"{prepared.public:x}" != second.public


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing can be forked here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_what_was_prepared_is_not_for_a_forked_child() -> None:
    prepare()
    child = os.fork()
    if not child:
        os._exit(len(srp._ready))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(srp._ready) == 1


def test_a_private_value_is_of_256_random_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr("nbauth.cognito.srp.secrets.randbits", lambda bits: asked.append(bits) or 2**bits - 1)
    assert Exchange("eu-west-1_Example01", Secret("p")).public == f"{pow(2, 2**256 - 1, N):x}"
    assert asked == [256]


@pytest.mark.parametrize("exponent", [0, 1, 2, 15, 16, 2**128, 0xC0FFEE << 200, 2**255, 2**256 - 1])
def test_a_power_of_the_generator_is_what_pow_says(exponent: int) -> None:
    assert srp._group().power_of_g(exponent) == pow(2, exponent, N)


def test_a_key_is_what_pycognito_says() -> None:
    ours, theirs = Exchange("eu-west-1_Pool", Secret("p")), AWSSRP("", "", "eu-west-1_Pool", "", client=object())
    theirs.small_a_value, theirs.large_a_value = ours._pair.private, ours._pair.public
    assert ours._key("ada", 0x8F01, 12345**60) == theirs.get_password_authentication_key("ada", "p", 12345**60, 0x8F01)


def test_the_numbers_of_gmpy2_are_used_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Mpz(int):
        """Stays what it is when it is calculated with, as gmpy2's numbers do."""

        def __mod__(self, other: int) -> "Mpz":
            return Mpz(int(self) % int(other))

        def __mul__(self, other: int) -> "Mpz":
            return Mpz(int(self) * int(other))

        __rmul__ = __mul__

        def __pow__(self, *others: Any) -> "Mpz":
            return Mpz(pow(int(self), *others))

    monkeypatch.setitem(sys.modules, "gmpy2", types.SimpleNamespace(mpz=Mpz))
    group = srp._group.__wrapped__()
    assert type(group.power_of_g(2**200)) is Mpz
    assert group.power_of_g(2**200) == pow(2, 2**200, N)


def test_integers_do_where_gmpy2_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gmpy2", None)
    assert type(srp._group.__wrapped__().n) is int


def test_an_exchange_shows_no_password() -> None:
    ours = Exchange("eu-west-1_Example01", Secret("sentinel-password"))
    ours.prove(parameters(), MOMENT)
    assert "sentinel-password" not in repr(vars(ours))


def test_a_timestamp_is_in_utc_and_its_day_is_not_padded() -> None:
    east = datetime(2026, 9, 5, 3, 4, 5, tzinfo=timezone(timedelta(hours=2)))
    assert timestamp(east) == "Sat Sep 5 01:04:05 UTC 2026"


def test_the_names_in_a_timestamp_are_english() -> None:
    days = (datetime(2026, month, day, tzinfo=UTC) for month in range(1, 13) for day in range(1, 8))
    weekdays, months = zip(*(timestamp(day).split()[:2] for day in days), strict=True)
    assert set(months) == {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}
    assert set(weekdays) == {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
