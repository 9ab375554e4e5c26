"""The words: every text has its key, every language what English has, and nothing that is put in puts in more."""

import json
import re
from importlib import resources
from pathlib import Path

import pytest

import nbauth
from nbauth.widgets import words
from nbauth.widgets.words import Words, languages

FOLDER = Path(nbauth.__file__).parent / "widgets"
ENGLISH = json.loads(resources.files(words).joinpath("en.json").read_text("utf-8"))


def placeholders(text):
    return set(re.findall(r"\{(\w+)\}", text))


def test_what_is_put_in_is_never_looked_into():
    assert Words()("bar.groups_more", groups="{count}", count=3) == "{count} and 3 more"


def test_a_place_for_which_nothing_is_given_stays():
    assert Words()("resend.wait") == "Send a new code in {time}"


def test_a_key_that_there_is_not_is_an_error():
    with pytest.raises(KeyError):
        Words()("no.such.key")


@pytest.fixture
def foreign(monkeypatch):
    """German, Portuguese and Hebrew, of which there is a little."""
    texts = {"en": ENGLISH, "de": {"panel.back": "Zurück"}, "pt-BR": {"panel.back": "Voltar"}, "he": {}}
    monkeypatch.setattr(words, "languages", lambda: frozenset(texts))
    monkeypatch.setattr(words, "_texts", texts.__getitem__)


@pytest.mark.parametrize(
    ("preferred", "language"),
    [
        (["de-AT", "en"], "de"),
        (["xx", "pt-br"], "pt-BR"),
        (["DE_de"], "de"),
        (["xx"], "en"),
        ([], "en"),
        (["../de", ""], "en"),
    ],
)
def test_the_first_language_there_is_is_spoken(foreign, preferred, language):
    assert Words.of(preferred).language == language


def test_what_a_language_leaves_out_is_said_in_english(foreign):
    assert (Words("de")("panel.back"), Words("de")("panel.cancel")) == ("Zurück", "Cancel")


def test_some_languages_are_written_from_the_right(foreign):
    assert [Words(language).direction for language in ("he", "de")] == ["rtl", "ltr"]


@pytest.mark.parametrize("language", sorted(languages()))
def test_a_language_has_no_keys_and_no_places_of_its_own(language):
    texts = json.loads(resources.files(words).joinpath(f"{language}.json").read_text("utf-8"))
    assert texts.keys() <= ENGLISH.keys()
    assert {key: text for key, text in texts.items() if placeholders(text) != placeholders(ENGLISH[key])} == {}


def test_every_key_in_the_code_is_in_the_catalogue():
    code = "\n".join(path.read_text("utf-8") for path in FOLDER.rglob("*") if path.suffix in (".py", ".js"))
    groups = {key.partition(".")[0] for key in ENGLISH}
    named = {key for key in re.findall(r"""["']([a-z_]+\.[\w.]+)["']""", code) if key.partition(".")[0] in groups}
    assert named
    assert {key for key in named if key not in ENGLISH and not key.endswith((".py", ".js", ".css"))} == set()


@pytest.mark.parametrize(
    ("language", "text", "inside"),
    [
        ("en", "Password", "password"),
        ("en", "AWS account", "AWS account"),
        ("de", "Passwort", "Passwort"),
        ("uk", "Пароль", "пароль"),
        ("ja", "パスワード", "パスワード"),
    ],
)
def test_a_label_in_the_middle_of_a_text_is_written_as_the_language_does(language, text, inside):
    assert Words(language).inside(text) == inside


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        *[(tag, "nb") for tag in ("no", "no-NO", "nb-NO", "nn")],
        *[(tag, "he") for tag in ("he-IL", "iw", "iw-IL")],
        *[(tag, "id") for tag in ("id", "in", "in-ID")],
        *[(tag, "pt") for tag in ("pt", "pt-BR", "pt-PT")],
        *[(tag, "zh") for tag in ("zh", "zh-CN", "zh_SG", "zh-Hans", "zh-Hans-TW")],
        *[(tag, "zh-Hant") for tag in ("zh-TW", "zh_HK", "zh-MO", "zh-Hant", "zh-Hant-HK", "ZH-tw")],
        *[(tag, "hu") for tag in ("hu", "hu-HU")],
        *[(tag, "uk") for tag in ("uk", "uk-UA")],
        *[(tag, "en") for tag in ("ua", "kr", "en-GB", "tlh", "C", "x-private", "-")],
    ],
)
def test_a_language_goes_by_all_its_tags(tag, language):
    assert Words.of([tag]).language == language


def test_all_the_languages_of_amplify_ui_are_spoken():
    theirs = "de en es fr he hu id it ja ko nb nl pl pt ru sv th tr uk zh"
    assert set(theirs.split()) <= languages()


@pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("he", "rtl"), ("hy", "ltr"), ("zh-Hant", "ltr")])
def test_a_language_runs_in_its_direction(language, direction):
    assert Words(language).direction == direction


def test_what_is_put_in_may_have_any_name():
    assert Words()("sign_in.account", key="x", self="y", account="work") == "Account work"
