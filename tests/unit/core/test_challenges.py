import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbauth.core.challenges import CHALLENGES, Challenge, Field
from nbauth.core.secret import Secret

SESSION = Secret("sentinel-session")
NAMES = [*CHALLENGES, "A_CHALLENGE_OF_TOMORROW"]
LISTS = ["requiredAttributes", "userAttributes", "MFAS_CAN_CHOOSE", "MFAS_CAN_SETUP", "AvailableChallenges"]
PARAMETERS = [*LISTS, "CODE_DELIVERY_DESTINATION", "FRIENDLY_DEVICE_NAME", "USERNAME"]


def challenge(name, **parameters):
    return Challenge(name, "ada", SESSION, parameters)


@pytest.mark.parametrize("name", NAMES)
def test_every_challenge_has_a_title_and_fields_of_different_names(name):
    asked = challenge(name)
    assert asked.title.strip()
    assert isinstance(asked.hint, str)
    assert asked.fields
    assert len({field.name for field in asked.fields}) == len(asked.fields)
    assert all(field.label for field in asked.fields)


@pytest.mark.parametrize("name", NAMES)
def test_every_challenge_turns_filled_fields_into_responses_in_cognitos_spelling(name):
    asked = challenge(name)
    responses = asked.responses({field.name: Secret(f"value-of-{field.name}") for field in asked.fields})
    assert sorted(responses.values()) == sorted(f"value-of-{field.name}" for field in asked.fields)
    assert all(key.isupper() for key in responses)


@pytest.mark.parametrize("name", NAMES)
def test_every_field_must_be_filled_in_and_is_named_where_it_is_not(name):
    asked = challenge(name)
    for empty in asked.fields:
        for value in ("", " \n", Secret("")):
            if empty.kind == "password" and value == " \n":
                continue
            answers = {field.name: "x" for field in asked.fields} | {empty.name: value}
            with pytest.raises(ValueError, match=f"^{empty.label} is missing$"):
                asked.responses(answers)
        with pytest.raises(ValueError, match=f"^{empty.label} is missing$"):
            asked.responses({})


@pytest.mark.parametrize(
    ("name", "answers", "responses"),
    [
        ("NEW_PASSWORD_REQUIRED", {"new_password": "Saddle-7"}, {"NEW_PASSWORD": "Saddle-7"}),
        ("SOFTWARE_TOKEN_MFA", {"code": "123456"}, {"SOFTWARE_TOKEN_MFA_CODE": "123456"}),
        ("SMS_MFA", {"code": "123456"}, {"SMS_MFA_CODE": "123456"}),
        ("SMS_OTP", {"code": "123456"}, {"SMS_OTP_CODE": "123456"}),
        ("EMAIL_OTP", {"code": "123456"}, {"EMAIL_OTP_CODE": "123456"}),
        ("SELECT_MFA_TYPE", {"answer": "SMS_MFA"}, {"ANSWER": "SMS_MFA"}),
        ("MFA_SETUP", {"answer": "EMAIL_OTP"}, {"ANSWER": "EMAIL_OTP"}),
        ("SELECT_CHALLENGE", {"answer": "EMAIL_OTP"}, {"ANSWER": "EMAIL_OTP"}),
        ("PASSWORD", {"password": " p "}, {"PASSWORD": " p "}),
        ("PASSWORD_SRP", {"password": " p "}, {"PASSWORD": " p "}),
        ("WEB_AUTHN", {"credential": '{"id": "x"}'}, {"CREDENTIAL": '{"id": "x"}'}),
        ("CUSTOM_CHALLENGE", {"answer": "blue"}, {"ANSWER": "blue"}),
        ("A_CHALLENGE_OF_TOMORROW", {"answer": "blue"}, {"ANSWER": "blue"}),
    ],
)
def test_responses_are_what_the_api_reference_says(name, answers, responses):
    assert challenge(name).responses(answers) == responses


@pytest.mark.parametrize("code", ["123 456", " 123456\n", "123\t456", Secret("1 2 3 4 5 6")])
def test_a_code_may_be_copied_with_its_spaces(code):
    assert challenge("SMS_MFA").responses({"code": code}) == {"SMS_MFA_CODE": "123456"}


def test_a_new_password_is_set_as_it_was_typed():
    assert challenge("NEW_PASSWORD_REQUIRED").responses({"new_password": " a b "}) == {"NEW_PASSWORD": " a b "}


def test_an_answer_loses_the_space_around_it():
    assert challenge("CUSTOM_CHALLENGE").responses({"answer": " deep blue "}) == {"ANSWER": "deep blue"}


def test_what_no_field_asks_for_goes_along_under_its_own_name():
    asked = challenge("NEW_PASSWORD_REQUIRED")
    answers = {"new_password": "Saddle-7", "userAttributes.locale": "en"}
    assert asked.responses(answers) == {"NEW_PASSWORD": "Saddle-7", "userAttributes.locale": "en"}


def test_attributes_that_the_pool_requires_are_fields():
    required = json.dumps(["userAttributes.given_name", "userAttributes.custom:cost_centre"])
    asked = challenge("NEW_PASSWORD_REQUIRED", requiredAttributes=required)
    assert [(field.name, field.label) for field in asked.fields] == [
        ("new_password", "New password"),
        ("userAttributes.given_name", "Given name"),
        ("userAttributes.custom:cost_centre", "Cost centre"),
    ]
    with pytest.raises(ValueError, match="Given name is missing"):
        asked.responses({"new_password": "Saddle-7"})


def test_attributes_that_have_a_value_are_not_asked_for():
    asked = challenge(
        "NEW_PASSWORD_REQUIRED",
        requiredAttributes='["userAttributes.email", "name", "userAttributes.name", "userAttributes."]',
        userAttributes='{"email": "ada@example.com", "name": ""}',
    )
    assert [field.name for field in asked.fields] == ["new_password", "userAttributes.name"]
    assert asked.fields[1].autocomplete == "name"


@pytest.mark.parametrize("way", ["PASSWORD", "PASSWORD_SRP"])
def test_who_chose_a_password_is_asked_for_it(way):
    asked = replace(challenge("SELECT_CHALLENGE", AvailableChallenges=f'["{way}"]'), chosen=way)
    assert asked.fields == (Field("password", "Password", kind="password", autocomplete="current-password"),)
    assert asked.responses({"password": " p "}) == {"PASSWORD": " p "}


def test_one_password_is_offered_once_and_not_to_be_sent():
    asked = challenge("SELECT_CHALLENGE", AvailableChallenges='["PASSWORD", "EMAIL_OTP", "PASSWORD_SRP"]')
    assert asked.fields[0].choices == (("EMAIL_OTP", "E-mail"), ("PASSWORD_SRP", "Password"))
    assert asked.offered == ("PASSWORD", "EMAIL_OTP", "PASSWORD_SRP")


@pytest.mark.parametrize(
    ("chosen", "name", "key", "answer"),
    [
        ("EMAIL_OTP", "email", "EMAIL", "x"),
        ("EMAIL_MFA", "email", "EMAIL", "x"),
        ("PIGEON", "answer", "ANSWER", "PIGEON"),
    ],
)
def test_a_second_factor_is_set_up_with_the_address_it_needs(chosen, name, key, answer):
    asked = replace(challenge("MFA_SETUP", MFAS_CAN_SETUP=f'["{chosen}"]'), chosen=chosen)
    assert [field.name for field in asked.fields] == [name]
    assert asked.responses({name: answer}) == {key: answer}
    assert asked.hint


def test_a_phone_number_is_nothing_to_set_up_on_the_way():
    asked = challenge("MFA_SETUP", MFAS_CAN_SETUP='["SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"]')
    assert [name for name, _ in asked.fields[0].choices] == ["SOFTWARE_TOKEN_MFA", "EMAIL_OTP"]
    assert replace(asked, chosen="EMAIL_OTP").alternatives == (("SOFTWARE_TOKEN_MFA", "Authenticator app"),)


def test_an_authenticator_app_is_set_up_with_a_code():
    asked = replace(challenge("MFA_SETUP"), totp_secret=Secret("sentinel"), totp_uri=Secret("sentinel"))
    assert [field.kind for field in asked.fields] == ["code"]
    assert "authenticator app" in asked.hint
    assert "sentinel" not in repr(asked)


def test_a_passkey_is_a_field_of_its_own_kind():
    assert [field.kind for field in challenge("WEB_AUTHN").fields] == ["passkey"]


@pytest.mark.parametrize("name", NAMES)
def test_only_codes_that_were_sent_can_be_sent_anew(name):
    assert challenge(name).sends_code is (name in ("SMS_MFA", "SMS_OTP", "EMAIL_OTP"))


def test_what_was_chosen_keeps_what_else_there_was():
    choice = challenge("SELECT_MFA_TYPE", MFAS_CAN_CHOOSE='["SMS_MFA", "SOFTWARE_TOKEN_MFA"]')
    assert choice.alternatives == ()
    chosen = challenge("SMS_MFA").among(choice)
    assert chosen.alternatives == (("SOFTWARE_TOKEN_MFA", "Authenticator app"),)
    assert chosen.chosen_by == "SELECT_MFA_TYPE"
    assert challenge("NEW_PASSWORD_REQUIRED").among(choice).alternatives == ()
    assert challenge("SMS_MFA").chosen_by == ""


def test_half_an_answer_has_the_other_ways_as_alternatives():
    choice = challenge("SELECT_CHALLENGE", AvailableChallenges='["EMAIL_OTP", "PASSWORD"]')
    assert replace(choice, chosen="PASSWORD").alternatives == (("EMAIL_OTP", "E-mail"),)


def test_a_choice_offers_what_the_pool_offers_in_words():
    asked = challenge("SELECT_MFA_TYPE", MFAS_CAN_CHOOSE='["SMS_MFA", "SOFTWARE_TOKEN_MFA", "PIGEON"]')
    choices = (("SMS_MFA", "Text message"), ("SOFTWARE_TOKEN_MFA", "Authenticator app"), ("PIGEON", "PIGEON"))
    assert asked.fields == (Field("answer", "Method", kind="choice", choices=choices),)


def test_a_choice_without_choices_can_still_be_answered():
    assert challenge("SELECT_MFA_TYPE").fields[0].kind == "text"


@pytest.mark.parametrize(
    ("parameters", "hint"),
    [
        ({}, "We sent a code."),
        ({"CODE_DELIVERY_DELIVERY_MEDIUM": "EMAIL"}, "We sent a code by e-mail."),
        (
            {"CODE_DELIVERY_DELIVERY_MEDIUM": "SMS", "CODE_DELIVERY_DESTINATION": "+*******0100"},
            "We sent a code by text message to +*******0100.",
        ),
        (
            {"CODE_DELIVERY_DELIVERY_MEDIUM": "PIGEON", "CODE_DELIVERY_DESTINATION": "the roof"},
            "We sent a code to the roof.",
        ),
    ],
)
def test_the_hint_says_where_the_code_went(parameters, hint):
    assert challenge("EMAIL_OTP", **parameters).hint == hint


SET_UP = '["SOFTWARE_TOKEN_MFA", "EMAIL_OTP"]'


@pytest.mark.parametrize(
    "answer", ["SOFTWARE_TOKEN_MFA", "software_token_mfa", "Authenticator app", Secret(" authenticator APP ")]
)
def test_a_choice_is_made_by_its_name_or_by_what_people_read(answer):
    asked = challenge("MFA_SETUP", MFAS_CAN_SETUP=SET_UP)
    assert asked.responses({"answer": answer}) == {"ANSWER": "SOFTWARE_TOKEN_MFA"}


def test_what_is_not_offered_cannot_be_chosen_and_what_is_gets_listed():
    asked = challenge("MFA_SETUP", MFAS_CAN_SETUP=SET_UP)
    offered = r"Method is none of those offered: SOFTWARE_TOKEN_MFA \(Authenticator app\), EMAIL_OTP \(E-mail\)"
    with pytest.raises(ValueError, match=f"^{offered}$"):
        asked.responses({"answer": "TOTP"})


def test_the_password_is_chosen_under_either_of_its_names_where_both_are_offered():
    asked = challenge("SELECT_CHALLENGE", AvailableChallenges='["PASSWORD", "PASSWORD_SRP", "EMAIL_OTP"]')
    chosen = [asked.responses({"answer": answer})["ANSWER"] for answer in ("PASSWORD", "PASSWORD_SRP", "Password")]
    assert chosen == ["PASSWORD", "PASSWORD_SRP", "PASSWORD_SRP"]


def test_another_way_is_one_of_the_alternatives_by_name_or_by_what_people_read():
    asked = replace(challenge("MFA_SETUP", MFAS_CAN_SETUP=SET_UP), chosen="EMAIL_OTP")
    assert asked.alternative({"method": "authenticator app"}) == "SOFTWARE_TOKEN_MFA"
    with pytest.raises(ValueError, match=r"Method is none of those offered: SOFTWARE_TOKEN_MFA \(Auth"):
        asked.alternative({"method": "PIGEON"})


def test_the_hint_names_the_device_where_it_has_a_name():
    assert "(phone)" in challenge("SOFTWARE_TOKEN_MFA", FRIENDLY_DEVICE_NAME="phone").hint
    assert "(" not in challenge("SOFTWARE_TOKEN_MFA").hint


def test_a_custom_challenge_shows_what_the_pools_trigger_says_and_nothing_internal():
    asked = challenge(
        "CUSTOM_CHALLENGE", USERNAME="ada", USER_ID_FOR_SRP="ada", DEVICE_KEY="x", question="Which colour?"
    )
    assert asked.hint == "question: Which colour?"


@given(st.sampled_from(NAMES), st.dictionaries(st.sampled_from(PARAMETERS) | st.text(), st.text()))
def test_no_parameters_stop_a_challenge_from_being_answered(name, parameters):
    answerable(challenge(name, **parameters))


@given(
    st.sampled_from(NAMES),
    st.sampled_from(LISTS),
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner)),
)
def test_no_json_in_the_parameters_stops_a_challenge_from_being_answered(name, parameter, value):
    answerable(challenge(name, **{parameter: json.dumps(value)}))


@pytest.mark.parametrize("malformed", ["[", "{}", "null", "[" * 100_000, "[1, 2]"])
@pytest.mark.parametrize("name", ["NEW_PASSWORD_REQUIRED", "SELECT_MFA_TYPE"])
def test_malformed_lists_count_as_empty(name, malformed):
    assert len(challenge(name, requiredAttributes=malformed, MFAS_CAN_CHOOSE=malformed).fields) == 1


def answerable(asked):
    assert asked.title
    assert isinstance(asked.hint, str)
    answers = {field.name: field.choices[0][0] if field.choices else "answer" for field in asked.fields}
    if all(answers.values()):
        assert len(asked.responses(answers)) == len(answers)


def test_neither_the_challenge_session_nor_the_parameters_show():
    shown = repr(challenge("CUSTOM_CHALLENGE", hidden="sentinel-parameter"))
    assert "sentinel" not in shown
    assert "CUSTOM_CHALLENGE" in shown
