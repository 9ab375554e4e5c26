"""A password policy is what it is made of, and its rules are those of the service."""

import re

import pytest

from nbauth.core.password_policy import PasswordPolicy

STRICT = PasswordPolicy(
    min_length=8, require_lowercase=True, require_uppercase=True, require_numbers=True, require_symbols=True
)


def kept(policy, password):
    return [name for name, pattern in policy.rules if re.search(pattern, password)]


def test_only_what_is_required_is_a_rule():
    assert [name for name, _ in PasswordPolicy(require_numbers=True).rules] == ["length", "number"]
    assert str(STRICT) == "at least 8 characters, lowercase, uppercase, number, symbol"


@pytest.mark.parametrize(
    ("password", "rules"),
    [
        ("", []),
        ("short", ["lowercase"]),
        ("UPPER CASE", ["length", "uppercase", "symbol"]),
        ("12345678", ["length", "number"]),
        ("Straße12", ["length", "lowercase", "uppercase", "number"]),
        ("line\nbreak", ["length", "lowercase"]),
        (" leading", ["length", "lowercase"]),
        ("Correct-Horse-7", ["length", "lowercase", "uppercase", "number", "symbol"]),
    ],
)
def test_a_password_keeps_the_rules_that_cognito_says_it_keeps(password, rules):
    assert kept(STRICT, password) == rules


@pytest.mark.parametrize("symbol", "^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+-")
def test_every_special_character_of_cognito_is_one(symbol):
    assert "symbol" in kept(STRICT, symbol)


@pytest.mark.parametrize(
    "values", [{"min_length": "8"}, {"min_length": True}, {"require_numbers": 1}, {"colour": True}]
)
def test_what_is_no_policy_is_refused(values):
    with pytest.raises(ValueError, match="no password policy"):
        PasswordPolicy.of(values)
