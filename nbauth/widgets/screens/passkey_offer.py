"""Making a passkey: an offer to somebody who has none, or a wish from the account page, which comes back after it."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nbauth.core.secret import Secret
from nbauth.errors import ChallengeExpired
from nbauth.widgets.screens import Action, ActionView, Answers, Asked, Go, Screen, Then

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession


def begin(session: "AuthSession", then: Then | None = None) -> Go:
    """Begin to register a passkey, and return the page that makes it."""
    return Go("passkey_offer", {"options": session.passkeys.start(wait=False), "then": then})


def screen(asked: Asked) -> Screen:
    """Return the offer."""
    words, party, wanted = asked.words, asked.about["options"].get("rp", {}), asked.about["then"]
    back: ActionView = {"action": "back", "label": words("panel.back")}
    skip: ActionView = {"action": "close", "label": words("passkey_offer.skip")}
    return {
        "title": words("account.passkey_add" if wanted else "passkey_offer.title"),
        "subtitle": "",
        "hint": words("passkey_offer.hint"),
        "fields": [
            {"name": "credential", "label": words("field.credential"), "kind": "passkey", "autocomplete": "off"}
        ],
        "submit": words("passkey_offer.submit"),
        "submitting": words("passkey_offer.submitting"),
        "secondary": [back if wanted else skip],
        "material": "passkey",
        "domain": str(party.get("id", "")) if isinstance(party, Mapping) else "",
    }


def material(asked: Asked) -> dict[str, Any]:
    """Return what the browser makes the passkey from (PublicKeyCredentialCreationOptionsJSON)."""
    return {"create": asked.about["options"]}


def submit(session: "AuthSession", answers: Answers, asked: Asked) -> Go:
    """Register the passkey that the browser made; where that took too long, begin anew."""
    then, said = asked.about["then"], asked.words("passkey_offer.done")
    try:
        session.passkeys.complete(json.loads(Secret.of(answers["credential"]).reveal()), wait=False)
    except ChallengeExpired:
        return begin(session, then)
    return then(session, said) if then else Go("", said=said)


ACTIONS: Mapping[str, Action] = {}
