"""How the lists of the account page are drawn: what there is, one below the other, and the way to remove one.

Removing takes two presses, as nothing brings back what is gone.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from nbauth.widgets.screens import Action, ActionView, Asked, Go, ItemView, Screen
from nbauth.widgets.words import Words

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession


def listing(words: Words, kind: str, items: list[ItemView]) -> Screen:
    """Return the screen that lists what belongs to an account.

    Args:
        words: The texts.
        kind: What is listed, as the keys of its title and of what is said where there is nothing have it.
        items: What there is.
    """
    return {
        "title": words(f"account.{kind}"),
        "subtitle": "",
        "hint": "" if items else words(f"account.{kind}_none"),
        "fields": [],
        "submit": "",
        "submitting": "",
        "items": items,
        "secondary": [{"action": "back", "label": words("panel.back")}],
    }


def item(title: str, actions: list[ActionView], *notes: str, at: datetime | None = None) -> ItemView:
    """Return one thing of a list.

    Args:
        title: What it is called.
        actions: What can be done about it.
        notes: What is to be known of it; one of them may have a place for a date.
        at: The date.
    """
    view: ItemView = {"title": title, "note": " · ".join(note for note in notes if note), "actions": actions}
    if at:
        view["at"] = at.timestamp()
    return view


def removal(asked: Asked, name: str) -> list[ActionView]:
    """Return the button that asks whether to remove a thing, or the two that answer."""
    words = asked.words
    if asked.about.get("removing") != name:
        return [{"action": "ask", "item": name, "label": words("account.remove")}]
    return [
        {"action": "keep", "item": name, "label": words("account.keep")},
        {"action": "remove", "item": name, "label": words("account.remove_yes")},
    ]


def asking(page: str, question: Callable[[Asked], str]) -> Mapping[str, Action]:
    """Return the actions of a page that asks before it removes what it lists."""

    def ask(session: "AuthSession", asked: Asked, name: str) -> Go:
        return Go(page, {**asked.about, "removing": name}, question(asked), done=False)

    def keep(session: "AuthSession", asked: Asked, name: str) -> Go:
        return Go(page, {**asked.about, "removing": None})

    return {"ask": ask, "keep": keep}
