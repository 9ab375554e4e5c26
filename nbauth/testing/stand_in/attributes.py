"""The attributes of a user: which there are, what they may hold, and who may write them.

See "Working with user attributes" in the Amazon Cognito developer guide.
"""

import re
from collections.abc import Iterable, Mapping

from nbauth.testing.stand_in.requests import invalid, not_authorized
from nbauth.testing.stand_in.settings import PoolSettings

VERIFIABLE = ("phone_number", "email")
"""What a code can be sent to; where there is a choice, it goes to the first."""

_STANDARD = frozenset(
    {
        "address",
        "birthdate",
        "email",
        "family_name",
        "gender",
        "given_name",
        "locale",
        "middle_name",
        "name",
        "nickname",
        "phone_number",
        "picture",
        "preferred_username",
        "profile",
        "updated_at",
        "website",
        "zoneinfo",
    }
)
_VERIFICATIONS = frozenset(f"{name}_verified" for name in VERIFIABLE)
_SCHEMA = "Attributes did not conform to the schema"
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
_PHONE_NUMBER = re.compile(r"\+[0-9]{3,15}")
_BIRTHDATE = re.compile(r"\d{4}-\d\d-\d\d")


def check(given: Mapping[str, str], settings: PoolSettings) -> None:
    """Check attributes that somebody wants to have.

    Raises:
        Refused: There are no such attributes, they are not for a user to write, or their values are not like that.
    """
    for name, value in given.items():
        check_name(name, settings)
        if value:
            _check_value(name, value)


def check_name(name: str, settings: PoolSettings) -> None:
    """Check that there is such an attribute, and that a user may write it.

    Raises:
        Refused: It is not so.
    """
    if name in _VERIFICATIONS:
        raise not_authorized("A client attempted to write unauthorized attribute")
    if name == "sub":
        raise invalid("user.sub: Attribute cannot be updated.")
    if name not in _STANDARD | settings.custom_attributes:
        raise invalid(f"{_SCHEMA}: Type for attribute {{{name}}} could not be determined")


def check_required(names: Iterable[str], given: Mapping[str, str]) -> None:
    """Check that attributes have a value.

    Raises:
        Refused: One has none.
    """
    for name in names:
        if not given.get(name):
            raise invalid(f"{_SCHEMA}: {name}: The attribute is required")


def is_email(text: str) -> bool:
    """Return whether a text is an address."""
    return _EMAIL.fullmatch(text) is not None


def is_phone_number(text: str) -> bool:
    """Return whether a text is a phone number as E.164 has it."""
    return _PHONE_NUMBER.fullmatch(text) is not None


def _check_value(name: str, value: str) -> None:
    if name == "email" and not is_email(value):
        raise invalid("Invalid email address format.")
    if name == "phone_number" and not is_phone_number(value):
        raise invalid("Invalid phone number format.")
    if name == "birthdate" and not _BIRTHDATE.fullmatch(value):
        raise invalid(f"{_SCHEMA}: birthdate: Attribute is not a date")
