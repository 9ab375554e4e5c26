"""The seal: what one end closes the other opens, once, for its screen and its view, and nobody else at all."""

from base64 import b64decode, b64encode

import pytest
from cryptography.exceptions import InvalidTag

from nbauth.errors import AuthError
from nbauth.widgets.seal import Seal
from tests.unit.widgets.far_end import BLOCK, FarEnd

ANSWERS = {"username": "ada", "password": "sentinel-password-3c5e é 密"}


def agreed(view="a"):
    far = FarEnd(view)
    seal = Seal(view, far.public_key)
    far.hear(seal.public_key)
    return far, seal


def test_what_the_page_closes_the_kernel_opens():
    far, seal = agreed()
    assert seal.open("7", far.close("7", ANSWERS)) == ANSWERS


def test_what_the_kernel_closes_the_page_opens():
    far, seal = agreed()
    assert far.open("7", seal.close("7", ANSWERS)) == ANSWERS


def test_no_letter_is_like_another_and_none_shows_what_is_in_it():
    _, seal = agreed()
    letters = [b64decode(seal.close("7", ANSWERS)) for _ in range(2)]
    assert letters[0] != letters[1]
    assert not any(b"sentinel" in letter for letter in letters)


def test_the_length_of_a_password_does_not_show():
    far, seal = agreed()
    for close in (far.close, seal.close):
        short, long, longest = (len(b64decode(close("7", {"password": "x" * length}))) for length in (1, 99, 500))
        assert short == long == 12 + BLOCK + 16
        assert longest == short + 2 * BLOCK


@pytest.mark.parametrize("change", ["flipped", "cut", "emptied", "no base64", "not ascii"])
def test_a_letter_that_was_changed_does_not_open(change):
    far, seal = agreed()
    letter = bytearray(b64decode(far.close("7", ANSWERS)))
    letter[20] ^= 1
    changed = {
        "flipped": b64encode(letter).decode(),
        "cut": b64encode(letter[:15]).decode(),
        "emptied": "",
        "no base64": "%%%",
        "not ascii": "é",
    }[change]
    with pytest.raises(AuthError, match="cannot be opened"):
        seal.open("7", changed)


def test_a_letter_opens_once():
    far, seal = agreed()
    letter = far.close("7", ANSWERS)
    seal.open("7", letter)
    with pytest.raises(AuthError, match="cannot be opened"):
        seal.open("7", letter)


def test_a_letter_that_somebody_tried_to_open_for_another_screen_still_opens_for_its_own():
    far, seal = agreed()
    letter = far.close("7", ANSWERS)
    with pytest.raises(AuthError, match="cannot be opened"):
        seal.open("8", letter)
    assert seal.open("7", letter) == ANSWERS


def test_a_letter_of_another_view_does_not_open():
    (far, _), (_, seal) = agreed("a"), agreed("b")
    with pytest.raises(AuthError, match="cannot be opened"):
        seal.open("7", far.close("7", ANSWERS))


def test_a_letter_to_the_page_does_not_open_as_one_from_it():
    far, seal = agreed()
    with pytest.raises(AuthError, match="cannot be opened"):
        seal.open("7", seal.close("7", ANSWERS))
    with pytest.raises(InvalidTag):
        far.open("7", far.close("7", ANSWERS))


def test_two_views_with_one_key_of_their_own_have_two_seals():
    far = FarEnd("a")
    seals = [Seal(view, far.public_key) for view in ("a", "b")]
    far.hear(seals[1].public_key)
    with pytest.raises(AuthError, match="cannot be opened"):
        seals[1].open("7", far.close("7", ANSWERS))


@pytest.mark.parametrize("key", ["", "%%%", "AAAA", b64encode(b"\x04" + bytes(64)).decode()])
def test_a_key_that_is_no_point_of_the_curve_is_refused(key):
    with pytest.raises(ValueError, match=r"(?i)empty|base64|point|key"):
        Seal("a", key)


def test_an_error_holds_nothing_of_the_letter():
    far, seal = agreed()
    with pytest.raises(AuthError) as caught:
        seal.open("8", far.close("7", ANSWERS))
    assert caught.value.__context__ is None
