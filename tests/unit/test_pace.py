"""When what failed is tried again."""

from datetime import timedelta

from nbauth.pace import Pace


def test_the_pace_slows_down_to_half_a_minute_with_jitter(clock):
    pace, pauses = Pace(), []
    for _ in range(12):
        pace.attempted(clock.now())
        pauses.append(pace.pause(clock.now()).total_seconds())
        clock.advance(timedelta(seconds=pauses[-1]))
        assert pace.pause(clock.now()) == timedelta()
    for pause, longest in zip(pauses, [1, 2, 4, 8, 16, *[30] * 7], strict=True):
        assert longest / 2 <= pause <= longest
    pace.reset()
    assert pace.pause(clock.now()) == timedelta()


def test_attempts_of_many_callers_at_once_slow_the_pace_as_one(clock):
    pace = Pace()
    for _ in range(16):
        pace.attempted(clock.now())
    assert pace.pause(clock.now()) <= timedelta(seconds=1)


def test_a_pause_that_a_wrong_clock_planned_is_over_once_the_clock_is_right(clock):
    pace = Pace()
    pace.attempted(clock.now() + timedelta(days=1))
    assert pace.pause(clock.now()) == timedelta()
