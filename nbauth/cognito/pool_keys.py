"""The public keys of a user pool (JWKS, RFC 7517): fetched when a key is wanted that is not there, and kept.

Rule: what is no page of keys changes nothing. Whoever looks for the same key again within five minutes is not served
by the network.
"""

import json
import math
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nbauth import process
from nbauth.cognito.client import Clients

if TYPE_CHECKING:
    from jwt import PyJWK

ALGORITHM = "RS256"
"""How user pools sign."""

_PAUSE = 300  # seconds between two looks for keys that were not on the page
_MOST_KEYS = 32


@dataclass(frozen=True, slots=True)
class _Page:
    """What is known of one page; moments are those of a steady clock.

    Attributes:
        keys: The keys by their ids; none before the page could be read.
        looked_at: When somebody last looked for a key that was not there.
        complete_at: When that look was last answered with keys.
    """

    keys: Mapping[str, "PyJWK"] = field(default_factory=dict)
    looked_at: float = -math.inf
    complete_at: float = -math.inf


class PoolKeys:
    """The keys of one user pool, by the page that they are on.

    Args:
        clients: How to reach the pool.
        steady: Counts seconds, and is never set.
    """

    def __init__(self, clients: Clients, steady: Callable[[], float] = time.monotonic) -> None:
        self._clients = clients
        self._steady = steady
        self._lock = process.Lock()
        self._pages: dict[str, _Page] = {}

    def take(self, url: str, content: bytes) -> None:
        """Take the keys on a page that was fetched before anybody wanted one."""
        if keys := _keys_on(content):
            self._pages[url] = _Page(keys)

    def get(self, url: str, kid: str) -> "PyJWK | None":
        """Return a key, None where it is not known; without network."""
        return self._page(url).keys.get(kid)

    def is_complete(self, url: str) -> bool:
        """Return whether a key that is not known is none of the pool's: somebody looked a short while ago."""
        return self._steady() - self._page(url).complete_at < _PAUSE

    def look_for(self, url: str, kid: str) -> None:
        """Fetch a page for a key that is not known, unless somebody looked a short while ago."""
        with self._lock:
            page, now = self._page(url), self._steady()
            if kid in page.keys or (page.keys and now - page.looked_at < _PAUSE):
                return
            keys = _keys_on(self._clients.read(url) or b"")
            self._pages[url] = _Page(keys, now, now) if keys else _Page(page.keys, now, page.complete_at)

    def _page(self, url: str) -> _Page:
        return self._pages.get(url) or _Page()


def _keys_on(content: bytes) -> dict[str, "PyJWK"]:
    entries: Any = None
    with suppress(ValueError, TypeError, KeyError, RecursionError):
        entries = json.loads(content)["keys"]
    keys = (_read(entry) for entry in (entries[:_MOST_KEYS] if isinstance(entries, list) else ()))
    return dict(key for key in keys if key)


def _read(entry: Any) -> "tuple[str, PyJWK] | None":
    """Return a key and its id, None where it is not one that signs tokens."""
    from jwt import PyJWK

    if not isinstance(entry, dict) or entry.get("kty") != "RSA" or not isinstance(entry.get("kid"), str):
        return None
    if entry.get("use", "sig") != "sig" or entry.get("alg", ALGORITHM) != ALGORITHM:
        return None
    with suppress(Exception):  # whatever is wrong with it, it is no key
        return entry["kid"], PyJWK({name: entry[name] for name in ("kty", "n", "e")}, ALGORITHM)
    return None
