"""How the fields of the screens are drawn: names, attributes, codes, and passwords with the rules they must keep."""

from nbauth.core.challenges import Field
from nbauth.core.secret import Secret
from nbauth.widgets import sentences
from nbauth.widgets.screens import Asked, FieldView, RuleView

_TYPES = {
    "birthdate": ("date", "bday"),
    "email": ("email", "email"),
    "family_name": ("text", "family-name"),
    "given_name": ("text", "given-name"),
    "middle_name": ("text", "additional-name"),
    "name": ("text", "name"),
    "nickname": ("text", "nickname"),
    "phone_number": ("tel", "tel"),
    "picture": ("url", "photo"),
    "profile": ("url", "url"),
    "website": ("url", "url"),
    "address": ("text", "street-address"),
    "locale": ("text", "language"),
}
"""The type of input and the autocomplete token of each standard attribute (HTML, autofill; OpenID Connect 1.0 §5.1)."""


def username(asked: Asked) -> FieldView:
    """Return the field for what people sign in with."""
    only = asked.username_attributes[0] if len(asked.username_attributes) == 1 else ""
    view: FieldView = {
        "name": "username",
        "label": sentences.username_label(asked.words, asked.username_attributes),
        "kind": "text",
        "autocomplete": "username",
        "value": asked.about.get("username", (not asked.provider and asked.username) or ""),
    }
    if only in ("email", "phone_number"):
        view["type"] = _TYPES[only][0]
    if only == "phone_number":
        view["note"] = asked.words("field.phone_number_hint")
    return view


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
    kind, autocomplete = _TYPES.get(name, ("text", "off"))
    label = sentences.attribute_label(asked.words, name)
    view: FieldView = {
        "name": field_name or name,
        "label": label,
        "kind": "text",
        "autocomplete": autocomplete,
        "type": kind,
        "value": value,
        "optional": optional,
    }
    if name == "phone_number":
        view["note"] = asked.words("field.phone_number_hint")
    return view


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
        view["type"] = "email"
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
            return Secret("".join(text.split()))
        case _ if field.get("type") == "tel":
            return "".join(character for character in text if character.isdigit() or character == "+")
        case _:
            return text.strip()


def _rules(asked: Asked) -> list[RuleView]:
    policy = asked.password_policy
    if policy is None:
        return []
    texts = {"length": asked.words("policy.length", count=policy.min_length)}
    return [
        {"text": texts.get(name) or asked.words(f"policy.{name}"), "pattern": pattern} for name, pattern in policy.rules
    ]
