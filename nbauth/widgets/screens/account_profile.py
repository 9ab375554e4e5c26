"""The profile: the attributes of the user, to change, and to prove where they are an address or a number."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nbauth.widgets import fields, sentences
from nbauth.widgets.screens import Action, ActionView, Answers, Asked, FieldView, Go, Screen, verify_code

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession

_NOT_OURS_TO_CHANGE = frozenset({"sub", "identities", "updated_at"})
_PROVABLE = ("email", "phone_number")
_ALWAYS = ("name", "email", "phone_number")


def load(session: "AuthSession", said: str = "") -> Go:
    """Return the page, with the attributes as they are now."""
    return Go("account_profile", {"attributes": session.get_user_attributes(wait=False)}, said)


def screen(asked: Asked) -> Screen:
    """Return the form."""
    words, attributes = asked.words, asked.about["attributes"]
    return {
        "title": words("account.profile"),
        "subtitle": "",
        "hint": "",
        "fields": [_field(asked, name) for name in _changeable(attributes)],
        "submit": words("account.save"),
        "submitting": words("account.saving"),
        "links": _unproved(asked),
        "secondary": [{"action": "back", "label": words("panel.back")}],
    }


def submit(session: "AuthSession", answers: Answers, asked: Asked) -> Go:
    """Save what is different; a new address or number is proved next."""
    before = asked.about["attributes"]
    now = {name: str(answers[name]) for name in _changeable(before)}
    changed = {name: value for name, value in now.items() if value and value != before.get(name, "")}
    emptied = [name for name, value in now.items() if not value and before.get(name)]
    deliveries = session.update_user_attributes(changed, wait=False) if changed else ()
    if emptied:
        session.delete_user_attributes(emptied, wait=False)
    if deliveries:
        return verify_code.after(deliveries[0], load)
    return load(session, asked.words("account.saved"))


def _field(asked: Asked, name: str) -> FieldView:
    attributes = asked.about["attributes"]
    view = fields.attribute(asked, name, value=attributes.get(name, ""), optional=True)
    if name in _PROVABLE and attributes.get(name):
        view["note"] = asked.words("account.verified" if _is_proved(attributes, name) else "account.unverified")
    return view


def _is_proved(attributes: Mapping[str, str], name: str) -> bool:
    return attributes.get(f"{name}_verified") == "true"


def _changeable(attributes: Mapping[str, str]) -> list[str]:
    kept = [
        name
        for name in attributes
        if name not in _NOT_OURS_TO_CHANGE and not name.endswith("_verified") and not name.startswith("cognito:")
    ]
    return list(dict.fromkeys([*_ALWAYS, *kept]))


def _unproved(asked: Asked) -> list[ActionView]:
    words, attributes = asked.words, asked.about["attributes"]
    return [
        {
            "action": "verify",
            "item": name,
            "label": words("account.verify", label=words.inside(sentences.attribute_label(words, name))),
        }
        for name in _PROVABLE
        if attributes.get(name) and not _is_proved(attributes, name)
    ]


def _verify(session: "AuthSession", asked: Asked, item: str) -> Go:
    return verify_code.send(session, item, load)


ACTIONS: Mapping[str, Action] = {"verify": _verify}
