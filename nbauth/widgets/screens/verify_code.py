"""Proving an address or number with the code that was sent there; who came from the profile goes back to it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from nbauth.widgets import fields, sentences
from nbauth.widgets.screens import Action, ActionView, Answers, Asked, Go, Screen, Then, form

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession
    from nbauth.core.account import CodeDelivery

PROVABLE = ("email", "phone_number")
"""The attributes that can be proved."""


def screen(asked: Asked) -> Screen:
    """Return the form."""
    words, about = asked.words, asked.about
    back: ActionView = {"action": "back", "label": words("panel.back")}
    skip: ActionView = {"action": "close", "label": words("verify_contact.skip")}
    return {
        "title": words("verify_code.title"),
        "subtitle": "",
        "hint": sentences.delivery_text(words, about["medium"], about["destination"]),
        "fields": [fields.code(asked)],
        "submit": words("verify_code.submit"),
        "submitting": words("verify_code.submitting"),
        "secondary": [back] if about["then"] else [back, skip],
        "resend": form.resend_view(asked),
    }


def submit(session: "AuthSession", answers: Answers, asked: Asked) -> Go:
    """Prove it."""
    session.confirm_user_attribute(asked.about["attribute"], answers["code"], wait=False)
    then, said = asked.about["then"], asked.words("verify_code.done")
    return then(session, said) if then else Go("", said=said)


def send(session: "AuthSession", attribute: str, then: Then | None = None) -> Go:
    """Have a code sent, and return the page that takes it."""
    return after(session.verify_user_attribute(attribute, wait=False), then)


def after_each(session: "AuthSession", deliveries: "Sequence[CodeDelivery]", then: Then) -> Go:
    """Return the page that takes the first of the codes that were sent, and leads on to those of the others."""
    first, *others = deliveries

    def on(session: "AuthSession", said: str) -> Go:
        return replace(after_each(session, others, then), said=said)

    return replace(after(first, on if others else then), beneath=then(session, ""))


def after(delivery: "CodeDelivery", then: Then | None) -> Go:
    """Return the page that takes the code that was sent."""
    about = {"attribute": delivery.attribute, "then": then}
    return Go("verify_code", {**about, **sentences.about_delivery(delivery)})


def _resend(session: "AuthSession", asked: Asked, item: str) -> Go:
    sent = send(session, asked.about["attribute"], asked.about["then"])
    return Go(sent.screen, sent.about, said=asked.words("resend.done"))


ACTIONS: Mapping[str, Action] = {"resend": _resend}
