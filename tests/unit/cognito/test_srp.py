import base64
import hmac
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from pycognito.aws_srp import N_HEX

from nbauth.cognito.srp import Exchange, timestamp
from nbauth.core.secret import Secret

DATA = Path(__file__).parents[2] / "data" / "srp"
VECTORS = json.loads((DATA / "vectors.json").read_text())
EXTRA = json.loads((DATA / "extra_vectors.json").read_text())

MOMENT = datetime(2026, 11, 1, 9, 5, 7, tzinfo=UTC)


def exchange(monkeypatch: pytest.MonkeyPatch, pool_id: str, password: str, a: int) -> Exchange:
    with monkeypatch.context() as patch:
        patch.setattr("pycognito.aws_srp.os.urandom", lambda count: a.to_bytes(count, "big"))
        return Exchange(pool_id, Secret(password))


def parsed(stamp: str) -> datetime:
    with_c_names = datetime.strptime(stamp, "%a %b %d %H:%M:%S UTC %Y")
    return with_c_names.replace(tzinfo=UTC)


def parameters(**given: Any) -> dict[str, str]:
    block = base64.b64encode(b"block").decode()
    return {"USER_ID_FOR_SRP": "ada", "SECRET_BLOCK": block, "SALT": "1", "SRP_B": "2"} | given


@pytest.mark.parametrize("case", EXTRA, ids=lambda case: case["name"])
def test_our_own_vectors_pass(case: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    ours = exchange(monkeypatch, case["userPoolId"], case["password"], int(case["a_hex"], 16))
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


def test_the_vector_of_the_go_client_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    case = VECTORS["go"]
    proof = exchange(monkeypatch, f"eu-west-1_{case['pool']}", case["password"], case["a"]).prove(
        {
            "USER_ID_FOR_SRP": case["user"],
            "SECRET_BLOCK": case["secret_block_b64"],
            "SALT": f"{case['salt']:x}",
            "SRP_B": f"{case['B']:x}",
        },
        parsed(case["ts"]),
    )
    assert proof["PASSWORD_CLAIM_SIGNATURE"] == case["sig"]


def test_the_vector_of_the_javascript_helper_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    case = VECTORS["helper"]
    ours = exchange(monkeypatch, case["poolId"], case["password"], int(case["smallA"], 16))
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


def test_the_key_of_the_android_client_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    case = VECTORS["android"]
    proof = exchange(monkeypatch, f"eu-west-1_{case['pool']}", case["password"], int(case["a"])).prove(
        parameters(USER_ID_FOR_SRP=case["user"], SALT=case["salt"], SRP_B=case["B"].removeprefix("0x")),
        MOMENT,
    )
    message = f"{case['pool']}{case['user']}block{timestamp(MOMENT)}".encode()
    expected = hmac.digest(base64.b64decode(case["key_b64"]), message, "sha256")
    assert proof["PASSWORD_CLAIM_SIGNATURE"] == base64.b64encode(expected).decode()


def test_zeros_before_a_salt_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = exchange(monkeypatch, "eu-west-1_Example01", "p", 12345)
    short, long = (ours.prove(parameters(SALT=salt), MOMENT) for salt in ("7f01", "00007f01"))
    assert short == long


@pytest.mark.parametrize("big_b", ["0", N_HEX, f"{2 * int(N_HEX, 16):x}", "-1", "not a number", ""])
def test_an_unsafe_b_is_refused(big_b: str) -> None:
    with pytest.raises(ValueError, match=r"unsafe|invalid literal"):
        Exchange("eu-west-1_Example01", Secret("p")).prove(parameters(SRP_B=big_b), MOMENT)


def test_a_zero_u_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pycognito.aws_srp.calculate_u", lambda big_a, big_b: 0)
    with pytest.raises(ValueError, match="U cannot be zero"):
        Exchange("eu-west-1_Example01", Secret("p")).prove(parameters(), MOMENT)


def test_every_exchange_has_its_own_a() -> None:
    assert Exchange("eu-west-1_Example01", Secret("p")).public != Exchange("eu-west-1_Example01", Secret("p")).public


def test_an_exchange_shows_no_password() -> None:
    ours = Exchange("eu-west-1_Example01", Secret("sentinel-password"))
    ours.prove(parameters(), MOMENT)
    assert "sentinel-password" not in repr(vars(ours)) + repr(vars(ours._engine))


def test_a_timestamp_is_in_utc_and_its_day_is_not_padded() -> None:
    east = datetime(2026, 9, 5, 3, 4, 5, tzinfo=timezone(timedelta(hours=2)))
    assert timestamp(east) == "Sat Sep 5 01:04:05 UTC 2026"


def test_the_names_in_a_timestamp_are_english() -> None:
    days = (datetime(2026, month, day, tzinfo=UTC) for month in range(1, 13) for day in range(1, 8))
    weekdays, months = zip(*(timestamp(day).split()[:2] for day in days), strict=True)
    assert set(months) == {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}
    assert set(weekdays) == {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
