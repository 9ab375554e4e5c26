"""The places where the user is signed in."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nbauth.widgets.screens import Action, Asked, Go, Screen

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession


def load(session: "AuthSession", said: str = "") -> Go:
    """Return the page, with the places there are now."""
    return Go("account_sessions", {"sessions": session.sessions.list(wait=False)}, said)


def screen(asked: Asked) -> Screen:
    """Return the list; this place is left with the button of the status bar."""
    words, places = asked.words, asked.about["sessions"]
    return {
        "title": words("account.sessions"),
        "subtitle": "",
        "hint": "" if places else words("account.nothing"),
        "fields": [],
        "submit": "",
        "submitting": "",
        "items": [
            {
                "title": place.device or place.client_id or place.kind,
                "note": " · ".join(
                    part
                    for part in (
                        words("account.session_current") if place.is_current else "",
                        place.location,
                        place.ip_address,
                    )
                    if part
                ),
                "actions": [{"action": "end", "item": place.session_id, "label": words("account.end")}]
                if not place.is_current
                else [],
            }
            for place in places
        ],
        "secondary": [{"action": "back", "label": words("panel.back")}],
    }


def _end(session: "AuthSession", asked: Asked, item: str) -> Go:
    session.sessions.revoke(item, wait=False)
    return load(session, asked.words("account.ended"))


ACTIONS: Mapping[str, Action] = {"end": _end}
