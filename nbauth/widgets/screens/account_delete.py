"""Deleting the account, which takes the name typed out: nothing brings it back."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nbauth.errors import Rejected
from nbauth.widgets.screens import Action, Answers, Asked, Go, Screen

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession


def screen(asked: Asked) -> Screen:
    """Return the form."""
    words, name = asked.words, asked.username or ""
    return {
        "title": words("account.delete"),
        "subtitle": "",
        "hint": words("account_delete.hint", name=name),
        "fields": [
            {
                "name": "name",
                "label": words("account_delete.name", name=name),
                "kind": "text",
                "autocomplete": "off",
            }
        ],
        "submit": words("account_delete.submit"),
        "submitting": words("account_delete.submitting"),
        "danger": True,
        "secondary": [{"action": "back", "label": words("panel.back")}],
    }


def submit(session: "AuthSession", answers: Answers, asked: Asked) -> Go:
    """Delete it, and with it the sign-in."""
    if answers["name"] != asked.username:
        raise Rejected(
            "That is not the name, so nothing is deleted", case="wrong_name", about={"name": asked.username or ""}
        )
    session.delete_user(wait=False)
    return Go("", said=asked.words("account_delete.done"))


ACTIONS: Mapping[str, Action] = {}
