"""What is shown of one session: one of its screens or its status bar, and what is said there.

It knows no page: the panel tells it what people and the session do, and sends on what it draws. To show another session
is to begin anew with another one of these, so nothing that happened to one account is seen at the next.
Rule: whoever calls this holds the panel's lock. Handlers, errands and observers run in threads of their own.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nbauth.core.challenges import Challenge
from nbauth.core.conversation import waits_for_network
from nbauth.core.secret import Secret
from nbauth.core.user_state import UserState
from nbauth.errors import (
    AuthError,
    CodeMismatch,
    ExpiredCode,
    SignInRequired,
    UsernameExists,
    UserNotFound,
)
from nbauth.widgets import bar, clock, sentences
from nbauth.widgets.errand import Outcome
from nbauth.widgets.lockout import Lockout
from nbauth.widgets.route import Route, first_page
from nbauth.widgets.screens import FieldView, Go
from nbauth.widgets.standing import Standing
from nbauth.widgets.words import Words

if TYPE_CHECKING:
    from nbauth.accounts import Account
    from nbauth.auth_session import AuthSession

_FIELDS: Mapping[type[Exception], str] = {
    CodeMismatch: "code",
    ExpiredCode: "code",
    UserNotFound: "username",
    UsernameExists: "username",
}
"""The field to correct after a refusal, if the screen has it. Passwords are gone from the page by then, all of them."""


class Showing:
    """Draws a session.

    Attributes:
        session: The session.
        words: The texts.
        waiting: Whether a cell waits for the sign-in: then the form stands until the outcome takes its place.
        screen: The screen that stands; None where it is the bar.

    Args:
        session: The session.
        words: The texts, in the language of whoever reads them.
        form: Whether to show the form, should nobody be signed in.
        waiting: Whether a cell waits for the sign-in.
    """

    def __init__(self, session: "AuthSession", *, words: Words, form: bool = False, waiting: bool = False) -> None:
        self.session = session
        self.words = words
        self.waiting = waiting
        self.screen: Standing | None = None
        self._form = form
        self._route = Route()
        self._error = self._said = self._message = ""
        self._amiss = ""
        self._done = True
        self._lockout = Lockout(lambda: clock.now(session))

    @property
    def is_settled(self) -> bool:
        """Whether a user is signed in and does not step up."""
        return self.session.state is UserState.SIGNED_IN and self.session.challenge is None

    def named(self, screen_id: str) -> Standing | None:
        """Return the screen that stands, if that is the one which a page means."""
        return self.screen if self.screen is not None and self.screen.id == screen_id else None

    # ------------------------------------------------------------------------------------------------------- drawing

    def must_stand(self, doing: str | None) -> bool:
        """Return whether what was drawn last must stand: what comes in its place is about to be known.

        Args:
            doing: The errand that is under way.
        """
        return self._is_being_answered(doing) or (self.waiting and self.is_settled)

    def draw(self, doing: str | None, *, accounts: "Sequence[Account]" = (), role: str = "") -> dict[str, Any]:
        """Return what the page draws.

        Args:
            doing: The errand that is under way.
            accounts: The accounts to choose from.
            role: The IAM role of the session's credentials, where that is known.
        """
        if self._form_is_open():
            return {"kind": "panel", "screen": self._drawn_screen(doing)}
        self.screen = None
        drawn = bar.draw(
            self.session,
            doing=doing,
            message=self._message,
            accounts=accounts,
            waiting=self.waiting,
            role=role,
            words=self.words,
        )
        return dict(drawn)  # to a type checker a TypedDict is no dict of anything

    def _form_is_open(self) -> bool:
        if self.session.state is UserState.UNKNOWN:
            return False
        if self.session.state is UserState.SIGNED_IN:
            steps_up = self.session.challenge is not None and (self._form or self.waiting)
            return steps_up or self._route.page is not None
        return self._form or (self.waiting and not waits_for_network(self.session.state_reason))

    def _drawn_screen(self, doing: str | None) -> dict[str, Any]:
        place = self.session.challenge or self._route.page or first_page(self.session)
        screen = self.screen
        # While an answer is under way its screen stands: half of a change is not worth drawing.
        if screen is None or (doing is None and place != screen.place):
            screen = self.screen = Standing(self.session, place, waiting=self.waiting, words=self.words)
        busy = doing is not None or self.session.busy
        return {
            **screen.view,
            "id": screen.id,
            "busy": busy,
            "error": "" if busy else self._error,
            "amiss": self._amiss if self._error and not busy else "",
            "said": "" if busy else self._said,
            "done": self._done,
            "locked_until": self._lockout.ends_at if screen.can_be_locked and not busy else None,
        }

    # -------------------------------------------------------------------------------------------------- what people do

    def open_form(self) -> None:
        """Have the form drawn, unless a user is signed in of whom nothing is asked."""
        self._form = not self.is_settled
        self._begin_anew()

    def fold(self) -> None:
        """Have the status bar drawn."""
        self._form = False
        self._begin_anew()

    def speak(self, words: Words) -> None:
        """Go on in another language."""
        self.words, self.screen = words, None

    def step_back(self, *, all_the_way: bool) -> None:
        """Go to the page before, or to where the conversation begins; a challenge stands above the pages."""
        if all_the_way:
            self._route.clear()
        elif self.is_settled or not (self.screen and isinstance(self.screen.place, Challenge)):
            self._route.back()
        self._error = self._said = ""

    def want(self, missing: FieldView) -> None:
        """Say that a field may not be empty."""
        self._error, self._amiss = self.words("field.missing", label=missing["label"]), missing["name"]

    def submitting(self, screen: Standing, answers: Mapping[str, str | Secret]) -> Callable[[], object]:
        """Return what sends the answers to a screen, keeps count of the refusals, and returns where that leads."""
        submit = screen.submitting(answers)

        def attempt() -> object:
            try:
                leads_to = submit()
            except AuthError as error:
                self._lockout.refused(error)
                raise
            if self.is_settled:
                self._lockout.passed()
            return leads_to

        return attempt if screen.can_be_locked else submit

    # ------------------------------------------------------------------------------------------------- what happens

    def begun(self) -> None:
        """Take note that an errand has begun: what was said before is no news any more."""
        self._error = self._said = self._message = ""

    def ended(self, name: str, outcome: Outcome) -> None:
        """Take note of what came of an errand."""
        if isinstance(outcome.value, Go):
            self._lead(outcome.value)
        elif name == "sign_in" and self.session.state is UserState.SIGNED_IN:
            self.fold()
        said = sentences.error_text(self.words, outcome.error)
        said = said or (outcome.value if isinstance(outcome.value, str) else "")
        if not self._form_is_open():
            # That somebody must sign in again is what the bar says by itself, and better.
            self._message = "" if isinstance(outcome.error, SignInRequired) else said or self._message
        elif outcome.error is not None:
            self._error, self._amiss = said, _FIELDS.get(type(outcome.error), "")
        else:
            self._said, self._done = (said, True) if said else (self._said, self._done)

    def changed(self, trait: str, value: object, doing: str | None) -> None:
        """Take note of a change of the session.

        Args:
            trait: What has changed.
            value: What it is now.
            doing: The errand that is under way.
        """
        if trait == "online":
            self._message = ""  # what could not be done before is no news any more
        elif trait == "error":
            self._error = sentences.error_text(self.words, value if isinstance(value, Exception) else None)
        elif trait == "state" and not self._is_being_answered(doing):
            signed_in = value is UserState.SIGNED_IN
            elsewhere = signed_in and self._form and not doing
            self._message = self.words("bar.signed_in_elsewhere") if elsewhere else ""
            self._form = self._form and not signed_in
            self._begin_anew()
        elif trait == "challenge" and self.is_settled:
            self._form = False

    def _is_being_answered(self, doing: str | None) -> bool:
        """Whether an answer given here has just led to a sign-in: what comes after it is known when it ends."""
        return doing == "sign_in" and self.session.state is UserState.SIGNED_IN

    def _begin_anew(self) -> None:
        self._route.clear()
        self._error = self._said = ""

    def _lead(self, page: Go) -> None:
        if page.screen:
            self._route.go(page)
        else:
            self._route.clear()
            self._message = page.said
        self._error, self._said, self._done, self.screen = "", page.said, page.done, None
