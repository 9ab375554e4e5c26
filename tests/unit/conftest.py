"""Pools on fakes with a few people in them, a clock that stands still, and a session that knows nobody to ask."""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from queue import Queue
from threading import Event

import hypothesis
import pytest

from nbauth.auth_session import AuthSession
from nbauth.core.config import AuthConfig
from nbauth.core.events import SignIn, SignOut
from nbauth.core.flow import Flow
from nbauth.core.record import Record
from nbauth.core.results import UserStateDetails
from nbauth.core.secret import Secret
from nbauth.core.states import State, credentials_of, tokens_of
from nbauth.core.tokens import TokenSet
from nbauth.core.user_state import UserState
from nbauth.dispatcher import Dispatcher
from nbauth.errors import AuthError, StoreError
from nbauth.performer import Flight
from nbauth.ports import Ports
from nbauth.runtime import Runtime
from nbauth.stores.memory import MemoryStore
from nbauth.supply import Supply
from nbauth.testing import FakeClock, FakeIdentityPool, FakeUserPool

IN_TIME = 20  # seconds; what a test waits for comes at once or never

# A slow machine is no failure.
hypothesis.settings.register_profile("nbauth", deadline=None)
hypothesis.settings.load_profile("nbauth")


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


class FakeSiblings:
    """Other kernels.

    Attributes:
        tokens: What one of them answers with.
        asked: The refresh tokens that were asked for, in order.
        shared: What this kernel answers with.
    """

    def __init__(self) -> None:
        self.tokens: TokenSet | None = None
        self.asked: list[str] = []
        self.shared: TokenSet | None = None

    def ask(self, refresh_token: Secret) -> TokenSet | None:
        self.asked.append(refresh_token.reveal())
        return self.tokens

    def answer_with(self, tokens: TokenSet | None) -> None:
        self.shared = tokens


class Stage:
    """A runtime and a supply on fakes, without the thread that tends them.

    Attributes:
        events: Everything that the flow has taken, in order.
        changed: Called after each change, as the engine is.
    """

    def __init__(self, ports: Ports, *, guests: bool = False) -> None:
        self.ports = ports
        self.events: Queue[object] = Queue()
        self.changed: list[Callable[[Flow, Flow, object], object]] = []
        self.dispatcher = Dispatcher()
        self.runtime = Runtime(ports, self.dispatcher, self._on_change)
        self.supply = Supply(self.runtime, ports.clock, guests=guests)

    @property
    def state(self) -> State:
        return self.runtime.flow.state

    def sign_in(self, username: str = "ada", password: str = "Correct-Horse-7") -> Flight:
        return self.land(self.runtime.dispatch(SignIn(username, Secret(password))))

    def sign_out(self, **options: bool) -> None:
        self.land(self.runtime.dispatch(SignOut(**options)))

    def refresh(self) -> Flight:
        """Refresh, and return what came of it."""
        return self.land((self.runtime.refresh(tokens_of(self.state)),))

    def fetch_credentials(self) -> Flight:
        """Fetch AWS credentials, and return what came of it."""
        return self.land((self.runtime.fetch_credentials(credentials_of(self.state)),))

    def land(self, flights: tuple[Flight | None, ...]) -> Flight:
        for flight in flights:
            assert flight.landed.wait(IN_TIME)
        return flights[0] if flights else None

    def settle(self) -> None:
        """Wait until no request is under way."""
        for thread in threading.enumerate():
            if thread.name == "nbauth-request":
                thread.join(IN_TIME)

    def wait_for(self, kind: type) -> object:
        """Return the next event of a kind that the flow takes."""
        while not isinstance(event := self.events.get(timeout=IN_TIME), kind):
            pass
        return event

    def _on_change(self, before: Flow, after: Flow, event: object) -> None:
        self.supply.changed(after.state)
        for call in self.changed:
            call(before, after, event)
        self.events.put(event)


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


class Recorder:
    """A listener that remembers what it was told."""

    def __init__(self, session: AuthSession) -> None:
        self.details: list[UserStateDetails] = []
        self._told = threading.Condition()
        self.remove = session.add_user_state_listener(self)

    def __call__(self, details: UserStateDetails) -> None:
        with self._told:
            self.details.append(details)
            self._told.notify_all()

    def states(self) -> list[str]:
        return [details.state.name for details in self.details]

    def wait_for(self, state: UserState) -> None:
        with self._told:
            assert self._told.wait_for(lambda: state.name in self.states(), IN_TIME)


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
def siblings() -> FakeSiblings:
    return FakeSiblings()


@pytest.fixture
def ports(
    users: FakeUserPool,
    identities: FakeIdentityPool,
    store: FailingStore,
    clock: FakeClock,
    siblings: FakeSiblings,
) -> Ports:
    return Ports(user_pool=users, identity_pool=identities, store=store, clock=clock, siblings=siblings)


@pytest.fixture
def stage(ports: Ports) -> Stage:
    """A runtime that has been opened; nobody is signed in."""
    opened = Stage(ports)
    opened.runtime.open()
    return opened


@pytest.fixture
def stage_of() -> type[Stage]:
    return Stage


@pytest.fixture
def in_threads() -> Iterator[Callable[..., list]]:
    """Begins a call in as many threads as are wanted, and returns a future for each."""
    with ThreadPoolExecutor(64) as pool:
        yield lambda call, count=1: [pool.submit(call) for _ in range(count)]


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


@pytest.fixture
def another(nobody_to_ask: None, config: AuthConfig, ports: Ports) -> Callable[..., AuthSession]:
    """Makes sessions beside the first one, with stores of their own unless they are given one."""

    def make(account: str = "default", *, store: MemoryStore | None = None, **changes: object) -> AuthSession:
        fresh = Ports(ports.user_pool, ports.identity_pool, store or MemoryStore(), ports.clock)
        return AuthSession(config.replace(**changes), account=account, store="memory", ports=fresh)

    return make


@pytest.fixture
def end_tokens(users: FakeUserPool, clock: FakeClock) -> Callable[[AuthError], None]:
    """Lets all tokens end, and the next refresh fail."""

    def end(error: AuthError) -> None:
        clock.advance(timedelta(hours=1))
        users.fail_next(error, on="refresh")

    return end


@pytest.fixture
def recorder() -> type[Recorder]:
    return Recorder
