"""Changing the password."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nbauth.widgets import fields
from nbauth.widgets.screens import Action, Answers, Asked, Go, Screen, account

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession


def screen(asked: Asked) -> Screen:
    """Return the form."""
    words = asked.words
    return {
        "title": words("account.password"),
        "subtitle": "",
        "hint": "",
        "fields": [
            fields.current_password(asked, "field.old_password"),
            fields.new_password(asked, "new_password"),
        ],
        "submit": words("account.save"),
        "submitting": words("account.saving"),
        "secondary": [{"action": "back", "label": words("panel.back")}],
        "username": asked.username or "",
    }


def submit(session: "AuthSession", answers: Answers, asked: Asked) -> Go:
    """Change it."""
    session.change_password(answers["password"], answers["new_password"], wait=False)
    return account.load(session, asked.words("account.changed_password"))


ACTIONS: Mapping[str, Action] = {}
