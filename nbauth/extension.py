"""Where a kernel's parts are wired together: settings, session, prompt, magics, names; and the default session.

`%load_ext nbauth` must stay instant: nothing here may import boto3 or ipywidgets before the cell that loads has run.
"""

import threading
from typing import TYPE_CHECKING, Any

from nbauth import kernel
from nbauth.auth_session import AuthSession
from nbauth.namespace import LateSession, Names
from nbauth.settings import NbAuth

if TYPE_CHECKING:
    from nbauth.ports import Prompt

__all__ = ["AuthSession", "load", "session", "unload"]

_lock = threading.Lock()
_default: AuthSession | None = None
_loaded: "_Loaded | None" = None


def session() -> AuthSession:
    """Return the default auth session of this process, which is also the one that `%load_ext nbauth` injects."""
    global _default
    with _lock:
        if _default is None:
            _default = AuthSession()
        return _default


def load(shell: Any) -> None:
    """Inject the session and the boto3 session, register the magics, and show the panel or the bar after the cell."""
    global _default, _loaded
    if _loaded is not None:
        return
    settings = NbAuth(parent=shell)
    with _lock:
        _default = AuthSession(defaults=settings)
    _loaded = _Loaded(shell, settings, _default)


def unload(shell: Any) -> None:
    """Remove what `load` put there, and nothing of the user's."""
    global _loaded
    if _loaded is not None:
        _loaded.remove()
        _loaded = None


class _Loaded:
    """What one `%load_ext nbauth` put into one shell."""

    def __init__(self, shell: Any, settings: NbAuth, auth: AuthSession) -> None:
        from nbauth.magics import AwsMagics

        self._shell = shell
        self._settings = settings
        self._auth = auth
        self._names = Names(shell)
        self._names.put(settings.session_name, auth)
        self._names.put(settings.boto3_name, LateSession(auth.boto3_session))
        self._magics = AwsMagics(shell, auth, self._session_of, boto3_name=settings.boto3_name)
        self._magics.register()
        shell.configurables.append(settings)
        shell.events.register("post_run_cell", self._after_first_cell)

    def remove(self) -> None:
        self._stop_listening()
        self._magics.unregister()
        self._names.remove()
        if self._settings in self._shell.configurables:
            self._shell.configurables.remove(self._settings)

    def _session_of(self, account: str) -> AuthSession:
        return AuthSession(account=account, defaults=self._settings)

    def _after_first_cell(self, result: object = None) -> None:
        # Shown before the kernel goes idle, so that it stands under the cell that loaded the extension.
        self._stop_listening()
        self._auth.warm()
        if self._settings.show_panel and not self._auth.config.is_empty and kernel.somebody_there():
            if self._auth.is_signed_in:
                self._auth.status_bar()
            else:
                self._auth.show_sign_in()

    def _stop_listening(self) -> None:
        if self._after_first_cell in self._shell.events.callbacks["post_run_cell"]:
            self._shell.events.unregister("post_run_cell", self._after_first_cell)


def _prompt_for(auth: AuthSession) -> "Prompt | None":
    """Return the prompt that fits where this code runs."""
    if kernel.current_kernel() is not None:
        from nbauth.widgets.prompt import PanelPrompt

        return PanelPrompt(auth)
    from nbauth.terminal import TerminalPrompt

    prompt = TerminalPrompt(auth)
    return prompt if prompt.available() else None


AuthSession.prompt_for = staticmethod(_prompt_for)
