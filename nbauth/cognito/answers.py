"""How members of Cognito's answers are read: one that is missing or odd is an empty one."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

Answer = Mapping[str, Any]


def text(answer: Answer, name: str) -> str:
    """Return a member that is a text; empty where it is none."""
    value = answer.get(name)
    return value if isinstance(value, str) else ""


def items(answer: Answer, name: str) -> list[Answer]:
    """Return a member that is a list of structures; empty where it is none."""
    value = answer.get(name)
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def moment(answer: Answer, name: str) -> datetime | None:
    """Return a member that is a time (aware, UTC); None where it is none."""
    value = answer.get(name)
    return value.astimezone(UTC) if isinstance(value, datetime) else None


def pairs(answer: Answer, name: str) -> dict[str, str]:
    """Return a member that is a list of names with values."""
    return {text(pair, "Name"): text(pair, "Value") for pair in items(answer, name) if text(pair, "Name")}


def pages(ask: Callable[[str | None], Answer], token: str) -> Iterator[Answer]:
    """Ask for one page after another, until there is no other.

    Args:
        ask: Asks for the page that a token stands for; None for the first one.
        token: The member of an answer that leads to the next page.
    """
    seen: set[str] = set()
    following: str | None = None
    while following not in seen:
        page = ask(following)
        yield page
        seen.add(following or "")
        following = text(page, token)
