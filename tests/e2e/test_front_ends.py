"""The panel in front ends other than JupyterLab: Notebook 7, a page that cannot load it, a web page, a narrow page."""

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import expect

from tests.e2e.stage import CELL, Stage

pytestmark = pytest.mark.xdist_group("browser")

LOAD = "%load_ext nbauth"
QUIETLY = "%config NbAuth.show_panel = False\n%load_ext nbauth"
FRESH = "Fresh-Horse-7"


# --- Notebook 7 -------------------------------------------------------------------------------------------------------


@pytest.fixture
def open_notebook_7(open_notebook):
    return lambda *cells, **options: open_notebook(*cells, app="notebooks", **options)


@pytest.fixture
def stage_7(open_notebook_7):
    notebook = open_notebook_7(CELL)
    return Stage(notebook.page, notebook.path)


def test_notebook_7_leads_from_a_wrong_password_to_the_bar_its_menu_and_a_sign_out(open_notebook_7, read_data, pool):
    notebook = open_notebook_7(LOAD, read_data)
    notebook.run(0)
    expect(notebook.username).to_be_focused()
    notebook.sign_in(pool.username, "Wrong-Horse-7")
    expect(notebook.alert).to_have_text("Incorrect user name or password")
    notebook.password.fill(pool.password)
    notebook.password.press("Enter")
    expect(notebook.bar).to_contain_text("Signed in as ada")
    notebook.run(1)
    expect(notebook.output(1)).to_contain_text("'for users'")
    notebook.bar.get_by_role("button", name="More").click()
    notebook.bar.get_by_role("menuitem", name="Your account…").click()
    account = notebook.page.get_by_role("form", name="Your account")
    account.get_by_role("button", name="Open: Profile").click()
    notebook.page.get_by_role("form", name="Profile").press("Escape")
    account.press("Escape")
    notebook.button("Sign out").click()
    expect(notebook.bar).to_contain_text("Signed out.")


def test_notebook_7_brings_the_same_step_back_after_a_reload(open_notebook_7, pool, totp):
    notebook = open_notebook_7(LOAD)
    notebook.run(0)
    notebook.sign_in(pool.totp_username, pool.password)
    code = notebook.panel.get_by_label("Code", exact=True)
    expect(code).to_be_focused()
    notebook.save()
    notebook.reload()
    code.fill(totp.now())
    code.press("Enter")
    expect(notebook.bar).to_contain_text("Signed in as carol")


def test_notebook_7_replaces_a_forgotten_password_and_makes_an_account(stage_7, cognito):
    stage_7.show(cognito, sign_up_attributes=["email"])
    stage_7.press("Forgot your password?")
    stage_7.enter(User_name="ada")
    stage_7.title("Choose a new password")
    stage_7.enter(Code=cognito.codes["ada"], New_password=FRESH, Confirm_password=FRESH)
    stage_7.is_in()

    stage_7.show(cognito, sign_up_attributes=["email"])
    stage_7.press("Create an account")
    stage_7.title("Create an account")
    stage_7.type("User name", "grace")
    stage_7.type("E-mail address", "grace@example.com")
    stage_7.enter(Password=FRESH, Confirm_password=FRESH)
    stage_7.title("Confirm your account")
    stage_7.enter(Code=cognito.codes["grace"])
    stage_7.is_in("grace")


def test_in_notebook_7_a_cell_that_waits_goes_on_and_one_line_is_saved(open_notebook_7, read_data, pool):
    notebook = open_notebook_7(QUIETLY, read_data)
    notebook.run(0)
    notebook.start(1)
    expect(notebook.username).to_be_focused()
    notebook.sign_in(pool.username, pool.password)
    notebook.wait_for(1)
    expect(notebook.output(1)).to_contain_text("'for users'")
    line, value = notebook.save()["cells"][1]["outputs"]
    assert sorted(line["data"]) == ["text/html", "text/plain"]
    assert "".join(line["data"]["text/plain"]) == "Signed in as ada."
    assert "for users" in "".join(value["data"]["text/plain"])


# --- a click in a notebook --------------------------------------------------------------------------------------------


def test_a_click_that_needs_a_sign_in_opens_the_panel_and_goes_on_after_it(open_notebook, read_data, pool):
    button = (
        "import ipywidgets\n"
        "button, data = ipywidgets.Button(description='Load the data'), ipywidgets.Output()\n"
        f"button.on_click(lambda _: data.append_stdout({read_data}))\n"
        "ipywidgets.VBox([button, data])"
    )
    notebook = open_notebook(LOAD, button)
    notebook.run(0)
    notebook.run(1)
    notebook.button("Cancel").click()
    expect(notebook.bar).to_contain_text("Signed out.")
    notebook.output(1).get_by_role("button", name="Load the data").click()
    expect(notebook.username).to_be_focused()
    notebook.sign_in(pool.username, pool.password)
    expect(notebook.output(1)).to_contain_text("for users")


# --- a page that cannot load the panel --------------------------------------------------------------------------------


def test_without_anywidget_in_the_server_people_are_asked_in_text(open_notebook, read_data, pool, totp):
    load = f"from nbauth.widgets import prompt\nprompt._READY_WITHIN = 0.1\n{LOAD}"
    notebook = open_notebook(load, read_data, "auth.status_bar()", without="**/extensions/anywidget/**")
    notebook.run(0)
    expect(notebook.output(0)).to_contain_text("javascript error")  # which is JupyterLab's
    notebook.start(1)
    answer = notebook.page.locator(".jp-Stdin-input").last
    asked = notebook.page.locator(".jp-Stdin-prompt").last
    for password in ("Wrong-Horse-7", pool.password):
        expect(asked).to_contain_text("User name:")
        answer.fill(pool.totp_username)
        answer.press("Enter")
        expect(asked).to_contain_text("Password:")
        expect(answer).to_have_attribute("type", "password")
        answer.fill(password)
        answer.press("Enter")
    expect(asked).to_contain_text("Code:")
    answer.fill(totp.now())
    answer.press("Enter")
    notebook.wait_for(1)
    expect(notebook.output(1)).to_contain_text("Incorrect user name or password")
    expect(notebook.output(1)).to_contain_text("'for users'")
    expect(notebook.output(0)).to_have_text("The sign-in panel cannot be shown here.")
    notebook.run(2)
    expect(notebook.output(2)).to_contain_text("Signed in as carol. AWS credentials until")
    assert pool.password not in str(notebook.save())


# --- a saved notebook -------------------------------------------------------------------------------------------------


def test_a_saved_notebook_is_lines_on_a_web_page_and_works_when_it_is_run_again(
    open_notebook, open_page, lab, browser, read_data, pool
):
    notebook = open_notebook(LOAD, read_data)
    notebook.run(0)
    notebook.start(1)
    expect(notebook.output(1).get_by_role("form")).to_be_visible()
    notebook.username.fill(pool.username)
    notebook.password.fill(pool.password)
    notebook.password.press("Enter")
    notebook.wait_for(1)
    notebook.save()

    html, _ = HTMLExporter().from_notebook_node(nbformat.read(notebook.path, as_version=4))
    page = browser.new_page()
    page.route("**", lambda route: route.abort())
    page.set_content(html)
    expect(page.locator("body")).to_contain_text("Run this cell to sign in to AWS")
    expect(page.locator("body")).to_contain_text("Signed in as ada.")
    assert "application/vnd.jupyter.widget-view" not in html
    assert pool.password not in html
    page.close()

    lab.stop_kernels()
    again = open_page(str(notebook.path.relative_to(lab.root)))
    expect(again.output(1)).to_contain_text("Signed in as ada.")
    again.run(0)  # until then JupyterLab looks for a widget there, and shows no line
    expect(again.bar).to_contain_text("Signed in as ada")


# --- a narrow page ----------------------------------------------------------------------------------------------------


def overflowing(notebook) -> list[str]:
    """What stands out of the output it is in, to the right."""
    return notebook.page.locator(".nbauth").evaluate_all(
        """(roots) => roots.flatMap((root) => {
            const edge = root.closest('.jp-OutputArea-output').getBoundingClientRect().right;
            return [root, ...root.querySelectorAll('*')]
                .filter((node) => node.getBoundingClientRect().right > edge + 1)
                .map((node) => node.outerHTML.slice(0, 80));
        })"""
    )


@pytest.mark.parametrize("width", [320, 390])
def test_on_a_narrow_page_nothing_is_cut_off_and_buttons_begin_where_texts_do(open_notebook, pool, width):
    notebook = open_notebook(LOAD, app="notebooks", width=width)
    notebook.run(0)
    notebook.sign_in(pool.username, "Wrong-Horse-7")
    expect(notebook.alert).not_to_have_text("")
    assert overflowing(notebook) == []
    notebook.password.fill(pool.password)
    notebook.password.press("Enter")
    expect(notebook.bar).to_contain_text("Signed in as ada")
    assert overflowing(notebook) == []
    parts = (notebook.bar.get_by_role("status").first, notebook.button("Refresh"))
    assert len({part.bounding_box()["x"] for part in parts}) == 1
    notebook.page.add_style_tag(content=".nbauth { min-width: 600px }")
    assert overflowing(notebook) != []
