"""The user's passkeys: a list to remove from, and the way to make another."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nbauth.widgets.screens import Action, Asked, Go, Screen, item_view, passkey_offer

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession


def load(session: "AuthSession", said: str = "") -> Go:
    """Return the page, with the passkeys there are now."""
    return Go("account_passkeys", {"passkeys": session.passkeys.list(wait=False)}, said)


def screen(asked: Asked) -> Screen:
    """Return the list."""
    words, passkeys = asked.words, asked.about["passkeys"]
    return {
        "title": words("account.passkeys"),
        "subtitle": "",
        "hint": "" if passkeys else words("account.nothing"),
        "fields": [],
        "submit": "",
        "submitting": "",
        "items": [
            item_view(
                words,
                passkey.name or words("field.credential"),
                "account.passkey_since",
                passkey.created_at,
                {"action": "remove", "item": passkey.credential_id, "label": words("account.remove")},
            )
            for passkey in passkeys
        ],
        "links": [{"action": "add", "label": words("account.passkey_add")}],
        "secondary": [{"action": "back", "label": words("panel.back")}],
    }


def _add(session: "AuthSession", asked: Asked, item: str) -> Go:
    return passkey_offer.begin(session, load)


def _remove(session: "AuthSession", asked: Asked, item: str) -> Go:
    session.passkeys.delete(item, wait=False)
    return load(session, asked.words("account.removed"))


ACTIONS: Mapping[str, Action] = {"add": _add, "remove": _remove}
