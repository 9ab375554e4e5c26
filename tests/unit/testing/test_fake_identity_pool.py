"""A fake identity pool decides as Cognito does, beyond what the contract tests ask of it."""

from datetime import timedelta

import pytest

from nbauth.errors import NotAuthorized
from nbauth.testing import FakeClock, FakeIdentityPool, tokens


def test_an_identity_pool_refuses_an_expired_token(clock: FakeClock) -> None:
    given = tokens(issued_at=clock.now(), lifetime=timedelta(minutes=5))
    pool = FakeIdentityPool(clock)
    pool.get_id({"provider": given.id_token})
    clock.advance(timedelta(minutes=5))
    with pytest.raises(NotAuthorized, match="expired"):
        pool.get_id({"provider": given.id_token})
