"""A screen by itself: drawn from what is asked, with no session and no panel."""

from nbauth.widgets.screens import Asked, Screen, module_for


def screen_for(asked: Asked, page: str = "sign_in") -> Screen:
    """Return the screen of the challenge that is asked, else of a page of our own."""
    drawn: Screen = module_for(asked.challenge, page).screen(asked)
    return drawn
