"""Pools on fakes with a few people in them, a clock that stands still, and a session that knows nobody to ask."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Event

import pytest

from nbauth.auth_session import AuthSession
from nbauth.core.config import AuthConfig
from nbauth.core.record import Record
from nbauth.errors import StoreError
from nbauth.runtime import Ports
from nbauth.stores.memory import MemoryStore
from nbauth.testing import FakeClock, FakeIdentityPool, FakeUserPool


class FailingStore(MemoryStore):
    """A store in memory that fails when it is told to.

    Attributes:
        broken: What fails, each time: any of ``load``, ``save``, ``forget`` and ``lock``.
        error: What it fails with.
    """

    def __init__(self) -> None:
        super().__init__()
        self.broken: set[str] = set()
        self.error: Exception = StoreError("the disk is full")

    def load(self) -> Record | None:
        self._fail("load")
        return super().load()

    def save(self, record: Record) -> None:
        self._fail("save")
        super().save(record)

    def forget(self) -> None:
        self._fail("forget")
        super().forget()

    def lock(self):
        self._fail("lock")
        return super().lock()

    def _fail(self, name: str) -> None:
        if name in self.broken:
            raise self.error


class FakePrompt:
    """Somebody who may be asked.

    Attributes:
        asked: Set when the question has been put.
        there: Whether anybody is there.
        shown: What was shown beside the question, in order.
        limits: The time limit of each question.
    """

    def __init__(self) -> None:
        self.asked = Event()
        self.there = True
        self.shown: list[str] = []
        self.limits: list[float | None] = []
        self.does = lambda done, timeout: done.wait(timeout)

    def available(self) -> bool:
        return self.there

    def ask(self, done: Event, timeout: float | None) -> None:
        self.limits.append(timeout)
        self.asked.set()
        self.does(done, timeout)

    def show_sign_in(self) -> None:
        self.shown.append("sign-in")

    def show_status(self) -> None:
        self.shown.append("status")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(2026, 5, 4, 12, 0, tzinfo=UTC))


@pytest.fixture
def password() -> str:
    return "Correct-Horse-7"


@pytest.fixture
def totp_secret() -> str:
    return "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def users(clock: FakeClock, password: str, totp_secret: str) -> FakeUserPool:
    """ada has a password, bob a temporary one, carol an authenticator app, dave a telephone."""
    pool = FakeUserPool(clock)
    pool.add_user("ada", password, email="ada@example.com")
    pool.add_user("bob", password, temporary=True)
    pool.add_user("carol", password, totp_secret=totp_secret)
    pool.add_user("dave", password, phone_number="+15550100")
    return pool


@pytest.fixture
def identities(clock: FakeClock) -> FakeIdentityPool:
    return FakeIdentityPool(clock)


@pytest.fixture
def store() -> FailingStore:
    return FailingStore()


@pytest.fixture
def ports(users: FakeUserPool, identities: FakeIdentityPool, store: FailingStore, clock: FakeClock) -> Ports:
    return Ports(user_pool=users, identity_pool=identities, store=store, clock=clock)


@pytest.fixture
def config() -> AuthConfig:
    return AuthConfig(
        user_pool_id="eu-west-1_Example01",
        client_id="exampleclient",
        identity_pool_id="eu-west-1:00000000-0000-4000-8000-00000000000a",
    )


@pytest.fixture
def nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither settings nor a person outside the test have a say."""
    monkeypatch.setattr(AuthSession, "prompt_for", staticmethod(lambda session: None))
    for name in [name for name in os.environ if name.startswith("NBAUTH_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def prompt(nobody_to_ask: None, monkeypatch: pytest.MonkeyPatch) -> FakePrompt:
    """Somebody whom sessions ask."""
    person = FakePrompt()
    monkeypatch.setattr(AuthSession, "prompt_for", staticmethod(lambda session: person))
    return person


@pytest.fixture
def session(nobody_to_ask: None, config: AuthConfig, ports: Ports) -> Iterator[AuthSession]:
    auth = AuthSession(config, store="memory", ports=ports)
    yield auth
    auth.release_sign_in_wait()
