"""A device that a pool remembers, and what it keeps of the device's password."""

import base64
import binascii
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from nbauth.testing.stand_in import srp
from nbauth.testing.stand_in.requests import Answer, invalid


@dataclass
class Device:
    """A device.

    Attributes:
        key: Its key; a new one belongs to nobody else.
        group_key: The key of its group.
        created_at: When it was first seen.
        name: What it calls itself.
        verifier: What is kept of its password; None until it is confirmed.
        remembered: Whether the user wants it remembered.
        modified_at: When any of this changed.
        used_at: When it was last used to sign in.
    """

    key: str
    group_key: str
    created_at: datetime
    name: str | None = None
    verifier: srp.Verifier | None = field(default=None, repr=False)
    remembered: bool = False
    modified_at: datetime | None = None
    used_at: datetime | None = None

    @classmethod
    def new(cls, region: str, now: datetime) -> Self:
        """Return a device that was not seen before."""
        return cls(f"{region}_{uuid.uuid4()}", f"-{secrets.token_hex(4)}", now)

    def confirm(self, verifier: str, salt: str, name: str | None, now: datetime) -> None:
        """Take the device's verifier and salt, both in base 64.

        Raises:
            Refused: They are no positive numbers as Java's `BigInteger` reads them, or not of the group.
        """
        value = _number("PasswordVerifier", verifier)
        if value % srp.N == 0:
            raise invalid("Invalid PasswordVerifier given.")
        self.verifier = srp.Verifier(self.group_key, self.key, _number("Salt", salt), value)
        self.name, self.modified_at = name, now

    def shown(self) -> Answer:
        """Return the device as an answer has it (DeviceType)."""
        attributes = {
            "device_status": "valid",
            "device_name": self.name or self.key,
            "dev:device_remembered_status": "remembered" if self.remembered else "not_remembered",
            "last_ip_used": "127.0.0.1",
        }
        changed, used = self.modified_at or self.created_at, self.used_at or self.created_at
        return {
            "DeviceKey": self.key,
            "DeviceAttributes": [{"Name": name, "Value": value} for name, value in attributes.items()],
            "DeviceCreateDate": int(self.created_at.timestamp()),
            "DeviceLastModifiedDate": int(changed.timestamp()),
            "DeviceLastAuthenticatedDate": int(used.timestamp()),
        }


def _number(name: str, text: str) -> int:
    try:
        value = int.from_bytes(base64.b64decode(text, validate=True), "big", signed=True)
    except (binascii.Error, ValueError):
        raise invalid(f"Invalid {name} given: it is no Base64 string.") from None
    if value <= 0:
        raise invalid(f"Invalid {name} given: it is no positive number.")
    return value
