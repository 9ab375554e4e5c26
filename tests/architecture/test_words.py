"""The words people read: sign in and sign out, for the act and on every label."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOG_IN = re.compile(r"\b(log|logs|logged|logging)[ -]?(in|out)\b|\blogoff\b|\blog[ -]on\b", re.IGNORECASE)
READ_BY_PEOPLE = sorted(
    path
    for pattern in (
        "nbauth/**/*.py",
        "nbauth/**/*.js",
        "nbauth/**/*.css",
        "notebooks/*.ipynb",
        "*.md",
        ".github/**/*.md",
    )
    for path in ROOT.glob(pattern)
)
OTHERS = ("a login page", "Invalid login token", "at least one valid login for")
"""What somebody else shows, and calls so."""


@pytest.mark.parametrize("path", READ_BY_PEOPLE, ids=lambda path: str(path.relative_to(ROOT)))
def test_nobody_reads_of_logging_in(path):
    text = path.read_text(encoding="utf-8")
    for words in OTHERS:
        text = text.replace(words, "")
    assert [match.group() for match in LOG_IN.finditer(text)] == []


@pytest.mark.parametrize("words", ["Log in", "log-out", "login", "You are logged in", "Logging in…", "log on"])
def test_the_wrong_words_would_be_found(words):
    assert LOG_IN.search(words)


@pytest.mark.parametrize(
    "words", ["Sign in", "Logins", "logging.info", "logger", "a catalogue in two parts", "blogging in"]
)
def test_other_words_are_fine(words):
    assert not LOG_IN.search(words)
