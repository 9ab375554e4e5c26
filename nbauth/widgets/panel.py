"""The sign-in panel, which folds into the status bar: it draws the session, and hands what people do to its screens.

The page is told what to draw through `view`, `words` and `look` and nothing else; what people do comes in custom
messages. A password or code is in one such message, becomes a `Secret` at once, and is never in a trait: traits are
widget state, which notebooks save and other pages see. What a page must be shown and nobody else, such as the key of an
authenticator app, is sent in one message to the page that asks.

Rule: a handler raises nothing, prints nothing and waits for nothing. What it raises or prints is lost, and while it
waits no other widget of the kernel answers.
"""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget  # noqa: TID253 - this module is imported from inside functions only
from traitlets import Dict

from nbauth.core.challenges import Challenge
from nbauth.core.conversation import waits_for_network
from nbauth.core.user_state import UserState
from nbauth.errors import SignInRequired
from nbauth.widgets import bar, looks, sentences
from nbauth.widgets.errand import Errand, Outcome, outcome_of
from nbauth.widgets.letters import Letters
from nbauth.widgets.lockout import Lockout
from nbauth.widgets.redaction import redact
from nbauth.widgets.role import Role
from nbauth.widgets.route import Route, first_page, page_after_sign_in
from nbauth.widgets.screens import Go
from nbauth.widgets.standing import Standing
from nbauth.widgets.words import ENGLISH, Words

if TYPE_CHECKING:
    from nbauth.accounts import Account, Accounts
    from nbauth.auth_session import AuthSession

_FOR_PAGES = ("panel.", "policy.", "passkey.", "resend.", "totp.", "time.", "bar.", "challenge.other_ways")


def _read(*names: str) -> str:
    """Return what runs on the page as one text: a widget is one module and one style sheet, and has no build step."""
    return "\n".join(Path(__file__).with_name(name).read_text(encoding="utf-8") for name in names)


class Panel(anywidget.AnyWidget):
    """What a page shows of one session: the form to sign in with, the account page, or the status bar.

    Args:
        session: The session to draw.
        accounts: What can be switched to; while the panel shows the current account it follows a switch.
        form: Whether to show the form, should nobody be signed in.
        waiting: Whether a cell waits for the sign-in: then the form stands until the panel is closed.
    """

    _esm = _read("page.js", "seal.js", "fields.js", "passkey.js", "looks.js", "panel.js", "menu.js", "bar.js")
    _css = _read("page.css", "panel.css", "bar.css", "looks.css")

    view = Dict().tag(sync=True)
    words = Dict().tag(sync=True)
    look = Dict().tag(sync=True)

    _ipython_display_ = None  # that of ipywidgets 7 leaves no line to be saved, and shows what cannot be replaced

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
        self._texts = Words.of([session.language or ENGLISH])
        self._page_has_spoken = session.language is not None
        self._passkey_host = ""
        self._route = Route()
        self._error = self._said = self._message = ""
        self._screen: Standing | None = None
        self._lockout = Lockout()
        self._role = Role(self._draw)
        self._letters = Letters(self.send)
        self._wants_focus = False
        self.ready = threading.Event()
        super().__init__(view=self._drawn(), words=self._texts_of_page(), look=looks.of_page(session.appearance))
        redact(self.comm.comm_id)
        self.on_msg(self._receive)
        session.observe(self._session_changed)
        self._stop_following = accounts.observe(self._accounts_changed) if accounts else lambda: None
        self._draw()  # what has changed since the first drawing

    @property
    def session(self) -> "AuthSession":
        """The session that it shows now."""
        return self._session

    @property
    def texts(self) -> Words:
        """The texts, in the language of whoever reads them."""
        return self._texts

    def open_form(self) -> None:
        """Show the form, unless a user is signed in of whom nothing is asked."""
        with self._lock:
            self._form = not self._is_settled()
            self._begin_anew()
            self._draw()

    def fold(self) -> None:
        """Show the status bar."""
        with self._lock:
            self._form = False
            self._begin_anew()
            self._draw()

    def focus_when_ready(self) -> None:
        """Have the next page that shows it put the cursor into the form: for a cell that is being run, and no other."""
        self._wants_focus = True

    def take_focus(self) -> None:
        """Have the pages that show it put the cursor into the form."""
        self.send({"type": "focus"})

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
            line = self._texts("panel.run_again")
            bundle[0].update({"text/plain": line, "text/html": f"<p>{line}</p>"})
        return bundle

    # ---------------------------------------------------------------------------------------------------- the session

    def _accounts_changed(self, before: "AuthSession", after: "AuthSession") -> None:
        with self._lock:
            if self._session is before is not after:
                before.unobserve(self._session_changed)
                self._errand.give_up()
                self._session, self._screen = after, None
                self._form, self._message = False, ""
                self._begin_anew()
                after.observe(self._session_changed)
            self._draw()

    def _session_changed(self, change: Mapping[str, Any]) -> None:
        with self._lock:
            if change["owner"] is not self._session:
                return  # it has been switched away from since
            if change["name"] == "online":
                self._message = ""  # what could not be done before is no news any more
            elif change["name"] == "error":
                self._error = sentences.error_text(self._texts, change["new"])
            elif change["name"] == "state" and not self._is_being_answered():
                signed_in = change["new"] is UserState.SIGNED_IN
                elsewhere = signed_in and self._form and not self._errand.name
                self._message = self._texts("bar.signed_in_elsewhere") if elsewhere else ""
                self._form = self._form and not signed_in
                self._begin_anew()
            elif change["name"] == "challenge" and self._is_settled():
                self._form = False
            self._draw()

    def _is_settled(self) -> bool:
        """Whether a user is signed in and does not step up."""
        return self._session.state is UserState.SIGNED_IN and self._session.challenge is None

    def _is_being_answered(self) -> bool:
        """Whether an answer given here has just led to a sign-in: what comes after it is known when it ends."""
        return self._errand.name == "sign_in" and self._session.state is UserState.SIGNED_IN

    def _begin_anew(self) -> None:
        self._route.clear()
        self._error = self._said = ""

    # ------------------------------------------------------------------------------------------------------- drawing

    def _draw(self) -> None:
        with self._lock:
            if self.comm is None or self._is_being_answered():
                return
            if self._waiting and self._is_settled():
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
                role=self._role.name(self._session),
                words=self._texts,
            )
        }

    def _choice(self) -> "list[Account]":
        """Return the accounts to choose from: none where it shows another than the current one."""
        known = self._accounts.known() if self._accounts else []
        return known if any(account.current and account.name == self._session.account for account in known) else []

    def _form_is_open(self) -> bool:
        if self._session.state is UserState.UNKNOWN:
            return False
        if self._session.state is UserState.SIGNED_IN:
            steps_up = self._session.challenge is not None and (self._form or self._waiting)
            return steps_up or self._route.page is not None
        return self._form or (self._waiting and not waits_for_network(self._session.state_reason))

    def _drawn_screen(self) -> dict[str, Any]:
        place = self._session.challenge or self._route.page or first_page(self._session)
        doing, screen = self._errand.name, self._screen
        # While an answer is under way its screen stands: half of a change is not worth drawing.
        if screen is None or (doing is None and place != screen.place):
            screen = self._screen = Standing(self._session, place, waiting=self._waiting, words=self._texts)
        busy = doing is not None or self._session.busy
        return {
            **screen.view,
            "id": screen.id,
            "busy": busy,
            "error": "" if busy else self._error,
            "said": "" if busy else self._said,
            "locked_until": None if busy else self._lockout.ends_at,
        }

    def _texts_of_page(self) -> dict[str, str]:
        texts = self._texts
        return {**texts.group(*_FOR_PAGES), "lang": texts.language, "dir": texts.direction}

    # ------------------------------------------------------------------------------------------------------- the page

    def _receive(self, _widget: Any, content: Any, _buffers: Any) -> None:
        outcome = outcome_of(lambda: self._take(content))
        if outcome.error is not None:
            self._errand_ended("submit", outcome)
            self.send({"type": "clear"})  # a page that waits for an answer waits no longer

    def _take(self, content: Any) -> None:
        match content:
            case {"type": "ready"}:
                self._greet(content)
            case {"type": "waiting"}:
                pass  # that it could be sent is all that the page wants to know
            case {"type": "typing"}:
                self._session.warm(connect=True)
            case {"type": "key", "view": str(view), "key": str(key)}:
                self._letters.agree(view, key)
            case {"type": "material", "screen": str(screen_id), "view": str(view)}:
                self._show_material(screen_id, view)
            case {"type": "submit", "screen": str(screen_id)}:
                self._submit(screen_id, content)
            case {"type": "action", "action": "switch", "account": str(account)} if self._accounts:
                self._errand.give_up()
                self._begin("switch", lambda: self._switch(account))
            case {"type": "action", "action": str(action)}:
                item = content.get("item")
                self._act(action, item if isinstance(item, str) else "")

    def _greet(self, greeting: Mapping[str, Any]) -> None:
        self.ready.set()
        match greeting:
            case {"languages": list(languages)} if not self._page_has_spoken:
                self._page_has_spoken = True
                self._speak(Words.of(tag for tag in languages if isinstance(tag, str)))
        match greeting:
            case {"passkey_host": str(host)}:
                self._passkey_host = host
        self._look()
        if self._wants_focus:
            self._wants_focus = False
            self.send({"type": "focus", "view": greeting.get("view")})

    def _speak(self, texts: Words) -> None:
        with self._lock:
            if texts.language != self._texts.language:
                self._texts, self._screen = texts, None
                self.words = self._texts_of_page()
                self._draw()

    def _named(self, screen_id: str) -> Standing | None:
        """Return the screen that stands, if that is the one which a page means."""
        return self._screen if self._screen is not None and self._screen.id == screen_id else None

    def _show_material(self, screen_id: str, view: str) -> None:
        with self._lock:
            screen = self._named(screen_id)
            material = screen.material() if screen else None
        if material is not None:
            self._letters.show(view, screen_id, material)

    def _submit(self, screen_id: str, message: dict[str, Any]) -> None:
        with self._lock:
            values = self._letters.answers_in(message)
            screen = self._named(screen_id)
            if screen is None or self._errand.name:
                self.send({"type": "clear"})
                return
            answers = screen.read(values)
            missing = screen.missing(answers)
            if missing:
                self._error = self._texts("field.missing", label=missing["label"])
                self._draw()
                self.send({"type": "clear"})
                return
            self._answer(screen.submitting(answers))

    def _answer(self, submit: Callable[[], object]) -> None:
        session, host, waiting = self._session, self._passkey_host, self._waiting

        def sign_in() -> object:
            leads_to = submit()
            signed_in = session.state is UserState.SIGNED_IN and not waiting
            return leads_to or (page_after_sign_in(session, host) if signed_in else None)

        if session.state is UserState.SIGNED_IN:
            self._begin("submit", submit)
        else:
            self._begin("sign_in", sign_in)

    def _act(self, action: str, item: str) -> None:
        session = self._session  # what is done is done to the one that was shown, whatever is shown by then
        match action:
            case "sign_in" if self._screen is None:
                self.open_form()
            case "cancel" | "back" | "close":
                self._step_back(action)
            case "account":
                self._begin("account", lambda: Go("account"))
            case "refresh":
                self._begin("refresh", lambda: _refresh(session))
            case "sign_out" | "sign_out_everywhere":
                everywhere, texts = action == "sign_out_everywhere", self._texts
                self._begin("sign_out", lambda: sentences.untold_text(texts, session.sign_out(everywhere=everywhere)))
            case "look":
                self._look()
            case "details":
                self._role.find(session)
            case "release":
                session.release_sign_in_wait()
            case _:
                self._act_on_screen(action, item)

    def _act_on_screen(self, action: str, item: str) -> None:
        with self._lock:
            act = self._screen.pressing(action, item) if self._screen else None
            if act:
                self._begin("submit", act)

    def _step_back(self, action: str) -> None:
        session = self._session
        with self._lock:
            self._errand.give_up()
            if self._is_settled():
                self._route.clear() if action == "close" else self._route.back()
                self._error = self._said = ""
                self._draw()
                return
            if action == "cancel" or not (self._screen and isinstance(self._screen.place, Challenge)):
                self._route.clear() if action == "cancel" else self._route.back()
        self._begin("cancel", lambda: _cancel(session, release=self._waiting and action == "cancel"))
        if action == "cancel":
            self.fold()

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
                self._error = self._said = self._message = ""
                self._draw()

    def _errand_ended(self, name: str, outcome: Outcome) -> None:
        with self._lock:
            if isinstance(outcome.value, Go):
                self._lead(outcome.value)
            elif name == "sign_in" and self._session.state is UserState.SIGNED_IN:
                self._form = False
                self._begin_anew()
            said = sentences.error_text(self._texts, outcome.error)
            said = said or (outcome.value if isinstance(outcome.value, str) else "")
            if not self._form_is_open():
                # That somebody must sign in again is what the bar says by itself, and better.
                self._message = "" if isinstance(outcome.error, SignInRequired) else said or self._message
            elif outcome.error is not None:
                self._error = said
            else:
                self._said = said or self._said
            self._lockout.after(outcome.error)
            self._draw()

    def _lead(self, page: Go) -> None:
        if page.screen:
            self._route.go(page)
        else:
            self._route.clear()
            self._message = page.said
        self._error, self._said, self._screen = "", page.said, None


def _cancel(session: "AuthSession", *, release: bool) -> None:
    session.cancel_sign_in()
    if release:
        session.release_sign_in_wait()


def _refresh(session: "AuthSession") -> None:
    if session.config.identity_pool_id:
        session.get_credentials(force_refresh=True, wait=False)
    else:
        session.get_tokens(force_refresh=True, wait=False)
