"""Every row of the sign-in table, played at the stand-in over HTTP with the verbs of a session."""

import os
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import count

import pytest

from nbauth.auth_session import AuthSession
from nbauth.cognito.client import Clients
from nbauth.cognito.user_pool import CognitoUserPool
from nbauth.core.challenges import CHALLENGES, Challenge
from nbauth.core.config import AUTH_FLOWS, AuthConfig
from nbauth.core.user_state import UserState
from nbauth.errors import AuthError, ExpiredCode, NotAuthorized, Rejected, ServiceUnavailable
from nbauth.ports import Ports
from nbauth.runtime import SystemClock
from nbauth.stores.memory import MemoryStore
from nbauth.testing import Fault, StandIn
from nbauth.testing.stand_in.faults import Trouble
from tests.cases.model import APP_SECRET, NEW_PASSWORD, Case, Journey, Outcome
from tests.cases.play import play
from tests.cases.scenes import StandInScene, record_of
from tests.cases.session_front import SessionFront
from tests.cases.table import CASES, JOURNEYS

ARITHMETIC = {"PASSWORD_VERIFIER", "DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER"}


@pytest.fixture(autouse=True)
def nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AuthSession, "prompt_for", staticmethod(lambda session: None))
    for name in [name for name in os.environ if name.startswith("NBAUTH_")]:
        monkeypatch.delenv(name)


def session_at(scene: StandInScene, case: Case) -> AuthSession:
    config, store, clock = AuthConfig(**scene.cognito.config_of(scene.client)), MemoryStore(), SystemClock()
    if record := record_of(case.journey):
        store.save(record)
    users = CognitoUserPool(config, Clients(config), clock)
    return AuthSession(config, store="memory", ports=Ports(users, None, store, clock))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_row_ends_as_it_says(case: Case, stand_in: StandIn) -> None:
    scene = StandInScene(stand_in, case.journey, secret=case.secret)
    play(case, scene, SessionFront(session_at(scene, case), case.journey))
    if case.outcome is Outcome.RIGHT:
        assert scene.calls() == case.journey.calls


TROUBLES = [
    pytest.param(case.journey, call, fault, id=f"{case.number} {fault.name} at {case.journey.calls[call]} {call}")
    for case in CASES
    if case.outcome is Outcome.RIGHT and not case.secret
    for call in range(len(case.journey.calls))
    for fault in (Fault.THROTTLED, Fault.DROPPED)
]


@pytest.mark.parametrize(("journey", "call", "fault"), TROUBLES)
def test_a_request_that_fails_anywhere_leaves_nobody_outside(
    journey: Journey, call: int, fault: Fault, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, numbers, take = StandInScene(stand_in, journey), count(), stand_in.faults.take

    def take_one_more(operation: str) -> Trouble:
        if next(numbers) == call:
            stand_in.faults.add(fault, times=1)
        return take(operation)

    monkeypatch.setattr(stand_in.faults, "take", take_one_more)
    auth = session_at(scene, Case(0, journey, Outcome.RIGHT))
    person = Stubborn(auth, journey, scene)
    troubles = [error for error in person.tries() if error]
    assert (auth.state, auth.username) == (UserState.SIGNED_IN, "ada")
    assert all(isinstance(error, Rejected | ServiceUnavailable) for error in troubles)


class Stubborn:
    """Somebody who does not give up: who answers what is asked, and begins again where nothing is."""

    def __init__(self, auth: AuthSession, journey: Journey, scene: StandInScene) -> None:
        self._auth = auth
        self._journey = journey
        self._scene = scene
        self._password = journey.given
        self._app_secret = APP_SECRET
        self._taken = 0

    def tries(self) -> Iterator[AuthError | None]:
        """Try until signed in, and say what came of each try; going the way twice, with two slips, is enough."""
        for _ in range(2 * (len(self._journey.steps) + 1) + 2):
            if self._auth.is_signed_in:
                return
            yield self._try()

    def _try(self) -> AuthError | None:
        try:
            if self._auth.challenge is None:
                self._begin()
            else:
                self._auth.confirm_sign_in(self._answers(self._auth.challenge))
                self._taken += 1
        except ExpiredCode as error:
            self._scene.cognito.clock.advance(timedelta(seconds=30))  # until the app shows another code
            return error
        except NotAuthorized as error:
            self._password = NEW_PASSWORD  # which was taken, although nobody heard of it
            return error
        except AuthError as error:
            return error
        return None

    def _begin(self) -> None:
        journey, self._taken = self._journey, 0
        self._auth.sign_in(journey.typed, self._password, flow=journey.flow, preferred_challenge=journey.preferred)

    def _answers(self, challenge: Challenge) -> Mapping[str, str]:
        if challenge.totp_secret:
            self._app_secret = challenge.totp_secret.reveal()
        wanted = {field.name for field in challenge.fields}
        for step in (*self._journey.steps[self._taken :], *self._journey.steps):
            if step.challenge == challenge.name and (given := step.right(self._scene, challenge)).keys() == wanted:
                return given
        assert challenge.name == "SOFTWARE_TOKEN_MFA", "the app was set up, although nobody heard of it"
        return {"code": self._scene.app_code(self._app_secret)}


def test_the_table_has_every_flow_and_every_challenge() -> None:
    assert {journey.flow for journey in JOURNEYS.values()} == set(AUTH_FLOWS)
    posed = {step.challenge for journey in JOURNEYS.values() for step in journey.steps}
    assert set(CHALLENGES) - posed == set()
    assert posed - set(CHALLENGES), "no challenge that nobody knows yet"
    assert {call for journey in JOURNEYS.values() for call in journey.calls} >= ARITHMETIC


def test_every_row_has_a_name_of_its_own() -> None:
    assert len({str(case) for case in CASES}) == len(CASES)
