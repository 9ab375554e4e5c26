"""What a sign-up asks for is a name or a mapping, and one that does not fit says what would."""

import json

import pytest

from nbauth.core.config import AuthConfig
from nbauth.core.sign_up_attribute import SignUpAttribute
from nbauth.errors import ConfigError


def attribute(**values):
    return SignUpAttribute.of({"name": "custom:x", **values})


def test_a_name_is_enough_and_what_is_known_of_it_is_added():
    assert SignUpAttribute.of("custom:team") == SignUpAttribute(name="custom:team")
    assert SignUpAttribute.of("birthdate") == SignUpAttribute(name="birthdate", type="date")
    assert SignUpAttribute.of(attribute(max=3)) == attribute(max=3)


@pytest.mark.parametrize(
    ("values", "fits"),
    [
        ("", "a name looks like 'email' or 'custom:team'"),
        ("two words", "a name looks like"),
        ("new\nline", "a name looks like"),
        (7, "it is a name, or a mapping of name and, where needed, label, type, optional, min, max"),
        ({}, "it is a name, or a mapping"),
        ({"label": "Team"}, "it is a name, or a mapping"),
        ({"name": ["email"]}, "a name looks like"),
        ({"name": "x", "choices": ["a"]}, "it is a name, or a mapping"),
        ({"name": "x", "label": 7}, "a label is one line of text"),
        ({"name": "x", "label": "a\nb"}, "a label is one line of text"),
        ({"name": "x", "type": "colour"}, "a type is one of text, number, date"),
        ({"name": "x", "type": ["text"]}, "a type is one of"),
        ({"name": "x", "optional": "yes"}, "optional is true or false"),
        ({"name": "x", "min": -1}, "min and max are numbers of characters"),
        ({"name": "x", "max": 2.5}, "min and max are numbers of characters"),
        ({"name": "x", "min": True}, "min and max are numbers of characters"),
        ({"name": "x", "type": "number", "max": "9"}, "min and max are numbers"),
        ({"name": "x", "type": "number", "max": float("nan")}, "min and max are numbers"),
        ({"name": "x", "type": "date", "min": "yesterday"}, "min and max are dates such as '2026-01-31'"),
        ({"name": "x", "type": "date", "min": 20260131}, "min and max are dates"),
        ({"name": "birthdate", "min": 3}, "min and max are dates"),
        ({"name": "x", "min": 3, "max": 2}, "min is not above max"),
    ],
)
def test_one_that_does_not_fit_is_one_line_with_its_source_and_what_would_fit(values, fits):
    with pytest.raises(ConfigError) as caught:
        AuthConfig.from_dict({"sign_up_attributes": ["email", values]}, source="here")
    message = str(caught.value)
    assert message.startswith("sign_up_attributes from here has ")
    assert fits in message
    assert "\n" not in message
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("limits", "admitted", "refused"),
    [
        ({"min": 2, "max": 3}, ["ab", "äöü"], ["a", "abcd"]),
        ({"type": "number"}, ["0", "-1.5", "12345678901234567890"], ["", "x", "1,5", "1_0", "inf", "nan", "0x1"]),
        ({"type": "number", "min": -1, "max": 1.5}, ["-1", "1.5"], ["-2", "1.6"]),
        ({"type": "date"}, ["2026-02-28"], ["2026-02-30", "28.2.2026", "20260228", ""]),
        ({"type": "date", "min": "1900-01-01", "max": "2026-12-31"}, ["1900-01-01"], ["1899-12-31", "2027-01-01"]),
        ({"type": "number", "max": 10**400}, ["5"], []),
    ],
)
def test_an_answer_is_of_the_type_and_within_the_limits(limits, admitted, refused):
    assert [answer for answer in admitted + refused if attribute(**limits).admits(answer)] == admitted


def test_one_is_shown_as_it_is_written_among_the_settings():
    written = ["email", {"name": "custom:team", "label": "Team", "max": 20}, "birthdate"]
    shown = repr(AuthConfig(sign_up_attributes=written).sign_up_attributes)
    assert shown == "('email', {'name': 'custom:team', 'label': 'Team', 'max': 20}, 'birthdate')"


def test_a_configuration_that_asks_for_much_can_be_copied_compared_and_read_from_json():
    written = json.loads('["email", {"name": "custom:size", "type": "number", "optional": true, "min": 1}]')
    config = AuthConfig(sign_up_attributes=written)
    assert config.replace(region="eu-west-1").sign_up_attributes == config.sign_up_attributes
    assert hash(config) == hash(AuthConfig(sign_up_attributes=written))


def test_what_is_said_twice_of_an_attribute_counts_as_it_was_said_last():
    config = AuthConfig(sign_up_attributes=["email", "name", {"name": "email", "optional": True}])
    assert [one.name for one in config.sign_up_attributes] == ["email", "name"]
    assert config.sign_up_attributes[0].optional
