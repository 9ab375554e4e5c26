"""How tokens pass between kernels that share an account: over the loopback interface, from memory to memory.

The kernel that answers leaves a pointer beside the account's record: a port and a random key, never tokens. Whoever can
read the pointer is this user; both sides prove that they can before anything else is said, and the key never travels:

    asker     a nonce
    answerer  a nonce of its own, and its proof for both
    asker     the digest of its refresh token, and its proof for that and the nonces
    answerer  its proof for all that and the tokens, and the tokens; nothing if they came with another refresh token

A port is anybody's to take once a kernel is gone, hence the proofs. Nothing is encrypted: only the machine's owner can
listen on its loopback interface. Whatever goes wrong, the asker gets no tokens and renews its own.
"""

import hashlib
import hmac
import json
import secrets
import socket
import threading
import time
import weakref
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Self

from nbauth import process
from nbauth.core.secret import Secret
from nbauth.core.tokens import TokenSet
from nbauth.ports import Siblings
from nbauth.stores._folder import PrivateFolder

_LOOPBACK = "127.0.0.1"
_SIZE = 32  # bytes; of keys, nonces, digests and proofs alike
_LARGEST = 1 << 18  # bytes; tokens have about 4,000

_ASKING_TAKES = 0.8  # seconds; the account is locked meanwhile
# Less than half of that: whoever connects and says nothing must not keep others from their answer.
_ANSWERING_TAKES = 0.3  # seconds


class LoopbackSiblings(Siblings):
    """The kernels that find one pointer; the one that answered last has written it.

    Args:
        folder: Where the pointer is.
        name: Its name, without suffix.
    """

    def __init__(self, folder: PrivateFolder, name: str) -> None:
        self._folder = folder
        self._file = f"{name}.sibling"
        self._lock = process.Lock()
        self._answerer: _Answerer | None = None
        self._farewell: weakref.finalize[..., LoopbackSiblings] | None = None
        process.in_child(self._forked)

    def ask(self, refresh_token: Secret) -> TokenSet | None:
        """Return the tokens that another kernel got last with, or for, this refresh token, None where none answers."""
        try:
            pointer, answerer = _pointer(self._folder, self._file), self._answerer
            return None if answerer and answerer.pointer == pointer else _ask(pointer, refresh_token)
        except Exception:  # noqa: BLE001 - a pointer and a port may hold anything, and the caller can do without
            return None

    def answer_with(self, tokens: TokenSet | None) -> None:
        """Answer other kernels with these tokens from now on; with none where None."""
        with self._lock:
            try:
                if tokens is None or tokens.refresh_token is None:
                    self._stop()
                else:
                    self._answer(tokens)
            except Exception:  # noqa: BLE001 - without a port, a thread or a disk, others renew for themselves
                self._stop()

    def _answer(self, tokens: TokenSet) -> None:
        if self._answerer is None or not self._answerer.open:
            self._stop()
            self._answerer = _Answerer()
            # Also where nobody says goodbye: at the end of the kernel, or when the session is dropped.
            self._farewell = weakref.finalize(self, _retire, self._answerer, self._folder, self._file)
        self._answerer.tokens = tokens
        self._folder.make()
        self._folder.replace(self._file, self._answerer.pointer.to_bytes(), lasting=False)

    def _stop(self) -> None:
        farewell, self._farewell, self._answerer = self._farewell, None, None
        if farewell:
            farewell()

    def _forked(self) -> None:
        # The pointer, and who asks for it, are the parent's.
        answerer, farewell = self._answerer, self._farewell
        self._answerer = self._farewell = None
        if farewell:
            farewell.detach()
        if answerer:
            answerer.drop()


@dataclass(frozen=True, slots=True)
class _Pointer:
    """Where to ask, and what proves that one may."""

    port: int
    key: bytes = field(repr=False)

    def to_bytes(self) -> bytes:
        return json.dumps({"port": self.port, "key": self.key.hex()}).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        values = json.loads(content)
        port, key = int(values["port"]), bytes.fromhex(values["key"])
        if not 0 < port < 1 << 16 or len(key) != _SIZE:
            raise ValueError("it is no pointer")
        return cls(port, key)

    def proof(self, who: bytes, said: bytes) -> bytes:
        """Return what only somebody with the key can say; each message is another's business, so none can be reused."""
        return hmac.digest(self.key, b"nbauth 1 %b %b" % (who, said), "sha256")


class _Answerer:
    """Answers whoever proves that it has the key, one after the other, on a thread of its own.

    Attributes:
        pointer: What leads here.
        tokens: What to answer with.
        open: Whether anybody is answered.
    """

    def __init__(self) -> None:
        self.tokens: TokenSet | None = None
        self.open = True
        self._listener = socket.create_server((_LOOPBACK, 0))
        self.pointer = _Pointer(self._listener.getsockname()[1], secrets.token_bytes(_SIZE))
        try:
            threading.Thread(target=self._serve, name="nbauth-siblings", daemon=True).start()
        except BaseException:
            self._listener.close()
            raise

    def close(self) -> None:
        """Answer nobody any more."""
        self.tokens, self.open = None, False
        with suppress(OSError):  # closing a socket does not wake the thread that waits at it, a visitor does
            socket.create_connection((_LOOPBACK, self.pointer.port), _ANSWERING_TAKES).close()

    def drop(self) -> None:
        """Close what a fork has made two of; the other one goes on, with the thread that is only there."""
        self.tokens, self.open = None, False
        self._listener.close()

    def _serve(self) -> None:
        with self._listener:
            while self.open:
                try:
                    connection, _ = self._listener.accept()
                except ConnectionError:  # gone before it was its turn
                    continue
                except OSError:
                    self.open = False
                    return
                with connection, suppress(Exception):
                    self._answer(_Line(connection, _ANSWERING_TAKES))

    def _answer(self, asker: "_Line") -> None:
        nonce = secrets.token_bytes(_SIZE)
        nonces = asker.receive(_SIZE) + nonce
        asker.send(nonce + self.pointer.proof(b"answers", nonces))
        digest, proof = asker.receive(_SIZE), asker.receive(_SIZE)
        if not hmac.compare_digest(proof, self.pointer.proof(b"asks", nonces + digest)):
            return
        tokens = self.tokens
        if tokens and tokens.refresh_token and hmac.compare_digest(digest, _digest(tokens.refresh_token)):
            content = _to_json(tokens)
            asker.send(self.pointer.proof(b"gives", nonces + digest + content) + content)


class _Line:
    """A connection that is done with after some seconds, however slowly the other side speaks."""

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        self._connection = connection
        self._ends_at = time.monotonic() + seconds

    def send(self, content: bytes) -> None:
        self._hurry()
        self._connection.sendall(content)

    def receive(self, size: int) -> bytes:
        """Return the next `size` bytes."""
        content = self.receive_up_to(size)
        if len(content) < size:
            raise ConnectionError("the other side said less")
        return content

    def receive_up_to(self, size: int) -> bytes:
        """Return what is said until the other side has finished, and no more than `size` bytes of it."""
        content = bytearray()
        while len(content) < size:
            self._hurry()
            part = self._connection.recv(min(size - len(content), 1 << 16))
            if not part:
                break
            content += part
        return bytes(content)

    def _hurry(self) -> None:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError("the other side is too slow")
        self._connection.settimeout(left)


def _ask(pointer: _Pointer, refresh_token: Secret) -> TokenSet:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as connection:
        connection.settimeout(_ASKING_TAKES)
        line = _Line(connection, _ASKING_TAKES)
        connection.connect((_LOOPBACK, pointer.port))
        nonce, digest = secrets.token_bytes(_SIZE), _digest(refresh_token)
        line.send(nonce)
        nonces = nonce + line.receive(_SIZE)
        _expect(line.receive(_SIZE), pointer.proof(b"answers", nonces))
        line.send(digest + pointer.proof(b"asks", nonces + digest))
        proof, content = line.receive(_SIZE), line.receive_up_to(_LARGEST)
        _expect(proof, pointer.proof(b"gives", nonces + digest + content))
    return _from_json(content, refresh_token)


def _expect(proof: bytes, right: bytes) -> None:
    if not hmac.compare_digest(proof, right):
        raise PermissionError("a stranger answers")


def _pointer(folder: PrivateFolder, file: str) -> _Pointer:
    folder.exists()
    return _Pointer.from_bytes(folder.read(file))


def _retire(answerer: _Answerer, folder: PrivateFolder, file: str) -> None:
    """Stop answering, and take the pointer away unless it leads to somebody else by now."""
    answerer.close()
    with suppress(Exception):
        if _pointer(folder, file) == answerer.pointer:
            (folder.path / file).unlink(missing_ok=True)


def _digest(refresh_token: Secret) -> bytes:
    return hashlib.sha256(refresh_token.reveal().encode()).digest()


def _to_json(tokens: TokenSet) -> bytes:
    values = {
        "id_token": tokens.id_token.reveal(),
        "access_token": tokens.access_token.reveal(),
        "claims": dict(tokens.claims),
        "issued_at": tokens.issued_at.isoformat(),
        "expires_at": tokens.expires_at.isoformat(),
    }
    return json.dumps(values).encode()


def _from_json(content: bytes, refresh_token: Secret) -> TokenSet:
    values = json.loads(content)
    return TokenSet(
        id_token=Secret(values["id_token"]),
        access_token=Secret(values["access_token"]),
        refresh_token=refresh_token,
        claims=MappingProxyType(values["claims"]),
        issued_at=datetime.fromisoformat(values["issued_at"]),
        expires_at=datetime.fromisoformat(values["expires_at"]),
    )
