"""Verification costs a sign-in nothing, says nothing when the keys cannot be had, and lets no forgery pass."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from nbauth import UserState
from nbauth.errors import ServiceUnavailable, SignInRequired, TokensNotGenuine
from nbauth.testing import StandIn
from nbauth.testing.stand_in import server
from nbauth.testing.stand_in.grants import Grants
from nbauth.testing.stand_in.tokens import Signer

IN_TIME = 30  # seconds
KEYS = "/.well-known/jwks.json"
HUGE = b'{"keys": [' + b'{"kty": "RSA"},' * 100_000 + b"{}]}"


@dataclass
class Pages:
    """The pages that were asked for, and what becomes of the one with the keys.

    Attributes:
        reads: The paths, in order.
        answer: Sends something else in place of the keys; None for the keys.
    """

    reads: list[str] = field(default_factory=list)
    answer: Callable[[Any], None] | None = None

    @property
    def of_keys(self) -> int:
        return sum(path.endswith(KEYS) for path in self.reads)


@pytest.fixture
def pages(cognito: StandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pages]:
    pages, send = Pages(), server._Handler.do_GET

    def get(handler: Any) -> None:
        pages.reads.append(handler.path)
        if pages.answer and handler.path.endswith(KEYS):
            pages.answer(handler)
        else:
            send(handler)

    monkeypatch.setattr(server._Handler, "do_GET", get)
    yield pages
    settle()


def settle() -> None:
    """Wait until nothing goes on in the background."""
    while busy := [thread for thread in threading.enumerate() if thread.name.startswith(("nbauth-warm", "nbauth-ver"))]:
        with suppress(RuntimeError):  # it is about to start
            busy[0].join(IN_TIME)


@pytest.fixture
def one(kernel: Callable[..., Any], pages: Pages) -> Any:
    return kernel()


@pytest.fixture
def warm(one: Any, pages: Pages) -> Any:
    """A kernel that has fetched the keys while somebody typed."""
    one.auth.warm(connect=True)
    settle()
    assert pages.of_keys == 1
    return one


@pytest.fixture
def signers(cognito: StandIn) -> tuple[Signer, Signer]:
    """What the pool signs ID and access tokens with."""
    grants = cognito._pool.grants
    return grants._id_signer, grants._access_signer


def publish(keys: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Grants, "keys", property(lambda self: keys))


@pytest.fixture
def forge(cognito: StandIn, signers: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Has everything signed with a stranger's key from now on, in the name of the keys that are published."""

    def begin() -> None:
        publish(cognito._pool.grants.keys, monkeypatch)
        for signer in signers:
            monkeypatch.setattr(signer, "_key", Signer("forgery")._key)

    return begin


def test_keys_that_were_fetched_while_somebody_typed_are_fetched_no_more(
    warm: Any, pages: Pages, cognito: StandIn
) -> None:
    warm.sign_in()
    warm.auth.get_tokens(force_refresh=True)
    assert warm.auth.claims["cognito:username"] == "ada"
    settle()
    assert pages.of_keys == 1
    assert [call.operation for call in cognito.calls] == ["InitiateAuth", "GetTokensFromRefreshToken"]


def test_keys_that_were_not_fetched_ahead_are_fetched_once_in_the_background(one: Any, pages: Pages) -> None:
    one.sign_in()
    settle()
    one.auth.get_tokens(force_refresh=True)
    one.auth.get_credentials()
    settle()
    assert one.auth.claims["cognito:username"] == "ada"
    assert pages.of_keys == 1


def test_nobody_waits_for_the_keys_but_who_asks_for_claims(
    one: Any, pages: Pages, begin: Callable[..., Any], in_time: Callable[..., Any]
) -> None:
    asked, let_go = threading.Event(), threading.Event()

    def answer(handler: Any) -> None:
        asked.set()
        let_go.wait(IN_TIME)
        handler._send(200, b"{}", "application/json")

    pages.answer = answer
    in_time(one.sign_in)
    assert asked.wait(IN_TIME)
    in_time(one.auth.get_tokens, force_refresh=True)
    in_time(one.auth.get_credentials)
    claims = begin(lambda: one.auth.claims)
    assert not claims.done()
    pages.answer = None
    let_go.set()
    assert claims.result(IN_TIME)["cognito:username"] == "ada"


def send(content: bytes, status: int = 200) -> Callable[[Any], None]:
    return lambda handler: handler._send(status, content, "text/html")


def hang_up(handler: Any) -> None:
    handler._hang_up()


NO_KEYS = {
    "a page": send(b"<html>please pay</html>"),
    "another shape": send(b'{"keys": {"id": "RSA"}}'),
    "nothing": send(b""),
    "huge": send(HUGE),
    "not found": send(b'{"keys": []}', 404),
    "unavailable": send(b"", 503),
    "gone": hang_up,
}


@pytest.mark.parametrize("name", NO_KEYS)
def test_keys_that_cannot_be_had_sign_nobody_out_and_are_no_news(
    name: str, one: Any, pages: Pages, in_time: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    pages.answer = NO_KEYS[name]
    with caplog.at_level(logging.INFO):
        one.auth.warm(connect=True)
        in_time(one.sign_in)
        settle()
        in_time(one.auth.get_tokens, force_refresh=True)
        in_time(one.auth.get_credentials)
        settle()
    assert [record for record in caplog.records if record.name != "nbauth.stores.file"] == []
    assert (one.auth.state, one.auth.online, one.auth.error) == (UserState.SIGNED_IN, True, None)
    with pytest.raises(ServiceUnavailable, match="does not give the user pool's keys"):
        in_time(lambda: one.auth.claims)
    assert one.auth.has_valid_tokens
    pages.answer = None
    assert in_time(lambda: one.auth.claims)["cognito:username"] == "ada"


def test_a_forgery_signs_nobody_in_and_nothing_of_it_is_kept(warm: Any, forge: Callable[[], None]) -> None:
    forge()
    with pytest.raises(TokensNotGenuine, match="its signature is not the pool's"):
        warm.sign_in()
    assert (warm.auth.state, warm.auth._engine.ports.store.load()) == (UserState.SIGNED_OUT, None)
    assert isinstance(warm.auth.error, TokensNotGenuine)


def test_a_forgery_that_is_found_out_afterwards_ends_the_sign_in(one: Any, forge: Callable[[], None]) -> None:
    forge()
    one.sign_in()
    one.hears_of(UserState.SIGNED_IN)
    assert isinstance(one.hears_of(UserState.SIGNED_OUT).error, TokensNotGenuine)
    assert (one.auth._engine.ports.store.load(), one.auth.is_signed_in) == (None, False)
    with pytest.raises(SignInRequired):
        _ = one.auth.claims


def test_a_key_that_the_pool_has_not_published_is_looked_for_before_it_counts_as_forged(
    warm: Any, pages: Pages, signers: Any, monkeypatch: pytest.MonkeyPatch, cognito: StandIn
) -> None:
    publish(cognito._pool.grants.keys, monkeypatch)
    for signer in signers:
        monkeypatch.setattr(signer, "_id", f"another-{signer._id}")
    warm.sign_in()
    warm.hears_of(UserState.SIGNED_IN)
    assert isinstance(warm.hears_of(UserState.SIGNED_OUT).error, TokensNotGenuine)
    with pytest.raises(TokensNotGenuine, match="none of the pool's"):
        warm.sign_in()
    assert pages.of_keys == 2


def test_a_pool_may_change_its_keys(warm: Any, pages: Pages, signers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    warm.sign_in()
    for signer in signers:
        monkeypatch.setattr(signer, "_id", f"new-{signer._id}")
    warm.auth.get_tokens(force_refresh=True)
    assert warm.auth.claims["cognito:username"] == "ada"
    settle()
    assert (pages.of_keys, warm.auth.is_signed_in) == (2, True)


def test_a_forged_refresh_leaves_the_tokens_that_there_were(warm: Any, forge: Callable[[], None]) -> None:
    warm.sign_in()
    before = warm.auth.get_tokens()
    forge()
    with pytest.raises(TokensNotGenuine):
        warm.auth.get_tokens(force_refresh=True)
    assert (warm.auth.get_tokens(), warm.auth.state) == (before, UserState.SIGNED_IN)


def test_a_page_that_is_too_long_leaves_a_connection_that_works(one: Any, pages: Pages) -> None:
    pages.answer = NO_KEYS["huge"]
    for _ in range(3):
        one.auth.warm(connect=True)
        settle()
    assert one.sign_in().done
