"""A stand-in that can fail, and kernels that share an account at it. Nothing outside the test has a say."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from nbauth import AuthSession, UserState, UserStateDetails
from nbauth.testing import StandIn

IN_TIME = 30  # seconds; what a test waits for comes at once or never
PASSWORD = "Correct-Horse-7"


class Kernel:
    """A session as one kernel has it, and what its listeners are told."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.auth = AuthSession(config, store="file")
        self.told: Queue[UserStateDetails] = Queue()
        self.auth.add_user_state_listener(self.told.put)

    def sign_in(self, username: str = "ada") -> Any:
        return self.auth.sign_in(username, PASSWORD)

    def hears_of(self, state: UserState) -> UserStateDetails:
        """Return the next change, which must be to this state."""
        details = self.told.get(timeout=IN_TIME)
        assert details.state is state
        return details


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("NBAUTH_", "AWS_"))]:
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    for name in ("HOME", "USERPROFILE", "LOCALAPPDATA", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.chdir(home)
    monkeypatch.setattr(AuthSession, "prompt_for", staticmethod(lambda session: None))


@pytest.fixture
def cognito(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A stand-in whose clock is the kernels' clock too; carol has an authenticator app."""
    with StandIn() as running:
        running.users.add("ada", PASSWORD)
        running.users.add("carol", PASSWORD, totp_secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
        monkeypatch.setattr("nbauth.engine.SystemClock", lambda: running.clock)
        yield running


@pytest.fixture
def kernel(cognito: StandIn) -> Iterator[Callable[..., Kernel]]:
    """Makes kernels, which all keep the account in the same place."""
    made: list[Kernel] = []

    def make(auth_flow: str = "USER_PASSWORD_AUTH") -> Kernel:
        made.append(Kernel(cognito.config | {"auth_flow": auth_flow}))
        return made[-1]

    yield make
    for one in made:
        one.auth.release_sign_in_wait()


@pytest.fixture
def begin() -> Iterator[Callable[..., Future[Any]]]:
    """Begins a call on a thread of its own."""
    with ThreadPoolExecutor(32) as pool:
        yield pool.submit


@pytest.fixture
def in_time(begin: Callable[..., Future[Any]]) -> Callable[..., Any]:
    """Makes a call, which must end."""
    return lambda call, *args, **options: begin(call, *args, **options).result(IN_TIME)
