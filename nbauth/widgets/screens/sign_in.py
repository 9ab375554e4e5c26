"""The first form: the accounts of companies, then who, and the password."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nbauth import companies
from nbauth.core.secret import Secret
from nbauth.errors import NotAuthorized, PasswordResetRequired, UserNotConfirmed
from nbauth.widgets import fields, limits, looks
from nbauth.widgets.screens import Action, ActionView, Answers, Asked, Go, Screen, confirm_sign_up

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession


def screen(asked: Asked) -> Screen:
    """Return the first form."""
    words = asked.words
    by_name = asked.user_pool_id is not None or not asked.companies
    hints = [
        words("sign_in.waiting") if asked.waiting else "",
        words("sign_in.passwordless") if asked.password_optional and by_name else "",
    ]
    own = [fields.username(asked), fields.current_password(asked, optional=asked.password_optional)]
    return {
        "title": asked.look.title or words("sign_in.title"),
        "subtitle": subtitle(asked),
        "hint": "\n".join(hint for hint in hints if hint),
        "companies": looks.companies(asked),
        "fields": own if by_name else [],
        "submit": words("sign_in.submit") if by_name else "",
        "submitting": words("sign_in.submitting"),
        "secondary": [{"action": "cancel", "label": words("panel.cancel")}],
        "links": links(asked) if by_name else [],
        "foot": looks.foot(asked),
    }


def submit(session: "AuthSession", answers: Answers, asked: Asked) -> Go | None:
    """Begin the sign-in with the name that was typed."""
    username, field = str(answers["username"]), fields.username(asked)
    limits.check(asked, field, username)
    try:
        return begin(session, username, answers["password"])
    except NotAuthorized as refusal:
        if asked.username_attributes:
            refusal.about["label"] = field["label"]
        raise


def begin(session: "AuthSession", username: str, password: str | Secret) -> Go | None:
    """Begin the sign-in; an account that cannot be signed in to yet leads to where that is mended."""
    try:
        session.sign_in(username, password or None)
    except PasswordResetRequired:
        return Go("forgot_password", {"username": username, "required": True})
    except UserNotConfirmed:
        return confirm_sign_up.send(session, username)
    return None


def subtitle(asked: Asked) -> str:
    """Return which account and pool the sign-in is for; a title of the platform's own says the latter better."""
    account = asked.words("sign_in.account", account=asked.account) if asked.account != "default" else ""
    shown = asked.user_pool_id if not asked.look.title else ""
    pool = asked.words("sign_in.user_pool", user_pool=shown) if shown else ""
    return " · ".join(part for part in (account, pool) if part)


def links(asked: Asked) -> list[ActionView]:
    """Return what else there is for somebody who cannot sign in."""
    names = ["forgot_password", *(["sign_up"] if asked.offers_sign_up else [])]
    return [{"action": name, "label": asked.words(f"sign_in.{name}")} for name in names]


def _leads_to(screen: str) -> Action:
    return lambda session, asked, item: Go(screen)


def at_company(session: "AuthSession", provider: str | None) -> None:
    """Sign in with the account at a company; its function is asked again when the token has ended."""
    company = companies.named(session.companies, provider)
    if company is not None:
        session.federated_sign_in(company.provider, company.token)


def with_company(session: "AuthSession", asked: Asked, item: str) -> None:
    """Sign in with the account at the company whose button was pressed."""
    at_company(session, item)


ACTIONS: Mapping[str, Action] = {
    "company": with_company,
    **{name: _leads_to(name) for name in ("forgot_password", "sign_up")},
}
