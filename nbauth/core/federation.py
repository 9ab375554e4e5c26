"""A sign-in with another identity provider than a user pool: its token, as an identity pool takes it.

The token is never kept: it belongs to the provider, who gives a new one when it is asked.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from nbauth.core.secret import Secret
from nbauth.core.tokens import read_claims

TokenSource = Callable[[], "str | Secret"]
"""Gives a new token of whoever is signed in at a provider."""

DEVELOPER = "cognito-identity.amazonaws.com"
"""The provider of tokens that a back end got for its own users (GetOpenIdTokenForDeveloperIdentity)."""

PROVIDERS: Mapping[str, str] = {
    "amazon": "www.amazon.com",
    "apple": "appleid.apple.com",
    "developer": DEVELOPER,
    "facebook": "graph.facebook.com",
    "google": "accounts.google.com",
}
"""Providers by their short names; an OIDC or SAML provider has none and is named as the identity pool names it."""


@dataclass(frozen=True, slots=True)
class FederatedLogin:
    """One provider's word on who the user is.

    Attributes:
        provider: The provider's name in the identity pool's `Logins`.
        token: What the provider gave; an identity pool takes it.
        sub: The user's id at the provider, where the token says it.
        username: What to call the user, where the token says it.
        expires_at: When the token ends (aware, UTC), where it says so.
        source: Gives the next token; None where nobody does.
    """

    provider: str
    token: Secret
    sub: str = ""
    username: str = ""
    expires_at: datetime | None = None
    source: TokenSource | None = field(default=None, repr=False, compare=False)

    @classmethod
    def read(cls, provider: str, token: str | Secret, source: TokenSource | None = None) -> Self:
        """Read an entry from a provider's short or full name, its token, and who gives the next one.

        Raises:
            ValueError: The name or the token is empty.
        """
        secret, name = Secret.of(token), provider.strip()
        if not name or not secret:
            raise ValueError("the provider's name is empty" if not name else "the token is empty")
        claims = _claims(secret)
        texts = [claims.get(claim) for claim in ("email", "preferred_username", "name", "sub")]
        return cls(
            provider=PROVIDERS.get(name.lower(), name),
            token=secret,
            sub=str(claims.get("sub") or ""),
            username=next((text for text in texts if isinstance(text, str) and text), ""),
            expires_at=_moment(claims.get("exp")),
            source=source,
        )

    def has_expired(self, now: datetime) -> bool:
        """Return whether the token says that it has ended."""
        return self.expires_at is not None and self.expires_at <= now


@dataclass(frozen=True, slots=True)
class Federation:
    """All logins of one user: several providers may vouch for the same identity.

    Attributes:
        logins: One for each provider.
        custom_role_arn: The role to ask for, where it is not the identity pool's choice.
    """

    logins: tuple[FederatedLogin, ...]
    custom_role_arn: str | None = field(default=None, kw_only=True)

    @property
    def expires_at(self) -> datetime | None:
        """When the last of the tokens ends; None where one does not say."""
        ends = [entry.expires_at for entry in self.logins if entry.expires_at]
        return max(ends) if len(ends) == len(self.logins) else None

    def has_expired(self, now: datetime) -> bool:
        """Return whether all of the tokens have ended: one that has not is enough."""
        return all(entry.has_expired(now) for entry in self.logins)

    def is_renewed(self, provider: str) -> bool:
        """Return whether there is who gives the next token of a provider."""
        return any(entry.source is not None for entry in self.logins if entry.provider == provider)

    def valid(self, now: datetime) -> tuple[FederatedLogin, ...]:
        """Return the logins whose tokens have not ended, or all where none is left: an identity pool says it better."""
        return tuple(entry for entry in self.logins if not entry.has_expired(now)) or self.logins

    def joined_by(self, newcomer: "Federation") -> "Federation":
        """Return both together; `newcomer` alone where one of its providers says that it is somebody else."""
        subs = {entry.provider: entry.sub for entry in self.logins}
        if any(subs.get(entry.provider, entry.sub) != entry.sub for entry in newcomer.logins):
            return newcomer
        role = newcomer.custom_role_arn or self.custom_role_arn
        return Federation(self.having(newcomer.logins).logins, custom_role_arn=role)

    def only(self, providers: Collection[str]) -> "Federation":
        """Return the same without the logins of other providers."""
        kept = tuple(entry for entry in self.logins if entry.provider in providers)
        return Federation(kept, custom_role_arn=self.custom_role_arn)

    def having(self, logins: Iterable[FederatedLogin]) -> "Federation":
        """Return the same with `logins` added, or in place of those of the same providers."""
        merged = {entry.provider: entry for entry in (*self.logins, *logins)}
        return Federation(tuple(merged.values()), custom_role_arn=self.custom_role_arn)


def _moment(seconds: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int | float) else None
    except (OverflowError, OSError, ValueError):  # a point in time that no calendar has
        return None


def _claims(token: Secret) -> Mapping[str, Any]:
    try:
        return read_claims(token.reveal())
    except ValueError:  # opaque, as Facebook's and Amazon's are, or a SAML assertion
        return {}
