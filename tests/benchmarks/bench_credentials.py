"""Giving out AWS credentials: at once from memory, at the end of their life, and while the network is down.

The peer is botocore's RefreshableCredentials, which boto3 users get from every refreshing provider.
"""

import threading
import timeit
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.credentials import RefreshableCredentials
from table import Row, median

from nbauth import AuthSession, ServiceUnavailable
from nbauth.core.credentials import AwsCredentials
from nbauth.ports import Clock, Logins
from nbauth.runtime import Ports, SystemClock
from nbauth.stores.memory import MemoryStore
from nbauth.testing import FakeClock, FakeIdentityPool, FakeUserPool

PEER = "botocore RefreshableCredentials"
LATENCY = 0.2  # seconds that a refresh takes, also one that fails
THREADS = 16
CALLS = 10
POOLS = {
    "user_pool_id": "us-east-1_Example01",
    "client_id": "exampleclient",
    "identity_pool_id": "us-east-1:00000000-0000-4000-8000-000000000000",
}


def wait(seconds: float) -> None:
    threading.Event().wait(seconds)


class FarIdentityPool(FakeIdentityPool):
    """An identity pool that takes its time, and that can be cut off."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.latency = 0.0
        self.down = False
        self.asked = 0

    def get_credentials(self, identity_id: str, logins: Logins) -> AwsCredentials:
        self.asked += 1
        wait(self.latency)
        if self.down:
            raise ServiceUnavailable("the network is down", reason="offline")
        return super().get_credentials(identity_id, logins)


def signed_in(clock: Clock) -> tuple[AuthSession, FarIdentityPool]:
    """Return nbauth with credentials for an hour, and where they come from."""
    users, identities = FakeUserPool(clock, lifetime=timedelta(hours=24)), FarIdentityPool(clock)
    users.add_user("ada", "Correct-Horse-7")
    ports = Ports(user_pool=users, identity_pool=identities, store=MemoryStore(), clock=clock)
    auth = AuthSession(POOLS, store="memory", ports=ports)
    auth.sign_in("ada", "Correct-Horse-7")
    auth.get_credentials()
    return auth, identities


class Ours:
    """nbauth, with credentials that have `left` to live."""

    def __init__(self, left: timedelta) -> None:
        clock = FakeClock()
        self._auth, self._identities = signed_in(clock)
        clock.advance(timedelta(hours=1) - left)
        self._identities.latency, self._identities.asked = LATENCY, 0

    def fail(self) -> None:
        self._identities.down = True

    def get(self) -> Any:
        return self._auth.get_credentials(wait=False)

    @property
    def refreshes(self) -> int:
        return self._identities.asked


class Theirs:
    """botocore, with credentials that have `left` to live."""

    def __init__(self, left: timedelta) -> None:
        self.refreshes = 0
        self._down = False
        self._credentials = RefreshableCredentials(
            "key", "secret", "token", datetime.now(UTC) + left, self._refresh, "x"
        )

    def _refresh(self) -> dict[str, str]:
        self.refreshes += 1
        wait(LATENCY)
        if self._down:
            raise OSError("the network is down")
        end = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        return {"access_key": "key", "secret_key": "secret", "token": "token", "expiry_time": end}

    def fail(self) -> None:
        self._down = True

    def get(self) -> Any:
        return self._credentials.get_frozen_credentials()


def nanoseconds(get: Callable[[], Any]) -> float:
    return median(timeit.repeat(get, number=20_000, repeat=7)) / 20_000 * 1e9


def storm(subject: Ours | Theirs) -> None:
    """Ask from all threads at once."""
    together = threading.Barrier(THREADS)

    def ask() -> None:
        together.wait()
        with suppress(Exception):
            subject.get()

    threads = [threading.Thread(target=ask) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def refreshes_in_a_storm(kind: type[Ours | Theirs], *, down: bool) -> int:
    subject = kind(timedelta(minutes=-1))
    if down:
        subject.fail()
    storm(subject)
    return subject.refreshes


def worst_call(kind: type[Ours | Theirs]) -> float:
    """Return the ms that the slowest of some calls takes with 12 minutes left and the network down."""
    subject = kind(timedelta(minutes=12))
    subject.fail()
    return max(timeit.repeat(subject.get, number=1, repeat=CALLS)) * 1000


def rows() -> Iterator[Row]:
    ours, theirs = signed_in(SystemClock())[0].get_credentials, Theirs(timedelta(hours=1)).get
    yield Row("credentials from memory", "ns", nanoseconds(ours), nanoseconds(theirs), PEER)
    for down, when in ((False, ""), (True, ", network down")):
        refreshes = [refreshes_in_a_storm(kind, down=down) for kind in (Ours, Theirs)]
        yield Row(f"{THREADS} threads, expired{when}: refreshes", "", *refreshes, PEER)
    yield Row("12 minutes left, network down: slowest call", "ms", worst_call(Ours), worst_call(Theirs), PEER)
