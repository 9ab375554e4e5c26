"""What gives out AWS credentials here: nbauth on fakes, and two that boto3 users have.

Each begins with credentials that have `left` to live, and has them renewed by `renew`, which counts, takes its time and
may fail.
"""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from typing import Any

from botocore.credentials import RefreshableCredentials

from nbauth import AuthSession, ServiceUnavailable
from nbauth.cognito.clock import ServerClock
from nbauth.core.credentials import AwsCredentials
from nbauth.ports import Clock, Logins, Ports
from nbauth.runtime import SystemClock
from nbauth.stores.memory import MemoryStore
from nbauth.testing import FakeIdentityPool, FakeUserPool

HOUR = timedelta(hours=1)
POOLS = {
    "user_pool_id": "us-east-1_Example01",
    "client_id": "exampleclient",
    "identity_pool_id": "us-east-1:00000000-0000-4000-8000-000000000000",
}


class Renewal:
    """What happens when credentials are renewed.

    Attributes:
        latency: How many seconds it takes.
        down: Whether it fails.
        lifetime: How long what it brings is good.
        then: Called in the middle of it.
        times: How often it was tried.
    """

    def __init__(self) -> None:
        self.latency = 0.0
        self.down = False
        self.lifetime = HOUR
        self.then: Callable[[], object] = lambda: None
        self.times = 0

    def happen(self, failure: Exception) -> None:
        self.times += 1
        self.then()
        threading.Event().wait(self.latency)
        if self.down:
            raise failure


class Nbauth:
    """nbauth, with the clock that it has at AWS."""

    def __init__(self, left: timedelta = HOUR) -> None:
        self.renewal = Renewal()
        clock = _Moved(HOUR - left) if left != HOUR else SystemClock()
        users, identities = FakeUserPool(clock, lifetime=24 * HOUR), _IdentityPool(clock, self.renewal)
        users.add_user("ada", "Correct-Horse-7")
        ports = Ports(user_pool=users, identity_pool=identities, store=MemoryStore(), clock=ServerClock(clock))
        self._auth = AuthSession(POOLS, store="memory", ports=ports)
        self._auth.sign_in("ada", "Correct-Horse-7")
        self._auth.get_credentials()
        self.renewal.times = 0
        if isinstance(clock, _Moved):
            clock.move()
        self.get: Callable[[], Any] = self._auth.get_credentials if left == HOUR else self._get

    def renew(self) -> None:
        self._auth.get_credentials(force_refresh=True)

    def _get(self) -> AwsCredentials:
        return self._auth.get_credentials(wait=False)


class _Botocores:
    """Whatever keeps its credentials as botocore does."""

    _credentials: Any

    def __init__(self, left: timedelta = HOUR) -> None:
        self.renewal = Renewal()
        self._begin()
        self.get: Callable[[], Any] = self._credentials.get_frozen_credentials
        self.get()
        self._end_in(left)
        self.renewal.times = 0

    def renew(self) -> None:
        self._end_in(timedelta(minutes=-1))
        self.get()

    def _end_in(self, left: timedelta) -> None:
        self._credentials._expiry_time = datetime.now(UTC) + left

    def _begin(self) -> None:
        raise NotImplementedError

    def _fetch(self) -> dict[str, str]:
        self.renewal.happen(OSError("the network is down"))
        end = (datetime.now(UTC) + self.renewal.lifetime).isoformat()
        return {"access_key": "key", "secret_key": "secret", "token": "token", "expiry_time": end}


class Botocore(_Botocores):
    """botocore's RefreshableCredentials, which boto3 users get from every provider that renews."""

    def _begin(self) -> None:
        self._credentials = RefreshableCredentials.create_from_metadata(self._fetch(), self._fetch, "custom")


class RefreshSession(_Botocores):
    """boto3-refresh-session, with its own defaults."""

    def _begin(self) -> None:
        from boto3_refresh_session import CustomRefreshableSession

        session = CustomRefreshableSession(custom_credentials_method=self._fetch, region_name="us-east-1")
        self._credentials = session.get_credentials()


Subject = Nbauth | Botocore | RefreshSession
KINDS: tuple[type[Subject], ...] = (Nbauth, Botocore, RefreshSession)
PEERS = ("botocore's RefreshableCredentials", "boto3-refresh-session")


def is_there(kind: type[Subject]) -> bool:
    """Return whether a subject is installed; boto3-refresh-session need not be."""
    return kind is not RefreshSession or find_spec("boto3_refresh_session") is not None


class _Moved(Clock):
    """This machine's clock, until it is moved."""

    def __init__(self, by: timedelta) -> None:
        self._machine = SystemClock()
        self._by = by
        self._shift = timedelta()

    def now(self) -> datetime:
        return self._machine.now() + self._shift

    def move(self) -> None:
        self._shift = self._by


class _IdentityPool(FakeIdentityPool):
    def __init__(self, clock: Clock, renewal: Renewal) -> None:
        super().__init__(clock)
        self._renewal = renewal

    def get_credentials(self, identity_id: str, logins: Logins, *wanted: Any, **options: Any) -> AwsCredentials:
        self._renewal.happen(ServiceUnavailable("the network is down", reason="offline"))
        self._lifetime = self._renewal.lifetime
        return super().get_credentials(identity_id, logins, *wanted, **options)
