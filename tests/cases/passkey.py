"""A passkey in software: what a browser and a security key make of a pool's options (Web Authentication, level 3)."""

import base64
import hashlib
import json
import struct
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from nbauth.testing.stand_in.webauthn import Passkey

DOMAIN = "example.com"
_ORIGIN = "https://notebooks.example.com"
_ID = "a-passkey"
_PRESENT_AND_VERIFIED = 0x05


class SoftwarePasskey:
    """A passkey for `DOMAIN`."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())

    def kept_by_the_pool(self, created_at: datetime) -> Passkey:
        """Return what a pool keeps of it."""
        point = self._key.public_key().public_numbers()
        return Passkey(_ID, point.x, point.y, 0, DOMAIN, created_at)

    def sign(self, options: str) -> str:
        """Return the AuthenticationResponseJSON for the PublicKeyCredentialRequestOptions, both as text."""
        wanted: dict[str, Any] = json.loads(options)
        said = {"type": "webauthn.get", "challenge": wanted["challenge"], "origin": _ORIGIN}
        client_data = json.dumps(said).encode()
        relying_party = hashlib.sha256(wanted["rpId"].encode()).digest()
        data = relying_party + struct.pack(">BI", _PRESENT_AND_VERIFIED, 0)
        signature = self._key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        response = {"clientDataJSON": client_data, "authenticatorData": data, "signature": signature}
        credential = {"id": _ID, "rawId": _ID, "type": "public-key", "clientExtensionResults": {}}
        return json.dumps(credential | {"response": {name: _encoded(value) for name, value in response.items()}})


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
