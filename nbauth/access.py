"""What a user asks of the user pool with an access token: one that is good, and in the name of one user only.

A call waits for a sign-in as `get_tokens` does. A token that the pool refuses is renewed once, and what the refresh
says about the sign-in is the truth. Whoever else has signed in meanwhile, the call is not carried out in that name.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

from nbauth.background import carry_out
from nbauth.core.arguments import Wait
from nbauth.core.secret import Secret
from nbauth.core.tokens import TokenSet
from nbauth.errors import (
    AccessTokenRefused,
    AuthError,
    PasswordResetRequired,
    SignInReleased,
    UserNotConfirmed,
    UserNotFound,
)

if TYPE_CHECKING:
    from nbauth.engine import Engine
    from nbauth.ports import UserAccounts

T = TypeVar("T")

_MAY_BE_OVER = (AccessTokenRefused, UserNotFound, PasswordResetRequired, UserNotConfirmed)


class Holder(Protocol):
    """Who has the tokens: the part of a session that gives them out."""

    def get_tokens(self, *, force_refresh: bool = False, wait: Wait = None) -> TokenSet:
        """Return the user's tokens."""

    @property
    def user_sub(self) -> str | None:
        """The user's unchanging id."""


class Owner(Holder, Protocol):
    """Who has an account: the part of a session that leads to the user pool."""

    def _ready(self) -> "Engine":
        """Return what runs behind the session."""


def with_accounts(owner: Owner, ask: "Callable[[UserAccounts, Secret], T]", *, wait: Wait = None) -> T:
    """Return what `ask` returns for the accounts of the user pool and the user's access token; as `with_access` does.

    Raises:
        ConfigError: No user pool is configured.
    """
    accounts = owner._ready().ports.require_accounts()  # before anybody is asked to sign in for nothing
    return with_access(owner, lambda token: ask(accounts, token), wait=wait)


def with_access(holder: Holder, ask: Callable[[Secret], T], *, wait: Wait = None) -> T:
    """Return what `ask` returns for the user's access token.

    Args:
        holder: Who has the tokens.
        ask: Asks the user pool; called again with a new token where the first one is refused.
        wait: How long to wait where only a sign-in helps.

    Raises:
        SignInRequired: Nobody signed in.
        SignInReleased: Somebody else did.
        AuthError: The user pool refused, or could not be asked.
    """
    asked_by = holder.user_sub
    tokens = _tokens_of(asked_by, holder.get_tokens(wait=wait))
    refusal: AuthError
    try:
        return _asked(ask, tokens)
    except _MAY_BE_OVER as error:
        refusal = error
    current = holder.get_tokens(wait=wait)
    if current is tokens:
        current = holder.get_tokens(force_refresh=True, wait=wait)
    if current is tokens:
        raise refusal
    return _asked(ask, _tokens_of(tokens.sub, current))


def _asked(ask: Callable[[Secret], T], tokens: TokenSet) -> T:
    return carry_out(lambda: ask(tokens.access_token))


def _tokens_of(sub: str | None, tokens: TokenSet) -> TokenSet:
    if sub and tokens.sub != sub:
        raise SignInReleased(
            f"{tokens.username} has signed in meanwhile: this was asked for in somebody else's name",
            case="somebody_else",
            about={"name": tokens.username},
        )
    return tokens
