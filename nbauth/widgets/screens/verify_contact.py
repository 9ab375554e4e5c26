"""Offering somebody who signed in to prove an address or number, without which a forgotten password is a dead end."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nbauth.widgets import sentences
from nbauth.widgets.screens import Action, Answers, Asked, Go, Screen, verify_code

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession


def offered(claims: Mapping[str, object]) -> Go | None:
    """Return the offer, for somebody who has an address or number and has proved none of them.

    Args:
        claims: What the ID token says of the user.
    """
    contacts = {name: str(claims[name]) for name in verify_code.PROVABLE if claims.get(name)}
    proved = any(claims.get(f"{name}_verified") in (True, "true") for name in verify_code.PROVABLE)
    return Go("verify_contact", {"contacts": contacts}) if contacts and not proved else None


def screen(asked: Asked) -> Screen:
    """Return the choice."""
    words = asked.words
    choices = [
        [name, f"{sentences.attribute_label(words, name)}: {_masked(value)}"]
        for name, value in asked.about["contacts"].items()
    ]
    return {
        "title": words("verify_contact.title"),
        "subtitle": "",
        "hint": words("verify_contact.hint"),
        "fields": [
            {
                "name": "attribute",
                "label": words("verify_contact.choice"),
                "kind": "choice",
                "autocomplete": "off",
                "choices": choices,
            }
        ],
        "submit": words("verify_contact.submit"),
        "submitting": words("verify_contact.submitting"),
        "secondary": [{"action": "close", "label": words("verify_contact.skip")}],
    }


def submit(session: "AuthSession", answers: Answers, asked: Asked) -> Go:
    """Have a code sent."""
    return verify_code.send(session, str(answers["attribute"]))


def _masked(value: str) -> str:
    name, at, domain = value.partition("@")
    return f"{name[:1]}***@{domain}" if at else f"{value[:3]}***{value[-2:]}"


ACTIONS: Mapping[str, Action] = {}
