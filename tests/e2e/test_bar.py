"""The status bar: switching accounts, its menus, and what waits."""

import re

import pytest
from playwright.sync_api import expect

from nbauth import AuthSession
from tests.e2e.front_end import TalkingPanel, front_end
from tests.e2e.stage import PASSWORD

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
    field = notebook.bar.get_by_label("A name for it, such as work")
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
    field = bar.get_by_label("A name for it, such as work")
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
    items = notebook.bar.get_by_role("menuitemradio")
    expect(items).to_have_count(2)
    for item in items.all():
        box = item.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320


# --- more accounts than there is room for -----------------------------------------------------------------------------

MANY = [f"account {number:02}" for number in range(30)]
# What is done by the browser and no script: the list scrolls, and is told of it with the next picture that is drawn.
SCROLL = """(list) => new Promise((resolve) => {
    list.addEventListener("scroll", () => requestAnimationFrame(resolve), { once: true });
    list.scrollTop = 40;
})"""
TURNED = "(list) => ({ done: new Promise((resolve) => list.addEventListener('wheel', resolve)) })"
AT_ITS_END = "(list) => list.scrollTop + list.clientHeight >= list.scrollHeight - 1"
DRAWN = "() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))"


@pytest.fixture
def many(browser, cognito):
    """The bar of somebody who has many accounts and uses the last but one."""
    session = AuthSession(cognito.config | {"identity_pool_id": None}, store="memory", account=MANY[-2])
    session.sign_in("ada", PASSWORD)
    panel = TalkingPanel(session, form=False)
    panel.show_accounts = lambda names: setattr(
        panel,
        "view",
        panel.view | {"accounts": [{"name": name, "username": "", "current": name == MANY[-2]} for name in names]},
    )
    panel.show_accounts(MANY)
    with front_end(browser, panel) as shown:
        # There is something to scroll, and a place for it to scroll to.
        shown.page.locator("#output").evaluate("(node) => (node.style.cssText = 'margin: 90px 0 2000px')")
        yield shown
    panel.close()


def test_a_long_menu_is_scrolled_and_stays_open(many):
    items = many.bar.get_by_role("menuitemradio")
    many.bar.get_by_role("button", name=f"Account {MANY[-2]}, switch").click()
    expect(items).to_have_count(len(MANY))
    many.bar.get_by_role("menu").evaluate(SCROLL)
    expect(items).to_have_count(len(MANY))
    items.last.click()
    assert {"type": "action", "action": "switch", "account": MANY[-1]} in many.panel.heard


def test_a_long_menu_that_is_scrolled_past_its_end_stays_open(many):
    many.bar.get_by_role("button", name=f"Account {MANY[-2]}, switch").click()
    menu = many.bar.get_by_role("menu")
    menu.hover()
    for _ in range(2):  # to its end, and from there
        turned = menu.evaluate_handle(TURNED)
        many.page.mouse.wheel(0, 3000)
        turned.evaluate("({ done }) => done")
        many.page.wait_for_function(AT_ITS_END, arg=menu.element_handle())
        many.page.evaluate(DRAWN)
    assert many.page.evaluate("scrollY") == 0
    expect(many.bar.get_by_role("menuitemradio")).to_have_count(len(MANY))


def test_the_page_is_scrolled_and_the_menu_closes(many):
    many.bar.get_by_role("button", name=f"Account {MANY[-2]}, switch").click()
    expect(many.bar.get_by_role("menuitemradio")).to_have_count(len(MANY))
    many.page.evaluate("scrollBy(0, 40)")
    expect(many.bar.get_by_role("menuitemradio")).to_have_count(0)


def test_the_cursor_in_a_long_menu_is_seen_wherever_it_goes(many):
    bar, keyboard = many.bar, many.page.keyboard
    choice, items = bar.get_by_role("button", name=f"Account {MANY[-2]}, switch"), bar.get_by_role("menuitemradio")
    choice.focus()
    keyboard.press("Enter")
    for key, at in ((None, -2), ("Home", 0), ("End", None), ("ArrowUp", -1), ("Home", 0), ("ArrowUp", None)):
        if key:
            keyboard.press(key)
        item = bar.get_by_role("menuitem") if at is None else items.nth(at)
        expect(item).to_be_focused()
        assert is_seen(item)
    keyboard.press("ArrowUp")
    many.panel.show_accounts([*MANY, "account that was found meanwhile"])
    expect(items).to_have_count(len(MANY) + 1)
    assert is_seen(bar.locator("button:focus"))
    assert many.page.evaluate("scrollY") == 0


# --- more groups than there is room for -------------------------------------------------------------------------------


def test_long_names_of_groups_leave_room_and_all_of_them_are_a_key_press_away(browser, cognito):
    names = [f"{number:02}-" + 60 * "g" for number in range(30)]
    cognito.users["ada"].claims["cognito:groups"] = names
    session = AuthSession(cognito.config | {"identity_pool_id": None}, store="memory")
    session.sign_in("ada", PASSWORD)
    panel = TalkingPanel(session, form=False)
    with front_end(browser, panel) as shown:
        shown.page.set_viewport_size({"width": 320, "height": 900})
        groups = shown.bar.get_by_text("Groups: ")
        expect(groups).to_have_text(f"Groups: {names[0][:40]}… and 29 more")
        assert groups.bounding_box()["height"] < 80
        more, keyboard = shown.bar.get_by_role("button", name="More"), shown.page.keyboard
        more.focus()
        keyboard.press("ArrowUp")
        expect(shown.bar.get_by_role("menuitem", name="Show all 30 groups")).to_be_focused()
        keyboard.press("Enter")
        expect(groups).to_have_text(f"Groups: {', '.join(names)}")
        expect(more).to_be_focused()
        keyboard.press("ArrowUp")
        keyboard.press("Enter")
        expect(groups).to_contain_text("and 29 more")
    panel.close()


def is_seen(item) -> bool:
    """Return whether all of an item is within its list."""
    return item.evaluate(
        """(item) => {
            const [at, list] = [item, item.parentElement].map((node) => node.getBoundingClientRect());
            return at.top >= list.top && at.bottom <= list.bottom && list.top >= 0 && list.bottom <= innerHeight;
        }"""
    )
