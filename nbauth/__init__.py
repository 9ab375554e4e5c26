"""Sign in to AWS from a notebook with Amazon Cognito, and stay signed in.

The names below are the public ones. Each is loaded when it is first used, so that `import nbauth` costs nothing in the
kernel, the Jupyter server or the hub.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbauth import errors as errors
    from nbauth import testing as testing
    from nbauth.core.account import CodeDelivery as CodeDelivery
    from nbauth.core.account import Device as Device
    from nbauth.core.account import MfaPreference as MfaPreference
    from nbauth.core.account import Passkey as Passkey
    from nbauth.core.account import PasswordResetResult as PasswordResetResult
    from nbauth.core.account import SignUpResult as SignUpResult
    from nbauth.core.account import TotpSetup as TotpSetup
    from nbauth.core.account import UserSession as UserSession
    from nbauth.core.challenges import Challenge as Challenge
    from nbauth.core.config import AuthConfig as AuthConfig
    from nbauth.core.credentials import AwsCredentials as AwsCredentials
    from nbauth.core.results import SignInResult as SignInResult
    from nbauth.core.results import SignOutReport as SignOutReport
    from nbauth.core.results import UserStateDetails as UserStateDetails
    from nbauth.core.secret import Secret as Secret
    from nbauth.core.tokens import TokenSet as TokenSet
    from nbauth.core.user_state import UserState as UserState
    from nbauth.errors import AccessTokenRefused as AccessTokenRefused
    from nbauth.errors import AliasExists as AliasExists
    from nbauth.errors import AlreadyConfirmed as AlreadyConfirmed
    from nbauth.errors import AlreadySignedIn as AlreadySignedIn
    from nbauth.errors import AuthError as AuthError
    from nbauth.errors import ChallengeExpired as ChallengeExpired
    from nbauth.errors import CodeDeliveryFailure as CodeDeliveryFailure
    from nbauth.errors import CodeMismatch as CodeMismatch
    from nbauth.errors import ConfigError as ConfigError
    from nbauth.errors import DeviceGone as DeviceGone
    from nbauth.errors import ExpiredCode as ExpiredCode
    from nbauth.errors import IdentityGone as IdentityGone
    from nbauth.errors import InvalidParameter as InvalidParameter
    from nbauth.errors import InvalidPassword as InvalidPassword
    from nbauth.errors import InvalidTransition as InvalidTransition
    from nbauth.errors import LimitExceeded as LimitExceeded
    from nbauth.errors import NotAuthorized as NotAuthorized
    from nbauth.errors import PasswordResetRequired as PasswordResetRequired
    from nbauth.errors import RefreshRefused as RefreshRefused
    from nbauth.errors import Rejected as Rejected
    from nbauth.errors import ServiceUnavailable as ServiceUnavailable
    from nbauth.errors import SignInInterrupted as SignInInterrupted
    from nbauth.errors import SignInReleased as SignInReleased
    from nbauth.errors import SignInRequired as SignInRequired
    from nbauth.errors import SignInTimeout as SignInTimeout
    from nbauth.errors import StoreBusy as StoreBusy
    from nbauth.errors import StoreError as StoreError
    from nbauth.errors import StoreGone as StoreGone
    from nbauth.errors import TokensNotCurrent as TokensNotCurrent
    from nbauth.errors import TokensNotGenuine as TokensNotGenuine
    from nbauth.errors import UsernameExists as UsernameExists
    from nbauth.errors import UserNotConfirmed as UserNotConfirmed
    from nbauth.errors import UserNotFound as UserNotFound
    from nbauth.extension import AuthSession as AuthSession
    from nbauth.extension import session as session

_HOMES = {
    "AccessTokenRefused": "nbauth.errors",
    "AliasExists": "nbauth.errors",
    "AlreadyConfirmed": "nbauth.errors",
    "AlreadySignedIn": "nbauth.errors",
    "AuthConfig": "nbauth.core.config",
    "AuthError": "nbauth.errors",
    # From where it knows how to ask a person, in a notebook as in a terminal.
    "AuthSession": "nbauth.extension",
    "AwsCredentials": "nbauth.core.credentials",
    "Challenge": "nbauth.core.challenges",
    "ChallengeExpired": "nbauth.errors",
    "CodeDelivery": "nbauth.core.account",
    "CodeDeliveryFailure": "nbauth.errors",
    "CodeMismatch": "nbauth.errors",
    "ConfigError": "nbauth.errors",
    "Device": "nbauth.core.account",
    "DeviceGone": "nbauth.errors",
    "ExpiredCode": "nbauth.errors",
    "IdentityGone": "nbauth.errors",
    "InvalidParameter": "nbauth.errors",
    "InvalidPassword": "nbauth.errors",
    "InvalidTransition": "nbauth.errors",
    "LimitExceeded": "nbauth.errors",
    "MfaPreference": "nbauth.core.account",
    "NotAuthorized": "nbauth.errors",
    "Passkey": "nbauth.core.account",
    "PasswordResetRequired": "nbauth.errors",
    "PasswordResetResult": "nbauth.core.account",
    "RefreshRefused": "nbauth.errors",
    "Rejected": "nbauth.errors",
    "Secret": "nbauth.core.secret",
    "ServiceUnavailable": "nbauth.errors",
    "SignInInterrupted": "nbauth.errors",
    "SignInReleased": "nbauth.errors",
    "SignInRequired": "nbauth.errors",
    "SignInResult": "nbauth.core.results",
    "SignInTimeout": "nbauth.errors",
    "SignOutReport": "nbauth.core.results",
    "SignUpResult": "nbauth.core.account",
    "StoreBusy": "nbauth.errors",
    "StoreError": "nbauth.errors",
    "StoreGone": "nbauth.errors",
    "TokenSet": "nbauth.core.tokens",
    "TokensNotCurrent": "nbauth.errors",
    "TokensNotGenuine": "nbauth.errors",
    "TotpSetup": "nbauth.core.account",
    "UserNotConfirmed": "nbauth.errors",
    "UserNotFound": "nbauth.errors",
    "UserSession": "nbauth.core.account",
    "UserState": "nbauth.core.user_state",
    "UserStateDetails": "nbauth.core.results",
    "UsernameExists": "nbauth.errors",
    "errors": "nbauth",
    "session": "nbauth.extension",
    "testing": "nbauth",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'nbauth' has no attribute {name!r}")
    value = import_module(f"nbauth.{name}") if home == "nbauth" else getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})


def load_ipython_extension(shell: Any) -> None:
    """Do what `%load_ext nbauth` asks for."""
    from nbauth import extension

    extension.load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Do what `%unload_ext nbauth` asks for."""
    from nbauth import extension

    extension.unload(shell)
