"""The accounts of one kernel: a session for each that is used, which one is current, and which others there are.

Rule: nothing here touches the network. Of an account that is not used yet only its record is read; a session, which
would go on to renew what it finds, is made when somebody wants to use it.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nbauth import process, settings
from nbauth.auth_session import AuthSession
from nbauth.core.conversation import status
from nbauth.core.user_state import UserState
from nbauth.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from nbauth.core.config import AuthConfig
    from nbauth.traits import NbAuth

_log = logging.getLogger(__name__)

Observer = Callable[[AuthSession, AuthSession], object]
"""Is told the session that was current and the one that is; the same one twice where other accounts came or went."""


@dataclass(frozen=True, slots=True)
class Account:
    """What is known of an account without using it.

    Attributes:
        name: The name under which its sign-in is kept.
        status: A sentence that says who is signed in; empty where nobody has looked yet.
        username: What people call the user; None where nobody is known.
        current: Whether it is the one that a notebook uses where none is named.
    """

    name: str
    status: str = ""
    username: str | None = None
    current: bool = False


class Accounts:
    """The accounts of one kernel.

    Args:
        defaults: Settings that come before the environment, among them the pools of accounts that have their own.
        make_session: Makes the session of an account.
    """

    def __init__(
        self,
        defaults: "NbAuth | None" = None,
        *,
        make_session: Callable[..., AuthSession] = AuthSession,
    ) -> None:
        self._defaults = defaults
        self._make_session = make_session
        self._lock = process.Lock()
        self._sessions: dict[str, AuthSession] = {}
        self._unused: dict[str, Account] = {}
        self._kept: frozenset[str] = frozenset()
        self._current: AuthSession | None = None
        self._observers: list[Observer] = []

    @property
    def defaults(self) -> "NbAuth | None":
        """The settings that come before the environment."""
        return self._defaults

    @property
    def current(self) -> AuthSession:
        """The session that a notebook uses where no account is named."""
        with self._lock:
            if self._current is None:
                self._current = self.session(settings.resolve_session(traits=self._defaults).account)
            return self._current

    def session(self, name: str | None = None) -> AuthSession:
        """Return the session of an account, the same one each time.

        Args:
            name: The account; None for the current one.

        Raises:
            ConfigError: That is no name for an account, or its settings are wrong.
        """
        if name is None:
            return self.current
        name = name.strip()
        with self._lock:
            if name not in self._sessions:
                settings.resolve_session(account=name)  # refuses what is no name
                self._sessions[name] = self._make_session(self._config_of(name), account=name, defaults=self._defaults)
            return self._sessions[name]

    def switch(self, name: str) -> AuthSession:
        """Make an account the current one, and return its session.

        Raises:
            ConfigError: That is no name for an account, or its settings are wrong.
        """
        session = self.session(name)
        with self._lock:
            before, self._current = self.current, session
        self._tell(before, session)
        return session

    def look(self) -> None:
        """Read from the token store which accounts are kept there, beside those that are used here."""
        kept = frozenset(self._names_kept())
        elsewhere = {*kept, *self._configured()} - set(self._sessions)
        unused = {name: self._kept_account(name) for name in elsewhere}
        with self._lock:
            changed, self._unused, self._kept = unused != self._unused, unused, kept
        if changed:
            self._tell(self.current, self.current)

    def known(self) -> list[Account]:
        """Return the accounts that are used here, that have settings, or that the last look has found.

        One that nobody is signed in to, and of which nothing is known otherwise, is a name that somebody once typed.
        """
        current = self.current
        with self._lock:
            found = {name: Account(name) for name in self._configured()} | self._unused
            sessions, lasting = dict(self._sessions), {*found, *self._kept}
        found |= {
            name: _used_account(session, session is current)
            for name, session in sessions.items()
            if session is current or name in lasting or _is_in_use(session)
        }
        return [found[name] for name in sorted(found)]

    def observe(self, observer: Observer) -> Callable[[], None]:
        """Call `observer` after each switch, and when a look has found something new.

        Returns:
            A function that ends it.
        """
        self._observers.append(observer)

        def remove() -> None:
            with suppress(ValueError):
                self._observers.remove(observer)

        return remove

    def __contains__(self, session: object) -> bool:
        return any(known is session for known in tuple(self._sessions.values()))

    def _names_kept(self) -> list[str]:
        chosen = settings.resolve_session(traits=self._defaults)
        return kept_names(settings.resolve(traits=self._defaults), chosen.store)

    def _kept_account(self, name: str) -> Account:
        try:
            return _peek(name, self._config_of(name), settings.resolve_session(traits=self._defaults).store)
        except (ConfigError, StoreError) as error:
            return Account(name, str(error))

    def _configured(self) -> list[str]:
        return [name for name in self._defaults.accounts if _is_a_name(name)] if self._defaults is not None else []

    def _config_of(self, name: str) -> "AuthConfig":
        return settings.resolve(traits=self._defaults, account=name)

    def _tell(self, before: AuthSession, after: AuthSession) -> None:
        for observer in tuple(self._observers):
            try:
                observer(before, after)
            except Exception:  # noqa: BLE001 - the observers after it are to be told, too
                _log.exception("nbauth: an observer of the accounts failed")


def kept_names(config: "AuthConfig", store: str) -> list[str]:
    """Return the accounts that a token store keeps for a pool, by name; none where the store cannot tell.

    Args:
        config: Names the pool.
        store: The token store's name or dotted path.
    """
    from nbauth import stores

    if config.is_empty:
        return []
    try:
        names = stores.kept_accounts(store, stores.StoreKey.of(config, ""))
    except (ConfigError, StoreError):
        return []
    return sorted(name for name in names if _is_a_name(name))


def _is_a_name(name: str) -> bool:
    try:
        settings.resolve_session(account=name, environ={})
    except ConfigError:
        return False
    return True


def _is_in_use(session: AuthSession) -> bool:
    return session.state is not UserState.SIGNED_OUT or session.challenge is not None or session.busy


def _used_account(session: AuthSession, current: bool) -> Account:
    said = status(session.state, session.state_reason, session.display_name)
    return Account(session.account, said, session.display_name, current)


def _peek(name: str, config: "AuthConfig", store: str) -> Account:
    """Return what the record of an account says."""
    from nbauth import stores
    from nbauth.core.events import Opened
    from nbauth.core.flow import Flow
    from nbauth.core.view import observed

    flow = Flow()
    if not config.is_empty:
        flow, _ = flow.take(Opened(stores.open_store(store, stores.StoreKey.of(config, name)).load()))
    seen = observed(flow, datetime.now(UTC))
    return Account(name, status(seen["state"], seen["state_reason"], seen["username"]), seen["username"])
