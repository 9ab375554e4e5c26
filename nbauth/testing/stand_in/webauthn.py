"""Passkeys as a relying party checks them (Web Authentication, level 3): what one is, and what it signs.

Attestation is not looked at: the pool asks for none. Only ES256 is known.
"""

import base64
import hashlib
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from nbauth.testing.stand_in.requests import Refused

ES256 = -7

_USER_PRESENT, _USER_VERIFIED, _HAS_KEY = 0x01, 0x04, 0x40


@dataclass
class Passkey:
    """A passkey.

    Attributes:
        credential_id: Its id, in URL-safe base 64.
        x: The public key's first coordinate.
        y: The second one.
        count: How often it has signed, if it counts.
        relying_party: The domain that it is for.
        transports: How it is reached.
        attachment: ``platform`` or ``cross-platform``; None where that is not known.
        created_at: When it was registered.
    """

    credential_id: str
    x: int
    y: int
    count: int
    relying_party: str
    created_at: datetime
    transports: list[str] = field(default_factory=list)
    attachment: str | None = None

    def signed(self, signature: bytes, message: bytes) -> bool:
        """Return whether the passkey has signed a message."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.EllipticCurvePublicNumbers(self.x, self.y, ec.SECP256R1()).public_key()
        try:
            key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class AuthenticatorData:
    """What an authenticator says of a ceremony.

    Attributes:
        raw: The bytes that it signs.
        relying_party_hash: The hash of the domain it was done for.
        flags: Who was there.
        count: How often it has signed.
        rest: The new passkey, where there is one.
    """

    raw: bytes
    relying_party_hash: bytes
    flags: int
    count: int
    rest: bytes

    @classmethod
    def read(cls, raw: bytes) -> "AuthenticatorData":
        """Return what some bytes say.

        Raises:
            ValueError: They are too few.
        """
        if len(raw) < 37:
            raise ValueError("authenticator data are too short")
        flags, count = struct.unpack(">BI", raw[32:37])
        return cls(raw, raw[:32], flags, count, raw[37:])

    def is_for(self, relying_party: str) -> bool:
        """Return whether the ceremony was done for a domain."""
        return self.relying_party_hash == hashlib.sha256(relying_party.encode()).digest()

    def shows_user(self, *, verified: bool) -> bool:
        """Return whether a user was there, and was verified where that is wanted."""
        wanted = _USER_PRESENT | (_USER_VERIFIED if verified else 0)
        return self.flags & wanted == wanted

    def passkey(self, relying_party: str, created_at: datetime) -> Passkey:
        """Return the new passkey.

        Raises:
            Refused: It is of a kind that is not known.
            ValueError: There is none.
        """
        if not self.flags & _HAS_KEY:
            raise ValueError("there is no new passkey")
        size = int.from_bytes(self.rest[16:18], "big")
        credential_id, key = self.rest[18 : 18 + size], read_cbor(self.rest[18 + size :])
        if not isinstance(key, dict) or (key.get(3), key.get(1), key.get(-1)) != (ES256, 2, 1):
            raise Refused("WebAuthnCredentialNotSupportedException", "The credential's algorithm is not supported.")
        x, y = (int.from_bytes(key[name], "big") for name in (-2, -3))
        return Passkey(encoded(credential_id), x, y, self.count, relying_party, created_at)


@dataclass(frozen=True)
class ClientData:
    """What the browser says of a ceremony.

    Attributes:
        raw: The bytes whose hash is signed.
        kind: ``webauthn.create`` or ``webauthn.get``.
        challenge: What it was asked, in URL-safe base 64.
        origin: The page that asked.
    """

    raw: bytes
    kind: str
    challenge: str
    origin: str

    @classmethod
    def read(cls, raw: bytes) -> "ClientData":
        """Return what some bytes say.

        Raises:
            ValueError: They cannot be read.
        """
        said = json.loads(raw)
        if not isinstance(said, Mapping):
            raise ValueError("client data are no JSON object")
        return cls(raw, str(said.get("type")), str(said.get("challenge")), str(said.get("origin")))

    def comes_from(self, relying_party: str) -> bool:
        """Return whether the page is of a domain, or of one below it, and came safely."""
        origin = urlsplit(self.origin)
        host = origin.hostname or ""
        is_safe = origin.scheme == "https" or (origin.scheme == "http" and host == "localhost")
        return is_safe and (host == relying_party or host.endswith(f".{relying_party}"))

    def signed(self, data: AuthenticatorData) -> bytes:
        """Return what an authenticator signs together with its own data."""
        return data.raw + hashlib.sha256(self.raw).digest()


def encoded(value: bytes) -> str:
    """Return bytes in URL-safe base 64, without padding."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def decoded(text: Any) -> bytes:
    """Return the bytes that are written in URL-safe base 64.

    Raises:
        ValueError: They are not.
    """
    if not isinstance(text, str):
        raise ValueError("it is no text")
    return base64.b64decode(text.translate(str.maketrans("-_", "+/")) + "=" * (-len(text) % 4), validate=True)


def read_cbor(raw: bytes) -> Any:
    """Return the value that some bytes begin with (RFC 8949: what authenticators use of it).

    Raises:
        ValueError: They cannot be read.
    """
    return _item(raw, 0)[0]


def _item(raw: bytes, at: int) -> tuple[Any, int]:
    if at >= len(raw):
        raise ValueError("CBOR ends too soon")
    kind, size = raw[at] >> 5, raw[at] & 0x1F
    value, at = _argument(raw, at + 1, size)
    match kind:
        case 0:
            return value, at
        case 1:
            return -1 - value, at
        case 2 | 3:
            content = raw[at : at + value]
            return (content if kind == 2 else content.decode()), at + value
        case 4:
            items = []
            for _ in range(value):
                item, at = _item(raw, at)
                items.append(item)
            return items, at
        case 5:
            entries = {}
            for _ in range(value):
                name, at = _item(raw, at)
                entries[name], at = _item(raw, at)
            return entries, at
        case 7 if size in (20, 21, 22):
            return {20: False, 21: True, 22: None}[size], at
        case _:
            raise ValueError("CBOR of a kind that is not known")


def _argument(raw: bytes, at: int, size: int) -> tuple[int, int]:
    if size < 24:
        return size, at
    if size > 27:
        raise ValueError("CBOR without a length")
    length = 1 << (size - 24)
    return int.from_bytes(raw[at : at + length], "big"), at + length
