"""Choosing a new password with the code that was sent, and signing in with it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nbauth.widgets import fields, sentences
from nbauth.widgets.screens import Action, Answers, Asked, Go, Screen, forgot_password, form

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession


def screen(asked: Asked) -> Screen:
    """Return the form."""
    words, about = asked.words, asked.about
    return {
        "title": words("reset_password.title"),
        "subtitle": words("challenge.signing_in_as", name=about["username"]),
        "hint": sentences.delivery_text(words, about["medium"], about["destination"]) if "medium" in about else "",
        "fields": [fields.code(asked), fields.new_password(asked, "new_password")],
        "submit": words("reset_password.submit"),
        "submitting": words("reset_password.submitting"),
        "secondary": [{"action": "back", "label": words("panel.back")}],
        "resend": form.resend_view(asked),
        "username": about["username"],
    }


def submit(session: "AuthSession", answers: Answers, asked: Asked) -> Go | None:
    """Set the password, and sign in with it."""
    username = asked.about["username"]
    result = session.confirm_forgot_password(username, answers["code"], answers["new_password"])
    if result.next_step != "sign_in":
        return None
    return Go("sign_in", {"username": username}, said=asked.words("reset_password.done"))


def _resend(session: "AuthSession", asked: Asked, item: str) -> Go:
    sent = forgot_password.send(session, asked.about["username"])
    return Go(sent.screen, sent.about, said=asked.words("resend.done"))


ACTIONS: Mapping[str, Action] = {"resend": _resend}
