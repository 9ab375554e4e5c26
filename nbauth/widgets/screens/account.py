"""The account page: what somebody who is signed in can see and change of the account in the user pool."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from nbauth.widgets.screens import (
    Action,
    Asked,
    Go,
    Screen,
    account_devices,
    account_mfa,
    account_passkeys,
    account_profile,
    account_sessions,
)

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession


def _password(session: "AuthSession") -> Go:
    return Go("account_password")


_PAGES: Mapping[str, Callable[["AuthSession"], Go]] = {
    "profile": account_profile.load,
    "password": _password,
    "mfa": account_mfa.load,
    "passkeys": account_passkeys.load,
    "devices": account_devices.load,
    "sessions": account_sessions.load,
}


def screen(asked: Asked) -> Screen:
    """Return the list of what there is."""
    words = asked.words
    return {
        "title": words("account.title"),
        "subtitle": words("bar.signed_in_as", name=asked.username or ""),
        "hint": "",
        "fields": [],
        "submit": "",
        "submitting": "",
        "items": [
            {
                "title": words(f"account.{page}"),
                "note": words(f"account.{page}_note"),
                "actions": [{"action": page, "label": words("account.open")}],
            }
            for page in _PAGES
        ],
        "secondary": [{"action": "close", "label": words("account.close")}],
    }


def _opens(load: Callable[["AuthSession"], Go]) -> Action:
    return lambda session, asked, item: load(session)


ACTIONS: Mapping[str, Action] = {page: _opens(load) for page, load in _PAGES.items()}
