"""Names that people chose and sentences that the service wrote are text in the page, whatever is in them."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("browser")

NAME = '<img src=x onerror=alert(1)> O\'Hara & "co"'
LOAD = "%config NbAuth.show_panel = False\n%load_ext nbauth"


def dialogs_of(notebook) -> list[str]:
    """What the page's dialogs say, from now on."""
    said: list[str] = []
    notebook.page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    return said


@pytest.fixture
def hostile(pool):
    """A user with a name full of markup, who must choose a password first."""
    pool.admin("cognito-idp").admin_create_user(
        UserPoolId=pool.user_pool_id,
        Username=NAME,
        TemporaryPassword=pool.temporary_password,
        MessageAction="SUPPRESS",
    )
    return NAME


def test_a_user_name_with_spaces_and_markup_shows_as_it_was_typed(open_notebook, pool, read_data, hostile):
    notebook = open_notebook(LOAD, read_data, "auth.status_bar()", "%nbauth whoami")
    dialogs = dialogs_of(notebook)
    notebook.run(0)
    notebook.start(1)
    notebook.sign_in(hostile, "Wrong-Horse-7")
    expect(notebook.alert).not_to_have_text("")
    expect(notebook.username).to_have_value(hostile)
    notebook.password.fill(pool.temporary_password)
    notebook.password.press("Enter")
    expect(notebook.panel).to_contain_text(f"Signing in as {hostile}")
    notebook.panel.get_by_label("New password", exact=True).fill("Fresh-Horse-7")
    notebook.panel.get_by_label("Confirm password", exact=True).fill("Fresh-Horse-7")
    notebook.button("Continue").click()
    notebook.wait_for(1)
    notebook.run(2)
    notebook.run(3)
    expect(notebook.output(1)).to_contain_text(f"Signed in as {hostile}.")
    expect(notebook.bar).to_contain_text(f"Signed in as {hostile}")
    expect(notebook.output(3)).to_contain_text(f"Signed in as {hostile}.")
    assert notebook.page.locator(".jp-Notebook img").count() == 0
    assert dialogs == []


def test_markup_in_an_output_would_be_found(open_notebook):
    notebook = open_notebook(f"from IPython.display import HTML\nHTML({NAME!r})")
    dialogs = dialogs_of(notebook)
    with notebook.page.expect_event("dialog"):
        notebook.run(0)
    assert dialogs == ["1"]
    assert notebook.page.locator(".jp-Notebook img").count() == 1
