"""A token store that never fails: what goes wrong with it is logged, and the sign-in goes on in memory.

Stores may be somebody else's and fail in ways of their own, whose texts may quote what is kept: only the text of a
`StoreError` is passed on.
"""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import assert_never

from nbauth.core.events import ForgetRecord, SaveRecord, StoreEffect
from nbauth.core.record import Record
from nbauth.errors import StoreBusy, StoreError
from nbauth.ports import TokenStore

_log = logging.getLogger(__name__)


class Kept:
    """What is kept of one account.

    Args:
        store: Where it is kept.
    """

    def __init__(self, store: TokenStore) -> None:
        self._store = store

    def load(self) -> tuple[Record | None, StoreError | None]:
        """Return what is kept, and what was wrong with it."""
        try:
            return self._store.load(), None
        except Exception as error:  # noqa: BLE001 - see above
            return None, _problem(error)

    def newest(self, record: Record) -> Record:
        """Return what is kept of the same user with a refresh token, else `record`."""
        kept, _ = self.load()
        return kept if kept and kept.sub == record.sub and kept.refresh_token else record

    def version(self) -> object:
        """Return a value that is another one after each change, None where it cannot be told."""
        try:
            return self._store.version()
        except Exception:  # noqa: BLE001 - see above
            return None

    def perform(self, effect: StoreEffect) -> bool:
        """Keep or forget, and return whether it could be done; only the next kernel will miss it."""
        try:
            match effect:
                case SaveRecord(record):
                    self._store.save(record)
                case ForgetRecord():
                    self._store.forget()
                case _:
                    assert_never(effect)
        except Exception as error:  # noqa: BLE001 - see above
            _log.warning("nbauth: %s", _problem(error))
            return False
        return True

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the account's lock, where there can be one: where nothing can be kept, nothing can be locked either.

        Raises:
            StoreBusy: Another kernel holds it, and may be about to spend what the caller wants to spend.
        """
        with ExitStack() as held:
            try:
                held.enter_context(self._store.lock())
            except StoreBusy:
                raise
            except Exception as error:  # noqa: BLE001 - see above
                _log.warning("nbauth: %s", _problem(error))
            yield


def _problem(error: Exception) -> StoreError:
    return error if isinstance(error, StoreError) else StoreError(f"The token store failed with {type(error).__name__}")
