"""Asking for a code to choose a new password with."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nbauth.widgets import fields, limits, sentences
from nbauth.widgets.screens import Action, Answers, Asked, Go, Screen

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession


def screen(asked: Asked) -> Screen:
    """Return the form."""
    words = asked.words
    drawn: Screen = {
        "title": words("forgot_password.title"),
        "subtitle": "",
        "hint": words("forgot_password.required" if asked.about.get("required") else "forgot_password.hint"),
        "fields": [fields.username(asked)],
        "submit": words("forgot_password.submit"),
        "submitting": words("forgot_password.submitting"),
        "secondary": [{"action": "back", "label": words("panel.back")}],
    }
    if asked.about.get("required"):  # whoever demanded it has had a code sent
        drawn["links"] = [{"action": "have_code", "label": words("forgot_password.have_code")}]
    return drawn


def submit(session: "AuthSession", answers: Answers, asked: Asked) -> Go:
    """Have a code sent."""
    username = str(answers["username"])
    limits.check(asked, fields.username(asked), username)
    return send(session, username)


def send(session: "AuthSession", username: str) -> Go:
    """Have a code sent, and return the page that takes it."""
    delivery = session.forgot_password(username)
    return Go("reset_password", {"username": username, **sentences.about_delivery(delivery)})


def _have_code(session: "AuthSession", asked: Asked, item: str) -> Go:
    return Go("reset_password", {"username": asked.about["username"]})


ACTIONS: Mapping[str, Action] = {"have_code": _have_code}
