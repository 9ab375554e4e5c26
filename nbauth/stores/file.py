"""The store that keeps each record in a file of its own, readable by this user and in clear.

By its name it is the user's state folder, which outlives a restart of the machine; `auto` puts the same files where
they do not.
"""

import logging
import os
from contextlib import AbstractContextManager
from pathlib import Path

from nbauth.core.record import Record
from nbauth.errors import ConfigError, StoreError, StoreGone
from nbauth.ports import Siblings
from nbauth.stores import StoreKey
from nbauth.stores._folder import PrivateFolder
from nbauth.stores._format import accounts_in, decode, encode
from nbauth.stores._siblings import LoopbackSiblings

_SUFFIX = ".json"

_log = logging.getLogger(__name__)


def open_store(key: StoreKey) -> "FileStore":
    """Open the store in the user's state folder.

    Raises:
        ConfigError: This user has no such folder.
    """
    return FileStore(state_folder(), key, lasts=True)


def state_folder() -> Path:
    """Return nbauth's folder among the user's state folders (XDG Base Directory Specification and its likes).

    Raises:
        ConfigError: There is none.
    """
    from platformdirs import user_state_path

    try:
        return user_state_path("nbauth", appauthor=False)
    except RuntimeError as error:
        problem = str(error)
    raise ConfigError(f"This user has no folder to keep a sign-in in ({problem}): set HOME, or use store='memory'")


class FileStore:
    """A token store in one file.

    Args:
        folder: Where the file is; made when something is kept.
        key: Whose record it is; the file's name is made of it and does not tell it.
        lasts: Whether the folder outlives the machine's restart: then the log says that nothing in it is encrypted.
    """

    def __init__(self, folder: Path, key: StoreKey, *, lasts: bool = False) -> None:
        self._key = key
        self._lasts = lasts
        self._has_kept = False
        self._digest = key.digest()
        self._name = f"{self._digest}{_SUFFIX}"
        self._folder = PrivateFolder(folder)
        self._path = folder / self._name

    def load(self) -> Record | None:
        """Return what is kept, None where nothing is.

        Raises:
            StoreGone: The folder has gone since; whoever signs out leaves it.
            StoreError: The file cannot be read or understood, or others could have read or written it.
        """
        if not self._folder.exists():
            if self._has_kept:
                raise StoreGone(f"The folder {self._folder.path} with the sign-in has gone")
            return None
        try:
            record = decode(self._folder.read(self._name), self._key)
            self._has_kept = True
            return record
        except FileNotFoundError:
            self._has_kept = False
            return None
        except OSError as error:
            problem = error.strerror
        except ValueError as error:
            problem = str(error)
        raise StoreError(f"The sign-in kept in {self._path} is not used, so sign in again: {problem}")

    def save(self, record: Record) -> None:
        """Keep `record` in place of what was kept: all of it or nothing.

        Raises:
            StoreError: It could not be kept; what was kept before still is.
        """
        self._folder.make()
        problem = None
        try:
            self._folder.replace(self._name, encode(record, self._key))
        except OSError as error:
            problem = error.strerror
        if problem:
            raise StoreError(f"The sign-in could not be kept in {self._path}: {problem}")
        if self._lasts and not self._has_kept:
            _log.info("nbauth: the sign-in is kept in %s, which is not encrypted", self._path)
        self._has_kept = True

    def forget(self) -> None:
        """Delete what is kept, and what a crash left behind, whoever may have had access to it.

        Raises:
            StoreError: It could not be deleted.
        """
        self._has_kept = False
        problem = None
        try:
            for path in (self._path, *self._folder.left_behind(self._name)):
                path.unlink(missing_ok=True)
        except OSError as error:
            problem = error.strerror
        if problem:
            raise StoreError(f"{self._path} could not be deleted: {problem}")
        self._folder.sync()

    def version(self) -> object:
        """Return a value that is another one after each change, None where nothing is kept."""
        try:
            status = os.lstat(self._path)
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    def lock(self) -> AbstractContextManager[None]:
        """Keep other threads, stores and kernels out of this record for the length of a `with` block."""
        return self._folder.lock(self._digest)

    def accounts(self) -> list[str]:
        """Return the accounts of the same user pool and app client that somebody is signed in to; never fails."""
        return accounts_in(self._folder, _SUFFIX, self._key)

    def siblings(self) -> Siblings:
        """Return the other kernels that share this record."""
        return LoopbackSiblings(self._folder, self._digest)
