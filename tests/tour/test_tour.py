from dataclasses import replace

import pytest

from tests.cases.table import JOURNEYS
from tests.tour import __main__ as command
from tests.tour.tour import Leg, legs


def test_no_sign_in_asks_for_more_than_the_protocol_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main() == ""
    printed = capsys.readouterr().out.splitlines()
    assert [line.split("|")[1].strip() for line in printed[2:]] == [str(number) for number in JOURNEYS]


def test_a_call_too_many_would_be_found() -> None:
    (leg,) = legs({1: JOURNEYS[1]})
    assert leg.excess == ""
    shorter = replace(JOURNEYS[1], calls=("USER_SRP_AUTH",))
    assert replace(leg, journey=shorter).excess == "1: USER_SRP_AUTH PASSWORD_VERIFIER in place of USER_SRP_AUTH"


def test_a_connection_too_many_would_be_found() -> None:
    leg = Leg(1, JOURNEYS[1], JOURNEYS[1].calls, round_trips=4, cpu=0.0)
    assert leg.excess == "1: 4 round trips for 2 calls"
