"""What may be filled in: the limits of a field as a page is told them, and the check before an answer is sent on.

The page looks first, so that nothing of what was typed is lost; a page may be old, or anybody's.
"""

from nbauth.core.sign_up_attribute import SignUpAttribute
from nbauth.errors import Rejected
from nbauth.widgets.screens import Asked, FieldView
from nbauth.widgets.words import Words


def limited(asked: Asked, view: FieldView, attribute: SignUpAttribute) -> FieldView:
    """Return a field that tells the page what an attribute may be."""
    told = view.copy()
    if (attribute.type, attribute.min, attribute.max) != ("text", None, None):
        told["unfit"] = _unfit(asked.words, view["label"], attribute)
    if attribute.type != "text":
        told["type"] = attribute.type
        if attribute.min is not None:
            told["min"] = str(attribute.min)
        if attribute.max is not None:
            told["max"] = str(attribute.max)
        return told
    if isinstance(attribute.min, int):
        told["minlength"] = attribute.min
    if isinstance(attribute.max, int):
        told["maxlength"] = attribute.max
    return told


def check(asked: Asked, field: FieldView, answer: str, attribute: SignUpAttribute | None = None) -> None:
    """Check an answer that the pool would refuse with less to say about it.

    Args:
        asked: What the screen was drawn from.
        field: What was filled in.
        answer: How.
        attribute: What may be filled in, where somebody has said so.

    Raises:
        Rejected: It does not fit.
    """
    if field.get("type") == "tel" and not answer.startswith("+"):
        raise Rejected(asked.words("field.no_country_code"))
    if attribute is not None and not attribute.admits(answer):
        raise Rejected(_unfit(asked.words, field["label"], attribute))


def _unfit(words: Words, label: str, attribute: SignUpAttribute) -> str:
    least, most = attribute.min, attribute.max
    if least is None and most is None:
        return words("field.unfit", label=label)
    limits = f"{least}–{most}" if None not in (least, most) else f"≥ {least}" if most is None else f"≤ {most}"
    return words("field.unfit_length" if attribute.type == "text" else "field.unfit_limits", label=label, limits=limits)
