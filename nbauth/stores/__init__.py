"""Token stores, by name: each public module here is one, and offers `open_store(key)`.

To add a store, add its file. A store does no I/O before it is asked to, and its messages never quote what it keeps.

A store's `lock()` may be entered again by the thread that holds it; other threads, and other stores with the same key,
wait for it `LOCK_WAIT` seconds and then get a StoreError.

A store that kernels share may offer two things more, which nobody needs: `siblings()`, a `nbauth.ports.Siblings`, and
`accounts()`, the accounts kept for the same user pool and app client.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from nbauth.errors import AuthError, ConfigError

if TYPE_CHECKING:
    from nbauth.core.config import AuthConfig
    from nbauth.ports import Siblings, TokenStore

LOCK_WAIT = 30.0
"""How many seconds `lock()` waits; longer than a refresh takes on a bad network."""


@dataclass(frozen=True, slots=True)
class StoreKey:
    """Whose record it is.

    Attributes:
        user_pool_id: The user pool; the identity pool where there are guests only.
        client_id: The app client; empty where there are guests only.
        account: The name that the person gave the account in nbauth.
        identity_pool_id: Whose the record's identity id is; the record is the same whichever pool that is.
    """

    user_pool_id: str
    client_id: str
    account: str
    identity_pool_id: str = field(default="", compare=False)

    @classmethod
    def of(cls, config: "AuthConfig", account: str) -> Self:
        """Return the key for an account at the pool that `config` names."""
        identity_pool_id = config.identity_pool_id or ""
        return cls(config.user_pool_id or identity_pool_id, config.client_id or "", account, identity_pool_id)

    def digest(self) -> str:
        """Return a name for the record that fits everywhere and says nothing about the person."""
        parts = json.dumps([self.user_pool_id, self.client_id, self.account])
        return hashlib.sha256(parts.encode()).hexdigest()


def names() -> list[str]:
    """Return the names of the stores there are, by the files present."""
    import pkgutil

    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def open_store(name: str, key: StoreKey) -> "TokenStore":
    """Open the store called `name` for one account.

    Args:
        name: One of `names()`, or ``package.module.attribute`` (a colon will do for the last dot, too) for a callable
            that takes the key and returns a store.
        key: Whose record it is.

    Raises:
        ConfigError: There is no such store, or it cannot work on this machine.
    """
    if _is_path(name):
        return _made(name, key)
    check_store_name(name)
    opener: Callable[[StoreKey], TokenStore] = _imported(f"{__name__}.{name}:open_store")
    return opener(key)


def siblings_of(store: "TokenStore") -> "Siblings":
    """Return the other kernels that share what `store` keeps; nobody, for a store that does not know any."""
    from nbauth.ports import NoSiblings

    offer: Callable[[], Siblings] = getattr(store, "siblings", NoSiblings)
    return offer()


def kept_accounts(name: str, key: StoreKey) -> list[str]:
    """Return the accounts that the store called `name` keeps for the key's user pool and app client, sorted.

    Raises:
        ConfigError: There is no such store, or it cannot work on this machine.
    """
    offer: Callable[[], list[str]] = getattr(open_store(name, key), "accounts", list)
    return offer()


def check_store_name(name: str, source: str = "") -> None:
    """Refuse what cannot be the name of a store; a dotted path is only looked at when it is opened.

    Raises:
        ConfigError: There is no such store.
    """
    if not _is_path(name) and name not in names():
        origin = f" from {source}" if source else ""
        raise ConfigError(
            f"store{origin} is {name[:60]!r}: it is one of {', '.join(names())}, or a path like 'package.module.Class'"
        )


def _is_path(name: str) -> bool:
    parts = name.split(".")
    return ":" in name or (len(parts) > 1 and all(part.isidentifier() for part in parts))


def _made(path: str, key: StoreKey) -> "TokenStore":
    make, problem = _imported(path), ""
    try:
        return make(key)
    except AuthError:
        raise
    except Exception as error:  # noqa: BLE001 - it is somebody else's
        problem = f"{type(error).__name__}: {error}"
    raise ConfigError(f"store {path!r} cannot be used: {problem}")


def _imported(path: str) -> "Callable[[StoreKey], TokenStore]":
    from importlib import import_module

    module_name, _, attributes = path.partition(":") if ":" in path else path.rpartition(".")
    problem = ""
    try:
        found: object = import_module(module_name)
        for attribute in attributes.split("."):
            found = getattr(found, attribute)
    except (ImportError, AttributeError, ValueError) as error:
        problem = str(error)
    else:
        if callable(found):
            return found
        problem = "it is not callable"
    raise ConfigError(f"store {path!r} cannot be used: {problem}")
