"""Colours as people tell them apart: how light one is, what can be read on it, and what stands out from it.

The arithmetic is that of WCAG 2.2, "relative luminance" and "contrast ratio": a text needs 4.5 (1.4.3), an edge 3
(1.4.11).
"""

from re import ASCII, fullmatch

Color = tuple[int, int, int]
"""Red, green and blue, each from 0 to 255."""

BLACK: Color = (0, 0, 0)
WHITE: Color = (255, 255, 255)

_TEXT, _EDGE = 4.5, 3.0


def read(text: str) -> Color:
    """Return the colour that ``#rgb`` or ``#rrggbb`` means.

    Raises:
        ValueError: It is neither.
    """
    if not fullmatch(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})", text, ASCII):
        raise ValueError("a colour looks like '#0b7285'")
    digits = text[1:] if len(text) == 7 else "".join(2 * digit for digit in text[1:])
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue


def written(color: Color) -> str:
    """Return a colour as ``#rrggbb``."""
    return f"#{bytes(color).hex()}"


def contrast(one: Color, other: Color) -> float:
    """Return the contrast ratio of two colours: 1 for the same, 21 for black and white."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def text_on(color: Color) -> Color:
    """Return what can be read on a colour: white, or black where white cannot. One of them always can."""
    return WHITE if contrast(WHITE, color) >= _TEXT else BLACK


def edge_on(surface: Color, color: Color) -> Color:
    """Return a colour, or the nearest to it that stands out from a surface as an edge must."""
    pole = max((BLACK, WHITE), key=lambda pole: contrast(pole, surface))
    tries = (mixed(color, pole, share / 20) for share in range(21))
    return next(tried for tried in tries if contrast(tried, surface) >= _EDGE)


def mixed(one: Color, other: Color, share: float) -> Color:
    """Return a colour with some of another one in it, from none (0) to nothing else (1)."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _luminance(color: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (byte / 255 for byte in color)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
