"""Kernels side by side share one sign-in: what is done in one is seen in the others, by itself and without network."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from queue import Queue
from threading import Event, Thread
from typing import Any

import pytest

from nbauth.auth_session import AuthSession
from nbauth.core.config import AuthConfig
from nbauth.core.results import UserStateDetails
from nbauth.core.user_state import UserState
from nbauth.ports import Ports
from nbauth.stores import StoreKey, _siblings, open_store, siblings_of
from nbauth.testing import FakeClock, FakeIdentityPool, FakeUserPool

A_WHILE = timedelta(hours=2)  # after which tokens have ended
IN_TIME = 20  # seconds; what a test waits for comes at once or never
PASSWORD = "Correct-Horse-7"
POOLS = {
    "user_pool_id": "eu-west-1_Example01",
    "client_id": "exampleclient",
    "identity_pool_id": "eu-west-1:00000000-0000-4000-8000-00000000000a",
}
OTHER_KERNEL = f"""
import sys
from nbauth.auth_session import AuthSession

auth = AuthSession({POOLS!r}, store="file")
auth.add_user_state_listener(lambda details: print(details.state.name, details.username, flush=True))
print("watching", auth.state.name, flush=True)
sys.stdin.read()
"""


class Person:
    """Somebody who could sign in, and does not."""

    def __init__(self) -> None:
        self.asked = Event()

    def available(self) -> bool:
        return True

    def ask(self, done: Event, timeout: float | None) -> None:
        self.asked.set()
        done.wait(timeout)


class Kernel:
    """A session, and everything that it tells."""

    def __init__(self, auth: AuthSession) -> None:
        self.auth = auth
        self.told: Queue[UserStateDetails] = Queue()
        auth.add_user_state_listener(self.told.put)

    def hears_of(self, state: UserState) -> UserStateDetails:
        """Return the next news, which must be of `state`."""
        details = self.told.get(timeout=IN_TIME)
        assert details.state is state
        return details


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose only user has just begun, and has set nothing."""
    tmp_path.chmod(0o700)
    for name in [name for name in os.environ if name.startswith("NBAUTH_")]:
        monkeypatch.delenv(name)
    for variable in ("HOME", "USERPROFILE", "LOCALAPPDATA", "XDG_STATE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path))


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Person:
    somebody = Person()
    monkeypatch.setattr(AuthSession, "prompt_for", staticmethod(lambda session: somebody))
    return somebody


@pytest.fixture
def users(clock: FakeClock) -> FakeUserPool:
    pool = FakeUserPool(clock, rotates=True)
    pool.add_user("ada", PASSWORD)
    return pool


@pytest.fixture
def kernel(users: FakeUserPool, person: Person, clock: FakeClock) -> Iterator[Callable[[], Kernel]]:
    """Makes kernels that have nothing in common but the pools and the file."""
    identities = FakeIdentityPool(clock)
    made: list[Ports] = []

    def make() -> Kernel:
        store = open_store("file", StoreKey.of(AuthConfig(**POOLS), "default"))
        made.append(Ports(users, identities, store, clock, siblings=siblings_of(store)))
        return Kernel(AuthSession(POOLS, store="file", ports=made[-1]))

    yield make
    for ports in made:
        ports.siblings.answer_with(None)


@pytest.fixture
def here(kernel: Callable[[], Kernel]) -> Kernel:
    return kernel()


@pytest.fixture
def there(kernel: Callable[[], Kernel]) -> Kernel:
    return kernel()


def test_a_sign_in_here_is_one_there(here: Kernel, there: Kernel, users: FakeUserPool) -> None:
    here.auth.sign_in("ada", PASSWORD)
    assert there.hears_of(UserState.SIGNED_IN).username == "ada"
    assert users.calls == ["initiate_auth"]
    assert there.auth.get_credentials(wait=False).identity_id == here.auth.get_credentials(wait=False).identity_id


def test_a_sign_out_here_is_one_there_and_is_done_once(here: Kernel, there: Kernel, users: FakeUserPool) -> None:
    here.auth.sign_in("ada", PASSWORD)
    there.hears_of(UserState.SIGNED_IN)
    here.auth.sign_out()
    there.hears_of(UserState.SIGNED_OUT)
    assert (there.auth.username, there.auth.is_signed_in) == (None, False)
    assert users.calls.count("revoke") == 1


def test_a_refresh_token_that_was_spent_here_is_not_spent_there(here: Kernel, there: Kernel) -> None:
    here.auth.sign_in("ada", PASSWORD)
    there.hears_of(UserState.SIGNED_IN)
    for kernel in (here, there, there, here):
        assert kernel.auth.get_tokens(force_refresh=True, wait=False).username == "ada"
    assert {here.auth.state, there.auth.state} == {UserState.SIGNED_IN}


def test_a_call_that_waits_there_goes_on_after_a_sign_in_here(here: Kernel, there: Kernel, person: Person) -> None:
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(there.auth.get_credentials, wait=IN_TIME)
        assert person.asked.wait(IN_TIME)
        here.auth.sign_in("ada", PASSWORD)
        assert waiting.result(IN_TIME).access_key_id


def test_a_wrong_password_there_is_forgotten_after_a_sign_in_here(here: Kernel, there: Kernel) -> None:
    with pytest.raises(Exception, match="password"):
        there.auth.sign_in("ada", "wrong")
    here.auth.sign_in("ada", PASSWORD)
    there.hears_of(UserState.SIGNED_IN)
    assert there.auth.error is None


# Tokens pass between them.


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives kernels on a busy machine all the time they need to answer each other."""
    monkeypatch.setattr(_siblings, "_ASKING_TAKES", IN_TIME)
    monkeypatch.setattr(_siblings, "_ANSWERING_TAKES", IN_TIME)


@pytest.mark.usefixtures("patience")
def test_a_kernel_that_starts_later_has_the_tokens_without_a_request(
    here: Kernel, kernel: Callable[[], Kernel], users: FakeUserPool
) -> None:
    here.auth.sign_in("ada", PASSWORD)
    issued = here.auth.get_tokens(wait=False)
    assert kernel().auth.get_tokens(wait=False) == issued
    assert users.calls == ["initiate_auth"]


@pytest.mark.usefixtures("patience")
def test_kernels_whose_tokens_have_ended_make_one_request_together(
    kernel: Callable[[], Kernel], users: FakeUserPool, clock: FakeClock
) -> None:
    kernels = [kernel() for _ in range(5)]
    kernels[0].auth.sign_in("ada", PASSWORD)
    for one in kernels:
        one.hears_of(UserState.SIGNED_IN)
    for renewals in (1, 2):
        clock.advance(A_WHILE)
        with ThreadPoolExecutor(len(kernels)) as threads:
            got = list(threads.map(lambda one: one.auth.get_tokens(wait=False), kernels))
        assert len({tokens.id_token for tokens in got}) == 1
        assert users.calls.count("refresh") == renewals


@pytest.mark.usefixtures("patience")
def test_who_wants_new_tokens_at_all_costs_gets_new_ones(
    here: Kernel, kernel: Callable[[], Kernel], users: FakeUserPool
) -> None:
    here.auth.sign_in("ada", PASSWORD)
    issued = here.auth.get_tokens(wait=False)
    assert kernel().auth.get_tokens(force_refresh=True, wait=False).id_token != issued.id_token
    assert users.calls == ["initiate_auth", "refresh"]


@pytest.mark.usefixtures("patience")
def test_after_a_sign_out_there_are_no_tokens_to_be_had(
    here: Kernel, there: Kernel, kernel: Callable[[], Kernel], tmp_path: Path
) -> None:
    here.auth.sign_in("ada", PASSWORD)
    there.hears_of(UserState.SIGNED_IN)
    there.auth.get_tokens(wait=False)
    there.auth.sign_out()
    here.hears_of(UserState.SIGNED_IN)
    here.hears_of(UserState.SIGNED_OUT)
    assert list(tmp_path.rglob("*.sibling")) == []


def test_where_tokens_cannot_pass_each_kernel_renews_its_own(
    here: Kernel, kernel: Callable[[], Kernel], users: FakeUserPool, tmp_path: Path
) -> None:
    here.auth.sign_in("ada", PASSWORD)
    (pointer,) = tmp_path.rglob("*.sibling")
    pointer.write_text("nonsense")
    assert kernel().auth.get_tokens(wait=False).username == "ada"
    assert users.calls == ["initiate_auth", "refresh"]


# In a process of its own.


@pytest.fixture
def lines() -> Iterator[Queue[str]]:
    """What another kernel, without any network, says line by line."""
    said: Queue[str] = Queue()

    def listen(stream: Any) -> None:
        for line in stream:
            said.put(line.strip())

    with subprocess.Popen(
        [sys.executable, "-c", OTHER_KERNEL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        listener = Thread(target=listen, args=(process.stdout,))
        listener.start()
        yield said
        process.stdin.close()
        process.wait(IN_TIME)
        listener.join(IN_TIME)


def test_a_kernel_in_another_process_follows(here: Kernel, lines: Queue[str]) -> None:
    assert lines.get(timeout=IN_TIME) == "watching SIGNED_OUT"
    here.auth.sign_in("ada", PASSWORD)
    assert lines.get(timeout=IN_TIME) == "SIGNED_IN ada"
    here.auth.sign_out()
    assert lines.get(timeout=IN_TIME) == "SIGNED_OUT None"
