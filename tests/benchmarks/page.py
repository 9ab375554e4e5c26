"""JupyterLab in Chromium, with a kernel behind it and the stand-in behind that: where the panel is measured."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
from playwright.sync_api import Locator, Page, expect, sync_playwright

from nbauth.demo.lab import NOTEBOOK, running_lab
from nbauth.testing import Cognito
from tests.e2e.browser import OPTIONS, SETTINGS, path_of_chromium
from tests.e2e.notebook import Lab, Notebook

ROOT = Path(__file__).parents[2]
ALL_IS_SAID = "() => performance.now() - window.bench.last > 400"  # milliseconds without a message


class MeasuredNotebook(Notebook):
    """A notebook whose page counts what passes between it and the kernel's widgets."""

    def fresh_kernel(self, lab: Lab) -> None:
        """Begin anew: a page and a kernel in which no widget was ever shown."""
        lab.restart_kernels()
        self.reload()

    def form(self, index: int) -> "Form":
        """Show the form that a cell makes."""
        self.run(index)
        return Form(self, self.output(index))

    def bytes_of(self, act: Callable[[], object]) -> tuple[int, int]:
        """Return how many bytes went to the page and to the kernel while something was done, and until all was said."""
        self.page.evaluate("Object.assign(window.bench, { toPage: 0, toKernel: 0, last: performance.now() })")
        act()
        self.wait_until_all_is_said()
        to_page, to_kernel = self.page.evaluate("[window.bench.toPage, window.bench.toKernel]")
        return to_page, to_kernel

    def wait_until_all_is_said(self) -> None:
        self.page.wait_for_function(ALL_IS_SAID)

    def milliseconds_until(self, selector: str, text: str, act: Callable[[], object]) -> float:
        """Return how long it took from a click, or from the run of a cell, until something was painted."""
        self.page.evaluate("([selector, text]) => window.bench.watch(selector, text)", [selector, text])
        act()
        took: float = self.page.evaluate("() => window.bench.seen.then((seen) => seen - window.bench.began)")
        return took


class Form:
    """A form in a notebook, whoever made it.

    Args:
        notebook: The notebook.
        place: The output that it is in.
    """

    def __init__(self, notebook: MeasuredNotebook, place: Locator) -> None:
        self._notebook = notebook
        self._place = place

    def type(self, **values: str) -> None:
        """Type into fields, key by key, by their labels with an underscore for a blank."""
        for label, value in values.items():
            self._place.get_by_label(label.replace("_", " "), exact=True).press_sequentially(value)
        self._notebook.wait_until_all_is_said()  # a click overtakes what ipywidgets has yet to send

    def press(self, button: str) -> None:
        self._place.get_by_role("button", name=button, exact=True).click()

    def comes_to(self, title: str) -> None:
        expect(self._place.get_by_role("heading", name=title)).to_be_visible()

    def sees(self, text: str) -> None:
        expect(self._place).to_contain_text(text)


@contextmanager
def open_notebook(cells: tuple[str, ...], cognito: Cognito) -> Iterator[tuple[MeasuredNotebook, Lab]]:
    """Open a new notebook, whose kernel finds the stand-in, for the length of a `with` block."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        for part in ("root", "private", "home", "run", "settings"):
            (folder / part).mkdir(mode=0o700)
        nbformat.write(_notebook(cells), folder / "root" / NOTEBOOK)
        with running_lab(
            folder / "root", folder / "private", _environment(folder, cognito), port=None, browser=False
        ) as (url, _):
            where = urlsplit(url)
            lab = Lab(f"{where.scheme}://{where.netloc}/", where.query.removeprefix("token="), folder)
            for plugin, values in SETTINGS.items():
                lab.set(plugin, **values)
            browser = playwright.chromium.launch(executable_path=path_of_chromium(), args=OPTIONS)
            yield _opened(browser.new_page(viewport={"width": 1280, "height": 1400}), url, folder), lab
            browser.close()


def _opened(page: Page, url: str, folder: Path) -> MeasuredNotebook:
    page.add_init_script(path=Path(__file__).with_name("wire.js"))
    page.goto(url)
    return MeasuredNotebook(page, folder / "root" / NOTEBOOK)


def _notebook(cells: tuple[str, ...]) -> nbformat.NotebookNode:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells], metadata={"kernelspec": kernel}
    )


def _environment(folder: Path, cognito: Cognito) -> dict[str, str]:
    places = {"HOME": "home", "XDG_RUNTIME_DIR": "run", "JUPYTERLAB_SETTINGS_DIR": "settings"}
    settings = {f"NBAUTH_{name.upper()}": value for name, value in cognito.config.items() if value}
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "NBAUTH_STORE": "memory",
        "AWS_EC2_METADATA_DISABLED": "true",
        **{variable: str(folder / part) for variable, part in places.items()},
        **settings,
    }
