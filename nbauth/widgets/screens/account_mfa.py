"""The second step of the user's sign-ins: which one is asked for, and an authenticator app to set up."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from nbauth.widgets.screens import Action, Answers, Asked, Go, Screen

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession
    from nbauth.core.account import MfaKind

_OFF = "off"
_NEEDS = {"sms": "phone_number_verified", "email": "email_verified"}


def load(session: "AuthSession", said: str = "") -> Go:
    """Return the page, with what holds now."""
    attributes, mfa = session.get_user_attributes(wait=False), session.get_mfa_preference(wait=False)
    possible = [kind for kind, needed in _NEEDS.items() if attributes.get(needed) == "true" or kind in mfa.enabled]
    kinds = [_OFF, *(["totp"] if mfa.totp else []), *possible]
    chosen = mfa.preferred or (mfa.enabled[0] if mfa.enabled else _OFF)
    return Go("account_mfa", {"kinds": kinds, "chosen": chosen}, said)


def screen(asked: Asked) -> Screen:
    """Return the choice."""
    words, about = asked.words, asked.about
    return {
        "title": words("account.mfa"),
        "subtitle": "",
        "hint": "",
        "fields": [
            {
                "name": "preferred",
                "label": words("account.mfa_preferred"),
                "kind": "choice",
                "autocomplete": "off",
                "choices": [[kind, words(f"account.mfa_{kind}")] for kind in about["kinds"]],
                "value": about["chosen"],
            }
        ],
        "submit": words("account.save"),
        "submitting": words("account.saving"),
        "links": [{"action": "set_up", "label": words("account.mfa_set_up")}],
        "secondary": [{"action": "back", "label": words("panel.back")}],
    }


def submit(session: "AuthSession", answers: Answers, asked: Asked) -> Go:
    """Let the one that was chosen be asked for, or none."""
    chosen = str(answers["preferred"])
    if chosen == _OFF:
        session.set_mfa_preference(totp=False, sms=False, email=False, wait=False)
    else:
        session.set_mfa_preference(preferred=cast("MfaKind", chosen), wait=False)
    return load(session, asked.words("account.saved"))


def _set_up(session: "AuthSession", asked: Asked, item: str) -> Go:
    return Go("account_app", {"setup": session.set_up_totp(wait=False)})


ACTIONS: Mapping[str, Action] = {"set_up": _set_up}
