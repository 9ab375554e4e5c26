"""Makers of values as Cognito would send them: tokens that read like JWTs, AWS credentials, one-time codes.

Nothing made here is signed, so nothing made here opens a door.
"""

import base64
import hmac
import json
import struct
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from nbauth.core.credentials import AwsCredentials
from nbauth.core.secret import Secret
from nbauth.core.tokens import TokenSet

ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example01"
CLIENT_ID = "exampleclient"
IDENTITY_ID = "eu-west-1:00000000-0000-4000-8000-000000000001"


def tokens(
    username: str = "ada",
    *,
    sub: str | None = None,
    issued_at: datetime | None = None,
    lifetime: timedelta = timedelta(hours=1),
    refresh_token: str | None = "refresh-token",  # noqa: S107 - opens nothing
    issuer: str = ISSUER,
    **claims: Any,
) -> TokenSet:
    """Return the tokens of a user who signed in just now.

    Args:
        username: The user's real name in the pool.
        sub: The user's unchanging id; made from the name where it is None.
        issued_at: When the lifetime begins; now where it is None.
        lifetime: How long the tokens are good.
        refresh_token: What renews them.
        issuer: The pool's URL.
        claims: More claims for the ID token, or others in place of the usual ones.
    """
    begin = issued_at or datetime.now(UTC)
    common = {
        "sub": sub or str(uuid.uuid5(uuid.NAMESPACE_URL, f"{issuer}/{username}")),
        "iss": issuer,
        "iat": int(begin.timestamp()),
        "exp": int((begin + lifetime).timestamp()),
        "jti": str(uuid.uuid4()),
    }
    return TokenSet.read(
        id_token=_jwt(common | {"token_use": "id", "aud": CLIENT_ID, "cognito:username": username} | claims),
        access_token=_jwt(common | {"token_use": "access", "client_id": CLIENT_ID, "username": username}),
        refresh_token=refresh_token,
        expires_in=int(lifetime.total_seconds()),
        now=begin,
    )


def credentials(
    identity_id: str = IDENTITY_ID,
    *,
    issued_at: datetime | None = None,
    lifetime: timedelta = timedelta(hours=1),
    number: int = 1,
) -> AwsCredentials:
    """Return AWS credentials that were issued just now.

    Args:
        identity_id: Whose they are.
        issued_at: When the lifetime begins; now where it is None.
        lifetime: How long they are good.
        number: Goes into each of the three parts, so that a triple torn from two can be told.
    """
    begin = issued_at or datetime.now(UTC)
    return AwsCredentials(
        access_key_id=f"ASIAEXAMPLE{number:09d}",
        secret_access_key=Secret(f"secret-access-key-{number}"),
        session_token=Secret(f"session-token-{number}"),
        issued_at=begin,
        expires_at=begin + lifetime,
        identity_id=identity_id,
    )


def totp(secret: str, moment: datetime) -> str:
    """Return the code that an authenticator app shows at `moment` (RFC 6238: SHA-1, six digits, 30 s)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8), casefold=True)
    digest = hmac.digest(key, struct.pack(">Q", int(moment.timestamp()) // 30), "sha1")
    offset = digest[-1] & 0xF
    return f"{(struct.unpack_from('>I', digest, offset)[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def _jwt(claims: dict[str, Any]) -> str:
    return ".".join((_part({"alg": "RS256", "kid": "example"}), _part(claims), "unsigned"))


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
