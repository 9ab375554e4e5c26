"""The page's end of a seal, written a second time: what a browser does with WebCrypto."""

import json
import os
from base64 import b64decode, b64encode
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

BLOCK = 256


class FarEnd:
    """One view in a browser that can seal."""

    def __init__(self, view: str) -> None:
        self.view = view
        self._private = ec.generate_private_key(ec.SECP256R1())
        self._key = b""

    @property
    def public_key(self) -> str:
        return b64encode(self._point).decode()

    def hear(self, kernel_key: str) -> None:
        theirs = b64decode(kernel_key)
        shared = self._private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))
        info = b"nbauth " + self.view.encode()
        self._key = HKDF(SHA256(), length=32, salt=self._point + theirs, info=info).derive(shared)

    def close(self, screen: str, values: Any, direction: str = "page") -> str:
        text, nonce = json.dumps(values).encode(), os.urandom(12)
        padded = text + b" " * (-len(text) % BLOCK)
        return b64encode(nonce + AESGCM(self._key).encrypt(nonce, padded, f"{direction} {screen}".encode())).decode()

    def open(self, screen: str, letter: str) -> Any:
        sealed = b64decode(letter)
        return json.loads(AESGCM(self._key).decrypt(sealed[:12], sealed[12:], f"kernel {screen}".encode()))

    @property
    def _point(self) -> bytes:
        return self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
