"""The Secure Remote Password proof that Cognito asks for; the one home of pycognito.

Only pycognito's modular arithmetic and key derivation are used. It would pad a salt as the string it came as, so the
salt goes in as the integer that it stands for.

The variant is SRP-6a (RFC 5054) over the 3072-bit group of RFC 3526 with g = 2 and SHA-256, as the AWS SDKs have it.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

from nbauth.core.secret import Secret

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Exchange:
    """One proof of one password: a random `a`, the public A made of it, and the answer to the pool's B.

    Args:
        user_pool_id: The pool's id, whose part after the region goes into every hash.
        password: The user's password.
    """

    def __init__(self, user_pool_id: str, password: Secret) -> None:
        from pycognito.aws_srp import AWSSRP

        self._password = password
        self._pool_name = user_pool_id.partition("_")[2]
        # Any client that is not None keeps AWSSRP from making one, which would look for AWS credentials.
        self._engine = AWSSRP("", "", f"_{self._pool_name}", "", client=object())

    @property
    def public(self) -> str:
        """SRP_A, as Cognito wants it: hexadecimal, not padded."""
        return f"{self._engine.large_a_value:x}"

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
        if salt < 0 or big_b <= 0 or big_b % self._engine.big_n == 0:
            raise ValueError("the pool's part of the proof is unsafe")
        stamp = timestamp(moment)
        message = f"{self._pool_name}{user_id}".encode() + base64.b64decode(block) + stamp.encode()
        key = self._engine.get_password_authentication_key(user_id, self._password.reveal(), big_b, salt)
        return {
            "TIMESTAMP": stamp,
            "PASSWORD_CLAIM_SECRET_BLOCK": block,
            "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(hmac.digest(key, message, hashlib.sha256)).decode(),
        }


def timestamp(moment: datetime) -> str:
    """Return a moment as ``EEE MMM d HH:mm:ss UTC yyyy``, in English under any locale, the day not padded."""
    utc = moment.astimezone(UTC)
    return f"{_DAYS[utc.weekday()]} {_MONTHS[utc.month - 1]} {utc.day} {utc:%H:%M:%S} UTC {utc.year}"
