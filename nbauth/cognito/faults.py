"""What a failed request means: botocore's errors in, an `AuthError` out. The only reader of `ClientError.response`.

The rules are one table, read from the top. A rule starts from the service's typed name; words in the message only tell
apart what shares a name, because they are no part of any contract. A sign-in is given up for good by the rules that say
`RefreshRefused` and by nothing else: never on a guess.

Names are those of the error sections of the Amazon Cognito user pools and identity pools API references.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

REFRESH = "refresh"
"""The purpose of a request that renews tokens, whichever operation it uses; any other purpose is its operation."""

UNKNOWN_OPERATION = frozenset({"UnknownOperationException", "Unsupported", "InvalidAction", "NotImplemented"})
"""Codes of a service that does not know the operation at all."""

_UNKNOWN = " ".join(UNKNOWN_OPERATION)
_SIGN_IN = frozenset({"initiate_auth", "respond_to_auth_challenge"})
_SESSION = frozenset({"respond_to_auth_challenge", "associate_software_token", "verify_software_token"})
_REFRESH = frozenset({REFRESH})
_IDENTITY = frozenset({"get_id", "get_credentials_for_identity", "get_open_id_token"})
_CREDENTIALS = frozenset({"get_credentials_for_identity"})
_OF_IDENTITY = _IDENTITY - {"get_id"}
_OF_DEVICE = frozenset({"get_device", "update_device_status", "forget_device"})
_CHANGE = frozenset({"change_password"})
_CONFIRM = frozenset({"confirm_sign_up", "resend_confirmation_code"})
_OF_ATTRIBUTES = frozenset({"update_user_attributes", "delete_user_attributes"})
_OF_LISTED = frozenset({"delete_web_authn_credential", "revoke_user_session"})

_LONGEST_QUOTE = 200
_ENDED = "access token (has|is)|invalid access token"
_LAMBDA_PREFIX = re.compile(r"^\w+ failed with error ")
_UNCHANGEABLE = "unauthorized attribute|attribute cannot be updated"
_FIXED = re.compile(r"user\.(\S+): Attribute cannot be updated")
_REQUIRED = re.compile(r"(\S+): The attribute is required")


@dataclass(frozen=True, slots=True)
class _Rule:
    """One row: the service's names, what they mean, and where; `says` must be found in the message, any case.

    `case` names the row's sentence; where the kind has but one, it is the kind's name.
    """

    codes: str
    kind: type[AuthError]
    case: str = ""
    on: frozenset[str] | None = None
    says: str | None = None
    quoted: bool = False

    @property
    def name(self) -> str:
        return self.case or self.kind.__name__

    def fits(self, code: str, purpose: str, message: str) -> bool:
        return (
            (code in self.codes.split() or code.removesuffix("Exception") in self.codes.split())
            and (self.on is None or purpose in self.on)
            and (self.says is None or re.search(self.says, message, re.IGNORECASE) is not None)
        )


SENTENCES: Mapping[str, str] = {
    "unknown_operation": "{host} does not offer what nbauth asked of it: check endpoint_url",
    "client_secret": "client_secret does not fit the app client: it is wrong, missing, or the app client has none",
    "auth_flow": "auth_flow is not one that the app client allows: enable it there, or set another",
    "no_client": "There is no such app client: check client_id, user_pool_id and region",
    "not_set_up": "The user pool is not set up for this: its administrator must change it",
    "feature_plan": "The user pool's feature plan does not have this: its administrator must choose Essentials or Plus",
    "passkey_origin": "The user pool takes no passkeys from this page's address: its administrator must allow it",
    "no_identity_pool": "There is no such identity pool: check identity_pool_id and region",
    "no_trust": "The identity pool does not trust the app client: check identity_pool_id and client_id",
    "no_role": (
        "The identity pool has no role to give, or may not assume it: its administrator must assign one whose trust"
        " policy allows sts:AssumeRoleWithWebIdentity and sts:TagSession"
    ),
    "wrong_role": (
        "custom_role_arn is not a role that the identity pool gives this user: set one of those in the ID token's"
        " cognito:roles, or leave it unset"
    ),
    "which_role": (
        "The identity pool cannot tell which role this user gets: set custom_role_arn to one of those in the ID token's"
        " cognito:roles, or ask the pool's administrator for a rule that decides"
    ),
    "role_denied": ("The identity pool gives this user no role: ask its administrator for a rule or a group that does"),
    "IdentityGone": "The identity does not exist any more",
    "identity_of_others": "The identity belongs to other logins",
    "no_guests": "The identity pool takes no guests: sign in",
    "id_token_expired": "The ID token has expired",
    "identity_pool_refused": "The identity pool refused: ask its administrator",
    "no_device_key": "The pool remembers devices, and this one has no key",
    "RefreshRefused": "The sign-in can no longer be renewed: sign in again",
    "ChallengeExpired": "The sign-in took too long, or was answered elsewhere: start it over",
    "DeviceGone": "The user pool does not know this device, or not any more",
    "gone": "That one is not there any more: list them again",
    "LimitExceeded": "Too many attempts: wait a while, then try again",
    "disabled": "This user is disabled: ask the pool's administrator",
    "incorrect": "Incorrect user name or password",
    "old_password": "The current password is not right",
    "AlreadyConfirmed": "The account is confirmed already: sign in",
    "AccessTokenRefused": "The sign-in has ended: sign in again",
    "sign_up_closed": "Nobody can make an account in this user pool: ask its administrator for one",
    "not_allowed": "Not allowed: ask the pool's administrator",
    "fixed_attribute": "That cannot be changed here: ask the pool's administrator",
    "unfit_password": "That password does not fit the pool's rules",
    "used_before": "That password was used before: choose another",
    "no_second_step": "The second step is not set up: start over",
    "CodeMismatch": "That code is not right: try again",
    "ExpiredCode": "That code is no longer valid: use a new one",
    "UserNotConfirmed": "The account is not confirmed yet: confirm it first",
    "PasswordResetRequired": "The password must be reset before the next sign-in",
    "UserNotFound": "There is no such user",
    "UsernameExists": "That user name, e-mail address or phone number is taken",
    "AliasExists": ("Another account has that e-mail address or phone number: take it over on purpose, or use another"),
    "CodeDeliveryFailure": "The code could not be sent: check the address or number, then ask for another",
    "passkey_too_late": "Making the passkey took too long: start over",
    "passkey_refused": "The user pool does not take this passkey",
    "pool_refused": "The user pool refused: do what it says, or ask its administrator",
    "client_refused": "The app client does not allow this: ask the pool's administrator",
    "unfit_request": "Cognito refused the request: correct what it names, or ask the pool's administrator",
    "refused": "Cognito refused ({code}): ask the pool's administrator",
    "busy": "Cognito is asked too often just now: try again in a moment",
    "trouble": "Cognito has a problem of its own: try again in a moment",
    "lambda_failed": "The pool's own Lambda failed",
    "provider_away": "The identity provider could not be reached: try again in a moment",
    "firewall": "The pool's web firewall turned the request away: try again later",
    "no_answer": "{host} did not answer in time: check the network, or endpoint_url if it is set",
    "hung_up": "{host} closed the connection without an answer: check the network, or endpoint_url if it is set",
    "no_proxy": (
        "The proxy on the way to {host} could not be reached: check the network, or endpoint_url if it is set"
    ),
    "no_proof": (
        "{host} could not prove who it is, by the CA certificates here (AWS_CA_BUNDLE): check the network, or"
        " endpoint_url if it is set"
    ),
    "unreachable": "{host} could not be reached: check the network, or endpoint_url if it is set",
    "not_cognito": "{host} gave an answer that is not one of Cognito's: try again in a moment",
    "not_served": "{host} answered {status} instead of serving: try again in a moment",
}
"""What is said of each case; a case that has the name of an error's kind is the only one that this kind has."""

_SETTINGS = (
    _Rule(_UNKNOWN, ConfigError, "unknown_operation", quoted=True),
    _Rule("NotAuthorized InvalidParameter Unauthorized InvalidClient", ConfigError, "client_secret", says="secret"),
    _Rule(
        "InvalidParameter UnsupportedOperation",
        ConfigError,
        "auth_flow",
        _SIGN_IN,
        says="flow|auth method|not enabled for the client",
    ),
    _Rule("InvalidParameter Validation", ConfigError, "no_client", says="clientid"),
    _Rule("InvalidParameter Validation", ConfigError, "no_identity_pool", says="identitypoolid"),
    _Rule("InvalidIdentityPoolConfiguration", ConfigError, "no_role"),
    _Rule("InvalidSmsRoleAccessPolicy InvalidSmsRoleTrustRelationship", ConfigError, "not_set_up", quoted=True),
    _Rule("InvalidEmailRoleAccessPolicy InvalidUserPoolConfiguration", ConfigError, "not_set_up", quoted=True),
    _Rule("FeatureUnavailableInTier", ConfigError, "feature_plan", quoted=True),
    _Rule("UserPoolAddOnNotEnabled", ConfigError, "not_set_up", quoted=True),
    _Rule("OperationNotEnabled", ConfigError, "not_set_up", quoted=True),
    _Rule("WebAuthnNotEnabled WebAuthnConfigurationMissing", ConfigError, "not_set_up", quoted=True),
    _Rule("WebAuthnOriginNotAllowed WebAuthnRelyingPartyMismatch", ConfigError, "passkey_origin", quoted=True),
)
_ROLES = (
    _Rule("InvalidParameter", ConfigError, "which_role", _CREDENTIALS, says="multiple|several|ambiguous"),
    _Rule("InvalidParameter", ConfigError, "wrong_role", _CREDENTIALS, says="role"),
    _Rule("NotAuthorized", NotAuthorized, "which_role", _CREDENTIALS, says="multiple|several|ambiguous"),
    _Rule("NotAuthorized AccessDenied", NotAuthorized, "role_denied", _CREDENTIALS, says="role|rule|access denied"),
)
_IDENTITIES = (
    _Rule("ResourceNotFound", ConfigError, "no_identity_pool", frozenset({"get_id"})),
    _Rule("ResourceNotFound", ConfigError, "no_identity_pool", _IDENTITY, says="identity ?pool"),
    _Rule("ResourceNotFound", IdentityGone, on=_IDENTITY),
    _Rule("NotAuthorized", IdentityGone, "identity_of_others", _OF_IDENTITY, says="forbidden|match"),
    _Rule("NotAuthorized", NotAuthorized, "no_guests", _IDENTITY, says="unauthent"),
    _Rule("NotAuthorized", NotAuthorized, "id_token_expired", _IDENTITY, says="expired"),
    _Rule("NotAuthorized", ConfigError, "no_trust", _IDENTITY, says="supported provider|audience|issuer"),
    _Rule("NotAuthorized", NotAuthorized, "identity_pool_refused", _IDENTITY, quoted=True),
    _Rule("InvalidParameter ResourceConflict", Rejected, "identity_pool_refused", _IDENTITY, quoted=True),
)
_REFRESHES = (
    _Rule("NotAuthorized", ConfigError, "no_device_key", _REFRESH, says="device"),
    _Rule("NotAuthorized RefreshTokenReuse UserNotFound", RefreshRefused, on=_REFRESH, quoted=True),
    _Rule("PasswordResetRequired UserNotConfirmed", RefreshRefused, on=_REFRESH, quoted=True),
)
_REFUSALS = (
    _Rule("ResourceNotFound", ChallengeExpired, on=_SESSION),
    _Rule("ResourceNotFound", DeviceGone, on=_OF_DEVICE),
    _Rule("ResourceNotFound", Rejected, "gone", _OF_LISTED),
    _Rule("ResourceNotFound", ConfigError, "no_client"),
    _Rule("NotAuthorized InvalidParameter", ChallengeExpired, on=_SESSION, says="session"),
    _Rule("NotAuthorized", LimitExceeded, says="attempts exceeded"),
    _Rule("NotAuthorized", NotAuthorized, "disabled", says="disabled"),
    _Rule("NotAuthorized", NotAuthorized, "incorrect", _SIGN_IN, says="incorrect"),
    _Rule("NotAuthorized", NotAuthorized, "old_password", _CHANGE, says="incorrect"),
    _Rule("NotAuthorized", AlreadyConfirmed, on=_CONFIRM, says="status is confirmed"),
    _Rule("InvalidParameter", AlreadyConfirmed, on=_CONFIRM, says="already confirmed"),
    _Rule("NotAuthorized", AccessTokenRefused, says=_ENDED),
    _Rule("NotAuthorized", NotAuthorized, "sign_up_closed", frozenset({"sign_up"}), says="not permitted"),
    _Rule("NotAuthorized", NotAuthorized, "fixed_attribute", _OF_ATTRIBUTES, says=_UNCHANGEABLE, quoted=True),
    _Rule("InvalidParameter", InvalidParameter, "fixed_attribute", _OF_ATTRIBUTES, says=_UNCHANGEABLE, quoted=True),
    _Rule("NotAuthorized Unauthorized", NotAuthorized, "not_allowed", quoted=True),
    _Rule("InvalidPassword", NotAuthorized, "incorrect", frozenset({"initiate_auth"})),
    _Rule("InvalidPassword", InvalidPassword, "unfit_password", quoted=True),
    _Rule("PasswordHistoryPolicyViolation", InvalidPassword, "used_before"),
    _Rule("MFAMethodNotFound SoftwareTokenMFANotFound", ChallengeExpired, "no_second_step"),
    _Rule("CodeMismatch EnableSoftwareTokenMFA", CodeMismatch),
    _Rule("ExpiredCode", ExpiredCode),
    _Rule("UserNotConfirmed", UserNotConfirmed),
    _Rule("PasswordResetRequired", PasswordResetRequired),
    _Rule("UserNotFound", UserNotFound),
    _Rule("UsernameExists", UsernameExists),
    _Rule("AliasExists", AliasExists),
    _Rule("CodeDelivery CodeDeliveryFailure", CodeDeliveryFailure),
    _Rule("WebAuthnChallengeNotFound", ChallengeExpired, "passkey_too_late"),
    _Rule("WebAuthnClientMismatch", Rejected, "passkey_refused", quoted=True),
    _Rule("WebAuthnCredentialNotSupported", Rejected, "passkey_refused", quoted=True),
    _Rule("LimitExceeded TooManyFailedAttempts", LimitExceeded),
    _Rule("UserLambdaValidation", NotAuthorized, "pool_refused", quoted=True),
    _Rule("UnsupportedOperation UnsupportedTokenType", Rejected, "client_refused", quoted=True),
    _Rule("InvalidParameter", InvalidParameter, "unfit_request", quoted=True),
)
_TROUBLES = (
    _Rule("TooManyRequests Throttling RequestLimitExceeded ConcurrentModification", ServiceUnavailable, "busy"),
    _Rule("InternalError InternalServer InternalFailure ServiceUnavailable", ServiceUnavailable, "trouble"),
    _Rule("UnexpectedLambda InvalidLambdaResponse", ServiceUnavailable, "lambda_failed", quoted=True),
    _Rule("ExternalService", ServiceUnavailable, "provider_away"),
    _Rule("Forbidden", ServiceUnavailable, "firewall"),
)
_RULES = (*_SETTINGS, *_ROLES, *_IDENTITIES, *_REFRESHES, *_REFUSALS, *_TROUBLES)

_NO_ANSWER = {
    "ConnectTimeoutError": "no_answer",
    "ReadTimeoutError": "no_answer",
    "ConnectionClosedError": "hung_up",
    "ProxyConnectionError": "no_proxy",
    "SSLError": "no_proof",
}


def fault(failure: Exception, *, purpose: str, host: str, sent: Iterable[Secret]) -> AuthError:
    """Return what `failure` means, to be raised where no frame of botocore is in the traceback any more.

    Args:
        failure: What botocore raised.
        purpose: The operation's name in Python, or `REFRESH`.
        host: Whom the request went to.
        sent: The secrets in the request, which the service may have put into its message.
    """
    from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

    if isinstance(failure, ClientError):
        return _answered(failure, purpose, host, sent)
    if isinstance(failure, HTTPClientError | ConnectionError):
        case = _NO_ANSWER.get(type(failure).__name__, "unreachable")
        message = SENTENCES[case].format(host=host)
        return ServiceUnavailable(message, reason="offline", case=case, about={"host": host})
    return odd_answer(host)


def odd_answer(host: str) -> ServiceUnavailable:
    """Return the error for an answer that came and is none of Cognito's: a login page, half a body, nothing."""
    message = SENTENCES["not_cognito"].format(host=host)
    return ServiceUnavailable(message, case="not_cognito", about={"host": host})


def _answered(failure: "ClientError", purpose: str, host: str, sent: Iterable[Secret]) -> AuthError:
    error = failure.response.get("Error", {})
    code, message = str(error.get("Code", "")), str(error.get("Message", ""))
    about = {"host": host, "code": code}
    for rule in _RULES:
        if rule.fits(code, purpose, message):
            about["quote"] = _quote(message, sent) if rule.quoted else ""
            if purpose == "sign_up" and (missing := _REQUIRED.findall(message)):
                about["missing"] = " ".join(missing)  # no name has a blank in it
            if rule.case == "fixed_attribute" and (fixed := _FIXED.search(message)):
                about["attribute"] = fixed[1]
            return _made(_bearable(rule, purpose), code, about)
    status = failure.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status >= 500 or not code.isidentifier():
        return _made(_Rule("", ServiceUnavailable, "not_served"), code, about | {"status": str(status or code)})
    rule = _bearable(_Rule("", Rejected, "refused"), purpose)
    return _made(rule, code, about | {"quote": _quote(message, sent)})


def _bearable(rule: _Rule, purpose: str) -> _Rule:
    definitive = purpose != REFRESH or not issubclass(rule.kind, Rejected) or rule.kind is RefreshRefused
    return rule if definitive else replace(rule, case=rule.name, kind=ServiceUnavailable)


def _made(rule: _Rule, code: str | None, about: Mapping[str, str]) -> AuthError:
    quote = about.get("quote")
    message = SENTENCES[rule.name].format_map(about) + (f" ({quote})" if quote else "")
    return rule.kind(message, code=code, case=rule.name, about=about)


def _quote(message: str, sent: Iterable[Secret]) -> str:
    for secret in sent:
        if secret:
            message = message.replace(secret.reveal(), str(secret))
    line = _LAMBDA_PREFIX.sub("", " ".join(message.split()))
    return "" if "<" in line else line[:_LONGEST_QUOTE].rstrip(".")
