"""Making an account: what is asked for, what the pool turns out to require, and who confirms where no code is sent."""

from typing import Any

import pytest

from nbauth.core.account import Registration
from nbauth.core.config import AuthConfig
from nbauth.errors import InvalidParameter, LimitExceeded
from nbauth.widgets.screens import Asked, Go, sign_up
from tests.unit.widgets.drawn import screen_for

PASSWORD = "fresh-sentinel-password"
BY_ADMINISTRATOR = "This user pool sends no codes"


def asked(*attributes: Any, names: tuple[str, ...] = (), **more: Any) -> Asked:
    wanted = AuthConfig(sign_up_attributes=attributes).sign_up_attributes
    return Asked(sign_up_attributes=wanted, username_attributes=names, **more)


def drawn(shown: Asked) -> dict[str, Any]:
    return {field["name"]: field for field in screen_for(shown, "sign_up")["fields"]}


def on(title):
    return lambda view: view["kind"] == "panel" and view["screen"]["title"] == title and not view["screen"]["busy"]


def refused(view):
    return view["kind"] == "panel" and view["screen"]["error"] and not view["screen"]["busy"]


def asks_for_more(view):
    return view["kind"] == "panel" and view["screen"]["hint"] and not view["screen"]["busy"]


def lacks(*names):
    quote = ", ".join(f"{name}: The attribute is required" for name in names)
    return InvalidParameter(f"Refused ({quote})", about={"quote": quote, "missing": " ".join(names)})


@pytest.fixture
def form(panel, page):
    page.act(panel, "sign_up")
    page.wait_for(panel, on("Create an account"))
    return panel


# --- what is asked for


@pytest.mark.parametrize(
    ("names", "label", "asked_for"),
    [
        ((), "User name", ["username", "email", "phone_number", "password"]),
        (("email",), "E-mail address", ["username", "phone_number", "password"]),
        (("email", "phone_number"), "E-mail address or phone number", ["username", "password"]),
        (("username", "email"), "User name", ["username", "email", "phone_number", "password"]),
        (("preferred_username",), "User name", ["username", "email", "phone_number", "password"]),
    ],
)
def test_an_address_is_asked_for_unless_it_is_what_people_are_called(names, label, asked_for):
    form = drawn(asked("email", "phone_number", names=names))
    assert list(form) == asked_for
    assert form["username"]["label"] == label


def test_an_attribute_is_drawn_as_the_settings_describe_it():
    size = {"name": "custom:size", "label": "Team size", "type": "number", "optional": True, "min": 1, "max": 99}
    field = drawn(asked("custom:team", size))["custom:size"]
    expected = {"label": "Team size (optional)", "type": "number", "optional": True, "min": "1", "max": "99"}
    assert {key: field[key] for key in expected} == expected
    assert drawn(asked("custom:team", size))["custom:team"]["optional"] is False


@pytest.fixture
def settings():
    return {
        "username_attributes": [],
        "sign_up_attributes": ["email", {"name": "custom:size", "type": "number", "optional": True, "max": 9}],
    }


def test_what_is_optional_and_left_empty_is_not_sent(form, page, users):
    page.submit(form, username="grace", email="grace@example.com", password=PASSWORD)
    page.wait_for(form, on("Confirm your account"))
    assert "custom:size" not in users.named("grace").attributes


def test_what_is_beyond_its_limits_is_refused_before_the_pool_is_asked(form, page, users):
    page.submit(form, username="grace", email="grace@example.com", password=PASSWORD, **{"custom:size": "10"})
    assert page.wait_for(form, refused)["screen"]["error"] == "Size does not fit: ≤ 9."
    assert users.named("grace") is None


# --- what the pool requires and nobody has said


def test_what_the_pool_requires_is_asked_for_in_the_same_form_and_what_was_typed_is_kept(
    form, page, users, user_accounts
):
    user_accounts.fail_next(lacks("given_name", "custom:size"), on="sign_up")
    page.submit(form, username="grace", email="grace@example.com", password=PASSWORD)
    screen = page.wait_for(form, asks_for_more)["screen"]
    assert screen["hint"] == "Your user pool needs more: Given name, Size. Enter the password once more, too."
    assert {field["name"]: field.get("kept") for field in screen["fields"]} == {
        "username": True,
        "email": True,
        "custom:size": True,
        "given_name": True,
        "password": None,
    }
    assert not any(field["optional"] for field in screen["fields"][2:])
    assert "grace" not in page.everything()  # the page has it, and nobody else is shown it
    user_accounts.fail_next(lacks("nickname"), on="sign_up")
    answers = {"username": "grace", "email": "grace@example.com", "given_name": "Grace", "custom:size": "3"}
    page.submit(form, password=PASSWORD, **answers)
    page.wait_for(form, lambda view: asks_for_more(view) and "Nickname" in view["screen"]["hint"])
    page.submit(form, password=PASSWORD, nickname="Amazing", **answers)
    page.wait_for(form, on("Confirm your account"))
    known = users.named("grace").attributes
    assert (known["given_name"], known["custom:size"], known["nickname"]) == ("Grace", "3", "Amazing")
    assert PASSWORD not in page.everything()


def test_back_leads_out_of_a_form_that_was_shown_once_more(form, page, user_accounts):
    user_accounts.fail_next(lacks("name"), on="sign_up")
    page.submit(form, username="grace", email="grace@example.com", password=PASSWORD)
    page.wait_for(form, asks_for_more)
    page.act(form, "back")
    page.wait_for(form, on("Sign in to AWS"))


@pytest.mark.parametrize("names", [("email",), ("username", "password"), ()])
def test_a_refusal_that_asks_for_nothing_new_is_said_as_it_is(form, page, user_accounts, names):
    user_accounts.fail_next(lacks(*names), on="sign_up")
    page.submit(form, username="grace", email="grace@example.com", password=PASSWORD)
    assert page.wait_for(form, refused)["screen"]["title"] == "Create an account"


def test_an_address_that_people_are_called_by_is_asked_for_where_the_pool_says_so():
    form = drawn(asked("email", names=("email",), about={"lacking": ("email",), "username": "grace"}))
    assert list(form) == ["username", "email", "password"]


# --- who confirms the account


def test_where_no_code_is_sent_an_administrator_confirms_and_nothing_is_to_be_entered(
    form, page, user_accounts, monkeypatch
):
    monkeypatch.setattr(user_accounts, "sign_up", lambda *_: Registration("sub", confirmed=False))
    page.submit(form, username="grace", email="grace@example.com", password=PASSWORD)
    screen = page.wait_for(form, on("Confirm your account"))["screen"]
    assert screen["hint"].startswith(BY_ADMINISTRATOR)
    assert (screen["fields"], screen["submit"]) == ([], "Sign in")
    assert "resend" not in screen
    page.submit(form)
    screen = page.wait_for(form, on("Sign in to AWS"))["screen"]
    assert screen["fields"][0]["value"] == "grace"


def test_whoever_signs_in_before_the_administrator_has_confirmed_reads_so(panel, page, users, user_accounts, password):
    users.named("ada").confirmed = False
    user_accounts.fail_next(InvalidParameter("Auto verification not turned on"), on="resend_sign_up_code")
    page.submit(panel, username="ada", password=password)
    screen = page.wait_for(panel, on("Confirm your account"))["screen"]
    assert screen["hint"].startswith(BY_ADMINISTRATOR)


def test_a_code_that_could_not_be_sent_anew_may_have_come_before(panel, page, users, user_accounts, password):
    users.named("ada").confirmed = False
    user_accounts.fail_next(LimitExceeded("Too many"), on="resend_sign_up_code")
    page.submit(panel, username="ada", password=password)
    screen = page.wait_for(panel, on("Confirm your account"))["screen"]
    assert [field["name"] for field in screen["fields"]] == ["code"]


def test_the_form_leads_back_to_where_there_is_an_account():
    assert sign_up.ACTIONS["sign_in"](None, asked(), "") == Go("sign_in")
