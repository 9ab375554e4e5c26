"""The profile: the attributes of the user, to change, and to prove where they are an address or a number."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from nbauth.errors import InvalidParameter, NotAuthorized
from nbauth.widgets import fields, items, sentences
from nbauth.widgets.screens import Action, ActionView, Answers, Asked, FieldView, Go, Screen, Then, verify_code

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession

_NOT_OURS_TO_CHANGE = frozenset({"sub", "identities", "updated_at"})
_ALWAYS = ("name", "email", "phone_number")


def load(session: "AuthSession", said: str = "", fixed: frozenset[str] = frozenset()) -> Go:
    """Return the page, with the attributes as they are now.

    Args:
        session: Whose they are.
        said: What there is to be said of it.
        fixed: Those that have turned out not to be the user's to change.
    """
    about = {"attributes": session.get_user_attributes(wait=False), "fixed": fixed, "typed": {}}
    return Go("account_profile", about, said)


def screen(asked: Asked) -> Screen:
    """Return the form."""
    words, attributes, fixed = asked.words, asked.about["attributes"], sorted(asked.about["fixed"])
    return {
        "title": words("account.profile"),
        "subtitle": "",
        "hint": "",
        "fields": [_field(asked, name) for name in _changeable(asked)],
        "items": [items.item(sentences.attribute_label(words, name), [], attributes.get(name, "")) for name in fixed],
        "submit": words("account.save"),
        "submitting": words("account.saving"),
        "links": _unproved(asked),
        "secondary": [{"action": "back", "label": words("panel.back")}],
    }


def submit(session: "AuthSession", answers: Answers, asked: Asked) -> Go:
    """Save what is different; a new address or number is proved next."""
    before = asked.about["attributes"]
    now = {name: str(answers[name]) for name in _changeable(asked)}
    changed = {name: value for name, value in now.items() if value and value != before.get(name, "")}
    emptied = [name for name, value in now.items() if not value and before.get(name)]
    try:
        deliveries = session.update_user_attributes(changed, wait=False) if changed else ()
        if emptied:
            session.delete_user_attributes(emptied, wait=False)
    except (InvalidParameter, NotAuthorized) as refusal:
        fixed = _fixed(refusal, [*changed, *emptied])
        if not fixed:
            raise
        return _without(session, asked, fixed, changed)
    if deliveries:
        return verify_code.after_each(session, deliveries, _then(asked))
    return _then(asked)(session, asked.words("account.saved"))


def _fixed(refusal: InvalidParameter | NotAuthorized, tried: list[str]) -> str:
    """Return the attribute that cannot be changed: the one that the pool names, or the only one that was tried."""
    if refusal.case != "fixed_attribute":
        return ""
    return refusal.about.get("attribute") or (tried[0] if len(tried) == 1 else "")


def _without(session: "AuthSession", asked: Asked, fixed: str, typed: Mapping[str, str]) -> Go:
    """Return the page with an attribute that cannot be changed, and with what was typed for the others."""
    rest = {name: value for name, value in typed.items() if name != fixed}
    label = sentences.attribute_label(asked.words, fixed)
    said = asked.words("account.fixed_rest" if rest else "account.fixed", label=label)
    page = load(session, said, asked.about["fixed"] | {fixed})
    return replace(page, about={**page.about, "typed": rest}, done=False)


def _then(asked: Asked) -> Then:
    """Return the way back to this page, on which what cannot be changed is known."""
    return lambda session, said: load(session, said, asked.about["fixed"])


def _field(asked: Asked, name: str) -> FieldView:
    attributes = asked.about["attributes"]
    value = asked.about["typed"].get(name, attributes.get(name, ""))
    view = fields.attribute(asked, name, value=value, optional=True)
    if name in verify_code.PROVABLE and attributes.get(name):
        view["note"] = asked.words("account.verified" if _is_proved(attributes, name) else "account.unverified")
    return view


def _is_proved(attributes: Mapping[str, str], name: str) -> bool:
    return attributes.get(f"{name}_verified") == "true"


def _changeable(asked: Asked) -> list[str]:
    kept_out = _NOT_OURS_TO_CHANGE | asked.about["fixed"]
    return [
        name
        for name in dict.fromkeys([*_ALWAYS, *asked.about["attributes"]])
        if name not in kept_out and not name.endswith("_verified") and not name.startswith("cognito:")
    ]


def _unproved(asked: Asked) -> list[ActionView]:
    words, attributes = asked.words, asked.about["attributes"]
    return [
        {
            "action": "verify",
            "item": name,
            "label": words("account.verify", label=words.inside(sentences.attribute_label(words, name))),
        }
        for name in verify_code.PROVABLE
        if attributes.get(name) and not _is_proved(attributes, name)
    ]


def _verify(session: "AuthSession", asked: Asked, item: str) -> Go:
    return verify_code.send(session, item, _then(asked))


ACTIONS: Mapping[str, Action] = {"verify": _verify}
