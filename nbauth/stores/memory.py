"""The store that keeps a record in this process only, and forgets it when the kernel ends."""

from collections.abc import Iterator
from contextlib import contextmanager

import nbauth.stores
from nbauth import process
from nbauth.core.record import Record
from nbauth.errors import StoreBusy


def open_store(key: nbauth.stores.StoreKey) -> "MemoryStore":
    """Open a store of its own: two of them share nothing, whatever the key."""
    return MemoryStore()


class MemoryStore:
    """A token store in memory."""

    def __init__(self) -> None:
        self._record: Record | None = None
        self._changes = 0
        self._lock = process.Lock()

    def load(self) -> Record | None:
        """Return what is kept, None where nothing is."""
        return self._record

    def save(self, record: Record) -> None:
        """Keep `record` in place of what was kept."""
        self._record = record
        self._changes += 1

    def forget(self) -> None:
        """Drop what is kept."""
        self._record = None
        self._changes += 1

    def version(self) -> object:
        """Return a value that is another one after each change."""
        return self._changes

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other threads out for the length of a `with` block; the thread inside may enter again.

        Raises:
            StoreBusy: Another thread stayed in too long.
        """
        if not self._lock.acquire(timeout=nbauth.stores.LOCK_WAIT):
            raise StoreBusy("Another thread holds this account's record: try again")
        try:
            yield
        finally:
            self._lock.release()
