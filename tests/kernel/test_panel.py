"""The conversation in the panel under a waiting cell, and what comes in its place where there is no panel."""

from datetime import UTC, datetime

import pytest

from nbauth.testing import totp

NEEDS_AWS = "auth.get_credentials().identity_id"
TOTP_SECRET = "JBSWY3DPEHPK3PXP"  # carol's, in faked.py


@pytest.fixture
def page(page):
    page.run("import faked; auth = faked.session()")
    return page


def test_a_temporary_password_is_replaced_in_the_panel(page):
    cell = page.start(NEEDS_AWS)
    page.panel()
    page.submit(username="bob", password="temporary")
    page.panel(title="Choose a new password")

    page.submit(new_password="short")
    page.panel(title="Choose a new password", error="does not fit")
    page.submit(new_password="Long-Enough-7")

    assert page.finish(cell).status == "ok"
    assert not page.published("Long-Enough-7")


def test_the_code_of_an_authenticator_app_is_asked_for_in_the_panel(page):
    cell = page.start(NEEDS_AWS)
    page.panel()
    page.submit(username="carol", password="right")
    screen = page.panel(title="authenticator code")

    page.submit(code="000000")
    again = page.panel(error="not right")
    page.submit(code=totp(TOTP_SECRET, datetime.now(UTC)))

    assert again["id"] == screen["id"]
    assert page.finish(cell).status == "ok"


def test_back_leads_from_a_challenge_to_the_first_form_while_the_cell_waits(page):
    cell = page.start(NEEDS_AWS)
    page.panel()
    page.submit(username="carol", password="right")
    page.panel(title="authenticator code")

    page.press("back")
    page.panel(title="Sign in")
    page.submit(username="ada", password="right")

    assert page.finish(cell).status == "ok"


def test_a_page_that_shows_no_panel_is_asked_in_text(open_page):
    page = open_page(widgets=False)
    page.run("import faked; from nbauth.widgets import prompt; prompt._READY_WITHIN = 0.1; auth = faked.session()")
    page.answers += ["ada", "wrong", "ada", "right"]

    outcome = page.run(NEEDS_AWS)

    assert outcome.status == "ok"
    assert page.questions == [("User name: ", False), ("Password: ", True)] * 2
    assert "Incorrect user name or password" in outcome.printed
    assert outcome.shown[0]["text/plain"] == "The sign-in panel cannot be shown here."


def test_a_page_that_shows_no_panel_is_from_then_on_told_in_text(open_page):
    page = open_page(widgets=False)
    page.run("import faked; from nbauth.widgets import prompt; prompt._READY_WITHIN = 0.1; auth = faked.session()")
    page.answers += ["ada", "right", "ada", "right"]
    home = page.start("auth.show_sign_in()")
    page.finish(home)

    page.run(NEEDS_AWS)

    [left] = page.outcome(home).shown
    assert left["text/plain"] == "The sign-in panel cannot be shown here."
    assert page.run("auth.status_bar()").printed.startswith("Signed in as ada. AWS credentials until")
    assert page.run("auth.sign_out(); auth.show_sign_in()").printed.endswith("Signed in as ada.\n")


def test_a_click_where_no_panel_is_seen_gives_up_and_says_so(page):
    page.run(
        "import ipywidgets\n"
        "from nbauth.widgets import prompt; prompt._READY_WITHIN = 0.1\n"
        "button = ipywidgets.Button()\n"
        "@button.on_click\n"
        "def clicked(_):\n"
        "    try:\n"
        f"        {NEEDS_AWS}\n"
        "    except Exception as error:\n"
        "        button.description = str(error)"
    )
    button = page.run("print(button.comm.comm_id)").printed.strip()

    page.send(button, {"event": "click"})

    page.wait_until(lambda: page.published("The wait for a sign-in was given up"))


def test_a_kernel_that_cannot_wait_asks_in_text(page):
    page.run("from nbauth import kernel; kernel._gate = lambda: None")
    page.answers += ["ada", "right"]

    outcome = page.run(NEEDS_AWS)

    assert outcome.status == "ok"
    assert not outcome.shown
    assert not page.has_view()


def test_stop_ends_the_questions_in_text(page):
    page.run("from nbauth import kernel; kernel._gate = lambda: None")
    cell = page.start(NEEDS_AWS)
    page.wait_until(lambda: page.questions)

    page.interrupt()

    assert page.finish(cell).error == "SignInReleased: The wait for a sign-in was given up"


def test_several_threads_that_wait_go_on_with_one_sign_in(page):
    cell = page.start(
        "from concurrent.futures import ThreadPoolExecutor\n"
        "import threading\n"
        "pool = ThreadPoolExecutor()\n"
        f"others = [pool.submit(lambda: {NEEDS_AWS}) for _ in range(3)]\n"
        f"mine = {NEEDS_AWS}\n"
        "{mine, *(other.result() for other in others)} == {mine}"
    )
    page.panel()

    page.submit(username="ada", password="right")

    assert page.finish(cell).value == "True"


def test_listeners_and_observers_are_called_in_order_and_one_that_fails_disturbs_nobody(page):
    page.run(
        "seen = []\n"
        "def broken(_): raise RuntimeError('broken')\n"
        "auth.observe(broken, 'state')\n"
        "auth.observe(lambda change: seen.append('observer ' + change['new'].value), 'state')\n"
        "auth.add_user_state_listener(broken)\n"
        "auth.add_user_state_listener(lambda details: seen.append('listener ' + details.state.value))"
    )

    page.run("auth.sign_in('ada', 'right'); auth.sign_out()")

    assert page.run("print(*seen, sep=', ')").printed == (
        "observer SIGNED_IN, listener SIGNED_IN, observer SIGNED_OUT, listener SIGNED_OUT\n"
    )


def test_the_bar_follows_what_code_does(page):
    page.run("auth.show_sign_in()")
    page.panel()

    page.run("auth.sign_in('ada', 'right')")
    assert page.bar("SIGNED_IN")["username"] == "ada"

    page.run("auth.sign_out()")
    assert page.bar("SIGNED_OUT")["username"] == ""
