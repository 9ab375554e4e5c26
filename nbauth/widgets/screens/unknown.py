"""A challenge that nbauth does not know: what the pool says about it, and a field for the answer."""

from nbauth.widgets.screens import Asked, Screen, form

submit, ACTIONS = form.submit, form.ACTIONS


def screen(asked: Asked) -> Screen:
    """Return a form that says which challenge it is."""
    challenge = form.challenge_of(asked)
    said = [asked.words("challenge.unknown.hint", challenge=challenge.name), challenge.hint]
    return {**form.screen(asked), "hint": "\n".join(part for part in said if part)}
