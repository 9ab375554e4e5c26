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
from nbauth.widgets import bar
from nbauth.widgets.errand import Errand, message_of
from nbauth.widgets.redaction import redact
from nbauth.widgets.screens import Asked, FieldView, Screen, screen_for

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession

_screen_ids = count(1)
_WITHOUT_A_PAGE = "Run this cell to sign in to AWS, or to see who is signed in."


class Panel(anywidget.AnyWidget):
    """What a page shows of one session: the form to sign in with, or the status bar.

    Args:
        session: The session to draw.
        form: Whether to show the form, should nobody be signed in.
        waiting: Whether a cell waits for the sign-in: then the form stands until the panel is closed.
    """

    _esm = Path(__file__).with_name("page.js")
    _css = Path(__file__).with_name("page.css")

    view = Dict().tag(sync=True)

    def __init__(self, session: "AuthSession", *, form: bool = False, waiting: bool = False) -> None:
        self._session = session
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
        self._draw()  # what has changed since the first drawing

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

    def _session_changed(self, change: Mapping[str, Any]) -> None:
        with self._lock:
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
        return {**bar.draw(self._session, doing=self._errand.name, message=self._message, waiting=self._waiting)}

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
            case {"type": "submit", "screen": str(screen_id), "values": dict(values)}:
                self._submit(screen_id, values)
            case {"type": "action", "action": str(action)}:
                self._act(action)

    def _greet(self, view: Any) -> None:
        self.ready.set()
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
        if self._challenge is not None:
            return lambda: self._session.confirm_sign_in(answers)
        return lambda: self._session.sign_in(str(answers["username"]), answers["password"] or None)

    def _act(self, action: str) -> None:
        match action:
            case "sign_in":
                self.open_form()
            case "cancel" | "back":
                self._errand.give_up()
                self._begin("cancel", self._stop_waiting if action == "cancel" else self._session.cancel_sign_in)
                if action == "cancel":
                    self.fold()
            case "refresh":
                self._begin("refresh", self._refresh)
            case "sign_out":
                self._begin("sign_out", self._session.sign_out)

    def _stop_waiting(self) -> None:
        self._session.cancel_sign_in()
        if self._waiting:
            self._session.release_sign_in_wait()

    def _refresh(self) -> None:
        if self._session.config.identity_pool_id:
            self._session.get_credentials(force_refresh=True, wait=False)
        else:
            self._session.get_tokens(force_refresh=True, wait=False)

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
