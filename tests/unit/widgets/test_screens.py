"""Screens: every challenge has one, and no name that a service makes up chooses what is imported."""

import pytest

from nbauth.core.challenges import CHALLENGES, Challenge
from nbauth.core.secret import Secret
from nbauth.widgets import fields, screens
from nbauth.widgets.screens import Asked
from tests.unit.widgets.drawn import screen_for

SESSION = Secret("challenge-session-sentinel")


def asked(name, **parameters):
    return Asked(challenge=Challenge(name, "ada", SESSION, parameters))


@pytest.mark.parametrize("name", CHALLENGES)
def test_every_challenge_has_a_screen_that_can_be_answered(name):
    screen = screen_for(asked(name))
    assert screen["title"]
    assert screen["fields"]
    assert "sentinel" not in repr(screen)


@pytest.mark.parametrize("name", ["sign_in", "FORM", "__init__", "../panel", "nbauth.cli", "UNHEARD_OF"])
def test_a_challenge_nobody_knows_is_drawn_as_a_form(name):
    screen = screen_for(asked(name, question="What is your quest?"))
    assert f"“{name}”" in screen["hint"]
    assert screen["hint"].endswith("\nquestion: What is your quest?")
    assert [field["name"] for field in screen["fields"]] == ["answer"]


def test_a_challenge_with_a_file_of_its_own_is_drawn_by_it(monkeypatch):
    monkeypatch.setattr(screens, "_FILES", frozenset({"sign_in", "form", "sms_mfa"}))
    with pytest.raises(ModuleNotFoundError, match=r"screens\.sms_mfa"):
        screen_for(asked("SMS_MFA"))


def test_choices_come_with_their_labels():
    screen = screen_for(asked("SELECT_MFA_TYPE", MFAS_CAN_CHOOSE='["SMS_MFA", "NEW_ONE"]'))
    assert screen["fields"][0]["choices"] == [["SMS_MFA", "Text message"], ["NEW_ONE", "NEW_ONE"]]


def test_password_managers_and_phones_are_told_what_is_what():
    first = screen_for(Asked())["fields"]
    code = screen_for(asked("SMS_MFA"))["fields"]
    new = screen_for(asked("NEW_PASSWORD_REQUIRED"))["fields"]
    hints = [field["autocomplete"] for field in (*first, *code, *new)]
    assert hints == ["username", "current-password", "one-time-code", "new-password"]


@pytest.mark.parametrize(
    ("name", "token"), [("birthdate", "bday"), ("picture", "photo"), ("locale", "language"), ("custom:team", "off")]
)
def test_an_attribute_is_filled_in_by_the_browser_wherever_it_is_asked_for(name, token):
    challenge = asked("NEW_PASSWORD_REQUIRED", requiredAttributes=f'["userAttributes.{name}"]')
    assert challenge.challenge.fields[1].autocomplete == token
    assert screen_for(challenge)["fields"][1]["autocomplete"] == token
    assert fields.attribute(Asked(), name)["autocomplete"] == token


@pytest.mark.parametrize(
    ("attributes", "label"),
    [
        ((), "User name"),
        (("email",), "E-mail address"),
        (("phone_number",), "Phone number"),
        (("email", "phone_number"), "E-mail address or phone number"),
    ],
)
def test_the_first_field_is_called_what_people_type_there(attributes, label):
    assert screen_for(Asked(username_attributes=attributes))["fields"][0]["label"] == label


def test_a_flow_that_may_begin_without_a_password_does_not_insist_on_one():
    password = screen_for(Asked(password_optional=True))["fields"][1]
    assert password["optional"]
    assert password["label"] == "Password (optional)"


def test_the_first_form_says_which_account_and_pool_it_is_for():
    assert screen_for(Asked(account="research", user_pool_id="eu-west-1_Ab"))["subtitle"] == (
        "Account research · User pool eu-west-1_Ab"
    )
    assert screen_for(Asked())["subtitle"] == ""
