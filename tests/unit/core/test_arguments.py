import math

import pytest

from nbauth.core import arguments
from nbauth.core.secret import Secret
from nbauth.errors import Rejected

SENTINEL = 987654321
NO_TEXTS = [None, SENTINEL, b"987654321", [SENTINEL], {"a": SENTINEL}, float(SENTINEL), True]


def complaint_of(check, given, *more):
    with pytest.raises(Rejected) as caught:
        check(given, *more)
    assert str(SENTINEL) not in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_user_name_loses_the_space_around_it():
    assert arguments.username(" ada ") == "ada"
    assert arguments.username("дом 🏠") == "дом 🏠"


@pytest.mark.parametrize("given", NO_TEXTS)
def test_a_user_name_is_text(given):
    assert complaint_of(arguments.username, given) == f"The user name is text, not of the type {type(given).__name__}"


@pytest.mark.parametrize(("given", "complaint"), [("", "empty"), (" \t", "empty"), ("a\ud800", "half a character")])
def test_a_user_name_is_one(given, complaint):
    assert complaint in complaint_of(arguments.username, given)


def test_a_code_loses_its_spaces():
    assert arguments.code(Secret("012 345\n")).reveal() == "012345"


@pytest.mark.parametrize("given", NO_TEXTS)
def test_a_code_is_text_because_leading_zeros_count(given):
    assert "leading zeros count" in complaint_of(arguments.code, Secret.of(given))


def test_a_code_is_not_empty():
    assert complaint_of(arguments.code, Secret(" ")) == "The code is empty"


def test_texts_are_copied_and_none_are_an_empty_mapping():
    given = {"name": "Ada", "secret": Secret("x")}
    assert arguments.texts(given, "attributes") == given
    assert arguments.texts(given, "attributes") is not given
    assert arguments.texts(None, "attributes") == {}


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (SENTINEL, "attributes is a mapping of names to texts, not of the type int"),
        ([("name", "Ada")], "attributes is a mapping of names to texts, not of the type list"),
        ({SENTINEL: "Ada"}, "A name in attributes is text, not of the type int"),
        ({"age": SENTINEL}, "'age' in attributes is text, not of the type int"),
        ({"name": None}, "'name' in attributes is text, not of the type NoneType"),
    ],
)
def test_what_is_no_mapping_of_texts_is_named_without_its_value(given, complaint):
    assert complaint_of(arguments.texts, given, "attributes") == complaint


def test_one_name_needs_no_list_around_it():
    assert arguments.names("email") == ("email",)
    assert arguments.names(["email", "name"]) == ("email", "name")


@pytest.mark.parametrize("given", [None, SENTINEL, ["email", SENTINEL], b"email"])
def test_names_are_texts(given):
    assert " not of the type " in complaint_of(arguments.names, given)


@pytest.mark.parametrize("given", [None, True, False, 0, 1.5, -1, math.inf])
def test_how_long_to_wait_may_be_said_in_seconds(given):
    arguments.wait(given)


@pytest.mark.parametrize("given", ["5", math.nan, [5], b"5"])
def test_how_long_to_wait_is_a_number(given):
    assert "a number of seconds" in complaint_of(arguments.wait, given)
