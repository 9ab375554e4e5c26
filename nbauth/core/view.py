"""What people observe of a flow: the values of a session's traits, derived from its state and from nothing else."""

from datetime import datetime
from typing import Any

from nbauth.core.events import (
    CredentialsFailed,
    CredentialsIssued,
    Event,
    FederatedSignIn,
    LoginsFailed,
    LoginsRenewed,
    RecordChanged,
    RefreshFailed,
    ResendWanted,
    Respond,
    SignIn,
    SignInFailed,
    SignOut,
    TokensDisproved,
    TokensIssued,
    TokensRefreshed,
)
from nbauth.core.flow import Flow
from nbauth.core.states import (
    Challenged,
    Federating,
    Guest,
    SignedIn,
    SigningIn,
    TokensInvalid,
    known_user,
    standing,
    user_state,
)
from nbauth.errors import AuthError, ServiceUnavailable, TokensNotGenuine


def observed(flow: Flow, now: datetime) -> dict[str, Any]:
    """Return the traits that follow from the state alone, by name."""
    state = flow.state
    user = known_user(state)
    here = standing(state)
    vouched = user.vouched if isinstance(user, SignedIn) else None
    credentials = here.credentials if isinstance(here, SignedIn | Guest | TokensInvalid) else None
    return {
        "state": user_state(state),
        "state_reason": user.reason if isinstance(user, TokensInvalid) else None,
        "is_signed_in": user is not None,
        "has_valid_tokens": isinstance(user, SignedIn) and user.has_valid_tokens(now),
        "username": (user.record.username or None) if user else None,
        "user_sub": user.record.sub if user else None,
        "identity_id": user.record.identity_id if user else here.identity_id if isinstance(here, Guest) else None,
        "challenge": state.challenge if isinstance(state, Challenged) else None,
        "tokens_expire_at": vouched.expires_at if vouched else None,
        "credentials_expire_at": credentials.expires_at if credentials else None,
        "busy": isinstance(state, SigningIn | Federating) or (isinstance(state, Challenged) and state.responding),
    }


def error_after(event: Event, error: AuthError | None) -> AuthError | None:
    """Return the sign-in error to show after `event`, given the one that was shown before."""
    match event:
        case SignInFailed(new) | TokensDisproved(error=new):
            return new
        case RefreshFailed(error=TokensNotGenuine() as new):
            return new
        case SignIn() | FederatedSignIn() | Respond() | ResendWanted() | SignOut():
            return None
        case TokensIssued() | TokensRefreshed() | RecordChanged():
            return None
        case _:
            return error


def online_after(event: Event, online: bool) -> bool:
    """Return whether the service can be reached, as `event` shows it, given what was known before."""
    match event:
        case SignInFailed(error) | RefreshFailed(error) | LoginsFailed(error) | CredentialsFailed(error):
            return not (isinstance(error, ServiceUnavailable) and error.reason == "offline")
        case TokensIssued() | TokensRefreshed() | LoginsRenewed() | CredentialsIssued():
            return True
        case _:
            return online
