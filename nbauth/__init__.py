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
    from nbauth.errors import AlreadySignedIn as AlreadySignedIn
    from nbauth.errors import AuthError as AuthError
    from nbauth.errors import ConfigError as ConfigError
    from nbauth.errors import Rejected as Rejected
    from nbauth.errors import ServiceUnavailable as ServiceUnavailable
    from nbauth.errors import SignInReleased as SignInReleased
    from nbauth.errors import SignInRequired as SignInRequired
    from nbauth.errors import SignInTimeout as SignInTimeout
    from nbauth.errors import StoreError as StoreError
    from nbauth.extension import AuthSession as AuthSession
    from nbauth.extension import session as session

_HOMES = {
    "AlreadySignedIn": "nbauth.errors",
    "AuthConfig": "nbauth.core.config",
    "AuthError": "nbauth.errors",
    # From where it knows how to ask a person, in a notebook as in a terminal.
    "AuthSession": "nbauth.extension",
    "AwsCredentials": "nbauth.core.credentials",
    "Challenge": "nbauth.core.challenges",
    "CodeDelivery": "nbauth.core.account",
    "ConfigError": "nbauth.errors",
    "Device": "nbauth.core.account",
    "MfaPreference": "nbauth.core.account",
    "Passkey": "nbauth.core.account",
    "PasswordResetResult": "nbauth.core.account",
    "Rejected": "nbauth.errors",
    "Secret": "nbauth.core.secret",
    "ServiceUnavailable": "nbauth.errors",
    "SignInReleased": "nbauth.errors",
    "SignInRequired": "nbauth.errors",
    "SignInResult": "nbauth.core.results",
    "SignInTimeout": "nbauth.errors",
    "SignOutReport": "nbauth.core.results",
    "SignUpResult": "nbauth.core.account",
    "StoreError": "nbauth.errors",
    "TokenSet": "nbauth.core.tokens",
    "TotpSetup": "nbauth.core.account",
    "UserSession": "nbauth.core.account",
    "UserState": "nbauth.core.user_state",
    "UserStateDetails": "nbauth.core.results",
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
