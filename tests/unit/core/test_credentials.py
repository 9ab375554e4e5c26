from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta

import pytest

from nbauth.core.freshness import Freshness
from nbauth.testing import credentials

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def test_no_part_of_the_key_shows():
    shown = repr(credentials(number=4711))
    assert "4711" not in shown
    assert "expires_at" in shown


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(0, Freshness.FRESH), (44, Freshness.FRESH), (46, Freshness.STALE), (60, Freshness.EXPIRED)],
)
def test_an_hour_of_credentials_goes_from_fresh_over_stale_to_expired(minutes, expected):
    assert credentials(issued_at=NOON).freshness(NOON + timedelta(minutes=minutes)) is expected


def test_credentials_do_not_change():
    with pytest.raises(FrozenInstanceError):
        credentials().identity_id = "another"
