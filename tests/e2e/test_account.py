"""The account page and the status bar of somebody who is signed in, against the stand-in, in JupyterLab."""

import re

import nbformat
import pyotp
import pytest
from playwright.sync_api import expect

from nbauth.testing.stand_in import DeviceTracking
from tests.e2e.stage import PASSWORD

pytestmark = pytest.mark.xdist_group("browser")

FRESH = "Fresh-Horse-8"
LOAD = """
import os
os.environ |= {environment!r}
%config NbAuth.show_panel = False
%load_ext nbauth
auth.sign_in("ada", {password!r})
"""


def open_account(stage, cognito, page: str, name: str = "ada", **settings) -> None:
    """Sign in, and open a page of the account."""
    stage.show(cognito, **settings)
    stage.sign_in(name, PASSWORD)
    stage.is_in(name)
    stage.choose_from_menu("More", "Your account…")
    stage.title("Your account")
    stage.press(f"Open: {page}")


def code_in(stage) -> str:
    """Return what an authenticator app shows that was set up with the key on the screen."""
    key = stage.panel.locator("code")
    expect(key).to_have_text(re.compile(r"^([A-Z2-7]{4} )+"))
    return pyotp.TOTP(key.inner_text().replace(" ", "")).now()


# --- the profile ------------------------------------------------------------------------------------------------------


def test_a_new_address_is_proved_with_the_code_that_is_sent_there(stage, cognito):
    open_account(stage, cognito, "Profile")
    stage.title("Profile")
    expect(stage.panel).to_contain_text("verified")
    stage.type("E-mail address", "ada@example.org")
    stage.press("Save")
    stage.title("Enter the code we sent you")
    expect(stage.panel).to_contain_text("We sent a code by e-mail to a***@e***.")
    stage.enter(Code="000000")
    expect(stage.alert).to_have_text("That code is not right: try again")
    expect(stage.field("Code")).to_be_focused()
    stage.enter(Code=cognito.codes["ada"])
    stage.title("Profile")
    expect(stage.said).to_have_text("Verified.")
    expect(stage.field("E-mail address")).to_have_value("ada@example.org")
    expect(stage.field("E-mail address")).to_have_accessible_description(re.compile("verified"))
    ada = cognito.users["ada"].attributes
    assert (ada["email"], ada["email_verified"]) == ("ada@example.org", "true")


def test_an_address_that_was_put_off_is_proved_later(stage, cognito):
    cognito.users["ada"].attributes |= {"phone_number": "+447700900123", "phone_number_verified": "false"}
    open_account(stage, cognito, "Profile")
    expect(stage.field("Phone number")).to_have_accessible_description(re.compile("not verified"))
    stage.press("Verify phone number")
    expect(stage.panel).to_contain_text("We sent a code by text message to +********0123.")
    stage.press("Back")
    stage.title("Profile")
    stage.press("Verify phone number")
    stage.title("Enter the code we sent you")
    stage.enter(Code=cognito.codes["ada"])
    expect(stage.said).to_have_text("Verified.")
    assert cognito.users["ada"].attributes["phone_number_verified"] == "true"


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        ("A client attempted to write unauthorized attribute", "Not allowed"),
        ("user.name: Attribute cannot be updated.", "Cognito refused the request"),
    ],
)
def test_a_change_that_is_refused_is_said_and_what_was_typed_stays(stage, cognito, refusal, said):
    kind = "NotAuthorizedException" if "client" in refusal else "InvalidParameterException"
    cognito.faults.refuse(kind, refusal, on="UpdateUserAttributes", times=1)
    open_account(stage, cognito, "Profile")
    stage.enter(Name="Ada Lovelace")
    expect(stage.alert).to_contain_text(said)
    expect(stage.field("Name")).to_have_value("Ada Lovelace")
    stage.press("Save")
    expect(stage.said).to_have_text("Saved.")
    assert cognito.users["ada"].attributes["name"] == "Ada Lovelace"


def test_an_address_of_another_account_is_not_taken(stage, cognito):
    cognito.users.add("bob", PASSWORD, email="bob@example.com")
    open_account(stage, cognito, "Profile")
    stage.type("E-mail address", "bob@example.com")
    stage.press("Save")
    expect(stage.alert).to_contain_text("Another account has that e-mail address")


# --- what people sign in with -----------------------------------------------------------------------------------------


def test_a_password_that_the_pool_refuses_is_said_and_tried_again(stage, cognito):
    open_account(stage, cognito, "Password")
    cognito.settings.password_history = 2
    stage.type("Current password", PASSWORD)
    stage.enter(New_password="short", Confirm_password="short")
    expect(stage.alert).to_contain_text("That password does not fit the pool's rules")
    expect(stage.field("Current password")).to_be_focused()
    stage.type("Current password", PASSWORD)
    stage.enter(New_password=PASSWORD, Confirm_password=PASSWORD)
    expect(stage.alert).to_contain_text("used before")
    stage.type("Current password", PASSWORD)
    stage.enter(New_password=FRESH, Confirm_password=FRESH)
    expect(stage.said).to_have_text("The password is changed.")
    stage.title("Your account")


def test_a_second_step_is_chosen_set_up_anew_and_switched_off(stage, cognito):
    cognito.users.add("eve", PASSWORD, email="eve@example.com")
    open_account(stage, cognito, "Second step", "eve")
    expect(stage.field("No second step")).to_be_checked()
    stage.choose("Code by e-mail")
    stage.press("Save")
    expect(stage.said).to_have_text("Saved.")
    assert cognito.users["eve"].preferred_mfa == "EMAIL_OTP"

    stage.press("Set up an authenticator app")
    stage.title("Set up an authenticator app")
    expect(stage.panel).not_to_contain_text("The codes of the app that is set up now will end.")
    stage.enter(Code="000000")
    expect(stage.alert).to_have_text("That code is not right: try again")
    stage.enter(Code=code_in(stage))
    expect(stage.said).to_have_text("The authenticator app is set up.")
    expect(stage.field("Code of an authenticator app")).to_be_checked()
    before = cognito.users["eve"].authenticator

    stage.press("Set up an authenticator app")
    expect(stage.panel).to_contain_text("The codes of the app that is set up now will end.")
    stage.enter(Code=code_in(stage))
    expect(stage.said).to_have_text("The authenticator app is set up.")
    assert cognito.users["eve"].authenticator is not before

    stage.choose("No second step")
    stage.press("Save")
    expect(stage.said).to_have_text("Saved.")
    assert cognito.users["eve"].second_factors() == []


def test_a_second_step_that_the_pool_requires_stays_on(stage, cognito):
    open_account(stage, cognito, "Second step")
    stage.choose("Code by e-mail")
    stage.press("Save")
    expect(stage.said).to_have_text("Saved.")
    cognito.settings.mfa = "ON"
    stage.choose("No second step")
    stage.press("Save")
    expect(stage.alert).to_contain_text("MFA cannot be disabled, since user pool requires it")
    assert cognito.users["ada"].preferred_mfa == "EMAIL_OTP"


def test_passkeys_are_added_and_removed(stage, cognito, passwordless, authenticator):
    settings = {"client": passwordless, "auth_flow": "USER_AUTH"}
    stage.show(cognito, **settings)
    stage.type("User name", "ada")
    stage.enter(**{"Password_(optional)": PASSWORD})
    stage.is_in()
    stage.choose_from_menu("More", "Your account…")
    stage.press("Open: Passkeys")
    expect(stage.panel).to_contain_text("There is nothing here yet.")
    stage.press("Add a passkey")
    stage.title("Add a passkey")
    authenticator(False)
    stage.press("Create a passkey")
    expect(stage.alert).to_have_text("Nothing was confirmed. Try again, or choose another way.")
    authenticator(True)
    stage.press("Create a passkey")
    stage.title("Passkeys")
    expect(stage.said).to_have_text("The passkey is ready to use.")
    assert len(cognito.users["ada"].passkeys) == 1
    stage.go_to(stage.panel.get_by_role("button", name=re.compile("^Remove: ")))
    stage.page.keyboard.press("Enter")
    expect(stage.said).to_have_text("Removed.")
    assert not cognito.users["ada"].passkeys


# --- where people are signed in ---------------------------------------------------------------------------------------


def test_a_device_is_removed(stage, cognito):
    cognito.settings.devices = DeviceTracking()
    open_account(stage, cognito, "Devices")
    remove = stage.panel.get_by_role("button", name=re.compile("^Remove: "))
    expect(remove).to_have_count(1)
    stage.go_to(remove)
    stage.page.keyboard.press("Enter")
    expect(stage.said).to_have_text("Removed.")
    expect(remove).to_have_count(0)
    expect(stage.panel).to_contain_text("There is nothing here yet.")
    assert not cognito.users["ada"].devices


def test_where_sessions_cannot_be_listed_it_is_said_what_to_do(stage, cognito):
    open_account(stage, cognito, "Sessions")
    expect(stage.alert).to_contain_text("install a newer boto3")
    expect(stage.button("Open: Sessions")).to_be_focused()
    stage.title("Your account")


def test_whoever_is_signed_out_elsewhere_meanwhile_is_asked_to_sign_in_again(stage, cognito):
    open_account(stage, cognito, "Profile")
    stage.title("Profile")
    cognito.faults.refuse("NotAuthorizedException", "Access Token has been revoked", on="UpdateUserAttributes")
    cognito.faults.refuse("NotAuthorizedException", "Refresh Token has been revoked", on="GetTokensFromRefreshToken")
    stage.enter(Name="Ada Lovelace")
    expect(stage.bar).to_contain_text("The sign-in of ada has expired. Sign in again to go on.")
    expect(stage.output(0)).not_to_contain_text("Saving…")
    stage.press("Sign in")
    stage.title("Welcome back, ada")


# --- the bar ----------------------------------------------------------------------------------------------------------


def test_the_identity_is_copied_and_the_groups_are_shown(stage, cognito):
    cognito.users["ada"].claims["cognito:groups"] = ["analysts", "<b>admins</b>"]
    stage.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    stage.show(cognito, identity_pool_id=cognito.identities.pool_id)
    stage.sign_in("ada", PASSWORD)
    stage.is_in()
    stage.press("Refresh")
    copy = stage.bar.get_by_role("button", name=re.compile("^Copy identity id eu-west-1:"))
    stage.go_to(copy)
    stage.page.keyboard.press("Enter")
    expect(copy).to_have_text("Copied")
    copied = stage.page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(r"eu-west-1:[0-9a-f-]{36}", copied)
    expect(stage.bar).to_contain_text(f"{copied[:14]}…{copied[-4:]}")
    expect(stage.bar).to_contain_text("AWS credentials until")
    expect(stage.bar).to_contain_text("Groups: analysts, <b>admins</b>")


# --- proving it anew --------------------------------------------------------------------------------------------------


@pytest.fixture
def notebook(cognito, passwordless, lab, open_page):
    """A notebook in which ada is signed in, and whose cell 1 asks for more."""
    settings = cognito.config_of(passwordless) | {"store": "memory"}
    environment = {f"NBAUTH_{name.upper()}": value for name, value in settings.items() if value}
    load = LOAD.format(environment=environment, password=PASSWORD).strip()
    cells = [load, "%%aws_session --step-up\nprint('the body, as', auth.username)"]
    written = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    folder = lab.root / cognito.user_pool_id
    folder.mkdir()
    nbformat.write(written, folder / "test.ipynb")
    notebook = open_page(f"{folder.name}/test.ipynb")
    notebook.run(0)
    notebook.start(1)
    return notebook


def test_a_cell_goes_on_once_the_user_has_proved_it_anew_below_it(notebook, cognito):
    expect(notebook.output(1).get_by_role("form", name="How do you want to sign in?")).to_be_visible()
    expect(notebook.panel).to_contain_text("You are signed in. Confirm once more that it is you.")
    notebook.panel.get_by_label("E-mail").check()
    notebook.button("Continue").click()
    code = notebook.panel.get_by_label("Code", exact=True)
    expect(code).to_be_focused()
    code.fill("000000")
    notebook.page.keyboard.press("Enter")
    expect(notebook.alert).to_have_text("That code is not right: try again")
    code.fill(cognito.codes["ada"])
    notebook.page.keyboard.press("Enter")
    notebook.wait_for(1)
    expect(notebook.output(1)).to_contain_text("the body, as ada")
    expect(notebook.panel).to_have_count(0)
    notebook.start(1)
    expect(notebook.panel).to_be_visible()
    notebook.button("Cancel").click()
    notebook.wait_for(1)
    expect(notebook.output(1)).to_contain_text("SignInReleased: The step-up was given up")
    expect(notebook.output(1)).not_to_contain_text(re.compile("Traceback|the body"))
