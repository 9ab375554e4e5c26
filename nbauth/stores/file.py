"""The store that keeps each record in a file of its own, readable by this user and in clear.

By its name it is the user's state folder, which outlives a restart of the machine; `auto` puts the same files where
they do not.
"""

import json
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from nbauth.core.record import Record
from nbauth.errors import StoreError
from nbauth.stores import StoreKey
from nbauth.stores._folder import PrivateFolder, doubt

_LARGEST = 1 << 18  # bytes; a record has about 2,000


def open_store(key: StoreKey) -> "FileStore":
    """Open the store in the user's state folder."""
    return FileStore(state_folder(), key)


def state_folder() -> Path:
    """Return nbauth's folder among the user's state folders (XDG Base Directory Specification and its likes)."""
    from platformdirs import user_state_path

    return user_state_path("nbauth", appauthor=False)


class FileStore:
    """A token store in one file.

    Args:
        folder: Where the file is; made when something is kept.
        key: Whose record it is; the file's name is made of it and does not tell it.
    """

    def __init__(self, folder: Path, key: StoreKey) -> None:
        self._name = key.digest()
        self._folder = PrivateFolder(folder)
        self._path = folder / f"{self._name}.json"

    def load(self) -> Record | None:
        """Return what is kept, None where nothing is.

        Raises:
            StoreError: The file cannot be read or understood, or others could have read or written it.
        """
        if not self._folder.exists():
            return None
        try:
            return self._read()
        except FileNotFoundError:
            return None
        except OSError as error:
            problem = error.strerror
        except ValueError as error:
            problem = str(error)
        raise StoreError(f"the sign-in kept in {self._path} is not used, so sign in again: {problem}")

    def save(self, record: Record) -> None:
        """Keep `record` in place of what was kept: all of it or nothing.

        Raises:
            StoreError: It could not be kept; what was kept before still is.
        """
        self._folder.make()
        problem = None
        try:
            self._replace(record)
        except OSError as error:
            problem = error.strerror
        if problem:
            raise StoreError(f"the sign-in could not be kept in {self._path}: {problem}")
        self._folder.sync()

    def forget(self) -> None:
        """Delete what is kept, and what a crash left behind, whoever may have had access to it.

        Raises:
            StoreError: It could not be deleted.
        """
        problem = None
        try:
            for path in (self._path, *self._left_behind()):
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
        return self._folder.lock(self._name)

    def _read(self) -> Record:
        if reason := doubt(self._path, os.lstat(self._path)):
            raise ValueError(reason)
        with open(self._path, "rb", opener=_open_no_link) as file:
            status = os.fstat(file.fileno())
            if reason := doubt(self._path, status) or ("" if stat.S_ISREG(status.st_mode) else "it is no file"):
                raise ValueError(reason)
            return decode(file.read(_LARGEST + 1))

    def _replace(self, record: Record) -> None:
        descriptor, temporary = tempfile.mkstemp(dir=self._folder.path, prefix=f"{self._name}.", suffix=".tmp")
        try:
            with open(descriptor, "wb") as file:
                file.write(encode(record))
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self._path)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise

    def _left_behind(self) -> Iterator[Path]:
        return self._folder.path.glob(f"{self._name}.*.tmp")


def encode(record: Record) -> bytes:
    """Return `record` as it is kept, in clear."""
    return json.dumps(record.to_dict()).encode()


def decode(data: bytes) -> Record:
    """Read a record back.

    Raises:
        ValueError: It is not whole, or not a record that this version understands; the message does not quote it.
    """
    try:
        values = json.loads(data) if len(data) <= _LARGEST else None
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise ValueError("it is not whole")
    return Record.from_dict(values)


def _open_no_link(path: str, flags: int) -> int:
    # Not blocking, or a named pipe would stop the kernel. Windows knows neither flag.
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
