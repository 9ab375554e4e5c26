import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pycognito import AWSSRP

from nbauth.testing import AppClient, StandIn
from nbauth.testing.stand_in import CustomChallenge, srp
from nbauth.testing.stand_in.tokens import claims_of

Ask = Callable[..., dict[str, Any]]
Refusal = Callable[..., tuple[str, str]]
Token = Callable[..., str]

INCORRECT = ("NotAuthorizedException", "Incorrect username or password.")


class Typist:
    """Somebody who types a password, with pycognito's arithmetic."""

    def __init__(self, cognito: StandIn, password: str) -> None:
        self._cognito = cognito
        self._engine = AWSSRP("", password, cognito.user_pool_id, cognito.client.client_id, client=object())
        self.public = {"SRP_A": f"{self._engine.large_a_value:x}"}

    def proof(self, challenge: dict[str, Any]) -> dict[str, str]:
        about, stamp = challenge["ChallengeParameters"], srp.canonical(self._cognito.clock.now())
        user_id, block = about["USER_ID_FOR_SRP"], about["SECRET_BLOCK"]
        key = self._engine.get_password_authentication_key(
            user_id, self._engine.password, int(about["SRP_B"], 16), about["SALT"]
        )
        pool_name = self._cognito.user_pool_id.partition("_")[2]
        message = f"{pool_name}{user_id}".encode() + base64.b64decode(block) + stamp.encode()
        return {
            "TIMESTAMP": stamp,
            "PASSWORD_CLAIM_SECRET_BLOCK": block,
            "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(hmac.digest(key, message, hashlib.sha256)).decode(),
        }


@pytest.fixture(autouse=True)
def settings(cognito: StandIn) -> None:
    cognito.client.flows |= {"USER_AUTH", "CUSTOM_AUTH"}
    cognito.settings.first_factors = frozenset({"PASSWORD", "EMAIL_OTP", "SMS_OTP"})


@pytest.fixture
def begin(ask: Ask) -> Callable[..., dict[str, Any]]:
    """Begins a sign-in of the flow USER_AUTH, and returns the tokens or the challenge."""

    def perform(username: str = "ada", **parameters: str) -> dict[str, Any]:
        given = ask("InitiateAuth", AuthFlow="USER_AUTH", AuthParameters={"USERNAME": username, **parameters})
        return given.get("AuthenticationResult") or given

    return perform


@pytest.fixture
def typist(cognito: StandIn, password: str) -> Typist:
    return Typist(cognito, password)


# USER_AUTH.


@pytest.mark.parametrize(
    ("username", "offered"),
    [
        ("ada", ["PASSWORD", "PASSWORD_SRP", "EMAIL_OTP"]),
        ("bob", ["PASSWORD", "PASSWORD_SRP"]),
        ("carol", ["PASSWORD", "PASSWORD_SRP"]),
        ("eve", ["SMS_OTP"]),
        ("nobody", ["PASSWORD", "PASSWORD_SRP"]),
    ],
)
def test_what_somebody_can_begin_with_is_offered(
    username: str, offered: list[str], cognito: StandIn, begin: Ask
) -> None:
    cognito.users.add("eve", None, phone_number="+15550177").sms_mfa = False
    asked = begin(username)
    assert asked["ChallengeName"] == "SELECT_CHALLENGE"
    assert asked["AvailableChallenges"] == offered


def test_where_a_second_factor_is_required_no_code_comes_first(cognito: StandIn, begin: Ask) -> None:
    cognito.settings.mfa = "ON"
    assert begin()["AvailableChallenges"] == ["PASSWORD", "PASSWORD_SRP"]


def test_a_password_is_chosen(begin: Ask, answer: Ask, wrong_answer: Refusal, password: str) -> None:
    asked = begin()
    assert wrong_answer(asked, ANSWER="PASSWORD")[1] == "Missing required parameter PASSWORD"
    assert wrong_answer(asked, ANSWER="PASSWORD", PASSWORD="wrong") == INCORRECT
    assert answer(asked, ANSWER="PASSWORD", PASSWORD=password)["AccessToken"]


def test_a_proof_of_a_password_is_chosen(begin: Ask, answer: Ask, wrong_answer: Refusal, typist: Typist) -> None:
    asked = begin()
    assert wrong_answer(asked, ANSWER="PASSWORD_SRP")[1] == "Missing required parameter SRP_A"
    asked = answer(asked, ANSWER="PASSWORD_SRP", **typist.public)
    assert asked["ChallengeName"] == "PASSWORD_VERIFIER"
    assert answer(asked, **typist.proof(asked))["AccessToken"]


def test_a_wrong_proof_leaves_the_challenge_standing(
    cognito: StandIn, begin: Ask, answer: Ask, wrong_answer: Refusal, typist: Typist
) -> None:
    asked = begin(PREFERRED_CHALLENGE="PASSWORD_SRP", **typist.public)
    assert asked["ChallengeName"] == "PASSWORD_VERIFIER"
    wrong = typist.proof(asked) | {"PASSWORD_CLAIM_SIGNATURE": base64.b64encode(b"wrong").decode()}
    assert wrong_answer(asked, **wrong) == INCORRECT
    block = {"PASSWORD_CLAIM_SECRET_BLOCK": base64.b64encode(b"another").decode()}
    assert wrong_answer(asked, **typist.proof(asked) | block) == INCORRECT
    assert answer(asked, **typist.proof(asked))["AccessToken"]


def test_a_proof_with_a_session_is_not_taken_without_it(begin: Ask, wrong_answer: Refusal, typist: Typist) -> None:
    asked = begin(PREFERRED_CHALLENGE="PASSWORD_SRP", **typist.public)
    proof = typist.proof(asked)
    del asked["Session"]
    assert wrong_answer(asked, **proof) == INCORRECT


@pytest.mark.parametrize(("username", "name"), [("ada", "EMAIL_OTP"), ("eve", "SMS_OTP")])
def test_a_code_is_chosen(
    username: str, name: str, cognito: StandIn, begin: Ask, answer: Ask, wrong_answer: Refusal
) -> None:
    cognito.users.add("eve", None, phone_number="+15550177").sms_mfa = False
    sent = answer(begin(username), username, ANSWER=name)
    assert sent["ChallengeName"] == name
    assert wrong_answer(sent, username, **{f"{name}_CODE": "wrong"})[0] == "CodeMismatchException"
    assert wrong_answer(sent, username)[1] == f"Missing required parameter {name}_CODE"
    assert answer(sent, username, **{f"{name}_CODE": cognito.codes[username]})["AccessToken"]


def test_what_is_not_offered_is_not_chosen(begin: Ask, wrong_answer: Refusal) -> None:
    for chosen in ("SMS_OTP", "WEB_AUTHN", "SMS_MFA", "NOTHING"):
        assert wrong_answer(begin(), ANSWER=chosen)[0] == "InvalidParameterException"


@pytest.mark.parametrize("preferred", ["PASSWORD", "PASSWORD_SRP", "EMAIL_OTP"])
def test_a_preference_is_followed(preferred: str, begin: Ask) -> None:
    assert begin(PREFERRED_CHALLENGE=preferred)["ChallengeName"] == preferred


def test_a_preference_that_cannot_be_is_a_choice(begin: Ask, refusal: Refusal) -> None:
    assert begin(PREFERRED_CHALLENGE="SMS_OTP")["ChallengeName"] == "SELECT_CHALLENGE"
    parameters = {"USERNAME": "ada", "PREFERRED_CHALLENGE": "SMS_MFA"}
    said = refusal("InitiateAuth", AuthFlow="USER_AUTH", AuthParameters=parameters)
    assert said == ("InvalidParameterException", "Invalid PREFERRED_CHALLENGE: SMS_MFA")


def test_a_preferred_password_comes_along_or_later(
    begin: Ask, answer: Ask, wrong_answer: Refusal, typist: Typist, password: str
) -> None:
    assert begin(PREFERRED_CHALLENGE="PASSWORD", PASSWORD=password)["AccessToken"]
    asked = begin(PREFERRED_CHALLENGE="PASSWORD")
    assert wrong_answer(asked)[1] == "Missing required parameter PASSWORD"
    assert wrong_answer(asked, PASSWORD="wrong") == INCORRECT
    assert answer(asked, PASSWORD=password)["AccessToken"]
    asked = begin(PREFERRED_CHALLENGE="PASSWORD_SRP")
    assert wrong_answer(asked)[1] == "Missing required parameter SRP_A"
    asked = answer(asked, **typist.public)
    assert answer(asked, **typist.proof(asked))["AccessToken"]


def test_wrong_passwords_lock_here_too(refusal: Refusal) -> None:
    parameters = {"USERNAME": "ada", "PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": "wrong"}
    for _ in range(5):
        assert refusal("InitiateAuth", AuthFlow="USER_AUTH", AuthParameters=parameters) == INCORRECT
    said = refusal("InitiateAuth", AuthFlow="USER_AUTH", AuthParameters=parameters)
    assert said == ("NotAuthorizedException", "Password attempts exceeded")


def test_a_second_factor_follows_a_chosen_password(begin: Ask, password: str) -> None:
    asked = begin("carol", PREFERRED_CHALLENGE="PASSWORD", PASSWORD=password)
    assert asked["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    asked = begin("bob", PREFERRED_CHALLENGE="PASSWORD", PASSWORD=password)
    assert asked["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


def test_nobody_is_asked_like_somebody(
    cognito: StandIn, begin: Ask, answer: Ask, wrong_answer: Refusal, refusal: Refusal, typist: Typist
) -> None:
    assert wrong_answer(begin("nobody"), "nobody", ANSWER="PASSWORD", PASSWORD="x") == INCORRECT
    sent = begin("nobody", PREFERRED_CHALLENGE="EMAIL_OTP")
    assert sent["ChallengeName"] == "EMAIL_OTP"
    assert wrong_answer(sent, "nobody", EMAIL_OTP_CODE="12345678")[0] == "CodeMismatchException"
    asked = begin("nobody", PREFERRED_CHALLENGE="PASSWORD_SRP", **typist.public)
    assert wrong_answer(asked, "nobody", **typist.proof(asked)) == INCORRECT
    assert len(cognito.codes) == 0
    cognito.client.hides_unknown_users = False
    request = {"AuthFlow": "USER_AUTH", "AuthParameters": {"USERNAME": "nobody"}}
    assert refusal("InitiateAuth", **request) == ("UserNotFoundException", "User does not exist.")


def test_a_choice_ends_and_is_bound(
    cognito: StandIn, begin: Ask, wrong_answer: Refusal, refusal: Refusal, password: str
) -> None:
    asked = begin()
    good = {"ANSWER": "PASSWORD", "PASSWORD": password}
    assert wrong_answer(asked, "bob", **good)[1] == "Invalid session for the user."
    request = {
        "ClientId": cognito.add_client(AppClient()).client_id,
        "ChallengeName": "SELECT_CHALLENGE",
        "Session": asked["Session"],
        "ChallengeResponses": {"USERNAME": "ada", **good},
    }
    assert refusal("RespondToAuthChallenge", **request)[1] == "Invalid session for the user."
    cognito.clock.advance(timedelta(minutes=3))
    assert wrong_answer(asked, **good)[1] == "Invalid session for the user, session is expired."


# Stronger sign-ins.


def test_a_sign_in_says_how_strong_it_is_where_that_is_asked(
    cognito: StandIn, begin: Ask, answer: Ask, token: Token, password: str
) -> None:
    wanted = {"TARGET_ACR_VALUES": "urn:cognito:loa:2 urn:cognito:loa:1", "ACCESS_TOKEN": token("carol")}
    asked = begin("carol", PREFERRED_CHALLENGE="PASSWORD", PASSWORD=password, **wanted)
    app = cognito.users["carol"].authenticator
    assert app
    tokens = answer(asked, "carol", SOFTWARE_TOKEN_MFA_CODE=app.code(cognito.clock.now()))
    for name in ("IdToken", "AccessToken"):
        claims = claims_of(tokens[name])
        assert (claims["acr"], claims["amr"]) == ("urn:cognito:loa:2", ["PASSWORD", "SOFTWARE_TOKEN_MFA"])
    plain = begin(PREFERRED_CHALLENGE="PASSWORD", PASSWORD=password)
    assert "acr" not in claims_of(plain["AccessToken"])


def test_a_stronger_sign_in_is_of_the_same_user(cognito: StandIn, refusal: Refusal, token: Token) -> None:
    parameters = {"USERNAME": "ada", "ACCESS_TOKEN": token("bob"), "TARGET_ACR_VALUES": "urn:cognito:loa:2"}
    request = {"AuthFlow": "USER_AUTH", "AuthParameters": parameters}
    assert refusal("InitiateAuth", **request)[0] == "NotAuthorizedException"
    cognito.settings.has_step_up = False
    assert refusal("InitiateAuth", **request)[0] == "FeatureUnavailableInTierException"


# CUSTOM_AUTH.


@pytest.fixture
def riddle(ask: Ask) -> Callable[..., dict[str, Any]]:
    """Begins a sign-in of the flow CUSTOM_AUTH, and returns the tokens or the challenge."""

    def perform(username: str = "ada", **parameters: str) -> dict[str, Any]:
        return ask("InitiateAuth", AuthFlow="CUSTOM_AUTH", AuthParameters={"USERNAME": username, **parameters})

    return perform


def test_without_triggers_there_is_no_custom_sign_in(refusal: Refusal) -> None:
    said = refusal("InitiateAuth", AuthFlow="CUSTOM_AUTH", AuthParameters={"USERNAME": "ada"})
    assert said == (
        "InvalidParameterException",
        "Custom auth lambda trigger is not configured for the user pool.",
    )


def test_the_triggers_ask_one_question_after_the_other(
    cognito: StandIn, riddle: Ask, answer: Ask, wrong_answer: Refusal
) -> None:
    cognito.triggers.custom = [
        CustomChallenge("blue", {"question": "Which colour?"}),
        CustomChallenge("42", {"question": "Which number?"}),
    ]
    asked = riddle()
    assert asked["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert asked["ChallengeParameters"]["question"] == "Which colour?"
    assert wrong_answer(asked)[1] == "Missing required parameter ANSWER"
    again = answer(asked, ANSWER="red")
    assert again["ChallengeParameters"]["question"] == "Which colour?"
    assert wrong_answer(asked, ANSWER="blue")[1].endswith("session can only be used once.")
    asked = answer(again, ANSWER="blue")
    assert asked["ChallengeParameters"]["question"] == "Which number?"
    assert answer(asked, ANSWER="42")["AccessToken"]


def test_three_wrong_answers_end_the_sign_in_but_lock_nothing(
    cognito: StandIn, riddle: Ask, answer: Ask, wrong_answer: Refusal
) -> None:
    cognito.triggers.custom = [CustomChallenge("blue")]
    for _ in range(3):
        asked = riddle()
        for _ in range(2):
            asked = answer(asked, ANSWER="red")
        assert wrong_answer(asked, ANSWER="red") == INCORRECT
        assert wrong_answer(asked, ANSWER="blue")[1].endswith("session can only be used once.")
    assert answer(riddle(), ANSWER="blue")["AccessToken"]


def test_the_triggers_may_come_after_a_proof(
    cognito: StandIn, riddle: Ask, answer: Ask, wrong_answer: Refusal, typist: Typist
) -> None:
    cognito.triggers.custom = [CustomChallenge("blue")]
    asked = riddle(CHALLENGE_NAME="SRP_A", **typist.public)
    assert asked["ChallengeName"] == "PASSWORD_VERIFIER"
    wrong = Typist(cognito, "wrong")
    other = riddle(CHALLENGE_NAME="SRP_A", **wrong.public)
    assert wrong_answer(other, **wrong.proof(other)) == INCORRECT
    asked = answer(asked, **typist.proof(asked))
    assert asked["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert answer(asked, ANSWER="blue")["AccessToken"]


def test_the_triggers_see_what_the_client_says(cognito: StandIn, riddle: Ask, ask: Ask) -> None:
    heard: list[Any] = []

    def judge(responses: Any, metadata: Any) -> bool:
        heard.append((dict(responses), dict(metadata)))
        return True

    cognito.triggers.custom = [CustomChallenge(judge)]
    asked = riddle()
    ask(
        "RespondToAuthChallenge",
        ChallengeName="CUSTOM_CHALLENGE",
        Session=asked["Session"],
        ChallengeResponses={"USERNAME": "ada", "ANSWER": "x"},
        ClientMetadata={"notebook": "demo.ipynb"},
    )
    assert heard == [({"USERNAME": "ada", "ANSWER": "x"}, {"notebook": "demo.ipynb"})]


def test_nobody_never_finds_the_answer(cognito: StandIn, riddle: Ask, answer: Ask, wrong_answer: Refusal) -> None:
    cognito.triggers.custom = [CustomChallenge("blue")]
    asked = riddle("nobody")
    for _ in range(2):
        asked = answer(asked, "nobody", ANSWER="blue")
    assert wrong_answer(asked, "nobody", ANSWER="blue") == INCORRECT


def test_a_challenge_of_a_cognito_to_come_is_asked(
    cognito: StandIn, sign_in: Ask, answer: Ask, wrong_answer: Refusal
) -> None:
    unknown = {"ChallengeName": "SOMETHING_NEW", "Session": "forged" * 20}
    assert "enum value set" in wrong_answer(unknown, ANSWER="x")[1]
    cognito.triggers.later = [
        CustomChallenge(lambda responses, _: responses.get("SHOE_SIZE") == "9", {"HINT": "x"}, "SOMETHING_NEW")
    ]
    asked = sign_in()
    assert (asked["ChallengeName"], asked["ChallengeParameters"]["HINT"]) == ("SOMETHING_NEW", "x")
    again = answer(asked, SHOE_SIZE="8")
    assert again["ChallengeName"] == "SOMETHING_NEW"
    assert answer(again, SHOE_SIZE="9")["AccessToken"]
