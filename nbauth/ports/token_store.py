"""A token store: what is kept of an account between kernels, and the other kernels that share it."""

from contextlib import AbstractContextManager
from typing import Protocol

from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.tokens import TokenSet


class TokenStore(Protocol):
    """Keeps the record of one account between kernels."""

    def load(self) -> Record | None:
        """Return what is kept, None where nothing is.

        Raises:
            StoreGone: What was kept is gone, and not because somebody signed out: it is kept anew.
            StoreError: Something is there that cannot be read, or may not be trusted.
        """

    def save(self, record: Record) -> None:
        """Keep `record` in place of what was kept: all of it or nothing.

        Raises:
            StoreError: It could not be kept.
        """

    def forget(self) -> None:
        """Delete what is kept, if anything is.

        Raises:
            StoreError: It could not be deleted.
        """

    def version(self) -> object:
        """Return a value that is another one after each `save` and `forget`, whichever kernel called it.

        It is cheap, because it is asked for all the time: the record is not read. It never fails, and is None where it
        cannot be told.
        """

    def lock(self) -> AbstractContextManager[None]:
        """Keep other kernels' nbauth out of this account's record for the length of a `with` block."""


class Siblings(Protocol):
    """The other kernels that share an account: tokens pass between them, and are kept nowhere."""

    def ask(self, refresh_token: Secret) -> TokenSet | None:
        """Return the tokens that another kernel got last with, or for, this refresh token. Never fails.

        Returns:
            None where no kernel answers.
        """

    def answer_with(self, tokens: TokenSet | None) -> None:
        """Answer other kernels with these tokens from now on, with none where None. Never fails."""


class NoSiblings(Siblings):
    """Nobody else: where a token store is this process's own."""

    def ask(self, refresh_token: Secret) -> TokenSet | None:
        """Return None."""
        return None

    def answer_with(self, tokens: TokenSet | None) -> None:
        """Do nothing."""
