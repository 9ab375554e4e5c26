"""What a client claims with a proof of a password, be it a user's or a device's, and whether that is so."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from nbauth.testing.stand_in import srp
from nbauth.testing.stand_in.requests import invalid, member, parameter

_WINDOW = timedelta(minutes=5)


@dataclass(frozen=True)
class Claim:
    """A claim.

    Attributes:
        username: Whose password it is.
        secret_block: Names the handshake.
        signature: The proof.
        moment: When it was made, by the client's clock.
    """

    username: str
    secret_block: str
    signature: bytes
    moment: datetime

    @classmethod
    def read(cls, responses: Mapping[str, str]) -> "Claim":
        """Return what the answer to a challenge claims.

        Raises:
            Refused: It lacks something, or something in it cannot be read.
        """
        if not responses:
            raise invalid("Missing required parameter challenge responses.")
        names = ("USERNAME", "TIMESTAMP", "PASSWORD_CLAIM_SIGNATURE", "PASSWORD_CLAIM_SECRET_BLOCK")
        username, timestamp, signature, secret_block = (parameter(responses, name) for name in names)
        moment = srp.moment(timestamp)
        if moment is None:
            raise invalid("TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.")
        return cls(username, secret_block, _from_base64(signature), moment)

    def holds(self, handshake: srp.Handshake, now: datetime) -> bool:
        """Return whether the claim is proved, by this handshake and about now."""
        if self.secret_block != handshake.secret_block or abs(now - self.moment) > _WINDOW:
            return False
        return handshake.is_proved_by(self.signature, srp.canonical(self.moment))


def public_number(parameters: Mapping[str, str]) -> int:
    """Return the client's public number, SRP_A.

    Raises:
        Refused: It is not there, or is no number.
    """
    text = parameter(parameters, "SRP_A")
    return int(member({"SRPA": text}, "SRPA", pattern="[0-9a-fA-F]+"), 16)


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise invalid("Invalid PASSWORD_CLAIM_SIGNATURE format. Must be a Base64 string.") from None
