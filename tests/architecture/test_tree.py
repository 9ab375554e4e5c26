"""Nothing in the tree names a machine, a person, a package registry or a key, and every link leads somewhere.

Other tests may make and delete files meanwhile, so the tree is looked at when a test runs, and not to make tests of it.
"""

import os
import re
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNWATCHED = {".git", "__pycache__", ".venv", "build", "dist", "node_modules"}
BINARY = {".png", ".ico", ".woff2"}
LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)")


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """What the files hold, by their paths in the tree."""
    texts = {}
    for path in files():
        with suppress(FileNotFoundError):  # it has gone
            texts[str(path.relative_to(ROOT))] = path.read_text(encoding="utf-8", errors="replace")
    return texts


def files() -> list[Path]:
    found = []
    for folder, folders, names in os.walk(ROOT):
        here = Path(folder)
        caches = {name for name in folders if name.endswith("cache") or name == ".hypothesis"}
        folders[:] = sorted(set(folders) - UNWATCHED - caches)
        found += [here / name for name in sorted(names) if Path(name).suffix not in BINARY]
    return [path for path in found if path.name != ".git" and path.suffix != ".pyc"]


# Written so that this file does not hold what it looks for.
FORBIDDEN = {
    "the host of a package registry": re.compile(
        r"py" r"pi\.org|python" r"hosted|registry\.npm" r"js|conda\.an" r"aconda"
    ),
    "a path on somebody's machine": re.compile(r"/(?:home|Users)/[a-z]\w+/|/(?:root|work)/\w|[A-Z]:\\" r"Users"),
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)(?!\w*EXAMPLE)[A-Z0-9]{16}\b"),
    "a private key": re.compile(r"BEGIN [A-Z ]*PRIVATE" r" KEY"),
    "an address": re.compile(r"[\w.+-]+@(?!example\.|\w\.|\w+\.example\b)(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev)\b"),
    "a signed token": re.compile(r"\beyJ[\w-]{40,}\.eyJ[\w-]{40,}\.[\w-]{40,}"),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what, texts):
    assert "pyproject.toml" in texts
    assert {path: found.group() for path, text in texts.items() if (found := FORBIDDEN[what].search(text))} == {}


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("the host of a package registry", "https://files.python" + "hosted.org/x.whl"),
        ("a path on somebody's machine", "open('/ho" + "me/ada/x')"),
        ("an AWS access key", "AK" + "IA" + "Q3EGRZ7JXN2PLMVB"),
        ("a private key", "-----BEGIN RSA PRIVATE" + " KEY-----"),
        ("an address", "ada@" + "company.com"),
        ("a signed token", ".".join(["ey" + "J" + 60 * "a"] * 2 + [60 * "b"])),
    ],
)
def test_what_is_forbidden_would_be_found(what, text):
    assert FORBIDDEN[what].search(text)


def test_the_links_of_every_page_lead_somewhere(texts):
    pages = {path: text for path, text in texts.items() if path.endswith(".md")}
    assert "README.md" in pages
    links = [(page, link) for page, text in pages.items() for link in LINK.findall(text)]
    assert [(page, link) for page, link in links if not (ROOT / page).parent.joinpath(link).exists()] == []
