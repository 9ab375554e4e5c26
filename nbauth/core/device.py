"""What a device that the user pool remembers must know to be recognised again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from nbauth.core.secret import Secret


@dataclass(frozen=True, slots=True)
class RememberedDevice:
    """A device of one user, as Amazon Cognito made it known at a sign-in (NewDeviceMetadata).

    Attributes:
        username: The user's real name in the pool, whose device it is.
        key: The device's own id (DeviceKey).
        group_key: The group that goes into its proofs (DeviceGroupKey).
        password: What it proves itself with; made on this machine and known nowhere else.
        waits_for_user: Whether it has just been made known in a pool that remembers it once the user says so. It is
            good for the question after a sign-in, and not kept.
    """

    username: str
    key: str
    group_key: str
    password: Secret
    waits_for_user: bool = field(default=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the device as plain JSON values. Its password is among them in clear."""
        return {
            "username": self.username,
            "key": self.key,
            "group_key": self.group_key,
            "password": self.password.reveal(),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read a device back.

        Raises:
            ValueError: If `values` is no device.
        """
        texts = [values.get(name) for name in ("username", "key", "group_key", "password")]
        if not all(isinstance(text, str) and text for text in texts):
            raise ValueError("its device is not whole")
        username, key, group_key, password = (str(text) for text in texts)
        return cls(username, key, group_key, Secret(password))
