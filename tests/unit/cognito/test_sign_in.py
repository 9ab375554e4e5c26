"""A sign-in as a loop: any challenge in any order, and what is said once more without a person."""

import base64
import gc
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbauth.cognito.client import Clients
from nbauth.cognito.user_pool import CognitoUserPool
from nbauth.core.challenges import Challenge
from nbauth.core.config import AuthConfig
from nbauth.core.device import RememberedDevice
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.tokens import TokenSet
from nbauth.errors import (
    AuthError,
    ChallengeExpired,
    CodeMismatch,
    ConfigError,
    NotAuthorized,
    RefreshRefused,
    Rejected,
    ServiceUnavailable,
)
from nbauth.ports import Credential
from nbauth.testing import FakeClock, tokens
from nbauth.testing.stand_in import srp as server

NOW = datetime(2026, 9, 5, 12, 0, 0, tzinfo=UTC)
PASSWORD = Secret("Correct-Horse-7")
ADA = Credential("ada@example.com", PASSWORD)
PASSWORDLESS = Credential("ada", auth_flow="USER_AUTH")
DEVICE = RememberedDevice("ada", "eu-west-1_5b1c", "-Group", Secret("device password"))

FORMS: dict[str, tuple[dict[str, str], dict[str, str], dict[str, str]]] = {
    "NEW_PASSWORD_REQUIRED": ({}, {"new_password": "Saddle-7"}, {"NEW_PASSWORD": "Saddle-7"}),
    "SMS_MFA": ({}, {"code": "1"}, {"SMS_MFA_CODE": "1"}),
    "SOFTWARE_TOKEN_MFA": ({}, {"code": "2"}, {"SOFTWARE_TOKEN_MFA_CODE": "2"}),
    "EMAIL_OTP": ({}, {"code": "3"}, {"EMAIL_OTP_CODE": "3"}),
    "SMS_OTP": ({}, {"code": "4"}, {"SMS_OTP_CODE": "4"}),
    "SELECT_MFA_TYPE": ({"MFAS_CAN_CHOOSE": '["SMS_MFA"]'}, {"answer": "SMS_MFA"}, {"ANSWER": "SMS_MFA"}),
    "MFA_SETUP": ({"MFAS_CAN_SETUP": '["EMAIL_OTP"]'}, {"email": "a@example.com"}, {"EMAIL": "a@example.com"}),
    "SELECT_CHALLENGE": ({}, {"answer": "EMAIL_OTP"}, {"ANSWER": "EMAIL_OTP"}),
    "PASSWORD": ({}, {"password": " p "}, {"PASSWORD": " p "}),
    "WEB_AUTHN": ({"CREDENTIAL_REQUEST_OPTIONS": "{}"}, {"credential": '{"id": "x"}'}, {"CREDENTIAL": '{"id": "x"}'}),
    "CUSTOM_CHALLENGE": ({"question": "?"}, {"answer": "blue"}, {"ANSWER": "blue"}),
    "A_CHALLENGE_OF_TOMORROW": ({"riddle": "?"}, {"answer": "blue"}, {"ANSWER": "blue"}),
}
"""The challenges that a person answers: what comes with them, what is filled in, and what that becomes."""


def posed(name: str, session: str = "session", **parameters: str) -> dict[str, Any]:
    return {"ChallengeName": name, "Session": session, "ChallengeParameters": {"USERNAME": "ada", **parameters}}


def offering(*ways: str, session: str = "choice") -> dict[str, Any]:
    return posed("SELECT_CHALLENGE", session) | {"AvailableChallenges": list(ways)}


def verifier(session: str | None = None) -> dict[str, Any]:
    block = base64.b64encode(b"block").decode()
    parameters = {"USER_ID_FOR_SRP": "ada", "SALT": "7f01", "SRP_B": "abcdef0123456789", "SECRET_BLOCK": block}
    return posed("PASSWORD_VERIFIER", **parameters) | {"Session": session}


def result(**more: Any) -> dict[str, Any]:
    made = tokens("ada", issued_at=NOW)
    answer = {"IdToken": made.id_token.reveal(), "AccessToken": made.access_token.reveal(), "ExpiresIn": 3600}
    return {"AuthenticationResult": answer | {"RefreshToken": "refresh-token"} | more}


@pytest.fixture
def pool(config: AuthConfig, clients: Clients) -> CognitoUserPool:
    return CognitoUserPool(config, clients, FakeClock(NOW))


def parameters_of(sent: tuple[str, dict[str, Any]]) -> dict[str, str]:
    return sent[1].get("AuthParameters") or sent[1].get("ChallengeResponses") or {}


def steps(wire: Any) -> list[str]:
    """What was sent, each by the flow or the challenge, or the operation where it is neither."""
    return [body.get("ChallengeName") or body.get("AuthFlow") or operation for operation, body in wire.sent]


# -- any challenge, any order


@pytest.mark.parametrize("name", FORMS)
def test_a_challenge_is_answered_as_the_api_reference_says(name: str, wire: Any, pool: CognitoUserPool) -> None:
    parameters, answers, responses = FORMS[name]
    wire.answers(posed(name, "its session", **parameters))
    wire.answers(result())
    challenge = pool.initiate_auth(PASSWORDLESS)
    assert isinstance(challenge, Challenge)
    assert (challenge.name, challenge.username) == (name, "ada")
    assert challenge.expires_at == NOW + timedelta(minutes=3)
    assert isinstance(pool.respond(challenge, answers), TokenSet)
    body = wire.sent[1][1]
    assert (body["ChallengeName"], body["Session"]) == (name, "its session")
    assert body["ChallengeResponses"] == {"USERNAME": "ada", **responses}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(sorted(FORMS)), max_size=6))
def test_challenges_may_come_in_any_order_and_each_is_answered_with_its_own_session(
    wire: Any, pool: CognitoUserPool, names: list[str]
) -> None:
    wire.sent.clear()
    for number, name in enumerate(names):
        wire.answers(posed(name, f"session {number}", **FORMS[name][0]))
    wire.answers(result())
    outcome = pool.initiate_auth(Credential("ada", auth_flow="CUSTOM_AUTH"))
    for name in names:
        assert isinstance(outcome, Challenge)
        assert outcome.name == name
        outcome = pool.respond(outcome, FORMS[name][1])
    assert isinstance(outcome, TokenSet)
    assert steps(wire) == ["CUSTOM_AUTH", *names]
    assert [body["Session"] for _, body in wire.sent[1:]] == [f"session {number}" for number in range(len(names))]


def test_a_proof_may_be_asked_for_after_a_custom_challenge(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(posed("CUSTOM_CHALLENGE"))
    wire.answers(verifier("proof session"))
    wire.answers(result())
    challenge = pool.initiate_auth(Credential("ada", auth_flow="CUSTOM_AUTH"))
    with pytest.raises(ChallengeExpired, match="asks for the password once more"):
        pool.respond(challenge, {"answer": "x"})


def test_a_wrong_code_keeps_the_challenge(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(posed("SMS_MFA", "its session"))
    challenge = pool.initiate_auth(PASSWORDLESS)
    wire.refuses("CodeMismatchException")
    with pytest.raises(CodeMismatch):
        pool.respond(challenge, {"code": "000000"})
    wire.answers(result())
    assert isinstance(pool.respond(challenge, {"code": "123456"}), TokenSet)
    assert [body.get("Session") for _, body in wire.sent] == [None, "its session", "its session"]


def test_only_attributes_without_a_value_are_asked_for_with_a_new_password(wire: Any, pool: CognitoUserPool) -> None:
    required = json.dumps(["userAttributes.email", "userAttributes.given_name"])
    known = json.dumps({"email": "ada@example.com", "given_name": ""})
    wire.answers(posed("NEW_PASSWORD_REQUIRED", requiredAttributes=required, userAttributes=known))
    challenge = pool.initiate_auth(PASSWORDLESS)
    assert [field.name for field in challenge.fields] == ["new_password", "userAttributes.given_name"]


# -- flows


@pytest.mark.parametrize(
    ("preferred", "password", "parameters"),
    [
        ("EMAIL_OTP", None, {"PREFERRED_CHALLENGE": "EMAIL_OTP"}),
        ("WEB_AUTHN", PASSWORD, {"PREFERRED_CHALLENGE": "WEB_AUTHN"}),
        ("PASSWORD", PASSWORD, {"PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": "Correct-Horse-7"}),
        ("PASSWORD_SRP", PASSWORD, {"PREFERRED_CHALLENGE": "PASSWORD_SRP", "SRP_A": "*"}),
        ("PASSWORD_SRP", None, {"PREFERRED_CHALLENGE": "PASSWORD_SRP"}),
    ],
)
def test_a_preferred_challenge_is_asked_for_by_choice(
    preferred: str, password: Secret | None, parameters: dict[str, str], wire: Any, pool: CognitoUserPool
) -> None:
    wire.answers(posed("EMAIL_OTP"))
    pool.initiate_auth(Credential("ada", password, preferred_challenge=preferred))
    assert steps(wire) == ["USER_AUTH"]
    sent = parameters_of(wire.sent[0])
    assert sent | ({"SRP_A": "*"} if "SRP_A" in sent else {}) == {"USERNAME": "ada", **parameters}


def test_a_client_that_allows_only_choice_is_signed_in_to_by_a_proof(wire: Any, pool: CognitoUserPool) -> None:
    wire.refuses("InvalidParameterException", "USER_SRP_AUTH is not enabled for the client.")
    wire.answers(verifier("proof session"))
    wire.answers(result())
    assert isinstance(pool.initiate_auth(ADA), TokenSet)
    assert steps(wire) == ["USER_SRP_AUTH", "USER_AUTH", "PASSWORD_VERIFIER"]
    assert PASSWORD.reveal() not in json.dumps(wire.sent)


@pytest.mark.parametrize("named", [True, False])
def test_a_flow_that_is_not_allowed_is_a_setting_to_correct(named: bool, wire: Any, pool: CognitoUserPool) -> None:
    wire.refuses("InvalidParameterException", "USER_SRP_AUTH is not enabled for the client.")
    wire.refuses("InvalidParameterException", "USER_AUTH is not enabled for the client.")
    credential = replace(ADA, auth_flow="USER_SRP_AUTH") if named else ADA
    with pytest.raises(ConfigError, match="auth_flow") as caught:
        pool.initiate_auth(credential)
    assert caught.value.__context__ is None
    assert steps(wire) == ["USER_SRP_AUTH", "USER_AUTH"][: 1 if named else 2]
    assert PASSWORD.reveal() not in json.dumps(wire.sent)


def test_a_wrong_password_is_no_reason_to_try_another_flow(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(verifier())
    wire.refuses("NotAuthorizedException", "Incorrect username or password.")
    with pytest.raises(NotAuthorized):
        pool.initiate_auth(ADA)
    assert len(wire.sent) == 2


def test_a_sign_up_is_carried_on_without_a_password(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(result())
    assert isinstance(pool.initiate_auth(Credential("ada", session=Secret("sign-up session"))), TokenSet)
    ((_, body),) = wire.sent
    assert (body["AuthFlow"], body["Session"]) == ("USER_AUTH", "sign-up session")
    assert body["AuthParameters"] == {"USERNAME": "ada"}


def test_analytics_and_context_go_along_with_every_step(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(verifier())
    wire.answers(posed("SMS_MFA"))
    wire.answers(result())
    analytics, context = {"AnalyticsEndpointId": "endpoint"}, {"IpAddress": "192.0.2.7"}
    challenge = pool.initiate_auth(replace(ADA, analytics=analytics, user_context=context))
    pool.respond(challenge, {"code": "1"})
    assert [body["AnalyticsMetadata"] for _, body in wire.sent] == [analytics] * 3
    assert [body["UserContextData"] for _, body in wire.sent] == [context] * 3


# -- choosing how to sign in


def test_a_password_that_was_left_out_is_asked_for_and_proved(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(offering("EMAIL_OTP", "PASSWORD", "PASSWORD_SRP"))
    choice = pool.initiate_auth(PASSWORDLESS)
    assert choice.fields[0].choices == (("EMAIL_OTP", "E-mail"), ("PASSWORD_SRP", "Password"))
    chosen = pool.respond(choice, {"answer": "PASSWORD_SRP"})
    assert [field.kind for field in chosen.fields] == ["password"]
    assert len(wire.sent) == 1
    wire.answers(verifier("proof session"))
    wire.answers(result())
    assert isinstance(pool.respond(chosen, {"password": PASSWORD}), TokenSet)
    assert steps(wire) == ["USER_AUTH", "SELECT_CHALLENGE", "PASSWORD_VERIFIER"]
    assert set(parameters_of(wire.sent[1])) == {"USERNAME", "ANSWER", "SRP_A"}
    assert wire.sent[2][1]["Session"] == "proof session"
    assert PASSWORD.reveal() not in json.dumps(wire.sent)


def test_a_program_may_choose_and_give_the_password_at_once(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(offering("PASSWORD"))
    wire.answers(result())
    choice = pool.initiate_auth(PASSWORDLESS)
    assert isinstance(pool.respond(choice, {"answer": "PASSWORD", "password": PASSWORD}), TokenSet)
    assert parameters_of(wire.sent[1]) == {"USERNAME": "ada", "ANSWER": "PASSWORD", "PASSWORD": PASSWORD.reveal()}


@pytest.mark.parametrize("name", ["PASSWORD", "PASSWORD_SRP"])
def test_a_pool_may_ask_for_the_password_itself(name: str, wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(posed(name))
    challenge = pool.initiate_auth(PASSWORDLESS)
    wire.answers(verifier() if name == "PASSWORD_SRP" else result())
    wire.answers(result())
    assert isinstance(pool.respond(challenge, {"password": PASSWORD}), TokenSet)
    sent = "SRP_A" if name == "PASSWORD_SRP" else "PASSWORD"
    assert set(parameters_of(wire.sent[1])) == {"USERNAME", sent}


def test_a_password_that_was_given_is_not_asked_for_again(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(offering("EMAIL_OTP", "PASSWORD_SRP"))
    wire.answers(verifier())
    wire.answers(result())
    choice = pool.initiate_auth(replace(ADA, auth_flow="USER_AUTH"))
    assert isinstance(pool.respond(choice, {"answer": "PASSWORD_SRP"}), TokenSet)


def test_after_a_wrong_password_the_right_one_signs_in(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(offering("PASSWORD_SRP"))
    wire.answers(verifier())
    wire.refuses("NotAuthorizedException", "Incorrect username or password.")
    chosen = pool.respond(pool.initiate_auth(PASSWORDLESS), {"answer": "PASSWORD_SRP"})
    with pytest.raises(NotAuthorized):
        pool.respond(chosen, {"password": "wrong"})
    wire.answers(offering("PASSWORD_SRP", session="another choice"))
    wire.answers(verifier())
    wire.answers(result())
    assert isinstance(pool.respond(chosen, {"password": PASSWORD}), TokenSet)
    assert steps(wire)[3:] == ["USER_AUTH", "SELECT_CHALLENGE", "PASSWORD_VERIFIER"]
    assert wire.sent[4][1]["Session"] == "another choice"


def test_another_way_to_sign_in_may_be_taken_later(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(offering("WEB_AUTHN", "EMAIL_OTP"))
    wire.answers(posed("WEB_AUTHN", "passkey session", CREDENTIAL_REQUEST_OPTIONS="{}"))
    passkey = pool.respond(pool.initiate_auth(PASSWORDLESS), {"answer": "WEB_AUTHN"})
    assert passkey.alternatives == (("EMAIL_OTP", "E-mail"),)
    wire.answers(offering("WEB_AUTHN", "EMAIL_OTP", session="another choice"))
    wire.answers(posed("EMAIL_OTP", "code session"))
    code = pool.respond(passkey, {"method": "EMAIL_OTP"})
    assert (code.name, code.alternatives) == ("EMAIL_OTP", (("WEB_AUTHN", "Passkey"),))
    assert steps(wire) == ["USER_AUTH", "SELECT_CHALLENGE", "USER_AUTH", "SELECT_CHALLENGE"]
    assert parameters_of(wire.sent[3]) == {"USERNAME": "ada", "ANSWER": "EMAIL_OTP"}


def test_another_second_factor_may_be_taken_later(wire: Any, pool: CognitoUserPool) -> None:
    several = posed("SELECT_MFA_TYPE", MFAS_CAN_CHOOSE='["SMS_MFA", "SOFTWARE_TOKEN_MFA"]')
    for answer in (verifier(), several, posed("SMS_MFA"), verifier(), several, posed("SOFTWARE_TOKEN_MFA")):
        wire.answers(answer)
    code = pool.respond(pool.initiate_auth(ADA), {"answer": "SMS_MFA"})
    assert pool.respond(code, {"method": "SOFTWARE_TOKEN_MFA"}).name == "SOFTWARE_TOKEN_MFA"


def test_a_way_that_was_not_offered_is_no_way_out(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(posed("WEB_AUTHN"))
    challenge = pool.initiate_auth(PASSWORDLESS)
    assert challenge.alternatives == ()
    with pytest.raises(Rejected, match="Passkey is missing"):
        pool.respond(challenge, {"method": "EMAIL_OTP"})
    assert len(wire.sent) == 1


# -- setting up a second factor


def test_an_authenticator_app_is_set_up_on_the_way(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(verifier())
    wire.answers(posed("MFA_SETUP", "first", MFAS_CAN_SETUP='["SOFTWARE_TOKEN_MFA"]'))
    wire.answers({"SecretCode": "JBSWY3DPEHPK3PXP", "Session": "second"})
    challenge = pool.initiate_auth(ADA)
    assert challenge.totp_secret == Secret("JBSWY3DPEHPK3PXP")
    assert challenge.totp_uri is not None
    assert challenge.totp_uri.reveal() == (
        "otpauth://totp/AWS%20eu-west-1_Example01:ada%40example.com"
        "?secret=JBSWY3DPEHPK3PXP&issuer=AWS%20eu-west-1_Example01"
    )
    assert "JBSWY" not in repr(challenge)
    wire.refuses("EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA")
    with pytest.raises(CodeMismatch):
        pool.respond(challenge, {"code": "000000"})
    wire.answers({"Status": "SUCCESS", "Session": "third"})
    wire.answers(result())
    assert isinstance(pool.respond(challenge, {"code": "123 456"}), TokenSet)
    assert steps(wire)[2:] == ["AssociateSoftwareToken", "VerifySoftwareToken", "VerifySoftwareToken", "MFA_SETUP"]
    assert [body["Session"] for _, body in wire.sent[2:]] == ["first", "second", "second", "third"]
    assert wire.sent[4][1]["UserCode"] == "123456"
    assert parameters_of(wire.sent[5]) == {"USERNAME": "ada"}


def test_a_code_that_does_not_verify_is_a_wrong_one(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(posed("MFA_SETUP"))
    wire.answers({"SecretCode": "JBSWY3DPEHPK3PXP", "Session": "second"})
    wire.answers({"Status": "ERROR"})
    with pytest.raises(CodeMismatch):
        pool.respond(pool.initiate_auth(PASSWORDLESS), {"code": "000000"})


def test_a_key_that_does_not_come_is_said_clearly(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(posed("MFA_SETUP"))
    wire.answers({"Session": "second"})
    with pytest.raises(ServiceUnavailable, match="not one of Cognito's"):
        pool.initiate_auth(PASSWORDLESS)


@pytest.mark.parametrize("way", ["EMAIL_OTP", "EMAIL_MFA"])
def test_an_address_for_codes_is_asked_for_and_then_its_code(way: str, wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(posed("MFA_SETUP", "first", MFAS_CAN_SETUP=json.dumps(["SMS_MFA", "SOFTWARE_TOKEN_MFA", way])))
    choice = pool.initiate_auth(PASSWORDLESS)
    assert [name for name, _ in choice.fields[0].choices] == ["SOFTWARE_TOKEN_MFA", way]
    chosen = pool.respond(choice, {"answer": way})
    assert [asked.name for asked in chosen.fields] == ["email"]
    assert len(wire.sent) == 1
    wire.answers(posed("EMAIL_OTP", "second"))
    wire.answers(result())
    code = pool.respond(chosen, {"email": "ada@example.com"})
    assert isinstance(pool.respond(code, {"code": "1"}), TokenSet)
    assert parameters_of(wire.sent[1]) == {"USERNAME": "ada", "EMAIL": "ada@example.com"}


def test_who_needs_a_phone_number_is_sent_to_the_administrator(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(posed("MFA_SETUP", MFAS_CAN_SETUP='["SMS_MFA"]'))
    with pytest.raises(ConfigError, match="phone number"):
        pool.initiate_auth(PASSWORDLESS)


def test_the_app_may_be_chosen_and_then_left_for_e_mail(wire: Any, pool: CognitoUserPool) -> None:
    setup = posed("MFA_SETUP", MFAS_CAN_SETUP='["SOFTWARE_TOKEN_MFA", "EMAIL_OTP"]')
    wire.answers(setup)
    wire.answers({"SecretCode": "JBSWY3DPEHPK3PXP", "Session": "second"})
    app = pool.respond(pool.initiate_auth(PASSWORDLESS), {"answer": "SOFTWARE_TOKEN_MFA"})
    assert app.alternatives == (("EMAIL_OTP", "E-mail"),)
    wire.answers(setup)
    assert [asked.name for asked in pool.respond(app, {"method": "EMAIL_OTP"}).fields] == ["email"]


def test_a_second_factor_of_tomorrow_is_set_up_with_an_answer(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(posed("MFA_SETUP", MFAS_CAN_SETUP='["PIGEON"]'))
    wire.answers(result())
    assert isinstance(pool.respond(pool.initiate_auth(PASSWORDLESS), {"answer": "PIGEON"}), TokenSet)
    assert parameters_of(wire.sent[1]) == {"USERNAME": "ada", "ANSWER": "PIGEON"}


# -- a new code


def test_a_new_code_is_sent_without_a_person(wire: Any, pool: CognitoUserPool) -> None:
    several = posed("SELECT_MFA_TYPE", MFAS_CAN_CHOOSE='["SMS_MFA", "SOFTWARE_TOKEN_MFA"]')
    for answer in (verifier(), several, posed("SMS_MFA", "first")) * 2:
        wire.answers(answer)
    challenge = pool.respond(pool.initiate_auth(ADA), {"answer": "SMS_MFA"})
    assert challenge.sends_code
    wire.sent.clear()
    wire.script[-1:] = []
    wire.answers(posed("SMS_MFA", "another"))
    again = pool.resend(challenge)
    assert (again.name, again.session) == ("SMS_MFA", Secret("another"))
    assert steps(wire) == ["USER_SRP_AUTH", "PASSWORD_VERIFIER", "SELECT_MFA_TYPE"]
    wire.answers(result())
    assert isinstance(pool.respond(again, {"code": "1"}), TokenSet)
    assert wire.sent[-1][1]["Session"] == "another"


def test_a_new_code_in_place_of_a_password_is_chosen_again(wire: Any, pool: CognitoUserPool) -> None:
    for answer in (offering("EMAIL_OTP", "SMS_OTP"), posed("EMAIL_OTP")) * 2:
        wire.answers(answer)
    challenge = pool.respond(pool.initiate_auth(PASSWORDLESS), {"answer": "EMAIL_OTP"})
    assert pool.resend(challenge).name == "EMAIL_OTP"
    assert parameters_of(wire.sent[3]) == {"USERNAME": "ada", "ANSWER": "EMAIL_OTP"}


def test_a_new_code_after_a_new_password_is_asked_for_with_that(wire: Any, pool: CognitoUserPool) -> None:
    for answer in (posed("NEW_PASSWORD_REQUIRED"), posed("SMS_MFA"), posed("SMS_MFA")):
        wire.answers(answer)
    given = Credential("ada", Secret("temporary"), auth_flow="USER_PASSWORD_AUTH")
    challenge = pool.respond(pool.initiate_auth(given), {"new_password": "Saddle-7"})
    pool.resend(challenge)
    assert parameters_of(wire.sent[2])["PASSWORD"] == "Saddle-7"


def test_a_new_code_after_a_typed_password_is_asked_for_with_its_proof(wire: Any, pool: CognitoUserPool) -> None:
    for answer in (offering("PASSWORD_SRP"), verifier(), posed("SMS_MFA"), verifier(), posed("SMS_MFA")):
        wire.answers(answer)
    choice = pool.initiate_auth(PASSWORDLESS)
    challenge = pool.respond(choice, {"answer": "PASSWORD_SRP", "password": PASSWORD})
    assert pool.resend(challenge).name == "SMS_MFA"
    assert steps(wire)[3:] == ["USER_AUTH", "PASSWORD_VERIFIER"]
    assert parameters_of(wire.sent[3])["PREFERRED_CHALLENGE"] == "PASSWORD_SRP"


def test_a_new_code_goes_to_the_address_that_was_set_up(wire: Any, pool: CognitoUserPool) -> None:
    for answer in (posed("MFA_SETUP", MFAS_CAN_SETUP='["EMAIL_OTP"]'), posed("EMAIL_OTP")) * 2:
        wire.answers(answer)
    challenge = pool.respond(pool.initiate_auth(PASSWORDLESS), {"email": "ada@example.com"})
    pool.resend(challenge)
    assert parameters_of(wire.sent[3])["EMAIL"] == "ada@example.com"


def test_the_session_of_a_sign_up_is_used_once(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(posed("EMAIL_OTP"))
    wire.answers(posed("EMAIL_OTP"))
    pool.resend(pool.initiate_auth(Credential("ada", session=Secret("sign-up session"))))
    assert [(body["AuthFlow"], body.get("Session")) for _, body in wire.sent] == [
        ("USER_AUTH", "sign-up session"),
        ("USER_AUTH", None),
    ]


def test_no_new_code_can_be_sent_past_an_answer_that_counts_once(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(posed("CUSTOM_CHALLENGE"))
    wire.answers(posed("SMS_MFA"))
    challenge = pool.respond(pool.initiate_auth(PASSWORDLESS), {"answer": "blue"})
    with pytest.raises(Rejected, match="start the sign-in over"):
        pool.resend(challenge)
    assert len(wire.sent) == 2


def test_no_new_code_can_be_sent_where_none_was(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(posed("SOFTWARE_TOKEN_MFA"))
    with pytest.raises(Rejected, match="start the sign-in over"):
        pool.resend(pool.initiate_auth(PASSWORDLESS))
    with pytest.raises(Rejected, match="start the sign-in over"):
        pool.resend(Challenge("SMS_MFA", "ada", Secret("somebody else's session")))
    assert len(wire.sent) == 1


def test_a_code_that_could_not_be_sent_leaves_the_challenge_as_it_was(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(posed("SMS_MFA", "first"))
    challenge = pool.initiate_auth(PASSWORDLESS)
    wire.breaks(EndpointConnectionError(endpoint_url="http://x"))
    with pytest.raises(ServiceUnavailable):
        pool.resend(challenge)
    wire.answers(posed("SMS_MFA", "second"))
    assert pool.resend(challenge).session == Secret("second")


def test_a_password_is_kept_no_longer_than_its_challenge(wire: Any, pool: CognitoUserPool) -> None:
    for _ in range(3):
        wire.answers(posed("SMS_MFA", "a session"))
    given = Credential("ada", PASSWORD, auth_flow="USER_PASSWORD_AUTH")
    challenge = pool.initiate_auth(given)
    wire.script.clear()
    wire.answers(result())
    pool.respond(challenge, {"code": "1"})
    assert len(pool._attempts) == 0
    wire.answers(posed("SMS_MFA", "a session"))
    challenge = pool.initiate_auth(given)
    assert len(pool._attempts) == 1
    del challenge
    gc.collect()
    assert len(pool._attempts) == 0


def test_a_sign_in_that_is_over_forgets_its_password(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(posed("SMS_MFA"))
    challenge = pool.initiate_auth(Credential("ada", PASSWORD, auth_flow="USER_PASSWORD_AUTH"))
    wire.refuses("NotAuthorizedException", "Invalid session for the user, session is expired.")
    with pytest.raises(ChallengeExpired):
        pool.respond(challenge, {"code": "1"})
    assert len(pool._attempts) == 0


# -- devices


class DeviceServer:
    """The pool's side of DEVICE_SRP_AUTH, for one device with one password."""

    def __init__(self, wire: Any, password: str = DEVICE.password.reveal()) -> None:
        self._wire = wire
        self._verifier = server.Verifier.of(DEVICE.group_key, DEVICE.key, password)
        self._handshake: server.Handshake | None = None

    def opens(self) -> None:
        """Script the answer to DEVICE_SRP_AUTH."""
        self._wire.answers(b"")
        self._wire.script[-1] = self._open

    def _open(self, url: str) -> Any:
        responses = parameters_of(self._wire.sent[-1])
        self._handshake = handshake = server.Handshake(self._verifier, int(responses["SRP_A"], 16))
        parameters = {
            "SALT": f"{self._verifier.salt:x}",
            "SRP_B": f"{handshake.big_b:x}",
            "SECRET_BLOCK": handshake.secret_block,
            "DEVICE_KEY": DEVICE.key,
        }
        self._wire.answers(posed("DEVICE_PASSWORD_VERIFIER", "device proof", **parameters))
        return self._wire.script.pop()(url)

    def is_convinced(self) -> bool:
        responses = parameters_of(self._wire.sent[-1])
        signature = base64.b64decode(responses["PASSWORD_CLAIM_SIGNATURE"])
        return self._handshake is not None and self._handshake.is_proved_by(signature, responses["TIMESTAMP"])


KNOWN = Credential("ada", PASSWORD, device=DEVICE)


def test_a_new_device_comes_with_the_tokens(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(verifier())
    wire.answers(result(NewDeviceMetadata={"DeviceKey": "eu-west-1_new", "DeviceGroupKey": "-New"}))
    wire.answers({"UserConfirmationNecessary": False})
    signed_in = pool.initiate_auth(ADA)
    assert signed_in.device is not None
    assert (signed_in.device.username, signed_in.device.key) == ("ada", "eu-west-1_new")
    assert not signed_in.device_gone
    assert wire.sent[-1][0] == "ConfirmDevice"


def test_a_device_that_cannot_be_made_known_does_not_stop_a_sign_in(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(verifier())
    wire.answers(result(NewDeviceMetadata={"DeviceKey": "eu-west-1_new", "DeviceGroupKey": "-New"}))
    wire.breaks(EndpointConnectionError(endpoint_url="http://x"))
    signed_in = pool.initiate_auth(ADA)
    assert isinstance(signed_in, TokenSet)
    assert signed_in.device is None


@pytest.mark.parametrize("between", [[], ["SMS_MFA"]])
def test_a_known_device_proves_itself_wherever_it_is_asked(
    between: list[str], wire: Any, pool: CognitoUserPool
) -> None:
    pool_side = DeviceServer(wire)
    wire.answers(verifier())
    for name in between:
        wire.answers(posed(name))
    wire.answers(posed("DEVICE_SRP_AUTH", "device opening"))
    pool_side.opens()
    wire.answers(result())
    outcome = pool.initiate_auth(KNOWN)
    for _ in between:
        outcome = pool.respond(outcome, {"code": "1"})
    assert isinstance(outcome, TokenSet)
    assert (outcome.device, outcome.device_gone) == (None, False)
    assert steps(wire)[-2:] == ["DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER"]
    assert [body["Session"] for _, body in wire.sent[-2:]] == ["device opening", "device proof"]
    assert all(parameters_of(sent)["DEVICE_KEY"] == DEVICE.key for sent in wire.sent)
    assert all(parameters_of(sent)["USERNAME"] == "ada" for sent in wire.sent)
    assert pool_side.is_convinced()
    assert DEVICE.password.reveal() not in json.dumps(wire.sent)


def test_under_an_alias_the_device_goes_along_once_the_name_is_known(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(verifier())
    wire.answers(result())
    pool.initiate_auth(replace(KNOWN, username="ada@example.com"))
    assert ["DEVICE_KEY" in parameters_of(sent) for sent in wire.sent] == [False, True]


def test_another_users_device_stays_out_of_it(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(verifier())
    wire.answers(posed("SMS_MFA"))
    wire.answers(result())
    bobs = replace(DEVICE, username="bob")
    signed_in = pool.respond(pool.initiate_auth(replace(KNOWN, device=bobs)), {"code": "1"})
    assert not any("DEVICE_KEY" in parameters_of(sent) for sent in wire.sent)
    assert not signed_in.device_gone


@pytest.mark.parametrize("script", [[], [verifier()], [verifier(), posed("SOFTWARE_TOKEN_MFA")]])
def test_a_sign_in_with_a_device_that_is_gone_begins_again_without(
    script: list[dict[str, Any]], wire: Any, pool: CognitoUserPool
) -> None:
    for answer in script:
        wire.answers(answer)
    wire.refuses("ResourceNotFoundException", "Device does not exist.")
    wire.answers(verifier())
    wire.answers(result())
    outcome = pool.initiate_auth(KNOWN) if len(script) < 2 else pool.respond(pool.initiate_auth(KNOWN), {"code": "1"})
    assert isinstance(outcome, TokenSet)
    assert outcome.device_gone
    told = ["DEVICE_KEY" in parameters_of(sent) for sent in wire.sent]
    assert told == [True] * (len(script) + 1) + [False, False]


def test_an_app_client_that_is_gone_is_no_matter_of_devices(wire: Any, pool: CognitoUserPool) -> None:
    for _ in range(2):
        wire.refuses("ResourceNotFoundException", "User pool client does not exist.")
    with pytest.raises(ConfigError, match="client_id") as caught:
        pool.initiate_auth(KNOWN)
    assert caught.value.__context__ is None
    assert len(wire.sent) == 2


def test_a_device_that_the_pool_does_not_believe_is_left_out(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(verifier())
    wire.answers(posed("DEVICE_SRP_AUTH"))
    DeviceServer(wire, "another password").opens()
    wire.refuses("NotAuthorizedException", "Incorrect username or password.")
    wire.answers(verifier())
    wire.answers(posed("SMS_MFA"))
    wire.answers(result())
    challenge = pool.initiate_auth(KNOWN)
    assert challenge.name == "SMS_MFA"
    signed_in = pool.respond(challenge, {"code": "1"})
    assert signed_in.device_gone
    assert not any("DEVICE_KEY" in parameters_of(sent) for sent in wire.sent[4:])


def test_a_proof_of_a_device_that_got_lost_on_the_way_loses_no_device(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(verifier())
    wire.answers(posed("SOFTWARE_TOKEN_MFA"))
    challenge = pool.initiate_auth(KNOWN)
    wire.answers(posed("DEVICE_SRP_AUTH"))
    wire.breaks(EndpointConnectionError(endpoint_url="http://x"))
    with pytest.raises(ServiceUnavailable):
        pool.respond(challenge, {"code": "1"})
    pool_side = DeviceServer(wire)
    for answer in (verifier(), posed("SOFTWARE_TOKEN_MFA", "another"), posed("DEVICE_SRP_AUTH")):
        wire.answers(answer)
    pool_side.opens()
    wire.answers(result())
    wire.sent.clear()
    signed_in = pool.respond(challenge, {"code": "2"})
    assert isinstance(signed_in, TokenSet)
    assert not signed_in.device_gone
    assert steps(wire)[:3] == ["USER_SRP_AUTH", "PASSWORD_VERIFIER", "SOFTWARE_TOKEN_MFA"]


@pytest.mark.parametrize("name", ["DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER"])
def test_a_device_that_this_machine_is_not_cannot_be_proved(name: str, wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(posed(name))
    with pytest.raises(ChallengeExpired, match="device that this is not"):
        pool.initiate_auth(PASSWORDLESS)
    assert len(wire.sent) == 1


def test_a_pool_that_goes_on_asking_for_the_device_is_left(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(verifier())
    wire.answers(posed("DEVICE_SRP_AUTH"))
    wire.answers(posed("DEVICE_SRP_AUTH"))
    with pytest.raises(ChallengeExpired):
        pool.initiate_auth(KNOWN)
    assert len(wire.sent) == 3


RECORD = Record("ada", refresh_token=Secret("refresh-token"), device=DEVICE)


def test_a_refresh_names_the_device(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(result())
    pool.refresh(RECORD)
    assert wire.sent[0][1]["DeviceKey"] == DEVICE.key


def test_an_older_service_is_told_the_device_too(wire: Any, pool: CognitoUserPool) -> None:
    wire.refuses("UnknownOperationException")
    wire.answers(result())
    pool.refresh(RECORD)
    assert parameters_of(wire.sent[1])["DEVICE_KEY"] == DEVICE.key


def test_another_users_device_is_not_named_in_a_refresh(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(result())
    pool.refresh(replace(RECORD, username="bob"))
    assert "DeviceKey" not in wire.sent[0][1]


def test_a_refresh_survives_a_device_that_is_gone(wire: Any, pool: CognitoUserPool) -> None:
    wire.refuses("ResourceNotFoundException", "Device does not exist.")
    wire.answers(result())
    assert pool.refresh(RECORD).device_gone
    assert "DeviceKey" not in wire.sent[1][1]


def test_a_refresh_without_the_device_may_be_refused_for_good(wire: Any, pool: CognitoUserPool) -> None:
    wire.refuses("ResourceNotFoundException", "Device does not exist.")
    wire.refuses("NotAuthorizedException", "Invalid Refresh Token.")
    with pytest.raises(RefreshRefused) as caught:
        pool.refresh(RECORD)
    assert caught.value.__context__ is None


# -- secrets


@pytest.mark.parametrize(
    "step",
    [
        lambda pool, sentinel: pool.respond(Challenge("PASSWORD", "ada", Secret(sentinel)), {"password": sentinel}),
        lambda pool, sentinel: pool.respond(Challenge("PASSWORD_SRP", "ada", None), {"password": Secret(sentinel)}),
        lambda pool, sentinel: pool.respond(
            Challenge("MFA_SETUP", "ada", Secret(sentinel), totp_secret=Secret(sentinel)), {"code": Secret(sentinel)}
        ),
        lambda pool, sentinel: pool.initiate_auth(Credential("ada", session=Secret(sentinel))),
        lambda pool, sentinel: pool.initiate_auth(replace(KNOWN, password=Secret(sentinel))),
        lambda pool, sentinel: pool.refresh(replace(RECORD, refresh_token=Secret(sentinel))),
    ],
)
def test_no_error_has_a_secret_in_its_frames(
    step: Callable[[CognitoUserPool, str], object], wire: Any, pool: CognitoUserPool
) -> None:
    wire.breaks(EndpointConnectionError(endpoint_url="http://x"))
    with pytest.raises(AuthError) as caught:
        step(pool, "sentinel-7f3a")
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    trace, frames = caught.value.__traceback__, []
    while trace:
        if trace.tb_frame.f_code.co_filename != __file__:
            frames.append(repr(trace.tb_frame.f_locals))
        trace = trace.tb_next
    assert frames
    # What the caller gave in clear is the caller's.
    shown = "".join(frames).replace("{'password': 'sentinel-7f3a'}", "")
    assert "sentinel" not in shown
