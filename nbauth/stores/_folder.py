"""A folder and files that belong to this user alone, and the lock in it.

What somebody else owns, can read, or could have put there through a symbolic link is refused, never repaired: a person
must know that it was open. On Windows the profile folder's own access list does this, and nothing is checked here.
"""

import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import nbauth.stores
from nbauth import process
from nbauth.errors import StoreBusy, StoreError

if TYPE_CHECKING:
    from filelock import BaseFileLock

_ABANDONED = 60  # seconds
_LARGEST = 1 << 18  # bytes; a record has about 2,000


class PrivateFolder:
    """A folder of mode 0700 that is ours, and the files in it.

    Args:
        path: Where it is, or will be once something is kept in it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._locks: dict[str, BaseFileLock] = {}
        process.in_child(self._forked)

    def exists(self) -> bool:
        """Return whether the folder is there.

        Raises:
            StoreError: It is there, but it may not be trusted.
        """
        try:
            status = os.lstat(self.path)
        except FileNotFoundError:
            return False
        except OSError as error:
            problem = error.strerror
        else:
            problem = doubt(self.path, status) or ("" if stat.S_ISDIR(status.st_mode) else "it is no folder: remove it")
        if problem:
            raise StoreError(f"The folder {self.path} is not used: {problem}")
        return True

    def make(self) -> None:
        """Make the folder if it is not there.

        Raises:
            StoreError: It cannot be made, or what is there may not be trusted.
        """
        problem = None
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.mkdir(mode=0o700, exist_ok=True)
        except FileExistsError:
            pass  # exists() says what is in the way
        except OSError as error:
            problem = f"the folder {self.path} cannot be made: {error.strerror}"
        if problem:
            raise StoreError(problem)
        self.exists()

    def read(self, name: str) -> bytes:
        """Return what is in the file called `name`.

        Raises:
            FileNotFoundError: It is not there.
            OSError: It cannot be read.
            ValueError: It may not be trusted, or is none of ours; the message does not quote it.
        """
        path = self.path / name
        if reason := doubt(path, os.lstat(path)):
            raise ValueError(reason)
        with open(path, "rb", opener=_open_no_link) as file:
            status = os.fstat(file.fileno())
            if reason := doubt(path, status) or ("" if stat.S_ISREG(status.st_mode) else "it is no file"):
                raise ValueError(reason)
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise ValueError("it is longer than anything that nbauth keeps")
        return content

    def replace(self, name: str, content: bytes, *, lasting: bool = True) -> None:
        """Put `content` in the place of the file called `name`: all of it, or what was there stays.

        Args:
            name: The file's name.
            content: What is in it from now on.
            lasting: Whether it must outlast a power cut, which takes the disk some time.

        Raises:
            OSError: It cannot be done.
        """
        self._clear(name)
        try:
            self._replace(name, content, lasting=lasting)
        except FileNotFoundError:  # whoever signed out meanwhile has deleted what was half written
            self._replace(name, content, lasting=lasting)

    def _replace(self, name: str, content: bytes, *, lasting: bool) -> None:
        descriptor, temporary = tempfile.mkstemp(dir=self.path, prefix=f"{Path(name).stem}.", suffix=".tmp")
        try:
            with open(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                if lasting:
                    os.fsync(file.fileno())
            os.replace(temporary, self.path / name)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise
        if lasting:
            self.sync()

    def left_behind(self, name: str) -> Iterator[Path]:
        """Return what a kernel left that ended in the middle of a `replace` of a file called `name`."""
        return self.path.glob(f"{Path(name).stem}.*.tmp")

    def _clear(self, name: str) -> None:
        # What is this old belongs to a kernel that has ended: a write takes no time.
        for path in self.left_behind(name):
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > _ABANDONED:
                    path.unlink()

    def sync(self) -> None:
        """Make the names in the folder last through a power cut, where the file system can."""
        with suppress(OSError):
            descriptor = os.open(self.path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold the lock called `name` for the length of a `with` block.

        Raises:
            StoreBusy: Somebody else held it too long.
            StoreError: There can be no lock here.
        """
        from filelock import FileLock, Timeout

        self.make()
        path = self.path / f"{name}.lock"
        lock = self._locks.setdefault(name, FileLock(path, mode=0o600))
        problem, busy = None, False
        try:
            lock.acquire(timeout=nbauth.stores.LOCK_WAIT)
        except Timeout:
            problem, busy = "another kernel holds it: try again", True
        except RuntimeError:
            problem = "this thread holds it already, through another session"
        except OSError as error:
            problem = str(error.strerror)
        if problem:
            raise (StoreBusy if busy else StoreError)(f"the lock {path} cannot be had: {problem}")
        try:
            yield
        finally:
            lock.release()

    def _forked(self) -> None:
        # Whoever waits for one of these in a child would be refused it, and whoever gives one back would take it from
        # the parent.
        self._locks = {}


def doubt(path: Path, status: os.stat_result) -> str:
    """Return why what is at `path` may not be trusted and what to do about it; nothing where it may.

    Args:
        path: For the message.
        status: Of what was found there.
    """
    if not hasattr(os, "getuid"):
        return ""
    if stat.S_ISLNK(status.st_mode):
        return "it is a symbolic link: remove it"
    if status.st_uid != os.getuid():
        return f"it belongs to another user (uid {status.st_uid}): remove it, or choose another store"
    if stat.S_IMODE(status.st_mode) & 0o077:
        return f"other users may read or change it: chmod go= '{path}'"
    return ""


def _open_no_link(path: str, flags: int) -> int:
    # Not blocking, or a named pipe would stop the kernel. Windows knows neither flag.
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
