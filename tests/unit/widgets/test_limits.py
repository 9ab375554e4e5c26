"""What may be filled in: the page is told, and what does not fit is refused before it is sent on."""

import pytest

from nbauth.core.sign_up_attribute import SignUpAttribute
from nbauth.errors import Rejected
from nbauth.widgets import fields, limits
from nbauth.widgets.screens import Asked

ASKED = Asked()
LIMITS = ("type", "min", "max", "minlength", "maxlength")


def attribute(**values):
    return SignUpAttribute.of({"name": "custom:size", **values})


def complaint(answer, **values):
    described = attribute(**values)
    field = limits.limited(ASKED, fields.attribute(ASKED, described.name), described)
    with pytest.raises(Rejected) as caught:
        limits.check(ASKED, field, answer, described)
    return str(caught.value)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({}, {"type": "text"}),
        ({"min": 2, "max": 20}, {"type": "text", "minlength": 2, "maxlength": 20}),
        ({"type": "number", "min": 0, "max": 2.5}, {"type": "number", "min": "0", "max": "2.5"}),
        ({"type": "date", "min": "2026-01-31"}, {"type": "date", "min": "2026-01-31"}),
        ({"name": "email", "max": 60}, {"type": "email", "maxlength": 60}),
        ({"name": "birthdate", "max": "2026-01-31"}, {"type": "date", "max": "2026-01-31"}),
    ],
)
def test_the_page_is_told_as_html_has_it(values, told):
    described = attribute(**values)
    view = limits.limited(ASKED, fields.attribute(ASKED, described.name), described)
    assert {key: value for key, value in view.items() if key in LIMITS} == told


@pytest.mark.parametrize(
    ("values", "answer", "said"),
    [
        ({"type": "number"}, "many", "Size does not fit."),
        ({"type": "number", "min": 1, "max": 9}, "10", "Size does not fit: 1–9."),
        ({"type": "number", "min": 1}, "0", "Size does not fit: ≥ 1."),
        ({"type": "date", "max": "2026-01-31"}, "2026-02-01", "Size does not fit: ≤ 2026-01-31."),
        ({"min": 2, "max": 3}, "a", "Size does not fit: 2–3 characters."),
    ],
)
def test_what_does_not_fit_is_refused_with_what_would(values, answer, said):
    assert complaint(answer, **values) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("email", "Enter a whole e-mail address, such as ada@example.com."),
        ("phone_number", "Enter the phone number with the country code, such as +44 7700 900123."),
        ("website", "Website does not fit."),
        ("name", None),
    ],
)
def test_the_page_is_told_what_to_say_of_what_does_not_fit(name, said):
    assert fields.attribute(ASKED, name).get("unfit") == said
    assert fields.username(Asked(username_attributes=(name,))).get("unfit") == (None if name == "website" else said)


def test_a_limit_is_told_to_who_is_outside_of_it():
    described = attribute(min=2, max=3)
    told = limits.limited(ASKED, fields.attribute(ASKED, described.name), described)
    assert told["unfit"] == "Size does not fit: 2–3 characters."


def test_a_code_is_read_without_what_stands_between_its_digits():
    assert fields.read(fields.code(ASKED), " 123-456 ").reveal() == "123456"


def test_what_fits_is_let_through():
    limits.check(ASKED, fields.attribute(ASKED, "custom:size"), "7", attribute(type="number", min=1))
    limits.check(ASKED, fields.attribute(ASKED, "phone_number"), "+447700900123")


def test_a_number_of_no_country_is_refused():
    with pytest.raises(Rejected, match=r"country code, such as \+44 7700 900123"):
        limits.check(ASKED, fields.attribute(ASKED, "phone_number"), "07700900123")


@pytest.mark.parametrize(
    "typed", ["+44 (0)7700 900123", "+44(0) 7700-900123", "+44 ( 0 ) 7700 900123", "+447700900123"]
)
def test_a_number_is_read_as_it_is_dialled_from_abroad(typed):
    assert fields.read(fields.attribute(ASKED, "phone_number"), typed) == "+447700900123"
