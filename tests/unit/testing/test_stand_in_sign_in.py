import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from nbauth.testing import AppClient, StandIn
from nbauth.testing.stand_in import PasswordPolicy, Refused

Ask = Callable[..., dict[str, Any]]
Refusal = Callable[..., tuple[str, str]]
SECRET = "a1b2c3d4e5" * 5


def app_code(cognito: StandIn) -> str:
    authenticator = cognito.users["carol"].authenticator
    assert authenticator
    return authenticator.code(cognito.clock.now())


def secret_hash(username: str, client: AppClient, secret: str = SECRET) -> str:
    message = f"{username}{client.client_id}".encode()
    return base64.b64encode(hmac.digest(secret.encode(), message, hashlib.sha256)).decode()


# What a request must be like.


@pytest.mark.parametrize(
    ("request_", "code", "said"),
    [
        (
            {"ClientId": None},
            "InvalidParameterException",
            "'clientId' failed to satisfy constraint: Member must not be",
        ),
        ({"ClientId": "no such"}, "InvalidParameterException", "Member must satisfy regular expression pattern"),
        ({"ClientId": "nosuch"}, "ResourceNotFoundException", "User pool client nosuch does not exist."),
        ({"ClientId": 1}, "SerializationException", "can not be converted to a String"),
        ({"AuthFlow": "BY_MAGIC"}, "InvalidParameterException", "Member must satisfy enum value set"),
        ({"AuthFlow": "ADMIN_USER_PASSWORD_AUTH"}, "InvalidParameterException", "Initiate Auth method not supported."),
        ({"AuthFlow": "USER_AUTH"}, "InvalidParameterException", "USER_AUTH is not enabled for the client."),
        ({"AuthParameters": "ada"}, "SerializationException", "AuthParameters"),
        ({"AuthParameters": {"USERNAME": 1}}, "SerializationException", "AuthParameters"),
        ({"AuthParameters": {}}, "InvalidParameterException", "Missing required parameter USERNAME"),
        ({"AuthParameters": {"USERNAME": "ada"}}, "InvalidParameterException", "Missing required parameter PASSWORD"),
        ({"AuthParameters": {"USERNAME": "ada", "PASSWORD": None}}, "InvalidParameterException", "parameter PASSWORD"),
    ],
)
def test_a_request_that_makes_no_sense_is_told_why(
    request_: dict[str, Any], code: str, said: str, refusal: Refusal
) -> None:
    complete = {"AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": {"USERNAME": "ada", "PASSWORD": "x"}}
    told = refusal("InitiateAuth", **complete | request_)
    assert told[0] == code
    assert said in told[1]


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_PASSWORD_AUTH", "REFRESH_TOKEN_AUTH"])
def test_a_flow_that_is_not_allowed_is_refused(flow: str, cognito: StandIn, refusal: Refusal) -> None:
    cognito.client.flows -= {flow}
    code, message = refusal("InitiateAuth", AuthFlow=flow, AuthParameters={"USERNAME": "ada"})
    assert code == "InvalidParameterException"
    assert message.startswith(flow)


def test_the_secret_hash_is_checked(cognito: StandIn, ask: Ask, refusal: Refusal, password: str) -> None:
    client = cognito.add_client(AppClient(secret=SECRET))
    request = {"ClientId": client.client_id, "AuthFlow": "USER_PASSWORD_AUTH"}
    parameters = {"USERNAME": "ada@example.com", "PASSWORD": password}
    assert "SECRET_HASH was not received" in refusal("InitiateAuth", AuthParameters=parameters, **request)[1]
    for wrong in (secret_hash("ada@example.com", client, "another"), secret_hash("ada", client)):
        said = refusal("InitiateAuth", AuthParameters={**parameters, "SECRET_HASH": wrong}, **request)
        assert said == ("NotAuthorizedException", f"Unable to verify secret hash for client {client.client_id}")
    right = secret_hash("ada@example.com", client)
    assert ask("InitiateAuth", AuthParameters={**parameters, "SECRET_HASH": right}, **request)["AuthenticationResult"]


def test_a_client_may_have_two_secrets(cognito: StandIn, ask: Ask, refusal: Refusal, sign_in: Ask) -> None:
    second = SECRET[::-1]
    token = sign_in()["RefreshToken"]
    cognito.client.secret, cognito.client.second_secret = SECRET, second
    for secret in (SECRET, second):
        assert sign_in(SECRET_HASH=secret_hash("ada", cognito.client, secret))["AccessToken"]
        assert ask("GetTokensFromRefreshToken", RefreshToken=token, ClientSecret=secret)["AuthenticationResult"]
    cognito.client.second_secret = None
    assert refusal("GetTokensFromRefreshToken", RefreshToken=token, ClientSecret=second)[0] == "NotAuthorizedException"


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("SignUp", {"Username": "eve", "Password": "Correct-Horse-7"}),
        ("ConfirmSignUp", {"Username": "eve", "ConfirmationCode": "123456"}),
        ("ResendConfirmationCode", {"Username": "eve"}),
        ("ForgotPassword", {"Username": "eve"}),
        ("ConfirmForgotPassword", {"Username": "eve", "ConfirmationCode": "123456", "Password": "Correct-Horse-7"}),
    ],
)
def test_the_secret_hash_of_an_account_is_checked(
    operation: str, request_: dict[str, str], cognito: StandIn, refusal: Refusal
) -> None:
    assert "is not configured for secret" in refusal(operation, SecretHash="eA==", **request_)[1]
    cognito.client.secret = SECRET
    assert "SECRET_HASH was not received" in refusal(operation, **request_)[1]
    wrong = secret_hash("ada", cognito.client)
    assert "Unable to verify secret hash" in refusal(operation, SecretHash=wrong, **request_)[1]
    assert refusal(operation, SecretHash="%", **request_)[0] == "InvalidParameterException"


def test_a_secret_hash_that_is_not_wanted_is_refused_at_the_beginning_only(
    cognito: StandIn, ask: Ask, refusal: Refusal, sign_in: Ask, password: str
) -> None:
    parameters = {"USERNAME": "ada", "PASSWORD": password, "SECRET_HASH": "x"}
    said = refusal("InitiateAuth", AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)
    assert said[0] == "InvalidParameterException"
    responses = {"USERNAME": "carol", "SOFTWARE_TOKEN_MFA_CODE": app_code(cognito), "SECRET_HASH": "x"}
    session = sign_in("carol")["Session"]
    assert ask(
        "RespondToAuthChallenge",
        ChallengeName="SOFTWARE_TOKEN_MFA",
        Session=session,
        ChallengeResponses=responses,
    )["AuthenticationResult"]


# Who may try.


def test_a_disabled_user_is_refused_before_the_password_counts(cognito: StandIn, refusal: Refusal) -> None:
    cognito.users["ada"].enabled = False
    parameters = {"USERNAME": "ada", "PASSWORD": "wrong", "SRP_A": "abc"}
    for flow in ("USER_PASSWORD_AUTH", "USER_SRP_AUTH"):
        said = refusal("InitiateAuth", AuthFlow=flow, AuthParameters=parameters)
        assert said == ("NotAuthorizedException", "User is disabled.")


def attempt(refusal: Refusal, password: str = "wrong") -> str:
    parameters = {"USERNAME": "ada", "PASSWORD": password}
    return refusal("InitiateAuth", AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)[1]


def test_the_lock_doubles_with_each_failure(cognito: StandIn, refusal: Refusal) -> None:
    for _ in range(5):
        assert attempt(refusal).startswith("Incorrect")
    for seconds in (1, 2, 4, 8):
        assert attempt(refusal) == "Password attempts exceeded"
        cognito.clock.advance(timedelta(seconds=seconds))
        assert attempt(refusal).startswith("Incorrect")


def test_attempts_while_locked_out_make_it_no_longer(
    cognito: StandIn, refusal: Refusal, sign_in: Ask, password: str
) -> None:
    for _ in range(5):
        attempt(refusal)
    for _ in range(5):
        assert attempt(refusal, password) == "Password attempts exceeded"
    cognito.clock.advance(timedelta(seconds=1))
    assert sign_in()["AccessToken"]
    assert attempt(refusal).startswith("Incorrect")
    assert sign_in()["AccessToken"]


def test_a_quarter_of_an_hour_of_rest_opens_the_lock(cognito: StandIn, refusal: Refusal) -> None:
    for _ in range(5):
        attempt(refusal)
    cognito.clock.advance(timedelta(minutes=15))
    for _ in range(5):
        assert attempt(refusal).startswith("Incorrect")
    assert attempt(refusal) == "Password attempts exceeded"


def test_wrong_codes_lock_too(cognito: StandIn, refusal: Refusal, sign_in: Ask) -> None:
    sessions = [sign_in("dave")["Session"] for _ in range(2)]
    wrong = {"USERNAME": "dave", "SMS_MFA_CODE": "wrong"}
    for session in (sessions * 3)[:5]:
        request = {"ChallengeName": "SMS_MFA", "Session": session}
        assert refusal("RespondToAuthChallenge", ChallengeResponses=wrong, **request)[0] == "CodeMismatchException"
    right = wrong | {"SMS_MFA_CODE": cognito.users["dave"].sent_code}
    request["Session"] = sessions[1]
    said = refusal("RespondToAuthChallenge", ChallengeResponses=right, **request)
    assert said == ("NotAuthorizedException", "Password attempts exceeded")


# Challenges.


def test_a_session_is_good_for_its_challenge_only(cognito: StandIn, refusal: Refusal, sign_in: Ask) -> None:
    session = sign_in("dave")["Session"]
    responses = {"USERNAME": "dave", "SOFTWARE_TOKEN_MFA_CODE": app_code(cognito)}
    said = refusal(
        "RespondToAuthChallenge", ChallengeName="SOFTWARE_TOKEN_MFA", Session=session, ChallengeResponses=responses
    )
    assert said == ("NotAuthorizedException", "Invalid session for the user.")


def test_a_session_that_is_missing_or_too_short_is_told_so(refusal: Refusal) -> None:
    request = {"ChallengeName": "SMS_MFA", "ChallengeResponses": {"USERNAME": "dave", "SMS_MFA_CODE": "1"}}
    assert refusal("RespondToAuthChallenge", **request)[1] == "Missing required parameter Session"
    code, message = refusal("RespondToAuthChallenge", Session="forged", **request)
    assert code == "InvalidParameterException"
    assert "length greater than or equal to 20" in message
    assert "forged" not in message


@pytest.mark.parametrize("moment", ["spent", "expired"])
def test_a_session_that_is_over_says_why(
    moment: str, cognito: StandIn, ask: Ask, refusal: Refusal, sign_in: Ask
) -> None:
    request = {"ChallengeName": "SMS_MFA", "Session": sign_in("dave")["Session"]}
    request["ChallengeResponses"] = {"USERNAME": "dave", "SMS_MFA_CODE": cognito.users["dave"].sent_code}
    if moment == "spent":
        ask("RespondToAuthChallenge", **request)
    else:
        cognito.clock.advance(cognito.client.session_lifetime)
    code, message = refusal("RespondToAuthChallenge", **request)
    assert code == "NotAuthorizedException"
    assert ("used once" if moment == "spent" else "expired") in message


def test_each_sign_in_sends_another_code(cognito: StandIn, ask: Ask, refusal: Refusal, sign_in: Ask) -> None:
    sessions, codes = [], []
    while len(set(codes)) < 2:  # two codes may happen to be the same
        sessions.append(sign_in("dave")["Session"])
        codes.append(cognito.users["dave"].sent_code)
    responses = {"USERNAME": "dave", "SMS_MFA_CODE": codes[0]}
    request = {"ChallengeName": "SMS_MFA", "ChallengeResponses": responses}
    assert refusal("RespondToAuthChallenge", Session=sessions[-1], **request)[0] == "CodeMismatchException"
    assert ask("RespondToAuthChallenge", Session=sessions[0], **request)["AuthenticationResult"]


def test_a_new_password_says_what_the_user_has_and_lacks(cognito: StandIn, sign_in: Ask) -> None:
    cognito.users.required_attributes = ("name",)
    cognito.users["bob"].attributes["nickname"] = "Bobby"
    parameters = sign_in("bob")["ChallengeParameters"]
    assert json.loads(parameters["requiredAttributes"]) == ["userAttributes.name"]
    assert json.loads(parameters["userAttributes"]) == {"nickname": "Bobby"}
    assert parameters["USER_ID_FOR_SRP"] == "bob"


def test_a_required_attribute_must_come_with_the_new_password(cognito: StandIn, refusal: Refusal, sign_in: Ask) -> None:
    cognito.users.required_attributes = ("name",)
    said = refusal(
        "RespondToAuthChallenge",
        ChallengeName="NEW_PASSWORD_REQUIRED",
        Session=sign_in("bob")["Session"],
        ChallengeResponses={"USERNAME": "bob", "NEW_PASSWORD": "Brand-New-Saddle-7"},
    )
    assert said == ("InvalidParameterException", "Invalid attributes given, name is missing")
    assert cognito.users["bob"].status == "FORCE_CHANGE_PASSWORD"


def test_a_second_factor_follows_a_new_password(cognito: StandIn, ask: Ask, sign_in: Ask) -> None:
    bob = cognito.users["bob"]
    bob.attributes["phone_number"], bob.sms_mfa = "+15550101", True
    answer = ask(
        "RespondToAuthChallenge",
        ChallengeName="NEW_PASSWORD_REQUIRED",
        Session=sign_in("bob")["Session"],
        ChallengeResponses={"USERNAME": "bob", "NEW_PASSWORD": "Brand-New-Saddle-7"},
    )
    assert answer["ChallengeName"] == "SMS_MFA"


@pytest.mark.parametrize(
    ("password", "lacks"),
    [
        ("Aa1-", "not long enough"),
        ("aaaaaaa1-", "uppercase"),
        ("AAAAAAA1-", "lowercase"),
        ("Aaaaaaaa-", "numeric"),
        ("Aaaaaaaa1", "symbol"),
    ],
)
def test_a_password_must_conform(password: str, lacks: str) -> None:
    with pytest.raises(Refused, match=lacks) as caught:
        PasswordPolicy().check(password)
    assert caught.value.code == "InvalidPasswordException"


def test_a_policy_may_ask_for_less() -> None:
    PasswordPolicy(shortest=4, kinds=frozenset()).check("easy")


@pytest.mark.parametrize("drift", [-30, 0, 30])
def test_an_app_whose_clock_is_a_little_off_is_fine(drift: int, cognito: StandIn, ask: Ask, sign_in: Ask) -> None:
    authenticator = cognito.users["carol"].authenticator
    assert authenticator
    code = authenticator.code(cognito.clock.now() + timedelta(seconds=drift))
    assert ask(
        "RespondToAuthChallenge",
        ChallengeName="SOFTWARE_TOKEN_MFA",
        Session=sign_in("carol")["Session"],
        ChallengeResponses={"USERNAME": "carol", "SOFTWARE_TOKEN_MFA_CODE": code},
    )["AuthenticationResult"]


def test_a_code_that_was_used_is_refused_until_the_next_one(
    cognito: StandIn, ask: Ask, refusal: Refusal, sign_in: Ask
) -> None:
    def request() -> dict[str, Any]:
        responses = {"USERNAME": "carol", "SOFTWARE_TOKEN_MFA_CODE": app_code(cognito)}
        session = sign_in("carol")["Session"]
        return {"ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": session, "ChallengeResponses": responses}

    authenticator = cognito.users["carol"].authenticator
    assert authenticator
    authenticator.use(int(cognito.clock.now().timestamp()) // 30 + 1)
    said = refusal("RespondToAuthChallenge", **request())
    assert said == ("ExpiredCodeException", "Your software token has already been used once.")
    cognito.clock.advance(timedelta(minutes=1))
    assert ask("RespondToAuthChallenge", **request())["AuthenticationResult"]
