"""The user's passkeys: a list to remove from, and the way to make another."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nbauth.errors import ConfigError
from nbauth.widgets import items
from nbauth.widgets.screens import Action, ActionView, Asked, Go, ItemView, Screen, is_not_offered, passkey_offer

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession
    from nbauth.core.account import Passkey


def load(session: "AuthSession", said: str = "") -> Go:
    """Return the page, with the passkeys there are now."""
    return Go("account_passkeys", {"passkeys": session.passkeys.list(wait=False)}, said)


def screen(asked: Asked) -> Screen:
    """Return the list."""
    words, about = asked.words, asked.about
    add: ActionView = {"action": "add", "label": words("account.passkey_add")}
    return {
        **items.listing(words, "passkeys", [_item(asked, passkey) for passkey in about["passkeys"]]),
        "links": [] if "refused" in about else [add],
    }


def _item(asked: Asked, passkey: "Passkey") -> ItemView:
    since = asked.words("account.passkey_since") if passkey.created_at else ""
    title = passkey.name or asked.words("field.credential")
    return items.item(title, items.removal(asked, passkey.credential_id), since, at=passkey.created_at)


def _add(session: "AuthSession", asked: Asked, item: str) -> Go:
    try:
        return passkey_offer.begin(session, load)
    except ConfigError as error:
        if not is_not_offered(error):
            raise
    about = {**asked.about, "refused": True}
    return Go("account_passkeys", about, asked.words("account.passkeys_refused"), done=False)


def _question(asked: Asked) -> str:
    return asked.words("account.passkey_last" if len(asked.about["passkeys"]) == 1 else "account.passkey_sure")


def _remove(session: "AuthSession", asked: Asked, item: str) -> Go:
    session.passkeys.delete(item, wait=False)
    return load(session, asked.words("account.removed"))


ACTIONS: Mapping[str, Action] = {**items.asking("account_passkeys", _question), "add": _add, "remove": _remove}
