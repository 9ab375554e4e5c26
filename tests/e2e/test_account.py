"""The account page and the status bar of somebody who is signed in, against the stand-in, in JupyterLab."""

import re
from datetime import timedelta

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
SHOW_EVE = """
from nbauth.traits import NbAuth
from traitlets.config import Config
settings = NbAuth(config=Config(NbAuth=Config(company_sign_in={companies!r})))
session = nbauth.AuthSession(session.config, store="memory", defaults=settings)
session.federated_sign_in("login.example.com", {token!r})
"""
NOTE_WORDS = """(node) => {
    const words = [];
    new MutationObserver(() => words.push(node.textContent)).observe(node, { childList: true });
    return words;
}"""


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


def test_who_goes_back_from_the_code_sees_what_is_saved_and_proves_it_later(stage, cognito):
    open_account(stage, cognito, "Profile")
    stage.type("E-mail address", "ada@example.org")
    stage.press("Save")
    stage.title("Enter the code we sent you")
    stage.press("Back")
    expect(stage.field("E-mail address")).to_have_value("ada@example.org")
    expect(stage.field("E-mail address")).to_have_accessible_description(re.compile("not verified"))
    stage.press("Verify e-mail address")
    stage.title("Enter the code we sent you")
    stage.enter(Code=cognito.codes["ada"])
    expect(stage.said).to_have_text("Verified.")
    assert cognito.users["ada"].attributes["email_verified"] == "true"


def test_a_new_address_and_a_new_number_are_proved_one_after_the_other(stage, cognito):
    open_account(stage, cognito, "Profile")
    stage.type("E-mail address", "ada@example.org")
    stage.type("Phone number", "+447700900123")
    stage.press("Save")
    for medium, purpose in (("e-mail", "email"), ("text message", "phone_number")):
        expect(stage.panel).to_contain_text(f"We sent a code by {medium}")
        stage.enter(Code=[sent.code for sent in cognito.codes.of("ada") if sent.purpose == purpose][-1])
    stage.title("Profile")
    expect(stage.said).to_have_text("Verified.")
    ada = cognito.users["ada"].attributes
    assert (ada["email_verified"], ada["phone_number_verified"]) == ("true", "true")


def test_a_change_that_is_refused_is_said_and_what_was_typed_stays(stage, cognito):
    refusal = "Invalid phone number format."
    cognito.faults.refuse("InvalidParameterException", refusal, on="UpdateUserAttributes", times=1)
    open_account(stage, cognito, "Profile")
    stage.enter(Name="Ada Lovelace")
    expect(stage.alert).to_contain_text("Cognito refused the request")
    expect(stage.field("Name")).to_have_value("Ada Lovelace")
    stage.press("Save")
    expect(stage.said).to_have_text("Saved.")
    assert cognito.users["ada"].attributes["name"] == "Ada Lovelace"


def test_what_is_not_the_users_to_change_becomes_text_and_the_rest_is_kept(stage, cognito):
    cognito.settings.custom_attributes = cognito.settings.immutable_attributes = frozenset({"custom:team"})
    cognito.users["ada"].attributes["custom:team"] = "Compilers"
    open_account(stage, cognito, "Profile")
    stage.type("Name", "Ada Lovelace")
    stage.enter(Team="Databases")
    expect(stage.said).to_have_text("Team cannot be changed here. The rest is not saved yet.")
    expect(stage.panel.get_by_role("listitem")).to_have_text("TeamCompilers")
    expect(stage.field("Name")).to_have_value("Ada Lovelace")
    stage.look("account: a fixed attribute")
    stage.press("Save")
    expect(stage.said).to_have_text("Saved.")
    ada = cognito.users["ada"].attributes
    assert (ada["name"], ada["custom:team"]) == ("Ada Lovelace", "Compilers")


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
    expect(stage.said).to_have_text("This user pool requires a second step.")
    expect(stage.field("No second step")).to_have_count(0)
    assert cognito.users["ada"].preferred_mfa == "EMAIL_OTP"


def test_passkeys_are_added_and_removed(stage, cognito, passwordless, authenticator):
    settings = {"client": passwordless, "auth_flow": "USER_AUTH"}
    stage.show(cognito, **settings)
    stage.type("User name", "ada")
    stage.enter(**{"Password_(optional)": PASSWORD})
    stage.is_in()
    stage.choose_from_menu("More", "Your account…")
    stage.press("Open: Passkeys")
    expect(stage.panel).to_contain_text("No passkeys yet.")
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
    expect(stage.said).to_have_text("Remove your last passkey? You sign in with a password or a code then.")
    expect(stage.panel.get_by_role("button", name=re.compile("^Keep: "))).to_be_focused()
    stage.look("account: a passkey to be removed")
    assert cognito.users["ada"].passkeys
    stage.go_to(stage.panel.get_by_role("button", name=re.compile("^Yes, remove: ")))
    stage.page.keyboard.press("Enter")
    expect(stage.said).to_have_text("Removed.")
    assert not cognito.users["ada"].passkeys


def test_what_a_pool_without_a_second_step_does_not_offer_is_taken_back(stage, cognito):
    cognito.settings.mfa = "OFF"
    open_account(stage, cognito, "Second step")
    stage.press("Set up an authenticator app")
    expect(stage.said).to_have_text("This user pool does not offer authenticator apps.")
    expect(stage.button("Set up an authenticator app")).to_have_count(0)
    stage.choose("Code by e-mail")
    stage.press("Save")
    expect(stage.said).to_have_text("This user pool does not offer codes by e-mail.")
    expect(stage.panel).to_contain_text("No second step, as there is nothing else to choose.")
    expect(stage.button("Back")).to_be_focused()


def test_what_a_pool_turns_out_not_to_have_is_offered_no_more(stage, cognito):
    open_account(stage, cognito, "Devices")
    expect(stage.said).to_have_text("This user pool does not remember devices.")
    expect(stage.button("Open: Devices")).to_have_count(0)
    stage.press("Open: Passkeys")
    stage.press("Add a passkey")
    expect(stage.said).to_have_text("This user pool does not offer passkeys.")
    expect(stage.button("Add a passkey")).to_have_count(0)
    stage.press("Back")
    expect(stage.button("Open: Devices")).to_have_count(0)


# --- where people are signed in ---------------------------------------------------------------------------------------


def test_a_device_is_removed(stage, cognito):
    cognito.settings.devices = DeviceTracking()
    stage.show(cognito)
    stage.sign_in("ada", PASSWORD)
    stage.is_in()
    open_account(stage, cognito, "Devices")  # which makes another device known
    other, this = cognito.users["ada"].devices
    remove = stage.panel.get_by_role("button", name=re.compile("^Remove: "))
    stage.go_to(remove.last)
    stage.page.keyboard.press("Enter")
    expect(stage.panel.get_by_role("button", name=re.compile("^Keep: "))).to_be_focused()
    stage.page.keyboard.press("Enter")
    expect(remove.last).to_be_focused()
    stage.page.keyboard.press("Enter")
    stage.go_to(stage.panel.get_by_role("button", name=re.compile("^Yes, remove: ")))
    stage.page.keyboard.press("Enter")
    expect(stage.said).to_have_text("Removed.")
    assert list(cognito.users["ada"].devices) == [other]
    expect(remove).to_be_focused()
    stage.page.keyboard.press("Enter")
    stage.go_to(stage.panel.get_by_role("button", name=re.compile("^Yes, remove: ")))
    stage.page.keyboard.press("Enter")
    expect(stage.panel).to_contain_text("No computer is remembered yet.")
    assert this not in cognito.users["ada"].devices


def test_a_device_that_the_pool_leaves_to_the_user_is_remembered_on_the_page(stage, cognito):
    cognito.settings.devices = DeviceTracking(asks_the_user=True)
    open_account(stage, cognito, "Devices")
    stage.title("Devices")
    expect(stage.panel.get_by_role("listitem")).to_contain_text("This device · not remembered")
    stage.look("account: a device that is not remembered")
    stage.go_to(stage.panel.get_by_role("button", name=re.compile("^Remember: ")))
    stage.page.keyboard.press("Enter")
    expect(stage.said).to_have_text("This device is remembered.")
    expect(stage.panel.get_by_role("button", name=re.compile("^Remember: "))).to_have_count(0)
    (device,) = cognito.users["ada"].devices.values()
    assert device.remembered


def sign_in_with_code(stage, cognito) -> None:
    """Sign in as ada, whose second step is a code by e-mail."""
    cognito.settings.devices = DeviceTracking(asks_the_user=True)
    cognito.users["ada"].email_mfa = True
    stage.show(cognito)
    stage.sign_in("ada", PASSWORD)
    stage.title("Enter the code we sent you")
    stage.enter(Code=cognito.codes["ada"])
    stage.title("Remember this device?")


def test_a_device_is_remembered_after_the_sign_in_and_asked_for_no_code_from_then_on(stage, cognito):
    sign_in_with_code(stage, cognito)
    stage.look("remember this device")
    stage.press("Remember")
    expect(stage.bar).to_contain_text("This device is remembered.")
    stage.press("Sign out")
    stage.press("Sign in")
    stage.sign_in("ada", PASSWORD)
    stage.is_in()
    assert len(cognito.codes) == 1


def test_a_device_that_is_not_to_be_remembered_now_is_left_as_it_is(stage, cognito):
    sign_in_with_code(stage, cognito)
    stage.press("Not now")
    stage.is_in()
    (device,) = cognito.users["ada"].devices.values()
    assert not device.remembered


def test_what_the_installed_botocore_cannot_ask_for_is_not_offered(stage, cognito):
    stage.show(cognito)
    stage.sign_in("ada", PASSWORD)
    stage.is_in()
    stage.choose_from_menu("More", "Your account…")
    expect(stage.button("Open: Devices")).to_be_visible()
    expect(stage.button("Open: Sessions")).to_have_count(0)


# --- the end of the account -------------------------------------------------------------------------------------------


def test_an_account_is_deleted_once_its_name_is_typed(stage, cognito):
    open_account(stage, cognito, "Delete account")
    stage.title("Delete account")
    expect(stage.panel).to_contain_text("The account of ada is deleted from the user pool for good.")
    expect(stage.field("To be sure, type ada")).to_be_focused()
    stage.look("account: delete")
    stage.page.keyboard.press("Enter")
    expect(stage.field("To be sure, type ada")).to_have_accessible_description(re.compile("fill this in"))
    stage.page.keyboard.type("bob")
    stage.page.keyboard.press("Enter")
    expect(stage.alert).to_have_text("That is not ada, so nothing is deleted")
    expect(stage.field("To be sure, type ada")).to_be_focused()
    assert "ada" in [user.username for user in cognito.users]
    stage.type("To be sure, type ada", "ada")
    stage.press("Delete account")
    expect(stage.bar).to_contain_text("Your account is deleted.")
    assert [user.username for user in cognito.users] == []
    stage.press("Sign in")
    stage.title("Sign in to AWS")


def test_where_administrators_make_the_accounts_they_end_them_too(stage, cognito):
    stage.show(cognito, self_sign_up=False)
    stage.sign_in("ada", PASSWORD)
    stage.is_in()
    stage.choose_from_menu("More", "Your account…")
    expect(stage.button("Open: Profile")).to_be_visible()
    expect(stage.button("Open: Delete account")).to_have_count(0)


# --- and what else may happen -----------------------------------------------------------------------------------------


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
    words = copy.evaluate_handle(NOTE_WORDS)
    stage.page.keyboard.press("Enter")
    stage.page.wait_for_function("(words) => words.length === 2", arg=words)
    assert words.json_value() == ["Copied", "Copy"]
    copied = stage.page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(r"eu-west-1:[0-9a-f-]{36}", copied)
    expect(stage.bar).to_contain_text(f"{copied[:14]}…{copied[-4:]}")
    expect(stage.bar).to_contain_text("AWS credentials until")
    expect(stage.bar).to_contain_text("Groups: analysts, <b>admins</b>")


def show_eve(stage, cognito, label: str = "") -> None:
    """Show the bar of somebody whose sign-in at a company ends in five minutes; its button, where that has a label."""
    company = cognito.identities.add_provider("login.example.com")
    ending, fresh = (
        company.token("eve", email="eve@example.com", lifetime=timedelta(minutes=minutes)) for minutes in (5, 60)
    )
    companies = {"login.example.com": {"label": label, "token": "corp:token"}} if label else {}
    (stage.path.parent / "corp.py").write_text(f"def token():\n    return {fresh!r}\n")
    before = SHOW_EVE.format(companies=companies, token=ending)
    stage.show(cognito, before=before, identity_pool_id=cognito.identities.pool_id, is_in=True)


def test_a_sign_in_that_ends_soon_goes_on_at_the_press_of_the_companys_button(stage, cognito):
    show_eve(stage, cognito, "Example Corp")
    expect(stage.bar).to_contain_text("Sign in there again to go on.")
    stage.look("bar: a company's sign-in that ends soon", stage.bar)
    stage.press("Continue with \u2068Example Corp\u2069")
    expect(stage.bar).to_contain_text("Session renews automatically")
    expect(stage.bar).not_to_contain_text("Sign in there again")


def test_without_a_button_a_sign_in_that_ends_soon_is_made_anew_and_there_is_no_account_page(stage, cognito):
    show_eve(stage, cognito)
    expect(stage.bar).to_contain_text("Sign out, then sign in again.")
    stage.press("More")
    expect(stage.bar.get_by_role("menuitem", name="Sign out here")).to_be_focused()
    expect(stage.bar.get_by_role("menuitem", name="Your account…")).to_have_count(0)
    stage.page.keyboard.press("Escape")


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
