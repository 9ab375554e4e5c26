from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from nbauth.testing import StandIn

Ask = Callable[..., dict[str, Any]]
Refusal = Callable[..., tuple[str, str]]
Token = Callable[..., str]

MISMATCH = ("CodeMismatchException", "Invalid verification code provided, please try again.")
EXPIRED = ("ExpiredCodeException", "Invalid code provided, please request a code again.")

WITH_A_TOKEN: list[tuple[str, dict[str, Any]]] = [
    ("GetUser", {}),
    ("UpdateUserAttributes", {"UserAttributes": [{"Name": "name", "Value": "Ada"}]}),
    ("DeleteUserAttributes", {"UserAttributeNames": ["name"]}),
    ("GetUserAttributeVerificationCode", {"AttributeName": "email"}),
    ("VerifyUserAttribute", {"AttributeName": "email", "Code": "123456"}),
    ("ChangePassword", {"PreviousPassword": "x", "ProposedPassword": "y"}),
    ("DeleteUser", {}),
    ("GlobalSignOut", {}),
    ("AssociateSoftwareToken", {}),
    ("VerifySoftwareToken", {"UserCode": "123456"}),
    ("SetUserMFAPreference", {}),
    ("GetUserAuthFactors", {}),
    ("ConfirmDevice", {"DeviceKey": "eu-west-1_0a"}),
    ("ListDevices", {}),
    ("GetDevice", {"DeviceKey": "eu-west-1_0a"}),
    ("ForgetDevice", {"DeviceKey": "eu-west-1_0a"}),
    ("UpdateDeviceStatus", {"DeviceKey": "eu-west-1_0a"}),
    ("StartWebAuthnRegistration", {}),
    ("CompleteWebAuthnRegistration", {"Credential": {}}),
    ("ListWebAuthnCredentials", {}),
    ("DeleteWebAuthnCredential", {"CredentialId": "x"}),
]


def update(**attributes: str) -> dict[str, Any]:
    return {"UserAttributes": [{"Name": name, "Value": value} for name, value in attributes.items()]}


def attributes_of(answer: dict[str, Any]) -> dict[str, str]:
    return {one["Name"]: one["Value"] for one in answer["UserAttributes"]}


def other_code(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


# Whoever asks for anything of an account's own needs a good access token.


@pytest.mark.parametrize(("operation", "request_"), WITH_A_TOKEN, ids=[operation for operation, _ in WITH_A_TOKEN])
def test_no_account_is_touched_without_a_good_access_token(
    operation: str, request_: dict[str, Any], cognito: StandIn, ask: Ask, refusal: Refusal, token: Token
) -> None:
    def said(access_token: str) -> tuple[str, str]:
        return refusal(operation, AccessToken=access_token, **request_)

    assert refusal(operation, **request_)[0] == "InvalidParameterException"
    assert said("made-up") == ("NotAuthorizedException", "Invalid Access Token")
    assert said(token()[:-8] + "AAAAAAAA")[1] == "Could not verify signature for Access Token"
    assert said(cognito.issue("ada")["IdToken"])[0] == "NotAuthorizedException"
    narrow = cognito.issue("ada", scope="openid email")["AccessToken"]
    assert said(narrow) == ("NotAuthorizedException", "Access Token does not have required scopes")
    revoked = token()
    ask("GlobalSignOut", AccessToken=revoked)
    assert said(revoked) == ("NotAuthorizedException", "Access Token has been revoked")
    old = token()
    cognito.clock.advance(timedelta(hours=1))
    assert said(old) == ("NotAuthorizedException", "Access Token has expired")
    fresh = token()
    cognito.users["ada"].enabled = False
    assert said(fresh) == ("NotAuthorizedException", "User is disabled.")


@pytest.mark.parametrize(
    ("status", "code"),
    [("RESET_REQUIRED", "PasswordResetRequiredException"), ("UNCONFIRMED", "UserNotConfirmedException")],
)
def test_a_token_is_no_good_to_who_could_not_sign_in(
    status: str, code: str, cognito: StandIn, refusal: Refusal, token: Token
) -> None:
    cognito.users["ada"].status = status
    assert refusal("GetUser", AccessToken=token())[0] == code


def test_a_token_with_more_scopes_is_good_too(cognito: StandIn, ask: Ask) -> None:
    wide = cognito.issue("ada", scope="openid aws.cognito.signin.user.admin")["AccessToken"]
    assert ask("GetUser", AccessToken=wide)["Username"] == "ada"


# Attributes.


def test_attributes_are_read_and_written(cognito: StandIn, ask: Ask, token: Token) -> None:
    cognito.settings.custom_attributes = frozenset({"custom:team"})
    request = update(name="Ada", **{"custom:team": "blue"})
    assert ask("UpdateUserAttributes", AccessToken=token(), **request) == {"CodeDeliveryDetailsList": []}
    known = attributes_of(ask("GetUser", AccessToken=token()))
    assert (known["name"], known["custom:team"], known["email_verified"]) == ("Ada", "blue", "true")
    ask("DeleteUserAttributes", AccessToken=token(), UserAttributeNames=["custom:team"])
    ask("UpdateUserAttributes", AccessToken=token(), **update(name=""))
    assert not {"name", "custom:team"} & set(attributes_of(ask("GetUser", AccessToken=token())))


def test_a_new_address_is_unverified_and_sent_a_code(
    cognito: StandIn, ask: Ask, refusal: Refusal, token: Token
) -> None:
    (details,) = ask("UpdateUserAttributes", AccessToken=token(), **update(email="countess@example.org"))[
        "CodeDeliveryDetailsList"
    ]
    assert details == {"AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "c***@e***"}
    known = attributes_of(ask("GetUser", AccessToken=token()))
    assert (known["email"], known["email_verified"]) == ("countess@example.org", "false")
    assert cognito.users.named("countess@example.org") is None
    verify = {"AccessToken": token(), "AttributeName": "email", "Code": cognito.codes["ada"]}
    assert refusal("VerifyUserAttribute", **verify | {"Code": other_code(verify["Code"])}) == MISMATCH
    assert ask("VerifyUserAttribute", **verify) == {}
    assert attributes_of(ask("GetUser", AccessToken=token()))["email_verified"] == "true"
    assert refusal("VerifyUserAttribute", **verify) == EXPIRED


def test_the_same_address_again_is_no_change(cognito: StandIn, ask: Ask, token: Token) -> None:
    given = ask("UpdateUserAttributes", AccessToken=token(), **update(email="ada@example.com"))
    assert given["CodeDeliveryDetailsList"] == []
    assert cognito.users["ada"].has_verified("email")


def test_an_old_address_may_stay_until_the_new_one_is_verified(cognito: StandIn, ask: Ask, token: Token) -> None:
    cognito.settings.verified_before_update = frozenset({"email"})
    ask("UpdateUserAttributes", AccessToken=token(), **update(email="countess@example.org"))
    known = attributes_of(ask("GetUser", AccessToken=token()))
    assert (known["email"], known["email_verified"]) == ("ada@example.com", "true")
    assert cognito.codes.of("ada")[-1].destination == "countess@example.org"
    ask("VerifyUserAttribute", AccessToken=token(), AttributeName="email", Code=cognito.codes["ada"])
    known = attributes_of(ask("GetUser", AccessToken=token()))
    assert (known["email"], known["email_verified"]) == ("countess@example.org", "true")


def test_the_code_of_one_address_does_not_verify_another(
    cognito: StandIn, ask: Ask, refusal: Refusal, token: Token
) -> None:
    ask("UpdateUserAttributes", AccessToken=token(), **update(email="mine@example.org"))
    code = cognito.codes["ada"]
    cognito.settings.auto_verified = frozenset()
    ask("UpdateUserAttributes", AccessToken=token(), **update(email="not-mine@example.org"))
    assert refusal("VerifyUserAttribute", AccessToken=token(), AttributeName="email", Code=code) == EXPIRED


def test_a_code_for_an_attribute_is_asked_for(cognito: StandIn, ask: Ask, refusal: Refusal, token: Token) -> None:
    request = {"AccessToken": token(), "AttributeName": "email"}
    details = ask("GetUserAttributeVerificationCode", **request)["CodeDeliveryDetails"]
    assert (details["AttributeName"], cognito.codes.of("ada")[-1].purpose) == ("email", "email")
    cognito.clock.advance(timedelta(hours=24))
    later = {"AccessToken": token(), "AttributeName": "email", "Code": cognito.codes["ada"]}
    assert refusal("VerifyUserAttribute", **later) == EXPIRED


@pytest.mark.parametrize(
    ("name", "said"), [("name", "cannot be verified"), ("phone_number", "does not have the attribute")]
)
def test_only_what_there_is_to_verify_is_verified(name: str, said: str, refusal: Refusal, token: Token) -> None:
    code, message = refusal("GetUserAttributeVerificationCode", AccessToken=token(), AttributeName=name)
    assert code == "InvalidParameterException"
    assert said in message


@pytest.mark.parametrize(
    ("attributes", "code", "said"),
    [
        ({"sub": "x"}, "InvalidParameterException", "user.sub: Attribute cannot be updated."),
        ({"custom:born": "x"}, "InvalidParameterException", "user.custom:born: Attribute cannot be updated."),
        ({"email_verified": "true"}, "NotAuthorizedException", "A client attempted to write unauthorized attribute"),
        ({"shoe_size": "9"}, "InvalidParameterException", "{shoe_size} could not be determined"),
        ({"email": "nonsense"}, "InvalidParameterException", "Invalid email address format."),
        ({"name": ""}, "InvalidParameterException", "name: The attribute is required"),
        ({"preferred_username": "countess"}, "AliasExistsException", "preferred username already exists"),
        ({"phone_number": "+15550100"}, "AliasExistsException", "phone number already exists"),
        ({}, "InvalidParameterException", "userAttributes"),
    ],
)
def test_a_change_that_cannot_be_is_told_why(
    attributes: dict[str, str], code: str, said: str, cognito: StandIn, refusal: Refusal, token: Token
) -> None:
    cognito.settings.custom_attributes = cognito.settings.immutable_attributes = frozenset({"custom:born"})
    cognito.settings.aliases |= {"preferred_username"}
    cognito.users.required_attributes = ("name",)
    cognito.users["bob"].attributes["preferred_username"] = "countess"
    before = dict(cognito.users["ada"].attributes)
    told = refusal("UpdateUserAttributes", AccessToken=token(), **update(**attributes))
    assert told[0] == code
    assert said in told[1]
    assert cognito.users["ada"].attributes == before


def test_an_address_that_somebody_else_verified_first_is_refused(
    cognito: StandIn, ask: Ask, refusal: Refusal, token: Token
) -> None:
    ask("UpdateUserAttributes", AccessToken=token(), **update(email="shared@example.org"))
    code = cognito.codes["ada"]
    cognito.users.add("eve", "Correct-Horse-7", email="shared@example.org")
    said = refusal("VerifyUserAttribute", AccessToken=token(), AttributeName="email", Code=code)
    assert said == ("AliasExistsException", "An account with the email already exists.")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["sub"], "cannot be updated"),
        (["shoe_size"], "could not be determined"),
        (["name"], "cannot be deleted"),
        (None, "must not be empty"),
    ],
)
def test_what_cannot_be_deleted_is_not(names: Any, said: str, cognito: StandIn, refusal: Refusal, token: Token) -> None:
    cognito.users.required_attributes = ("name",)
    code, message = refusal("DeleteUserAttributes", AccessToken=token(), UserAttributeNames=names)
    assert code == "InvalidParameterException"
    assert said in message


def test_a_verified_address_goes_with_its_verification(cognito: StandIn, ask: Ask, token: Token) -> None:
    ask("DeleteUserAttributes", AccessToken=token(), UserAttributeNames=["email"])
    assert set(cognito.users["ada"].attributes) == {"sub"}


@pytest.mark.parametrize(("operation", "most"), [("GetUserAttributeVerificationCode", 5), ("VerifyUserAttribute", 15)])
def test_there_is_a_limit_an_hour(operation: str, most: int, ask: Ask, refusal: Refusal, token: Token) -> None:
    request = {"AccessToken": token(), "AttributeName": "email"}
    for _ in range(most):
        if operation == "VerifyUserAttribute":
            assert refusal(operation, Code="123456", **request) == EXPIRED
        else:
            ask(operation, **request)
    more = {"Code": "123456"} if operation == "VerifyUserAttribute" else {}
    assert refusal(operation, **more, **request)[0] == "LimitExceededException"


def test_a_message_that_does_not_arrive_is_told(cognito: StandIn, refusal: Refusal, token: Token) -> None:
    cognito.codes.delivers = False
    for operation, request in (
        ("UpdateUserAttributes", update(email="countess@example.org")),
        ("GetUserAttributeVerificationCode", {"AttributeName": "email"}),
    ):
        assert refusal(operation, AccessToken=token(), **request)[0] == "CodeDeliveryFailureException"


# The end of an account.


def test_who_deletes_the_account_is_gone(cognito: StandIn, ask: Ask, refusal: Refusal, sign_in: Ask) -> None:
    given = sign_in()
    assert ask("DeleteUser", AccessToken=given["AccessToken"]) == {}
    assert "ada" not in cognito.users
    assert refusal("GetUser", AccessToken=given["AccessToken"])[0] in (
        "NotAuthorizedException",
        "UserNotFoundException",
    )
    assert refusal("GetTokensFromRefreshToken", RefreshToken=given["RefreshToken"])[0] == "NotAuthorizedException"
