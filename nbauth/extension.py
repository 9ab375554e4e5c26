"""Where a kernel's parts are wired together: settings, session, prompt, magics, names; and the default session.

`%load_ext nbauth` must stay instant: nothing here may import boto3 or ipywidgets before the cell that loads has run.
"""

import sys
from typing import TYPE_CHECKING, Any

from nbauth import kernel, process
from nbauth import settings as sources
from nbauth.accounts import Accounts
from nbauth.auth_session import AuthSession
from nbauth.errors import ConfigError
from nbauth.namespace import LateSession, Names
from nbauth.traits import NbAuth, settings_of

if TYPE_CHECKING:
    from nbauth.ports import Prompt

__all__ = ["AuthSession", "load", "session", "unload"]

_lock = process.Lock()
_accounts: Accounts | None = None
_loaded: "_Loaded | None" = None


def session() -> AuthSession:
    """Return the auth session of the current account, which is also the one that `%load_ext nbauth` injects."""
    global _accounts
    with _lock:
        if _accounts is None:
            _accounts = Accounts(_settings_here())
        return _accounts.current


def load(shell: Any) -> None:
    """Inject the session and the boto3 session, register the magics, and show the panel or the bar after the cell.

    Raises:
        ConfigError: A setting in the shell's configuration does not fit.
    """
    global _accounts, _loaded
    if _loaded is not None:
        return
    settings = settings_of(shell)
    with _lock:
        # Whoever is signed in already stays it, unless the settings speak of something else by now.
        if _accounts is None or not _still_holds(_accounts, settings):
            _accounts = Accounts(settings)
        accounts = _accounts
    _loaded = _Loaded(shell, accounts.defaults or settings, accounts)


def unload(shell: Any) -> None:
    """Remove what `load` put there, and nothing of the user's."""
    global _loaded
    if _loaded is not None:
        _loaded.remove()
        _loaded = None


def _settings_here() -> NbAuth | None:
    """Return the settings of the shell that this code runs in, None where there is none."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return settings_of(shell) if shell is not None else None


def _still_holds(accounts: Accounts, settings: NbAuth) -> bool:
    """Return whether sessions that were made before are what these settings would make."""
    if accounts.defaults is None or _values(accounts.defaults) != _values(settings):
        return False
    try:
        current = accounts.current
        return current.config == sources.resolve(traits=settings, account=current.account)
    except ConfigError:
        return False


def _values(settings: NbAuth) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in settings.traits(config=True)}


class _Loaded:
    """What one `%load_ext nbauth` put into one shell."""

    def __init__(self, shell: Any, settings: NbAuth, accounts: Accounts) -> None:
        from nbauth.magics import AwsMagics

        self._shell = shell
        self._settings = settings
        self._accounts = accounts
        self._names = Names(shell)
        self._session_name, self._boto3_name = settings.session_name, settings.boto3_name
        auth = accounts.current
        self._names.put(self._session_name, auth)
        self._names.put(self._boto3_name, LateSession(auth.boto3_session))
        self._stop_following = accounts.observe(self._follow)
        self._magics = AwsMagics(shell, accounts, boto3_name=self._boto3_name)
        self._magics.register()
        shell.configurables.append(settings)
        shell.events.register("post_run_cell", self._after_first_cell)

    def remove(self) -> None:
        self._stop_listening()
        self._stop_following()
        self._magics.unregister()
        self._names.remove()
        if self._settings in self._shell.configurables:
            self._shell.configurables.remove(self._settings)

    def _follow(self, before: AuthSession, after: AuthSession) -> None:
        if after is not before:
            self._names.follow(self._session_name, after)
            self._names.follow(self._boto3_name, LateSession(after.boto3_session))

    def _after_first_cell(self, result: object = None) -> None:
        # Shown before the kernel goes idle, so that it stands under the cell that loaded the extension.
        self._stop_listening()
        auth = self._accounts.current
        if self._settings.show_panel and not auth.config.is_empty and kernel.can_show():
            if auth.is_signed_in:
                auth.status_bar()
            else:
                auth.show_sign_in()
        auth.warm()  # not before: what it loads would be loaded between one import of the panel and the next

    def _stop_listening(self) -> None:
        if self._after_first_cell in self._shell.events.callbacks["post_run_cell"]:
            self._shell.events.unregister("post_run_cell", self._after_first_cell)


def _prompt_for(auth: AuthSession) -> "Prompt | None":
    """Return the prompt that fits where this code runs."""
    if kernel.current_kernel() is not None:
        from nbauth.widgets.prompt import PanelPrompt

        accounts = _accounts
        return PanelPrompt(auth, accounts if accounts is not None and auth in accounts else None)
    from nbauth.terminal import TerminalPrompt

    prompt = TerminalPrompt(auth)
    return prompt if prompt.available() else None


AuthSession.prompt_for = staticmethod(_prompt_for)
AuthSession.defaults_here = staticmethod(_settings_here)
