"""What is shown of a session, told what people and the session do, without a page."""

import pytest

from nbauth.errors import (
    CodeMismatch,
    LimitExceeded,
    NotAuthorized,
    ServiceUnavailable,
    SignInRequired,
    UsernameExists,
)
from nbauth.widgets.errand import Outcome
from nbauth.widgets.screens import Go
from nbauth.widgets.showing import Showing
from nbauth.widgets.words import Words
from tests.unit.widgets.drawn import run

LOCKED = LimitExceeded("Too many attempts", code="NotAuthorizedException")


@pytest.fixture(autouse=True)
def told_by(clock, monkeypatch):
    """The session's points in time are told by the clock of the test."""
    monkeypatch.setattr("nbauth.widgets.clock.now", lambda session: clock.now())


@pytest.fixture
def showing(session):
    return Showing(session, words=Words(), form=True)


@pytest.fixture
def submit(showing):
    """Answer the screen that stands, and return what the page draws then."""

    def submit(**values):
        showing.draw(None)
        screen = showing.screen
        return run(showing, "sign_in", showing.submitting(screen, screen.read(values)))

    return submit


@pytest.fixture
def press(showing):
    """Press a button of the screen that stands, and return what the page draws then."""

    def press(action, item=""):
        return run(showing, "submit", showing.screen.pressing(action, item))

    return press


@pytest.fixture
def seconds_locked(clock):
    """How long from now on a page is to wait."""

    def seconds_locked(view):
        ends_at = view["screen"]["locked_until"]
        return ends_at and ends_at - clock.now().timestamp()

    return seconds_locked


# --- a pool that was tried too often ----------------------------------------------------------------------------------


def test_a_lock_grows_with_each_refusal(submit, users, seconds_locked, password):
    locks = []
    for _ in range(3):
        users.fail_next(LOCKED)
        locks.append(seconds_locked(submit(username="ada", password=password)))
    assert locks == [2, 4, 8]


def test_whoever_gets_in_is_counted_from_the_beginning(submit, showing, session, users, seconds_locked, password):
    users.fail_next(LOCKED)
    submit(username="ada", password=password)
    submit(username="ada", password=password)
    assert session.is_signed_in
    session.sign_out()
    showing.open_form()
    users.fail_next(LOCKED)
    assert seconds_locked(submit(username="ada", password=password)) == 2


@pytest.mark.parametrize("errand", ["refresh", "account", "cancel", "switch"])
def test_what_succeeds_without_a_password_leaves_the_lock_and_its_count(
    errand, submit, showing, users, seconds_locked, password
):
    users.fail_next(LOCKED)
    submit(username="ada", password=password)
    showing.ended(errand, Outcome())
    assert seconds_locked(showing.draw(None)) == 2
    users.fail_next(LOCKED)
    assert seconds_locked(submit(username="ada", password=password)) == 4


def test_a_right_password_with_a_code_to_come_leaves_the_count(submit, users, seconds_locked, password):
    users.fail_next(LOCKED)
    submit(username="carol", password=password)
    submit(username="carol", password=password)
    users.fail_next(LOCKED)
    assert seconds_locked(submit(code="123456")) == 4


def test_a_lock_is_on_the_form_and_not_on_the_way_to_another_password(submit, press, showing, users, password):
    users.fail_next(LOCKED)
    locked = submit(username="ada", password=password)["screen"]["locked_until"]
    assert press("forgot_password")["screen"]["locked_until"] is None
    showing.step_back(all_the_way=False)
    assert showing.draw(None)["screen"]["locked_until"] == locked


def test_another_account_knows_nothing_of_a_lock(submit, make_session, users, password):
    users.fail_next(LOCKED)
    submit(username="ada", password=password)
    other = Showing(make_session(account="work"), words=Words(), form=True).draw(None)["screen"]
    assert (other["locked_until"], other["error"]) == (None, "")


# --- what is drawn ----------------------------------------------------------------------------------------------------


def test_the_form_folds_into_the_bar_and_opens_again(showing):
    assert showing.draw(None)["kind"] == "panel"
    showing.fold()
    assert (showing.draw(None)["kind"], showing.screen) == ("bar", None)
    showing.open_form()
    assert showing.draw(None)["kind"] == "panel"


def test_an_unfinished_answer_keeps_its_screen_and_says_nothing_yet(showing):
    before = showing.draw(None)["screen"]
    showing.ended("sign_in", Outcome(error=NotAuthorized("No.")))
    during = showing.draw("sign_in")["screen"]
    assert during == {**before, "busy": True}
    assert showing.draw(None)["screen"]["error"] == "No."


def test_what_comes_after_an_answer_is_not_drawn_before_the_errand_has_ended(showing, session, password):
    session.sign_in("ada", password)
    assert showing.must_stand("sign_in")
    assert not showing.must_stand(None)
    assert not showing.must_stand("refresh")


def test_a_waiting_cell_keeps_its_form_until_the_outcome_takes_its_place(session, password):
    showing = Showing(session, words=Words(), waiting=True)
    assert not showing.must_stand(None)
    session.sign_in("ada", password)
    assert showing.must_stand(None)


def test_another_language_draws_the_screen_anew(showing):
    before = showing.draw(None)["screen"]
    showing.speak(Words("de"))
    after = showing.draw(None)["screen"]
    assert after["id"] != before["id"]
    assert after["title"] != before["title"]


def test_from_when_on_a_code_may_be_sent_anew_is_told_by_the_clock_of_the_session(showing, clock):
    showing.ended("submit", Outcome(Go("confirm_sign_up", {"username": "ada"})))
    screen = showing.draw(None)["screen"]
    assert screen["resend"]["again_at"] - clock.now().timestamp() == 30


# --- what is said -----------------------------------------------------------------------------------------------------


def test_what_goes_wrong_is_said_in_the_form_and_else_in_the_bar(showing):
    showing.ended("submit", Outcome(error=NotAuthorized("No.")))
    assert showing.draw(None)["screen"]["error"] == "No."
    showing.fold()
    showing.ended("refresh", Outcome(error=ServiceUnavailable("No answer.")))
    assert showing.draw(None)["message"] == "No answer."


def test_that_somebody_must_sign_in_is_what_the_bar_says_by_itself(showing):
    showing.fold()
    before = showing.draw(None)
    showing.ended("refresh", Outcome(error=SignInRequired("Sign in first.")))
    assert showing.draw(None) == before


def test_an_errand_that_begins_takes_back_what_was_said(showing):
    showing.ended("submit", Outcome(Go("sign_in", said="Done.")))
    assert showing.draw(None)["screen"]["said"] == "Done."
    showing.begun()
    assert showing.draw(None)["screen"]["said"] == ""


def test_a_sign_in_elsewhere_is_said_where_the_form_stood(showing, session, password):
    session.sign_in("ada", password)
    showing.changed("state", session.state, None)
    view = showing.draw(None)
    assert (view["kind"], view["message"]) == ("bar", Words()("bar.signed_in_elsewhere"))


@pytest.mark.parametrize(
    ("refusal", "field"),
    [
        (UsernameExists("That user name is taken"), "username"),
        (CodeMismatch("That code is not right"), "code"),
        (NotAuthorized("No"), ""),
    ],
)
def test_the_cursor_goes_to_what_was_refused(showing, refusal, field):
    showing.ended("submit", Outcome(error=refusal))
    assert showing.draw(None)["screen"]["amiss"] == field
    showing.begun()
    assert showing.draw(None)["screen"]["amiss"] == ""


@pytest.mark.parametrize("done", [True, False])
def test_only_what_has_been_done_gets_a_tick(showing, done):
    showing.ended("submit", Outcome(Go("sign_up", said="A sentence.", done=done)))
    screen = showing.draw(None)["screen"]
    assert (screen["said"], screen["done"]) == ("A sentence.", done)
