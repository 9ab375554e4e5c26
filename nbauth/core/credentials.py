"""AWS credentials of one identity, and their lifetime."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from nbauth.core.freshness import Freshness, freshness
from nbauth.core.secret import Secret

TOLERATED_SKEW = timedelta(minutes=5)
"""How far a clock may be off before AWS refuses what was signed by it (AWS General Reference, Signature Version 4)."""


@dataclass(frozen=True, slots=True)
class AwsCredentials:
    """Temporary AWS credentials from an identity pool.

    Attributes:
        access_key_id: The public half of the key; not shown in `repr` all the same.
        secret_access_key: The secret half.
        session_token: The third part, without which the key is worth nothing.
        issued_at: When the lifetime began (aware, UTC).
        expires_at: When it ends (aware, UTC).
        identity_id: Whose they are.
    """

    access_key_id: str = field(repr=False)
    secret_access_key: Secret
    session_token: Secret
    issued_at: datetime
    expires_at: datetime
    identity_id: str

    def freshness(self, now: datetime) -> Freshness:
        """Return how fresh the credentials are at `now`."""
        return freshness(now, self.issued_at, self.expires_at)
