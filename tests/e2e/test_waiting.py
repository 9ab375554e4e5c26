"""A cell that needs AWS while nobody is signed in."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("browser")

LOAD = "%config NbAuth.show_panel = False\n%load_ext nbauth"
RUNNING = re.compile(r"\[\*\]")


@pytest.fixture
def waiting(open_notebook, read_data):
    """A notebook whose cell 1 waits for a sign-in; cells 2 and 3 have not run."""
    notebook = open_notebook(LOAD, read_data, "1 + 1", read_data)
    notebook.run(0)
    notebook.start(1)
    expect(notebook.output(1).get_by_role("form")).to_be_visible()
    return notebook


def test_the_panel_stands_under_the_cell_which_goes_on_after_the_sign_in(waiting, pool):
    expect(waiting.username).to_be_focused()
    expect(waiting.panel).to_contain_text("This cell goes on as soon as you are signed in.")
    expect(waiting.cell(1).locator(".jp-InputPrompt")).to_have_text(RUNNING)
    waiting.sign_in(pool.username, pool.password)
    waiting.wait_for(1)
    expect(waiting.output(1)).to_contain_text("'for users'")
    expect(waiting.output(1)).to_contain_text("Signed in as ada.")
    expect(waiting.panel).to_have_count(0)


def test_cells_that_were_queued_meanwhile_run_after_it_and_in_order(waiting, pool):
    for index in (2, 3):
        waiting.cell(index).locator(".cm-content").click()
        waiting.page.keyboard.press("Control+Enter")
        expect(waiting.cell(index).locator(".jp-InputPrompt")).to_have_text(RUNNING)
    waiting.sign_in(pool.username, pool.password)
    for index, prompt in ((1, "[2]:"), (2, "[3]:"), (3, "[4]:")):
        expect(waiting.cell(index).locator(".jp-InputPrompt")).to_have_text(prompt)
    expect(waiting.output(3)).to_contain_text("'for users'")


def test_stop_ends_the_wait_and_nothing_is_broken(waiting):
    waiting.page.get_by_role("button", name=re.compile("interrupt", re.IGNORECASE)).first.click()
    waiting.wait_for(1)
    expect(waiting.output(1)).to_contain_text("KeyboardInterrupt: The wait for a sign-in was interrupted")
    expect(waiting.output(1)).not_to_contain_text("Traceback")
    expect(waiting.panel).to_have_count(0)
    waiting.run(2)
    expect(waiting.output(2)).to_contain_text("2")


def test_cancel_ends_the_wait_with_one_line(waiting):
    waiting.button("Cancel").click()
    waiting.wait_for(1)
    expect(waiting.output(1)).to_contain_text("SignInReleased: The wait for a sign-in was given up")
    expect(waiting.output(1)).not_to_contain_text("Traceback")
    expect(waiting.panel).to_have_count(0)


def test_a_wrong_password_does_not_end_the_wait(waiting, pool):
    waiting.sign_in(pool.username, "Wrong-Horse-7")
    expect(waiting.alert).to_have_text(re.compile("incorrect", re.IGNORECASE))
    expect(waiting.cell(1).locator(".jp-InputPrompt")).to_have_text(RUNNING)
    waiting.password.fill(pool.password)
    waiting.button("Sign in").click()
    waiting.wait_for(1)
    expect(waiting.output(1)).to_contain_text("'for users'")


def test_a_page_that_is_reloaded_during_the_wait_can_still_end_it(waiting, pool):
    waiting.save()
    waiting.page.reload()
    waiting.sign_in(pool.username, pool.password)
    expect(waiting.panel).to_have_count(0)
    waiting.wait_for_kernel()
    waiting.run(3)
    expect(waiting.output(3)).to_contain_text("'for users'")


def test_the_saved_notebook_holds_one_line_and_no_dead_form(waiting, pool):
    waiting.sign_in(pool.username, pool.password)
    waiting.wait_for(1)
    saved = waiting.save()["cells"][1]["outputs"]
    assert "application/vnd.jupyter.widget-view+json" not in str(saved)
    assert "".join(saved[0]["data"]["text/plain"]) == "Signed in as ada."
