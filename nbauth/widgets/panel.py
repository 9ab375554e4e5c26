"""The sign-in panel, which folds into the status bar: it draws the session, and hands what people do to its verbs.

The page is told what to draw through `view` and through nothing else; what people do comes in custom messages. A
password or code is in one such message, becomes a `Secret` at once, and is never in a trait: traits are widget state,
which notebooks save and other pages see.

Rule: a handler raises nothing, prints nothing and waits for nothing. What it raises or prints is lost, and while it
waits no other widget of the kernel answers.
"""

import threading
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget  # noqa: TID253 - this module is imported from inside functions only
from traitlets import Dict

from nbauth.core.challenges import Challenge
from nbauth.core.conversation import password_is_optional, waits_for_network
from nbauth.core.secret import Secret
from nbauth.core.user_state import UserState
from nbauth.text import sign_out_text
from nbauth.widgets import bar
from nbauth.widgets.errand import Errand, message_of
from nbauth.widgets.redaction import redact
from nbauth.widgets.screens import Asked, FieldView, Screen, screen_for

if TYPE_CHECKING:
    from nbauth.accounts import Account, Accounts
    from nbauth.auth_session import AuthSession

_screen_ids = count(1)
_WITHOUT_A_PAGE = "Run this cell to sign in to AWS, or to see who is signed in."


def _read(*names: str) -> str:
    """Return what runs on the page as one text: a widget is one module and one style sheet, and has no build step."""
    return "\n".join(Path(__file__).with_name(name).read_text(encoding="utf-8") for name in names)


class Panel(anywidget.AnyWidget):
    """What a page shows of one session: the form to sign in with, or the status bar.

    Args:
        session: The session to draw.
        accounts: What can be switched to; while the panel shows the current account it follows a switch.
        form: Whether to show the form, should nobody be signed in.
        waiting: Whether a cell waits for the sign-in: then the form stands until the panel is closed.
    """

    _esm = _read("page.js", "menu.js", "bar.js")
    _css = _read("page.css", "bar.css")

    view = Dict().tag(sync=True)

    def __init__(
        self,
        session: "AuthSession",
        *,
        accounts: "Accounts | None" = None,
        form: bool = False,
        waiting: bool = False,
    ) -> None:
        self._session = session
        self._accounts = accounts
        self._form = form
        self._waiting = waiting
        self._lock = threading.RLock()
        self._errand = Errand(self._errand_ended)
        self._error = ""
        self._message = ""
        self._screen: Screen | None = None
        self._screen_id = ""
        self._challenge: Challenge | None = None
        self._wants_focus = False
        self.ready = threading.Event()
        super().__init__(view=self._drawn())
        redact(self.comm.comm_id)
        self.on_msg(self._receive)
        session.observe(self._session_changed)
        self._stop_following = accounts.observe(self._accounts_changed) if accounts else lambda: None
        self._draw()  # what has changed since the first drawing

    @property
    def session(self) -> "AuthSession":
        """The session that it shows now."""
        return self._session

    def open_form(self) -> None:
        """Show the form, unless a user is signed in."""
        with self._lock:
            self._form, self._error = self._session.state is not UserState.SIGNED_IN, ""
            self._draw()

    def fold(self) -> None:
        """Show the status bar."""
        with self._lock:
            self._form, self._error = False, ""
            self._draw()

    def focus_when_ready(self) -> None:
        """Have the next page that shows it put the cursor into the form: for a cell that is being run, and no other."""
        self._wants_focus = True

    def give_focus_back(self) -> None:
        """Have the page that has the cursor in the form put it back into the cell."""
        self.send({"type": "leave"})

    def close(self) -> None:
        """Take it off every page, and forget the session."""
        if self.comm is not None:
            self._stop_following()
            self._session.unobserve(self._session_changed)
            self.layout.close()
        super().close()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is not None:
            # What a saved notebook shows where no kernel runs: on a web page, or in print.
            bundle[0].update({"text/plain": _WITHOUT_A_PAGE, "text/html": f"<p>{_WITHOUT_A_PAGE}</p>"})
        return bundle

    # ---------------------------------------------------------------------------------------------------- the session

    def _accounts_changed(self, before: "AuthSession", after: "AuthSession") -> None:
        with self._lock:
            if self._session is before is not after:
                before.unobserve(self._session_changed)
                self._errand.give_up()
                self._session, self._screen = after, None
                self._form, self._error, self._message = False, "", ""
                after.observe(self._session_changed)
            self._draw()

    def _session_changed(self, change: Mapping[str, Any]) -> None:
        with self._lock:
            if change["owner"] is not self._session:
                return  # it has been switched away from since
            if change["name"] == "error":
                self._error = str(change["new"] or "")
            elif change["name"] == "state":
                self._message = ""
                self._form = self._form and change["new"] is not UserState.SIGNED_IN
            self._draw()

    def _draw(self) -> None:
        with self._lock:
            if self.comm is None:
                return
            if self._waiting and self._session.state is UserState.SIGNED_IN:
                return  # the outcome is about to take its place
            self.view = self._drawn()

    def _drawn(self) -> dict[str, Any]:
        if self._form_is_open():
            return {"kind": "panel", "screen": self._drawn_screen()}
        self._screen = None
        return {
            **bar.draw(
                self._session,
                doing=self._errand.name,
                message=self._message,
                accounts=self._choice(),
                waiting=self._waiting,
            )
        }

    def _choice(self) -> "list[Account]":
        """Return the accounts to choose from: none where it shows another than the current one."""
        known = self._accounts.known() if self._accounts else []
        return known if any(account.current and account.name == self._session.account for account in known) else []

    def _form_is_open(self) -> bool:
        if self._session.state in (UserState.SIGNED_IN, UserState.UNKNOWN):
            return False
        return self._form or (self._waiting and not waits_for_network(self._session.state_reason))

    def _drawn_screen(self) -> dict[str, Any]:
        challenge = self._session.challenge
        doing = self._errand.name
        # While an answer is under way its screen stands: half of a change is not worth drawing.
        if self._screen is None or (doing is None and challenge != self._challenge):
            self._screen, self._challenge = screen_for(self._asked(challenge)), challenge
            self._screen_id = str(next(_screen_ids))
        busy = doing is not None or self._session.busy
        return {**self._screen, "id": self._screen_id, "busy": busy, "error": "" if busy else self._error}

    def _asked(self, challenge: Challenge | None) -> Asked:
        session = self._session
        return Asked(
            challenge=challenge,
            username=session.username,
            username_attributes=session.config.username_attributes,
            password_optional=password_is_optional(session.config.auth_flow),
            account=session.account,
            user_pool_id=session.config.user_pool_id,
            expired=session.is_signed_in,
            waiting=self._waiting,
        )

    # ------------------------------------------------------------------------------------------------------- the page

    def _receive(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if message := message_of(lambda: self._take(content)):
            self._errand_ended("submit", message)

    def _take(self, content: Any) -> None:
        match content:
            case {"type": "ready"}:
                self._greet(content.get("view"))
            case {"type": "typing"}:
                self._session.warm(connect=True)
            case {"type": "submit", "screen": str(screen_id), "values": dict(values)}:
                self._submit(screen_id, values)
            case {"type": "action", "action": "switch", "account": str(account)} if self._accounts:
                self._errand.give_up()
                self._begin("switch", lambda: self._switch(account))
            case {"type": "action", "action": str(action)}:
                self._act(action)

    def _greet(self, view: Any) -> None:
        self.ready.set()
        self._look()
        if self._wants_focus:
            self._wants_focus = False
            self.send({"type": "focus", "view": view})

    def _submit(self, screen_id: str, values: dict[str, Any]) -> None:
        with self._lock:
            screen = self._screen if screen_id == self._screen_id else None
            answers = {field["name"]: _answer(field, values) for field in screen["fields"]} if screen else {}
            values.clear()  # the kernel keeps the last message that it got
            if screen is None or self._errand.name:
                self.send({"type": "clear"})
                return
            if missing := [
                field for field in screen["fields"] if not (answers[field["name"]] or field.get("optional"))
            ]:
                self._error = f"{missing[0]['label']} is missing."
                self._draw()
                self.send({"type": "clear"})
                return
            self._begin("submit", self._verb(answers))

    def _verb(self, answers: dict[str, str | Secret]) -> Callable[[], object]:
        session = self._session
        if self._challenge is not None:
            return lambda: session.confirm_sign_in(answers)
        return lambda: session.sign_in(str(answers["username"]), answers["password"] or None)

    def _act(self, action: str) -> None:
        session = self._session  # what is done is done to the one that was shown, whatever is shown by then
        match action:
            case "sign_in":
                self.open_form()
            case "cancel" | "back":
                self._errand.give_up()
                self._begin("cancel", lambda: _cancel(session, release=self._waiting and action == "cancel"))
                if action == "cancel":
                    self.fold()
            case "refresh":
                self._begin("refresh", lambda: _refresh(session))
            case "sign_out" | "sign_out_everywhere":
                self._begin("sign_out", lambda: _sign_out(session, everywhere=action == "sign_out_everywhere"))
            case "look":
                self._look()
            case "release":
                session.release_sign_in_wait()

    def _look(self) -> None:
        """Find out about accounts that other kernels use, which takes a look into the token store."""
        if self._accounts is not None:
            threading.Thread(target=self._accounts.look, name="nbauth-look", daemon=True).start()
            self._draw()

    def _switch(self, account: str) -> None:
        if self._accounts is not None:
            self._accounts.switch(account)
            self.open_form()

    def _begin(self, name: str, verb: Callable[[], object]) -> None:
        with self._lock:
            if self._errand.begin(name, verb):
                self._error = self._message = ""
                self._draw()

    def _errand_ended(self, name: str, message: str) -> None:
        with self._lock:
            if name in ("submit", "cancel"):
                self._error = message
            else:
                self._message = message
            self._draw()


def _cancel(session: "AuthSession", *, release: bool) -> None:
    session.cancel_sign_in()
    if release:
        session.release_sign_in_wait()


def _refresh(session: "AuthSession") -> None:
    if session.config.identity_pool_id:
        session.get_credentials(force_refresh=True, wait=False)
    else:
        session.get_tokens(force_refresh=True, wait=False)


def _sign_out(session: "AuthSession", *, everywhere: bool) -> str:
    report = session.sign_out(everywhere=everywhere)
    return sign_out_text(report) if report.error else ""


def _answer(field: FieldView, values: Mapping[str, Any]) -> str | Secret:
    value = values.get(field["name"])
    text = value if isinstance(value, str) else ""
    match field["kind"]:
        case "password" | "current-password":
            return Secret(text)
        case "code":
            return Secret("".join(text.split()))
        case _:
            return text.strip()
