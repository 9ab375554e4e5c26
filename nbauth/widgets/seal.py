"""The kernel's end of what one view of the panel and the kernel seal for each other; the page's end is `seal.js`.

Both make a key pair for this one view (ECDH, P-256, the curve that every browser has), tell each other the public half,
and derive one key (HKDF-SHA256, RFC 5869) for AES-256-GCM. Each letter says in which direction it goes and which screen
it belongs to, so that it opens for no other. Blanks fill it up to whole blocks: the length of a password does not show.

Rule: a letter is opened once. Whoever has recorded one cannot have it taken a second time.
"""

import json
import os
from base64 import b64decode, b64encode
from typing import Any

from nbauth.errors import AuthError

_FROM_PAGE, _TO_PAGE = "page", "kernel"
_NONCE = 12  # bytes, NIST SP 800-38D §8.2
_BLOCK = 256  # bytes; longer than what most people type
BROKEN = "What came from the page cannot be opened, so nothing was done: fill in the form once more"


class Seal:
    """What one view and the kernel have agreed on.

    Attributes:
        public_key: The kernel's half, for the page: a point in base64.

    Args:
        view: The view.
        page_key: The page's half, likewise.

    Raises:
        ValueError: It is no point of the curve.
    """

    def __init__(self, view: str, page_key: str) -> None:
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        theirs = b64decode(page_key, validate=True)
        private = ec.generate_private_key(ec.SECP256R1())
        ours = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        shared = private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))
        derived = HKDF(SHA256(), length=32, salt=theirs + ours, info=f"nbauth {view}".encode()).derive(shared)
        self._cipher = AESGCM(derived)
        self._opened: set[bytes] = set()
        self.public_key = b64encode(ours).decode()

    def close(self, screen: str, content: object) -> str:
        """Return a letter to the page, in base64.

        Args:
            screen: The screen it belongs to.
            content: What JSON can say.
        """
        text = json.dumps(content).encode()
        padded = text.ljust(-(-len(text) // _BLOCK) * _BLOCK)  # blanks after it mean nothing in JSON
        nonce = os.urandom(_NONCE)
        return b64encode(nonce + self._cipher.encrypt(nonce, padded, _about(_TO_PAGE, screen))).decode()

    def open(self, screen: str, letter: str) -> Any:
        """Return what the page has put into a letter.

        Args:
            screen: The screen it must belong to.
            letter: The letter, in base64.

        Raises:
            AuthError: It is for another screen or another view, was changed on the way, or has been opened before.
        """
        from cryptography.exceptions import InvalidTag

        text = None
        try:
            sealed = b64decode(letter, validate=True)
            nonce = sealed[:_NONCE]
            if nonce not in self._opened:
                text = self._cipher.decrypt(nonce, sealed[_NONCE:], _about(_FROM_PAGE, screen))
                self._opened.add(nonce)
        except (InvalidTag, ValueError):
            pass
        if text is None:
            raise AuthError(BROKEN, case="seal_broken")
        return json.loads(text)


def _about(direction: str, screen: str) -> bytes:
    return f"{direction} {screen}".encode()
