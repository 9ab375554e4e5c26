"""The words of the panel, the bar and the page: every text that people read there, by its key, in their language.

One file is one language: a flat JSON object named after it, such as `de.json` or `pt-BR.json`. `en.json` has every key
there is; what another file leaves out is said in English. In a text, `{name}` stands for what is put there.
Rule: what is put there comes from people and from services, and is never itself looked into for more to put in.
"""

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

ENGLISH = "en"
FROM_THE_RIGHT = frozenset({"ar", "he"})
"""Languages that are written from right to left."""

_SAME = {"in": "id", "iw": "he", "nn": "nb", "no": "nb", "zh-hk": "zh-hant", "zh-mo": "zh-hant", "zh-tw": "zh-hant"}
"""Tags of languages that have another name here: older ones, one's neighbour, and where a script is written."""

_PLACE = re.compile(r"\{(\w+)\}")


class Words:
    """All texts in one language.

    Attributes:
        language: The language, as its file is called.

    Args:
        language: One of `languages()`; what is no such thing is English.
    """

    def __init__(self, language: str = ENGLISH) -> None:
        self.language = language if language in languages() else ENGLISH
        self._texts = {**_texts(ENGLISH), **_texts(self.language)}

    @classmethod
    def of(cls, preferred: Iterable[str]) -> "Words":
        """Return the words in the first of some languages that there are, such as those that a browser asks for.

        Args:
            preferred: Language tags (BCP 47), the best first: ``de-AT`` is served by ``de``.
        """
        return cls(next((found for tag in preferred if (found := _nearest(tag))), ENGLISH))

    @property
    def direction(self) -> str:
        """``rtl`` for a language that is written from right to left, else ``ltr``; HTML's ``dir``."""
        return "rtl" if self.language.partition("-")[0] in FROM_THE_RIGHT else "ltr"

    def inside(self, text: str) -> str:
        """Return a text as it stands in the middle of another one; German writes its nouns large there, too."""
        keeps = self.language.partition("-")[0] == "de" or text[1:2].isupper()
        return text if keeps else text[:1].lower() + text[1:]

    def __contains__(self, key: str) -> bool:
        return key in self._texts

    def __call__(self, key: str, /, **values: object) -> str:
        """Return the text of a key.

        Args:
            key: Its key in `en.json`.
            values: What is put into it, by name.

        Raises:
            KeyError: There is no such key.
        """
        return _PLACE.sub(lambda place: str(values.get(place[1], place[0])), self._texts[key])

    def group(self, *prefixes: str) -> dict[str, str]:
        """Return the texts whose keys begin with one of `prefixes`, for a page to put things into itself."""
        return {key: text for key, text in self._texts.items() if key.startswith(prefixes)}


@cache
def languages() -> frozenset[str]:
    """Return the languages there are."""
    files = (file.name for file in resources.files(__name__).iterdir())
    return frozenset(name.removesuffix(".json") for name in files if name.endswith(".json"))


@cache
def _texts(language: str) -> Mapping[str, str]:
    texts: dict[str, str] = json.loads(resources.files(__name__).joinpath(f"{language}.json").read_text("utf-8"))
    return texts


def _nearest(tag: str) -> str | None:
    by_tag = {name.lower(): name for name in languages()}
    parts = tag.lower().replace("_", "-").split("-")
    wider = ("-".join(parts[:length]) for length in range(len(parts), 0, -1))
    names = (_SAME.get(name, name) for name in wider)
    return next((by_tag[name] for name in names if name in by_tag), None)
