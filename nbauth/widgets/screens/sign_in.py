"""The first form: who, and the password."""

from nbauth.core.conversation import username_label
from nbauth.widgets.screens import Asked, FieldView, Screen


def screen(asked: Asked) -> Screen:
    """Return the first form."""
    who: FieldView = {
        "name": "username",
        "label": username_label(asked.username_attributes),
        "kind": "text",
        "autocomplete": "username",
        "value": asked.username or "",
    }
    password: FieldView = {
        "name": "password",
        "label": "Password (optional)" if asked.password_optional else "Password",
        "kind": "current-password",
        "autocomplete": "current-password",
        "optional": asked.password_optional,
    }
    return {
        "title": "Sign in again" if asked.expired else "Sign in to AWS",
        "subtitle": _subtitle(asked),
        "hint": "This cell goes on as soon as you are signed in." if asked.waiting else "",
        "fields": [who, password],
        "submit": "Sign in",
        "submitting": "Signing in…",
        "secondary": [{"action": "cancel", "label": "Cancel"}],
    }


def _subtitle(asked: Asked) -> str:
    account = f"Account {asked.account}" if asked.account != "default" else ""
    pool = f"User pool {asked.user_pool_id}" if asked.user_pool_id else ""
    return " · ".join(part for part in (account, pool) if part)
