"""The form for somebody whose sign-in has expired: we know who it is, so it asks for the password only."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nbauth.widgets import fields
from nbauth.widgets.screens import Action, Answers, Asked, Go, Screen, sign_in

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession


def screen(asked: Asked) -> Screen:
    """Return the form."""
    words = asked.words
    hints = [words("welcome_back.hint"), words("sign_in.waiting") if asked.waiting else ""]
    return {
        "title": words("welcome_back.title", name=asked.username or ""),
        "subtitle": sign_in.subtitle(asked),
        "hint": "\n".join(hint for hint in hints if hint),
        "fields": [fields.current_password(asked, optional=asked.password_optional)],
        "submit": words("sign_in.submit"),
        "submitting": words("sign_in.submitting"),
        "secondary": [{"action": "cancel", "label": words("panel.cancel")}],
        "links": [
            {"action": "forgot_password", "label": words("sign_in.forgot_password")},
            {"action": "somebody_else", "label": words("welcome_back.somebody_else")},
        ],
        "username": asked.username or "",
    }


def submit(session: "AuthSession", answers: Answers, asked: Asked) -> Go | None:
    """Sign in again."""
    return sign_in.submit(session, {**answers, "username": asked.username or ""}, asked)


def _as_somebody_else(session: "AuthSession", asked: Asked, item: str) -> Go:
    return Go("sign_in", {"username": ""})


ACTIONS: Mapping[str, Action] = {
    "forgot_password": sign_in.ACTIONS["forgot_password"],
    "somebody_else": _as_somebody_else,
}
