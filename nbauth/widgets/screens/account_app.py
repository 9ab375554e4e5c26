"""Setting up an authenticator app for an account that is signed in."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nbauth.widgets import fields, qr
from nbauth.widgets.screens import Action, Answers, Asked, Go, Screen

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession


def screen(asked: Asked) -> Screen:
    """Return the form; the key is not in it."""
    words = asked.words
    hints = [words("challenge.MFA_SETUP.hint_app")]
    if asked.about["setup"].replaces_existing:
        hints.append(words("totp.replaces"))
    return {
        "title": words("account.mfa_set_up"),
        "subtitle": "",
        "hint": "\n".join(hints),
        "fields": [fields.code(asked)],
        "submit": words("challenge.submit"),
        "submitting": words("challenge.submitting"),
        "secondary": [{"action": "back", "label": words("panel.back")}],
        "material": "totp",
    }


def material(asked: Asked) -> dict[str, Any]:
    """Return the key of the app, and the picture of it."""
    setup = asked.about["setup"]
    return {"key": qr.grouped(setup.secret), "picture": qr.draw(setup.uri(f"AWS {asked.user_pool_id or ''}"))}


def submit(session: "AuthSession", answers: Answers, asked: Asked) -> Go:
    """Complete the set-up, and have the app's codes asked for."""
    session.verify_totp(answers["code"], wait=False)
    session.set_mfa_preference(preferred="totp", wait=False)
    done: Go = asked.about["then"](session, asked.words("account.mfa_done"))
    return done


ACTIONS: Mapping[str, Action] = {}
