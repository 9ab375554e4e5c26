"""The Secure Remote Password proof that Cognito asks for; the one home of pycognito.

The group, the padding and the key derivation are pycognito's. It would pad a salt as the string it came as, so the salt
goes in as the integer that it stands for. The powers are ours, because pycognito's take three times as long: they are
what a person waits for between the click and the sign-in.

The variant is SRP-6a (RFC 5054) over the 3072-bit group of RFC 3526 with g = 2 and SHA-256, as the AWS SDKs have it.
"""

import base64
import functools
import hashlib
import hmac
import os
import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from nbauth.core.secret import Secret

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_EXPONENT_BITS = 256
"""The length of `a`, which RFC 5054 §2.5.4 wants at least so long; the hash that is the other exponent has it too."""


class Exchange:
    """One proof of one password: a random `a`, the public A made of it, and the answer to the pool's B.

    Args:
        user_pool_id: The pool's id, whose part after the region goes into every hash.
        password: The user's password.
    """

    def __init__(self, user_pool_id: str, password: Secret) -> None:
        self._password = password
        self._pool_name = user_pool_id.partition("_")[2]
        self._pair = _ready_or_new_pair()

    @property
    def public(self) -> str:
        """SRP_A, as Cognito wants it: hexadecimal, not padded."""
        return f"{self._pair.public:x}"

    def prove(self, parameters: Mapping[str, str], moment: datetime) -> dict[str, str]:
        """Return the answer to PASSWORD_VERIFIER.

        Args:
            parameters: The challenge's SALT, SRP_B, SECRET_BLOCK and USER_ID_FOR_SRP.
            moment: The pool's time; it refuses a proof that is minutes off.

        Raises:
            KeyError: If a parameter is missing.
            ValueError: If a parameter is unreadable or unsafe.
        """
        user_id, block = parameters["USER_ID_FOR_SRP"], parameters["SECRET_BLOCK"]
        salt, big_b = int(parameters["SALT"], 16), int(parameters["SRP_B"], 16)
        stamp = timestamp(moment)
        message = f"{self._pool_name}{user_id}".encode() + base64.b64decode(block) + stamp.encode()
        key = self._key(user_id, salt, big_b)
        return {
            "TIMESTAMP": stamp,
            "PASSWORD_CLAIM_SECRET_BLOCK": block,
            "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(hmac.digest(key, message, hashlib.sha256)).decode(),
        }

    def _key(self, user_id: str, salt: int, big_b: int) -> bytes:
        from pycognito import aws_srp

        group, pair = _group(), self._pair
        u = aws_srp.calculate_u(pair.public, big_b) if salt >= 0 and big_b > 0 and big_b % group.n else 0
        if not u:
            raise ValueError("the pool's part of the proof is unsafe")
        x = _salted_hash(f"{self._pool_name}{user_id}", self._password, salt)
        base = (big_b - group.k * group.power_of_g(x)) % group.n
        shared = pow(base, pair.private + u * x, group.n)
        key: bytes = aws_srp.compute_hkdf(bytes.fromhex(aws_srp.pad_hex(shared)), bytes.fromhex(aws_srp.pad_hex(u)))
        return key


def prepare() -> None:
    """Do what the next `Exchange` will need and what needs no password: load, and make an `a` and its A."""
    _ready.append(_KeyPair.new())


def verifier(identity: str, password: Secret, salt: int) -> int:
    """Return what a server keeps of a password: g to the power of its salted hash (RFC 5054 §2.5.3)."""
    return int(_group().power_of_g(_salted_hash(identity, password, salt)))


def padded(number: int) -> bytes:
    """Return the bytes of a number, with a sign bit that is zero: as few as it takes."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def timestamp(moment: datetime) -> str:
    """Return a moment as ``EEE MMM d HH:mm:ss UTC yyyy``, in English under any locale, the day not padded."""
    utc = moment.astimezone(UTC)
    return f"{_DAYS[utc.weekday()]} {_MONTHS[utc.month - 1]} {utc.day} {utc:%H:%M:%S} UTC {utc.year}"


def _salted_hash(identity: str, password: Secret, salt: int) -> int:
    from pycognito.aws_srp import hex_hash, pad_hex

    inner = hashlib.sha256(f"{identity}:{password.reveal()}".encode()).hexdigest()
    return int(hex_hash(pad_hex(salt) + inner), 16)


class _Group:
    """The group, and the powers of its generator.

    Attributes:
        n: Its modulus.
        k: The multiplier, a hash of modulus and generator.

    Args:
        number: Makes the numbers to calculate with.
        n: The modulus.
        g: The generator.
        k: The multiplier.
    """

    def __init__(self, number: Any, n: int, g: int, k: int) -> None:
        self.n = number(n)
        self.k = k
        self._powers = [number(g)]  # g to the power of 1, 16, 256, …
        for _ in range(1, _EXPONENT_BITS // 4):
            self._powers.append(pow(self._powers[-1], 16, self.n))

    def power_of_g(self, exponent: int) -> int:
        """Return g to a power of at most 256 bits, in a third of the time of `pow` (Yao's method)."""
        digits = f"{exponent:x}"[::-1]
        collected = result = 1
        for digit in "fedcba987654321":
            for power, found in zip(self._powers, digits, strict=False):
                if found == digit:
                    collected = collected * power % self.n
            result = result * collected % self.n
        return result


@functools.cache
def _group() -> _Group:
    from pycognito.aws_srp import G_HEX, N_HEX, hex_hash

    return _Group(_number(), int(N_HEX, 16), int(G_HEX, 16), int(hex_hash(f"00{N_HEX}0{G_HEX}"), 16))


def _number() -> Any:
    try:
        # Its numbers do all that integers do, and their powers take a sixth of the time.
        from gmpy2 import mpz
    except ImportError:
        return int
    return mpz


@dataclass(frozen=True, slots=True, repr=False)
class _KeyPair:
    """A random exponent `a`, and A, which is g to the power of it."""

    private: int
    public: int

    @classmethod
    def new(cls) -> "_KeyPair":
        private = secrets.randbits(_EXPONENT_BITS)
        return cls(private, _group().power_of_g(private))


_ready: deque[_KeyPair] = deque(maxlen=1)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_ready.clear)  # an `a` is for one exchange, in one process


def _ready_or_new_pair() -> _KeyPair:
    try:
        return _ready.pop()
    except IndexError:
        return _KeyPair.new()
