import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from nbauth.testing import StandIn, totp

Ask = Callable[..., dict[str, Any]]
Refusal = Callable[..., tuple[str, str]]
Token = Callable[..., str]

NO_SESSION = ("NotAuthorizedException", "Invalid session for the user.")


def shown(cognito: StandIn, secret: str) -> str:
    return totp(secret, cognito.clock.now())


def next_step(cognito: StandIn) -> None:
    cognito.clock.advance(timedelta(minutes=1))


def on(preferred: bool = False) -> dict[str, bool]:
    return {"Enabled": True, "PreferredMfa": preferred}


OFF = {"Enabled": False, "PreferredMfa": False}


# Setting an authenticator app up, with an access token.


def test_an_app_is_set_up_and_then_switched_on(
    cognito: StandIn, ask: Ask, sign_in: Ask, answer: Ask, token: Token
) -> None:
    secret = ask("AssociateSoftwareToken", AccessToken=token())["SecretCode"]
    code = shown(cognito, secret)
    given = ask("VerifySoftwareToken", AccessToken=token(), UserCode=code, FriendlyDeviceName="Ada's watch")
    assert given == {"Status": "SUCCESS"}
    assert sign_in()["AccessToken"]
    ask("SetUserMFAPreference", AccessToken=token(), SoftwareTokenMfaSettings=on(True))
    known = ask("GetUser", AccessToken=token())
    assert (known["UserMFASettingList"], known["PreferredMfaSetting"]) == (["SOFTWARE_TOKEN_MFA"], "SOFTWARE_TOKEN_MFA")
    challenge = sign_in()
    assert challenge["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert challenge["ChallengeParameters"]["FRIENDLY_DEVICE_NAME"] == "Ada's watch"
    next_step(cognito)
    assert answer(challenge, SOFTWARE_TOKEN_MFA_CODE=shown(cognito, secret))["AccessToken"]


def test_the_code_that_set_an_app_up_does_not_sign_in(
    cognito: StandIn, ask: Ask, sign_in: Ask, wrong_answer: Refusal, token: Token
) -> None:
    secret = ask("AssociateSoftwareToken", AccessToken=token())["SecretCode"]
    code = shown(cognito, secret)
    ask("VerifySoftwareToken", AccessToken=token(), UserCode=code)
    ask("SetUserMFAPreference", AccessToken=token(), SoftwareTokenMfaSettings=on())
    said = wrong_answer(sign_in(), SOFTWARE_TOKEN_MFA_CODE=code)
    assert said == ("ExpiredCodeException", "Your software token has already been used once.")


def test_a_wrong_code_sets_nothing_up(cognito: StandIn, ask: Ask, refusal: Refusal, token: Token) -> None:
    verify = {"AccessToken": token()}
    assert refusal("VerifySoftwareToken", UserCode="123456", **verify)[0] == "SoftwareTokenMFANotFoundException"
    secret = ask("AssociateSoftwareToken", AccessToken=token())["SecretCode"]
    old = shown(cognito, secret)
    cognito.clock.advance(timedelta(minutes=2))
    assert refusal("VerifySoftwareToken", UserCode=old, **verify) == (
        "EnableSoftwareTokenMFAException",
        "Code mismatch",
    )
    assert cognito.users["ada"].authenticator is None
    assert ask("VerifySoftwareToken", UserCode=shown(cognito, secret), **verify)["Status"] == "SUCCESS"


@pytest.mark.parametrize("code", ["12345", "1234567", "12345a", None])
def test_what_is_no_code_is_told_so(code: str | None, refusal: Refusal, token: Token) -> None:
    assert refusal("VerifySoftwareToken", AccessToken=token(), UserCode=code)[0] == "InvalidParameterException"


def test_an_old_app_is_good_until_the_new_one_is(
    cognito: StandIn, ask: Ask, sign_in: Ask, answer: Ask, token: Token
) -> None:
    before = cognito.users["carol"].authenticator
    secret = ask("AssociateSoftwareToken", AccessToken=token("carol"))["SecretCode"]
    assert before
    assert before.secret != secret
    assert answer(sign_in("carol"), "carol", SOFTWARE_TOKEN_MFA_CODE=before.code(cognito.clock.now()))["AccessToken"]
    ask("VerifySoftwareToken", AccessToken=token("carol"), UserCode=shown(cognito, secret))
    assert cognito.users["carol"].authenticator is not before


@pytest.mark.parametrize("how", ["off", "not offered"])
def test_a_pool_may_have_no_apps(how: str, cognito: StandIn, refusal: Refusal, token: Token) -> None:
    if how == "off":
        cognito.settings.mfa = "OFF"
    else:
        cognito.settings.second_factors -= {"SOFTWARE_TOKEN_MFA"}
    said = ("SoftwareTokenMFANotFoundException", "Software Token MFA has not been enabled by the userPool")
    assert refusal("AssociateSoftwareToken", AccessToken=token()) == said
    assert refusal("VerifySoftwareToken", AccessToken=token(), UserCode="123456") == said


# What the user likes best.


def test_a_preference_needs_what_it_prefers(cognito: StandIn, ask: Ask, refusal: Refusal, token: Token) -> None:
    refused = "User does not have delivery config set to turn on {}"
    for member, factor in (
        ("SMSMfaSettings", "SMS_MFA"),
        ("SoftwareTokenMfaSettings", "SOFTWARE_TOKEN_MFA"),
    ):
        said = refusal("SetUserMFAPreference", AccessToken=token(), **{member: on()})
        assert said == ("InvalidParameterException", refused.format(factor))
    assert ask("SetUserMFAPreference", AccessToken=token(), EmailMfaSettings=on()) == {}
    cognito.users["bob"].attributes["email"] = "bob@example.com"
    said = refusal("SetUserMFAPreference", AccessToken=token("bob"), EmailMfaSettings=on())
    assert said == ("InvalidParameterException", refused.format("EMAIL_OTP"))


def test_one_factor_is_preferred_and_it_is_on(refusal: Refusal, ask: Ask, cognito: StandIn, token: Token) -> None:
    carol = cognito.users["carol"]
    carol.attributes |= {"email": "carol@example.com", "email_verified": "true"}
    both = {"SoftwareTokenMfaSettings": on(True), "EmailMfaSettings": on(True)}
    said = refusal("SetUserMFAPreference", AccessToken=token("carol"), **both)
    assert said == ("InvalidParameterException", "Only one MFA method can be preferred.")
    odd = {"SoftwareTokenMfaSettings": {"Enabled": False, "PreferredMfa": True}}
    assert refusal("SetUserMFAPreference", AccessToken=token("carol"), **odd)[0] == "InvalidParameterException"
    ask("SetUserMFAPreference", AccessToken=token("carol"), EmailMfaSettings=on(True))
    assert carol.preferred_mfa == "EMAIL_OTP"
    ask("SetUserMFAPreference", AccessToken=token("carol"), EmailMfaSettings=on())
    known = ask("GetUser", AccessToken=token("carol"))
    assert known["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA", "EMAIL_OTP"]
    assert "PreferredMfaSetting" not in known


def test_what_is_not_said_stays_as_it_is(cognito: StandIn, ask: Ask, token: Token) -> None:
    ask("SetUserMFAPreference", AccessToken=token("dave"))
    assert cognito.users["dave"].sms_mfa
    ask("SetUserMFAPreference", AccessToken=token("dave"), SMSMfaSettings=OFF)
    assert not cognito.users["dave"].sms_mfa


def test_the_last_factor_stays_where_one_is_required(cognito: StandIn, refusal: Refusal, token: Token) -> None:
    cognito.settings.mfa = "ON"
    said = refusal("SetUserMFAPreference", AccessToken=token("carol"), SoftwareTokenMfaSettings=OFF)
    assert said[0] == "InvalidParameterException"
    assert "requires it" in said[1]
    assert cognito.users["carol"].software_token_mfa


@pytest.mark.parametrize("how", ["off", "not offered"])
def test_a_factor_that_the_pool_lacks_is_not_switched_on(
    how: str, cognito: StandIn, refusal: Refusal, token: Token
) -> None:
    if how == "off":
        cognito.settings.mfa = "OFF"
    else:
        cognito.settings.second_factors -= {"EMAIL_OTP"}
    said = refusal("SetUserMFAPreference", AccessToken=token(), EmailMfaSettings=on())
    assert said == ("InvalidParameterException", "EMAIL_OTP is not enabled for the user pool.")


def test_a_preference_is_a_structure_of_flags(refusal: Refusal, token: Token) -> None:
    for odd in ({"EmailMfaSettings": "on"}, {"EmailMfaSettings": {"Enabled": "on"}}):
        assert refusal("SetUserMFAPreference", AccessToken=token(), **odd)[0] == "SerializationException"


def test_a_passkey_is_a_second_factor_only_where_the_pool_says_so(
    cognito: StandIn, ask: Ask, refusal: Refusal, token: Token
) -> None:
    request = {"AccessToken": token(), "WebAuthnMfaSettings": {"Enabled": True}}
    assert refusal("SetUserMFAPreference", **request)[0] == "InvalidParameterException"
    cognito.settings.passkeys_are_two_factors = True
    ask("SetUserMFAPreference", **request)
    assert cognito.users["ada"].passkey_mfa


def test_the_factors_of_a_user_are_told(cognito: StandIn, ask: Ask, token: Token) -> None:
    cognito.settings.first_factors = frozenset({"PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"})
    factors = {
        name: ask("GetUserAuthFactors", AccessToken=token(name))["ConfiguredUserAuthFactors"]
        for name in ("ada", "bob", "carol", "dave")
    }
    assert factors == {
        "ada": ["PASSWORD", "EMAIL_OTP"],
        "bob": ["PASSWORD"],
        "carol": ["PASSWORD", "SOFTWARE_TOKEN"],
        "dave": ["PASSWORD", "SMS_OTP"],
    }


# Being asked at sign-in.


def test_a_pool_may_ask_nobody(cognito: StandIn, sign_in: Ask) -> None:
    cognito.settings.mfa = "OFF"
    assert sign_in("carol")["AccessToken"]


def test_a_choice_is_offered_and_checked(cognito: StandIn, sign_in: Ask, answer: Ask, wrong_answer: Refusal) -> None:
    carol = cognito.users["carol"]
    carol.attributes |= {"email": "carol@example.com", "email_verified": "true"}
    carol.email_mfa = True
    asked = sign_in("carol")
    assert asked["ChallengeName"] == "SELECT_MFA_TYPE"
    assert json.loads(asked["ChallengeParameters"]["MFAS_CAN_CHOOSE"]) == ["SOFTWARE_TOKEN_MFA", "EMAIL_OTP"]
    assert wrong_answer(asked, "carol", ANSWER="SMS_MFA")[0] == "MFAMethodNotFoundException"
    assert wrong_answer(asked, "carol")[1] == "Missing required parameter ANSWER"
    chosen = answer(asked, "carol", ANSWER="EMAIL_OTP")
    assert chosen["ChallengeName"] == "EMAIL_OTP"
    assert chosen["ChallengeParameters"]["CODE_DELIVERY_DELIVERY_MEDIUM"] == "EMAIL"
    assert chosen["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"] == "c***@e***"
    assert wrong_answer(asked, "carol", ANSWER="EMAIL_OTP")[1].endswith("session can only be used once.")
    assert len(cognito.codes["carol"]) == 8
    assert answer(chosen, "carol", EMAIL_OTP_CODE=cognito.codes["carol"])["AccessToken"]


def test_the_preferred_factor_is_asked_for_at_once(cognito: StandIn, sign_in: Ask) -> None:
    carol = cognito.users["carol"]
    carol.attributes |= {"email": "carol@example.com", "email_verified": "true"}
    carol.email_mfa, carol.preferred_mfa = True, "EMAIL_OTP"
    assert sign_in("carol")["ChallengeName"] == "EMAIL_OTP"


@pytest.mark.parametrize(
    ("username", "name"), [("dave", "SMS_MFA"), ("erin", "EMAIL_OTP"), ("carol", "SOFTWARE_TOKEN_MFA")]
)
def test_three_wrong_codes_end_the_challenge(
    username: str, name: str, cognito: StandIn, sign_in: Ask, wrong_answer: Refusal, password: str
) -> None:
    cognito.users.add("erin", password, email="erin@example.com").email_mfa = True
    challenge = sign_in(username)
    assert challenge["ChallengeName"] == name
    for _ in range(3):
        assert wrong_answer(challenge, username, **{f"{name}_CODE": "wrong"})[0] == "CodeMismatchException"
    said = wrong_answer(challenge, username, **{f"{name}_CODE": "wrong"})
    assert said == ("NotAuthorizedException", "Invalid session for the user, session can only be used once.")


def test_a_code_of_one_sign_in_is_none_for_another(cognito: StandIn, sign_in: Ask, wrong_answer: Refusal) -> None:
    first, code = sign_in("dave"), cognito.codes["dave"]
    second = sign_in("dave")
    while cognito.codes["dave"] == code:  # two codes may happen to be the same
        second = sign_in("dave")
    assert first["Session"] != second["Session"]
    assert wrong_answer(second, "dave", SMS_MFA_CODE=code)[0] == "CodeMismatchException"


# Being made to set one up at sign-in.


@pytest.fixture
def required(cognito: StandIn) -> StandIn:
    cognito.settings.mfa = "ON"
    return cognito


def test_where_one_is_required_an_app_is_set_up_on_the_way(
    required: StandIn, ask: Ask, sign_in: Ask, answer: Ask
) -> None:
    asked = sign_in()
    assert asked["ChallengeName"] == "MFA_SETUP"
    assert json.loads(asked["ChallengeParameters"]["MFAS_CAN_SETUP"]) == ["SOFTWARE_TOKEN_MFA", "SMS_MFA", "EMAIL_OTP"]
    begun = ask("AssociateSoftwareToken", Session=asked["Session"])
    code = shown(required, begun["SecretCode"])
    verified = ask("VerifySoftwareToken", Session=begun["Session"], UserCode=code, FriendlyDeviceName="watch")
    assert verified["Status"] == "SUCCESS"
    assert answer(asked | {"Session": verified["Session"]})["AccessToken"]
    assert sign_in()["ChallengeName"] == "SOFTWARE_TOKEN_MFA"


def test_each_step_of_setting_up_uses_its_session_up(
    required: StandIn, ask: Ask, sign_in: Ask, refusal: Refusal, wrong_answer: Refusal
) -> None:
    asked = sign_in()
    assert wrong_answer(asked) == NO_SESSION
    begun = ask("AssociateSoftwareToken", Session=asked["Session"])
    assert refusal("AssociateSoftwareToken", Session=asked["Session"])[0] == "NotAuthorizedException"
    code = shown(required, begun["SecretCode"])
    assert refusal("VerifySoftwareToken", Session=asked["Session"], UserCode=code)[0] == "NotAuthorizedException"
    assert wrong_answer(asked | begun) == NO_SESSION
    ask("VerifySoftwareToken", Session=begun["Session"], UserCode=code)
    assert wrong_answer(asked | begun)[1].endswith("used once.")


def test_a_wrong_code_leaves_the_setting_up_where_it_is(
    required: StandIn, ask: Ask, sign_in: Ask, refusal: Refusal
) -> None:
    begun = ask("AssociateSoftwareToken", Session=sign_in()["Session"])
    late = shown(required, begun["SecretCode"])
    required.clock.advance(timedelta(minutes=2))
    said = refusal("VerifySoftwareToken", Session=begun["Session"], UserCode=late)
    assert said == ("EnableSoftwareTokenMFAException", "Code mismatch")
    code = shown(required, begun["SecretCode"])
    assert ask("VerifySoftwareToken", Session=begun["Session"], UserCode=code)["Session"]


def test_a_session_sets_up_only_where_that_was_asked_for(sign_in: Ask, refusal: Refusal) -> None:
    assert refusal("AssociateSoftwareToken", Session=sign_in("dave")["Session"]) == NO_SESSION
    assert refusal("AssociateSoftwareToken", Session="forged" * 20) == NO_SESSION
    assert refusal("AssociateSoftwareToken", Session="short")[0] == "InvalidParameterException"


def test_a_token_and_a_session_are_one_too_many(
    required: StandIn, sign_in: Ask, refusal: Refusal, token: Token
) -> None:
    said = refusal("AssociateSoftwareToken", Session=sign_in()["Session"], AccessToken=token())
    assert said[0] == "NotAuthorizedException"


def test_an_address_is_set_up_on_the_way(required: StandIn, sign_in: Ask, answer: Ask, wrong_answer: Refusal) -> None:
    required.users["bob"].status = "CONFIRMED"
    asked = sign_in("bob")
    assert wrong_answer(asked, "bob", EMAIL="nonsense")[1] == "Invalid email address format."
    sent = answer(asked, "bob", EMAIL="bob@example.org")
    assert sent["ChallengeName"] == "EMAIL_OTP"
    assert "email" not in required.users["bob"].attributes
    assert wrong_answer(sent, "bob", EMAIL_OTP_CODE="wrong")[0] == "CodeMismatchException"
    assert answer(sent, "bob", EMAIL_OTP_CODE=required.codes["bob"])["AccessToken"]
    assert required.users["bob"].has_verified("email")
    assert sign_in("bob")["ChallengeName"] == "EMAIL_OTP"


def test_an_address_is_not_set_up_where_the_pool_sends_none(
    required: StandIn, sign_in: Ask, wrong_answer: Refusal
) -> None:
    required.settings.second_factors = frozenset({"SOFTWARE_TOKEN_MFA"})
    assert wrong_answer(sign_in(), EMAIL="ada@example.org")[0] == "InvalidParameterException"


def test_who_has_a_phone_number_is_sent_a_code_where_one_is_required(required: StandIn, sign_in: Ask) -> None:
    required.users["dave"].sms_mfa = False
    assert sign_in("dave")["ChallengeName"] == "SMS_MFA"
