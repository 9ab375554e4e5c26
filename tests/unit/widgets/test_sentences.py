"""What the core knows is said in the catalogue's words, and in the core's own where the catalogue has none."""

import pytest

from nbauth.core.challenges import CHALLENGES, Challenge, Field
from nbauth.errors import (
    AuthError,
    CodeMismatch,
    InvalidPassword,
    LimitExceeded,
    NotAuthorized,
    ServiceUnavailable,
)
from nbauth.widgets import sentences
from nbauth.widgets.words import Words

ENGLISH = Words()


class Shouting(Words):
    """English, louder: what does not come from the catalogue can be told by its voice."""

    def __call__(self, key, **values):
        return super().__call__(key, **values).upper()


def posed(name, **parameters):
    return Challenge(name, "ada", None, parameters)


@pytest.mark.parametrize("name", CHALLENGES)
def test_the_catalogue_and_the_table_of_challenges_say_the_same_in_english(name):
    challenge = posed(name)
    assert sentences.title_of(ENGLISH, challenge) == challenge.title
    assert sentences.hint_of(ENGLISH, challenge) == challenge.hint
    assert [sentences.label_of(ENGLISH, field) for field in challenge.fields] == [
        field.label for field in challenge.fields
    ]


@pytest.mark.parametrize(
    ("parameters", "hint"),
    [
        ({}, "We sent a code."),
        ({"CODE_DELIVERY_DELIVERY_MEDIUM": "EMAIL"}, "We sent a code by e-mail."),
        (
            {"CODE_DELIVERY_DELIVERY_MEDIUM": "SMS", "CODE_DELIVERY_DESTINATION": "+*0123"},
            "We sent a code by text message to +*0123.",
        ),
        ({"CODE_DELIVERY_DESTINATION": "{name}"}, "We sent a code to {name}."),
        ({"CODE_DELIVERY_DELIVERY_MEDIUM": "PIGEON", "CODE_DELIVERY_DESTINATION": "x"}, "We sent a code to x."),
    ],
)
def test_where_a_code_went_is_said_as_far_as_it_is_known(parameters, hint):
    assert sentences.hint_of(ENGLISH, posed("SMS_OTP", **parameters)) == hint


def test_an_attribute_of_the_pools_own_is_called_what_the_pool_calls_it():
    assert sentences.attribute_label(Shouting(), "custom:cost_centre") == "Cost centre"
    assert sentences.attribute_label(Shouting(), "given_name") == "GIVEN NAME"


def test_a_choice_nobody_foresaw_keeps_its_name():
    assert sentences.choice_label(Shouting(), "NEW_ONE", "NEW_ONE") == "NEW_ONE"
    assert sentences.label_of(Shouting(), Field("colour", "Colour")) == "Colour"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (None, ""),
        (CodeMismatch("anything", code="CodeMismatchException"), "THAT CODE IS NOT RIGHT: TRY AGAIN"),
        (NotAuthorized("Incorrect user name or password"), "INCORRECT USER NAME OR PASSWORD"),
        (NotAuthorized("Not allowed (why)"), "NOT ALLOWED (WHY)"),
        (ServiceUnavailable("The host could not be reached"), "THE HOST COULD NOT BE REACHED"),
        (LimitExceeded("x"), "TOO MANY ATTEMPTS: WAIT A WHILE, THEN TRY AGAIN"),
        (
            InvalidPassword("x", code="PasswordHistoryPolicyViolationException"),
            "THAT PASSWORD WAS USED BEFORE: CHOOSE ANOTHER",
        ),
        (AuthError("of a kind to come"), "of a kind to come"),
        (ValueError("sentinel-password"), "NBAUTH FAILED WITH VALUEERROR; THE LOG SAYS WHERE."),
    ],
)
def test_an_error_is_said_by_its_kind(error, text):
    assert sentences.error_text(Shouting(), error) == text
