"""The clock of what is shown: the service's, as far as a session knows it."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from nbauth.widgets import clock


def test_the_time_is_that_of_the_service():
    before = datetime.now(UTC)
    ahead = clock.now(SimpleNamespace(clock_offset=timedelta(hours=1)))
    assert before <= ahead - timedelta(hours=1) <= datetime.now(UTC)
