"""The second step of the user's sign-ins: which one is asked for, and an authenticator app to set up."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from nbauth.errors import AuthError, ConfigError, Rejected
from nbauth.widgets.screens import Action, ActionView, Answers, Asked, FieldView, Go, Screen, is_not_offered

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession
    from nbauth.core.account import MfaKind

_OFF = "off"
_NEEDS = {"sms": "phone_number_verified", "email": "email_verified"}


def load(session: "AuthSession", said: str = "", refused: frozenset[str] = frozenset()) -> Go:
    """Return the page, with what holds now.

    Args:
        session: Whose account it is.
        said: What there is to be said of it.
        refused: The kinds that the pool has turned out not to offer.
    """
    attributes, mfa = session.get_user_attributes(wait=False), session.get_mfa_preference(wait=False)
    possible = [kind for kind, needed in _NEEDS.items() if attributes.get(needed) == "true" or kind in mfa.enabled]
    kinds = [kind for kind in (_OFF, *(["totp"] if mfa.totp else []), *possible) if kind not in refused]
    chosen = mfa.preferred or (mfa.enabled[0] if mfa.enabled else _OFF)
    return Go("account_mfa", {"kinds": kinds, "chosen": chosen, "refused": refused}, said)


def screen(asked: Asked) -> Screen:
    """Return the choice."""
    words, about = asked.words, asked.about
    choices = [[kind, words(f"account.mfa_{kind}")] for kind in about["kinds"]]
    choice: FieldView = {
        "name": "preferred",
        "label": words("account.mfa_preferred"),
        "kind": "choice",
        "autocomplete": "off",
        "choices": choices,
        "value": about["chosen"],
    }
    set_up: ActionView = {"action": "set_up", "label": words("account.mfa_set_up")}
    is_choice = len(choices) > 1
    only = "" if is_choice else "".join(label for _, label in choices)
    return {
        "title": words("account.mfa"),
        "subtitle": "",
        "hint": words("account.mfa_only", choice=only) if only else "",
        "fields": [choice] if is_choice else [],
        "submit": words("account.save") if is_choice else "",
        "submitting": words("account.saving"),
        "links": [] if "totp" in about["refused"] else [set_up],
        "secondary": [{"action": "back", "label": words("panel.back")}],
    }


def submit(session: "AuthSession", answers: Answers, asked: Asked) -> Go:
    """Let the one that was chosen be asked for, or none."""
    chosen = str(answers["preferred"])
    try:
        _prefer(session, chosen)
    except (ConfigError, Rejected) as error:
        if not _is_not_offered(error):
            raise
        return _without(session, asked, chosen)
    return load(session, asked.words("account.saved"), asked.about["refused"])


def _prefer(session: "AuthSession", kind: str) -> None:
    if kind == _OFF:
        session.set_mfa_preference(totp=False, sms=False, email=False, wait=False)
    else:
        session.set_mfa_preference(preferred=cast("MfaKind", kind), wait=False)


def _set_up(session: "AuthSession", asked: Asked, item: str) -> Go:
    def then(session: "AuthSession", said: str) -> Go:
        return load(session, said, asked.about["refused"])

    try:
        return Go("account_app", {"setup": session.set_up_totp(wait=False), "then": then})
    except (ConfigError, Rejected) as error:
        if not _is_not_offered(error):
            raise
    return _without(session, asked, "totp")


def _without(session: "AuthSession", asked: Asked, kind: str) -> Go:
    """Return the page without a kind that the pool has just refused."""
    page = load(session, asked.words(f"account.mfa_{kind}_refused"), asked.about["refused"] | {kind})
    return replace(page, done=False)


def _is_not_offered(error: AuthError) -> bool:
    # Only what the user has is offered in the first place, so that what does not fit is the pool's doing.
    return is_not_offered(error) or error.case in ("unfit_request", "no_second_step")


ACTIONS: Mapping[str, Action] = {"set_up": _set_up}
