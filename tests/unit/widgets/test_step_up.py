"""What the pool asks of a user who steps up is drawn and answered as in a sign-in, and the bar comes back after it."""

import threading
from typing import Any

import pytest

from nbauth.auth_session import AuthSession
from nbauth.core.user_state import UserState
from nbauth.widgets.panel import Panel

IN_TIME = 10  # seconds


@pytest.fixture
def stepping_up(session: AuthSession, password: str) -> AuthSession:
    """Ada is signed in, and has been asked how she wants to prove it anew."""
    session.sign_in("ada", password)
    assert session.step_up(wait=False).challenge is not None
    return session


def fields(view: dict[str, Any]) -> list[str]:
    return [field["name"] for field in view.get("screen", {}).get("fields", [])]


def over(session: AuthSession) -> threading.Event:
    ended = threading.Event()
    session.observe(lambda change: change["new"] is None and ended.set(), "challenge")
    return ended


def test_a_waiting_cell_shows_what_is_asked_until_it_is_answered(
    stepping_up: AuthSession, page: Any, password: str
) -> None:
    before, ended = stepping_up.get_tokens(), over(stepping_up)
    panel = Panel(stepping_up, waiting=True)
    assert fields(panel.view) == ["answer"]
    page.submit(panel, answer="PASSWORD")
    page.wait_for(panel, lambda view: fields(view) == ["password"] and not view["screen"]["busy"])
    page.submit(panel, password=password)
    assert ended.wait(IN_TIME)
    assert (stepping_up.state, stepping_up.challenge) == (UserState.SIGNED_IN, None)
    assert stepping_up.get_tokens() is not before


def test_the_bar_stands_until_the_form_is_asked_for_and_again_once_it_is_answered(
    stepping_up: AuthSession, page: Any, password: str
) -> None:
    panel = Panel(stepping_up)
    assert panel.view["kind"] == "bar"
    panel.open_form()
    assert fields(panel.view) == ["answer"]
    stepping_up.confirm_sign_in("PASSWORD")
    stepping_up.confirm_sign_in({"password": password})
    page.wait_for(panel, lambda view: view["kind"] == "bar")
    stepping_up.sign_out()
    assert page.wait_for(panel, lambda view: view.get("state") == "SIGNED_OUT")["kind"] == "bar"


@pytest.mark.parametrize("action", ["back", "cancel"])
@pytest.mark.parametrize("waiting", [True, False])
def test_a_step_up_can_be_given_up(action: str, waiting: bool, stepping_up: AuthSession, page: Any) -> None:
    before, ended = stepping_up.get_tokens(), over(stepping_up)
    panel = Panel(stepping_up, waiting=waiting)
    panel.open_form()
    page.act(panel, action)
    assert ended.wait(IN_TIME)
    assert (stepping_up.state, stepping_up.get_tokens()) == (UserState.SIGNED_IN, before)


def test_a_wrong_password_is_said_in_the_form(stepping_up: AuthSession, page: Any) -> None:
    panel = Panel(stepping_up, waiting=True)
    page.submit(panel, answer="PASSWORD")
    page.wait_for(panel, lambda view: fields(view) == ["password"] and not view["screen"]["busy"])
    page.submit(panel, password="wrong")
    assert page.wait_for(panel, lambda view: view.get("screen", {}).get("error"))
    assert stepping_up.is_signed_in
