"""One-time codes: those of an authenticator app, each good once, and those that are sent."""

import base64
import hmac
import secrets
import struct
from datetime import datetime

_STEP = 30  # seconds
_DRIFT = 1  # steps before and after


class Authenticator:
    """The pool's side of an authenticator app (RFC 6238: SHA-1, six digits, 30 s).

    Args:
        secret: What the app was set up with, in base 32.
    """

    def __init__(self, secret: str) -> None:
        self._key = base64.b32decode(secret + "=" * (-len(secret) % 8), casefold=True)
        self._last_used = -1

    def code(self, now: datetime) -> str:
        """Return the code that the app shows at a moment."""
        return self._code(_step(now))

    def step_of(self, code: str, now: datetime) -> int | None:
        """Return which step around a moment a code is for, if any."""
        steps = range(_step(now) - _DRIFT, _step(now) + _DRIFT + 1)
        return next((step for step in steps if hmac.compare_digest(self._code(step).encode(), code.encode())), None)

    def use(self, step: int) -> bool:
        """Use up a step, and return whether neither it nor a later one was used before."""
        if step <= self._last_used:
            return False
        self._last_used = step
        return True

    def _code(self, step: int) -> str:
        digest = hmac.digest(self._key, struct.pack(">Q", step), "sha1")
        offset = digest[-1] & 0xF
        return f"{(struct.unpack_from('>I', digest, offset)[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def sent_code() -> str:
    """Return a new code to send."""
    return f"{secrets.randbelow(1_000_000):06d}"


def masked(phone_number: str) -> str:
    """Return a phone number as a challenge shows it."""
    return f"+{'*' * (len(phone_number) - 5)}{phone_number[-4:]}"


def _step(now: datetime) -> int:
    return int(now.timestamp()) // _STEP
