"""The account page and the pages that it leads to: what each offers, what it does, and what it says of it."""

from datetime import UTC, datetime

import pytest

from nbauth.companies import Company
from nbauth.core.account import Device, MfaPreference, Passkey
from nbauth.core.user_state import UserState
from nbauth.errors import ChallengeExpired, ConfigError, InvalidParameter, LimitExceeded, NotAuthorized
from nbauth.testing import tokens
from nbauth.widgets.errand import Outcome
from nbauth.widgets.panel import Panel
from nbauth.widgets.screens import (
    Asked,
    account,
    account_mfa,
    account_passkeys,
    account_profile,
)
from nbauth.widgets.showing import Showing
from nbauth.widgets.words import Words
from tests.unit.widgets.drawn import run, screen_for

NOT_SET_UP = ConfigError("The user pool is not set up for this", case="not_set_up")
NOT_ENABLED = InvalidParameter("EMAIL_OTP is not enabled for the user pool", case="unfit_request")


@pytest.fixture
def ada(users):
    return users.named("ada")


@pytest.fixture
def showing(session, password):
    session.sign_in("ada", password)
    return Showing(session, words=Words())


@pytest.fixture
def visit(showing):
    """Go to a page, and return what is drawn there."""

    def visit(page):
        showing.ended("account", Outcome(page))
        return showing.draw(None)["screen"]

    return visit


@pytest.fixture
def submit(showing):
    """Answer the screen that stands, and return what is drawn then."""

    def submit(**values):
        screen = showing.screen
        view = run(showing, "submit", showing.submitting(screen, screen.read(values)))
        return view["screen"] if view["kind"] == "panel" else view

    return submit


@pytest.fixture
def press(showing):
    """Press a button of the screen that stands, and return what is drawn then."""

    def press(action, item=""):
        verb = showing.screen.pressing(action, item)
        assert verb, f"there is no button for {action} {item}"
        return run(showing, "submit", verb)["screen"]

    return press


@pytest.fixture
def back(showing):
    """Go back, and return what is drawn then."""

    def back():
        showing.step_back(all_the_way=False)
        return showing.draw(None)["screen"]

    return back


def field(screen, name):
    return next(field for field in screen["fields"] if field["name"] == name)


def choices(screen):
    return [kind for kind, _ in field(screen, "preferred")["choices"]]


def pages(screen):
    return [item["actions"][0]["action"] for item in screen["items"]]


def buttons(screen, where="links"):
    return [(button["action"], button.get("item", "")) for button in screen.get(where, ())]


# --- the profile ------------------------------------------------------------------------------------------------------


@pytest.fixture
def profile(ada, session, visit):
    ada.attributes |= {"email": "ada@example.com", "email_verified": "true"}
    return visit(account_profile.load(session))


def test_who_goes_back_from_the_code_sees_the_new_address_and_that_it_is_not_proved(profile, submit, back):
    assert field(profile, "email")["note"] == "verified"
    submit(name="", email="ada@example.org", phone_number="")
    screen = back()
    assert screen["title"] == "Profile"
    assert (field(screen, "email")["value"], field(screen, "email")["note"]) == ("ada@example.org", "not verified")
    assert buttons(screen) == [("verify", "email")]


def test_a_new_address_and_a_new_number_are_proved_one_after_the_other(profile, submit, back, ada, users):
    first = submit(name="", email="ada@example.org", phone_number="+447700900123")
    assert "e-mail" in first["hint"]
    sent_last = int(users.sent_codes["ada"])  # they count up
    second = submit(code=f"{sent_last - 1:06}")
    assert "text message" in second["hint"]
    assert second["said"] == "Verified."
    assert ada.attributes["email_verified"] == "true"
    assert buttons(back()) == [("verify", "phone_number")]


def test_the_profile_comes_back_once_all_that_is_new_is_proved(profile, submit, ada, users):
    submit(name="", email="ada@example.org", phone_number="+447700900123")
    sent_last = int(users.sent_codes["ada"])
    submit(code=f"{sent_last - 1:06}")
    screen = submit(code=f"{sent_last:06}")
    assert (screen["title"], screen["said"], buttons(screen)) == ("Profile", "Verified.", [])


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (
            InvalidParameter("No.", case="fixed_attribute", about={"attribute": "name"}),
            "Name cannot be changed here. The rest is not saved yet.",
        ),
        (NotAuthorized("No.", case="fixed_attribute"), "That cannot be changed here: ask the pool's administrator"),
    ],
)
def test_what_is_not_the_users_to_change_is_text_from_then_on(refusal, said, profile, submit, ada, user_accounts):
    user_accounts.fail_next(refusal, on="update_attributes")
    screen = submit(name="Ada", email="ada@example.com", phone_number="+447700900123")
    assert said in (screen["said"], screen["error"])
    if refusal.about:
        assert [one["name"] for one in screen["fields"]] == ["email", "phone_number"]
        assert (screen["items"][0]["title"], field(screen, "phone_number")["value"]) == ("Name", "+447700900123")
        submit(email="ada@example.com", phone_number="+447700900123")
        assert ada.attributes["phone_number"] == "+447700900123"


def test_the_only_thing_that_was_changed_is_the_one_that_cannot_be(profile, submit, user_accounts):
    user_accounts.fail_next(NotAuthorized("No.", case="fixed_attribute"), on="update_attributes")
    screen = submit(name="Ada", email="ada@example.com", phone_number="")
    assert screen["said"] == "Name cannot be changed here."
    assert [one["name"] for one in screen["fields"]] == ["email", "phone_number"]


# --- what a pool does not offer ---------------------------------------------------------------------------------------


def test_what_the_installed_botocore_cannot_ask_for_is_not_on_the_account_page(session, visit, monkeypatch):
    assert "sessions" in pages(visit(account.load(session)))
    monkeypatch.setattr("nbauth.testing.fake_accounts.FakeUserAccounts.knows_user_sessions", False)
    assert "sessions" not in pages(visit(account.load(session)))


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("devices", "This user pool does not remember devices."),
        ("passkeys", "This user pool does not offer passkeys."),
        ("sessions", "This user pool keeps no list of sessions."),
    ],
)
def test_a_page_that_the_pool_turns_out_not_to_have_is_offered_no_more(
    page, said, session, visit, press, user_accounts
):
    operations = {"devices": "list_devices", "passkeys": "list_passkeys", "sessions": "list_user_sessions"}
    visit(account.load(session))
    user_accounts.fail_next(NOT_SET_UP, on=operations[page])
    screen = press(page)
    assert (screen["title"], screen["said"], screen["error"]) == ("Your account", said, "")
    assert not screen["done"]
    assert page not in pages(screen)


def test_what_is_wrong_in_the_settings_is_said_and_the_page_stays_on_offer(session, visit, press, user_accounts):
    visit(account.load(session))
    user_accounts.fail_next(ConfigError("client_secret does not fit", case="client_secret"), on="list_devices")
    screen = press("devices")
    assert screen["error"]
    assert "devices" in pages(screen)


@pytest.fixture
def second_step(ada, session, visit):
    ada.attributes |= {"email": "ada@example.com", "email_verified": "true"}
    ada.attributes |= {"phone_number": "+447700900123", "phone_number_verified": "true"}
    return visit(account_mfa.load(session))


def test_a_second_step_that_the_pool_does_not_offer_is_offered_no_more(second_step, submit, user_accounts):
    assert choices(second_step) == ["off", "sms", "email"]
    user_accounts.fail_next(NOT_ENABLED, on="set_mfa_preference")
    screen = submit(preferred="email")
    assert (screen["said"], screen["error"]) == ("This user pool does not offer codes by e-mail.", "")
    assert choices(screen) == ["off", "sms"]
    user_accounts.fail_next(NOT_ENABLED, on="set_mfa_preference")
    screen = submit(preferred="sms")
    assert screen["fields"] == []
    assert (screen["submit"], screen["hint"]) == ("", "No second step, as there is nothing else to choose.")


def test_a_second_step_that_the_pool_requires_cannot_be_switched_off(second_step, submit, ada, user_accounts):
    submit(preferred="email")
    user_accounts.fail_next(NOT_ENABLED, on="set_mfa_preference")
    screen = submit(preferred="off")
    assert screen["said"] == "This user pool requires a second step."
    assert (choices(screen), field(screen, "preferred")["value"]) == (["sms", "email"], "email")
    assert ada.mfa == MfaPreference(email=True, preferred="email")


def test_what_has_nothing_to_do_with_the_pool_leaves_the_choice_as_it_is(second_step, submit, user_accounts):
    user_accounts.fail_next(LimitExceeded("Too many attempts"), on="set_mfa_preference")
    screen = submit(preferred="email")
    assert screen["error"]
    assert choices(screen) == ["off", "sms", "email"]


def test_an_authenticator_app_that_the_pool_does_not_take_is_offered_no_more(second_step, press, user_accounts):
    user_accounts.fail_next(ChallengeExpired("Start over", case="no_second_step"), on="set_up_totp")
    screen = press("set_up")
    assert screen["said"] == "This user pool does not offer authenticator apps."
    assert buttons(screen) == []


def test_passkeys_that_the_pool_does_not_take_cannot_be_added(session, visit, press, user_accounts):
    assert buttons(visit(account_passkeys.load(session))) == [("add", "")]
    user_accounts.fail_next(NOT_SET_UP, on="start_passkey")
    screen = press("add")
    assert (screen["said"], buttons(screen)) == ("This user pool does not offer passkeys.", [])
    assert not screen["done"]


# --- what is removed --------------------------------------------------------------------------------------------------


def test_a_passkey_is_removed_once_that_is_confirmed(ada, session, visit, press):
    ada.passkeys |= {name: Passkey(name, name.title()) for name in ("laptop", "phone")}
    visit(account_passkeys.load(session))
    screen = press("ask", "phone")
    assert screen["said"] == "Remove this passkey? Nobody can sign in with it then."
    assert not screen["done"]
    assert [buttons(item, "actions") for item in screen["items"]] == [
        [("ask", "laptop")],
        [("keep", "phone"), ("remove", "phone")],
    ]
    assert list(ada.passkeys) == ["laptop", "phone"]
    assert [len(item["actions"]) for item in press("keep", "phone")["items"]] == [1, 1]
    press("ask", "phone")
    screen = press("remove", "phone")
    assert (screen["said"], list(ada.passkeys)) == ("Removed.", ["laptop"])
    assert screen["done"]
    assert [item["title"] for item in screen["items"]] == ["Laptop"]
    assert "your last passkey" in press("ask", "laptop")["said"]


# --- devices ----------------------------------------------------------------------------------------------------------


def devices(*, own, remembered):
    used_at = datetime(2026, 5, 4, tzinfo=UTC)
    status = {"dev:device_remembered_status": "remembered" if remembered else "not_remembered"}
    known = (Device("key-1", "Laptop", status, last_used_at=used_at), Device("key-2", "Hub"))
    return screen_for(Asked(about={"devices": known, "own": own}), "account_devices")["items"]


def test_this_device_is_marked_and_may_be_remembered_where_it_is_not():
    this, other = devices(own="key-1", remembered=False)
    assert this["note"] == "This device · not remembered · Last used {date}"
    assert buttons(this, "actions") == [("remember", "key-1"), ("ask", "key-1")]
    assert (other["note"], buttons(other, "actions")) == ("", [("ask", "key-2")])


def test_a_device_that_is_remembered_is_not_asked_for_again():
    this, _ = devices(own="key-1", remembered=True)
    assert (this["note"], buttons(this, "actions")) == ("This device · Last used {date}", [("ask", "key-1")])


def test_another_device_is_remembered_there_only():
    this, _ = devices(own="key-2", remembered=False)
    assert (this["note"], buttons(this, "actions")) == ("not remembered · Last used {date}", [("ask", "key-1")])


# --- the end of the account -------------------------------------------------------------------------------------------


@pytest.fixture
def deletion(session, visit, press):
    visit(account.load(session))
    return press("delete")


def test_who_types_the_name_deletes_the_account(deletion, submit, session, users):
    assert "The account of ada is deleted from the user pool for good." in deletion["hint"]
    assert deletion["fields"][0]["label"] == "To be sure, type ada"
    view = submit(name="ada")
    assert (view["kind"], view["message"]) == ("bar", "Your account is deleted.")
    assert session.state is UserState.SIGNED_OUT
    assert users.named("ada") is None


@pytest.mark.parametrize("name", ["Ada", "bob", "ada@example.com", "a da"])
def test_another_name_deletes_nothing(name, deletion, submit, session, users):
    screen = submit(name=name)
    assert screen["error"] == "That is not ada, so nothing is deleted"
    assert session.is_signed_in
    assert users.named("ada") is not None


def test_where_administrators_make_the_accounts_they_end_them_too():
    offered = screen_for(Asked(offers_sign_up=False), "account")
    assert "delete" not in pages(offered)
    assert pages(screen_for(Asked(), "account"))[-1] == "delete"


# --- who is vouched for by another provider ---------------------------------------------------------------------------


def test_a_sign_in_that_comes_to_an_end_goes_on_at_the_press_of_a_button(session, page, clock):
    token, given = tokens("eve", issued_at=clock.now()).id_token, []
    vars(session)["companies"] = (Company("login.example.com", "Example Corp", lambda: given.append(1) or token),)
    session.federated_sign_in("login.example.com", token)
    panel = Panel(session)
    assert panel.view["actions"][0]["action"] == "company"
    page.act(panel, "company")
    view = page.wait_for(panel, lambda view: view["renews"] and not view["busy"])
    assert (given, [action["action"] for action in view["actions"]]) == ([1], ["refresh", "sign_out"])
