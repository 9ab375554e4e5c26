"""Devices that a user pool remembers: how this machine becomes one, and how it proves to be one.

A device has a password of its own, made here and kept in the token store; the pool gets what the password is checked
with (SRP's verifier) and nothing else. See "Working with user devices" in the Amazon Cognito developer guide.
"""

import base64
import platform
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from nbauth.cognito.client import call
from nbauth.cognito.srp import Exchange, padded, verifier
from nbauth.core.device import RememberedDevice
from nbauth.core.secret import Secret
from nbauth.errors import AuthError

_PASSWORD_BYTES = 40
_SALT_BITS = 128


class DeviceProof:
    """One proof that this machine is a device: what answers DEVICE_SRP_AUTH and DEVICE_PASSWORD_VERIFIER prove it with.

    Args:
        device: Which one.
    """

    def __init__(self, device: RememberedDevice) -> None:
        self._key = device.key
        # The group takes the place of the pool's name, the device that of the user.
        self._exchange = Exchange(f"_{device.group_key}", device.password)

    def opening(self) -> dict[str, str]:
        """Return the answer to DEVICE_SRP_AUTH."""
        return {"SRP_A": self._exchange.public}

    def prove(self, parameters: Mapping[str, str], moment: datetime) -> dict[str, str]:
        """Return the answer to DEVICE_PASSWORD_VERIFIER.

        Args:
            parameters: The challenge's SALT, SRP_B and SECRET_BLOCK.
            moment: The pool's time.

        Raises:
            KeyError: If a parameter is missing.
            ValueError: If a parameter is unreadable or unsafe.
        """
        return self._exchange.prove({**parameters, "USER_ID_FOR_SRP": self._key}, moment)


def make_known(operations: Any, access_token: Secret, username: str, offered: Any) -> RememberedDevice | None:
    """Make this machine known to the pool as a device of a user who has just signed in.

    Args:
        operations: The operations of the user pool.
        access_token: The user's.
        username: The user's real name in the pool.
        offered: The answer's NewDeviceMetadata.

    Returns:
        None where the pool offers no device, or does not take it: a sign-in is good without.
    """
    key, group_key = (offered.get(name) for name in ("DeviceKey", "DeviceGroupKey")) if offered else (None, None)
    if not (key and group_key):
        return None
    password = Secret(base64.b64encode(secrets.token_bytes(_PASSWORD_BYTES)).decode())
    device = RememberedDevice(username, key, group_key, password)
    with suppress(AuthError):
        answer = call(
            operations.confirm_device,
            AccessToken=access_token,
            DeviceKey=key,
            DeviceSecretVerifierConfig=secret_verifier(device),
            DeviceName=platform.node() or None,
        )
        return replace(device, waits_for_user=answer.get("UserConfirmationNecessary") is True)
    return None


def secret_verifier(device: RememberedDevice) -> dict[str, str]:
    """Return what the pool keeps of a device's password, with a salt of its own (DeviceSecretVerifierConfig)."""
    salt = secrets.randbits(_SALT_BITS)
    value = verifier(f"{device.group_key}{device.key}", device.password, salt)
    return {"PasswordVerifier": _base64(value), "Salt": _base64(salt)}


def _base64(number: int) -> str:
    return base64.b64encode(padded(number)).decode()
