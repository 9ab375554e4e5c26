"""Proving an address or number with the code that was sent there."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nbauth.widgets import fields, sentences
from nbauth.widgets.screens import Action, Answers, Asked, Go, Screen, form

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession


def screen(asked: Asked) -> Screen:
    """Return the form."""
    words, about = asked.words, asked.about
    return {
        "title": words("verify_code.title"),
        "subtitle": "",
        "hint": sentences.delivery_text(words, about["medium"], about["destination"]),
        "fields": [fields.code(asked)],
        "submit": words("verify_code.submit"),
        "submitting": words("verify_code.submitting"),
        "secondary": [
            {"action": "back", "label": words("panel.back")},
            {"action": "close", "label": words("verify_contact.skip")},
        ],
        "resend": form.resend_view(asked),
    }


def submit(session: "AuthSession", answers: Answers, asked: Asked) -> Go:
    """Prove it."""
    session.confirm_user_attribute(asked.about["attribute"], answers["code"], wait=False)
    return Go("", said=asked.words("verify_code.done"))


def send(session: "AuthSession", attribute: str) -> Go:
    """Have a code sent, and return the page that takes it."""
    delivery = session.verify_user_attribute(attribute, wait=False)
    return Go("verify_code", {"attribute": attribute, **sentences.about_delivery(delivery)})


def _resend(session: "AuthSession", asked: Asked, item: str) -> Go:
    sent = send(session, asked.about["attribute"])
    return Go(sent.screen, sent.about, said=asked.words("resend.done"))


ACTIONS: Mapping[str, Action] = {"resend": _resend}
