"""What a page that seals and the panel write each other: sealed from the first letter on, and never in clear again."""

import json

import pytest

from nbauth.testing.makers import totp
from nbauth.widgets.panel import Panel
from tests.unit.widgets.far_end import FarEnd

BROKEN = "What came from the page cannot be opened, so nothing was done: fill in the form once more"
IN_CLEAR = "What came from the page was not sealed as agreed, so nothing was done: reload the page"


def is_bar(view):
    return view["kind"] == "bar" and not view["busy"]


def asks(title):
    return lambda view: view["kind"] == "panel" and view["screen"]["title"] == title


def has_error(view):
    return bool(view["screen"]["error"])


@pytest.fixture
def agree(page):
    """Have a new view agree on a key with a panel, as a browser does."""

    def agree(panel, view="a", far=None):
        far = far or FarEnd(view)
        page.say(panel, {"type": "key", "view": view, "key": far.public_key})
        far.hear(page.wait_for_message(panel, "key", view=view)["key"])
        return far

    return agree


@pytest.fixture
def far(panel, agree):
    return agree(panel)


def letter(far, panel, **values):
    screen = panel.view["screen"]["id"]
    return {"type": "submit", "view": far.view, "screen": screen, "sealed": far.close(screen, values)}


def test_sealed_answers_sign_in(panel, page, far, password):
    page.say(panel, letter(far, panel, username="ada", password=password))
    assert page.wait_for(panel, is_bar)["username"] == "ada"


def test_two_views_of_a_panel_have_a_key_each(panel, page, agree, far, password):
    other = agree(panel, "b")
    page.say(panel, letter(other, panel, username="ada", password="wrong"))
    page.wait_for(panel, has_error)
    page.say(panel, letter(far, panel, username="ada", password=password))
    page.wait_for(panel, is_bar)


def test_a_view_that_cannot_seal_writes_in_clear_beside_one_that_can(panel, page, far, password):
    page.submit(panel, username="ada", password=password)
    page.wait_for(panel, is_bar)


def test_a_view_that_has_a_key_is_not_taken_in_clear(panel, page, far, users, password):
    message = {**letter(far, panel), "values": {"username": "ada", "password": password}}
    del message["sealed"]
    before = panel.view["screen"]
    page.say(panel, message)
    assert panel.view["screen"] == {**before, "error": IN_CLEAR}
    assert users.calls == []
    assert page.received(panel.model_id)[-1] == {"type": "clear"}
    assert password not in json.dumps(message)


def test_a_view_whose_key_is_still_being_made_is_not_taken_in_clear(panel, page, users, monkeypatch, password):
    monkeypatch.setattr("nbauth.widgets.letters.begin", lambda call: None)
    page.say(panel, {"type": "key", "view": "a", "key": FarEnd("a").public_key})
    screen, values = panel.view["screen"]["id"], {"username": "ada", "password": password}
    page.say(panel, {"type": "submit", "view": "a", "screen": screen, "values": values})
    assert panel.view["screen"]["error"] == IN_CLEAR
    assert users.calls == []


@pytest.mark.parametrize("twist", ["of another view", "for another screen", "changed", "from nobody"])
def test_a_letter_that_does_not_open_is_said_in_the_form_which_stays(panel, page, agree, far, users, password, twist):
    message = letter(far, panel, username="ada", password=password)
    if twist == "of another view":
        message["view"] = agree(panel, "b").view
    elif twist == "for another screen":
        message["sealed"] = far.close("0", {"username": "ada", "password": password})
    elif twist == "changed":
        message["sealed"] = message["sealed"][:-8] + "AAAAAAA="
    else:
        message["view"] = "nobody"
    before = panel.view["screen"]
    page.say(panel, message)
    assert panel.view["screen"] == {**before, "error": BROKEN}
    assert users.calls == []
    assert page.received(panel.model_id)[-1] == {"type": "clear"}


def test_a_recorded_letter_is_not_taken_again_and_the_challenge_stands(panel, page, far, users, clock, password):
    page.say(panel, letter(far, panel, username="carol", password=password))
    page.wait_for(panel, asks("Enter your authenticator code"))
    wrong = letter(far, panel, code="000000")
    page.say(panel, wrong)
    page.wait_for(panel, has_error)
    calls = list(users.calls)
    page.say(panel, wrong)
    assert page.wait_for(panel, has_error)["screen"]["error"] == BROKEN
    assert users.calls == calls
    page.say(panel, letter(far, panel, code=totp("JBSWY3DPEHPK3PXP", clock.now())))
    assert page.wait_for(panel, is_bar)["username"] == "carol"


def test_the_first_key_of_a_view_stands(panel, page, far, password):
    page.say(panel, {"type": "key", "view": far.view, "key": FarEnd(far.view).public_key})
    page.say(panel, letter(far, panel, username="ada", password=password))
    page.wait_for(panel, is_bar)
    assert [message["type"] for message in page.received(panel.model_id)].count("key") == 1


def test_a_key_that_is_none_is_answered_with_none_and_its_view_is_not_taken_in_clear(panel, page, users, password):
    page.say(panel, {"type": "key", "view": "a", "key": "AAAA"})
    assert page.wait_for_message(panel, "key", view="a")["key"] == ""
    screen, values = panel.view["screen"]["id"], {"username": "ada", "password": password}
    page.say(panel, {"type": "submit", "view": "a", "screen": screen, "values": values})
    assert panel.view["screen"]["error"] == IN_CLEAR


@pytest.fixture
def two_keys(monkeypatch):
    """A panel keeps no more than two keys."""
    monkeypatch.setattr("nbauth.widgets.letters._MOST", 2)


def test_of_too_many_keys_the_one_used_last_is_kept(two_keys, panel, page, agree, far, password):
    agree(panel, "b")
    page.say(panel, letter(far, panel, username="ada", password="wrong"))
    page.wait_for(panel, has_error)
    agree(panel, "c")
    page.say(panel, letter(far, panel, username="ada", password=password))
    assert page.wait_for(panel, is_bar)["username"] == "ada"


def test_a_view_whose_key_was_dropped_is_understood_in_no_way(two_keys, panel, page, agree, far, users, password):
    agree(panel, "b")
    agree(panel, "c")
    page.say(panel, letter(far, panel, username="ada", password=password))
    assert panel.view["screen"]["error"] == BROKEN
    message = {**letter(far, panel), "values": {"username": "ada", "password": password}}
    del message["sealed"]
    page.say(panel, message)
    assert panel.view["screen"]["error"] == IN_CLEAR
    assert users.calls == []


@pytest.mark.parametrize("sealed", [["ada"], "ada", None, 7])
def test_a_letter_with_something_else_in_it_fills_in_nothing(panel, page, far, users, sealed):
    screen = panel.view["screen"]["id"]
    page.say(panel, {"type": "submit", "view": "a", "screen": screen, "sealed": far.close(screen, sealed)})
    assert panel.view["screen"]["error"] == "E-mail address is missing."
    assert users.calls == []


@pytest.fixture
def setting_up(session, page, users):
    """A panel that sets up an authenticator app."""
    users.add_user("eve", "right", must_set_up_mfa=True)
    panel = Panel(session, form=True)
    page.submit(panel, username="eve", password="right")
    page.wait_for(panel, lambda view: view["kind"] == "panel" and view["screen"].get("material") == "totp")
    return panel


@pytest.fixture
def secret(setting_up, session):
    return session.challenge.totp_secret.reveal()


def test_the_key_of_an_app_is_sealed_for_the_view_that_asks(setting_up, page, agree, secret):
    far, screen = agree(setting_up), setting_up.view["screen"]["id"]
    page.say(setting_up, {"type": "material", "view": "a", "screen": screen})
    message = page.wait_for_message(setting_up, "material", view="a")
    assert far.open(screen, message["sealed"])["key"].replace(" ", "") == secret
    assert "material" not in message
    assert secret not in page.everything().replace(" ", "")


def test_the_key_of_an_app_is_not_shown_in_clear_to_a_view_whose_key_was_dropped(two_keys, setting_up, page, agree):
    for view in "abc":
        agree(setting_up, view)
    page.say(setting_up, {"type": "material", "view": "a", "screen": setting_up.view["screen"]["id"]})
    assert [message["type"] for message in page.received(setting_up.model_id)] == ["key", "key", "key"]


def test_the_key_of_an_app_waits_for_the_key_of_the_view(setting_up, page, monkeypatch):
    monkeypatch.setattr("nbauth.widgets.letters.begin", lambda call: None)
    page.say(setting_up, {"type": "key", "view": "a", "key": FarEnd("a").public_key})
    page.say(setting_up, {"type": "material", "view": "a", "screen": setting_up.view["screen"]["id"]})
    assert page.received(setting_up.model_id) == []


def test_a_view_that_cannot_seal_is_shown_the_key_of_an_app_all_the_same(setting_up, page, secret):
    page.say(setting_up, {"type": "material", "view": "a", "screen": setting_up.view["screen"]["id"]})
    assert page.wait_for_message(setting_up, "material", view="a")["material"]["key"].replace(" ", "") == secret
