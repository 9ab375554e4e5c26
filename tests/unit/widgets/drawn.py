"""What is drawn without a page: a screen by itself, and what is shown of a session once a verb has been run."""

from collections.abc import Callable
from typing import Any

from nbauth.widgets.errand import outcome_of
from nbauth.widgets.screens import Asked, Screen, module_for
from nbauth.widgets.showing import Showing


def screen_for(asked: Asked, page: str = "sign_in") -> Screen:
    """Return the screen of the challenge that is asked, else of a page of our own."""
    drawn: Screen = module_for(asked.challenge, page).screen(asked)
    return drawn


def run(showing: Showing, name: str, verb: Callable[[], object]) -> dict[str, Any]:
    """Run a verb as an errand does, and return what the page draws then."""
    showing.begun()
    showing.ended(name, outcome_of(verb))
    return showing.draw(None)
