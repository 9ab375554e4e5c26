"""The panel and the bar for people who use the keyboard or a screen reader, and beside JupyterLab's own shortcuts."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("browser")

LOAD = "%load_ext nbauth"


@pytest.fixture
def notebook(open_notebook):
    """A notebook of two cells with the panel under the first, and the cursor in the panel."""
    notebook = open_notebook(LOAD, "'the second cell'")
    notebook.run(0)
    expect(notebook.username).to_be_focused()
    return notebook


def focused(notebook) -> str:
    return notebook.page.evaluate("document.activeElement.getAttribute('aria-label') ?? document.activeElement.name")


def test_the_keyboard_alone_signs_in_and_out(notebook, pool):
    keyboard = notebook.page.keyboard
    keyboard.type(pool.username)
    keyboard.press("Tab")
    expect(notebook.password).to_be_focused()
    keyboard.type(pool.password)
    keyboard.press("Tab")
    reveal = notebook.panel.get_by_role("button", name="Show password")
    expect(reveal).to_be_focused()
    keyboard.press("Space")
    expect(notebook.password).to_have_attribute("type", "text")
    hide = notebook.panel.get_by_role("button", name="Hide password")
    expect(hide).to_be_focused()
    keyboard.press("Enter")
    expect(notebook.password).to_have_attribute("type", "password")
    keyboard.press("Tab")
    expect(notebook.button("Sign in")).to_be_focused()
    keyboard.press("Enter")
    expect(notebook.bar).to_contain_text("Signed in as ada")
    notebook.button("Sign out").focus()
    keyboard.press("Enter")
    expect(notebook.bar).to_contain_text("Signed out.")
    expect(notebook.button("Sign in")).to_be_focused()


def test_what_was_typed_in_a_field_is_undone_there(notebook):
    code = notebook.cell(0).locator(".cm-content")
    code.press_sequentially("  # mine")
    expect(code).to_contain_text("# mine")
    notebook.username.click()
    notebook.page.keyboard.type("ada")
    notebook.page.keyboard.press("Control+z")
    expect(notebook.username).to_have_value("")
    notebook.page.keyboard.press("Control+Shift+z")
    expect(notebook.username).to_have_value("ada")
    expect(code).to_contain_text("# mine")
    code.click()
    notebook.page.keyboard.press("Control+z")
    expect(code).not_to_contain_text("# mine")  # as ever


def test_enter_in_a_field_sends_the_form_and_inserts_no_line(notebook, pool):
    notebook.username.fill(pool.username)
    notebook.password.fill(pool.password)
    notebook.password.press("Enter")
    expect(notebook.bar).to_contain_text("Signed in as ada")
    assert notebook.page.locator(".jp-Notebook .jp-Cell").count() == 2


def test_a_shown_password_is_hidden_again_when_it_is_sent(notebook):
    notebook.sign_in("nobody", "Wrong-Horse-7")
    expect(notebook.alert).not_to_have_text("")
    notebook.password.fill("Wrong-Horse-8")
    notebook.panel.get_by_role("button", name="Show password").click()
    notebook.password.press("Enter")
    expect(notebook.password).to_have_attribute("type", "password")


def test_typing_in_the_panel_triggers_no_shortcut_of_the_notebook(notebook):
    notebook.cell(1).locator(".jp-InputPrompt").click()  # command mode, in which single keys delete and insert cells
    notebook.username.click()
    notebook.page.keyboard.type("dd a b x 00 y")
    expect(notebook.username).to_have_value("dd a b x 00 y")
    assert notebook.page.locator(".jp-Notebook .jp-Cell").count() == 2
    assert notebook.cell(1).locator(".cm-content").inner_text() == "'the second cell'"
    expect(notebook.cell(0).locator(".jp-InputPrompt")).to_have_text("[1]:")


def test_the_same_keys_outside_the_panel_do_what_they_do(notebook):
    notebook.cell(1).locator(".jp-InputPrompt").click()
    notebook.page.keyboard.type("dd")
    expect(notebook.page.locator(".jp-Notebook .jp-Cell")).to_have_count(1)


def test_escape_cancels_and_means_nothing_to_the_notebook(notebook):
    notebook.page.keyboard.press("Escape")
    expect(notebook.bar).to_contain_text("Signed out.")
    expect(notebook.panel).to_have_count(0)
    notebook.button("Sign in").click()
    expect(notebook.username).to_be_focused()


def test_escape_leads_back_from_a_challenge(notebook, pool):
    notebook.sign_in(pool.totp_username, pool.password)
    notebook.panel.get_by_label("Code", exact=True).press("Escape")
    expect(notebook.username).to_have_value(pool.totp_username)
    expect(notebook.password).to_be_focused()


def test_the_notebook_can_be_saved_while_typing(notebook):
    notebook.username.fill("ada")
    assert notebook.save()["cells"][0]["outputs"]
    expect(notebook.username).to_be_focused()
    expect(notebook.username).to_have_value("ada")


@pytest.mark.parametrize("keys", ["Shift+Enter", "Control+Enter", "Alt+Enter", "Meta+Enter"])
def test_enter_with_another_key_in_the_panel_sends_the_form_and_does_not_run_the_cell_again(notebook, keys):
    notebook.username.fill("ada")
    notebook.username.press(keys)
    expect(notebook.password).to_be_focused()
    expect(notebook.password).to_have_attribute("aria-invalid", "true")
    expect(notebook.username).to_have_value("ada")
    expect(notebook.cell(0).locator(".jp-InputPrompt")).to_have_text("[1]:")
    expect(notebook.page.locator(".jp-Notebook .jp-Cell")).to_have_count(2)


@pytest.mark.parametrize("keys", ["Shift+Enter", "Control+Enter"])
def test_enter_with_another_key_on_a_button_does_not_run_the_cell_again(notebook, keys):
    notebook.username.fill("ada")
    notebook.panel.get_by_role("button", name="Show password").press(keys)
    notebook.username.press("Enter")
    expect(notebook.username).to_have_value("ada")
    expect(notebook.cell(0).locator(".jp-InputPrompt")).to_have_text("[1]:")


def test_every_field_and_button_has_a_name_and_every_message_is_announced(notebook, pool):
    nameless = notebook.page.locator(".nbauth").evaluate_all(
        """(roots) => roots.flatMap((root) => [...root.querySelectorAll("input, button, select")])
            .filter((node) => !(node.labels?.length || node.getAttribute("aria-label") || node.innerText.trim()))
            .map((node) => node.outerHTML)"""
    )
    assert nameless == []
    for field in (notebook.username, notebook.password):
        expect(field).to_have_attribute("aria-required", "true")
    expect(notebook.username).to_have_attribute("autocomplete", "username")
    expect(notebook.password).to_have_attribute("autocomplete", "current-password")
    expect(notebook.panel).to_have_accessible_name("Sign in to AWS")
    expect(notebook.alert).to_have_count(1)  # it is there, and empty, before there is something to say
    notebook.sign_in(pool.username, pool.password)
    expect(notebook.bar.get_by_role("status").first).to_have_text("Signed in as ada")


def test_the_cursor_is_not_taken_from_somebody_who_types_elsewhere(open_notebook, pool):
    notebook = open_notebook(LOAD, "")
    notebook.run(0)
    expect(notebook.username).to_be_focused()
    notebook.username.fill(pool.username)
    notebook.password.fill(pool.password)
    notebook.password.press("Enter")
    notebook.cell(1).locator(".cm-content").click()
    notebook.page.keyboard.type("work = 1")
    expect(notebook.bar).to_contain_text("Signed in as ada")
    notebook.page.keyboard.type(" + 1")
    expect(notebook.cell(1).locator(".cm-content")).to_have_text("work = 1 + 1")
