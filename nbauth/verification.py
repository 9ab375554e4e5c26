"""Verifies the tokens of one session: at once where the user pool's keys are there, else in the background.

Rule: a sign-in and a refresh wait for nothing because of it. Tokens that are proven not to be the pool's end the
sign-in on this machine; keys that cannot be had prove nothing, and sign nobody out.
"""

import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from nbauth import process
from nbauth.background import carry_out
from nbauth.core.events import TokensDisproved
from nbauth.core.states import State, tokens_of
from nbauth.core.tokens import TokenSet
from nbauth.errors import AuthError, ConfigError, TokensNotCurrent, TokensNotGenuine
from nbauth.ports import Verifier
from nbauth.runtime import Runtime

_PATIENCE = 1.0  # seconds that a fork waits at most


class Verification:
    """Says of the tokens that a runtime has taken in whether they are the pool's.

    Args:
        runtime: Whose tokens; it hears of those that are not.
        verifier: Who can tell; None where there is no user pool.
    """

    def __init__(self, runtime: Runtime, verifier: Verifier | None) -> None:
        self._runtime = runtime
        self._verifier = verifier
        self._at_work = process.Lock()
        process.before_fork(self._come_to_an_end)
        self._held: tuple[TokenSet | None, Mapping[str, Any] | None] = (None, None)

    def changed(self, state: State) -> None:
        """Take note of a new state."""
        tokens = tokens_of(state)
        if tokens is self._held[0]:
            return
        self._held = tokens, self._checked(tokens)
        if tokens and self._verifier and self._held[1] is None:
            with suppress(RuntimeError):  # an interpreter that is shutting down starts no threads
                threading.Thread(target=self._verify, args=(tokens,), name="nbauth-verify", daemon=True).start()

    def claims(self, tokens: TokenSet) -> Mapping[str, Any]:
        """Return the ID token's claims, verified; waits for the pool's keys where they are not there.

        Raises:
            TokensNotGenuine: They are not the pool's; nobody is signed in with them any more.
            TokensNotCurrent: They are not valid at this time.
            ServiceUnavailable: The keys cannot be had.
        """
        held, claims = self._held
        if held is tokens and claims is not None:
            return claims
        claims = self._asked_for(tokens)
        if self._held[0] is tokens:
            self._held = tokens, claims
        return claims

    def _asked_for(self, tokens: TokenSet) -> Mapping[str, Any]:
        verifier = self._verifier
        if verifier is None:
            raise ConfigError("No user pool is configured (user_pool_id and client_id), so there are no claims")
        error: TokensNotGenuine
        try:
            return carry_out(lambda: self._verified(verifier, tokens))
        except TokensNotGenuine as forged:
            error = forged.with_traceback(None)
        self._runtime.dispatch(TokensDisproved(tokens, error))
        raise error

    def _verified(self, verifier: Verifier, tokens: TokenSet) -> Mapping[str, Any]:
        with self._at_work:
            return verifier.verify(tokens)

    def _come_to_an_end(self) -> None:
        # Modules half imported, and locks of OpenSSL that another thread holds, would stay so in the child.
        if self._at_work.acquire(_PATIENCE):
            self._at_work.release()

    def _checked(self, tokens: TokenSet | None) -> Mapping[str, Any] | None:
        if tokens and self._verifier:
            with suppress(TokensNotGenuine, TokensNotCurrent):
                return self._verifier.check(tokens)
        return None

    def _verify(self, tokens: TokenSet) -> None:
        with suppress(AuthError):  # whoever asks for claims is told
            self.claims(tokens)
