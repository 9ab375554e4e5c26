"""A session on fakes, and a page that shows its widgets: it reads what the kernel sends, and says what people do."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import comm
import ipywidgets
import pytest
from comm.base_comm import BaseComm

from nbauth.accounts import Accounts
from nbauth.auth_session import AuthSession
from nbauth.core.config import AuthConfig
from nbauth.ports import Ports
from nbauth.stores.memory import MemoryStore
from nbauth.testing import FakeClock, FakeIdentityPool, FakeUserPool
from nbauth.testing.fake_accounts import FakeUserAccounts
from nbauth.widgets.panel import Panel

PASSWORD = "sentinel-password-3c5e"
IN_TIME = 10  # seconds; what a test waits for comes at once or never


class Page:
    """What a browser does with our widgets."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self._arrival = threading.Condition()

    def take(self, message: dict[str, Any]) -> None:
        with self._arrival:
            self.messages.append(message)
            self._arrival.notify_all()

    def wait_for_message(self, panel: Panel, kind: str, *, view: str) -> dict[str, Any]:
        """Return the first message of this type, now or later, that is for this view."""

        def found() -> dict[str, Any] | None:
            messages = self.received(panel.model_id)
            return next((one for one in messages if (one["type"], one.get("view")) == (kind, view)), None)

        with self._arrival:
            message = self._arrival.wait_for(found, IN_TIME)
        assert message, f"no {kind} came for {view}"
        return message

    def received(self, comm_id: str) -> list[dict[str, Any]]:
        """The custom messages that the kernel sent to one widget."""
        datas = [message["data"] for message in self.messages if message["comm_id"] == comm_id]
        return [data["content"] for data in datas if data.get("method") == "custom"]

    def closed(self, comm_id: str) -> bool:
        return any(message["type"] == "comm_close" and message["comm_id"] == comm_id for message in self.messages)

    def everything(self) -> str:
        return json.dumps(self.messages)

    def submit(self, panel: Panel, *, screen: str | None = None, **values: str) -> None:
        screen = screen or panel.view["screen"]["id"]
        self.say(panel, {"type": "submit", "screen": screen, "values": values})

    def act(self, panel: Panel, action: str, **more: str) -> None:
        self.say(panel, {"type": "action", "action": action, **more})

    def say(self, panel: Panel, content: Any) -> None:
        panel._handle_custom_msg(content, [])

    def wait_for(self, panel: Panel, matches: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """Return the first view, now or later, that matches."""
        views: list[dict[str, Any]] = []
        seen = threading.Event()

        def look(_change: object = None) -> None:
            view = dict(panel.view)
            if not seen.is_set() and matches(view):
                views.append(view)
                seen.set()

        panel.observe(look, "view")
        look()
        assert seen.wait(IN_TIME), f"the page still shows {panel.view}"
        panel.unobserve(look, "view")
        return views[0]


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    shown = Page()

    class PageComm(BaseComm):
        def publish_msg(self, msg_type: str, data: Any = None, metadata: Any = None, **keys: Any) -> None:
            shown.take({"type": msg_type, "comm_id": self.comm_id, "data": json.loads(json.dumps(data or {}))})

    monkeypatch.setattr(comm, "create_comm", PageComm)
    yield shown
    ipywidgets.Widget.close_all()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(2026, 5, 4, 12, 0, tzinfo=UTC))


@pytest.fixture
def users(clock: FakeClock) -> FakeUserPool:
    pool = FakeUserPool(clock)
    pool.add_user("ada", PASSWORD)
    pool.add_user("bob", PASSWORD, temporary=True)
    pool.add_user("dave", PASSWORD)
    pool.add_user("carol", PASSWORD, totp_secret="JBSWY3DPEHPK3PXP")
    return pool


@pytest.fixture
def identities(clock: FakeClock) -> FakeIdentityPool:
    return FakeIdentityPool(clock)


@pytest.fixture
def user_accounts(users: FakeUserPool) -> FakeUserAccounts:
    return FakeUserAccounts(users)


@pytest.fixture
def settings() -> dict[str, Any]:
    """More settings of the sessions that are made."""
    return {}


@pytest.fixture
def make_session(
    users: FakeUserPool,
    user_accounts: FakeUserAccounts,
    identities: FakeIdentityPool,
    clock: FakeClock,
    settings: dict[str, Any],
) -> Callable[..., AuthSession]:
    """Makes the session of an account; all of them are in the same pool."""
    values = {
        "user_pool_id": "eu-west-1_Example01",
        "client_id": "exampleclient",
        "identity_pool_id": "eu-west-1:00000000-0000-4000-8000-000000000000",
        "username_attributes": ["email"],
        "guest_access": False,
    }
    config = AuthConfig(**values | settings)

    def make_session(_config: object = None, *, account: str, defaults: object = None) -> AuthSession:
        ports = Ports(
            user_pool=users, accounts=user_accounts, identity_pool=identities, store=MemoryStore(), clock=clock
        )
        return AuthSession(config, account=account, store="memory", ports=ports)

    return make_session


@pytest.fixture
def session(make_session: Callable[..., AuthSession]) -> AuthSession:
    return make_session(account="research")


@pytest.fixture
def accounts(make_session: Callable[..., AuthSession], monkeypatch: pytest.MonkeyPatch) -> Accounts:
    """The accounts of a kernel: "research", which is current, and no other."""
    monkeypatch.setenv("NBAUTH_STORE", "memory")
    monkeypatch.setenv("NBAUTH_ACCOUNT", "research")
    return Accounts(make_session=make_session)


@pytest.fixture
def password() -> str:
    """Everybody's password, which must turn up nowhere."""
    return PASSWORD


@pytest.fixture
def panel(session: AuthSession, page: Page) -> Panel:
    return Panel(session, form=True)
