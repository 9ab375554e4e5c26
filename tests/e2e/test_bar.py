"""The status bar: switching accounts, its menus, and what waits."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("browser")

LOAD = "%load_ext nbauth"
WHO = "auth.account, auth.username, aws is not None"


@pytest.fixture
def signed_in(open_notebook, pool):
    """A notebook with the status bar of somebody who is signed in; cells 1 and 2 have not run."""
    notebook = open_notebook(LOAD, WHO, "%nbauth accounts")
    notebook.run(0)
    notebook.sign_in(pool.username, pool.password)
    expect(notebook.bar).to_contain_text("Signed in as ada")
    return notebook


def choose(notebook, menu: str, item: str, role: str = "menuitem") -> None:
    """Open a menu of the bar with the mouse, and choose from it."""
    notebook.bar.get_by_role("button", name=menu).click()
    notebook.bar.get_by_role(role, name=item).click()


def use_another_account(notebook, name: str) -> None:
    choose(notebook, "More", "Use another account…")
    field = notebook.bar.get_by_label("Account name")
    expect(field).to_be_focused()
    field.fill(name)
    field.press("Enter")


def test_another_account_is_asked_for_signed_in_to_and_switched_back_from(signed_in, pool, totp):
    use_another_account(signed_in, "my work")
    expect(signed_in.panel).to_contain_text("Account my work")
    expect(signed_in.username).to_be_focused()
    signed_in.sign_in(pool.totp_username, pool.password)
    signed_in.panel.get_by_label("Code", exact=True).fill(totp.now())
    signed_in.button("Continue").click()
    expect(signed_in.bar).to_contain_text("Signed in as carol")
    signed_in.run(1)
    expect(signed_in.output(1)).to_contain_text("('my work', 'carol', True)")

    signed_in.bar.get_by_role("button", name="Account my work, switch").click()
    expect(signed_in.bar.get_by_role("menuitemradio")).to_have_text(["defaultada", "my workcarol"])
    expect(signed_in.bar.get_by_role("menuitemradio", checked=True)).to_contain_text("my work")
    signed_in.bar.get_by_role("menuitemradio", name="default").click()
    expect(signed_in.bar).to_contain_text("Signed in as ada")
    signed_in.run(1)
    expect(signed_in.output(1)).to_contain_text("('default', 'ada', True)")
    signed_in.run(2)
    expect(signed_in.output(2)).to_contain_text("default (current): Signed in as ada.\nmy work: Signed in as carol.")


def test_the_role_is_in_the_bar_once_somebody_has_opened_the_menu(open_notebook, read_data, pool):
    notebook = open_notebook(LOAD, read_data)
    notebook.run(0)
    notebook.sign_in(pool.username, pool.password)
    notebook.run(1)
    expect(notebook.bar).to_contain_text("AWS credentials until")
    expect(notebook.bar).not_to_contain_text("Role")
    notebook.bar.get_by_role("button", name="More").click()
    expect(notebook.bar).to_contain_text("Role: authenticated-")


def test_the_groups_of_the_user_are_in_the_bar(open_notebook, read_data, pool):
    admin = pool.admin("cognito-idp")
    for group in ("analysts", "<b>admins</b>"):
        admin.create_group(UserPoolId=pool.user_pool_id, GroupName=group)
        admin.admin_add_user_to_group(UserPoolId=pool.user_pool_id, Username=pool.username, GroupName=group)
    notebook = open_notebook(LOAD)
    notebook.run(0)
    notebook.sign_in(pool.username, pool.password)
    expect(notebook.bar).to_contain_text(re.compile("Groups: (analysts, <b>admins</b>|<b>admins</b>, analysts)"))


def test_the_menu_is_worked_with_the_keyboard_alone(signed_in):
    keyboard, bar = signed_in.page.keyboard, signed_in.bar
    more = bar.get_by_role("button", name="More")
    items = bar.get_by_role("menuitem")
    bar.get_by_role("button", name="Sign out", exact=True).focus()
    keyboard.press("Tab")
    expect(more).to_be_focused()
    keyboard.press("Enter")
    expect(more).to_have_attribute("aria-expanded", "true")
    expect(items.first).to_be_focused()
    for key, at in (("ArrowDown", 1), ("End", 3), ("ArrowDown", 0), ("ArrowUp", 3), ("Home", 0)):
        keyboard.press(key)
        expect(items.nth(at)).to_be_focused()
    keyboard.press("Escape")
    expect(items).to_have_count(0)
    expect(more).to_be_focused()
    keyboard.press("ArrowUp")
    expect(items.last).to_be_focused()
    keyboard.press("Enter")
    field = bar.get_by_label("Account name")
    expect(field).to_be_focused()
    keyboard.press("Escape")
    expect(field).to_be_hidden()
    expect(more).to_be_focused()


def test_a_menu_closes_when_somebody_looks_elsewhere(signed_in):
    more, items = signed_in.bar.get_by_role("button", name="More"), signed_in.bar.get_by_role("menuitem")
    more.click()
    expect(items).to_have_count(4)
    more.click()
    expect(items).to_have_count(0)
    more.click()
    expect(items).to_have_count(4)
    signed_in.cell(1).locator(".cm-content").click()
    expect(items).to_have_count(0)


def test_signing_out_everywhere_ends_the_sign_in_of_another_kernel(signed_in):
    choose(signed_in, "More", "Sign out everywhere")
    expect(signed_in.bar).to_contain_text("Signed out.")
    signed_in.run(1)
    expect(signed_in.output(1)).to_contain_text("('default', None, True)")


def test_what_could_not_be_done_at_a_sign_out_is_said(open_notebook, pool):
    fail = (
        "from nbauth.errors import ServiceUnavailable\n"
        "def fail(*args, **kwargs): raise ServiceUnavailable('there is no network', reason='offline')\n"
        "auth._engine.ports.user_pool.revoke = fail"
    )
    notebook = open_notebook(LOAD, fail)
    notebook.run(0)
    notebook.sign_in(pool.username, pool.password)
    expect(notebook.bar).to_contain_text("Signed in as ada")
    notebook.run(1)
    notebook.button("Sign out").click()
    expect(notebook.bar).to_contain_text(
        "Signed out on this machine. Cognito could not be told: there is no network. It is tried again"
    )


def test_a_name_that_is_none_is_said_and_nothing_is_switched(signed_in):
    use_another_account(signed_in, "rtl\u202eoverride")
    expect(signed_in.bar).to_contain_text("it is a name of up to 128 characters")
    expect(signed_in.bar).to_contain_text("Signed in as ada")


def test_markup_in_the_name_of_an_account_is_a_name(signed_in):
    name = "<img src=x onerror=alert(1)>"
    use_another_account(signed_in, name)
    expect(signed_in.panel).to_contain_text(f"Account {name}")
    signed_in.button("Cancel").click()
    expect(signed_in.bar.get_by_role("button", name=f"Account {name}, switch")).to_be_visible()
    assert signed_in.page.locator(".jp-Notebook img").count() == 0


def test_what_waits_is_said_in_the_bar_and_can_be_stopped_there(open_notebook, read_data, pool):
    notebook = open_notebook(LOAD, read_data)
    notebook.run(0)
    home = notebook.output(0).get_by_role("region", name="AWS sign-in")
    notebook.start(1)
    expect(notebook.output(1).get_by_role("form")).to_be_visible()
    expect(home).to_contain_text(re.compile(r"[Cc]ell \[2\] waits for the sign-in"))
    home.get_by_role("button", name="Stop waiting").click()
    notebook.wait_for(1)
    expect(notebook.output(1)).to_contain_text("SignInReleased: The wait for a sign-in was given up")
    expect(home).not_to_contain_text("waits")


def test_several_accounts_do_not_get_in_the_way_of_a_narrow_page(open_notebook, pool):
    notebook = open_notebook(LOAD, width=320, app="notebooks")
    notebook.run(0)
    notebook.sign_in(pool.username, pool.password)
    expect(notebook.bar).to_contain_text("Signed in as ada")
    use_another_account(notebook, 128 * "w")
    notebook.button("Cancel").click()
    expect(notebook.bar).to_contain_text("Signed out.")
    choice = notebook.bar.get_by_role("button", name=re.compile("Account w+, switch"))
    choice.click()
    for item in notebook.bar.get_by_role("menuitemradio").all():
        box = item.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320
