"""JSON Web Tokens as a user pool signs them (RS256, RFC 7519), and the keys that verify them (RFC 7517)."""

import base64
import functools
import json
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


class Signer:
    """A key pair of a pool.

    Args:
        use: What it signs. To make a key takes a while, so all pools in a process have the same one for the same use.
    """

    def __init__(self, use: str) -> None:
        self._id, self._key = _key(use)

    def sign(self, claims: dict[str, Any]) -> str:
        """Return a token that says `claims`."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        message = f"{_part({'kid': self._id, 'alg': 'RS256'})}.{_part(claims)}"
        return f"{message}.{_encoded(self._key.sign(message.encode(), padding.PKCS1v15(), hashes.SHA256()))}"

    def signed(self, token: str) -> bool:
        """Return whether a token bears this key's signature, by this algorithm, and not another's or none."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        message, _, signature = token.rpartition(".")
        if header(token).get("alg") != "RS256" or header(token).get("kid") != self._id:
            return False
        try:
            self._key.public_key().verify(_decoded(signature), message.encode(), padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, ValueError):
            return False
        return True

    def public(self) -> dict[str, str]:
        """Return the public key as a JSON Web Key."""
        numbers = self._key.public_key().public_numbers()
        return {
            "alg": "RS256",
            "e": _encoded(_bytes(numbers.e)),
            "kid": self._id,
            "kty": "RSA",
            "n": _encoded(_bytes(numbers.n)),
            "use": "sig",
        }


def header(token: str) -> dict[str, Any]:
    """Return the header of a token, unverified; nothing where it cannot be read."""
    return _read(token, 0)


def claims_of(token: str) -> dict[str, Any]:
    """Return the claims of a token, unverified; nothing where they cannot be read."""
    return _read(token, 1)


@functools.cache
def _key(use: str) -> tuple[str, "RSAPrivateKey"]:
    from cryptography.hazmat.primitives.asymmetric import rsa

    return base64.b64encode(uuid.uuid4().bytes).decode(), rsa.generate_private_key(65537, 2048)


def _read(token: str, index: int) -> dict[str, Any]:
    parts = token.split(".")
    try:
        value = json.loads(_decoded(parts[index])) if len(parts) == 3 else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _part(value: dict[str, Any]) -> str:
    return _encoded(json.dumps(value, separators=(",", ":")).encode())


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
