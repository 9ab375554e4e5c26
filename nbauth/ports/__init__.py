"""What nbauth needs from the world, as protocols. Adapters fulfil them; the fakes in `nbauth.testing` do too.

Everything that crosses a port is a value of `nbauth.core` or plain; every failure is an `nbauth.errors.AuthError`.
"""

from dataclasses import dataclass, field

from nbauth.errors import ConfigError
from nbauth.ports.identity_pool import IdentityPool, Logins
from nbauth.ports.surroundings import Clock, CredentialSource, Prompt
from nbauth.ports.token_store import NoSiblings, Siblings, TokenStore
from nbauth.ports.user_accounts import UserAccounts
from nbauth.ports.user_pool import Credential, UserPool, Verifier

__all__ = [
    "Clock",
    "Credential",
    "CredentialSource",
    "IdentityPool",
    "Logins",
    "NoSiblings",
    "Ports",
    "Prompt",
    "Siblings",
    "TokenStore",
    "UserAccounts",
    "UserPool",
    "Verifier",
]


@dataclass(frozen=True, slots=True)
class Ports:
    """What one session talks to; a pool is None where none is configured."""

    user_pool: UserPool | None
    identity_pool: IdentityPool | None
    store: TokenStore
    clock: Clock
    siblings: Siblings = field(default_factory=NoSiblings)
    accounts: UserAccounts | None = None
    verifier: Verifier | None = None

    def require_accounts(self) -> UserAccounts:
        """Return the accounts of the user pool.

        Raises:
            ConfigError: No user pool is configured.
        """
        if self.accounts is None:
            raise ConfigError("No user pool is configured (user_pool_id and client_id), so there are no accounts")
        return self.accounts

    def require_identity_pool(self) -> IdentityPool:
        """Return the identity pool.

        Raises:
            ConfigError: None is configured.
        """
        if self.identity_pool is None:
            raise ConfigError("No identity pool is configured (identity_pool_id), so there are no AWS credentials")
        return self.identity_pool
