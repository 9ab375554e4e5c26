import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbauth.core.freshness import Freshness
from nbauth.core.tokens import TokenSet, read_claims
from nbauth.testing import tokens

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def jwt(claims):
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"e30.{payload}.signature"


def read(id_claims, access_token=None, expires_in=3600, refresh_token="refresh"):
    return TokenSet.read(
        id_token=jwt(id_claims),
        access_token=jwt({}) if access_token is None else access_token,
        refresh_token=refresh_token,
        expires_in=expires_in,
        now=NOON,
    )


def at(moment):
    return int(moment.timestamp())


def test_the_lifetime_is_the_tokens_own():
    begin, end = NOON - timedelta(minutes=1), NOON + timedelta(minutes=5)
    held = read({"iat": at(begin), "exp": at(end)}, jwt({"exp": at(NOON + timedelta(days=1))}))
    assert (held.issued_at, held.expires_at) == (begin, end)


def test_the_token_that_ends_first_counts():
    sooner = NOON + timedelta(minutes=5)
    held = read({"exp": at(NOON + timedelta(days=1))}, jwt({"exp": at(sooner)}))
    assert held.expires_at == sooner


@pytest.mark.parametrize(("expires_in", "seconds"), [(300, 300), (None, 3600), (0, 3600)])
def test_where_tokens_do_not_say_the_pools_word_counts_and_then_an_hour(expires_in, seconds):
    assert read({}, expires_in=expires_in).expires_at == NOON + timedelta(seconds=seconds)


def test_an_access_token_need_not_be_readable():
    end = NOON + timedelta(minutes=5)
    held = read({"exp": at(end)}, "opaque")
    assert held.access_token.reveal() == "opaque"
    assert held.expires_at == end


def test_a_lifetime_never_begins_after_its_end():
    held = read({"iat": at(NOON + timedelta(days=1)), "exp": at(NOON)})
    assert held.issued_at <= held.expires_at
    assert held.freshness(NOON) is Freshness.EXPIRED


def test_odd_times_are_no_times():
    assert read({"iat": "soon", "exp": None}).expires_at == NOON + timedelta(hours=1)


def test_a_pool_may_give_no_refresh_token():
    assert read({}, refresh_token=None).refresh_token is None
    assert read({}, refresh_token="").refresh_token is None


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"cognito:username": "ada", "username": "x", "sub": "1"}, "ada"),
        ({"username": "ada", "sub": "1"}, "ada"),
        ({"sub": "1"}, "1"),
        ({}, ""),
    ],
)
def test_the_user_is_named_as_well_as_the_claims_allow(claims, name):
    assert read(claims).username == name


def test_who_and_where_from_are_in_the_claims():
    held = read({"sub": "1234", "iss": "https://issuer.example"})
    assert (held.sub, held.issuer) == ("1234", "https://issuer.example")
    assert (read({}).sub, read({}).issuer) == ("", "")


def test_claims_cannot_be_changed():
    with pytest.raises(TypeError):
        read({"sub": "1"}).claims["sub"] = "2"


def test_neither_tokens_nor_claims_show():
    held = read({"email": "sentinel@example.com"}, "sentinel-access", refresh_token="sentinel-refresh")
    assert "sentinel" not in repr(held)
    assert held.id_token.reveal() not in repr(held)


def test_tokens_go_from_fresh_over_stale_to_expired():
    held = tokens(issued_at=NOON)
    ages = [timedelta(), timedelta(minutes=50), timedelta(hours=1)]
    assert [held.freshness(NOON + age) for age in ages] == [Freshness.FRESH, Freshness.STALE, Freshness.EXPIRED]


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c.d", "a.!.c", "a.e30", f"a.{'A' * 5}.c"])
def test_what_is_no_jwt_is_refused(token):
    with pytest.raises(ValueError, match="token"):
        read_claims(token)


@pytest.mark.parametrize("payload", [b"[]", b'"text"', b"null", b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_payload_that_is_no_object_is_refused(payload):
    token = f"a.{base64.urlsafe_b64encode(payload).decode()}.c"
    with pytest.raises(ValueError, match="claims cannot be read"):
        read_claims(token)


@given(st.text())
def test_no_text_breaks_the_reader_or_is_quoted_by_it(text):
    complaint = ""
    try:
        assert isinstance(read_claims(text), dict)
    except ValueError as error:
        complaint = str(error)
    assert complaint in ("", "the token is not a JWT", "the token's claims cannot be read")


@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text()))
def test_claims_come_back_as_they_were_written(claims):
    assert read_claims(jwt(claims)) == claims


def test_people_call_a_user_by_the_name_and_not_by_one_that_the_pool_made_up():
    assert tokens("ada", email="ada@example.com").display_name == "ada"
    made_up = "9dcc8622-5dfd-4bdc-8fef-a792af5e1216"
    assert tokens(made_up, sub=made_up, email="grace@example.com").display_name == "grace@example.com"
    assert tokens(made_up, sub=made_up, phone_number="+447700900123").display_name == "+447700900123"
    assert tokens(made_up, sub=made_up).display_name == made_up
