"""A sign-in through every challenge there is, at the stand-in: what each takes in calls, round trips and CPU."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from nbauth.cognito.client import Clients
from nbauth.cognito.srp import prepare
from nbauth.cognito.user_pool import CognitoUserPool
from nbauth.core.challenges import Challenge
from nbauth.core.config import AuthConfig
from nbauth.core.tokens import TokenSet
from nbauth.runtime import SystemClock
from nbauth.testing import Cognito
from tests.cases.model import Journey
from tests.cases.scenes import StandInScene, credential_of
from tests.cases.table import JOURNEYS

HEAD = ("", "way in", "calls", "round trips", "CPU")

_T = TypeVar("_T")


@dataclass(frozen=True)
class Leg:
    """One sign-in.

    Attributes:
        number: The journey's number in the table.
        journey: The way in.
        calls: What was asked of the pool.
        round_trips: How often the client waited for the distance: once to connect, and once for each request.
        cpu: How long the client calculated after the click, in milliseconds; what needs no password is done before.
    """

    number: int
    journey: Journey
    calls: tuple[str, ...]
    round_trips: int
    cpu: float

    @property
    def excess(self) -> str:
        """What was more, or else, than the protocol needs; empty for nothing."""
        needed = self.journey.calls
        if self.calls != needed:
            return f"{self.number}: {' '.join(self.calls)} in place of {' '.join(needed)}"
        if self.round_trips > len(needed) + 1:
            return f"{self.number}: {self.round_trips} round trips for {len(needed)} calls"
        return ""

    def cells(self) -> tuple[str, ...]:
        return (
            str(self.number),
            " ".join(self.calls),
            str(len(self.calls)),
            str(self.round_trips),
            f"{self.cpu:.0f} ms",
        )


def legs(journeys: Mapping[int, Journey] = JOURNEYS) -> Iterator[Leg]:
    """Go every way in, one after the other, each at a stand-in of its own."""
    for number, journey in journeys.items():
        with Cognito() as cognito:
            yield _leg(number, journey, StandInScene(cognito, journey))


def table(travelled: list[Leg]) -> str:
    """Return the table of a tour."""
    lines = [HEAD, *(leg.cells() for leg in travelled)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    lines.insert(1, tuple("-" * width for width in widths))
    padded = (" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
    return "\n".join(f"| {line} |" for line in padded)


def _leg(number: int, journey: Journey, scene: StandInScene) -> Leg:
    config = AuthConfig(**scene.cognito.config_of(scene.client))
    clients, meter = Clients(config), _Meter()
    users = CognitoUserPool(config, clients, SystemClock())
    connections = clients.user_pools._endpoint.http_session._manager.pools
    prepare()
    outcome = meter.of(partial(users.initiate_auth, credential_of(journey)))
    for step in journey.steps:
        assert isinstance(outcome, Challenge)
        assert outcome.name == step.challenge
        outcome = meter.of(partial(users.respond, outcome, step.right(scene, outcome)))
    assert isinstance(outcome, TokenSet)
    used = [connections[key] for key in connections.keys()]  # noqa: SIM118 - urllib3's container cannot be iterated over
    round_trips = sum(pool.num_connections + pool.num_requests for pool in used)
    return Leg(number, journey, scene.calls(), round_trips, meter.milliseconds)


class _Meter:
    """Adds up what calls cost this thread, on which nothing of the stand-in runs."""

    def __init__(self) -> None:
        self.milliseconds = 0.0

    def of(self, call: Callable[[], _T]) -> _T:
        began = time.thread_time()
        try:
            return call()
        finally:
            self.milliseconds += (time.thread_time() - began) * 1000
