"""Where a kernel's parts are wired together: settings, session, prompt, magics, names; and the default session.

`%load_ext nbauth` must stay instant: nothing here may import boto3 or ipywidgets before the cell that loads has run.
"""

from typing import TYPE_CHECKING, Any

from nbauth import kernel, process
from nbauth.accounts import Accounts
from nbauth.auth_session import AuthSession
from nbauth.namespace import LateSession, Names
from nbauth.traits import NbAuth

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
            _accounts = Accounts()
        return _accounts.current


def load(shell: Any) -> None:
    """Inject the session and the boto3 session, register the magics, and show the panel or the bar after the cell."""
    global _accounts, _loaded
    if _loaded is not None:
        return
    settings = NbAuth(parent=shell)
    accounts = Accounts(settings)
    loaded = _Loaded(shell, settings, accounts)
    with _lock:
        _accounts, _loaded = accounts, loaded


def unload(shell: Any) -> None:
    """Remove what `load` put there, and nothing of the user's."""
    global _loaded
    if _loaded is not None:
        _loaded.remove()
        _loaded = None


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
