"""What the core knows is said in the catalogue's words, and in the core's own where the catalogue has none."""

import pytest

from nbauth.cognito.faults import SENTENCES
from nbauth.core.challenges import CHALLENGES, Challenge, Field
from nbauth.core.results import SignOutReport
from nbauth.errors import (
    AlreadySignedIn,
    AuthError,
    CodeMismatch,
    InvalidPassword,
    LimitExceeded,
    NotAuthorized,
    Rejected,
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
        (NotAuthorized("anything", case="incorrect"), "INCORRECT USER NAME OR PASSWORD"),
        (NotAuthorized("of a case to come", case="new"), "OF A CASE TO COME"),
        (NotAuthorized("x", case="incorrect", about={"label": "Phone number"}), "INCORRECT PHONE NUMBER OR PASSWORD"),
        (NotAuthorized("x", case="lambda_failed", about={"quote": "{host}"}), "THE POOL'S OWN LAMBDA FAILED ({HOST})"),
        (NotAuthorized("Refused (WHY)", about={"quote": "WHY"}), "REFUSED (WHY)"),
        (AlreadySignedIn.named("{message}"), "{MESSAGE} IS SIGNED IN: SIGN OUT FIRST"),
        (
            ServiceUnavailable("x", case="busy", reason="offline"),
            "COGNITO IS ASKED TOO OFTEN JUST NOW: TRY AGAIN IN A MOMENT",
        ),
        (ServiceUnavailable("The host could not be reached"), "THE HOST COULD NOT BE REACHED"),
        (LimitExceeded("x"), "TOO MANY ATTEMPTS: WAIT A WHILE, THEN TRY AGAIN"),
        (InvalidPassword("x", case="used_before"), "THAT PASSWORD WAS USED BEFORE: CHOOSE ANOTHER"),
        (AuthError("of a kind to come"), "OF A KIND TO COME"),
        (ValueError("sentinel-password"), "NBAUTH FAILED WITH VALUEERROR; THE LOG SAYS WHERE."),
    ],
)
def test_an_error_is_said_by_its_case_and_its_kind(error, text):
    assert sentences.error_text(Shouting(), error) == text


@pytest.mark.parametrize("case", SENTENCES)
def test_the_catalogue_says_in_english_what_an_error_of_the_service_says(case):
    about = {name: f"<{name}>" for name in ("host", "code", "status")}
    error = Rejected(SENTENCES[case].format_map(about), case=case, about=about)
    assert sentences.error_text(ENGLISH, error) == str(error)


@pytest.mark.parametrize(("name", "line"), [("ada", "Signed in as ada."), (None, "Signed in.")])
def test_where_a_sign_in_was_waited_for_stands_who_signed_in(name, line):
    assert sentences.signed_in_text(ENGLISH, name) == line


@pytest.mark.parametrize(
    ("seconds", "line"),
    [
        (0, "Nobody signed in within 0 s."),
        (59, "Nobody signed in within 59 s."),
        (300, "Nobody signed in within 5 min."),
    ],
)
def test_where_nobody_signed_in_stands_for_how_long_it_was_waited(seconds, line):
    assert sentences.in_vain_text(ENGLISH, seconds) == line


def test_a_sign_out_that_cognito_heard_of_leaves_nothing_to_say():
    assert sentences.untold_text(ENGLISH, SignOutReport(revoked=True)) == ""


@pytest.mark.parametrize("will_retry", [True, False])
def test_a_sign_out_that_cognito_did_not_hear_of_says_why_and_whether_it_is_tried_again(will_retry):
    report = SignOutReport(error=ServiceUnavailable("The host is away"), will_retry=will_retry)
    text = sentences.untold_text(ENGLISH, report)
    assert text.startswith("Signed out on this machine. Cognito could not be told: The host is away.")
    assert ("tried again" in text) is will_retry


def test_a_challenge_is_not_said_to_be_somebodys_whose_name_the_pool_made_up():
    assert sentences.name_in(posed("SMS_MFA")) == "ada"
    assert sentences.name_in(Challenge("SMS_MFA", "9dcc8622-5dfd-4bdc-8fef-a792af5e1216", None, {})) == ""
