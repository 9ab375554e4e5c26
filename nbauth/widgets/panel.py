"""The sign-in panel, which folds into the status bar: it hands what people do to what is shown, and runs their errands.

The page is told what to draw through `view`, `words` and `look` and nothing else; what people do comes in custom
messages. A password or code is in one such message, becomes a `Secret` at once, and is never in a trait: traits are
widget state, which notebooks save and other pages see. What a page must be shown and nobody else, such as the key of an
authenticator app, is sent in one message to the page that asks.

Rule: a handler raises nothing, prints nothing and waits for nothing. What it raises or prints is lost, and while it
waits no other widget of the kernel answers.
"""

import html
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget  # noqa: TID253 - this module is imported from inside functions only
from traitlets import Dict

from nbauth.core.user_state import UserState
from nbauth.renewal import renew
from nbauth.widgets import looks, sentences
from nbauth.widgets.errand import Errand, Outcome, outcome_of
from nbauth.widgets.letters import Letters
from nbauth.widgets.redaction import forget, redact
from nbauth.widgets.role import Role
from nbauth.widgets.route import page_after_sign_in
from nbauth.widgets.screens import account
from nbauth.widgets.screens.sign_in import at_company
from nbauth.widgets.showing import Showing
from nbauth.widgets.views import Views
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

    Attributes:
        views: The places on pages that show it.

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
        self._accounts = accounts
        self._lock = threading.RLock()
        self._page_has_spoken = session.language is not None
        self._role = Role(self._draw)
        self._letters = Letters(self.send)
        self.views = Views(self.send)
        self._show(Showing(session, words=Words.of([session.language or ENGLISH]), form=form, waiting=waiting))
        super().__init__(view=self._drawn(), words=self._texts_of_page(), look=looks.of_page(session.appearance))
        redact(self.comm.comm_id)
        self.on_msg(self._receive)
        session.observe(self._session_changed)
        self._stop_following = accounts.observe(self._accounts_changed) if accounts else lambda: None
        self._draw()  # what has changed since the first drawing

    @property
    def session(self) -> "AuthSession":
        """The session that it shows now."""
        return self._showing.session

    @property
    def texts(self) -> Words:
        """The texts, in the language of whoever reads them."""
        return self._showing.words

    def open_form(self) -> None:
        """Show the form, unless a user is signed in of whom nothing is asked."""
        with self._lock:
            self._showing.open_form()
            self._draw()

    def fold(self) -> None:
        """Show the status bar."""
        with self._lock:
            self._showing.fold()
            self._draw()

    def close(self) -> None:
        """Take it off every page, and forget the session."""
        comm = self.comm
        if comm is not None:
            self._stop_following()
            self.session.unobserve(self._session_changed)
            self.layout.close()
        super().close()
        if comm is not None:
            forget(comm.comm_id)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is not None:
            # What a saved notebook shows where no kernel runs: on a web page, or in print.
            line = self.texts("panel.run_again")
            bundle[0].update({"text/plain": line, "text/html": f"<p>{html.escape(line)}</p>"})
        return bundle

    # ---------------------------------------------------------------------------------------------------- the session

    def _show(self, showing: Showing) -> None:
        self._showing = showing
        self._errand = Errand(lambda name, outcome: self._errand_ended(showing, name, outcome))

    def _accounts_changed(self, before: "AuthSession", after: "AuthSession") -> None:
        with self._lock:
            if self.session is before is not after:
                before.unobserve(self._session_changed)
                self._errand.give_up()
                self._show(Showing(after, words=self.texts, waiting=self._showing.waiting))
                after.observe(self._session_changed)
            self._draw()

    def _session_changed(self, change: Mapping[str, Any]) -> None:
        with self._lock:
            if change["owner"] is self.session:  # else it has been switched away from since
                self._showing.changed(change["name"], change["new"], self._errand.name)
                self._draw()

    # ------------------------------------------------------------------------------------------------------- drawing

    def _draw(self) -> None:
        with self._lock:
            if self.comm is not None and not self._showing.must_stand(self._errand.name):
                self.views.keep_time(self.session)
                self.view = self._drawn()

    def _drawn(self) -> dict[str, Any]:
        showing = self._showing
        return showing.draw(self._errand.name, accounts=self._choice(), role=self._role.name(showing.session))

    def _choice(self) -> "list[Account]":
        """Return the accounts to choose from: none where it shows another than the current one."""
        known = self._accounts.known() if self._accounts else []
        return known if any(account.current and account.name == self.session.account for account in known) else []

    def _texts_of_page(self) -> dict[str, str]:
        texts = self.texts
        return {**texts.group(*_FOR_PAGES), "lang": texts.language, "dir": texts.direction}

    # ------------------------------------------------------------------------------------------------------- the page

    def _receive(self, _widget: Any, content: Any, _buffers: Any) -> None:
        outcome = outcome_of(lambda: self._take(content))
        if outcome.error is not None:
            self._errand_ended(self._showing, "submit", outcome)
            self.send({"type": "clear"})  # a page that waits for an answer waits no longer

    def _take(self, content: Any) -> None:
        match content:
            case {"type": "ready"}:
                self._greet(content)
            case {"type": "waiting"}:
                pass  # that it could be sent is all that the page wants to know
            case {"type": "typing"}:
                self.session.warm(connect=True)
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
        match greeting:
            case {"languages": list(languages)} if not self._page_has_spoken:
                self._page_has_spoken = True
                self._speak(Words.of(tag for tag in languages if isinstance(tag, str)))
        self._look()
        self.views.greet(greeting, self.session)

    def _speak(self, texts: Words) -> None:
        with self._lock:
            if texts.language != self.texts.language:
                self._showing.speak(texts)
                self.words = self._texts_of_page()
                self._draw()

    def _show_material(self, screen_id: str, view: str) -> None:
        with self._lock:
            screen = self._showing.named(screen_id)
            material = screen.material() if screen else None
        if material is not None:
            self._letters.show(view, screen_id, material)

    def _submit(self, screen_id: str, message: dict[str, Any]) -> None:
        with self._lock:
            values = self._letters.answers_in(message)
            screen = self._showing.named(screen_id)
            if screen is None or self._errand.name:
                self.send({"type": "clear"})
                return
            answers = screen.read(values)
            missing = screen.missing(answers)
            if missing:
                self._showing.want(missing)
                self._draw()
                self.send({"type": "clear"})
                return
            self._answer(self._showing.submitting(screen, answers), with_code=screen.takes_code)

    def _answer(self, submit: Callable[[], object], *, with_code: bool) -> None:
        session, host, waiting = self.session, self.views.passkey_host, self._showing.waiting

        def sign_in() -> object:
            leads_to = submit()
            signed_in = session.state is UserState.SIGNED_IN and not waiting
            return leads_to or (page_after_sign_in(session, host, with_code=with_code) if signed_in else None)

        if session.state is UserState.SIGNED_IN:
            self._begin("submit", submit)
        else:
            self._begin("sign_in", sign_in)

    def _act(self, action: str, item: str) -> None:
        session = self.session  # what is done is done to the one that was shown, whatever is shown by then
        match action:
            case "sign_in" if self._showing.screen is None:
                self.open_form()
            case "cancel" | "back" | "close":
                self._step_back(action)
            case "company" if self._showing.screen is None:
                self._begin("company", lambda: at_company(session, session.provider))
            case "account":
                self._begin("account", lambda: account.load(session))
            case "refresh":
                self._begin("refresh", lambda: renew(session, wait=False))
            case "sign_out" | "sign_out_everywhere":
                everywhere, texts = action == "sign_out_everywhere", self.texts
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
            screen = self._showing.screen
            act = screen.pressing(action, item) if screen else None
            if act:
                self._begin("submit", act)

    def _step_back(self, action: str) -> None:
        with self._lock:
            self._errand.give_up()
            showing, cancels = self._showing, action == "cancel"
            showing.step_back(all_the_way=action != "back")
            if showing.is_settled:
                self._draw()
                return
            self._begin("cancel", lambda: _cancel(showing.session, release=showing.waiting and cancels))
            if cancels:
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
                self._showing.begun()
                self._draw()

    def _errand_ended(self, showing: Showing, name: str, outcome: Outcome) -> None:
        with self._lock:
            showing.ended(name, outcome)
            self._draw()


def _cancel(session: "AuthSession", *, release: bool) -> None:
    session.cancel_sign_in()
    if release:
        session.release_sign_in_wait()
