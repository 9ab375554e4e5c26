"""What is taken for the server's time, and what is not."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from nbauth.cognito.clock import ServerClock, offset_shown
from nbauth.testing import FakeClock

NOW = datetime(2026, 9, 5, 12, 0, 0, tzinfo=UTC)
AT_ONCE = timedelta()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Machine(FakeClock):
    """A machine: its clock runs with its steady one, and can be set."""

    def __init__(self) -> None:
        super().__init__(NOW)
        self.uptime = 5000.0

    def run(self, by: timedelta) -> None:
        self.advance(by)
        self.uptime += by.total_seconds()


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def clock(machine: Machine) -> ServerClock:
    return ServerClock(machine, steady=lambda: machine.uptime)


@pytest.fixture
def hear(machine: Machine, clock: ServerClock) -> Callable[[timedelta], None]:
    """Lets the clock learn that the server is this much ahead."""
    return lambda ahead: clock.learn(stamp(machine.now() + ahead), AT_ONCE)


def stamp(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


def about(ahead: timedelta) -> object:
    return pytest.approx(ahead.total_seconds(), abs=1)


def test_where_nothing_is_known_the_machine_is_believed(clock: ServerClock, machine: Machine) -> None:
    assert (clock.now(), clock.offset) == (NOW, timedelta())


@pytest.mark.parametrize("ahead", [timedelta(minutes=20), timedelta(minutes=-20), DAY, -DAY, timedelta(seconds=8)])
def test_one_answer_is_enough_where_nothing_contradicts_it(
    ahead: timedelta, clock: ServerClock, machine: Machine, hear: Callable[[timedelta], None]
) -> None:
    hear(ahead)
    machine.run(HOUR)
    assert (clock.now() - machine.now()).total_seconds() == about(ahead)
    assert clock.offset.total_seconds() == about(ahead)


@pytest.mark.parametrize(
    ("heard", "believed"),
    [
        ([HOUR, timedelta()], timedelta()),
        ([timedelta(), HOUR], timedelta()),
        ([timedelta(), timedelta(), HOUR], timedelta()),
        ([HOUR, timedelta(), HOUR], HOUR),
        ([-DAY, 2 * DAY, -DAY], -DAY),
        ([-DAY, -DAY, timedelta()], -DAY),
        ([timedelta(), HOUR, HOUR], HOUR),
        ([HOUR, HOUR, timedelta(), timedelta()], timedelta()),
    ],
)
def test_an_answer_is_not_believed_against_two_others(
    heard: list[timedelta], believed: timedelta, clock: ServerClock, hear: Callable[[timedelta], None]
) -> None:
    for ahead in heard:
        hear(ahead)
    assert clock.offset.total_seconds() == about(believed)


def test_once_the_machines_clock_is_set_it_is_believed_again(
    clock: ServerClock, machine: Machine, hear: Callable[[timedelta], None]
) -> None:
    for _ in range(3):
        hear(HOUR)
    machine.advance(HOUR)
    assert (clock.now(), clock.offset) == (machine.now(), timedelta())


def test_once_the_machines_clock_is_set_what_was_known_counts_no_more(
    clock: ServerClock, machine: Machine, hear: Callable[[timedelta], None]
) -> None:
    for _ in range(3):
        hear(timedelta())
    machine.advance(-DAY)
    hear(DAY)
    assert clock.offset.total_seconds() == about(DAY)


def test_a_clock_that_drifts_is_followed(
    clock: ServerClock, machine: Machine, hear: Callable[[timedelta], None]
) -> None:
    for seconds in range(20, 40, 2):
        hear(timedelta(seconds=seconds))
        machine.run(HOUR)
        machine.advance(timedelta(seconds=-2))
    assert clock.offset > timedelta(seconds=30)


@pytest.mark.parametrize("date", [None, "", "yesterday", "Mon, 04 May 2026 12:00:00 -0000", "x" * 1000])
def test_a_date_that_makes_no_sense_is_no_news(
    date: str | None, clock: ServerClock, hear: Callable[[timedelta], None]
) -> None:
    hear(HOUR)
    clock.learn(date, AT_ONCE)
    assert clock.offset.total_seconds() == about(HOUR)


@pytest.mark.parametrize(
    ("ahead", "latency"),
    [
        (timedelta(seconds=5), AT_ONCE),
        (timedelta(seconds=-6), AT_ONCE),
        (timedelta(seconds=-15), timedelta(seconds=9)),
    ],
)
def test_what_the_way_of_the_answer_explains_shows_nothing(ahead: timedelta, latency: timedelta) -> None:
    assert offset_shown(stamp(NOW + ahead), NOW, latency) == timedelta()


@pytest.mark.parametrize(
    ("ahead", "latency"),
    [
        (timedelta(seconds=6), AT_ONCE),
        (timedelta(seconds=6), timedelta(seconds=9)),
        (timedelta(seconds=-7), AT_ONCE),
        (timedelta(seconds=-16), timedelta(seconds=9)),
    ],
)
def test_the_time_in_the_middle_of_what_is_possible_is_taken(ahead: timedelta, latency: timedelta) -> None:
    expected = ahead + (latency + timedelta(seconds=1)) / 2
    assert offset_shown(stamp(NOW + ahead), NOW, latency) == expected
