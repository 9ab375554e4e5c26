from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from nbauth.testing import StandIn

Ask = Callable[..., dict[str, Any]]
Refusal = Callable[..., tuple[str, str]]

EMAIL = [{"Name": "email", "Value": "eve@example.com"}]
MISMATCH = ("CodeMismatchException", "Invalid verification code provided, please try again.")
EXPIRED = ("ExpiredCodeException", "Invalid code provided, please request a code again.")


def request(password: str, **more: Any) -> dict[str, Any]:
    return {"Username": "eve", "Password": password, "UserAttributes": EMAIL, **more}


@pytest.fixture
def signed_up(cognito: StandIn, ask: Ask, password: str) -> dict[str, Any]:
    """eve has signed up, and not confirmed it."""
    return ask("SignUp", **request(password))


def other_code(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_who_signs_up_is_sent_a_code(cognito: StandIn, signed_up: dict[str, Any]) -> None:
    (sent,) = cognito.codes.of("eve")
    assert signed_up == {
        "UserSub": cognito.users["eve"].sub,
        "UserConfirmed": False,
        "CodeDeliveryDetails": {
            "AttributeName": "email",
            "DeliveryMedium": "EMAIL",
            "Destination": "e***@e***",
        },
    }
    assert (sent.purpose, sent.medium, sent.destination) == ("sign-up", "EMAIL", "eve@example.com")
    assert len(sent.code) == 6
    assert sent.code == cognito.codes["eve"] == cognito.users["eve"].sent_code
    assert sent.code not in repr(sent)


def test_a_code_goes_to_the_phone_where_there_is_one(ask: Ask, cognito: StandIn, password: str) -> None:
    attributes = [*EMAIL, {"Name": "phone_number", "Value": "+15550177"}]
    details = ask("SignUp", **request(password, UserAttributes=attributes))["CodeDeliveryDetails"]
    assert details == {"AttributeName": "phone_number", "DeliveryMedium": "SMS", "Destination": "+****0177"}
    ask("ConfirmSignUp", Username="eve", ConfirmationCode=cognito.codes["eve"])
    assert cognito.users["eve"].attributes["phone_number_verified"] == "true"
    assert "email_verified" not in cognito.users["eve"].attributes


def test_the_code_confirms_the_sign_up(cognito: StandIn, ask: Ask, signed_up: Any, sign_in: Ask) -> None:
    assert ask("ConfirmSignUp", Username="eve", ConfirmationCode=cognito.codes["eve"]) == {}
    assert cognito.users["eve"].attributes["email_verified"] == "true"
    assert sign_in("eve")["AccessToken"]
    assert sign_in("eve@example.com")["AccessToken"]


@pytest.mark.parametrize("flow", ["USER_PASSWORD_AUTH", "USER_SRP_AUTH"])
def test_nobody_signs_in_unconfirmed(flow: str, refusal: Refusal, signed_up: Any) -> None:
    parameters = {"USERNAME": "eve", "PASSWORD": "wrong", "SRP_A": "abc"}
    said = refusal("InitiateAuth", AuthFlow=flow, AuthParameters=parameters)
    assert said == ("UserNotConfirmedException", "User is not confirmed.")


def test_the_code_is_good_once_and_nothing_else_is(
    cognito: StandIn, ask: Ask, refusal: Refusal, signed_up: Any
) -> None:
    code = cognito.codes["eve"]
    assert refusal("ConfirmSignUp", Username="eve", ConfirmationCode=other_code(code)) == MISMATCH
    ask("ConfirmSignUp", Username="eve", ConfirmationCode=code)
    said = refusal("ConfirmSignUp", Username="eve", ConfirmationCode=code)
    assert said == ("NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED")


def test_the_code_expires(cognito: StandIn, ask: Ask, refusal: Refusal, signed_up: Any) -> None:
    cognito.clock.advance(timedelta(hours=24))
    assert refusal("ConfirmSignUp", Username="eve", ConfirmationCode=cognito.codes["eve"]) == EXPIRED
    ask("ResendConfirmationCode", Username="eve")
    assert ask("ConfirmSignUp", Username="eve", ConfirmationCode=cognito.codes["eve"]) == {}


def test_a_new_code_takes_the_place_of_the_old(cognito: StandIn, ask: Ask, refusal: Refusal, signed_up: Any) -> None:
    first = cognito.codes["eve"]
    while cognito.codes["eve"] == first:  # two codes may happen to be the same
        details = ask("ResendConfirmationCode", Username="eve")["CodeDeliveryDetails"]
    assert details["Destination"] == "e***@e***"
    assert refusal("ConfirmSignUp", Username="eve", ConfirmationCode=first) == MISMATCH


@pytest.mark.parametrize("taken", ["eve", "ada"])
def test_a_name_is_taken_once(taken: str, refusal: Refusal, signed_up: Any, password: str) -> None:
    said = refusal("SignUp", **request(password, Username=taken))
    assert said == ("UsernameExistsException", "User already exists")


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ({"Username": None}, "InvalidParameterException", "Member must not be null"),
        ({"Username": "e v e"}, "InvalidParameterException", "Member must satisfy regular expression pattern"),
        ({"Username": "e" * 129}, "InvalidParameterException", "less than or equal to 128"),
        ({"Username": "eve@example.com"}, "InvalidParameterException", "cannot be of email format"),
        ({"Username": "+15550177"}, "InvalidParameterException", "cannot be of phone number format"),
        ({"Password": "short"}, "InvalidPasswordException", "not long enough"),
        ({"Password": "Correct Horse 7!"}, "InvalidParameterException", "regular expression"),
        ({"Password": None}, "InvalidParameterException", "Password is required."),
        ({"UserAttributes": [{"Name": "shoe_size", "Value": "9"}]}, "InvalidParameterException", "{shoe_size}"),
        ({"UserAttributes": [{"Name": "custom:team", "Value": "9"}]}, "InvalidParameterException", "{custom:team}"),
        ({"UserAttributes": [{"Name": "sub", "Value": "9"}]}, "InvalidParameterException", "cannot be updated"),
        ({"UserAttributes": [{"Name": "email", "Value": "eve"}]}, "InvalidParameterException", "Invalid email"),
        ({"UserAttributes": [{"Name": "phone_number", "Value": "1"}]}, "InvalidParameterException", "Invalid phone"),
        ({"UserAttributes": [{"Name": "birthdate", "Value": "1815"}]}, "InvalidParameterException", "birthdate"),
        ({"UserAttributes": [{"Value": "9"}]}, "InvalidParameterException", "'name' failed"),
        ({"UserAttributes": {"email": "eve@example.com"}}, "SerializationException", "UserAttributes"),
        (
            {"UserAttributes": [{"Name": "email_verified", "Value": "true"}]},
            "NotAuthorizedException",
            "A client attempted to write unauthorized attribute",
        ),
        ({"SecretHash": "eA=="}, "InvalidParameterException", "is not configured for secret"),
        ({"ClientId": "nosuch"}, "ResourceNotFoundException", "nosuch does not exist"),
    ],
)
def test_a_sign_up_that_makes_no_sense_is_told_why(
    more: dict[str, Any], code: str, said: str, refusal: Refusal, cognito: StandIn, password: str
) -> None:
    told = refusal("SignUp", **request(password, **more))
    assert told[0] == code
    assert said in told[1]
    assert "eve" not in cognito.users


def test_no_refusal_quotes_a_password(refusal: Refusal) -> None:
    assert "sec ret" not in refusal("SignUp", Username="eve", Password="sec ret")[1]


def test_what_is_required_must_be_given(cognito: StandIn, ask: Ask, refusal: Refusal, password: str) -> None:
    cognito.users.required_attributes = ("name",)
    cognito.settings.custom_attributes = frozenset({"custom:team"})
    said = refusal("SignUp", **request(password))
    assert said[0] == "InvalidParameterException"
    assert "name: The attribute is required" in said[1]
    attributes = [*EMAIL, {"Name": "name", "Value": "Eve"}, {"Name": "custom:team", "Value": "blue"}]
    assert ask("SignUp", **request(password, UserAttributes=attributes))["UserSub"]
    assert cognito.users["eve"].attributes["custom:team"] == "blue"


def test_a_pool_may_let_nobody_sign_up(cognito: StandIn, refusal: Refusal, password: str) -> None:
    cognito.settings.self_sign_up = False
    said = refusal("SignUp", **request(password))
    assert said == ("NotAuthorizedException", "SignUp is not permitted for this user pool")


def test_a_pool_may_confirm_at_once(cognito: StandIn, ask: Ask, sign_in: Ask, password: str) -> None:
    cognito.settings.confirms_sign_ups = True
    given = ask("SignUp", **request(password))
    assert given["UserConfirmed"] is True
    assert "CodeDeliveryDetails" not in given
    assert sign_in("eve")["AccessToken"]


def test_a_pool_that_verifies_nothing_sends_nothing(
    cognito: StandIn, ask: Ask, refusal: Refusal, password: str
) -> None:
    cognito.settings.auto_verified = frozenset()
    assert "CodeDeliveryDetails" not in ask("SignUp", **request(password))
    assert len(cognito.codes) == 0
    said = refusal("ResendConfirmationCode", Username="eve")
    assert said == ("InvalidParameterException", "Cannot resend codes. Auto verification not turned on.")
    with pytest.raises(KeyError):
        _ = cognito.codes["eve"]


def test_a_message_that_does_not_arrive_leaves_the_user_unconfirmed(
    cognito: StandIn, ask: Ask, refusal: Refusal, password: str
) -> None:
    cognito.codes.delivers = False
    assert refusal("SignUp", **request(password))[0] == "CodeDeliveryFailureException"
    assert cognito.users["eve"].status == "UNCONFIRMED"
    cognito.codes.delivers = True
    assert ask("ResendConfirmationCode", Username="eve")["CodeDeliveryDetails"]


def test_only_who_is_unconfirmed_is_sent_another_code(refusal: Refusal) -> None:
    said = refusal("ResendConfirmationCode", Username="ada")
    assert said == ("InvalidParameterException", "User is already confirmed.")


def test_whether_there_is_such_a_user_is_told_or_not(cognito: StandIn, ask: Ask, refusal: Refusal) -> None:
    assert refusal("ConfirmSignUp", Username="nobody", ConfirmationCode="123456") == EXPIRED
    assert ask("ResendConfirmationCode", Username="nobody")["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"
    assert len(cognito.codes) == 0
    cognito.client.hides_unknown_users = False
    unknown = ("UserNotFoundException", "User does not exist.")
    assert refusal("ConfirmSignUp", Username="nobody", ConfirmationCode="123456") == unknown
    assert refusal("ResendConfirmationCode", Username="nobody") == unknown


def test_an_address_belongs_to_one_user_until_it_is_taken_over(
    cognito: StandIn, ask: Ask, refusal: Refusal, sign_in: Ask, password: str
) -> None:
    ask("SignUp", **request(password, UserAttributes=[{"Name": "email", "Value": "ada@example.com"}]))
    confirm = {"Username": "eve", "ConfirmationCode": cognito.codes["eve"]}
    said = refusal("ConfirmSignUp", **confirm)
    assert said == ("AliasExistsException", "An account with the email already exists.")
    ask("ConfirmSignUp", **confirm, ForceAliasCreation=True)
    assert cognito.users["ada"].attributes["email_verified"] == "false"
    assert cognito.users.named("ada@example.com") is cognito.users["eve"]


@pytest.mark.parametrize(("operation", "most"), [("ResendConfirmationCode", 5), ("ConfirmSignUp", 15)])
def test_there_is_a_limit_an_hour(
    operation: str, most: int, cognito: StandIn, refusal: Refusal, ask: Ask, signed_up: Any
) -> None:
    wrong = {"Username": "eve"} | ({"ConfirmationCode": other_code(cognito.codes["eve"])} if most == 15 else {})
    for _ in range(most):
        if most == 15:
            assert refusal(operation, **wrong) == MISMATCH
        else:
            ask(operation, **wrong)
    said = refusal(operation, **wrong)
    assert said == ("LimitExceededException", "Attempt limit exceeded, please try after some time.")
    cognito.clock.advance(timedelta(hours=1))
    ask("ResendConfirmationCode", Username="eve")


# The session of a sign-up.


@pytest.fixture
def by_choice(cognito: StandIn) -> StandIn:
    cognito.client.flows |= {"USER_AUTH"}
    return cognito


def sign_in_by(session: str, username: str = "eve") -> dict[str, Any]:
    return {"AuthFlow": "USER_AUTH", "AuthParameters": {"USERNAME": username}, "Session": session}


@pytest.mark.parametrize("says_session", [True, False])
def test_a_sign_up_goes_on_as_a_sign_in(says_session: bool, by_choice: StandIn, ask: Ask, refusal: Refusal) -> None:
    by_choice.settings.first_factors = frozenset({"EMAIL_OTP"})
    given = ask("SignUp", Username="eve", UserAttributes=EMAIL)
    confirm = {"Username": "eve", "ConfirmationCode": by_choice.codes["eve"]}
    session = {"Session": given["Session"]} if says_session else {}
    confirmed = ask("ConfirmSignUp", **confirm, **session)["Session"]
    assert ask("InitiateAuth", **sign_in_by(confirmed))["AuthenticationResult"]["RefreshToken"]
    said = refusal("InitiateAuth", **sign_in_by(confirmed))
    assert said == ("NotAuthorizedException", "Invalid session for the user, session can only be used once.")


def test_a_sign_up_that_was_confirmed_at_once_goes_on_too(by_choice: StandIn, ask: Ask, password: str) -> None:
    by_choice.settings.confirms_sign_ups = True
    session = ask("SignUp", **request(password))["Session"]
    assert ask("InitiateAuth", **sign_in_by(session))["AuthenticationResult"]


def test_the_session_of_a_sign_up_is_no_sign_in_before_it_is_confirmed(
    by_choice: StandIn, ask: Ask, refusal: Refusal, password: str
) -> None:
    session = ask("SignUp", **request(password))["Session"]
    assert refusal("InitiateAuth", **sign_in_by(session))[0] == "UserNotConfirmedException"
    by_choice.users["eve"].status = "CONFIRMED"
    assert refusal("InitiateAuth", **sign_in_by(session)) == (
        "NotAuthorizedException",
        "Invalid session for the user.",
    )


def test_the_session_of_a_sign_up_is_nobody_elses(
    by_choice: StandIn, ask: Ask, refusal: Refusal, password: str
) -> None:
    session = ask("SignUp", **request(password))["Session"]
    ask("SignUp", **request(password, Username="mallory"))
    foreign = {"Username": "mallory", "ConfirmationCode": by_choice.codes["mallory"], "Session": session}
    assert refusal("ConfirmSignUp", **foreign)[1] == "Invalid session for the user."
    confirmed = ask("ConfirmSignUp", Username="eve", ConfirmationCode=by_choice.codes["eve"], Session=session)[
        "Session"
    ]
    assert refusal("InitiateAuth", **sign_in_by(confirmed, "ada"))[1] == "Invalid session for the user."


def test_a_client_without_the_flow_gets_no_session(signed_up: dict[str, Any]) -> None:
    assert "Session" not in signed_up


# Pools whose users have an address or a number for a name.


@pytest.mark.parametrize(("kind", "name"), [("email", "eve@example.com"), ("phone_number", "+15550177")])
def test_a_pool_may_have_no_other_names(
    kind: str, name: str, cognito: StandIn, ask: Ask, refusal: Refusal, sign_in: Ask, password: str
) -> None:
    cognito.settings.username_is = kind
    assert refusal("SignUp", Username="eve", Password=password)[0] == "InvalidParameterException"
    sub = ask("SignUp", Username=name, Password=password)["UserSub"]
    assert cognito.users[sub].attributes[kind] == name
    ask("ConfirmSignUp", Username=name, ConfirmationCode=cognito.codes[sub])
    assert refusal("SignUp", Username=name, Password=password)[0] == "UsernameExistsException"
    assert sign_in(name)["AccessToken"]
    asked = ask("InitiateAuth", AuthFlow="USER_SRP_AUTH", AuthParameters={"USERNAME": name, "SRP_A": "abc"})
    assert asked["ChallengeParameters"]["USER_ID_FOR_SRP"] == asked["ChallengeParameters"]["USERNAME"] == sub


def test_a_pool_may_not_care_about_case(cognito: StandIn, sign_in: Ask, refusal: Refusal, password: str) -> None:
    parameters = {"USERNAME": "Ada@Example.com", "PASSWORD": password}
    assert refusal("InitiateAuth", AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)[0] == (
        "NotAuthorizedException"
    )
    cognito.settings.case_sensitive = False
    assert sign_in("Ada@Example.com")["AccessToken"]
    assert refusal("SignUp", Username="ADA", Password=password)[0] == "UsernameExistsException"


def test_a_preferred_username_is_a_name_too(cognito: StandIn, sign_in: Ask, refusal: Refusal, password: str) -> None:
    cognito.users["ada"].attributes["preferred_username"] = "countess"
    parameters = {"USERNAME": "countess", "PASSWORD": password}
    request = {"AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters}
    assert refusal("InitiateAuth", **request)[0] == "NotAuthorizedException"
    cognito.settings.aliases |= {"preferred_username"}
    assert sign_in("countess")["AccessToken"]
