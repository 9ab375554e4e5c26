"""The server's side of the Secure Remote Password proof, as Cognito has it.

It is SRP-6a (RFC 5054) over the 3072-bit group of RFC 3526 with g = 2 and SHA-256. Every number that is hashed is
written as Java's `BigInteger.toByteArray` writes it: as few bytes as it takes, and a zero byte before a high bit.
"""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

N = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7"
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C"
    "BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
    16,
)
G = 2

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TIMESTAMP = re.compile(
    rf"((?i:{'|'.join(_DAYS)})) ((?i:{'|'.join(_MONTHS)})) (\d\d?) (\d\d):(\d\d):(\d\d) (?:UTC|GMT) (\d{{4}})", re.ASCII
)


def padded(number: int) -> bytes:
    """Return the bytes of a number, with a sign bit that is zero."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def hashed(*parts: bytes) -> int:
    """Return the hash of some bytes as a number."""
    return int.from_bytes(hashlib.sha256(b"".join(parts)).digest(), "big")


K = hashed(padded(N), padded(G))


@dataclass(frozen=True, slots=True)
class Verifier:
    """What the pool keeps of a password.

    Attributes:
        pool_name: The part of the pool's id after the region.
        username: The user's real name.
        salt: Goes into the hash of the password.
        value: g to the power of that hash.
    """

    pool_name: str
    username: str
    salt: int
    value: int

    @classmethod
    def of(cls, pool_name: str, username: str, password: str, salt: int | None = None) -> Self:
        """Return the verifier of a password; with a new salt where none is given."""
        salt = secrets.randbits(128) if salt is None else salt
        inner = hashlib.sha256(f"{pool_name}{username}:{password}".encode()).digest()
        return cls(pool_name, username, salt, pow(G, hashed(padded(salt), inner), N))

    def fits(self, password: str) -> bool:
        """Return whether this is the password."""
        return self == Verifier.of(self.pool_name, self.username, password, self.salt)


class Handshake:
    """One proof that a client knows a password.

    Attributes:
        big_b: The server's public number.
        secret_block: Names the handshake to the client.

    Args:
        verifier: What the password must fit.
        big_a: The client's public number.
        b: The server's secret number; a random one where it is None.
        secret_block: A random one where it is None.
    """

    def __init__(
        self, verifier: Verifier, big_a: int, *, b: int | None = None, secret_block: bytes | None = None
    ) -> None:
        self._verifier = verifier
        self._big_a = big_a
        self._b = secrets.randbits(256) if b is None else b
        self.big_b = (K * verifier.value + pow(G, self._b, N)) % N
        self.secret_block = base64.b64encode(secret_block or secrets.token_bytes(1024)).decode()

    def is_proved_by(self, signature: bytes, timestamp: str) -> bool:
        """Return whether a signature shows that the client knows the password.

        Args:
            signature: The client's PASSWORD_CLAIM_SIGNATURE.
            timestamp: Its TIMESTAMP, as `canonical` writes it.
        """
        message = (
            f"{self._verifier.pool_name}{self._verifier.username}".encode()
            + base64.b64decode(self.secret_block)
            + timestamp.encode()
        )
        return hmac.compare_digest(hmac.digest(self.key(), message, hashlib.sha256), signature)

    def key(self) -> bytes:
        """Return the key that both sides derive."""
        u = hashed(padded(self._big_a), padded(self.big_b))
        shared = pow(self._big_a * pow(self._verifier.value, u, N), self._b, N)
        extracted = hmac.digest(padded(u), padded(shared), hashlib.sha256)
        return hmac.digest(extracted, b"Caldera Derived Key\x01", hashlib.sha256)[:16]


def moment(timestamp: str) -> datetime | None:
    """Return the moment a TIMESTAMP names; None where it is not ``EEE MMM d HH:mm:ss z yyyy`` in English."""
    parts = _TIMESTAMP.fullmatch(timestamp)
    if parts is None:
        return None
    _, month, day, hour, minute, second, year = parts.groups()
    try:
        return datetime(
            int(year), _MONTHS.index(month.title()) + 1, int(day), int(hour), int(minute), int(second), tzinfo=UTC
        )
    except ValueError:
        return None


def canonical(when: datetime) -> str:
    """Return a moment as the proof must hold it: with its own day of the week, and the day of the month unpadded."""
    return f"{_DAYS[when.weekday()]} {_MONTHS[when.month - 1]} {when.day} {when:%H:%M:%S} UTC {when.year}"
