"""The rows of the sign-in table that the fake user pool has, played with the verbs of a session."""

import pytest

from nbauth.auth_session import AuthSession
from nbauth.core.config import AuthConfig
from nbauth.ports import Ports
from nbauth.stores.memory import MemoryStore
from tests.cases.model import Case
from tests.cases.play import play
from tests.cases.scenes import FakeScene, record_of
from tests.cases.session_front import SessionFront
from tests.cases.table import cases_on

CONFIG = AuthConfig(user_pool_id="eu-west-1_Example01", client_id="exampleclient")


@pytest.fixture(autouse=True)
def nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AuthSession, "prompt_for", staticmethod(lambda session: None))


@pytest.mark.parametrize("case", cases_on("fake"), ids=str)
def test_a_row_ends_as_it_says(case: Case) -> None:
    scene, store = FakeScene(case.journey), MemoryStore()
    if record := record_of(case.journey):
        store.save(record)
    auth = AuthSession(CONFIG, store="memory", ports=Ports(scene.users, None, store, scene.clock))
    play(case, scene, SessionFront(auth, case.journey))
