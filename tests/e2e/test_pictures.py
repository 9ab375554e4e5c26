"""The pictures in the README and in the gallery, taken of what people see.

`NBAUTH_SCREENSHOTS=1 pytest -n0 tests/e2e/test_pictures.py` renews them.
"""

import os
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.stage import CELL, HEIGHT, PASSWORD, Stage

pytestmark = pytest.mark.xdist_group("browser")

PICTURES = Path(__file__).parents[2] / ".github" / "images"
LARGEST = 48 << 10  # bytes: a page of pictures is to be there at once
MARGIN = 8  # pixels of page around what is shown
FRESH = "Fresh-Horse-8"
POLICY = {"min_length": 8, "require_lowercase": True, "require_uppercase": True, "require_numbers": True}
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
LOGO = (
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'>"
    "<circle cx='16' cy='16' r='15' fill='%230b7285'/><path d='M8 21l6-9 4 6 3-4 4 7z' fill='white'/></svg>"
)
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
        picture = (folder / f"{name}.png").read_bytes()
        assert picture.startswith(b"\x89PNG")
        assert len(picture) < LARGEST, f"{name} is {len(picture)} bytes"

    return take


@pytest.fixture(scope="module")
def stage(browser, lab):
    """A notebook in which panel after panel is shown; a page of a name and of no address, as passkeys need it."""
    path = lab.root / "gallery.ipynb"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [nbformat.v4.new_code_cell(CELL)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    context = browser.new_context(viewport={"width": 1280, "height": HEIGHT}, device_scale_factor=1.25)
    page = context.new_page()
    address = f"{lab.url.replace('127.0.0.1', 'localhost')}lab/tree/{path.name}?reset&token={lab.token}"
    stage = Stage.open(lab, page, address, path)
    page.keyboard.press("Control+b")
    page.add_style_tag(content=".jp-Collapser { visibility: hidden }")  # the mark of the cell that is selected
    yield stage
    context.close()
    lab.stop_kernel_of(path)


@pytest.fixture
def hang(stage, take):
    """Take a picture for the gallery, light and dark."""

    def hang(name: str, thing: Locator | None = None, *, width: int = 760) -> None:
        for colors in ("light", "dark"):
            stage.dress(colors, width)
            take(thing or stage.panel, f"{name}-{colors}")
        stage.dress("light", 1280)

    return hang


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


def test_the_gallery_of_passwords(stage, cognito, hang):
    stage.show(cognito, sign_up_attributes=["email"], password_policy=POLICY)
    stage.press("Create an account")
    stage.type("User name", "grace")
    stage.type("E-mail address", "grace@example.com")
    stage.type("Password", "Fresh-")
    hang("sign-up")
    stage.enter(Password=FRESH, Confirm_password=FRESH)
    stage.title("Confirm your account")
    hang("confirm")

    stage.show(cognito, password_policy=POLICY)
    stage.press("Forgot your password?")
    stage.enter(User_name="ada")
    stage.title("Choose a new password")
    stage.type("New password", "Fresh-Ho")
    hang("reset")

    stage.show(cognito)
    stage.sign_in("ada", PASSWORD)
    stage.is_in()
    stage.choose_from_menu("More", "Your account…")
    stage.title("Your account")
    hang("account")


def test_the_gallery_of_second_steps(stage, cognito, hang):
    cognito.users.add("eve", PASSWORD, phone_number="+447700900123", totp_secret=SECRET)
    stage.show(cognito)
    stage.sign_in("eve", PASSWORD)
    stage.title("How do you want to confirm it is you?")
    hang("choice")

    cognito.settings.mfa = "ON"
    cognito.settings.second_factors = frozenset({"SOFTWARE_TOKEN_MFA"})
    stage.show(cognito)
    stage.sign_in("ada", PASSWORD)
    stage.title("Set up a second step")
    expect(stage.panel.locator("svg")).to_be_visible()
    hang("app")


def test_the_gallery_of_what_needs_no_password(stage, cognito, passwordless, hang):
    stage.show(cognito, client=passwordless, auth_flow="USER_AUTH", passkey_domain="localhost")
    stage.type("User name", "ada")
    stage.enter(**{"Password_(optional)": PASSWORD})
    stage.title("Sign in without a password next time")
    hang("passkey")


def test_the_gallery_of_looks(stage, cognito, hang):
    settings = {"NBAUTH_TITLE": "Example Research", "NBAUTH_ACCENT_COLOR": "#0b7285"}
    settings |= {"NBAUTH_HELP_URL": "https://example.com/help", "NBAUTH_LOGO": LOGO}
    stage.show(cognito, before=f"__import__('os').environ.update({settings})")
    stage.type("User name", "ada")
    hang("branded")

    unset = dict.fromkeys(settings, "")
    stage.show(cognito, before=f"__import__('os').environ.update({unset})")
    stage.type("User name", "ada")
    hang("narrow", width=320)

    stage.show(cognito, before="session.language = 'ar'")
    hang("right-to-left")
