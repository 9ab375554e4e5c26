from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from nbauth.testing import StandIn

Ask = Callable[..., dict[str, Any]]
Refusal = Callable[..., tuple[str, str]]

NEW = "Brand-New-Saddle-7"
MISMATCH = ("CodeMismatchException", "Invalid verification code provided, please try again.")
EXPIRED = ("ExpiredCodeException", "Invalid code provided, please request a code again.")
INCORRECT = ("NotAuthorizedException", "Incorrect username or password.")


def other_code(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def confirm(code: str, password: str = NEW, username: str = "ada") -> dict[str, Any]:
    return {"Username": username, "ConfirmationCode": code, "Password": password}


# Forgotten passwords.


def test_who_has_forgotten_a_password_is_sent_a_code(cognito: StandIn, ask: Ask, sign_in: Ask) -> None:
    details = ask("ForgotPassword", Username="ada@example.com")["CodeDeliveryDetails"]
    assert details == {"AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "a***@e***"}
    assert cognito.codes.of("ada")[-1].purpose == "password"
    assert ask("ConfirmForgotPassword", **confirm(cognito.codes["ada"])) == {}
    assert sign_in("ada", PASSWORD=NEW)["AccessToken"]


def test_the_code_is_good_once_and_for_an_hour(cognito: StandIn, ask: Ask, refusal: Refusal) -> None:
    assert refusal("ConfirmForgotPassword", **confirm("123456")) == EXPIRED
    ask("ForgotPassword", Username="ada")
    code = cognito.codes["ada"]
    assert refusal("ConfirmForgotPassword", **confirm(other_code(code))) == MISMATCH
    ask("ConfirmForgotPassword", **confirm(code))
    assert refusal("ConfirmForgotPassword", **confirm(code)) == EXPIRED
    ask("ForgotPassword", Username="ada")
    cognito.clock.advance(timedelta(hours=1))
    assert refusal("ConfirmForgotPassword", **confirm(cognito.codes["ada"])) == EXPIRED


def test_a_weak_password_leaves_the_code_good(cognito: StandIn, ask: Ask, refusal: Refusal) -> None:
    ask("ForgotPassword", Username="ada")
    code = cognito.codes["ada"]
    assert refusal("ConfirmForgotPassword", **confirm(code, "weak"))[0] == "InvalidPasswordException"
    assert ask("ConfirmForgotPassword", **confirm(code)) == {}


def test_a_reset_password_opens_the_lock(cognito: StandIn, ask: Ask, refusal: Refusal, sign_in: Ask) -> None:
    wrong = {"AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": {"USERNAME": "ada", "PASSWORD": "wrong"}}
    for _ in range(5):
        assert refusal("InitiateAuth", **wrong) == INCORRECT
    assert refusal("InitiateAuth", **wrong)[1] == "Password attempts exceeded"
    ask("ForgotPassword", Username="ada")
    ask("ConfirmForgotPassword", **confirm(cognito.codes["ada"]))
    assert sign_in("ada", PASSWORD=NEW)["AccessToken"]


def test_a_reset_that_an_administrator_wants_is_done_so_too(
    cognito: StandIn, ask: Ask, refusal: Refusal, sign_in: Ask, password: str
) -> None:
    cognito.users["ada"].status = "RESET_REQUIRED"
    parameters = {"USERNAME": "ada", "PASSWORD": password}
    said = refusal("InitiateAuth", AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)
    assert said == ("PasswordResetRequiredException", "Password reset required for the user")
    ask("ForgotPassword", Username="ada")
    ask("ConfirmForgotPassword", **confirm(cognito.codes["ada"]))
    assert sign_in("ada", PASSWORD=NEW)["AccessToken"]


def test_a_temporary_password_cannot_be_reset(cognito: StandIn, refusal: Refusal) -> None:
    cognito.users["bob"].attributes |= {"email": "bob@example.com", "email_verified": "true"}
    said = refusal("ForgotPassword", Username="bob")
    assert said == ("NotAuthorizedException", "User password cannot be reset in the current state.")


@pytest.mark.parametrize("who", ["nobody", "a disabled user", "a user without an address"])
def test_a_pool_that_hides_its_users_pretends_to_send_a_code(
    who: str, cognito: StandIn, ask: Ask, refusal: Refusal
) -> None:
    name = {"nobody": "nobody", "a disabled user": "ada", "a user without an address": "carol"}[who]
    cognito.users["ada"].enabled = False
    assert ask("ForgotPassword", Username=name)["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"
    assert len(cognito.codes) == 0
    cognito.client.hides_unknown_users = False
    assert (
        refusal("ForgotPassword", Username=name)
        == {
            "nobody": ("UserNotFoundException", "User does not exist."),
            "a disabled user": ("NotAuthorizedException", "User is disabled."),
            "a user without an address": (
                "InvalidParameterException",
                "Cannot reset password for the user as there is no registered/verified email or phone_number",
            ),
        }[who]
    )


@pytest.mark.parametrize(
    ("name", "medium", "destination"),
    [
        ("nobody", "EMAIL", "n***@e***"),
        ("nobody@pool.example", "EMAIL", "n***@p***"),
        ("+15550199", "SMS", "+****0199"),
    ],
)
def test_a_code_for_nobody_goes_where_the_name_lets_one_expect(
    name: str, medium: str, destination: str, ask: Ask
) -> None:
    details = ask("ForgotPassword", Username=name)["CodeDeliveryDetails"]
    assert (details["DeliveryMedium"], details["Destination"]) == (medium, destination)


def test_nobody_has_a_wrong_code(cognito: StandIn, refusal: Refusal) -> None:
    assert refusal("ConfirmForgotPassword", **confirm("123456", username="nobody")) == MISMATCH
    cognito.client.hides_unknown_users = False
    assert refusal("ConfirmForgotPassword", **confirm("123456", username="nobody"))[0] == "UserNotFoundException"


def test_who_is_unconfirmed_cannot_reset(cognito: StandIn, refusal: Refusal) -> None:
    cognito.users["ada"].status = "UNCONFIRMED"
    assert refusal("ConfirmForgotPassword", **confirm("123456"))[0] == "UserNotConfirmedException"


def test_a_way_that_is_the_second_factor_is_none_to_recover(cognito: StandIn, ask: Ask, refusal: Refusal) -> None:
    cognito.client.hides_unknown_users = False
    dave = cognito.users["dave"]
    assert refusal("ForgotPassword", Username="dave")[0] == "InvalidParameterException"
    dave.sms_mfa = False
    assert ask("ForgotPassword", Username="dave")["CodeDeliveryDetails"]["DeliveryMedium"] == "SMS"
    dave.attributes |= {"email": "dave@example.com", "email_verified": "true"}
    assert ask("ForgotPassword", Username="dave")["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"
    dave.email_mfa = True
    assert ask("ForgotPassword", Username="dave")["CodeDeliveryDetails"]["DeliveryMedium"] == "SMS"


def test_a_code_for_one_thing_is_none_for_another(
    cognito: StandIn, ask: Ask, refusal: Refusal, token: Callable[..., str]
) -> None:
    ask("GetUserAttributeVerificationCode", AccessToken=token(), AttributeName="email")
    assert refusal("ConfirmForgotPassword", **confirm(cognito.codes["ada"])) == EXPIRED


@pytest.mark.parametrize(("operation", "most"), [("ForgotPassword", 5), ("ConfirmForgotPassword", 15)])
def test_there_is_a_limit_an_hour(operation: str, most: int, cognito: StandIn, ask: Ask, refusal: Refusal) -> None:
    for _ in range(most):
        if operation == "ForgotPassword":
            ask(operation, Username="ada")
        else:
            assert refusal(operation, **confirm("123456")) == EXPIRED
    request = {"Username": "ada"} if operation == "ForgotPassword" else confirm("123456")
    said = refusal(operation, **request)
    assert said == ("LimitExceededException", "Attempt limit exceeded, please try after some time.")
    cognito.settings.limits[operation] = most + 1
    assert operation == "ConfirmForgotPassword" or ask(operation, Username="ada")


# Changed passwords.


def test_a_password_is_changed_by_who_knows_it(
    ask: Ask, sign_in: Ask, token: Callable[..., str], refusal: Refusal, password: str
) -> None:
    assert ask("ChangePassword", AccessToken=token(), PreviousPassword=password, ProposedPassword=NEW) == {}
    assert sign_in("ada", PASSWORD=NEW)["AccessToken"]
    old = {"USERNAME": "ada", "PASSWORD": password}
    assert refusal("InitiateAuth", AuthFlow="USER_PASSWORD_AUTH", AuthParameters=old) == INCORRECT


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ({"PreviousPassword": "wrong"}, "NotAuthorizedException", "Incorrect username or password."),
        ({"PreviousPassword": None}, "InvalidParameterException", "Missing required parameter OldPassword"),
        ({"ProposedPassword": "weak"}, "InvalidPasswordException", "not long enough"),
        ({"ProposedPassword": None}, "InvalidParameterException", "'proposedPassword' failed"),
        ({"ProposedPassword": "Has a space 7-"}, "InvalidParameterException", "regular expression"),
        ({"AccessToken": None}, "InvalidParameterException", "'accessToken' failed"),
        ({"AccessToken": "made-up"}, "NotAuthorizedException", "Invalid Access Token"),
    ],
)
def test_a_change_that_makes_no_sense_is_told_why(
    more: dict[str, Any], code: str, said: str, refusal: Refusal, token: Callable[..., str], password: str
) -> None:
    request = {"AccessToken": token(), "PreviousPassword": password, "ProposedPassword": NEW}
    told = refusal("ChangePassword", **request | more)
    assert told[0] == code
    assert said in told[1]


def test_an_earlier_password_may_be_forbidden(
    cognito: StandIn, ask: Ask, refusal: Refusal, token: Callable[..., str], password: str
) -> None:
    cognito.settings.password_history = 2
    request = {"AccessToken": token(), "PreviousPassword": password, "ProposedPassword": NEW}
    ask("ChangePassword", **request)
    back = {"AccessToken": token(), "PreviousPassword": NEW, "ProposedPassword": password}
    said = refusal("ChangePassword", **back)
    assert said == ("PasswordHistoryPolicyViolationException", "Password has previously been used.")
    ask("ForgotPassword", Username="ada")
    assert refusal("ConfirmForgotPassword", **confirm(cognito.codes["ada"], password)) == said
    ask("ChangePassword", **back | {"ProposedPassword": "Third-Time-Lucky-7"})
    ask("ChangePassword", **back | {"PreviousPassword": "Third-Time-Lucky-7"})


def test_who_has_no_password_sets_one(cognito: StandIn, ask: Ask, token: Callable[..., str], sign_in: Ask) -> None:
    cognito.users.add("eve", None)
    assert ask("ChangePassword", AccessToken=token("eve"), ProposedPassword=NEW) == {}
    assert sign_in("eve", PASSWORD=NEW)["AccessToken"]


def test_wrong_old_passwords_are_limited(refusal: Refusal, token: Callable[..., str]) -> None:
    request = {"AccessToken": token(), "PreviousPassword": "wrong", "ProposedPassword": NEW}
    for _ in range(5):
        assert refusal("ChangePassword", **request) == INCORRECT
    assert refusal("ChangePassword", **request)[0] == "LimitExceededException"
