"""The accounts adapter over real botocore clients: what is sent, and what is made of odd answers."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.loaders import Loader

from nbauth.cognito import client as client_module
from nbauth.cognito.accounts import CognitoUserAccounts
from nbauth.cognito.client import Clients
from nbauth.cognito.secret_hash import secret_hash
from nbauth.core.account import CodeDelivery, Device, MfaPreference, Passkey, UserSession
from nbauth.core.config import AuthConfig
from nbauth.core.secret import Secret
from nbauth.errors import CodeMismatch, ConfigError, ServiceUnavailable

CORRECTIONS = json.loads((Path(__file__).parents[2] / "data" / "srp" / "corrections.json").read_text())
TOKEN, PASSWORD, CODE = Secret("access-token"), Secret("Correct-Horse-7"), Secret("123456")
DELIVERY = {"Destination": "a***@e***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
CREATED = 1_790_000_000
MOMENT = datetime.fromtimestamp(CREATED, UTC)


@pytest.fixture
def accounts(config: AuthConfig, clients: Clients) -> CognitoUserAccounts:
    return CognitoUserAccounts(config, clients)


# What is sent.


def test_a_sign_up_sends_what_it_is_given_and_nothing_else(wire: Any, accounts: CognitoUserAccounts) -> None:
    wire.answers({"UserConfirmed": False, "UserSub": "sub", "CodeDeliveryDetails": DELIVERY, "Session": "s" * 20})
    made = accounts.sign_up("ada", PASSWORD, {"email": "ada@example.com"}, {"key": "value"})
    assert wire.sent == [
        (
            "SignUp",
            {
                "ClientId": "exampleclient",
                "Username": "ada",
                "Password": "Correct-Horse-7",
                "UserAttributes": [{"Name": "email", "Value": "ada@example.com"}],
                "ClientMetadata": {"key": "value"},
            },
        )
    ]
    assert (made.user_sub, made.confirmed, made.delivery) == ("sub", False, CodeDelivery("a***@e***", "EMAIL", "email"))
    assert made.session == Secret("s" * 20)


def test_a_sign_up_needs_no_password_and_no_attributes(wire: Any, accounts: CognitoUserAccounts) -> None:
    wire.answers({"UserConfirmed": True, "UserSub": "sub"})
    made = accounts.sign_up("ada", None, {})
    assert wire.sent[0][1] == {"ClientId": "exampleclient", "Username": "ada"}
    assert (made.confirmed, made.delivery, made.session) == (True, None, None)


@pytest.mark.parametrize("take_over_alias", [False, True])
def test_an_alias_is_taken_over_only_where_that_is_said(
    wire: Any, accounts: CognitoUserAccounts, take_over_alias: bool
) -> None:
    wire.answers({"Session": "next-session"})
    session = accounts.confirm_sign_up("ada", CODE, session=Secret("session"), take_over_alias=take_over_alias)
    assert wire.sent[0][1]["ForceAliasCreation"] is take_over_alias
    assert wire.sent[0][1]["Session"] == "session"
    assert session == Secret("next-session")


def test_every_request_in_a_user_name_bears_the_hash_of_that_name(
    wire: Any, config: AuthConfig, wired: Callable[..., Clients]
) -> None:
    given = CORRECTIONS["secret_hash"]
    config = config.replace(client_id=given["clientId"], client_secret=given["secret"])
    accounts, name = CognitoUserAccounts(config, wired(config)), given["username"]
    for ask in (
        lambda: accounts.sign_up(name, PASSWORD, {}),
        lambda: accounts.confirm_sign_up(name, CODE),
        lambda: accounts.resend_sign_up_code(name),
        lambda: accounts.forgot_password(name),
        lambda: accounts.confirm_forgot_password(name, CODE, PASSWORD),
    ):
        wire.answers({"UserSub": "sub"})
        ask()
    assert {body["SecretHash"] for _, body in wire.sent} == {given["value"]}


def test_without_a_client_secret_there_is_no_hash() -> None:
    assert secret_hash("ada", "exampleclient", None) is None


@pytest.mark.parametrize(
    ("ask", "operation", "body"),
    [
        (
            lambda a: a.change_password(TOKEN, PASSWORD, Secret("new")),
            "ChangePassword",
            {"PreviousPassword": "Correct-Horse-7", "ProposedPassword": "new"},
        ),
        (lambda a: a.change_password(TOKEN, None, Secret("new")), "ChangePassword", {"ProposedPassword": "new"}),
        (
            lambda a: a.update_attributes(TOKEN, {"locale": "en"}),
            "UpdateUserAttributes",
            {"UserAttributes": [{"Name": "locale", "Value": "en"}]},
        ),
        (lambda a: a.delete_attributes(TOKEN, ("x",)), "DeleteUserAttributes", {"UserAttributeNames": ["x"]}),
        (
            lambda a: a.send_attribute_code(TOKEN, "email", {"key": "value"}),
            "GetUserAttributeVerificationCode",
            {"AttributeName": "email", "ClientMetadata": {"key": "value"}},
        ),
        (
            lambda a: a.confirm_attribute(TOKEN, "email", CODE),
            "VerifyUserAttribute",
            {"AttributeName": "email", "Code": "123456"},
        ),
        (
            lambda a: a.verify_totp(TOKEN, CODE, "phone"),
            "VerifySoftwareToken",
            {"UserCode": "123456", "FriendlyDeviceName": "phone"},
        ),
        (
            lambda a: a.set_device_remembered(TOKEN, "key", remembered=True),
            "UpdateDeviceStatus",
            {"DeviceKey": "key", "DeviceRememberedStatus": "remembered"},
        ),
        (
            lambda a: a.set_device_remembered(TOKEN, "key", remembered=False),
            "UpdateDeviceStatus",
            {"DeviceKey": "key", "DeviceRememberedStatus": "not_remembered"},
        ),
        (lambda a: a.forget_device(TOKEN, "key"), "ForgetDevice", {"DeviceKey": "key"}),
        (
            lambda a: a.complete_passkey(TOKEN, {"id": "passkey", "response": {"x": "y"}}),
            "CompleteWebAuthnRegistration",
            {"Credential": {"id": "passkey", "response": {"x": "y"}}},
        ),
        (
            lambda a: a.delete_passkey(TOKEN, "passkey"),
            "DeleteWebAuthnCredential",
            {"CredentialId": "passkey"},
        ),
        (lambda a: a.delete_user(TOKEN), "DeleteUser", {}),
    ],
)
def test_a_request_with_an_access_token_sends_it_and_what_it_is_given(
    wire: Any, accounts: CognitoUserAccounts, ask: Callable[..., Any], operation: str, body: dict[str, Any]
) -> None:
    wire.answers({})
    ask(accounts)
    assert wire.sent == [(operation, {"AccessToken": "access-token"} | body)]


def test_only_second_factors_that_are_or_were_on_are_mentioned(wire: Any, accounts: CognitoUserAccounts) -> None:
    wire.answers({})
    accounts.set_mfa_preference(TOKEN, MfaPreference(sms=True, preferred="sms"), MfaPreference(totp=True))
    assert wire.sent[0][1] == {
        "AccessToken": "access-token",
        "SoftwareTokenMfaSettings": {"Enabled": True, "PreferredMfa": False},
        "SMSMfaSettings": {"Enabled": False, "PreferredMfa": False},
    }


def test_where_nothing_is_on_or_was_nobody_is_asked(wire: Any, accounts: CognitoUserAccounts) -> None:
    accounts.set_mfa_preference(TOKEN, MfaPreference(), MfaPreference())
    assert wire.sent == []


def test_nothing_that_sends_a_code_is_tried_twice(wire: Any, accounts: CognitoUserAccounts) -> None:
    for ask in (
        lambda: accounts.sign_up("ada", PASSWORD, {}),
        lambda: accounts.resend_sign_up_code("ada"),
        lambda: accounts.forgot_password("ada"),
        lambda: accounts.confirm_sign_up("ada", CODE),
        lambda: accounts.send_attribute_code(TOKEN, "email"),
    ):
        wire.refuses("InternalErrorException", status=500)
        with pytest.raises(ServiceUnavailable):
            ask()
    assert len(wire.sent) == 5


# What is made of answers.


def test_an_account_is_read(wire: Any, accounts: CognitoUserAccounts) -> None:
    wire.answers(
        {
            "Username": "ada",
            "UserAttributes": [{"Name": "sub", "Value": "sub"}, {"Name": "nickname"}],
            "UserMFASettingList": ["SOFTWARE_TOKEN_MFA", "EMAIL_OTP", "SOMETHING_NEW"],
            "PreferredMfaSetting": "EMAIL_OTP",
        }
    )
    account = accounts.get_account(TOKEN)
    assert account.attributes == {"sub": "sub", "nickname": ""}
    assert account.mfa == MfaPreference(totp=True, email=True, preferred="email")


@pytest.mark.parametrize("ask", ["get_account", "set_up_totp", "start_passkey"])
def test_an_answer_without_what_was_asked_for_is_none(wire: Any, accounts: CognitoUserAccounts, ask: str) -> None:
    for _ in range(3):
        wire.answers({})
    with pytest.raises(ServiceUnavailable, match="not one of Cognito's"):
        getattr(accounts, ask)(TOKEN)


def test_what_was_done_is_done_whatever_the_answer_lacks(wire: Any, accounts: CognitoUserAccounts) -> None:
    for _ in range(3):
        wire.answers({})
    assert accounts.resend_sign_up_code("ada") == CodeDelivery("", "", "")
    assert accounts.forgot_password("ada") == CodeDelivery("", "", "")
    assert accounts.update_attributes(TOKEN, {"locale": "en"}) == ()


def test_a_totp_secret_does_not_show(wire: Any, accounts: CognitoUserAccounts) -> None:
    wire.answers({"SecretCode": "JBSWY3DPEHPK3PXP"})
    assert accounts.set_up_totp(TOKEN) == Secret("JBSWY3DPEHPK3PXP")


def test_a_code_that_was_answered_with_an_error_is_wrong(wire: Any, accounts: CognitoUserAccounts) -> None:
    wire.answers({"Status": "ERROR"})
    with pytest.raises(CodeMismatch):
        accounts.verify_totp(TOKEN, CODE)


def test_devices_are_read_page_by_page(wire: Any, accounts: CognitoUserAccounts) -> None:
    attributes = [{"Name": "device_name", "Value": "laptop"}, {"Name": "last_ip_used", "Value": "192.0.2.1"}]
    first = {"DeviceKey": "one", "DeviceAttributes": attributes, "DeviceCreateDate": CREATED}
    wire.answers({"Devices": [first], "PaginationToken": "next"})
    wire.answers({"Devices": [{"DeviceKey": "two"}]})
    assert accounts.list_devices(TOKEN) == (
        Device("one", "laptop", {"device_name": "laptop", "last_ip_used": "192.0.2.1"}, MOMENT),
        Device("two"),
    )
    assert [body.get("PaginationToken") for _, body in wire.sent] == [None, "next"]
    assert {body["Limit"] for _, body in wire.sent} == {60}


def test_pages_that_lead_in_a_circle_come_to_an_end(wire: Any, accounts: CognitoUserAccounts) -> None:
    for _ in range(2):
        wire.answers({"Devices": [{"DeviceKey": "one"}], "PaginationToken": "again"})
    assert len(accounts.list_devices(TOKEN)) == 2


def test_a_device_is_read(wire: Any, accounts: CognitoUserAccounts) -> None:
    wire.answers({"Device": {"DeviceKey": "one", "DeviceLastAuthenticatedDate": CREATED}})
    assert accounts.get_device(TOKEN, "one") == Device("one", last_used_at=MOMENT)


def test_passkeys_are_read_page_by_page(wire: Any, accounts: CognitoUserAccounts) -> None:
    given = {
        "CredentialId": "one",
        "FriendlyCredentialName": "iCloud Keychain",
        "RelyingPartyId": "example.com",
        "AuthenticatorAttachment": "platform",
        "AuthenticatorTransports": ["internal", "hybrid"],
        "CreatedAt": CREATED,
    }
    wire.answers({"Credentials": [given], "NextToken": "next"})
    wire.answers({"Credentials": [{"CredentialId": "two"}]})
    assert accounts.list_passkeys(TOKEN) == (
        Passkey("one", "iCloud Keychain", "example.com", "platform", ("internal", "hybrid"), MOMENT),
        Passkey("two"),
    )
    assert [body.get("NextToken") for _, body in wire.sent] == [None, "next"]


def test_a_passkey_is_begun_with_what_the_pool_says(wire: Any, accounts: CognitoUserAccounts) -> None:
    wire.answers({"CredentialCreationOptions": {"challenge": "abc", "rp": {"id": "example.com"}}})
    assert accounts.start_passkey(TOKEN) == {"challenge": "abc", "rp": {"id": "example.com"}}


# Operations that the botocore at hand may not know.


SHAPES = {
    "ListUserSessionsRequest": ["AccessToken", "NextToken"],
    "RevokeUserSessionRequest": ["AccessToken", "SessionId"],
}


def newer_model() -> dict[str, Any]:
    """The model of the service with the operations on sessions, whether or not it had them."""
    model: dict[str, Any] = json.loads(json.dumps(Loader().load_service_model("cognito-idp", "service-2")))
    text, flag, time = {"type": "string"}, {"type": "boolean"}, {"type": "timestamp"}
    shapes: dict[str, Any] = {"AText": text, "AFlag": flag, "ATime": time, "Nothing": {"type": "structure"}}
    shapes["Nothing"]["members"] = {}
    for name, members in SHAPES.items():
        shapes[name] = {"type": "structure", "members": {member: {"shape": "AText"} for member in members}}
    place = {"City": {"shape": "AText"}, "Country": {"shape": "AText"}}
    shapes["Place"] = {"type": "structure", "members": place}
    texts = ("SessionId", "SessionType", "ClientId", "DeviceType", "LastIPAddress")
    members = {name: {"shape": "AText"} for name in texts}
    members |= {"CreateDate": {"shape": "ATime"}, "LastActiveDate": {"shape": "ATime"}}
    members |= {"IsCurrentSession": {"shape": "AFlag"}, "LastLocation": {"shape": "Place"}}
    shapes["ASession"] = {"type": "structure", "members": members}
    shapes["Sessions"] = {"type": "list", "member": {"shape": "ASession"}}
    answer = {"Sessions": {"shape": "Sessions"}, "NextToken": {"shape": "AText"}}
    shapes["ListUserSessionsResponse"] = {"type": "structure", "members": answer}
    for name, output in (("ListUserSessions", "ListUserSessionsResponse"), ("RevokeUserSession", "Nothing")):
        model["operations"][name] = {
            "name": name,
            "http": {"method": "POST", "requestUri": "/"},
            "input": {"shape": f"{name}Request"},
            "output": {"shape": output},
        }
    model["shapes"] |= shapes
    return model


@pytest.fixture
def newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: AuthConfig, wired: Any) -> CognitoUserAccounts:
    """The adapter over a botocore that knows the operations on sessions."""
    folder = tmp_path / "cognito-idp" / "2016-04-18"
    folder.mkdir(parents=True)
    (folder / "service-2.json").write_text(json.dumps(newer_model()), encoding="utf-8")
    loader = Loader(extra_search_paths=[str(tmp_path)])
    loader.search_paths.insert(0, str(tmp_path))
    monkeypatch.setattr(client_module, "_data_loader", lambda: loader)
    return CognitoUserAccounts(config, wired(config))


def test_sessions_are_read_page_by_page(wire: Any, newer: CognitoUserAccounts) -> None:
    given = {
        "SessionId": "tkn1",
        "SessionType": "TOKEN",
        "ClientId": "exampleclient",
        "DeviceType": "desktop",
        "LastIPAddress": "192.0.2.1",
        "LastLocation": {"City": "Dublin", "Country": "IE"},
        "IsCurrentSession": True,
        "CreateDate": CREATED,
        "LastActiveDate": CREATED,
    }
    wire.answers({"Sessions": [given], "NextToken": "next"})
    wire.answers({"Sessions": [{"SessionId": "sso2", "LastLocation": {"Country": "IE"}}]})
    assert newer.list_user_sessions(TOKEN) == (
        UserSession("tkn1", "TOKEN", "exampleclient", "desktop", "192.0.2.1", "Dublin, IE", True, MOMENT, MOMENT),
        UserSession("sso2", location="IE"),
    )


def test_a_session_is_ended(wire: Any, newer: CognitoUserAccounts) -> None:
    wire.answers({})
    newer.revoke_user_session(TOKEN, "sso2")
    assert wire.sent == [("RevokeUserSession", {"AccessToken": "access-token", "SessionId": "sso2"})]


def test_an_operation_that_botocore_does_not_know_is_named_and_so_is_what_helps(accounts: CognitoUserAccounts) -> None:
    class Older:
        pass

    accounts._clients._made["cognito-idp"] = Older()
    for ask in (
        lambda: accounts.list_user_sessions(TOKEN),
        lambda: accounts.revoke_user_session(TOKEN, "tkn1"),
        lambda: accounts.list_passkeys(TOKEN),
        lambda: accounts.start_passkey(TOKEN),
        lambda: accounts.complete_passkey(TOKEN, {}),
        lambda: accounts.delete_passkey(TOKEN, "passkey"),
    ):
        with pytest.raises(ConfigError, match=f"botocore {botocore.__version__} does not know .*newer boto3"):
            ask()
