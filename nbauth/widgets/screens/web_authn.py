"""Signing in with a passkey, which the browser asks for; where it cannot, another way is offered."""

import json
from typing import Any

from nbauth.widgets.screens import Asked, Screen, form

submit, ACTIONS = form.submit, form.ACTIONS


def screen(asked: Asked) -> Screen:
    """Return the screen, whose only field the browser fills in."""
    domain = _options(asked).get("rpId")
    return {
        **form.screen(asked),
        "submit": asked.words("passkey.submit"),
        "submitting": asked.words("passkey.submitting"),
        "material": "passkey",
        "domain": domain if isinstance(domain, str) else "",
    }


def material(asked: Asked) -> dict[str, Any]:
    """Return what the browser makes the signature from (PublicKeyCredentialRequestOptionsJSON)."""
    return {"get": _options(asked)}


def _options(asked: Asked) -> dict[str, Any]:
    try:
        options = json.loads(form.challenge_of(asked).parameters.get("CREDENTIAL_REQUEST_OPTIONS", ""))
    except ValueError:
        return {}
    return options if isinstance(options, dict) else {}
