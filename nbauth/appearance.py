"""How a platform makes the panel its own: a title, a logo, a colour, and where help and terms are.

Rule: a look is never in the way of a sign-in. What is wrong in the settings is left out, and told to whoever asks.
A logo is read once and carried along, so that a page loads nothing from elsewhere.
"""

import base64
import binascii
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from nbauth.core import color
from nbauth.errors import ConfigError

_LARGEST = 64 << 10  # bytes of a logo
_LONGEST = 100  # characters of a title
_LONGEST_URL = 2000  # characters

_IMAGES: Mapping[str, str] = {
    "image/png": r"\x89PNG\r\n\x1a\n",
    "image/jpeg": r"\xff\xd8\xff",
    "image/webp": r"RIFF....WEBP",
    "image/svg+xml": (r"(\xef\xbb\xbf)?(\s|<\?[^>]*>|<!--((?!-->).)*-->|<!DOCTYPE[^>\[]*(\[[^\]]*\])?\s*>)*<svg[\s>]"),
}
"""How a file of each kind begins, byte by byte."""

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""Characters that give orders, among them those that turn the direction of what follows (UAX #9)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """What the panel looks like; whatever is empty is as nbauth has it.

    Attributes:
        title: What the first form is called.
        logo: The logo, as a data URI.
        logo_dark: The logo for dark themes, where it is another one.
        accent_color: The colour of what is to be pressed, as ``#rrggbb``.
        help_url: Where there is help.
        help_label: What the link there says.
        terms_url: Where the terms of use are.
        privacy_url: Where it says what becomes of people's data.
        sources: Where each value came from.
    """

    title: str = ""
    logo: str = field(default="", repr=False)
    logo_dark: str = field(default="", repr=False)
    accent_color: str = ""
    help_url: str = ""
    help_label: str = ""
    terms_url: str = ""
    privacy_url: str = ""
    sources: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    def shown(self) -> Iterator[tuple[str, str, str]]:
        """Return each setting that has been made, what to show of its value, and where it came from."""
        for name in (name for name in SETTINGS if name in self.sources):
            value: str = getattr(self, name)
            yield name, _described(value) if name in ("logo", "logo_dark") else value, self.sources[name]


SETTINGS: tuple[str, ...] = tuple(setting.name for setting in fields(Appearance) if setting.name != "sources")
"""The names of all settings, in the order they are shown."""


def read(settings: Mapping[str, tuple[Any, str]]) -> tuple[Appearance, tuple[ConfigError, ...]]:
    """Return the appearance that settings make, and what is wrong in them.

    Args:
        settings: Values by name, each with where it came from.
    """
    values: dict[str, str] = {}
    problems: list[ConfigError] = []
    for name, (value, source) in settings.items():
        reader, hint = _READERS[name]
        try:
            values[name] = reader(value)
        except (OSError, ValueError) as unfit:
            why = getattr(unfit, "strerror", None) or str(unfit)
            problems.append(ConfigError(f"{name} from {source} is left out, because {why}: {hint}"))
    sources = {name: source for name, (_, source) in settings.items() if name in values}
    return Appearance(**values, sources=sources), tuple(problems)


def line(value: object, name: str = "it") -> str:
    """Return a text that fits on a line.

    Args:
        value: The text, if it is one.
        name: What to call it in a complaint.

    Raises:
        ValueError: It is none; the message says what stands in the way.
    """
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} is no text")
    if len(value) > _LONGEST:
        raise ValueError(f"{name} has {len(value)} characters")
    if _UNSEEN.search(value):
        raise ValueError(f"{name} holds characters that cannot be seen")
    return value.strip()


def _link(value: object) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_URL or not value.isprintable() or " " in value:
        raise ValueError("it is no address")
    url = urlsplit(value)
    if url.scheme not in ("https", "http", "mailto"):
        raise ValueError(f"it begins with {url.scheme[:20]!r}" if url.scheme else "it is no whole address")
    if not (url.path if url.scheme == "mailto" else url.hostname):
        raise ValueError("it leads nowhere")
    if "@" in url.netloc:
        raise ValueError("it holds a user name")
    return value


def _color(value: object) -> str:
    return color.written(color.read(value if isinstance(value, str) else ""))


def _image(value: object) -> str:
    """Return an image as a data URI that says what it is, whatever its name or its own URI says."""
    if not isinstance(value, str | os.PathLike) or not str(value):
        raise ValueError("it is no path")
    text = str(value)
    content = _content_of(text) if text[:5].lower() == "data:" else _file(Path(os.path.expanduser(text)))
    if len(content) > _LARGEST:
        raise ValueError(f"it has more than {_LARGEST >> 10} KB")
    kinds = (kind for kind, beginning in _IMAGES.items() if re.match(beginning.encode("latin-1"), content, re.DOTALL))
    kind = next(kinds, None)
    if kind is None:
        raise ValueError("it is no such image")
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _file(path: Path) -> bytes:
    if not path.is_file():
        raise ValueError(f"there is no file {str(path)[:200]!r}")
    with path.open("rb") as file:
        return file.read(_LARGEST + 1)


def _content_of(uri: str) -> bytes:
    """Return what is in a data URI (RFC 2397)."""
    about, comma, content = uri.partition(",")
    if not comma or len(content) > 4 * _LARGEST:
        raise ValueError("it has no content" if not comma else f"it has more than {_LARGEST >> 10} KB")
    unquoted = unquote_to_bytes(content)
    if not about.lower().endswith(";base64"):
        return unquoted
    try:
        return base64.b64decode(unquoted, validate=True)
    except binascii.Error:
        raise ValueError("it is not the base64 that it says it is") from None


def _described(uri: str) -> str:
    about, _, content = uri.partition(",")
    kind = about.removeprefix("data:image/").removesuffix("+xml;base64").removesuffix(";base64").upper()
    return f"{kind}, {max(1, round(len(content) * 3 / 4 / 1024))} KB"


_Reader = tuple[Callable[[object], str], str]

_LINE: _Reader = (line, f"it is one line of up to {_LONGEST} characters")
_LINK: _Reader = (_link, "an address looks like 'https://example.com/help' or 'mailto:help@example.com'")
_IMAGE: _Reader = (_image, f"it is a PNG, SVG, JPEG or WebP of up to {_LARGEST >> 10} KB, as a path or a data: URI")

_READERS: Mapping[str, _Reader] = {
    "title": _LINE,
    "logo": _IMAGE,
    "logo_dark": _IMAGE,
    "accent_color": (_color, "a colour is written as '#0b7285' or '#17a'"),
    "help_url": _LINK,
    "help_label": _LINE,
    "terms_url": _LINK,
    "privacy_url": _LINK,
}
