"""The tokens of a user pool, their claims and their lifetime.

Claims are read here, not verified: they came over TLS from the pool itself. Nothing may be granted on their strength.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Self

from nbauth.core.device import RememberedDevice
from nbauth.core.freshness import Freshness, freshness
from nbauth.core.secret import Secret


@dataclass(frozen=True, slots=True)
class TokenSet:
    """The ID, access and refresh token of one signed-in user.

    Attributes:
        id_token: Who the user is; what an identity pool accepts.
        access_token: What the user pool's own operations accept.
        refresh_token: What gets new tokens; None where the pool gave none.
        claims: The ID token's claims, read and not verified.
        issued_at: When the lifetime of these tokens began (aware, UTC).
        expires_at: When the first of ID and access token ends (aware, UTC).
        device: What the pool knows this machine by from now on; None where the sign-in made no new device.
        device_gone: Whether the pool no longer knows the device that it was told of.
    """

    id_token: Secret
    access_token: Secret
    refresh_token: Secret | None
    claims: Mapping[str, Any] = field(repr=False)
    issued_at: datetime
    expires_at: datetime
    device: RememberedDevice | None = None
    device_gone: bool = False

    @classmethod
    def read(
        cls, *, id_token: str, access_token: str, refresh_token: str | None, expires_in: int | None, now: datetime
    ) -> Self:
        """Build a token set from what the pool sent.

        Args:
            id_token: The ID token, a JWT.
            access_token: The access token; need not be readable.
            refresh_token: The refresh token, opaque.
            expires_in: The pool's own word for the lifetime in seconds, used where a token does not say.
            now: When the answer came.

        Raises:
            ValueError: If the ID token cannot be read.
        """
        claims = read_claims(id_token)
        try:
            access_claims = read_claims(access_token)
        except ValueError:
            access_claims = {}
        fallback = now + timedelta(seconds=expires_in or 3600)
        expires_at = min(_moment(claims.get("exp"), fallback), _moment(access_claims.get("exp"), fallback))
        return cls(
            id_token=Secret(id_token),
            access_token=Secret(access_token),
            refresh_token=Secret(refresh_token) if refresh_token else None,
            claims=MappingProxyType(claims),
            issued_at=min(_moment(claims.get("iat"), now), expires_at),
            expires_at=expires_at,
        )

    @property
    def username(self) -> str:
        """The user's real name in the pool, not the alias that was typed."""
        return str(self.claims.get("cognito:username") or self.claims.get("username") or self.sub)

    @property
    def display_name(self) -> str:
        """What people call the user: the name, or what they sign in with where the pool has made the name up.

        A pool whose users sign in with an address or a number has no other name for them than their `sub` (Amazon
        Cognito Developer Guide, customizing sign-in attributes).
        """
        known = [self.claims.get(name) for name in ("email", "phone_number")] if self.username == self.sub else []
        return next((str(name) for name in known if name), self.username)

    @property
    def sub(self) -> str:
        """The user's unchanging id."""
        return str(self.claims.get("sub", ""))

    @property
    def issuer(self) -> str:
        """The pool's URL."""
        return str(self.claims.get("iss", ""))

    def has_expired(self, now: datetime) -> bool:
        """Return whether it is too late to use the tokens."""
        return self.freshness(now) is Freshness.EXPIRED

    def freshness(self, now: datetime) -> Freshness:
        """Return how fresh the tokens are at `now`."""
        return freshness(now, self.issued_at, self.expires_at)


def read_claims(token: str) -> dict[str, Any]:
    """Return the claims of a JWT without verifying it (RFC 7519 §3).

    Raises:
        ValueError: If `token` is not a JWT whose payload is a JSON object.
    """
    parts = token.split(".")
    if len(parts) != 3:
        raise ValueError("the token is not a JWT")
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        claims = None
    if not isinstance(claims, dict):
        raise ValueError("the token's claims cannot be read")
    return claims


def _moment(seconds: object, fallback: datetime) -> datetime:
    if isinstance(seconds, int | float):
        return datetime.fromtimestamp(seconds, UTC)
    return fallback
