"""Sign-ins under bad conditions, in JupyterLab: slow, offline, too late, restarted, seen twice, clicked too often.

All tests share one page and one kernel; the stand-in fails as they tell it to.
"""

import json
import re
from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import expect

from nbauth.testing import Fault
from tests.e2e.notebook import PATIENCE
from tests.e2e.stage import PASSWORD

pytestmark = pytest.mark.xdist_group("browser")

FRESH = "Fresh-Horse-8"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
WAITING_CELL = "import nbauth; session = nbauth.AuthSession({config!r}, store='memory'); session.get_tokens()"
NO_COOL_DOWN = {"nbauth.widgets.screens.form._COOL_DOWN": timedelta(0)}
HASTE = {"nbauth.cognito.sign_in._CHALLENGE_LIFETIME": timedelta(seconds=9)}
NO_HURRY = {"nbauth.cognito.client._READ_TIMEOUT": 600}
START_OVER = "The sign-in took too long, or was answered elsewhere: start it over"
GONE = "The kernel was restarted or has ended. Run this cell again."
CLICK_OFTEN = "(node) => { for (let i = 0; i < 100; i++) node.click() }"
AUTOFILL = """(form, values) => {
    const fields = Object.keys(values).map((name) => form.elements[name]);
    fields.forEach((field) => (field.value = values[field.name]));
    fields.forEach((field) => field.dispatchEvent(new Event('change', {bubbles: true})));
}"""


@pytest.fixture
def asked(stage, cognito):
    """A stage on which eve is asked for the code of her authenticator app."""
    cognito.users.add("eve", PASSWORD, totp_secret=SECRET)
    stage.show(cognito, patched=NO_HURRY)
    stage.sign_in("eve", PASSWORD)
    stage.title("Enter your authenticator code")
    return stage


@pytest.fixture
def signed_in(stage, cognito):
    stage.show(cognito, patched=NO_HURRY)
    stage.sign_in("ada", PASSWORD)
    stage.is_in()
    cognito.calls.clear()
    return stage


def code() -> str:
    return pyotp.TOTP(SECRET).now()


def restart_kernel(stage) -> None:
    stage.page.get_by_role("button", name="Restart the kernel").first.click()
    stage.page.get_by_role("button", name="Confirm Kernel Restart").click()
    stage.wait_for_kernel()


# --- the network and the service --------------------------------------------------------------------------------------


def test_a_sign_in_where_every_call_is_slow_says_what_it_waits_for_and_asks_once(stage, cognito):
    cognito.users.add("eve", PASSWORD, totp_secret=SECRET)
    stage.show(cognito, patched=NO_HURRY)
    cognito.faults.delay = 600
    cognito.faults.add(Fault.SLOW)
    stage.sign_in("eve", PASSWORD)
    expect(stage.button("Signing in…")).to_have_attribute("aria-disabled", "true")
    expect(stage.alert).to_have_text("Waiting for Amazon Cognito…")
    cognito.faults.release()
    cognito.calls.wait_for("RespondToAuthChallenge")
    cognito.faults.release()
    stage.title("Enter your authenticator code")
    expect(stage.alert).to_have_text("")
    stage.enter(Code=code())
    expect(stage.button("Checking…")).to_have_attribute("aria-disabled", "true")
    cognito.calls.wait_for("RespondToAuthChallenge", 2)
    cognito.faults.release()
    stage.is_in("eve")
    assert [call.operation for call in cognito.calls] == ["InitiateAuth", *2 * ["RespondToAuthChallenge"]]


def test_who_goes_back_while_an_answer_is_under_way_is_not_signed_in_by_it(asked, cognito):
    cognito.faults.delay = 600
    cognito.faults.add(Fault.SLOW, on="RespondToAuthChallenge", times=1)
    asked.enter(Code=code())
    cognito.calls.wait_for("RespondToAuthChallenge", 2)
    asked.page.keyboard.press("Escape")
    asked.title("Sign in to AWS")
    cognito.faults.release()
    cognito.calls.wait_for("RevokeToken")  # of what came too late
    asked.sign_in("ada", PASSWORD)
    asked.is_in("ada")


def test_a_code_that_was_lost_on_the_way_is_sent_again(asked, cognito):
    cognito.faults.add(Fault.RESET)
    asked.enter(Code=code())
    expect(asked.alert).to_have_text(re.compile("closed the connection without an answer: check the network"))
    asked.title("Enter your authenticator code")
    expect(asked.field("Code")).to_be_focused()
    expect(asked.field("Code")).to_have_value("")
    expect(asked.panel.get_by_role("timer")).to_have_text(re.compile(r"^2:\d\d left$"))  # it goes on
    cognito.faults.clear()
    asked.enter(Code=code())
    asked.is_in("eve")


def test_a_code_that_was_taken_but_whose_answer_was_lost_means_to_start_over(asked, cognito):
    cognito.faults.add(Fault.DROPPED, on="RespondToAuthChallenge", times=1)
    asked.enter(Code=code())
    expect(asked.alert).to_have_text(re.compile("check the network"))
    asked.enter(Code=code())
    asked.title("Sign in to AWS")
    expect(asked.alert).to_have_text(START_OVER)


def test_a_service_that_is_away_is_waited_for_on_the_same_screen(asked, cognito):
    cognito.stop()
    asked.enter(Code=code())
    expect(asked.alert).to_have_text(re.compile("could not be reached: check the network"))
    cognito.start()
    asked.enter(Code=code())
    asked.is_in("eve")


def test_an_app_client_that_is_deleted_in_the_middle_is_said_to_be_gone(asked, cognito):
    cognito.faults.refuse("ResourceNotFoundException", "User pool client example does not exist.")
    asked.enter(Code=code())
    expect(asked.alert).to_have_text(START_OVER)
    asked.sign_in("eve", PASSWORD)
    expect(asked.alert).to_have_text("There is no such app client: check client_id, user_pool_id and region")


def test_the_bar_says_that_it_is_offline_and_comes_back_by_itself(signed_in, cognito):
    cognito.faults.add(Fault.RESET)
    signed_in.press("Refresh")
    expect(signed_in.bar).to_contain_text("Offline, reconnecting by itself.")
    expect(signed_in.bar).not_to_contain_text("closed the connection")
    cognito.faults.clear()
    expect(signed_in.bar).to_contain_text("Session renews automatically")
    expect(signed_in.bar).not_to_contain_text(re.compile("Offline|connection"))


def test_the_bar_says_what_it_waits_for_and_a_hundred_clicks_count_once(signed_in, cognito):
    cognito.faults.add(Fault.HANG, on="GetTokensFromRefreshToken")
    signed_in.button("Refresh").evaluate(CLICK_OFTEN)
    expect(signed_in.button("Refreshing…")).to_have_attribute("aria-disabled", "true")
    expect(signed_in.bar).to_contain_text("Waiting for Amazon Cognito…")
    assert len(cognito.calls.of("GetTokensFromRefreshToken")) == 1
    cognito.faults.clear()
    expect(signed_in.button("Refresh")).not_to_have_attribute("aria-disabled", "true")


def test_a_clock_that_is_off_is_warned_of(stage, cognito):
    cognito.clock.advance(timedelta(minutes=20))
    stage.show(cognito)
    stage.sign_in("ada", PASSWORD)
    expect(stage.bar).to_contain_text("This machine's clock is off by 20 minutes: set it right.")


def test_a_sign_in_that_will_not_go_on_by_itself_is_said_to_end_before_it_does(stage, cognito):
    provider = cognito.identities.add_provider("login.example.com")
    token = provider.token("eve", email="eve@example.com", lifetime=timedelta(minutes=30))
    sign_in = "session.federated_sign_in('login.example.com', {!r})"
    pools = {"identity_pool_id": cognito.identities.pool_id, "is_in": True}
    stage.show(cognito, before=sign_in.format(token), **pools)
    expect(stage.bar).to_contain_text(re.compile("Sign-in until .*[AP]M"))
    expect(stage.bar).not_to_contain_text(re.compile("renews automatically|ends at"))
    token = provider.token("eve", email="eve@example.com", lifetime=timedelta(minutes=5))
    stage.show(cognito, before=sign_in.format(token), **pools)
    expect(stage.bar).to_contain_text("The sign-in with login.example.com ends at")


# --- too late, too often, too fast ------------------------------------------------------------------------------------


def test_the_end_of_a_steps_time_is_said_and_how_to_go_on(stage, cognito):
    cognito.users.add("eve", PASSWORD, totp_secret=SECRET)
    stage.show(cognito, patched=HASTE)
    stage.sign_in("eve", PASSWORD)
    expect(stage.panel.get_by_role("timer")).to_have_text(re.compile(r"^\d\ss left$"))
    expect(stage.alert).to_have_text("The time for this step is up. Go back and start again.")
    cognito.clock.advance(timedelta(minutes=4))
    stage.enter(Code=code())
    stage.title("Sign in to AWS")
    expect(stage.alert).to_have_text(START_OVER)


def test_a_hundred_clicks_send_one_code(asked, cognito):
    asked.type("Code", code())
    asked.button("Continue").evaluate(CLICK_OFTEN)
    asked.is_in("eve")
    assert len(cognito.calls.of("RespondToAuthChallenge")) == 2  # the password's, and the code's


def test_a_hundred_clicks_have_one_new_code_sent(stage, cognito):
    cognito.users.add("kim", PASSWORD, phone_number="+447700900123")
    stage.show(cognito, patched=NO_COOL_DOWN)
    stage.sign_in("kim", PASSWORD)
    stage.button("Send a new code").evaluate(CLICK_OFTEN)
    expect(stage.said).to_have_text("A new code is on its way.")
    assert len(cognito.codes.of("kim")) == 2


@pytest.mark.parametrize(("name", "operation"), [("Sign out", "RevokeToken"), ("Refresh", "GetTokensFromRefreshToken")])
def test_a_hundred_clicks_on_the_bar_are_one(signed_in, cognito, name, operation):
    signed_in.button(name).evaluate(CLICK_OFTEN)
    cognito.calls.wait_for(operation)
    expect(signed_in.bar.locator("[data-action]").first).not_to_have_attribute("aria-disabled", "true")
    assert [call.operation for call in cognito.calls] == [operation]


def test_a_hundred_clicks_on_an_item_of_a_menu_are_one(signed_in, cognito):
    signed_in.press("More")
    signed_in.page.get_by_role("menuitem", name="Sign out everywhere").evaluate(CLICK_OFTEN)
    expect(signed_in.bar).to_contain_text("Signed out.")
    assert [call.operation for call in cognito.calls] == ["GlobalSignOut"]


def test_what_a_password_manager_fills_in_and_a_code_that_is_pasted_are_taken(stage, cognito):
    cognito.users.add("eve", PASSWORD, totp_secret=SECRET)
    stage.show(cognito)
    stage.panel.evaluate(AUTOFILL, {"username": "eve", "password": PASSWORD})
    stage.press("Sign in")
    stage.title("Enter your authenticator code")
    stage.go_to(stage.field("Code"))
    right = code()
    stage.page.keyboard.insert_text(f" {right[:3]}\N{NO-BREAK SPACE}{right[3:]} ")
    stage.page.keyboard.press("Enter")
    stage.is_in("eve")


# --- the kernel and the page ------------------------------------------------------------------------------------------


def test_after_a_restart_of_the_kernel_what_is_dead_says_so_and_the_cell_shows_it_anew(asked, cognito):
    asked.type("Code", "123456")
    restart_kernel(asked)
    expect(asked.bar).to_have_text(GONE)
    expect(asked.panel).to_have_count(0)
    assert asked.axe.complaints(asked.page) == []
    asked.show(cognito)
    asked.sign_in("eve", PASSWORD)
    asked.enter(Code=code())
    asked.is_in("eve")


def test_stop_in_the_middle_of_a_challenge_ends_the_cell_and_the_next_one_asks_anew(stage, cognito):
    cognito.users.add("eve", PASSWORD, totp_secret=SECRET)
    cell = stage.path.with_name("next.py")
    config = cognito.config | {"identity_pool_id": None}
    cell.write_text(WAITING_CELL.format(config=config))
    stage.start(0)
    stage.sign_in("eve", PASSWORD)
    stage.title("Enter your authenticator code")
    stage.page.get_by_role("button", name="Interrupt the kernel").first.click()
    stage.wait_for(0)
    expect(stage.output(0)).to_contain_text("KeyboardInterrupt: The wait for a sign-in was interrupted")
    expect(stage.output(0)).not_to_contain_text("Traceback")
    expect(stage.panel).to_have_count(0)
    stage.show(cognito)
    stage.sign_in("ada", PASSWORD)
    stage.is_in()


def test_every_step_is_there_again_after_a_reload_without_what_was_typed(stage, cognito):
    cognito.settings.mfa = "ON"
    cognito.users.add("new", PASSWORD, temporary=True)
    stage.show(cognito)
    stage.sign_in("new", PASSWORD)
    stage.title("Choose a new password")
    stage.type("New password", "half")
    stage.save()
    stage.reload()
    stage.title("Choose a new password")
    expect(stage.field("New password")).to_have_value("")
    stage.field("New password").focus()
    stage.enter(New_password=FRESH, Confirm_password=FRESH)
    stage.title("Set up a second step")
    stage.reload()
    stage.title("Set up a second step")
    stage.field("E-mail").focus()
    stage.choose("Authenticator app")
    stage.press("Continue")
    key = stage.panel.locator("code")
    expect(key).to_have_text(re.compile(r"^([A-Z2-7]{4} )+"))
    before = key.inner_text()
    stage.reload()
    expect(key).to_have_text(before)
    assert before.replace(" ", "") not in json.dumps(json.loads(stage.path.read_text()))
    stage.field("Code").focus()
    stage.enter(Code=pyotp.TOTP(before.replace(" ", "")).now())
    stage.is_in("new")


def test_a_page_of_another_front_end_shows_the_same_step_and_nothing_that_was_typed_and_moves_it_on(asked, lab):
    asked.save()
    page = asked.page.context.new_page()
    page.goto(f"{lab.url}notebooks/{asked.path.relative_to(lab.root)}?token={lab.token}")
    field = page.get_by_label("Code", exact=True)
    expect(field).to_be_visible(timeout=2 * PATIENCE)
    asked.field("Code").fill("123")
    expect(field).to_have_value("")
    field.fill(code())
    field.press("Enter")
    for seen in (page, asked.page):
        expect(seen.get_by_role("region", name="AWS sign-in")).to_contain_text("Signed in as eve")
    page.close()


def test_a_second_view_of_an_output_shows_the_same_key(stage, cognito):
    cognito.settings.mfa, cognito.settings.second_factors = "ON", frozenset({"SOFTWARE_TOKEN_MFA"})
    stage.show(cognito)
    stage.sign_in("ada", PASSWORD)
    key = stage.panel.locator("code")
    expect(key).to_have_text(re.compile(r"^([A-Z2-7]{4} )+"))
    stage.output(0).click(button="right", position={"x": 5, "y": 5})
    stage.page.get_by_text("Create New View for Cell Output").click()
    expect(key).to_have_count(2)
    expect(key.nth(1)).to_have_text(key.first.inner_text())
    stage.panel.last.get_by_label("Code", exact=True).fill(pyotp.TOTP(key.last.inner_text().replace(" ", "")).now())
    expect(stage.panel.first.get_by_label("Code", exact=True)).to_have_value("")
    stage.panel.last.get_by_role("button", name="Continue").click()
    expect(stage.bar).to_have_count(2)
    stage.page.locator(".lm-TabBar-tab", has_text="Output View").locator(".lm-TabBar-tabCloseIcon").click()
    expect(stage.bar).to_have_count(1)


# The last one: it leaves the stage without a kernel.
def test_a_kernel_that_ends_while_its_answer_is_waited_for_is_missed(asked, lab):
    lab.stop_kernels()
    asked.enter(Code=code())
    expect(asked.bar).to_have_text(GONE)
