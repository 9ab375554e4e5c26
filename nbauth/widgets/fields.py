"""How the fields of the screens are drawn: names, attributes, codes, and passwords with the rules they must keep."""

import re

from nbauth.core.challenges import Field, autocomplete_of
from nbauth.core.secret import Secret
from nbauth.widgets import sentences
from nbauth.widgets.screens import Asked, FieldView, RuleView

_TYPES = {
    "birthdate": "date",
    "email": "email",
    "phone_number": "tel",
    "picture": "url",
    "profile": "url",
    "website": "url",
}
"""HTML's type of input for the standard attributes that are more than text (OpenID Connect Core 1.0 §5.1)."""

_TRUNK_PREFIX = re.compile(r"\(\s*0\s*\)")
"""What is dialled inside a country only, as people write it in numbers for abroad: +44 (0)7700 900123."""

_FROM_ABROAD = r"\s*\+[\d\s.\(\)\/\-]+"
"""A number with its country code, as people write it: a pattern of HTML's."""

_SEPARATOR = re.compile(r"[\s-]")
"""What people put between the digits of a code, or copy with them."""


def username(asked: Asked) -> FieldView:
    """Return the field for what people sign in with."""
    only = asked.username_attributes[0] if len(asked.username_attributes) == 1 else ""
    view: FieldView = {
        "name": "username",
        "label": sentences.username_label(asked.words, asked.username_attributes),
        "kind": "text",
        "autocomplete": "username",
        "value": asked.about.get("username", (not asked.provider and asked.username) or ""),
        "kept": True,
    }
    return _typed(asked, view, _TYPES[only]) if only in ("email", "phone_number") else view


def current_password(asked: Asked, label: str = "field.password", *, optional: bool = False) -> FieldView:
    """Return the field for the password that somebody has."""
    return {
        "name": "password",
        "label": asked.words("field.password_optional" if optional else label),
        "kind": "current-password",
        "autocomplete": "current-password",
        "optional": optional,
    }


def new_password(asked: Asked, name: str, label: str = "field.new_password", *, optional: bool = False) -> FieldView:
    """Return the field for a password that somebody chooses, with the rules it must keep."""
    text = asked.words(label)
    view: FieldView = {
        "name": name,
        "label": asked.words("field.optional", label=text) if optional else text,
        "kind": "password",
        "autocomplete": "new-password",
        "optional": optional,
        "repeat": asked.words("field.repeat_password"),
    }
    if rules := _rules(asked):
        view["rules"] = rules
    return view


def code(asked: Asked) -> FieldView:
    """Return the field for a code."""
    return {"name": "code", "label": asked.words("field.code"), "kind": "code", "autocomplete": "one-time-code"}


def attribute(asked: Asked, name: str, *, value: str = "", optional: bool = False, field_name: str = "") -> FieldView:
    """Return the field for an attribute of a user.

    Args:
        asked: What the screen is drawn from.
        name: The attribute.
        value: What it is.
        optional: Whether it may be left empty.
        field_name: The field's name, where that is not the attribute's.
    """
    label = sentences.attribute_label(asked.words, name)
    view: FieldView = {
        "name": field_name or name,
        "label": label,
        "kind": "text",
        "autocomplete": autocomplete_of(name),
        "value": value,
        "optional": optional,
    }
    return _typed(asked, view, _TYPES.get(name, "text"))


def of_challenge(asked: Asked, field: Field) -> FieldView:
    """Return a field of the challenge that stands."""
    if field.name == "new_password":
        return new_password(asked, field.name)
    if field.name.startswith("userAttributes."):
        return attribute(asked, field.name.removeprefix("userAttributes."), field_name=field.name)
    view: FieldView = {
        "name": field.name,
        "label": sentences.label_of(asked.words, field),
        "kind": field.kind,
        "autocomplete": field.autocomplete,
    }
    if field.name == "email":
        view = _typed(asked, view, "email")
    if field.kind == "choice":
        view["choices"] = [[name, sentences.choice_label(asked.words, name, label)] for name, label in field.choices]
    return view


def read(field: FieldView, value: object) -> str | Secret:
    """Return what was filled in, as it is sent on; empty where it is no text."""
    text = value if isinstance(value, str) else ""
    match field["kind"]:
        case "password" | "current-password" | "passkey":
            return Secret(text)
        case "code":
            return Secret(_SEPARATOR.sub("", text))
        case _ if field.get("type") == "tel":
            return "".join(found for found in _TRUNK_PREFIX.sub("", text) if found.isdigit() or found == "+")
        case _:
            return text.strip()


def _typed(asked: Asked, view: FieldView, kind: str) -> FieldView:
    """Return a field of one of HTML's types, with what to say of what is none."""
    view["type"] = kind
    match kind:
        case "email":
            view["unfit"] = asked.words("field.no_email")
        case "tel":
            view["note"] = asked.words("field.phone_number_hint")
            view["pattern"] = _FROM_ABROAD
            view["unfit"] = asked.words("field.no_country_code")
        case "text":
            pass
        case _:
            view["unfit"] = asked.words("field.unfit", label=view["label"])
    return view


def _rules(asked: Asked) -> list[RuleView]:
    policy = asked.password_policy
    if policy is None:
        return []
    texts = {"length": asked.words("policy.length", count=policy.min_length)}
    return [
        {"text": texts.get(name) or asked.words(f"policy.{name}"), "pattern": pattern} for name, pattern in policy.rules
    ]
