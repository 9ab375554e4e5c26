"""The places where the user is signed in."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nbauth.widgets import items
from nbauth.widgets.screens import Action, ActionView, Asked, Go, ItemView, Screen
from nbauth.widgets.words import Words

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession
    from nbauth.core.account import UserSession


def load(session: "AuthSession", said: str = "") -> Go:
    """Return the page, with the places there are now."""
    return Go("account_sessions", {"sessions": session.sessions.list(wait=False)}, said)


def screen(asked: Asked) -> Screen:
    """Return the list; this place is left with the button of the status bar."""
    places = [_place(asked.words, place) for place in asked.about["sessions"]]
    return items.listing(asked.words, "sessions", places)


def _place(words: Words, place: "UserSession") -> ItemView:
    current = words("account.session_current") if place.is_current else ""
    end: ActionView = {"action": "end", "item": place.session_id, "label": words("account.end")}
    title = place.device or place.client_id or place.kind
    return items.item(title, [] if place.is_current else [end], current, place.location, place.ip_address)


def _end(session: "AuthSession", asked: Asked, item: str) -> Go:
    session.sessions.revoke(item, wait=False)
    return load(session, asked.words("account.ended"))


ACTIONS: Mapping[str, Action] = {"end": _end}
