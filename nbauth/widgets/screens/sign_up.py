"""Making an account: a name, a password, and what the pool must know of its users.

What that is, the configuration says; what it leaves out, the pool's refusal says, and the form is shown once more.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from nbauth.core.secret import Secret
from nbauth.core.sign_up_attribute import SignUpAttribute
from nbauth.errors import CodeDeliveryFailure, InvalidParameter
from nbauth.widgets import fields, limits, looks, sentences
from nbauth.widgets.screens import Action, Answers, Asked, FieldView, Go, Screen, confirm_sign_up

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession

_OUR_FIELDS = ("username", "password")


def screen(asked: Asked) -> Screen:
    """Return the form."""
    words = asked.words
    return {
        "title": words("sign_up.title"),
        "subtitle": "",
        "hint": _hint(asked),
        "fields": [
            _username(asked),
            *(_marked(asked, _field(asked, attribute)) for attribute in _attributes(asked)),
            fields.new_password(asked, "password", "field.password", optional=asked.password_optional),
        ],
        "submit": words("sign_up.submit"),
        "submitting": words("sign_up.submitting"),
        "secondary": [{"action": "back", "label": words("panel.back")}],
        "links": [{"action": "sign_in", "label": words("sign_up.sign_in")}],
        "agreement": looks.agreement(asked),
        "foot": looks.foot(asked, terms=False),
    }


def submit(session: "AuthSession", answers: Answers, asked: Asked) -> Go | None:
    """Make the account; where a code has been sent, that comes next."""
    username = str(answers["username"])
    password = Secret.of(answers["password"])
    limits.check(asked, _username(asked), username)
    attributes = _filled_in(asked, answers)
    try:
        made = session.sign_up(username, password if password else None, attributes=attributes)
    except CodeDeliveryFailure:
        return Go("confirm_sign_up", {"username": username, "unsent": True})
    except InvalidParameter as refusal:
        lacking = _lacking(refusal, attributes)
        if not lacking:
            raise
        return _once_more(asked, lacking)
    if made.next_step == "confirm_sign_up":
        return confirm_sign_up.after(username, made)
    return confirm_sign_up.confirmed(username, made, asked)


def _hint(asked: Asked) -> str:
    lacking = asked.about.get("lacking_now", ())
    names = ", ".join(sentences.attribute_label(asked.words, name) for name in lacking)
    return asked.words("sign_up.lacking", names=names) if names else ""


def _username(asked: Asked) -> FieldView:
    # An alias is no name: it is a further way to sign in, for which the pool takes the attribute.
    return fields.username(asked if _is_attribute(asked) else replace(asked, username_attributes=()))


def _is_attribute(asked: Asked) -> bool:
    """Return whether an address or a number is all that people are called in this pool."""
    return bool(asked.username_attributes) and set(asked.username_attributes) <= {"email", "phone_number"}


def _attributes(asked: Asked) -> list[SignUpAttribute]:
    """Return what is asked for beside the name, with what the pool has turned out to require."""
    named = asked.username_attributes if _is_attribute(asked) else ()
    wanted = {one.name: one for one in asked.sign_up_attributes if one.name not in named}
    for name in asked.about.get("lacking", ()):
        known = next((one for one in asked.sign_up_attributes if one.name == name), SignUpAttribute.of(name))
        wanted[name] = replace(known, optional=False)
    return list(wanted.values())


def _field(asked: Asked, attribute: SignUpAttribute) -> FieldView:
    view = fields.attribute(asked, attribute.name, optional=attribute.optional)
    view["kept"] = True
    if attribute.label:
        view["label"] = attribute.label
    return limits.limited(asked, view, attribute)


def _marked(asked: Asked, view: FieldView) -> FieldView:
    if view.get("optional"):
        view["label"] = asked.words("field.optional", label=view["label"])
    return view


def _filled_in(asked: Asked, answers: Answers) -> dict[str, str]:
    filled_in: dict[str, str] = {}
    for attribute in _attributes(asked):
        answer = str(answers[attribute.name])
        if answer:  # what is optional and left empty is not sent: an empty value is one that may not fit
            limits.check(asked, _field(asked, attribute), answer, attribute)
            filled_in[attribute.name] = answer
    return filled_in


def _lacking(refusal: InvalidParameter, given: Mapping[str, str]) -> list[str]:
    """Return the attributes that the pool requires and that were not given."""
    names = refusal.about.get("missing", "").split()
    return [name for name in names if name not in given and name not in _OUR_FIELDS]


def _once_more(asked: Asked, lacking: list[str]) -> Go:
    # What was typed is on the page, which keeps it: to send it back would show it to every other page.
    before = asked.about.get("lacking", ())
    return Go("sign_up", {"lacking": (*before, *lacking), "lacking_now": lacking})


def _sign_in(session: "AuthSession", asked: Asked, item: str) -> Go:
    return Go("sign_in")


ACTIONS: Mapping[str, Action] = {"sign_in": _sign_in}
