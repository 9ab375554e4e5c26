"""The account page: what somebody who is signed in can see and change of the account in the user pool."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from nbauth.errors import ConfigError
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
    is_not_offered,
)

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession


def _leads_to(page: str) -> Callable[["AuthSession"], Go]:
    return lambda session: Go(page)


_PAGES: Mapping[str, Callable[["AuthSession"], Go]] = {
    "profile": account_profile.load,
    "password": _leads_to("account_password"),
    "mfa": account_mfa.load,
    "passkeys": account_passkeys.load,
    "devices": account_devices.load,
    "sessions": account_sessions.load,
    "delete": _leads_to("account_delete"),
}


def load(session: "AuthSession", said: str = "") -> Go:
    """Return the page, without what is known not to be there."""
    unknown = () if session.sessions.can_be_listed else ("sessions",)
    return Go("account", {"refused": frozenset(unknown)}, said)


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
            if _is_offered(asked, page)
        ],
        "secondary": [{"action": "close", "label": words("account.close")}],
    }


def _is_offered(asked: Asked, page: str) -> bool:
    # Whose accounts are made by an administrator is not to end them either.
    return asked.offers_sign_up if page == "delete" else page not in _refused(asked)


def _refused(asked: Asked) -> frozenset[str]:
    refused: frozenset[str] = asked.about.get("refused", frozenset())
    return refused


def _opens(page: str) -> Action:
    """Return what opens a page; where the pool turns out not to have such a thing, it is offered no more."""

    def open_page(session: "AuthSession", asked: Asked, item: str) -> Go:
        try:
            return _PAGES[page](session)
        except ConfigError as error:
            if not is_not_offered(error):
                raise
        return Go("account", {"refused": _refused(asked) | {page}}, asked.words(f"account.{page}_refused"), done=False)

    return open_page


ACTIONS: Mapping[str, Action] = {page: _opens(page) for page in _PAGES}
