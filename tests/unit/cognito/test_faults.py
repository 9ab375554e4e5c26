from typing import Any

import botocore.session
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)

from nbauth.cognito.faults import REFRESH, SENTENCES, fault
from nbauth.core.config import SETTINGS
from nbauth.core.secret import Secret
from nbauth.errors import (
    AccessTokenRefused,
    AliasExists,
    AlreadyConfirmed,
    AuthError,
    ChallengeExpired,
    CodeDeliveryFailure,
    CodeMismatch,
    ConfigError,
    DeviceGone,
    ExpiredCode,
    IdentityGone,
    InvalidParameter,
    InvalidPassword,
    LimitExceeded,
    NotAuthorized,
    PasswordResetRequired,
    RefreshRefused,
    Rejected,
    ServiceUnavailable,
    UsernameExists,
    UserNotConfirmed,
    UserNotFound,
)

HOST = "cognito-idp.eu-west-1.amazonaws.com"
SIGN_IN, CHALLENGE, OTHER = "initiate_auth", "respond_to_auth_challenge", "change_password"
GET_ID, CREDENTIALS = "get_id", "get_credentials_for_identity"


def refusal(code: str, message: str = "", *, on: str = OTHER, status: int = 400, sent: Any = ()) -> AuthError:
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return fault(ClientError(response, "Operation"), purpose=on, host=HOST, sent=sent)


@pytest.mark.parametrize(
    ("on", "code", "message", "kind"),
    [
        (SIGN_IN, "NotAuthorizedException", "Incorrect username or password.", NotAuthorized),
        (SIGN_IN, "InvalidPasswordException", "Invalid password", NotAuthorized),
        (SIGN_IN, "NotAuthorizedException", "User is disabled.", NotAuthorized),
        (SIGN_IN, "NotAuthorizedException", "Password attempts exceeded", LimitExceeded),
        (SIGN_IN, "NotAuthorizedException", "Unable to verify secret hash for client abc", ConfigError),
        (
            SIGN_IN,
            "NotAuthorizedException",
            "Client abc is configured with secret but SECRET_HASH was not",
            ConfigError,
        ),
        (SIGN_IN, "InvalidParameterException", "App client abc is not configured for secret but secret", ConfigError),
        (SIGN_IN, "InvalidParameterException", "USER_PASSWORD_AUTH flow not enabled for this client", ConfigError),
        (SIGN_IN, "InvalidParameterException", "Initiate Auth method not supported.", ConfigError),
        (SIGN_IN, "InvalidParameterException", "1 validation error: Value 'x y' at 'clientId' failed", ConfigError),
        (SIGN_IN, "InvalidParameterException", "Missing required parameter USERNAME", InvalidParameter),
        (SIGN_IN, "ResourceNotFoundException", "User pool client abc does not exist.", ConfigError),
        (SIGN_IN, "UserNotFoundException", "User does not exist.", UserNotFound),
        (SIGN_IN, "UserNotConfirmedException", "User is not confirmed.", UserNotConfirmed),
        (SIGN_IN, "PasswordResetRequiredException", "", PasswordResetRequired),
        (SIGN_IN, "UserLambdaValidationException", "PreAuthentication failed with error not today", NotAuthorized),
        (SIGN_IN, "FeatureUnavailableInTierException", "", ConfigError),
        (CHALLENGE, "NotAuthorizedException", "Invalid session for the user, session is expired.", ChallengeExpired),
        (CHALLENGE, "NotAuthorizedException", "Invalid session for the user.", ChallengeExpired),
        (CHALLENGE, "InvalidParameterException", "Session does not exist", ChallengeExpired),
        (CHALLENGE, "ResourceNotFoundException", "", ChallengeExpired),
        (CHALLENGE, "SoftwareTokenMFANotFoundException", "", ChallengeExpired),
        (CHALLENGE, "CodeMismatchException", "Invalid code received for user", CodeMismatch),
        (CHALLENGE, "ExpiredCodeException", "", ExpiredCode),
        (CHALLENGE, "InvalidPasswordException", "Password not long enough", InvalidPassword),
        (CHALLENGE, "PasswordHistoryPolicyViolationException", "", InvalidPassword),
        (OTHER, "EnableSoftwareTokenMFAException", "Code mismatch", CodeMismatch),
        (OTHER, "UsernameExistsException", "", UsernameExists),
        (OTHER, "AliasExistsException", "", AliasExists),
        (OTHER, "LimitExceededException", "Attempt limit exceeded, please try after some time.", LimitExceeded),
        (OTHER, "TooManyFailedAttemptsException", "", LimitExceeded),
        (OTHER, "NotAuthorizedException", "Access Token has expired", AccessTokenRefused),
        (OTHER, "NotAuthorizedException", "Access Token has been revoked", AccessTokenRefused),
        (OTHER, "NotAuthorizedException", "Invalid Access Token", AccessTokenRefused),
        (OTHER, "NotAuthorizedException", "Access Token does not have required scopes", NotAuthorized),
        (OTHER, "NotAuthorizedException", "Incorrect username or password.", NotAuthorized),
        ("confirm_sign_up", "NotAuthorizedException", "Current status is CONFIRMED", AlreadyConfirmed),
        ("confirm_sign_up", "NotAuthorizedException", "Current status is ARCHIVED", NotAuthorized),
        ("resend_confirmation_code", "InvalidParameterException", "User is already confirmed.", AlreadyConfirmed),
        ("forgot_password", "InvalidParameterException", "no registered/verified email", InvalidParameter),
        ("get_device", "ResourceNotFoundException", "Device does not exist.", DeviceGone),
        ("delete_web_authn_credential", "ResourceNotFoundException", "", Rejected),
        (OTHER, "WebAuthnNotEnabledException", "", ConfigError),
        (OTHER, "WebAuthnOriginNotAllowedException", "", ConfigError),
        (OTHER, "WebAuthnChallengeNotFoundException", "", ChallengeExpired),
        (OTHER, "WebAuthnCredentialNotSupportedException", "", Rejected),
        (OTHER, "UnsupportedTokenTypeException", "", Rejected),
        (OTHER, "SomethingNewException", "it happened", Rejected),
        (OTHER, "TooManyRequestsException", "", ServiceUnavailable),
        (OTHER, "ThrottlingException", "Rate exceeded", ServiceUnavailable),
        (OTHER, "CodeDeliveryFailureException", "", CodeDeliveryFailure),
        (OTHER, "UnexpectedLambdaException", "", ServiceUnavailable),
        (OTHER, "ForbiddenException", "", ServiceUnavailable),
        (OTHER, "UnknownOperationException", "", ConfigError),
        (OTHER, "Unsupported", "Cognito Local unsupported feature: InitAuth", ConfigError),
        (GET_ID, "ResourceNotFoundException", "IdentityPool 'eu-west-1:0' not found.", ConfigError),
        (GET_ID, "InvalidParameterException", "Value at 'identityPoolId' failed", ConfigError),
        (GET_ID, "NotAuthorizedException", "Unauthenticated access is not supported for this pool.", NotAuthorized),
        (GET_ID, "NotAuthorizedException", "Invalid login token. Token expired: 2 >= 1", NotAuthorized),
        (GET_ID, "NotAuthorizedException", "Token is not from a supported provider of this identity pool", ConfigError),
        (GET_ID, "LimitExceededException", "", LimitExceeded),
        (GET_ID, "ExternalServiceException", "", ServiceUnavailable),
        (CREDENTIALS, "ResourceNotFoundException", "Identity 'eu-west-1:1' not found.", IdentityGone),
        (CREDENTIALS, "ResourceNotFoundException", "IdentityPool 'eu-west-1:0' not found.", ConfigError),
        (CREDENTIALS, "NotAuthorizedException", "Access to Identity 'eu-west-1:1' is forbidden.", IdentityGone),
        (CREDENTIALS, "NotAuthorizedException", "Logins don't match. Please include one", IdentityGone),
        (CREDENTIALS, "InvalidIdentityPoolConfigurationException", "", ConfigError),
        (CREDENTIALS, "InvalidParameterException", "Please provide a valid role.", ConfigError),
        (CREDENTIALS, "InvalidParameterException", "There are multiple roles in the token", ConfigError),
        (CREDENTIALS, "InvalidParameterException", "Something is off", Rejected),
        (CREDENTIALS, "NotAuthorizedException", "Role mapping is ambiguous", NotAuthorized),
        (CREDENTIALS, "NotAuthorizedException", "No matching rule", NotAuthorized),
        (CREDENTIALS, "AccessDeniedException", "Access denied", NotAuthorized),
        (CREDENTIALS, "ResourceConflictException", "", Rejected),
        (REFRESH, "NotAuthorizedException", "Refresh Token has expired", RefreshRefused),
        (REFRESH, "NotAuthorizedException", "Refresh Token has been revoked", RefreshRefused),
        (REFRESH, "NotAuthorizedException", "Invalid Refresh Token", RefreshRefused),
        (REFRESH, "NotAuthorizedException", "User is disabled.", RefreshRefused),
        (REFRESH, "RefreshTokenReuseException", "", RefreshRefused),
        (REFRESH, "UserNotFoundException", "", RefreshRefused),
        (REFRESH, "PasswordResetRequiredException", "", RefreshRefused),
        (REFRESH, "UserNotConfirmedException", "", RefreshRefused),
        (REFRESH, "NotAuthorizedException", "Unable to verify secret hash for client abc", ConfigError),
        (REFRESH, "NotAuthorizedException", "Device key is missing", ConfigError),
        (REFRESH, "ResourceNotFoundException", "User pool client abc does not exist.", ConfigError),
        (REFRESH, "InvalidParameterException", "Something is off", ServiceUnavailable),
        (REFRESH, "UserLambdaValidationException", "no", ServiceUnavailable),
        (REFRESH, "SomethingNewException", "", ServiceUnavailable),
    ],
)
def test_a_typed_refusal_means_one_thing(on: str, code: str, message: str, kind: type[AuthError]) -> None:
    error = refusal(code, message, on=on)
    assert type(error) is kind
    assert error.code == code


DEFINITIVE = {
    "NotAuthorizedException",
    "RefreshTokenReuseException",
    "UserNotFoundException",
    "PasswordResetRequiredException",
    "UserNotConfirmedException",
}


def every_error_of_both_services() -> set[str]:
    session = botocore.session.Session()
    models = (session.get_service_model(service) for service in ("cognito-idp", "cognito-identity"))
    return {shape.name for model in models for shape in model.error_shapes}


@pytest.mark.parametrize("code", sorted(every_error_of_both_services()))
def test_only_a_definitive_refusal_ends_a_sign_in(code: str) -> None:
    assert isinstance(refusal(code, on=REFRESH), RefreshRefused) == (code in DEFINITIVE)


@pytest.mark.parametrize("code", sorted(every_error_of_both_services()))
@pytest.mark.parametrize("on", [SIGN_IN, CHALLENGE, OTHER, GET_ID, CREDENTIALS])
def test_nothing_but_a_refresh_ends_a_sign_in(on: str, code: str) -> None:
    assert not isinstance(refusal(code, on=on), RefreshRefused)


@pytest.mark.parametrize("code", ["503", "500", "302", "407", "404", "", "Unknown Error"])
@pytest.mark.parametrize("on", [REFRESH, SIGN_IN, GET_ID])
def test_an_answer_without_a_typed_name_is_no_refusal(on: str, code: str) -> None:
    error = refusal(code, "<html>Refresh Token has expired</html>", on=on, status=503)
    assert isinstance(error, ServiceUnavailable)
    assert error.reason == "unavailable"


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (EndpointConnectionError(endpoint_url="http://x"), "could not be reached"),
        (ConnectTimeoutError(endpoint_url="http://x"), "did not answer in time"),
        (ReadTimeoutError(endpoint_url="http://x"), "did not answer in time"),
        (ConnectionClosedError(endpoint_url="http://x"), "closed the connection"),
        (ProxyConnectionError(proxy_url="http://user:hidden@proxy"), "proxy"),
        (SSLError(endpoint_url="http://x", error="bad certificate"), "certificates"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_no_answer_is_offline_and_names_the_host(failure: Exception, words: str) -> None:
    error = fault(failure, purpose=REFRESH, host=HOST, sent=())
    assert isinstance(error, ServiceUnavailable)
    assert error.reason == "offline"
    assert error.retryable
    assert HOST in str(error)
    assert words in str(error)
    assert "hidden" not in str(error)


@pytest.mark.parametrize("failure", [AttributeError("list has no get"), ValueError("bad json"), KeyError("x")])
def test_an_answer_that_botocore_cannot_read_is_unavailable(failure: Exception) -> None:
    error = fault(failure, purpose=REFRESH, host=HOST, sent=())
    assert isinstance(error, ServiceUnavailable)
    assert error.reason == "unavailable"


def test_a_quote_of_the_service_holds_none_of_the_secrets_sent() -> None:
    error = refusal("InvalidParameterException", "Value 'hunter-2' at 'session' failed", sent=[Secret("hunter-2")])
    assert "hunter-2" not in str(error)
    assert "•••" in str(error)


def test_a_secret_is_taken_out_before_a_quote_is_cut() -> None:
    error = refusal("InvalidParameterException", "x" * 195 + "hunter-2", sent=[Secret("hunter-2")])
    assert "hunte" not in str(error)


def test_a_quote_is_one_line_of_bounded_length() -> None:
    error = refusal("InvalidParameterException", "a\nb\tc " + "long " * 1000)
    assert "a b c long" in str(error)
    assert len(str(error).splitlines()) == 1
    assert len(str(error)) < 300


def test_markup_is_not_quoted() -> None:
    assert "script" not in str(refusal("InvalidParameterException", "<script>alert(1)</script>"))


def test_what_a_lambda_says_is_quoted_without_its_prefix() -> None:
    error = refusal("UserLambdaValidationException", "PreSignUp failed with error use your work address.", on=SIGN_IN)
    expected = "The user pool refused: do what it says, or ask its administrator (use your work address)"
    assert str(error) == expected


SCHEMA = "Attributes did not conform to the schema: "


@pytest.mark.parametrize(
    ("message", "missing"),
    [
        (f"{SCHEMA}email: The attribute is required\n", "email"),
        (
            f"{SCHEMA}given_name: The attribute is required\nemail: The attribute is required\n",
            "given_name email",
        ),
        (f"{SCHEMA}birthdate: Attribute is not a date", None),
    ],
)
def test_a_sign_up_that_lacks_what_the_pool_requires_is_told_what(message: str, missing: str | None) -> None:
    error = refusal("InvalidParameterException", message, on="sign_up")
    assert isinstance(error, InvalidParameter)
    assert error.about.get("missing") == missing
    assert error.about["quote"] in str(error)


UPDATE, DELETE = "update_user_attributes", "delete_user_attributes"
UNAUTHORIZED = "A client attempted to write unauthorized attribute"


@pytest.mark.parametrize(
    ("on", "code", "message", "case", "attribute"),
    [
        (UPDATE, "InvalidParameterException", "user.custom:team: Attribute cannot be updated.", True, "custom:team"),
        (UPDATE, "NotAuthorizedException", UNAUTHORIZED, True, None),
        (DELETE, "NotAuthorizedException", UNAUTHORIZED, True, None),
        (DELETE, "InvalidParameterException", "user.email: Attribute cannot be deleted.", False, None),
        (UPDATE, "InvalidParameterException", "Invalid phone number format.", False, None),
        (OTHER, "NotAuthorizedException", UNAUTHORIZED, False, None),
    ],
)
def test_an_attribute_that_is_not_the_users_to_change_is_named_where_the_pool_names_it(
    on: str, code: str, message: str, case: bool, attribute: str | None
) -> None:
    error = refusal(code, message, on=on)
    assert ((error.case == "fixed_attribute"), error.about.get("attribute")) == (case, attribute)


@pytest.mark.parametrize(
    ("on", "code", "message", "setting"),
    [
        (SIGN_IN, "NotAuthorizedException", "Unable to verify secret hash", "client_secret"),
        (SIGN_IN, "InvalidParameterException", "flow not enabled for this client", "auth_flow"),
        (SIGN_IN, "ResourceNotFoundException", "Client x not found.", "client_id"),
        (GET_ID, "ResourceNotFoundException", "IdentityPool 'x' not found.", "identity_pool_id"),
        (OTHER, "UnknownOperationException", "", "endpoint_url"),
        (CREDENTIALS, "InvalidParameterException", "Please provide a valid role.", "leave it unset"),
        (CREDENTIALS, "NotAuthorizedException", "Role mapping is ambiguous", "set custom_role_arn"),
    ],
)
def test_a_wrong_setting_is_named(on: str, code: str, message: str, setting: str) -> None:
    assert setting in str(refusal(code, message, on=on))


@pytest.mark.parametrize(
    ("code", "message", "words"),
    [
        ("InvalidIdentityPoolConfigurationException", "Check assigned IAM roles", "sts:TagSession"),
        ("NotAuthorizedException", "No rule fits", "a rule or a group"),
    ],
)
def test_what_only_the_administrator_can_mend_is_said_to_be_so(code: str, message: str, words: str) -> None:
    said = str(refusal(code, message, on=CREDENTIALS))
    assert "administrator" in said
    assert words in said


@pytest.mark.parametrize("sentence", SENTENCES.values())
def test_a_message_is_one_line_that_begins_like_a_sentence_or_with_a_setting_and_has_no_full_stop(
    sentence: str,
) -> None:
    first = sentence.split()[0]
    assert first[0].isupper() or first in (*SETTINGS, "{host}")
    assert not sentence.endswith(".")
    assert len(sentence.splitlines()) == 1
