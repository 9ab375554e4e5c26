from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbauth.core.freshness import Freshness, freshness, stale_at, unusable_at

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
ORDER = [Freshness.FRESH, Freshness.STALE, Freshness.EXPIRED]
lifetimes = st.timedeltas(timedelta(), timedelta(days=2))
jitters = st.floats(0, 1)


@pytest.mark.parametrize(
    ("lifetime", "stale", "unusable"),
    [
        (timedelta(days=1), timedelta(minutes=15), timedelta(seconds=10)),
        (timedelta(hours=1), timedelta(minutes=15), timedelta(seconds=10)),
        (timedelta(minutes=5), timedelta(seconds=75), timedelta(seconds=10)),
        (timedelta(seconds=100), timedelta(seconds=25), timedelta(seconds=5)),
    ],
)
def test_the_windows_shrink_with_the_lifetime(lifetime, stale, unusable):
    assert stale_at(NOON, NOON + lifetime) == NOON + lifetime - stale
    assert unusable_at(NOON, NOON + lifetime) == NOON + lifetime - unusable


def test_each_moment_belongs_to_one_of_three():
    end = NOON + timedelta(hours=1)
    tick = timedelta(microseconds=1)
    assert freshness(stale_at(NOON, end) - tick, NOON, end) is Freshness.FRESH
    assert freshness(stale_at(NOON, end), NOON, end) is Freshness.STALE
    assert freshness(unusable_at(NOON, end) - tick, NOON, end) is Freshness.STALE
    assert freshness(unusable_at(NOON, end), NOON, end) is Freshness.EXPIRED


@given(lifetimes, st.timedeltas(timedelta(), timedelta(days=3)), st.timedeltas(timedelta(), timedelta(days=1)))
def test_nothing_gets_fresher_as_time_goes_by(lifetime, age, later):
    end = NOON + lifetime
    before, after = freshness(NOON + age, NOON, end), freshness(NOON + age + later, NOON, end)
    assert ORDER.index(before) <= ORDER.index(after)


@given(lifetimes, jitters)
def test_jitter_delays_a_refresh_but_leaves_time_for_it(lifetime, jitter):
    end = NOON + lifetime
    due = stale_at(NOON, end, jitter)
    assert stale_at(NOON, end) <= due <= unusable_at(NOON, end)


@given(lifetimes)
def test_what_has_ended_is_expired_however_short_it_lived(lifetime):
    assert freshness(NOON + lifetime, NOON, NOON + lifetime) is Freshness.EXPIRED
