"""Fakes fail and hold calls as they are told to, and remember what was called."""

import threading
from typing import Any

import pytest

from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.tokens import TokenSet
from nbauth.errors import ServiceUnavailable
from nbauth.ports import Credential
from nbauth.testing import FakeClock, FakeUserPool


@pytest.fixture
def pool(clock: FakeClock) -> FakeUserPool:
    pool = FakeUserPool(clock)
    pool.add_user("ada", "Correct-Horse-7")
    return pool


def sign_in(pool: FakeUserPool) -> Any:
    return pool.initiate_auth(Credential("ada", Secret("Correct-Horse-7")))


def test_a_failure_happens_once_and_where_it_was_asked_for(pool: FakeUserPool) -> None:
    offline = ServiceUnavailable("offline", reason="offline")
    pool.fail_next(offline, on="refresh")
    record = Record("ada", refresh_token=sign_in(pool).refresh_token)
    with pytest.raises(ServiceUnavailable) as caught:
        pool.refresh(record)
    assert caught.value is offline
    assert isinstance(pool.refresh(record), TokenSet)


def test_failures_come_in_the_order_they_were_asked_for(pool: FakeUserPool) -> None:
    pool.fail_next(ServiceUnavailable("first"))
    pool.fail_next(ServiceUnavailable("second"))
    for sentence in ("first", "second"):
        with pytest.raises(ServiceUnavailable, match=sentence):
            sign_in(pool)


def test_a_held_call_waits_until_it_is_released(pool: FakeUserPool) -> None:
    given: list[Any] = []
    with pool.hold_next("initiate_auth") as hold:
        thread = threading.Thread(target=lambda: given.append(sign_in(pool)))
        thread.start()
        assert hold.entered.wait(10)
        assert isinstance(sign_in(pool), TokenSet)
        assert given == []
    thread.join(10)
    assert isinstance(given[0], TokenSet)


def test_calls_are_recorded_in_order(pool: FakeUserPool) -> None:
    given = sign_in(pool)
    pool.refresh(Record("ada", refresh_token=given.refresh_token))
    pool.revoke(given.refresh_token)
    assert pool.calls == ["initiate_auth", "refresh", "revoke"]
