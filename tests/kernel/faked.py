"""What cells of these tests import: sessions that talk to fakes inside the kernel, so that nothing leaves it."""

from datetime import timedelta

import nbauth.engine
from nbauth import AuthConfig, AuthSession
from nbauth.ports import Ports
from nbauth.runtime import SystemClock
from nbauth.stores.memory import MemoryStore
from nbauth.testing import FakeIdentityPool, FakeUserPool
from nbauth.widgets import prompt

prompt._READY_WITHIN = 60  # seconds; pages on slow machines show a panel, too

CONFIG = AuthConfig(
    region="eu-west-1",
    user_pool_id="eu-west-1_Example01",
    client_id="exampleclient",
    identity_pool_id="eu-west-1:00000000-0000-4000-8000-000000000002",
)
TOTP_SECRET = "JBSWY3DPEHPK3PXP"

user_pool = FakeUserPool()
user_pool.add_user("ada", "right")
user_pool.add_user("bob", "temporary", temporary=True)
user_pool.add_user("carol", "right", totp_secret=TOTP_SECRET)
identity_pool = FakeIdentityPool(lifetime=timedelta(hours=1))


def ports() -> Ports:
    return Ports(user_pool, identity_pool, MemoryStore(), SystemClock())


def session(**options: object) -> AuthSession:
    """Return a session of its own."""
    return AuthSession(CONFIG, ports=ports(), **options)


def stand_in_for_aws() -> None:
    """Let every session that is opened from now on talk to the fakes."""
    nbauth.engine.connect = lambda config, *, store, account: ports()
