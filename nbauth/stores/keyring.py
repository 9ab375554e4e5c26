"""The store that keeps records in the keyring of the operating system.

Only the back ends named here are used. Others that the keyring package may find keep secrets in a file in clear, or not
at all, under the same interface.
"""

import json
import secrets
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from typing import TYPE_CHECKING, TypeVar

from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.errors import ConfigError, StoreError
from nbauth.ports import Siblings
from nbauth.stores import StoreKey
from nbauth.stores._folder import PrivateFolder
from nbauth.stores._format import accounts_in, decode, encode, label
from nbauth.stores._siblings import LoopbackSiblings
from nbauth.stores.file import state_folder

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

_T = TypeVar("_T")

_SERVICE = "nbauth"
_STAMP = ".stamp"
_TRUSTED = {
    "keyring.backends.macOS",
    "keyring.backends.Windows",
    "keyring.backends.SecretService",
    "keyring.backends.libsecret",
    "keyring.backends.kwallet",
}
# The Windows Credential Manager takes 2,560 bytes an entry, in UTF-16 (CREDENTIALW, CRED_MAX_CREDENTIAL_BLOB_SIZE).
_LARGEST = {"keyring.backends.Windows": 1200}
_WAIT = 20.0
"""Seconds for the person to unlock the keyring, where it asks."""
_SHORT_WAIT = 2.0
"""Seconds for a keyring to answer that nobody asked for by name."""


def open_store(key: StoreKey) -> "KeyringStore":
    """Open the store in the operating system's keyring.

    Raises:
        ConfigError: There is none, or none that is safe.
    """
    try:
        backend, found = trusted_backend()
    except ImportError:
        backend, found = None, "nothing: install nbauth[keyring]"
    if backend is None:
        raise ConfigError(f"store 'keyring' needs the operating system's keyring, and found {found}: use another store")
    return KeyringStore(backend, key)


def trusted_backend() -> "tuple[KeyringBackend | None, str]":
    """Return the back end to use, None where there is no safe one, and the name of what was found.

    Raises:
        ImportError: The keyring package is not installed.
    """
    from keyring import get_keyring
    from keyring.backends.chainer import ChainerBackend

    active = get_keyring()
    candidates = active.backends if isinstance(active, ChainerBackend) else [active]
    names = ", ".join(f"{type(candidate).__module__}.{type(candidate).__name__}" for candidate in candidates)
    return next((candidate for candidate in candidates if type(candidate).__module__ in _TRUSTED), None), names


def answering_backend() -> "KeyringBackend | None":
    """Return the back end to use if there is a safe one that answers at once, else None."""

    def look() -> "KeyringBackend | None":
        backend, _ = trusted_backend()
        if backend:
            backend.get_password(_SERVICE, "nobody")
        return backend

    try:
        return _ask(look, _SHORT_WAIT)
    except StoreError:
        return None


class KeyringStore:
    """A token store in the operating system's keyring.

    A record too long for one entry is cut into parts with names of their own; the entry that lists them is written
    last, so there is always a whole record or the one before.

    Args:
        backend: A back end of the keyring package.
        key: Whose record it is.
    """

    def __init__(self, backend: "KeyringBackend", key: StoreKey) -> None:
        self._backend = backend
        self._key = key
        self._name = key.digest()
        self._folder = PrivateFolder(state_folder())
        self._stamp_path = self._folder.path / f"{self._name}{_STAMP}"
        self._largest = _LARGEST.get(type(backend).__module__)

    def load(self) -> Record | None:
        """Return what is kept, None where nothing is.

        Raises:
            StoreError: The keyring did not answer or refused, or what it has is not a record.
        """
        kept = _ask(self._read)
        if kept is None:
            return None
        try:
            return decode(kept.reveal().encode(), self._key)
        except ValueError as error:
            problem = str(error)
        raise StoreError(f"The sign-in kept in the keyring is not used, so sign in again: {problem}")

    def save(self, record: Record) -> None:
        """Keep `record` in place of what was kept: all of it or nothing.

        Raises:
            StoreError: The keyring did not answer, or refused.
        """
        _ask(lambda: self._replace(Secret(encode(record, self._key).decode())))
        self._stamp(record)

    def forget(self) -> None:
        """Delete what is kept, if anything is.

        Raises:
            StoreError: The keyring did not answer, or refused.
        """
        _ask(self._delete)
        self._stamp(None)

    def version(self) -> object:
        """Return a value that is another one after each change; the keyring is not asked."""
        try:
            return self._stamp_path.read_bytes()
        except OSError:
            return None

    def lock(self) -> AbstractContextManager[None]:
        """Keep other threads, stores and kernels out of this record for the length of a `with` block."""
        return self._folder.lock(self._name)

    def accounts(self) -> list[str]:
        """Return the accounts of the same user pool and app client that somebody is signed in to; never fails."""
        return accounts_in(self._folder, _STAMP, self._key)

    def siblings(self) -> Siblings:
        """Return the other kernels that share this record."""
        return LoopbackSiblings(self._folder, self._name)

    def _stamp(self, record: Record | None) -> None:
        """Leave a sign of the change for other kernels, because a keyring gives none, nor a list of what it keeps."""
        stamp = label(record, self._key) | {"change": secrets.token_hex(16)}
        with suppress(OSError, StoreError):
            self._folder.make()
            self._folder.replace(self._stamp_path.name, json.dumps(stamp).encode(), lasting=False)

    def _read(self) -> Secret | None:
        kept = self._backend.get_password(_SERVICE, self._name)
        if kept is None:
            return None
        if parts := _part_names(kept):
            # A missing part makes a text that is not whole, and is reported as that.
            kept = "".join(self._backend.get_password(_SERVICE, part) or "" for part in parts)
        return Secret(kept)

    def _replace(self, record: Secret) -> None:
        stale = _part_names(self._backend.get_password(_SERVICE, self._name))
        text = record.reveal()
        if self._largest and len(text) > self._largest:
            text = json.dumps(self._write_parts(text, self._largest))
        self._backend.set_password(_SERVICE, self._name, text)
        self._delete_parts(stale)

    def _write_parts(self, text: str, size: int) -> list[str]:
        batch = secrets.token_hex(8)
        parts = {f"{batch}.{start // size}": text[start : start + size] for start in range(0, len(text), size)}
        for name, part in parts.items():
            self._backend.set_password(_SERVICE, name, part)
        return list(parts)

    def _delete(self) -> None:
        kept = self._backend.get_password(_SERVICE, self._name)
        if kept is not None:
            self._backend.delete_password(_SERVICE, self._name)
            self._delete_parts(_part_names(kept))

    def _delete_parts(self, names: list[str]) -> None:
        for name in names:
            if self._backend.get_password(_SERVICE, name) is not None:
                self._backend.delete_password(_SERVICE, name)


def _part_names(kept: str | None) -> list[str]:
    try:
        names = json.loads(kept or "")
    except ValueError:
        return []
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _ask(call: Callable[[], _T], seconds: float | None = None) -> _T:
    """Return what `call` returns; it runs in a thread, because a locked keyring may never answer."""
    answers: list[_T] = []
    problems: list[str] = []

    def run() -> None:
        try:
            answers.append(call())
        except Exception as error:  # noqa: BLE001 - each back end raises its own kinds, and their texts may quote secrets
            problems.append(type(error).__name__)

    thread = threading.Thread(target=run, name="nbauth-keyring", daemon=True)
    thread.start()
    thread.join(_WAIT if seconds is None else seconds)
    if answers:
        return answers[0]
    raise StoreError(
        f"The operating system's keyring refused ({problems[0]})"
        if problems
        else "the operating system's keyring does not answer: unlock it, or use store='file'"
    )
