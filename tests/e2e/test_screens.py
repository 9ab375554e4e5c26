"""Every screen of the panel, reached as people reach it: against the stand-in, in JupyterLab, with its main error.

All tests share one page and one kernel: a test writes what its cell runs, and runs the cell again.
`NBAUTH_SCREENSHOTS=1 pytest -n0 tests/e2e/test_screens.py` makes contact sheets of them in `build/screens`, as CI does.
"""

import re
from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import expect

from nbauth.testing import CustomChallenge, Fault
from nbauth.testing.stand_in import DeviceTracking
from tests.e2e.stage import PASSWORD

pytestmark = pytest.mark.xdist_group("browser")

FRESH = "Fresh-Horse-8"
RENEW = "GetTokensFromRefreshToken"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
POLICY = {
    "min_length": 8,
    "require_lowercase": True,
    "require_uppercase": True,
    "require_numbers": True,
    "require_symbols": True,
}


# --- getting in for the first time ------------------------------------------------------------------------------------


def test_somebody_signs_up_confirms_and_is_in_without_typing_again(stage, cognito):
    cognito.settings.custom_attributes = frozenset({"custom:team"})
    stage.show(cognito, sign_up_attributes=["email", "birthdate", "custom:team"], password_policy=POLICY)
    stage.look("sign in")
    stage.press("Create an account")
    stage.title("Create an account")
    expect(stage.field("User name")).to_be_focused()
    stage.type("User name", "grace")
    stage.type("E-mail address", "grace@example.com")
    stage.type("Date of birth", "12091906")
    stage.type("Team", "Compilers")
    password = stage.field("Password")
    rules = stage.panel.get_by_role("list", name="The password needs").get_by_role("listitem")
    stage.type("Password", "Fresh-")
    expect(rules.nth(0)).to_have_text("At least 8 characters, not met yet")
    expect(rules.nth(1)).to_have_text("A lower-case letter, met")
    stage.look("sign up")
    stage.enter(Confirm_password=FRESH)
    expect(password).to_be_focused()
    expect(password).to_have_accessible_description(re.compile("Does not meet the rules yet"))
    stage.type("Password", FRESH + "x")
    stage.enter(Confirm_password=FRESH)
    expect(stage.field("Confirm password")).to_be_focused()
    expect(stage.panel).to_contain_text("The passwords do not match")
    stage.enter(Password=FRESH, Confirm_password=FRESH)

    stage.title("Confirm your account")
    expect(stage.panel).to_contain_text("We sent a code by e-mail to g***@e***.")
    expect(stage.field("Code")).to_be_focused()
    expect(stage.button("Send a new code")).to_have_count(0)  # the first one had no time to arrive
    stage.enter(Code="000000")
    expect(stage.alert).to_have_text("That code is not right: try again")
    stage.look("confirm sign-up, wrong code")
    code = cognito.codes["grace"]
    stage.enter(Code=f"{code[:3]} {code[3:]}")
    stage.is_in("grace")
    assert cognito.users["grace"].attributes["custom:team"] == "Compilers"


def test_a_name_that_is_taken_is_said_and_what_was_typed_stays(stage, cognito):
    stage.show(cognito, sign_up_attributes=["email"])
    stage.press("Create an account")
    stage.type("User name", "ada")
    stage.type("E-mail address", "other@example.com")
    stage.enter(Password=FRESH, Confirm_password=FRESH)
    expect(stage.alert).to_have_text("That user name, e-mail address or phone number is taken")
    expect(stage.field("User name")).to_have_value("ada")
    stage.page.keyboard.press("Escape")
    stage.title("Sign in to AWS")


def test_an_account_that_was_never_confirmed_is_confirmed_on_the_way_in(stage, cognito):
    cognito.users.add("late", PASSWORD, email="late@example.com").status = "UNCONFIRMED"
    stage.show(cognito)
    stage.sign_in("late", PASSWORD)
    stage.title("Confirm your account")
    stage.enter(Code=cognito.codes["late"])
    stage.is_in("late")


def test_where_only_administrators_make_accounts_nobody_is_offered_one(stage, cognito):
    stage.show(cognito, self_sign_up=False, username_attributes=["phone_number"])
    expect(stage.button("Create an account")).to_have_count(0)
    expect(stage.field("Phone number")).to_have_attribute("type", "tel")
    stage.look("sign in by phone number")


# --- passwords --------------------------------------------------------------------------------------------------------


def test_a_forgotten_password_is_replaced_and_the_new_one_signs_in(stage, cognito):
    stage.show(cognito, password_policy=POLICY)
    stage.press("Forgot your password?")
    stage.title("Reset your password")
    stage.look("forgot password")
    stage.enter(User_name="ada")
    stage.title("Choose a new password")
    expect(stage.panel).to_contain_text("a***@e***")
    stage.type("Code", "000000")
    stage.enter(New_password=FRESH, Confirm_password=FRESH)
    expect(stage.alert).to_have_text("That code is not right: try again")
    stage.type("Code", cognito.codes["ada"])
    stage.type("New password", "fresh")
    stage.look("reset password")
    stage.enter(New_password=FRESH, Confirm_password=FRESH)
    stage.is_in()


def test_a_password_that_must_be_reset_leads_to_where_that_is_done(stage, cognito):
    cognito.users["ada"].status = "RESET_REQUIRED"
    stage.show(cognito)
    stage.sign_in("ada", PASSWORD)
    stage.title("Reset your password")
    expect(stage.panel).to_contain_text("must be reset before you can sign in")
    expect(stage.field("User name")).to_have_value("ada")
    expect(stage.field("User name")).to_be_focused()
    stage.page.keyboard.press("Enter")
    stage.title("Choose a new password")


def test_a_temporary_password_is_replaced_and_what_is_missing_is_asked_for(stage, cognito):
    cognito.users.required_attributes = ("family_name",)
    cognito.users.add("new", PASSWORD, temporary=True)
    stage.show(cognito, password_policy=POLICY)
    stage.sign_in("new", PASSWORD)
    stage.title("Choose a new password")
    expect(stage.field("New password")).to_have_attribute("autocomplete", "new-password")
    stage.look("forced new password")
    stage.type("Family name", "Hopper")
    stage.enter(New_password=FRESH, Confirm_password=FRESH)
    stage.is_in("new")
    assert cognito.users["new"].attributes["family_name"] == "Hopper"


# --- second steps -----------------------------------------------------------------------------------------------------


def test_an_authenticator_app_is_set_up_on_the_way_in_and_its_key_is_in_no_state(stage, cognito):
    cognito.settings.mfa = "ON"
    stage.show(cognito)
    stage.sign_in("ada", PASSWORD)
    stage.title("Set up a second step")
    stage.look("set-up: choice")
    stage.choose("Authenticator app")
    stage.press("Continue")
    key = stage.panel.locator("code")
    expect(key).to_have_text(re.compile(r"^([A-Z2-7]{4} )+"))
    expect(stage.panel.get_by_role("img", name="QR code for your authenticator app")).to_be_visible()
    stage.look("set-up: authenticator app")
    secret = key.inner_text().replace(" ", "")
    assert secret not in stage.path.read_text() + str(stage.save())
    stage.enter(Code="000000")
    expect(stage.alert).to_have_text("That code is not right: try again")
    expect(stage.field("Code")).to_be_focused()
    stage.enter(Code=pyotp.TOTP(secret).now())
    stage.is_in()


def test_an_address_is_set_up_on_the_way_in(stage, cognito):
    cognito.settings.mfa = "ON"
    stage.show(cognito)
    stage.sign_in("ada", PASSWORD)
    stage.choose("E-mail")
    stage.press("Continue")
    expect(stage.field("E-mail address")).to_have_attribute("type", "email")
    stage.look("set-up: e-mail")
    stage.enter(**{"E-mail_address": "ada@example.com"})
    stage.title("Enter the code we sent you")
    stage.enter(Code=cognito.codes["ada"])
    stage.is_in()


def test_codes_that_are_sent_and_the_choice_among_them(stage, cognito):
    cognito.users.add("eve", PASSWORD, phone_number="+447700900123", totp_secret=SECRET)
    stage.show(cognito)
    stage.sign_in("eve", PASSWORD)
    stage.title("How do you want to confirm it is you?")
    stage.look("choice of a second step")
    stage.choose("Text message")
    stage.press("Continue")
    expect(stage.panel).to_contain_text("We sent a code by text message to +********0123.")
    expect(stage.panel.get_by_role("timer")).to_have_text(re.compile(r"^[12]:\d\d left$"))
    expect(stage.field("Code")).to_have_attribute("autocomplete", "one-time-code")
    expect(stage.panel.locator("[data-action=resend]")).to_have_text(re.compile(r"^Send a new code in \d+\ss$"))
    stage.enter(Code="000000")
    expect(stage.alert).to_have_text("That code is not right: try again")
    stage.look("text message, wrong code")
    stage.press("Authenticator app")
    stage.title("Enter your authenticator code")
    stage.look("authenticator code")
    stage.enter(Code=pyotp.TOTP(SECRET).now())
    stage.is_in("eve")


def test_a_code_can_be_asked_for_again_once_it_had_time_to_arrive(stage, cognito):
    cognito.users.add("eve", PASSWORD, phone_number="+447700900123")
    stage.show(cognito, patched={"nbauth.widgets.screens.form._COOL_DOWN": timedelta(0)})
    stage.sign_in("eve", PASSWORD)
    stage.press("Send a new code")
    expect(stage.said).to_have_text("A new code is on its way.")
    assert len(cognito.codes.of("eve")) == 2
    stage.enter(Code=cognito.codes["eve"])
    stage.is_in("eve")


def test_questions_of_the_pools_own_and_challenges_nobody_knows(stage, cognito):
    cognito.triggers.later = [
        CustomChallenge("blue", {"question": "What is your favourite colour?"}),
        CustomChallenge("moon", {"hint": "<b>Look up</b>"}, name="FULL_MOON"),
    ]
    stage.show(cognito)
    stage.sign_in("ada", PASSWORD)
    expect(stage.panel).to_contain_text("What is your favourite colour?")
    stage.look("custom challenge")
    stage.enter(Answer="blue")
    expect(stage.panel).to_contain_text("“FULL_MOON”")
    expect(stage.panel).to_contain_text("<b>Look up</b>")
    stage.look("unknown challenge")
    stage.enter(Answer="moon")
    stage.is_in()


# --- without a password -----------------------------------------------------------------------------------------------


def test_people_choose_what_to_begin_with(stage, cognito, passwordless):
    stage.show(cognito, client=passwordless, auth_flow="USER_AUTH")
    stage.look("sign in, passwordless")
    stage.enter(User_name="ada")
    stage.title("How do you want to sign in?")
    stage.look("choice of a first factor")
    stage.choose("E-mail")
    stage.press("Continue")
    expect(stage.panel).to_contain_text("by e-mail to a***@e***")
    stage.press("Password")
    stage.enter(Password=PASSWORD)
    stage.is_in()


def test_a_passkey_is_offered_made_and_used(stage, cognito, passwordless, authenticator):
    settings = {"auth_flow": "USER_AUTH", "passkey_domain": "localhost"}
    stage.show(cognito, client=passwordless, **settings)
    stage.type("User name", "ada")
    stage.enter(**{"Password_(optional)": PASSWORD})
    stage.title("Sign in without a password next time")
    stage.look("passkey: offer")
    stage.press("Create a passkey")
    stage.is_in()
    expect(stage.bar).to_contain_text("The passkey is ready to use.")
    assert len(cognito.users["ada"].passkeys) == 1

    stage.show(cognito, client=passwordless, **settings)
    stage.enter(User_name="ada")
    stage.choose("Passkey")
    stage.press("Continue")
    stage.title("Use your passkey")
    authenticator(False)
    stage.press("Use passkey")
    expect(stage.alert).not_to_have_text("")
    stage.look("passkey: not confirmed")
    authenticator(True)
    stage.press("Use passkey")
    stage.is_in()


def test_a_passkey_of_another_domain_leads_to_another_way(stage, cognito, passwordless, authenticator):
    stage.show(cognito, client=passwordless, auth_flow="USER_AUTH", passkey_domain="localhost")
    stage.type("User name", "ada")
    stage.enter(**{"Password_(optional)": PASSWORD})
    stage.press("Create a passkey")
    stage.is_in()
    cognito.settings.relying_party = "example.com"
    stage.show(cognito, client=passwordless, auth_flow="USER_AUTH")
    stage.enter(User_name="ada")
    stage.choose("Passkey")
    stage.press("Continue")
    expect(stage.alert).to_have_text("Passkeys of example.com do not work on a page of localhost. Choose another way.")
    stage.look("passkey: another domain")
    stage.press("Password")
    stage.enter(Password=PASSWORD)
    stage.is_in()


# --- coming back ------------------------------------------------------------------------------------------------------


def test_whoever_comes_back_is_known_and_asked_for_the_password_only(stage, cognito):
    sign_in = f"session.sign_in('ada', {PASSWORD!r})\n"
    cognito.faults.refuse("NotAuthorizedException", "Refresh Token has expired", on="GetTokensFromRefreshToken")
    expire = "with __import__('contextlib').suppress(Exception): session.get_tokens(force_refresh=True, wait=False)"
    stage.show(cognito, before=sign_in + expire)
    stage.title("Welcome back, ada")
    expect(stage.field("Password")).to_be_focused()
    stage.look("welcome back")
    stage.enter(Password="Wrong-Horse-7")
    expect(stage.alert).to_have_text("Incorrect user name or password")
    stage.press("Sign in as somebody else")
    expect(stage.field("User name")).to_have_value("")
    stage.sign_in("ada", PASSWORD)
    stage.is_in()


def test_whoever_is_offline_is_asked_for_no_password(stage, cognito):
    cognito.client.token_lifetime = timedelta(minutes=5)
    cognito.faults.add(Fault.RESET, on=RENEW)
    offline = (
        f"session.sign_in('ada', {PASSWORD!r})\n"
        "from nbauth.core.events import RefreshFailed\n"
        "from datetime import datetime, timedelta, UTC\n"
        "from nbauth.errors import ServiceUnavailable\n"
        "record = session._engine.runtime.flow.state.record\n"
        "lost = ServiceUnavailable('no answer', reason='offline')\n"
        "later = datetime.now(UTC) + timedelta(hours=1)\n"
        "session._engine.dispatch(RefreshFailed(lost, record.refresh_token, later))\n"
    )
    # The background tries once, and then not again by itself.
    once = dict.fromkeys(("nbauth.pace._FIRST_PAUSE", "nbauth.pace._LONGEST_PAUSE"), timedelta(hours=1))
    stage.show(cognito, before=offline, patched=once)
    stage.title("You are offline")
    cognito.calls.wait_for(RENEW)
    stage.look("offline")
    cognito.faults.clear()
    assert len(cognito.calls.of(RENEW)) == 1
    stage.press("Try again")
    stage.is_in()
    assert len(cognito.calls.of(RENEW)) == 2


def test_a_contact_that_was_never_proved_is_proved_or_put_off(stage, cognito):
    cognito.users.add("kay", PASSWORD, attributes={"email": "kay@example.com", "email_verified": "false"})
    stage.show(cognito)
    stage.sign_in("kay", PASSWORD)
    stage.title("Verify a way to reach you")
    expect(stage.field("E-mail address: k***@example.com")).to_be_checked()
    stage.look("verify contact")
    stage.press("Send code")
    stage.enter(Code="000000")
    expect(stage.alert).to_have_text("That code is not right: try again")
    stage.enter(Code=cognito.codes["kay"])
    stage.is_in("kay")
    expect(stage.bar).to_contain_text("Verified.")
    assert cognito.users["kay"].attributes["email_verified"] == "true"


def test_the_same_step_is_there_again_after_a_reload_without_what_was_typed(stage, cognito):
    cognito.users.add("eve", PASSWORD, totp_secret=SECRET)
    stage.show(cognito)
    stage.sign_in("eve", PASSWORD)
    stage.title("Enter your authenticator code")
    stage.type("Code", "123")
    stage.save()
    stage.reload()
    stage.title("Enter your authenticator code")
    expect(stage.field("Code")).to_have_value("")
    stage.enter(Code=pyotp.TOTP(SECRET).now())
    stage.is_in("eve")


# --- trouble ----------------------------------------------------------------------------------------------------------


def test_who_tried_too_often_sees_for_how_long_to_wait(stage, cognito):
    cognito.faults.refuse("NotAuthorizedException", "Password attempts exceeded", on="InitiateAuth", times=1)
    stage.show(cognito, patched={"nbauth.widgets.lockout._SHORTEST": timedelta(seconds=9)})
    stage.sign_in("ada", PASSWORD)
    expect(stage.alert).to_have_text("Too many attempts: wait a while, then try again")
    expect(stage.panel.get_by_role("timer")).to_have_text(re.compile(r"Try again in \d\ss\."))
    expect(stage.button("Sign in")).to_have_attribute("aria-disabled", "true")
    stage.look("locked")
    expect(stage.panel.get_by_role("timer")).to_have_text("You can try again now.")
    stage.enter(Password=PASSWORD)
    stage.is_in()


def test_a_slow_service_is_said_clicks_count_once_and_cancel_works_meanwhile(stage, cognito):
    cognito.faults.add(Fault.HANG, on="InitiateAuth", times=1)
    stage.show(cognito, patched={"nbauth.cognito.client._READ_TIMEOUT": 600})
    stage.sign_in("ada", PASSWORD)
    expect(stage.button("Signing in…")).to_have_attribute("aria-disabled", "true")
    stage.button("Signing in…").evaluate("(node) => { for (let i = 0; i < 100; i++) node.click() }")
    expect(stage.alert).to_have_text("Waiting for Amazon Cognito…")
    stage.look("slow")
    stage.page.keyboard.press("Escape")
    expect(stage.bar).to_contain_text("Signed out.")
    cognito.faults.clear()
    assert len(cognito.calls.of("InitiateAuth")) == 1


# --- the account ------------------------------------------------------------------------------------------------------


def test_the_account_page_changes_what_there_is_to_change(stage, cognito):
    cognito.settings.devices = DeviceTracking()
    stage.show(cognito, password_policy=POLICY)
    stage.sign_in("ada", PASSWORD)
    stage.is_in()
    stage.look("bar", stage.bar)
    stage.choose_from_menu("More", "Your account…")
    stage.title("Your account")
    stage.look("account")

    stage.press("Open: Profile")
    stage.type("Name", "Ada Lovelace")
    stage.look("account: profile")
    stage.press("Save")
    expect(stage.said).to_have_text("Saved.")
    assert cognito.users["ada"].attributes["name"] == "Ada Lovelace"
    stage.press("Back")

    stage.press("Open: Password")
    stage.type("Current password", "Wrong-Horse-7")
    stage.enter(New_password=FRESH, Confirm_password=FRESH)
    expect(stage.alert).to_have_text("The current password is not right")
    stage.type("Current password", PASSWORD)
    stage.look("account: password")
    stage.enter(New_password=FRESH, Confirm_password=FRESH)
    expect(stage.said).to_have_text("The password is changed.")

    stage.press("Open: Second step")
    stage.press("Set up an authenticator app")
    secret = stage.panel.locator("code").inner_text().replace(" ", "")
    stage.enter(Code=pyotp.TOTP(secret).now())
    expect(stage.said).to_have_text("The authenticator app is set up.")
    expect(stage.field("Code of an authenticator app")).to_be_checked()
    stage.look("account: second step")
    stage.press("Back")

    stage.press("Open: Devices")
    stage.title("Devices")
    stage.look("account: devices")
    stage.press("Back")
    stage.page.keyboard.press("Escape")
    stage.is_in()
