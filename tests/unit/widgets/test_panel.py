"""The panel: what it tells a page, and what it does with what a page says."""

import json
import logging
import threading
from datetime import timedelta

import ipywidgets
import pytest

from nbauth.errors import LimitExceeded, NotAuthorized, RefreshRefused, ServiceUnavailable
from nbauth.testing.makers import totp
from nbauth.widgets import redaction
from nbauth.widgets.errand import Outcome
from nbauth.widgets.panel import Panel
from nbauth.widgets.words import Words

IN_TIME = 10  # seconds; what a test waits for comes at once or never
MARKUP = "<img src=x onerror=alert(1)>"


def is_bar(view):
    return view["kind"] == "bar" and not view["busy"]


def has_error(view):
    return bool(view["screen"]["error"])


def asks(title):
    return lambda view: view["kind"] == "panel" and view["screen"]["title"] == title


def test_a_right_password_turns_the_form_into_the_status_bar(panel, page, password):
    page.submit(panel, username="ada", password=password)
    view = page.wait_for(panel, is_bar)
    assert (view["state"], view["username"], view["account"]) == ("SIGNED_IN", "ada", "research")


def test_a_wrong_password_is_said_in_the_form_which_stays_the_same(panel, page):
    before = panel.view["screen"]
    page.submit(panel, username="ada", password="wrong")
    after = page.wait_for(panel, has_error)["screen"]
    assert after["error"] == "Incorrect e-mail address or password"
    assert {**after, "error": ""} == before


def test_the_password_is_in_no_trait_and_in_no_message_to_the_page(panel, page, password):
    page.submit(panel, username="ada", password="wrong-" + password)
    page.wait_for(panel, has_error)
    page.submit(panel, username="ada", password=password)
    page.wait_for(panel, is_bar)
    seen = page.everything() + repr(panel.get_state()) + repr(ipywidgets.Widget.get_manager_state()) + repr(panel.keys)
    assert password not in seen
    assert "view" in panel.keys


def test_the_message_that_brought_a_password_no_longer_holds_it(panel, page, password):
    message = {
        "type": "submit",
        "screen": panel.view["screen"]["id"],
        "values": {"username": "ada", "password": password},
    }
    page.say(panel, message)
    assert password not in json.dumps(message)


def test_a_submit_of_an_earlier_screen_is_ignored(panel, page, users, password):
    page.submit(panel, screen="0", username="ada", password=password)
    assert users.calls == []
    assert page.received(panel.model_id) == [{"type": "clear"}]


def test_a_second_submit_while_the_first_is_under_way_does_nothing(panel, page, users, password):
    with users.hold_next("initiate_auth") as hold:
        page.submit(panel, username="ada", password=password)
        assert hold.entered.wait(10)
        assert panel.view["screen"]["busy"]
        page.submit(panel, username="ada", password=password)
    page.wait_for(panel, is_bar)
    assert users.calls.count("initiate_auth") == 1


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"username": " ", "password": "x"}, "E-mail address is missing."),
        ({"username": "ada", "password": ""}, "Password is missing."),
        ({"username": ["ada"], "password": {"a": 1}}, "E-mail address is missing."),
        ({}, "E-mail address is missing."),
    ],
)
def test_an_incomplete_submit_goes_nowhere(panel, page, users, values, error):
    page.submit(panel, **values)
    assert panel.view["screen"]["error"] == error
    assert users.calls == []


def test_a_code_may_be_typed_in_groups(panel, page, clock, password):
    page.submit(panel, username="carol", password=password)
    page.wait_for(panel, asks("Enter your authenticator code"))
    code = totp("JBSWY3DPEHPK3PXP", clock.now())
    page.submit(panel, code=f" {code[:3]} {code[3:]} ")
    assert page.wait_for(panel, is_bar)["username"] == "carol"


def test_a_wrong_code_keeps_the_screen(panel, page, password):
    page.submit(panel, username="carol", password=password)
    screen = page.wait_for(panel, asks("Enter your authenticator code"))["screen"]
    page.submit(panel, code="1")
    view = page.wait_for(panel, lambda view: has_error(view) and not view["screen"]["busy"])
    assert view["screen"]["id"] == screen["id"]
    assert view["screen"]["error"] == "That code is not right: try again"


def test_a_temporary_password_leads_to_the_new_password_screen(panel, page, password):
    page.submit(panel, username="bob", password=password)
    page.wait_for(panel, asks("Choose a new password"))
    page.submit(panel, new_password="another-" + password)
    assert page.wait_for(panel, is_bar)["username"] == "bob"
    assert password not in page.everything()


def test_back_leads_to_a_fresh_first_form(panel, page, password):
    first = panel.view["screen"]["id"]
    page.submit(panel, username="carol", password=password)
    page.wait_for(panel, asks("Enter your authenticator code"))
    page.act(panel, "back")
    assert page.wait_for(panel, asks("Sign in to AWS"))["screen"]["id"] != first


def test_back_while_an_answer_is_under_way_leaves_no_trace_of_it(panel, page, users, password):
    users.fail_next(NotAuthorized("Too late."))
    with users.hold_next("initiate_auth") as hold:
        page.submit(panel, username="ada", password=password)
        assert hold.entered.wait(10)
        page.act(panel, "back")
        view = page.wait_for(panel, lambda view: view["kind"] == "panel" and not view["screen"]["busy"])
    assert view["screen"]["error"] == ""


def test_cancel_folds_the_form_into_the_bar_and_sign_in_opens_it_again(panel, page):
    page.submit(panel, username="ada", password="wrong")
    page.wait_for(panel, has_error)
    page.act(panel, "cancel")
    assert page.wait_for(panel, is_bar)["message"] == "Signed out."
    page.act(panel, "sign_in")
    assert page.wait_for(panel, asks("Sign in to AWS"))["screen"]["error"] == ""


def test_cancel_in_a_waiting_cell_releases_the_wait(session, page):
    panel = Panel(session, waiting=True)
    waiter = session._waiters.join(session._waiters.ticket())
    page.act(panel, "cancel")
    assert waiter.done.wait(10)


def test_sign_out_leaves_a_bar_that_offers_to_sign_in(panel, page, session, password):
    session.sign_in("ada", password)
    page.wait_for(panel, is_bar)
    page.act(panel, "sign_out")
    view = page.wait_for(panel, lambda view: view.get("state") == "SIGNED_OUT" and not view["busy"])
    assert [action["action"] for action in view["actions"]] == ["sign_in"]


def test_refresh_gets_new_credentials(panel, page, session, identities, clock, password):
    session.sign_in("ada", password)
    session.get_credentials()
    before = page.wait_for(panel, is_bar)["credentials_expire_at"]
    clock.advance(timedelta(minutes=10))
    page.act(panel, "refresh")
    after = page.wait_for(panel, lambda view: not view["busy"] and view["credentials_expire_at"] != before)
    assert after["credentials_expire_at"] - before == 600


def test_a_refresh_that_fails_says_why_in_the_bar(panel, page, session, identities, password):
    session.sign_in("ada", password)
    session.get_credentials()
    identities.fail_next(ServiceUnavailable("The identity pool does not answer."))
    page.act(panel, "refresh")
    view = page.wait_for(panel, lambda view: view["message"] and not view["busy"])
    assert view["message"] == "The identity pool does not answer."
    assert view["state"] == "SIGNED_IN"


def test_a_sign_in_made_elsewhere_closes_the_form(panel, page, session, password):
    session.sign_in("ada", password)
    assert page.wait_for(panel, is_bar)["username"] == "ada"


def test_a_sign_out_made_elsewhere_does_not_open_the_form(panel, page, session, password):
    session.sign_in("ada", password)
    panel.open_form()
    session.sign_out()
    assert page.wait_for(panel, lambda view: view["state"] == "SIGNED_OUT")["kind"] == "bar"


def test_a_waiting_cell_asks_for_no_password_while_the_network_is_away(session, page, users, clock, password):
    session.sign_in("ada", password)
    clock.advance(timedelta(hours=2))
    users.fail_next(ServiceUnavailable("No answer.", reason="offline"), on="refresh")
    with pytest.raises(ServiceUnavailable):
        session.get_tokens(wait=False)
    panel = Panel(session, waiting=True)
    assert panel.view["kind"] == "bar"
    assert [action["action"] for action in panel.view["actions"]] == ["refresh", "sign_in", "release"]
    assert panel.view["waiting"] == "This cell waits for the network."


def test_a_sign_in_that_was_refused_is_asked_for_again_under_the_waiting_cell(session, page, users, clock, password):
    session.sign_in("ada", password)
    clock.advance(timedelta(hours=2))
    users.fail_next(RefreshRefused("Over."), on="refresh")
    with pytest.raises(Exception, match="ada"):
        session.get_tokens(wait=False)
    screen = Panel(session, waiting=True).view["screen"]
    assert screen["title"] == "Welcome back, ada"
    assert [field["name"] for field in screen["fields"]] == ["password"]


def test_every_widget_of_a_session_shows_the_same(session, page, password):
    panels = [Panel(session, form=True) for _ in range(2)]
    page.submit(panels[0], username="carol", password=password)
    for panel in panels:
        page.wait_for(panel, asks("Enter your authenticator code"))


@pytest.fixture
def home(accounts, page, password):
    """The bar of "research", where ada is signed in."""
    accounts.current.sign_in("ada", password)
    return Panel(accounts.current, accounts=accounts)


def names(view):
    return [account["name"] for account in view["accounts"]]


def test_a_switch_leads_to_the_form_of_an_account_where_nobody_is_signed_in(home, page, accounts):
    page.act(home, "switch", account="work")
    screen = page.wait_for(home, asks("Sign in to AWS"))["screen"]
    assert screen["subtitle"].startswith("Account work · ")
    assert accounts.current.account == "work"


def test_a_switch_leads_to_the_bar_of_an_account_where_somebody_is(home, page, accounts, password):
    accounts.session("work").sign_in("dave", password)
    page.act(home, "switch", account="work")
    view = page.wait_for(home, lambda view: view["username"] == "dave")
    assert [(account["name"], account["username"], account["current"]) for account in view["accounts"]] == [
        ("research", "ada", False),
        ("work", "dave", True),
    ]


def test_a_switch_made_elsewhere_takes_the_panel_along(home, page, accounts):
    accounts.switch("work")
    assert page.wait_for(home, lambda view: view["account"] == "work")["kind"] == "bar"
    assert home.session is accounts.current


def test_a_panel_no_longer_hears_of_the_account_it_has_left(home, page, accounts):
    left = accounts.current
    accounts.switch("work")
    before = dict(home.view)
    left.sign_out()
    assert {**home.view, "accounts": before["accounts"]} == before


def test_a_panel_of_another_account_than_the_current_stays_and_offers_no_choice(session, accounts, page):
    other = Panel(accounts.session("work"), accounts=accounts)
    under_a_cell = Panel(session, waiting=True)
    accounts.switch("home")
    assert (other.view["account"], other.view["accounts"], under_a_cell.session) == ("work", [], session)


def test_a_password_goes_to_the_account_whose_form_it_was_typed_into(home, page, accounts, users, password):
    work = accounts.switch("work")
    home.open_form()
    with users.hold_next("initiate_auth") as hold:
        page.submit(home, username="dave", password=password)
        assert hold.entered.wait(10)
        accounts.switch("research")
        view = dict(home.view)
    assert (view["account"], view["username"], view["busy"]) == ("research", "ada", False)
    work.wait_for_sign_in(10)
    assert (work.username, accounts.current.username) == ("dave", "ada")


def test_what_an_account_was_refused_is_not_held_against_the_next(home, page, accounts, users, password):
    accounts.switch("work")
    home.open_form()
    for _ in range(2):
        users.fail_next(LimitExceeded("Too many attempts", code="NotAuthorizedException"))
        page.submit(home, username="dave", password=password)
        page.wait_for(home, lambda view: has_error(view) and not view["screen"]["busy"])
    accounts.switch("home")
    home.open_form()
    screen = home.view["screen"]
    assert (screen["locked_until"], screen["error"]) == (None, "")


def test_an_errand_that_ends_late_says_nothing_about_the_next_account(home, accounts):
    end = home._errand._ended  # called by an errand that has just ended, and waits for the switch to be done
    accounts.switch("work")
    before = dict(home.view)
    end("refresh", Outcome(error=ServiceUnavailable("No answer.")))
    assert home.view == before


def test_a_name_that_is_none_is_said_in_the_bar(home, page, accounts):
    page.act(home, "switch", account="a\u202eb")
    view = page.wait_for(home, lambda view: view["message"] and is_bar(view))
    assert "it is a name of up to 128 characters" in view["message"]
    assert accounts.current.account == "research"


def test_a_page_that_shows_the_bar_has_other_kernels_accounts_looked_for(home, page, accounts, monkeypatch):
    monkeypatch.setattr("nbauth.stores.kept_accounts", lambda name, key: ["work"])
    monkeypatch.setattr("nbauth.accounts.settings.resolve", lambda **more: accounts.current.config)
    assert names(home.view) == []
    page.say(home, {"type": "ready", "view": "a"})
    assert names(page.wait_for(home, names)) == ["research", "work"]


def test_a_panel_without_accounts_switches_nothing(panel, page, session):
    before = dict(panel.view)
    page.act(panel, "switch", account="work")
    assert panel.view == before


def test_a_closed_panel_no_longer_follows_a_switch(home, page, accounts):
    home.close()
    sent = len(page.messages)
    accounts.switch("work")
    assert len(page.messages) == sent


@pytest.mark.parametrize(("action", "called"), [("sign_out", "revoke"), ("sign_out_everywhere", "sign_out_everywhere")])
def test_signing_out_ends_the_sign_in_here_or_everywhere(home, page, users, action, called):
    page.act(home, action)
    page.wait_for(home, lambda view: view["state"] == "SIGNED_OUT" and is_bar(view))
    assert called in users.calls


def test_what_could_not_be_done_at_a_sign_out_is_said(home, page, users):
    users.fail_next(ServiceUnavailable("there is no network", reason="offline"), on="revoke")
    page.act(home, "sign_out")
    view = page.wait_for(home, lambda view: view["state"] == "SIGNED_OUT" and view["message"] != "Signed out.")
    assert view["message"].startswith("Signed out on this machine. Cognito could not be told: there is no network.")


def test_markup_stays_what_was_typed(panel, page, users, session, password):
    users.add_user(MARKUP, password)
    page.submit(panel, username=MARKUP, password=password)
    assert page.wait_for(panel, lambda view: is_bar(view) and not view["busy"])["username"] == MARKUP
    page.act(panel, "sign_out")
    page.wait_for(panel, lambda view: view["state"] == "SIGNED_OUT" and not view["busy"])
    page.act(panel, "sign_in")
    users.fail_next(NotAuthorized(MARKUP))
    page.submit(panel, username="ada", password=password)
    assert page.wait_for(panel, has_error)["screen"]["error"] == MARKUP


def test_who_begins_to_type_will_find_connections_open(panel, page, users, monkeypatch):
    connected = threading.Event()
    monkeypatch.setattr(users, "warm", lambda *, connect: connect and connected.set())
    page.say(panel, {"type": "typing"})
    assert connected.wait(IN_TIME)


def test_only_the_page_of_the_cell_that_was_run_gets_the_cursor(panel, page):
    page.say(panel, {"type": "ready", "view": "reloaded"})
    panel.views.focus_when_ready()
    page.say(panel, {"type": "ready", "view": "run"})
    page.say(panel, {"type": "ready", "view": "reloaded"})
    told = [message for message in page.received(panel.model_id) if message["type"] == "focus"]
    assert told == [{"type": "focus", "view": "run"}]
    assert panel.views.ready.is_set()


def test_a_page_is_told_the_time_by_which_it_counts_down(panel, page, clock, monkeypatch):
    monkeypatch.setattr("nbauth.widgets.clock.now", lambda session: clock.now())
    page.say(panel, {"type": "ready", "view": "a"})
    told = {"type": "clock", "view": "a", "now": clock.now().timestamp()}
    assert page.received(panel.model_id) == [told]


def test_pages_are_told_when_the_clock_turns_out_to_be_wrong(panel, page, session, users, clock, monkeypatch, password):
    monkeypatch.setattr("nbauth.widgets.clock.now", lambda session: clock.now() + session.clock_offset)
    page.say(panel, {"type": "ready", "view": "a"})
    monkeypatch.setattr(clock, "offset", timedelta(hours=1), raising=False)
    session.sign_in("ada", password)
    told = {"type": "clock", "now": (clock.now() + timedelta(hours=1)).timestamp()}
    assert page.received(panel.model_id)[1:] == [told]


@pytest.mark.parametrize(
    "message", [None, "x", {}, {"type": "submit"}, {"type": "submit", "screen": 1, "values": 2}, {"type": "action"}]
)
def test_a_message_that_makes_no_sense_changes_nothing(panel, page, message):
    before = dict(panel.view)
    page.say(panel, message)
    assert panel.view == before


def test_an_error_of_another_kind_is_said_without_what_it_quotes(panel, page, users, password, caplog):
    users.fail_next(KeyError(f"a bug that quotes {password}"))
    page.submit(panel, username="ada", password=password)
    assert "Error" in page.wait_for(panel, has_error)["screen"]["error"]
    assert password not in page.everything() + caplog.text


def test_a_closed_panel_no_longer_hears_of_the_session(panel, page, session, password):
    layout = panel.layout.model_id
    panel.close()
    sent = len(page.messages)
    session.sign_in("ada", password)
    assert len(page.messages) == sent
    assert page.closed(layout)


def test_a_closed_panel_leaves_nothing_behind_for_the_logs(panel):
    comm_id = panel.comm.comm_id
    assert comm_id in redaction._COMMS
    panel.close()
    assert comm_id not in redaction._COMMS


def test_the_sentence_of_a_page_without_a_kernel_is_text(panel, monkeypatch):
    monkeypatch.setattr(Words, "__call__", lambda words, key, **values: "a < b")
    bundle, _ = panel._repr_mimebundle_()
    assert (bundle["text/html"], bundle["text/plain"]) == ("<p>a &lt; b</p>", "a < b")


def test_a_page_without_a_kernel_shows_a_sentence_and_no_name(panel, page, session, password):
    session.sign_in("ada", password)
    bundle, _ = panel._repr_mimebundle_()
    assert "Run this cell" in bundle["text/html"]
    assert "ada" not in bundle["text/html"] + bundle["text/plain"]


def test_the_comm_logger_shows_no_message_of_ours(panel, page, password, caplog):
    caplog.set_level(logging.DEBUG, logger="Comm")
    logger = logging.getLogger("Comm")
    Panel(panel.session)
    logger.debug("handle_msg[%s](%s)", panel.comm.comm_id, {"content": {"data": {"content": {"password": password}}}})
    logger.debug("handle_msg[%s](%s)", "another", {"content": "visible"})
    assert password not in caplog.text
    assert [record.args for record in caplog.records] == [
        (panel.comm.comm_id, "redacted"),
        ("another", {"content": "visible"}),
    ]
