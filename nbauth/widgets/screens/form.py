"""Any challenge that is a form: its title, its hint and its fields, as the table of challenges has them."""

from nbauth.core.challenges import Field
from nbauth.widgets.screens import Asked, FieldView, Screen


def screen(asked: Asked) -> Screen:
    """Return the form for the challenge that stands."""
    challenge = asked.challenge
    if challenge is None:
        raise ValueError("there is no challenge to draw")
    return {
        "title": challenge.title,
        "subtitle": f"Signing in as {challenge.username}" if challenge.username else "",
        "hint": challenge.hint,
        "fields": [_field(field) for field in challenge.fields],
        "submit": "Continue",
        "submitting": "Checking…",
        "secondary": [{"action": "back", "label": "Back"}],
    }


def _field(field: Field) -> FieldView:
    view: FieldView = {
        "name": field.name,
        "label": field.label,
        "kind": field.kind,
        "autocomplete": field.autocomplete,
    }
    if field.kind == "choice":
        view["choices"] = [list(choice) for choice in field.choices]
    return view
