"""The translations: nothing is left in English, nothing is lost or added, and each reads as its language is written."""

import ast
import json
import re
from importlib import resources
from pathlib import Path

import pytest

import nbauth
from nbauth import errors
from nbauth.cognito.faults import SENTENCES
from nbauth.widgets import sentences, words
from nbauth.widgets.words import FROM_THE_RIGHT, Words, languages

PACKAGE = Path(nbauth.__file__).parent
ENGLISH = json.loads(resources.files(words).joinpath("en.json").read_text("utf-8"))
FOREIGN = sorted(languages() - {"en"})
KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.AuthError)]

SAME_ELSEWHERE = {
    *("Account {account}", "Cell {name}", "Code", "E-mail", "Passkey", "Passkeys", "Password", "Sessions", "Website"),
    *("Task {name}", "Thread {name}", "{count} threads", "Widget {name}", "{count} widgets"),
    *("{count} s", "{count} min", "{count} h", "{text} ({quote})", "Name", "{label} (optional)", "Privacy"),
}
"""What some other language writes exactly as English does."""

OURS = {
    "company",
    "count",
    "date",
    "first",
    "label",
    "last",
    "left",
    "minutes",
    "others",
    "second",
    "text",
    "time",
    "what",
    "why",
}
"""What cannot turn a text around: numbers, texts of the same language, and a name that comes isolated."""

ENDS = {"…": "…", ".": ".。։", "?": "?？؟", ":": ":：՝"}
"""How sentences end in English, and elsewhere. Thai has no mark for it, and Armenian asks in the middle of a word."""

FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"


def texts_of(language):
    return json.loads(resources.files(words).joinpath(f"{language}.json").read_text("utf-8"))


def unlike(language, fits):
    """Return the texts of a language that do not fit the English ones."""
    return {key: text for key, text in texts_of(language).items() if not fits(text, ENGLISH[key])}


def places(text):
    return sorted(re.findall(r"\{(\w+)\}", text))


@pytest.mark.parametrize("language", FOREIGN)
def test_a_language_says_everything_that_english_says(language):
    assert ENGLISH.keys() - texts_of(language).keys() == set()


@pytest.mark.parametrize("language", FOREIGN)
def test_nothing_is_left_in_english(language):
    assert unlike(language, lambda text, english: text != english or english in SAME_ELSEWHERE) == {}


@pytest.mark.parametrize("language", FOREIGN)
def test_a_translation_puts_in_what_english_puts_in_and_as_often(language):
    assert unlike(language, lambda text, english: places(text) == places(english)) == {}


@pytest.mark.parametrize("language", FOREIGN)
def test_a_translation_marks_the_same_words_as_links(language):
    assert (
        unlike(
            language,
            lambda text, english: sorted(re.findall(r"[\[\]]", text)) == sorted(re.findall(r"[\[\]]", english)),
        )
        == {}
    )


@pytest.mark.parametrize("language", sorted(languages()))
def test_a_text_is_plain_and_has_no_stray_blanks(language):
    odd = re.compile(r"^\s|\s$| {2}|[<>\t\n\r]|&\w+;|\.\.\.|\ufeff|[\u200e\u200f\u202a-\u202e\u2066\u2067]")
    assert {key: text for key, text in texts_of(language).items() if odd.search(text) or not text} == {}


@pytest.mark.parametrize("language", FOREIGN)
def test_a_translation_ends_as_the_english_text_does(language):
    def ends_alike(text, english):
        mark = ENDS.get(english[-1], "")
        if text.startswith("{count}"):
            return True  # with a unit, which some languages write as "Std."
        if (language, english[-1]) in (("th", "."), ("th", "?"), ("hy", "?"), ("hy", ":")):
            return text[-1] not in "….:"
        return text[-1] in mark if mark else text[-1] not in "".join(ENDS.values())

    assert unlike(language, ends_alike) == {}


@pytest.mark.parametrize("language", sorted(FROM_THE_RIGHT))
def test_what_is_put_in_from_outside_does_not_turn_a_text_around(language):
    outside = re.compile(r"(.?)\{(\w+)\}(.?)")
    isolated = (FIRST_STRONG_ISOLATE, POP_ISOLATE)
    assert {
        key: text
        for key, text in texts_of(language).items()
        for before, name, after in outside.findall(text)
        if name not in OURS and (before, after) != isolated
    } == {}


@pytest.mark.parametrize("language", sorted(languages()))
def test_isolates_are_closed_and_only_where_they_are_needed(language):
    texts = texts_of(language).values()
    assert all(text.count(FIRST_STRONG_ISOLATE) == text.count(POP_ISOLATE) for text in texts)
    if language not in FROM_THE_RIGHT:
        assert not any(FIRST_STRONG_ISOLATE in text for text in texts)


@pytest.mark.parametrize("language", FOREIGN)
def test_every_kind_of_error_is_said_in_every_language(language):
    plain = "A sentence of which only English is known"
    said = {kind.__name__: sentences.error_text(Words(language), kind(plain)) for kind in KINDS}
    assert [kind for kind, text in said.items() if text == plain] == []


def test_every_case_of_an_error_has_words():
    given = {
        keyword.value.value
        for tree in trees()
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg == "case" and isinstance(keyword.value, ast.Constant)
    }
    assert given
    assert {case for case in given | SENTENCES.keys() if f"error.{case}" not in ENGLISH} == set()


def test_every_key_is_used():
    literal, patterns, constants = named_in_the_code()

    def is_used(key):
        if key in literal or key.removesuffix("_nameless") in literal or key.startswith("attribute."):
            return True
        found = [match for pattern in patterns if (match := pattern.fullmatch(key.removesuffix("_to")))]
        return any(all(part in constants for part in match.groups()) for match in found)

    assert {key for key in ENGLISH if not is_used(key)} == set()


def trees():
    return [ast.parse(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py") if "testing" not in path.parts]


def named_in_the_code():
    """Return the keys in the code, the patterns that some are made with, and the words there are to fill these in."""
    groups = {key.partition(".")[0] for key in ENGLISH}
    scripts = "\n".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.js"))
    literal, patterns = set(re.findall(r"""["'`]([a-z_]+\.\w+)["'`]""", scripts)), set()
    constants = {kind.__name__ for kind in KINDS} | {"AuthError", *SENTENCES}
    for node in (node for tree in trees() for node in ast.walk(tree)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            literal.add(node.value)
            constants.update(re.findall(r"\w+", node.value))
        elif isinstance(node, ast.JoinedStr):
            parts = [re.escape(part.value) if isinstance(part, ast.Constant) else r"(\w+?)" for part in node.values]
            if "".join(parts).partition(r"\.")[0] in groups:
                patterns.add(re.compile("".join(parts)))
    return literal, patterns, constants
