"""The screen for somebody who wants to sign in again while a sign-in is kept and only the network is away."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nbauth import companies
from nbauth.renewal import renew
from nbauth.widgets.screens import Action, Answers, Asked, Go, Screen

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession


def screen(asked: Asked) -> Screen:
    """Return the screen."""
    words = asked.words
    return {
        "title": words("offline.unavailable" if asked.state_reason == "unavailable" else "offline.title"),
        "subtitle": "",
        "hint": words("offline.hint", name=asked.username or ""),
        "fields": [],
        "submit": words("offline.submit"),
        "submitting": words("offline.submitting"),
        "secondary": [{"action": "cancel", "label": words("panel.cancel")}],
        "links": [{"action": "sign_in_again", "label": words("offline.sign_in")}],
    }


def submit(session: "AuthSession", answers: Answers, asked: Asked) -> Go | None:
    """Try to renew the sign-in."""
    renew(session, wait=False)
    return None


def _sign_in_again(session: "AuthSession", asked: Asked, item: str) -> Go:
    known = asked.provider is None or companies.named(asked.companies, asked.provider)
    return Go("welcome_back" if asked.username and known else "sign_in")


ACTIONS: Mapping[str, Action] = {"sign_in_again": _sign_in_again}
