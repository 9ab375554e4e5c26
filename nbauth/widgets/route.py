"""Which page comes: the ones that people went to, the one that a conversation begins with, the ones after a sign-in."""

from contextlib import suppress
from itertools import takewhile
from typing import TYPE_CHECKING

from nbauth import companies
from nbauth.core.conversation import waits_for_network
from nbauth.core.user_state import UserState
from nbauth.errors import AuthError
from nbauth.widgets.screens import Go, device_offer, passkey_offer, verify_contact

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession


class Route:
    """The pages that people went to, the last one on top."""

    def __init__(self) -> None:
        self._pages: list[Go] = []

    @property
    def page(self) -> Go | None:
        """Where they are; None for where a conversation begins."""
        return self._pages[-1] if self._pages else None

    def go(self, page: Go) -> None:
        """Go to a page, or back to it where it was on the way."""
        if page.beneath:
            self.go(page.beneath)
        on_the_way = takewhile(lambda before: before.screen != page.screen, self._pages)
        self._pages = [*on_the_way, page]

    def back(self) -> None:
        """Go to the page before."""
        self._pages = self._pages[:-1]

    def clear(self) -> None:
        """Go to where a conversation begins."""
        self._pages = []


def first_page(session: "AuthSession") -> Go:
    """Return the page that a conversation begins with."""
    if session.is_signed_in and waits_for_network(session.state_reason):
        return Go("offline")
    return Go("welcome_back" if session.username and _may_come_back(session) else "sign_in")


def _may_come_back(session: "AuthSession") -> bool:
    """Return whether a sign-in has expired that is renewed in one step: with a password, or at a company we know."""
    if session.state is UserState.SIGNED_OUT_FEDERATED_TOKENS_INVALID:
        return companies.named(session.companies, session.provider) is not None
    return session.state is UserState.SIGNED_OUT_USER_POOLS_TOKENS_INVALID


def page_after_sign_in(session: "AuthSession", host: str, *, with_code: bool = False) -> Go | None:
    """Return what somebody who has just signed in may want to do first, if there is anything.

    Args:
        session: Where they signed in.
        host: The host of the page they see, where its browser knows passkeys; else empty.
        with_code: Whether it took a code, which a device that is remembered stands for.
    """
    with suppress(AuthError):  # it is an offer: what stands in its way is not worth a word
        offer = verify_contact.offered(session.get_tokens(wait=False).claims)
        if offer:
            return offer
        if with_code and (offer := device_offer.offered(session)):
            return offer
        if is_within(host, session.config.passkey_domain) and not session.passkeys.list(wait=False):
            return passkey_offer.begin(session)
    return None


def is_within(host: str, domain: str | None) -> bool:
    """Return whether pages of a host may use passkeys of a domain (Web Authentication, relying party identifier)."""
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))
