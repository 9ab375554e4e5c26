"""A few rows of the sign-in table, played by somebody who fills in forms in JupyterLab, at the stand-in over HTTP."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Locator, expect

from nbauth.errors import AuthError
from nbauth.testing import StandIn
from tests.cases.model import Case, Journey, Step
from tests.cases.panel import WORDS, cases_in_the_panel, title_of
from tests.cases.play import play
from tests.cases.scenes import StandInScene

pytestmark = pytest.mark.xdist_group("browser")


class BrowserFront:
    """The form under a cell that waits for tokens."""

    def __init__(self, notebook: Any, journey: Journey) -> None:
        self._notebook = notebook
        self._journey = journey
        notebook.start(0)

    def begin(self, password: str | None) -> None:
        expect(self._title).to_contain_text(title_of(None))
        self._fill({"username": self._journey.typed, "password": password or ""})

    def answer(self, answers: Mapping[str, str]) -> None:
        self._fill(answers)

    def cancel(self) -> None:
        self._form.get_by_role("button", name="Back", exact=True).click()

    def asks(self, step: Step) -> None:
        expect(self._title).to_contain_text(title_of(step))
        expect(self._alert).to_have_text("")

    def refuses(self, kind: type[AuthError], step: Step | None) -> None:
        expect(self._alert).to_contain_text(WORDS[kind])
        expect(self._title).to_contain_text(title_of(step))

    def is_over(self, kind: type[AuthError] | None) -> None:
        expect(self._title).to_contain_text(title_of(None))
        if kind:
            expect(self._alert).to_contain_text(WORDS[kind])
        else:
            expect(self._alert).to_have_text("")

    def is_in(self) -> None:
        self._notebook.wait_for(0)
        expect(self._notebook.output(0)).to_contain_text("'ada'")

    @property
    def _form(self) -> Locator:
        return self._notebook.output(0).get_by_role("form")

    @property
    def _title(self) -> Locator:
        return self._form.get_by_role("heading")

    @property
    def _alert(self) -> Locator:
        return self._form.get_by_role("alert")

    def _fill(self, answers: Mapping[str, str]) -> None:
        for name, text in answers.items():
            for field in (name, f"{name}_repeat"):
                for place in self._form.locator(f'input[name="{field}"]').all():
                    place.fill(text)
        self._form.locator("button[type=submit]").click()


@pytest.fixture
def open_cell(lab: Any, open_page: Callable[..., Any]) -> Callable[[str], Any]:
    """Opens a new notebook with one cell."""

    def open_cell(code: str) -> Any:
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(code)],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        name = f"{uuid.uuid4()}.ipynb"
        nbformat.write(notebook, lab.root / name)
        return open_page(name)

    return open_cell


@pytest.mark.parametrize("case", cases_in_the_panel(), ids=str)
def test_a_row_ends_as_it_says_in_the_browser(case: Case, open_cell: Callable[[str], Any]) -> None:
    with StandIn() as cognito:
        scene = StandInScene(cognito, case.journey)
        config = cognito.config_of(scene.client) | {"auth_flow": case.journey.flow}
        cell = f"import nbauth; nbauth.AuthSession({config!r}, store='memory').get_tokens().username"
        play(case, scene, BrowserFront(open_cell(cell), case.journey))
