"""A few rows of the sign-in table, played with the panel's messages in a real kernel, at the stand-in over HTTP."""

from collections.abc import Mapping
from typing import Any

import pytest

from nbauth.errors import AuthError
from nbauth.testing import StandIn
from tests.cases.model import Case, Journey, Outcome, Step
from tests.cases.panel import WORDS, cases_in_the_panel, title_of
from tests.cases.play import play
from tests.cases.scenes import StandInScene

WHO = "import nbauth; nbauth.AuthSession().get_tokens().username"


class PanelFront:
    """The panel under a cell that waits for tokens."""

    def __init__(self, page: Any, journey: Journey) -> None:
        self._page = page
        self._journey = journey
        self._cell = page.start(WHO)

    def begin(self, password: str | None) -> None:
        self._page.panel(title=title_of(None))
        self._page.submit(username=self._journey.typed, password=password or "")

    def answer(self, answers: Mapping[str, str]) -> None:
        self._page.submit(**answers)

    def cancel(self) -> None:
        self._page.press("back")

    def asks(self, step: Step) -> None:
        assert self._page.panel(title=title_of(step))["error"] == ""

    def refuses(self, kind: type[AuthError], step: Step | None) -> None:
        self._page.panel(title=title_of(step), error=WORDS[kind])

    def is_over(self, kind: type[AuthError] | None) -> None:
        screen = self._page.panel(title=title_of(None), error=WORDS[kind] if kind else "")
        assert kind or not screen["error"]

    def is_in(self) -> None:
        assert self._page.finish(self._cell).value == "'ada'"


@pytest.mark.parametrize("case", cases_in_the_panel(), ids=str)
def test_a_row_ends_as_it_says_in_the_panel(case: Case, open_page: Any) -> None:
    with StandIn() as cognito:
        scene = StandInScene(cognito, case.journey)
        settings = {name: value for name, value in cognito.config_of(scene.client).items() if value}
        environment = {f"NBAUTH_{name.upper()}": value for name, value in settings.items()}
        page = open_page(environment=environment | {"NBAUTH_AUTH_FLOW": case.journey.flow, "NO_PROXY": "*"})
        play(case, scene, PanelFront(page, case.journey))


def test_every_outcome_is_among_the_rows() -> None:
    assert {case.outcome for case in cases_in_the_panel()} == set(Outcome)
