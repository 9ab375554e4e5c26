"""An authenticator app's other half: it knows which code the app shows, and takes each only once."""

import base64
import hmac
import secrets
import struct
from datetime import datetime

_STEP = 30  # seconds
_DRIFT = 1  # steps before and after


class Authenticator:
    """The pool's side of an authenticator app (RFC 6238: SHA-1, six digits, 30 s).

    Attributes:
        secret: What the app is set up with, in base 32.
        name: What the user calls the app's device.

    Args:
        secret: What the app is set up with; a new one where it is None.
    """

    def __init__(self, secret: str | None = None) -> None:
        self.name = "phone"
        self.secret = secret or base64.b32encode(secrets.token_bytes(35)).decode()
        self._key = base64.b32decode(self.secret + "=" * (-len(self.secret) % 8), casefold=True)
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


def _step(now: datetime) -> int:
    return int(now.timestamp()) // _STEP
