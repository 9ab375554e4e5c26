"""Offering to have this device remembered, in pools that leave it to the user; the next sign-in asks for less then."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nbauth.widgets.screens import Action, Answers, Asked, Go, Screen

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession


def offered(session: "AuthSession") -> Go | None:
    """Return the offer, where the pool waits for the user's word and does not have it yet."""
    devices = session.devices
    waits = devices.own_waits_for_user and not devices.get(wait=False).is_remembered
    return Go("device_offer") if waits else None


def screen(asked: Asked) -> Screen:
    """Return the offer."""
    words = asked.words
    return {
        "title": words("device_offer.title"),
        "subtitle": "",
        "hint": words("device_offer.hint"),
        "fields": [],
        "submit": words("account.remember"),
        "submitting": words("device_offer.submitting"),
        "secondary": [{"action": "close", "label": words("device_offer.skip")}],
    }


def submit(session: "AuthSession", answers: Answers, asked: Asked) -> Go:
    """Have it remembered."""
    session.devices.remember(wait=False)
    return Go("", said=asked.words("account.remembered"))


ACTIONS: Mapping[str, Action] = {}
