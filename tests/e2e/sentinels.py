"""Looks for secrets where none may be: as they are, in the groups that people see, in base64, and in pieces."""

import base64
import re
from pathlib import Path

from playwright.sync_api import Page

PIECE = 24  # half a token is one too many


def pieces(secret: str) -> set[str]:
    """Pieces of a secret of which none may be found."""
    return {secret[start : start + PIECE] for start in range(0, max(1, len(secret) - PIECE + 1), PIECE)}


def files_with(secrets: list[str], folder: Path) -> list[str]:
    """The files in which any piece of any of the secrets stands."""
    wanted = [form.encode() for secret in secrets for piece in pieces(secret) for form in (piece, *_in_base64(piece))]
    return sorted(name for name, content in _files_in(folder) if any(form in content for form in wanted))


def _files_in(folder: Path) -> list[tuple[str, bytes]]:
    """All files of one moment: where one goes meanwhile, its content may have gone into one that was read before."""
    while True:
        try:
            return [(path.name, path.read_bytes()) for path in folder.rglob("*") if path.is_file()]
        except FileNotFoundError:
            continue


def found_in(text: str, secrets: list[str]) -> list[str]:
    """The secrets of which any piece stands in a text, blanks or not; a short one only where it stands alone."""
    dense = re.sub(r"\s|\\n", "", text)
    return [secret for secret in secrets if _is_in(dense, re.sub(r"\s", "", secret))]


def _is_in(text: str, secret: str) -> bool:
    if any(form in text for piece in pieces(secret) for form in _in_base64(piece)):
        return True
    if secret.isdigit():  # as many a time and many an id has the same digits
        return re.search(rf"(?<![\w.]){secret}(?![\w.])", text) is not None
    return any(piece in text for piece in pieces(secret))


def _in_base64(text: str) -> list[str]:
    """A text as it stands in what is encoded in base64, wherever it begins there."""
    forms = []
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + text.encode()).decode()
        whole = (before + len(text.encode())) // 3 * 4  # what comes after has its part in the rest
        forms.append(encoded[(before * 8 + 5) // 6 : whole])
    return forms


class Wire:
    """All that goes over the WebSockets of pages: what each has sent to the server, and what it was sent."""

    def __init__(self) -> None:
        self._frames: dict[Page, list[str]] = {}

    def watch(self, page: Page) -> None:
        """Listen to a page; it must be loaded anew for what is open there already."""
        frames = self._frames.setdefault(page, [])

        def take(payload: str | bytes) -> None:
            frames.append(payload if isinstance(payload, str) else payload.decode("latin-1"))

        page.on("websocket", lambda socket: (socket.on("framesent", take), socket.on("framereceived", take)))

    def clear(self) -> None:
        for frames in self._frames.values():
            frames.clear()

    def heard_by(self, page: Page) -> str:
        page.evaluate("0")  # what has arrived is delivered with the next answer
        return "\n".join(self._frames[page])
