"""Making an account in pools that ask for more than the configuration says, and what is kept of what was typed.

All tests share one page and one kernel.
"""

import pytest
from playwright.sync_api import expect

from tests.e2e.stage import PASSWORD

pytestmark = pytest.mark.xdist_group("browser")

FRESH = "Fresh-Horse-8"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def open_sign_up(stage, cognito, **settings) -> None:
    stage.show(cognito, **settings)
    stage.press("Create an account")
    stage.title("Create an account")


def test_what_the_pool_requires_is_asked_for_and_what_was_typed_stays(stage, cognito):
    cognito.users.required_attributes = ("email", "given_name")
    open_sign_up(stage, cognito)
    stage.enter(User_name="grace", Password=FRESH, Confirm_password=FRESH)
    hint = stage.panel.locator(".nbauth-hint")
    expect(hint).to_have_text("Your user pool needs more: E-mail address. Enter the password once more, too.")
    expect(stage.field("User name")).to_have_value("grace")
    expect(stage.field("Password")).to_have_value("")
    expect(stage.field("E-mail address")).to_be_focused()
    stage.look("sign up, more is needed")
    stage.type("E-mail address", "grace@example.com")
    stage.enter(Password=FRESH, Confirm_password=FRESH)
    expect(hint).to_contain_text("Given name")
    expect(stage.field("E-mail address")).to_have_value("grace@example.com")
    expect(stage.field("Given name")).to_be_focused()
    stage.type("Given name", "Grace")
    stage.enter(Password=FRESH, Confirm_password=FRESH)
    stage.title("Confirm your account")
    stage.enter(Code=cognito.codes["grace"])
    stage.is_in("grace")
    assert cognito.users["grace"].attributes["given_name"] == "Grace"


def test_an_address_that_is_an_alias_is_asked_for_beside_the_name(stage, cognito):
    cognito.settings.aliases = frozenset({"email"})
    open_sign_up(stage, cognito, username_attributes=["username", "email"], sign_up_attributes=["email"])
    stage.type("User name", "grace")
    stage.type("E-mail address", "grace@example.com")
    stage.enter(Password=FRESH, Confirm_password=FRESH)
    stage.title("Confirm your account")
    stage.enter(Code=cognito.codes["grace"])
    stage.is_in("grace")


def test_where_no_code_is_sent_an_administrator_confirms(stage, cognito):
    cognito.settings.auto_verified = frozenset()
    open_sign_up(stage, cognito, sign_up_attributes=["email"])
    stage.type("User name", "grace")
    stage.type("E-mail address", "grace@example.com")
    stage.enter(Password=FRESH, Confirm_password=FRESH)
    stage.title("Confirm your account")
    expect(stage.panel).to_contain_text("an administrator must confirm your account")
    expect(stage.field("Code")).to_have_count(0)
    expect(stage.button("Sign in")).to_be_focused()
    stage.look("confirm sign-up, by an administrator")
    stage.press("Sign in")
    stage.title("Sign in to AWS")
    stage.enter(Password=FRESH)
    stage.title("Confirm your account")
    expect(stage.panel).to_contain_text("an administrator must confirm your account")
    cognito.users["grace"].status = "CONFIRMED"
    stage.press("Sign in")
    stage.enter(Password=FRESH)
    stage.title("Verify a way to reach you")  # nobody has proved the address
    stage.press("Not now")
    stage.is_in("grace")


def test_the_name_that_was_typed_goes_along(stage, cognito):
    cognito.users.add("eve", PASSWORD, totp_secret=SECRET)
    cognito.users.add("late", PASSWORD, email="late@example.com").status = "UNCONFIRMED"
    stage.show(cognito)
    name = stage.field("User name")
    stage.type("User name", "eve")
    stage.press("Forgot your password?")
    stage.title("Reset your password")
    expect(name).to_have_value("eve")
    stage.press("Back")
    stage.title("Sign in to AWS")
    expect(name).to_have_value("eve")
    stage.press("Create an account")
    stage.title("Create an account")
    expect(name).to_have_value("eve")
    stage.press("I have an account")
    stage.title("Sign in to AWS")
    stage.enter(Password=PASSWORD)
    stage.title("Enter your authenticator code")
    stage.press("Back")
    stage.title("Sign in to AWS")
    expect(name).to_have_value("eve")
    expect(stage.field("Password")).to_have_value("")
    stage.sign_in("late", PASSWORD)
    stage.title("Confirm your account")
    stage.page.keyboard.press("Escape")
    stage.title("Sign in to AWS")
    expect(name).to_have_value("late")


def test_a_phone_number_has_its_country_code_and_no_trunk_prefix(stage, cognito):
    cognito.settings.username_is = "phone_number"
    open_sign_up(stage, cognito, username_attributes=["phone_number"])
    stage.enter(Phone_number="07700 900123", Password=FRESH, Confirm_password=FRESH)
    expect(stage.panel).to_contain_text("Enter the phone number with the country code, such as +44 7700 900123.")
    expect(stage.field("Password")).to_have_value(FRESH)
    expect(stage.field("Phone number")).to_have_value("07700 900123")
    assert not cognito.calls.of("SignUp")
    stage.enter(Phone_number="+44 (0)7700 900123", Password=FRESH, Confirm_password=FRESH)
    stage.title("Confirm your account")
    assert cognito.calls.of("SignUp")[0].parameters["Username"] == "+447700900123"


def test_what_cannot_be_right_is_said_before_it_is_sent_and_nothing_is_lost(stage, cognito):
    cognito.settings.username_is = "email"
    open_sign_up(
        stage,
        cognito,
        username_attributes=["email"],
        sign_up_attributes=["phone_number", {"name": "custom:size", "type": "number", "min": 1, "optional": True}],
    )
    stage.type("E-mail address", "grace")
    stage.type("Phone number", "07700 900123")
    stage.enter(Password=FRESH, Confirm_password=FRESH)
    expect(stage.panel).to_contain_text("Enter a whole e-mail address, such as ada@example.com.")
    expect(stage.field("E-mail address")).to_be_focused()
    stage.look("sign up, not an address")
    stage.type("E-mail address", "grace@example.com")
    stage.press("Create account")
    expect(stage.panel).to_contain_text("Enter the phone number with the country code")
    expect(stage.field("Phone number")).to_be_focused()
    stage.type("Phone number", "+44 (0)7700-900123")
    stage.type("Size (optional)", "0")
    stage.press("Create account")
    expect(stage.panel).to_contain_text("Size does not fit: ≥ 1.")
    assert not cognito.calls.of("SignUp")
    stage.field("Size (optional)").press("Backspace")
    stage.press("Create account")
    stage.title("Confirm your account")


def test_who_has_no_name_but_an_address_is_called_by_it(stage, cognito):
    cognito.settings.username_is = "email"
    open_sign_up(stage, cognito, username_attributes=["email"])
    stage.type("E-mail address", "grace@example.com")
    stage.enter(Password=FRESH, Confirm_password=FRESH)
    stage.title("Confirm your account")
    (sent,) = cognito.codes
    assert "grace" not in sent.username  # the pool calls her by her sub
    stage.enter(Code=sent.code)
    stage.is_in("grace@example.com")


def test_a_name_that_is_taken_is_where_the_cursor_goes(stage, cognito):
    open_sign_up(stage, cognito)
    stage.enter(User_name="ada", Password=FRESH, Confirm_password=FRESH)
    expect(stage.alert).to_contain_text("taken")
    expect(stage.field("User name")).to_be_focused()
