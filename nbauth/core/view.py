"""What people observe of a flow: the values of a session's traits, derived from its state and from nothing else."""

from datetime import datetime
from typing import Any

from nbauth.core.events import (
    CredentialsFailed,
    CredentialsIssued,
    Event,
    RecordChanged,
    RefreshFailed,
    Respond,
    SignIn,
    SignInFailed,
    SignOut,
    TokensIssued,
    TokensRefreshed,
)
from nbauth.core.flow import Challenged, Flow, Guest, SignedIn, SigningIn, TokensInvalid, known_user, user_state
from nbauth.core.freshness import Freshness
from nbauth.errors import AuthError, ServiceUnavailable


def observed(flow: Flow, now: datetime) -> dict[str, Any]:
    """Return the traits that follow from the state alone, by name."""
    state = flow.state
    user = known_user(state)
    here = state.base if isinstance(state, SigningIn | Challenged) else state
    tokens = user.tokens if isinstance(user, SignedIn) else None
    credentials = here.credentials if isinstance(here, SignedIn | Guest | TokensInvalid) else None
    return {
        "state": user_state(state),
        "state_reason": user.reason if isinstance(user, TokensInvalid) else None,
        "is_signed_in": user is not None,
        "has_valid_tokens": tokens is not None and tokens.freshness(now) is not Freshness.EXPIRED,
        "username": user.record.username if user else None,
        "user_sub": user.record.sub if user else None,
        "identity_id": user.record.identity_id if user else here.identity_id if isinstance(here, Guest) else None,
        "challenge": state.challenge if isinstance(state, Challenged) else None,
        "tokens_expire_at": tokens.expires_at if tokens else None,
        "credentials_expire_at": credentials.expires_at if credentials else None,
        "busy": isinstance(state, SigningIn) or (isinstance(state, Challenged) and state.responding),
    }


def error_after(event: Event, error: AuthError | None) -> AuthError | None:
    """Return the sign-in error to show after `event`, given the one that was shown before."""
    match event:
        case SignInFailed(new):
            return new
        case SignIn() | Respond() | SignOut() | TokensIssued() | TokensRefreshed() | RecordChanged():
            return None
        case _:
            return error


def online_after(event: Event, online: bool) -> bool:
    """Return whether the service can be reached, as `event` shows it, given what was known before."""
    match event:
        case SignInFailed(error) | RefreshFailed(error) | CredentialsFailed(error):
            return not (isinstance(error, ServiceUnavailable) and error.reason == "offline")
        case TokensIssued() | TokensRefreshed() | CredentialsIssued():
            return True
        case _:
            return online
