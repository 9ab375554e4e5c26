"""Setting up a second step on the way in: an authenticator app with picture and key, an address, or the choice."""

from typing import Any

from nbauth.widgets import qr
from nbauth.widgets.screens import Asked, Screen, form

submit, ACTIONS = form.submit, form.ACTIONS


def screen(asked: Asked) -> Screen:
    """Return the form; the key of an app is not in it."""
    drawn = form.screen(asked)
    if form.challenge_of(asked).totp_secret:
        drawn["material"] = "totp"
    return drawn


def material(asked: Asked) -> dict[str, Any]:
    """Return the key of the app, and the picture of it."""
    challenge = form.challenge_of(asked)
    if not (challenge.totp_secret and challenge.totp_uri):
        return {}
    return {"key": qr.grouped(challenge.totp_secret), "picture": qr.draw(challenge.totp_uri)}
