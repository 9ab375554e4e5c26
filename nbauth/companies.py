"""The companies whose people sign in with an account there: a button each, and the function that gets a token.

Rule: the setting names code that runs, so it is read from traits only, never from a file that lies beside a notebook.
What a function gives or fails with may be a secret: nothing here quotes it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING

from nbauth.appearance import line
from nbauth.core.federation import PROVIDERS, TokenSource
from nbauth.errors import ConfigError

if TYPE_CHECKING:
    from nbauth.core.secret import Secret

_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")
_SOURCE = "c.NbAuth.company_sign_in"
_KEYS = frozenset({"label", "token"})
_HINT = "an entry looks like {'label': 'Example Corp', 'token': 'package.module:function'}, or has the function itself"


@dataclass(frozen=True, slots=True)
class Company:
    """One company.

    Attributes:
        provider: Its name among the `Logins` of the identity pool.
        label: What people call it.
        source: The function that gets a token there, or its path.
    """

    provider: str
    label: str
    source: TokenSource | str = field(repr=False)

    def token(self) -> "str | Secret":
        """Return a new token of the person in front of the page.

        Raises:
            ConfigError: The function cannot be imported.
        """
        return self._function()()

    def _function(self) -> TokenSource:
        if callable(self.source):
            return self.source
        module, _, attributes = self.source.partition(":")
        problem = ""
        try:
            found: object = import_module(module)
            for attribute in attributes.split("."):
                found = getattr(found, attribute)
        except Exception as error:  # noqa: BLE001 - importing runs the platform's own code
            problem = f"cannot be imported ({type(error).__name__})"
        else:
            if callable(found):
                return found
            problem = "is no function"
        raise ConfigError(f"{_SOURCE}[{self.provider!r}] names {self.source!r}, which {problem}")


def named(companies: Iterable[Company], provider: str | None) -> Company | None:
    """Return the company whose provider has a name in the identity pool; None where there is none."""
    return next((company for company in companies if company.provider == provider), None)


def shown(companies: Iterable[Company]) -> Iterator[tuple[str, str, str]]:
    """Return each company as a setting: its name, what to show of it, and where it came from."""
    for company in companies:
        yield "company_sign_in", f"{company.label} ({company.provider})", _SOURCE


def read(setting: Mapping[str, object]) -> tuple[tuple[Company, ...], tuple[ConfigError, ...]]:
    """Return the companies in a setting, and what is wrong in it.

    Args:
        setting: What is said of each company, by the provider's name in the identity pool, or its short name.
    """
    companies: dict[str, Company] = {}
    problems: list[ConfigError] = []
    for name, entry in setting.items():
        try:
            company = _company(name, entry)
            companies[company.provider] = company
        except ValueError as unfit:
            where = f"company_sign_in[{str(name)[:60]!r}] from {_SOURCE}"
            problems.append(ConfigError(f"{where} is left out, because {unfit}: {_HINT}"))
    return tuple(companies.values()), tuple(problems)


def _company(name: str, entry: object) -> Company:
    if not name.strip() or not name.isprintable():
        raise ValueError("its provider has no name")
    if not isinstance(entry, Mapping) or not entry.keys() <= _KEYS:
        raise ValueError("it has something else than a label and a token")
    provider = PROVIDERS.get(name.strip().lower(), name.strip())
    source = entry.get("token")
    if not callable(source) and not (isinstance(source, str) and _PATH.fullmatch(source)):
        raise ValueError("its token is no function")
    return Company(provider, line(entry.get("label"), "its label"), source)
