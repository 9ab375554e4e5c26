"""A session on fakes, another kernel's session beside it, somebody to ask, and what a listener was told."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from threading import Condition, Event

import pytest

from nbauth.auth_session import AuthSession
from nbauth.core.config import AuthConfig
from nbauth.core.results import UserStateDetails
from nbauth.core.user_state import UserState
from nbauth.ports import Ports, Prompt, TokenStore
from nbauth.refresher import Refresher
from nbauth.stores.memory import MemoryStore
from nbauth.testing import FakeClock, FakeIdentityPool, FakeUserAccounts, FakeUserPool

IN_TIME = 20  # seconds; what a test waits for comes at once or never


class Person(Prompt):
    """Somebody who sits there and does not answer.

    Attributes:
        asked: One entry for each call that asks.
    """

    def __init__(self) -> None:
        self.asked: Queue[str] = Queue()

    def available(self) -> bool:
        return True

    def ask(self, done: Event, timeout: float | None) -> None:
        self.asked.put("asked")
        done.wait(timeout)


class Told:
    """A listener that takes note."""

    def __init__(self) -> None:
        self.details: list[UserStateDetails] = []
        self._came = Condition()

    def __call__(self, details: UserStateDetails) -> None:
        with self._came:
            self.details.append(details)
            self._came.notify_all()

    @property
    def states(self) -> list[UserState]:
        return [details.state for details in self.details]

    def wait_for(self, state: UserState) -> None:
        with self._came:
            assert self._came.wait_for(lambda: state in self.states, IN_TIME)


@pytest.fixture
def users(clock: FakeClock, password: str, totp_secret: str) -> FakeUserPool:
    """ada and grace have a password, bob a temporary one, carol an authenticator app."""
    return people(FakeUserPool(clock), password, totp_secret)


@pytest.fixture
def populated(password: str, totp_secret: str) -> Callable[[FakeUserPool], FakeUserPool]:
    """Puts the same people into another pool."""
    return lambda pool: people(pool, password, totp_secret)


def people(pool: FakeUserPool, password: str, totp_secret: str) -> FakeUserPool:
    pool.add_user("ada", password, email="ada@example.com")
    pool.add_user("grace", password)
    pool.add_user("bob", password, temporary=True)
    pool.add_user("carol", password, totp_secret=totp_secret)
    return pool


@pytest.fixture
def identities(clock: FakeClock) -> FakeIdentityPool:
    return FakeIdentityPool(clock)


@pytest.fixture
def config() -> AuthConfig:
    return AuthConfig(
        user_pool_id="eu-west-1_Example01",
        client_id="exampleclient",
        identity_pool_id="eu-west-1:00000000-0000-4000-8000-00000000000a",
    )


@pytest.fixture
def guests(config: AuthConfig) -> AuthConfig:
    """The same pools, where everybody who has not signed in is a guest."""
    return config.replace(guest_access=True)


@pytest.fixture
def store() -> TokenStore:
    return MemoryStore()


@pytest.fixture
def accounts(users: FakeUserPool) -> FakeUserAccounts:
    return FakeUserAccounts(users)


@pytest.fixture
def ports(
    users: FakeUserPool,
    accounts: FakeUserAccounts,
    identities: FakeIdentityPool,
    store: TokenStore,
    clock: FakeClock,
) -> Ports:
    return Ports(user_pool=users, identity_pool=identities, store=store, clock=clock, accounts=accounts)


@pytest.fixture
def session_of(
    config: AuthConfig, ports: Ports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., AuthSession]]:
    """Opens a session, over the same pools and store where nothing else is said: what a restarted kernel finds."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(AuthSession, "prompt_for", staticmethod(lambda session: None))
    for name in [name for name in os.environ if name.startswith("NBAUTH_")]:
        monkeypatch.delenv(name)
    opened = []

    def open_session(config: AuthConfig = config, ports: Ports = ports) -> AuthSession:
        session = AuthSession(config, store="memory", ports=ports)
        session.sign_in_wait = IN_TIME
        opened.append(session)
        return session

    yield open_session
    for session in opened:
        session.release_sign_in_wait()


@pytest.fixture
def auth(session_of: Callable[..., AuthSession]) -> AuthSession:
    """A session in which nobody is signed in."""
    return session_of()


@pytest.fixture
def ada(auth: AuthSession, password: str) -> AuthSession:
    """The same session, in which ada is."""
    auth.sign_in("ada", password)
    return auth


@pytest.fixture
def person(session_of: Callable[..., AuthSession], monkeypatch: pytest.MonkeyPatch) -> Person:
    """Whom sessions ask to sign in."""
    somebody = Person()
    monkeypatch.setattr(AuthSession, "prompt_for", staticmethod(lambda session: somebody))
    return somebody


@pytest.fixture
def unattended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is renewed in the background, so that it is a call that finds what has ended."""
    monkeypatch.setattr(Refresher, "wake", lambda self: None)


@pytest.fixture
def told() -> Told:
    """A listener, which a test adds to the session it wants to hear of."""
    return Told()


@pytest.fixture
def in_threads() -> Iterator[Callable[..., list]]:
    """Begins a call in as many threads as are wanted, and returns a future for each."""
    with ThreadPoolExecutor(64) as pool:
        yield lambda call, count=1: [pool.submit(call) for _ in range(count)]
