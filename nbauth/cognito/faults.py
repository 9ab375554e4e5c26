"""What a failed request means: botocore's errors in, an `AuthError` out. The only reader of `ClientError.response`.

The rules are one table, read from the top. A rule starts from the service's typed name; words in the message only tell
apart what shares a name, because they are no part of any contract. A sign-in is given up for good by the rules that say
`RefreshRefused` and by nothing else: never on a guess.

Names are those of the error sections of the Amazon Cognito user pools and identity pools API references.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
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
_OF_LISTED = frozenset({"delete_web_authn_credential", "revoke_user_session"})

_LONGEST_QUOTE = 200
_ENDED = "access token (has|is)|invalid access token"
_LAMBDA_PREFIX = re.compile(r"^\w+ failed with error ")


@dataclass(frozen=True, slots=True)
class _Rule:
    """One row: the service's names, what they mean, and where; `says` must be found in the message, any case."""

    codes: str
    kind: type[AuthError]
    sentence: str
    on: frozenset[str] | None = None
    says: str | None = None
    quoted: bool = False

    def fits(self, code: str, purpose: str, message: str) -> bool:
        return (
            (code in self.codes.split() or code.removesuffix("Exception") in self.codes.split())
            and (self.on is None or purpose in self.on)
            and (self.says is None or re.search(self.says, message, re.IGNORECASE) is not None)
        )


_SECRET = "client_secret does not fit the app client: it is wrong, missing, or the app client has none"  # noqa: S105
_FLOW = "auth_flow is not one that the app client allows: enable it there, or set another"
_NO_CLIENT = "There is no such app client: check client_id, user_pool_id and region"
_ORIGIN = "The user pool takes no passkeys from this page's address: its administrator must allow it"
_NO_POOL = "There is no such identity pool: check identity_pool_id and region"
_NO_TRUST = "The identity pool does not trust the app client: check identity_pool_id and client_id"
_NO_ROLE = (
    "The identity pool has no role to give, or may not assume it: its administrator must assign one whose trust policy"
    " allows sts:AssumeRoleWithWebIdentity and sts:TagSession"
)
_WRONG_ROLE = (
    "custom_role_arn is not a role that the identity pool gives this user: set one of those in the ID token's"
    " cognito:roles, or leave it unset"
)
_WHICH_ROLE = (
    "The identity pool cannot tell which role this user gets: set custom_role_arn to one of those in the ID token's"
    " cognito:roles, or ask the pool's administrator for a rule that decides"
)
_DENIED = "The identity pool gives this user no role: ask its administrator for a rule or a group that does"
_TIER = "The user pool's feature plan does not have this: its administrator must choose Essentials or Plus"
_SET_UP = "The user pool is not set up for this: its administrator must change it"
_RENEW = "The sign-in can no longer be renewed: sign in again"
_START_OVER = "The sign-in took too long, or was answered elsewhere: start it over"
_WRONG = "Incorrect user name or password"
_ENOUGH = "Too many attempts: wait a while, then try again"
_BUSY = "Cognito is asked too often just now: try again in a moment"
_IS_CONFIRMED = "The account is confirmed already: sign in"
_TAKEN = "Another account has that e-mail address or phone number: take it over on purpose, or use another"
_UNSENT = "The code could not be sent: check the address or number, then ask for another"
_TROUBLE = "Cognito has a problem of its own: try again in a moment"

_SETTINGS = (
    _Rule(_UNKNOWN, ConfigError, "{host} does not offer what nbauth asked of it: check endpoint_url", quoted=True),
    _Rule("NotAuthorized InvalidParameter Unauthorized InvalidClient", ConfigError, _SECRET, says="secret"),
    _Rule(
        "InvalidParameter UnsupportedOperation",
        ConfigError,
        _FLOW,
        _SIGN_IN,
        says="flow|auth method|not enabled for the client",
    ),
    _Rule("InvalidParameter Validation", ConfigError, _NO_CLIENT, says="clientid"),
    _Rule("InvalidParameter Validation", ConfigError, _NO_POOL, says="identitypoolid"),
    _Rule("InvalidIdentityPoolConfiguration", ConfigError, _NO_ROLE),
    _Rule("InvalidSmsRoleAccessPolicy InvalidSmsRoleTrustRelationship", ConfigError, _SET_UP, quoted=True),
    _Rule("InvalidEmailRoleAccessPolicy InvalidUserPoolConfiguration", ConfigError, _SET_UP, quoted=True),
    _Rule("FeatureUnavailableInTier", ConfigError, _TIER, quoted=True),
    _Rule("UserPoolAddOnNotEnabled", ConfigError, _SET_UP, quoted=True),
    _Rule("OperationNotEnabled", ConfigError, _SET_UP, quoted=True),
    _Rule("WebAuthnNotEnabled WebAuthnConfigurationMissing", ConfigError, _SET_UP, quoted=True),
    _Rule("WebAuthnOriginNotAllowed WebAuthnRelyingPartyMismatch", ConfigError, _ORIGIN, quoted=True),
)
_ROLES = (
    _Rule("InvalidParameter", ConfigError, _WHICH_ROLE, _CREDENTIALS, says="multiple|several|ambiguous"),
    _Rule("InvalidParameter", ConfigError, _WRONG_ROLE, _CREDENTIALS, says="role"),
    _Rule("NotAuthorized", NotAuthorized, _WHICH_ROLE, _CREDENTIALS, says="multiple|several|ambiguous"),
    _Rule("NotAuthorized AccessDenied", NotAuthorized, _DENIED, _CREDENTIALS, says="role|rule|access denied"),
)
_IDENTITIES = (
    _Rule("ResourceNotFound", ConfigError, _NO_POOL, frozenset({"get_id"})),
    _Rule("ResourceNotFound", ConfigError, _NO_POOL, _IDENTITY, says="identity ?pool"),
    _Rule("ResourceNotFound", IdentityGone, "The identity does not exist any more", _IDENTITY),
    _Rule("NotAuthorized", IdentityGone, "The identity belongs to other logins", _OF_IDENTITY, says="forbidden|match"),
    _Rule("NotAuthorized", NotAuthorized, "The identity pool takes no guests: sign in", _IDENTITY, says="unauthent"),
    _Rule("NotAuthorized", NotAuthorized, "The ID token has expired", _IDENTITY, says="expired"),
    _Rule("NotAuthorized", ConfigError, _NO_TRUST, _IDENTITY, says="supported provider|audience|issuer"),
    _Rule("NotAuthorized", NotAuthorized, "The identity pool refused", _IDENTITY, quoted=True),
    _Rule("InvalidParameter ResourceConflict", Rejected, "The identity pool refused", _IDENTITY, quoted=True),
)
_REFRESHES = (
    _Rule("NotAuthorized", ConfigError, "The pool remembers devices, and this one has no key", _REFRESH, says="device"),
    _Rule("NotAuthorized RefreshTokenReuse UserNotFound", RefreshRefused, _RENEW, _REFRESH, quoted=True),
    _Rule("PasswordResetRequired UserNotConfirmed", RefreshRefused, _RENEW, _REFRESH, quoted=True),
)
_REFUSALS = (
    _Rule("ResourceNotFound", ChallengeExpired, _START_OVER, _SESSION),
    _Rule("ResourceNotFound", DeviceGone, "The user pool does not know this device, or not any more", _OF_DEVICE),
    _Rule("ResourceNotFound", Rejected, "That one is not there any more: list them again", _OF_LISTED),
    _Rule("ResourceNotFound", ConfigError, _NO_CLIENT),
    _Rule("NotAuthorized InvalidParameter", ChallengeExpired, _START_OVER, _SESSION, says="session"),
    _Rule("NotAuthorized", LimitExceeded, _ENOUGH, says="attempts exceeded"),
    _Rule("NotAuthorized", NotAuthorized, "This user is disabled: ask the pool's administrator", says="disabled"),
    _Rule("NotAuthorized", NotAuthorized, _WRONG, _SIGN_IN, says="incorrect"),
    _Rule("NotAuthorized", NotAuthorized, "The old password is not right", _CHANGE, says="incorrect"),
    _Rule("NotAuthorized", AlreadyConfirmed, _IS_CONFIRMED, _CONFIRM, says="status is confirmed"),
    _Rule("InvalidParameter", AlreadyConfirmed, _IS_CONFIRMED, _CONFIRM, says="already confirmed"),
    _Rule("NotAuthorized", AccessTokenRefused, "The sign-in has ended", says=_ENDED),
    _Rule("NotAuthorized Unauthorized", NotAuthorized, "Not allowed", quoted=True),
    _Rule("InvalidPassword", NotAuthorized, _WRONG, frozenset({"initiate_auth"})),
    _Rule("InvalidPassword", InvalidPassword, "That password does not fit the pool's rules", quoted=True),
    _Rule("PasswordHistoryPolicyViolation", InvalidPassword, "That password was used before: choose another"),
    _Rule(
        "MFAMethodNotFound SoftwareTokenMFANotFound", ChallengeExpired, "The second factor is not set up: start over"
    ),
    _Rule("CodeMismatch EnableSoftwareTokenMFA", CodeMismatch, "That code is not right: try again"),
    _Rule("ExpiredCode", ExpiredCode, "That code is no longer valid: use a new one"),
    _Rule("UserNotConfirmed", UserNotConfirmed, "The account is not confirmed yet: confirm it first"),
    _Rule("PasswordResetRequired", PasswordResetRequired, "The password must be reset before the next sign-in"),
    _Rule("UserNotFound", UserNotFound, "There is no such user"),
    _Rule("UsernameExists", UsernameExists, "That user name, e-mail address or phone number is taken"),
    _Rule("AliasExists", AliasExists, _TAKEN),
    _Rule("CodeDelivery CodeDeliveryFailure", CodeDeliveryFailure, _UNSENT),
    _Rule("WebAuthnChallengeNotFound", ChallengeExpired, "Making the passkey took too long: start over"),
    _Rule("WebAuthnClientMismatch", Rejected, "The user pool does not take this passkey", quoted=True),
    _Rule("WebAuthnCredentialNotSupported", Rejected, "The user pool does not take this passkey", quoted=True),
    _Rule("LimitExceeded TooManyFailedAttempts", LimitExceeded, _ENOUGH),
    _Rule("UserLambdaValidation", NotAuthorized, "The user pool refused", quoted=True),
    _Rule("UnsupportedOperation UnsupportedTokenType", Rejected, "The app client does not allow this", quoted=True),
    _Rule("InvalidParameter", InvalidParameter, "Cognito refused the request", quoted=True),
)
_TROUBLES = (
    _Rule("TooManyRequests Throttling RequestLimitExceeded ConcurrentModification", ServiceUnavailable, _BUSY),
    _Rule("InternalError InternalServer InternalFailure ServiceUnavailable", ServiceUnavailable, _TROUBLE),
    _Rule("UnexpectedLambda InvalidLambdaResponse", ServiceUnavailable, "The pool's own Lambda failed", quoted=True),
    _Rule("ExternalService", ServiceUnavailable, "The identity provider could not be reached: try again in a moment"),
    _Rule("Forbidden", ServiceUnavailable, "The pool's web firewall turned the request away: try again later"),
)
_RULES = (*_SETTINGS, *_ROLES, *_IDENTITIES, *_REFRESHES, *_REFUSALS, *_TROUBLES)

_NO_ANSWER = {
    "ConnectTimeoutError": "{host} did not answer in time",
    "ReadTimeoutError": "{host} did not answer in time",
    "ConnectionClosedError": "{host} closed the connection without an answer",
    "ProxyConnectionError": "The proxy on the way to {host} could not be reached",
    "SSLError": "{host} could not prove who it is, by the CA certificates here (AWS_CA_BUNDLE)",
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
        sentence = _NO_ANSWER.get(type(failure).__name__, "{host} could not be reached").format(host=host)
        return ServiceUnavailable(f"{sentence}: check the network, or endpoint_url if it is set", reason="offline")
    return odd_answer(host)


def odd_answer(host: str) -> ServiceUnavailable:
    """Return the error for an answer that came and is none of Cognito's: a login page, half a body, nothing."""
    return ServiceUnavailable(f"{host} gave an answer that is not one of Cognito's: try again in a moment")


def _answered(failure: "ClientError", purpose: str, host: str, sent: Iterable[Secret]) -> AuthError:
    error = failure.response.get("Error", {})
    code, message = str(error.get("Code", "")), str(error.get("Message", ""))
    for rule in _RULES:
        if rule.fits(code, purpose, message):
            return _made(rule, code, purpose, host, _quote(message, sent) if rule.quoted else "")
    status = failure.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status >= 500 or not code.isidentifier():
        return ServiceUnavailable(
            f"{host} answered {status or code} instead of serving: try again in a moment", code=code
        )
    return _made(_Rule(code, Rejected, f"Cognito refused ({code})"), code, purpose, host, _quote(message, sent))


def _made(rule: _Rule, code: str, purpose: str, host: str, quote: str) -> AuthError:
    sentence = rule.sentence.format(host=host) + (f" ({quote})" if quote else "")
    definitive = purpose != REFRESH or not issubclass(rule.kind, Rejected) or rule.kind is RefreshRefused
    return (rule.kind if definitive else ServiceUnavailable)(sentence, code=code)


def _quote(message: str, sent: Iterable[Secret]) -> str:
    for secret in sent:
        if secret:
            message = message.replace(secret.reveal(), str(secret))
    line = _LAMBDA_PREFIX.sub("", " ".join(message.split()))
    return "" if "<" in line else line[:_LONGEST_QUOTE].rstrip(".")
