"""Making an account: a name, a password, and what the pool must know of its users."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nbauth.core.secret import Secret
from nbauth.errors import CodeDeliveryFailure
from nbauth.widgets import fields, looks
from nbauth.widgets.screens import Action, Answers, Asked, Go, Screen, confirm_sign_up

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession


def screen(asked: Asked) -> Screen:
    """Return the form."""
    words = asked.words
    return {
        "title": words("sign_up.title"),
        "subtitle": "",
        "hint": "",
        "fields": [
            fields.username(asked),
            *(fields.attribute(asked, name) for name in _attributes(asked)),
            fields.new_password(asked, "password", "field.password", optional=asked.password_optional),
        ],
        "submit": words("sign_up.submit"),
        "submitting": words("sign_up.submitting"),
        "secondary": [{"action": "back", "label": words("panel.back")}],
        "links": [{"action": "sign_in", "label": words("sign_up.sign_in")}],
        "agreement": looks.agreement(asked),
        "foot": looks.foot(asked, terms=False),
    }


def submit(session: "AuthSession", answers: Answers, asked: Asked) -> Go | None:
    """Make the account; where a code has been sent, that comes next."""
    username = str(answers["username"])
    password = Secret.of(answers["password"])
    attributes = {name: str(answers[name]) for name in _attributes(asked)}
    try:
        made = session.sign_up(username, password if password else None, attributes=attributes)
    except CodeDeliveryFailure:
        return Go("confirm_sign_up", {"username": username, "unsent": True})
    if made.next_step == "confirm_sign_up":
        return confirm_sign_up.after(username, made)
    return confirm_sign_up.confirmed(username, made, asked)


def _attributes(asked: Asked) -> tuple[str, ...]:
    # What people sign in with is an attribute already.
    return tuple(name for name in asked.sign_up_attributes if name not in asked.username_attributes)


def _sign_in(session: "AuthSession", asked: Asked, item: str) -> Go:
    return Go("sign_in")


ACTIONS: Mapping[str, Action] = {"sign_in": _sign_in}
