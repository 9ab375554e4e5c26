"""The form for somebody whose sign-in has expired: we know who it is, so the password or the company will do."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nbauth import companies
from nbauth.widgets import fields, looks
from nbauth.widgets.screens import Action, ActionView, Answers, Asked, Go, Screen, sign_in

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession


def screen(asked: Asked) -> Screen:
    """Return the form."""
    words = asked.words
    company = companies.named(asked.companies, asked.provider)
    hint = words("welcome_back.hint")
    if company:
        hint = words("welcome_back.hint_company", company=looks.isolated(company.label))
    forgot: ActionView = {"action": "forgot_password", "label": words("sign_in.forgot_password")}
    return {
        "title": words("welcome_back.title", name=asked.username or ""),
        "subtitle": sign_in.subtitle(asked),
        "hint": "\n".join([hint, *([words("sign_in.waiting")] if asked.waiting else [])]),
        "companies": [looks.company_button(asked, company)] if company else [],
        "fields": [] if company else [fields.current_password(asked, optional=asked.password_optional)],
        "submit": "" if company else words("sign_in.submit"),
        "submitting": words("sign_in.submitting"),
        "secondary": [{"action": "cancel", "label": words("panel.cancel")}],
        "links": [
            *([] if company else [forgot]),
            {"action": "somebody_else", "label": words("welcome_back.somebody_else")},
        ],
        "username": asked.username or "",
    }


def submit(session: "AuthSession", answers: Answers, asked: Asked) -> Go | None:
    """Sign in again."""
    return sign_in.begin(session, asked.username or "", answers["password"])


def _as_somebody_else(session: "AuthSession", asked: Asked, item: str) -> Go:
    return Go("sign_in", {"username": ""})


ACTIONS: Mapping[str, Action] = {
    "company": sign_in.with_company,
    "forgot_password": sign_in.ACTIONS["forgot_password"],
    "somebody_else": _as_somebody_else,
}
