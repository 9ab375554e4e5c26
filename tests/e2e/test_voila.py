"""The panel in Voilà, where a notebook is a page without cells, and each visitor has a kernel.

Voilà runs the cells before the page is there, and asks nobody anything meanwhile: a cell that needs a sign-in fails at
once. Later it is clicks, and observers of the session, that use AWS. What these print appears nowhere, so they fill
widgets: of an `Output`, `append_stdout` and `outputs` work in every thread, `with` and `clear_output` do not.
"""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, expect

from tests.e2e.notebook import Lab, Notebook

pytestmark = pytest.mark.xdist_group("browser")

LOAD = "%load_ext nbauth"
THE_END = "print('the end of the page')"
APP = """
import ipywidgets
data = ipywidgets.Output()
def fill(change):
    data.outputs = ()
    if auth.is_signed_in:
        data.append_stdout({read_data})
auth.observe(fill, "state")
data
"""
BUTTON = """
import ipywidgets
button, data = ipywidgets.Button(description="Load the data"), ipywidgets.Output()
button.on_click(lambda _: data.append_stdout({read_data}))
ipywidgets.VBox([button, data])
"""


class App(Notebook):
    """A notebook that Voilà serves."""

    def wait_for_kernel(self) -> None:
        expect(self.page.locator("#rendered_cells")).to_be_visible()

    def cell(self, index: int) -> Locator:
        return self.page.locator(f"[cell-index='{index + 1}']")


@pytest.fixture
def open_app(lab: Lab, browser: Browser) -> Iterator[Callable[..., App]]:
    """Open the notebook at a path as a visitor of its own does, with nothing but Voilà within reach."""
    contexts: list[BrowserContext] = []

    def open_app(path: str, theme: str = "light") -> App:
        contexts.append(browser.new_context())
        page = contexts[-1].new_page()
        # Voilà wants fonts and formulas from elsewhere, and does without.
        page.route(lambda url: not url.startswith(lab.url), lambda route: route.abort())
        page.goto(f"{lab.url}voila/render/{path}?theme={theme}&token={lab.token}")
        return App(page, lab.root / path)

    yield open_app
    for context in contexts:
        context.close()
    lab.stop_kernels()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_visitor_signs_in_and_what_the_page_shows_follows(open_app, write_notebook, read_data, pool, totp, theme):
    app = open_app(write_notebook(LOAD, APP.format(read_data=read_data), THE_END), theme)
    expect(app.output(2)).to_have_text("the end of the page")
    expect(app.username).to_be_focused()
    app.sign_in(pool.totp_username, "Wrong-Horse-7")
    expect(app.alert).to_have_text("Incorrect user name or password")
    app.password.fill(pool.password)
    app.password.press("Enter")
    app.panel.get_by_label("Code", exact=True).fill(totp.now())
    app.button("Continue").click()
    expect(app.bar).to_contain_text("Signed in as carol")
    expect(app.output(1)).to_contain_text("for users")
    app.button("Sign out").click()
    expect(app.bar).to_contain_text("Signed out.")
    expect(app.output(1)).not_to_contain_text("for users")


def test_a_click_that_needs_a_sign_in_opens_the_panel_and_goes_on_after_it(open_app, write_notebook, read_data, pool):
    app = open_app(write_notebook(LOAD, BUTTON.format(read_data=read_data)))
    app.button("Cancel").click()
    expect(app.bar).to_contain_text("Signed out.")
    app.page.get_by_role("button", name="Load the data").click()
    expect(app.username).to_be_focused()
    app.sign_in(pool.username, pool.password)
    expect(app.output(1)).to_contain_text("for users")


def test_a_cell_that_needs_a_sign_in_ends_at_once_and_the_panel_stands_where_it_was_put(open_app, write_notebook, pool):
    quietly = f"%config NbAuth.show_panel = False\n{LOAD}\nfrom nbauth.errors import SignInRequired"
    needs_one = "try: auth.get_tokens()\nexcept SignInRequired as error: print(error)"
    app = open_app(write_notebook(quietly, needs_one, "auth.show_sign_in()", THE_END))
    expect(app.output(1)).to_contain_text("nobody is there to sign in")
    expect(app.output(3)).to_have_text("the end of the page")
    expect(app.output(0).get_by_role("form")).to_have_count(0)
    expect(app.output(2).get_by_role("form")).to_be_visible()
    app.sign_in(pool.username, pool.password)
    expect(app.bar).to_contain_text("Signed in as ada")


def test_the_next_visitor_is_nobody_yet(open_app, write_notebook, pool):
    path = write_notebook(f"%config NbAuth.store = 'auto'\n{LOAD}")
    app = open_app(path)
    app.sign_in(pool.username, pool.password)
    expect(app.bar).to_contain_text("Signed in as ada")
    expect(open_app(path).username).to_be_visible()
