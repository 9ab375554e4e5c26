"""Colours: what can be read on one, and what stands out from it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbauth.core.color import BLACK, WHITE, contrast, edge_on, mixed, read, text_on, written

COLORS = st.tuples(*3 * [st.integers(0, 255)])


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#fff", "#000", 21), ("#767676", "#fff", 4.54), ("#ff0000", "#ffffff", 4.0), ("#0b7285", "#0b7285", 1)],
)
def test_contrast_is_that_of_the_wcag(one, other, ratio):
    assert contrast(read(one), read(other)) == pytest.approx(ratio, abs=0.005)


def test_a_short_colour_is_the_long_one():
    assert written(read("#17a")) == "#1177aa"
    assert written(read("#17A2B8")) == "#17a2b8"


@pytest.mark.parametrize("text", ["", "red", "#12", "#1234", "#12345g", " #123", "#123\n", "rgb(0,0,0)", "#١٢٣"])
def test_anything_else_is_no_colour(text):
    with pytest.raises(ValueError, match="looks like"):
        read(text)


@given(COLORS)
def test_one_of_black_and_white_can_be_read_on_every_colour(color):
    assert contrast(text_on(color), color) >= 4.5


@given(COLORS)
def test_a_text_can_still_be_read_on_a_colour_that_was_moved_away_from_it(color):
    text = text_on(color)
    assert contrast(text, mixed(color, BLACK if text == WHITE else WHITE, 0.12)) >= 4.5


@given(COLORS, st.sampled_from([read("#f3f3f3"), read("#2b2b2b"), WHITE, BLACK]))
def test_an_edge_stands_out_from_its_surface_and_is_the_colour_where_that_does(color, surface):
    edge = edge_on(surface, color)
    assert contrast(edge, surface) >= 3
    assert edge == color or contrast(color, surface) < 3
