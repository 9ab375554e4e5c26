"""A fake of the port that verifies tokens: whatever it is shown is genuine, unless it is told otherwise."""

from collections.abc import Mapping
from typing import Any

from nbauth.core.tokens import TokenSet
from nbauth.ports import Verifier
from nbauth.testing.scripted import Scripted


class FakeVerifier(Scripted, Verifier):
    """A verifier that takes every token for genuine; `fail_next` has it refuse one.

    Attributes:
        has_keys: Whether the pool's keys are there; `verify` fetches them.

    Args:
        has_keys: Whether they are there from the start.
    """

    def __init__(self, *, has_keys: bool = True) -> None:
        super().__init__()
        self.has_keys = has_keys

    def check(self, tokens: TokenSet, *, nonce: str | None = None) -> Mapping[str, Any] | None:
        """Return the ID token's claims, None where the keys are not there."""
        self._called("check")
        return tokens.claims if self.has_keys else None

    def verify(self, tokens: TokenSet, *, nonce: str | None = None) -> Mapping[str, Any]:
        """Return the ID token's claims."""
        self._called("verify")
        self.has_keys = True
        return tokens.claims
