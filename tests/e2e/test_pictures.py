"""The pictures in the README, taken of what people see.

`NBAUTH_SCREENSHOTS=1 pytest -n0 tests/e2e/test_pictures.py` renews them.
"""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

pytestmark = pytest.mark.xdist_group("browser")

PICTURES = Path(__file__).parents[2] / ".github" / "images"
MARGIN = 8  # pixels of page around what is shown
CODE_CELLS = (2, 4, 6, 8, 10)  # of the quickstart; the first loads nbauth
TABLE = 8


@pytest.fixture
def folder(tmp_path) -> Path:
    """Where pictures go: into the tree only when that is asked for."""
    return PICTURES if os.environ.get("NBAUTH_SCREENSHOTS") == "1" else tmp_path


@pytest.fixture
def take(folder):
    """Take a picture of one thing on the page, with a little of the page around it."""

    def take(thing: Locator, name: str) -> None:
        thing.scroll_into_view_if_needed()
        thing.page.mouse.move(0, 0)
        box = thing.bounding_box()
        clip = {
            "x": box["x"] - MARGIN,
            "y": box["y"] - MARGIN,
            "width": box["width"] + 2 * MARGIN,
            "height": box["height"] + 2 * MARGIN,
        }
        thing.page.screenshot(path=folder / f"{name}.png", clip=clip)
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")

    return take


@pytest.fixture
def quickstart(open_page):
    """Open the quickstart, sharp enough for print; who signs in there is signed out afterwards."""
    opened = []

    def quickstart(colors: str):
        opened.append(open_page("quickstart.ipynb", color_scheme=colors, device_scale_factor=2))
        expect(opened[-1].page.locator("body")).to_have_attribute("data-jp-theme-light", str(colors == "light").lower())
        opened[-1].page.keyboard.press("Control+b")  # the file browser is no part of the picture
        opened[-1].run(CODE_CELLS[0])
        expect(opened[-1].panel).to_be_visible()
        return opened[-1]

    yield quickstart
    for notebook in opened:
        if notebook.button("Sign out").count():
            notebook.button("Sign out").click()
            expect(notebook.bar).to_contain_text("Signed out.")


@pytest.mark.parametrize("colors", ["light", "dark"])
def test_the_panel_and_the_bar(quickstart, take, scene, colors):
    notebook, alice = quickstart(colors), scene.users[0]
    notebook.username.fill(alice.username)
    notebook.password.focus()
    take(notebook.panel, f"panel-{colors}")
    notebook.sign_in(alice.username, "not my password")
    expect(notebook.alert).not_to_have_text("")
    take(notebook.panel, f"panel-error-{colors}")
    notebook.sign_in(alice.username, alice.password)
    notebook.run(CODE_CELLS[2])
    expect(notebook.bar).to_contain_text("AWS credentials until")
    take(notebook.bar, f"bar-{colors}")


@pytest.mark.parametrize("colors", ["light", "dark"])
def test_the_authenticator_code(quickstart, take, scene, colors):
    notebook, carol = quickstart(colors), scene.users[2]
    notebook.sign_in(carol.username, carol.password)
    code = notebook.panel.get_by_label("Code", exact=True)
    code.fill(carol.code()[:4])
    take(notebook.panel, f"code-{colors}")


def test_the_quickstart(quickstart, folder, scene):
    notebook, alice = quickstart("light"), scene.users[0]
    notebook.sign_in(alice.username, alice.password)
    expect(notebook.bar).to_contain_text("Signed in as alice")
    for index in CODE_CELLS[1:]:
        notebook.run(index)
    expect(notebook.output(TABLE)).to_contain_text("2025-12")
    notebook.page.set_viewport_size({"width": 1080, "height": 1298})  # from the sign-in to the end of the table
    notebook.page.get_by_role("heading", name="Sign in").evaluate("(node) => node.scrollIntoView()")
    notebook.page.screenshot(path=folder / "quickstart.png")
