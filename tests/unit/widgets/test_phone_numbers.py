"""A pool whose users have no name but their phone number: what they type, and what is made of it."""

from datetime import timedelta

import pytest

from nbauth.errors import RefreshRefused

ADVICE = "Enter the phone number with the country code, such as +44 7700 900123."
NUMBER = "+447700900123"


def on(title):
    return lambda view: view["kind"] == "panel" and view["screen"]["title"] == title and not view["screen"]["busy"]


def refused(view):
    return view["kind"] == "panel" and view["screen"]["error"] and not view["screen"]["busy"]


@pytest.fixture
def settings():
    return {"username_attributes": ["phone_number"]}


@pytest.fixture
def numbered(panel, users, password):
    users.add_user(NUMBER, password)
    return panel


@pytest.mark.parametrize("action", ["", "sign_up", "forgot_password"])
def test_a_number_without_its_country_code_is_not_sent(numbered, page, users, action):
    if action:
        page.act(numbered, action)
        page.wait_for(numbered, lambda view: view["screen"]["title"] != "Sign in to AWS" and not view["screen"]["busy"])
    people = len(users.people)
    page.submit(numbered, username="07700 900123", password="anything")
    assert page.wait_for(numbered, refused)["screen"]["error"] == ADVICE
    assert (len(users.people), users.sent_codes) == (people, {})


def test_a_number_is_taken_as_people_write_it(numbered, page, password):
    page.submit(numbered, username="+44 (0)7700 900123", password=password)
    assert page.wait_for(numbered, lambda view: view["kind"] == "bar" and not view["busy"])["username"] == NUMBER


def test_a_wrong_password_is_said_with_what_was_asked_for(numbered, page):
    page.submit(numbered, username=NUMBER, password="wrong")
    assert page.wait_for(numbered, refused)["screen"]["error"] == "Incorrect phone number or password"


def test_whoever_comes_back_is_known_by_the_real_name_which_is_no_number(
    numbered, page, session, users, clock, password
):
    session.sign_in("ada", password)
    clock.advance(timedelta(hours=2))
    users.fail_next(RefreshRefused("Over."), on="refresh")
    with pytest.raises(Exception, match=r".+"):
        session.get_tokens(wait=False)
    numbered.open_form()
    page.wait_for(numbered, on("Welcome back, ada"))
    page.submit(numbered, password=password)
    assert page.wait_for(numbered, lambda view: view["kind"] == "bar" and not view["busy"])["username"] == "ada"
