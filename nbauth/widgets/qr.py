"""A QR code as the path of a picture: data that a page draws, and no markup."""

from typing import TypedDict

from nbauth.core.secret import Secret

_QUIET = 4  # modules of white around it (ISO/IEC 18004, quiet zone)


class Picture(TypedDict):
    """A QR code: the length of its sides, and the path of what is dark (SVG, attribute ``d``)."""

    size: int
    path: str


def draw(text: Secret) -> Picture:
    """Return the QR code of a text."""
    import segno

    matrix = segno.make(text.reveal(), micro=False).matrix
    path = "".join(
        f"M{x + _QUIET} {y + _QUIET}h1v1h-1z"
        for y, row in enumerate(matrix)
        for x, is_dark in enumerate(row)
        if is_dark
    )
    return {"size": len(matrix) + 2 * _QUIET, "path": path}


def grouped(key: Secret) -> str:
    """Return a key in groups of four, as people type it."""
    text = key.reveal()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))
