import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbauth.core.secret import Secret
from nbauth.errors import Rejected

SENTINEL = "sentinel-9f3b"


@pytest.mark.parametrize("show", [repr, str, lambda secret: f"{secret}", lambda secret: f"{secret:>30}", "{!r}".format])
def test_a_secret_does_not_show_itself(show):
    assert SENTINEL not in show(Secret(SENTINEL))


def test_a_secret_hides_inside_other_values():
    assert SENTINEL not in repr([Secret(SENTINEL), {"key": Secret(SENTINEL)}])


def test_reveal_returns_the_string_itself():
    assert Secret(SENTINEL).reveal() == SENTINEL


def test_a_string_becomes_a_secret_and_a_secret_stays_the_same():
    secret = Secret(SENTINEL)
    assert Secret.of(SENTINEL) == secret
    assert Secret.of(secret) is secret


@pytest.mark.parametrize("value", [None, 123456, b"123456", ["123456"], 1.5])
def test_what_is_no_string_is_dropped_and_refused_when_it_is_wanted(value):
    secret = Secret.of(value)
    assert "123456" not in repr([getattr(secret, name) for name in ("_value", "_kind")])
    assert secret
    with pytest.raises(Rejected, match=f"text, and this is of the type {type(value).__name__}: .* leading zeros count"):
        secret.reveal()


@given(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
def test_secrets_are_equal_as_their_strings_are(left, right):
    assert (Secret(left) == Secret(right)) is (left == right)
    assert Secret(left) == Secret(left)
    assert hash(Secret(left)) == hash(Secret(left))


def test_a_secret_equals_no_string():
    assert Secret(SENTINEL) != SENTINEL
    assert len({Secret(SENTINEL), SENTINEL}) == 2


def test_an_empty_secret_is_false():
    assert not Secret("")
    assert Secret(SENTINEL)


def test_copies_are_the_secret_itself():
    secret = Secret(SENTINEL)
    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_secret_cannot_be_pickled(protocol):
    with pytest.raises(TypeError, match="cannot be pickled") as caught:
        pickle.dumps(Secret(SENTINEL), protocol)
    assert SENTINEL not in str(caught.value)


def test_a_secret_has_no_dictionary_to_look_into():
    with pytest.raises(TypeError):
        vars(Secret(SENTINEL))
