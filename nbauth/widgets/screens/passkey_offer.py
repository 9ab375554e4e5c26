"""Making a passkey: an offer to somebody who has none, or a wish from the account page."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nbauth.core.secret import Secret
from nbauth.errors import ChallengeExpired
from nbauth.widgets.screens import Action, Answers, Asked, Go, Screen

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession


def begin(session: "AuthSession") -> Go:
    """Begin to register a passkey, and return the page that makes it."""
    return Go("passkey_offer", {"options": session.passkeys.start(wait=False)})


def screen(asked: Asked) -> Screen:
    """Return the offer."""
    words, party = asked.words, asked.about["options"].get("rp", {})
    return {
        "title": words("passkey_offer.title"),
        "subtitle": "",
        "hint": words("passkey_offer.hint"),
        "fields": [
            {"name": "credential", "label": words("field.credential"), "kind": "passkey", "autocomplete": "off"}
        ],
        "submit": words("passkey_offer.submit"),
        "submitting": words("passkey_offer.submitting"),
        "secondary": [{"action": "close", "label": words("passkey_offer.skip")}],
        "material": "passkey",
        "domain": str(party.get("id", "")) if isinstance(party, Mapping) else "",
    }


def material(asked: Asked) -> dict[str, Any]:
    """Return what the browser makes the passkey from (PublicKeyCredentialCreationOptionsJSON)."""
    return {"create": asked.about["options"]}


def submit(session: "AuthSession", answers: Answers, asked: Asked) -> Go:
    """Register the passkey that the browser made; where that took too long, begin anew."""
    try:
        session.passkeys.complete(json.loads(Secret.of(answers["credential"]).reveal()), wait=False)
    except ChallengeExpired:
        return begin(session)
    return Go("", said=asked.words("passkey_offer.done"))


ACTIONS: Mapping[str, Action] = {}
