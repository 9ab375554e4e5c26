"""The pages of the panel that are no challenge: where each leads, what it does, and that no secret is in its state."""

import json
from datetime import timedelta

import pytest

from nbauth.core.account import UserSession
from nbauth.core.secret import Secret
from nbauth.errors import (
    AliasExists,
    ChallengeExpired,
    CodeDeliveryFailure,
    LimitExceeded,
    RefreshRefused,
    ServiceUnavailable,
)
from nbauth.testing.makers import totp
from nbauth.widgets import qr
from nbauth.widgets.panel import Panel
from nbauth.widgets.route import Route, is_within
from nbauth.widgets.screens import Asked, Go, account_sessions
from nbauth.widgets.words import Words
from tests.unit.widgets.drawn import screen_for

FRESH = "fresh-sentinel-password"
GRACE = {"username": "grace", "email": "grace@example.com", "custom:team": "Compilers", "password": FRESH}


def on(title):
    return lambda view: view["kind"] == "panel" and view["screen"]["title"] == title and not view["screen"]["busy"]


def in_bar(view):
    return view["kind"] == "bar" and not view["busy"]


def said(view):
    return view["kind"] == "panel" and view["screen"]["said"] and not view["screen"]["busy"]


def refused(view):
    return view["kind"] == "panel" and view["screen"]["error"] and not view["screen"]["busy"]


def fields(view):
    return [field["name"] for field in view["screen"]["fields"]]


@pytest.fixture
def ask(panel, page):
    """Press a button and wait for the page that it leads to."""

    def ask(action, title, **more):
        page.act(panel, action, **more)
        return page.wait_for(panel, on(title))

    return ask


@pytest.fixture
def enter(panel, page):
    """Fill in the form and wait for what matches."""

    def enter(matches, **values):
        page.submit(panel, **values)
        return page.wait_for(panel, on(matches) if isinstance(matches, str) else matches)

    return enter


# --- making an account ------------------------------------------------------------------------------------------------


@pytest.fixture
def settings():
    return {
        "username_attributes": ["username", "email"],
        "sign_up_attributes": ["email", "custom:team"],
        "password_policy": {"min_length": 8, "require_numbers": True},
        "passkey_domain": "example.com",
    }


def test_a_sign_up_asks_for_what_the_pool_must_know_and_ends_signed_in(ask, enter, page, users):
    view = ask("sign_up", "Create an account")
    assert fields(view) == ["username", "email", "custom:team", "password"]
    assert view["screen"]["fields"][0]["label"] == "User name"  # the address is another way to sign in, and no name
    assert [rule["text"] for rule in view["screen"]["fields"][3]["rules"]] == ["At least 8 characters", "A number"]
    view = enter("Confirm your account", **GRACE)
    assert "grace" in view["screen"]["subtitle"]
    assert enter(refused, code="0")["screen"]["error"] == "That code is not right: try again"
    assert enter(in_bar, code=users.sent_codes["grace"])["username"] == "grace"
    assert users.named("grace").attributes["custom:team"] == "Compilers"
    assert FRESH not in page.everything()


def test_another_code_can_be_asked_for(ask, enter, page, panel, users):
    ask("sign_up", "Create an account")
    before = enter("Confirm your account", **GRACE)
    page.act(panel, "resend")
    after = page.wait_for(panel, said)
    assert after["screen"]["said"] == "A new code is on its way."
    assert after["screen"]["id"] != before["screen"]["id"]
    assert after["screen"]["resend"]["again_at"] >= before["screen"]["resend"]["again_at"]


def test_a_code_that_could_not_be_sent_is_said_and_asked_for_at_once(ask, enter, user_accounts):
    user_accounts.fail_next(CodeDeliveryFailure("unsent"), on="sign_up")
    ask("sign_up", "Create an account")
    view = enter("Confirm your account", **GRACE)
    assert view["screen"]["hint"] == "The code could not be sent. Ask for another one."


def test_an_address_of_another_account_is_taken_over_on_purpose_only(ask, enter, page, panel, users, user_accounts):
    ask("sign_up", "Create an account")
    enter("Confirm your account", **GRACE)
    user_accounts.fail_next(AliasExists("taken"), on="confirm_sign_up")
    page.submit(panel, code=users.sent_codes["grace"])
    page.wait_for(panel, lambda view: on("Confirm your account")(view) and "links" in view["screen"])
    page.act(panel, "take_over")
    assert page.wait_for(panel, in_bar)["username"] == "grace"
    assert users.sent_codes["grace"] not in page.everything()


def test_an_account_that_waits_for_its_code_leads_to_where_that_is_entered(enter, users, password):
    users.named("ada").confirmed = False
    enter("Confirm your account", username="ada", password=password)
    assert enter(in_bar, code=users.sent_codes["ada"])["username"] == "ada"


def test_back_leads_the_way_that_people_came(ask, page, panel):
    ask("sign_up", "Create an account")
    ask("back", "Sign in to AWS")
    ask("forgot_password", "Reset your password")
    page.act(panel, "cancel")
    page.wait_for(panel, in_bar)
    ask("sign_in", "Sign in to AWS")


# --- passwords --------------------------------------------------------------------------------------------------------


def test_a_forgotten_password_is_replaced(ask, enter, users, page):
    users.named("ada").attributes |= {"email": "ada@example.com", "email_verified": "true"}
    ask("forgot_password", "Reset your password")
    view = enter("Choose a new password", username="ada")
    assert fields(view) == ["code", "new_password"]
    assert enter(refused, code="0", new_password=FRESH)["screen"]["error"] == "That code is not right: try again"
    assert enter(in_bar, code=users.sent_codes["ada"], new_password=FRESH)["username"] == "ada"
    assert FRESH not in page.everything()


def test_a_password_that_must_be_reset_is_reset_first(enter, users, password):
    users.named("ada").must_reset = True
    view = enter("Reset your password", username="ada", password=password)
    assert view["screen"]["fields"][0]["value"] == "ada"
    assert view["screen"]["links"] == [{"action": "have_code", "label": "I have a code"}]


# --- coming back ------------------------------------------------------------------------------------------------------


def expire(session, users, clock, password, why):
    session.sign_in("ada", password)
    clock.advance(timedelta(hours=2))
    users.fail_next(why, on="refresh")
    with pytest.raises(Exception, match=r".+"):
        session.get_tokens(wait=False)


def test_whoever_comes_back_types_the_password_only(panel, page, session, users, clock, password, ask):
    expire(session, users, clock, password, RefreshRefused("Over."))
    panel.open_form()
    view = page.wait_for(panel, on("Welcome back, ada"))
    assert (fields(view), view["screen"]["username"]) == (["password"], "ada")
    assert fields(ask("somebody_else", "Sign in to AWS")) == ["username", "password"]
    ask("back", "Welcome back, ada")
    page.submit(panel, password=password)
    assert page.wait_for(panel, in_bar)["username"] == "ada"


def test_whoever_is_offline_is_asked_for_nothing(panel, page, session, users, clock, password):
    expire(session, users, clock, password, ServiceUnavailable("No answer.", reason="offline"))
    panel.open_form()
    assert fields(page.wait_for(panel, on("You are offline"))) == []
    page.submit(panel)
    assert page.wait_for(panel, in_bar)["state"] == "SIGNED_IN"


# --- right after a sign-in --------------------------------------------------------------------------------------------


@pytest.fixture
def unproved(monkeypatch, session):
    """Have the ID token of whoever signs in say that their address was never proved."""
    get_tokens = session.get_tokens

    def with_claims(**options):
        tokens = get_tokens(**options)
        object.__setattr__(tokens, "claims", {**tokens.claims, "email": "ada@example.com", "email_verified": False})
        return tokens

    monkeypatch.setattr(session, "get_tokens", with_claims)


def test_an_address_that_was_never_proved_is_proved(enter, users, password, unproved):
    users.named("ada").attributes["email"] = "ada@example.com"
    view = enter("Verify a way to reach you", username="ada", password=password)
    assert view["screen"]["fields"][0]["choices"] == [["email", "E-mail address: a***@example.com"]]
    enter("Enter the code we sent you", attribute="email")
    assert enter(in_bar, code=users.sent_codes["ada"])["message"] == "Verified."
    assert users.named("ada").attributes["email_verified"] == "true"


def test_what_is_offered_can_be_put_off(enter, page, panel, password, unproved):
    enter("Verify a way to reach you", username="ada", password=password)
    page.act(panel, "close")
    assert page.wait_for(panel, in_bar)["username"] == "ada"


def test_a_passkey_is_offered_where_the_page_can_make_one(page, panel, enter, users, password):
    page.say(panel, {"type": "ready", "view": "a", "passkey_host": "nb.example.com"})
    view = enter("Sign in without a password next time", username="ada", password=password)
    page.say(panel, {"type": "material", "view": "a", "screen": view["screen"]["id"]})
    sent = page.received(panel.model_id)[-1]
    assert sent["view"] == "a"
    assert sent["material"]["create"]["challenge"] not in json.dumps(panel.view)


@pytest.mark.parametrize("host", ["", "127.0.0.1", "badexample.com"])
def test_a_passkey_is_not_offered_where_it_cannot_be_made(page, panel, enter, password, host):
    page.say(panel, {"type": "ready", "view": "a", "passkey_host": host})
    assert enter(in_bar, username="ada", password=password)["username"] == "ada"


@pytest.mark.parametrize(
    ("host", "domain", "within"),
    [("a.b", "a.b", True), ("x.a.b", "a.b", True), ("xa.b", "a.b", False), ("", None, False), ("a.b", None, False)],
)
def test_a_page_is_within_its_domain(host, domain, within):
    assert is_within(host, domain) is within


# --- the account page -------------------------------------------------------------------------------------------------


@pytest.fixture
def at_home(panel, page, session, password, ask):
    session.sign_in("ada", password)
    page.wait_for(panel, in_bar)
    ask("account", "Your account")
    return panel


def test_the_profile_is_changed_and_what_is_new_is_proved(at_home, ask, enter, users, page):
    users.named("ada").attributes |= {"name": "Ada", "custom:team": "One"}
    view = ask("profile", "Profile")
    assert fields(view) == ["name", "email", "phone_number", "custom:team"]
    view = enter(said, name="Ada Lovelace", email="", phone_number="", **{"custom:team": ""})
    assert view["screen"]["said"] == "Saved."
    assert users.named("ada").attributes["name"] == "Ada Lovelace"
    assert "custom:team" not in users.named("ada").attributes
    values = {"name": "Ada Lovelace", "email": "ada@example.com", "phone_number": ""}
    enter("Enter the code we sent you", **values)
    view = enter(said, code=users.sent_codes["ada"])
    assert (view["screen"]["title"], view["screen"]["said"]) == ("Profile", "Verified.")


def test_an_address_is_proved_from_the_profile(at_home, ask, users, page):
    users.named("ada").attributes["email"] = "ada@example.com"
    view = ask("profile", "Profile")
    assert view["screen"]["fields"][1]["note"] == "not verified"
    ask("verify", "Enter the code we sent you", item="email")


def test_the_password_is_changed(at_home, ask, enter, password, users):
    ask("password", "Password")
    wrong = enter(refused, password="wrong", new_password=FRESH)
    assert "not right" in wrong["screen"]["error"] or "Incorrect" in wrong["screen"]["error"]
    assert enter(said, password=password, new_password=FRESH)["screen"]["said"] == "The password is changed."


def test_an_app_is_set_up_and_its_key_goes_to_the_page_that_asks_and_nowhere_else(
    at_home, ask, enter, page, users, clock
):
    ask("mfa", "Second step")
    view = ask("set_up", "Set up an authenticator app")
    assert page.received(at_home.model_id) == []
    page.say(at_home, {"type": "material", "view": "b", "screen": "0"})
    assert page.received(at_home.model_id) == []  # of a screen that is not there
    page.say(at_home, {"type": "material", "view": "b", "screen": view["screen"]["id"]})
    (sent,) = page.received(at_home.model_id)
    secret = sent["material"]["key"].replace(" ", "")
    assert sent["material"]["picture"]["path"].startswith("M4 4h1v1h-1z")
    assert secret not in repr(at_home.get_state()) + json.dumps(at_home.view)
    view = enter(said, code=totp(secret, clock.now()))
    assert view["screen"]["said"] == "The authenticator app is set up."
    assert users.named("ada").mfa.preferred == "totp"
    enter(said, preferred="off")
    assert users.named("ada").mfa.enabled == ()


def test_passkeys_are_listed_added_and_removed(at_home, ask, enter, page, users):
    assert ask("passkeys", "Passkeys")["screen"]["hint"] == "No passkeys yet."
    view = ask("add", "Add a passkey")
    assert view["screen"]["domain"]
    assert enter(said, credential='{"id": "a-passkey"}')["screen"]["title"] == "Passkeys"
    ask("add", "Add a passkey")
    ask("back", "Passkeys")


def test_sessions_are_listed_and_all_but_this_one_can_be_ended():
    places = (UserSession("1", device="Laptop", is_current=True), UserSession("2", client_id="other", location="Bern"))
    drawn = account_sessions.screen(Asked(about={"sessions": places}))
    assert [(item["title"], item["note"], len(item["actions"])) for item in drawn["items"]] == [
        ("Laptop", "This one", 0),
        ("other", "Bern", 1),
    ]


def test_only_buttons_that_are_there_can_be_pressed(at_home, ask, page, users):
    ask("devices", "Devices")
    before = dict(at_home.view)
    page.act(at_home, "forget", item="a-key")
    page.act(at_home, "set_up")
    assert at_home.view == before


def test_what_goes_wrong_is_said_where_people_are(at_home, page, user_accounts):
    user_accounts.fail_next(ServiceUnavailable("No answer."), on="list_devices")
    page.act(at_home, "devices")
    assert page.wait_for(at_home, refused)["screen"]["error"] == "No answer."


def test_a_sign_out_elsewhere_closes_the_account_page(at_home, page, session):
    session.sign_out()
    assert page.wait_for(at_home, in_bar)["state"] == "SIGNED_OUT"


# --- what all pages share ---------------------------------------------------------------------------------------------


def test_a_lock_is_counted_down(panel, page, users, password):
    users.fail_next(LimitExceeded("Too many attempts", code="NotAuthorizedException"))
    page.submit(panel, username="ada", password=password)
    assert page.wait_for(panel, refused)["screen"]["locked_until"] > 0


def test_a_limit_of_an_hour_is_not_counted_down(panel, page, users, password):
    users.fail_next(LimitExceeded("Too many attempts", code="LimitExceededException"))
    page.submit(panel, username="ada", password=password)
    assert page.wait_for(panel, refused)["screen"]["locked_until"] is None


def test_the_first_page_that_shows_it_chooses_the_language(panel, page):
    page.say(panel, {"type": "ready", "view": "a", "languages": ["de", 7]})
    assert panel.words["lang"] == "de"
    page.say(panel, {"type": "ready", "view": "b", "languages": ["en"]})
    assert panel.words["lang"] == "de"


def test_the_language_of_the_settings_comes_before_that_of_a_page(session, page):
    session.language = "sv-SE"
    panel = Panel(session, form=True)
    page.say(panel, {"type": "ready", "view": "a", "languages": ["de"]})
    assert panel.words["lang"] == "sv"
    assert panel.words["panel.back"] == Words("sv")("panel.back")
    panel.close()


def test_a_page_that_was_on_the_way_is_gone_back_to():
    route = Route()
    for page in (Go("account"), Go("mfa"), Go("app"), Go("mfa", {"new": True})):
        route.go(page)
    assert route.page == Go("mfa", {"new": True})
    route.back()
    assert route.page == Go("account")


def test_a_sign_in_made_elsewhere_is_said(panel, page, session, password):
    session.sign_in("ada", password)
    assert page.wait_for(panel, in_bar)["message"] == "The sign-in was made by code, or in another notebook."


def test_a_key_is_read_in_groups_of_four():
    assert qr.grouped(Secret("ABCDEFGHIJ")) == "ABCD EFGH IJ"
    picture = qr.draw(Secret("otpauth://totp/x?secret=ABCD"))
    assert picture["size"] > 21
    assert "<" not in picture["path"]


def test_a_passkey_that_took_too_long_is_begun_anew(at_home, ask, enter, user_accounts, page):
    ask("passkeys", "Passkeys")
    before = ask("add", "Add a passkey")
    user_accounts.fail_next(ChallengeExpired("late"), on="complete_passkey")
    page.submit(at_home, credential="{}")
    after = page.wait_for(
        at_home, lambda view: view["kind"] == "panel" and view["screen"]["id"] != before["screen"]["id"]
    )
    assert after["screen"]["title"] == before["screen"]["title"]


def test_every_page_that_leads_somewhere_has_a_way_back(at_home):
    pages = ("sign_up", "forgot_password", "account_password")
    assert all(screen_for(Asked(), page)["secondary"][0]["action"] == "back" for page in pages)


def test_a_panel_under_a_cell_offers_nothing_after_the_sign_in(session, page, password, unproved):
    panel = Panel(session, waiting=True)
    page.submit(panel, username="ada", password=password)
    session.wait_for_sign_in(10)
    assert panel.view["screen"]["title"] != "Verify a way to reach you"
