"""Where settings come from, and which of them wins: the `NbAuth` traits, the environment, configuration files.

From top to bottom: the argument, ``c.NbAuth.*``, ``NBAUTH_*``, the file named by ``NBAUTH_CONFIG``, the nearest file
found upward from the working directory. A layer fills in what those above leave open, unless it speaks of another pool:
then nothing of it is used, because half of one application and half of another is a riddle.
"""

import math
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbauth.core.config import SETTINGS, AuthConfig
from nbauth.errors import ConfigError
from nbauth.traits import NbAuth

if TYPE_CHECKING:
    from nbauth.appearance import Appearance
    from nbauth.companies import Company

ENVIRONMENT: Mapping[str, str] = {
    "NBAUTH_REGION": "region",
    "NBAUTH_USER_POOL_ID": "user_pool_id",
    "NBAUTH_CLIENT_ID": "client_id",
    "NBAUTH_CLIENT_SECRET": "client_secret",
    "NBAUTH_IDENTITY_POOL_ID": "identity_pool_id",
    "NBAUTH_CUSTOM_ROLE_ARN": "custom_role_arn",
    "NBAUTH_ENDPOINT_URL": "endpoint_url",
    "NBAUTH_ISSUER": "issuer",
    "NBAUTH_AUTH_FLOW": "auth_flow",
    "NBAUTH_GUEST_ACCESS": "guest_access",
    "NBAUTH_USERNAME_ATTRIBUTES": "username_attributes",
    "NBAUTH_SELF_SIGN_UP": "self_sign_up",
    "NBAUTH_SIGN_UP_ATTRIBUTES": "sign_up_attributes",
    "NBAUTH_PASSKEY_DOMAIN": "passkey_domain",
    "NBAUTH_STORE": "store",
    "NBAUTH_SIGN_IN_WAIT": "sign_in_wait",
    "NBAUTH_ACCOUNT": "account",
    "NBAUTH_LANGUAGE": "language",
    "NBAUTH_TITLE": "title",
    "NBAUTH_LOGO": "logo",
    "NBAUTH_LOGO_DARK": "logo_dark",
    "NBAUTH_ACCENT_COLOR": "accent_color",
    "NBAUTH_HELP_URL": "help_url",
    "NBAUTH_HELP_LABEL": "help_label",
    "NBAUTH_TERMS_URL": "terms_url",
    "NBAUTH_PRIVACY_URL": "privacy_url",
    "NBAUTH_CONFIG": "config",
}
"""What each environment variable sets: a setting, or the file to read. An empty one sets nothing."""

DISCOVERED = ("amplify_outputs.json", "amplifyconfiguration.json", "aws-exports.js", "awsconfiguration.json")
"""The files looked for in each folder, the first of them first."""

_Layer = dict[str, tuple[Any, str]]
"""Settings by name, each with where it came from."""

_LARGEST = 1 << 20  # characters; Amplify writes some thousand

_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*")
"""A language, then script, region and so on (RFC 5646 §2.1), also as POSIX writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """How one auth session behaves.

    Attributes:
        store: The token store's name or dotted path.
        sign_in_wait: How many seconds a call waits for a sign-in; 0 for not at all.
        account: The name under which the sign-in is kept.
        language: The language tag (BCP 47) of what people read; None for what the browser asks for.
        sources: Where each value came from; nothing for a default.
    """

    store: str = "auto"
    sign_in_wait: float = 300.0
    account: str = "default"
    language: str | None = None
    sources: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)


def resolve(
    config: AuthConfig | Mapping[str, Any] | str | os.PathLike[str] | None = None,
    *,
    traits: NbAuth | None = None,
    account: str | None = None,
    environ: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> AuthConfig:
    """Return the configuration that all sources together make.

    Args:
        config: A finished configuration, which is used as it is; or settings or a file that win over all other sources.
        traits: The traits that the person has set.
        account: Whose pool it is, where the traits give accounts pools of their own.
        environ: The environment; this process's if None.
        directory: Where the search for a file begins; the working directory if None.

    Raises:
        ConfigError: A setting is wrong or missing, or a file that is named cannot be read.
    """
    if isinstance(config, AuthConfig):
        return config
    environ = os.environ if environ is None else environ
    merged: _Layer = {}
    for layer in _layers(config, traits, account, environ, directory):
        if not _is_another_pool(layer, merged):
            merged |= _what_fits(layer, merged)
    values = {name: value for name, (value, _) in merged.items()}
    return AuthConfig.from_dict(values, source={name: source for name, (_, source) in merged.items()})


def resolve_session(
    *,
    store: str | None = None,
    sign_in_wait: float | None = None,
    account: str | None = None,
    traits: NbAuth | None = None,
    environ: Mapping[str, str] | None = None,
) -> SessionSettings:
    """Return how a session behaves: the arguments first, then the traits, then the environment, then the defaults.

    Raises:
        ConfigError: A setting is wrong.
    """
    environ = os.environ if environ is None else environ
    arguments = {"store": store, "sign_in_wait": sign_in_wait, "account": account}
    merged: _Layer = _environment_layer(environ, _SESSION_CHECKS) | _trait_layer(traits, _SESSION_CHECKS)
    merged |= {name: (value, f"the argument {name}") for name, value in arguments.items() if value is not None}
    for name, (value, source) in merged.items():
        _SESSION_CHECKS[name](value, source)
    values = {name: value for name, (value, _) in merged.items()}
    return SessionSettings(**values, sources={name: source for name, (_, source) in merged.items()})


def resolve_appearance(
    *, traits: NbAuth | None = None, environ: Mapping[str, str] | None = None
) -> "tuple[Appearance, tuple[ConfigError, ...]]":
    """Return what the panel looks like, and what is wrong in these settings: the traits first, then the environment.

    Files are not asked: one that lies beside a notebook may be anybody's.
    """
    from nbauth import appearance

    environ = os.environ if environ is None else environ
    return appearance.read(_environment_layer(environ, appearance.SETTINGS) | _trait_layer(traits, appearance.SETTINGS))


def resolve_companies(traits: NbAuth | None = None) -> "tuple[tuple[Company, ...], tuple[ConfigError, ...]]":
    """Return the companies whose people may sign in with their account there, and what is wrong in the setting."""
    from nbauth import companies

    return companies.read(traits.company_sign_in if traits is not None else {})


def find_file(directory: Path) -> Path | None:
    """Return the nearest configuration file in `directory` or above it, up to the home folder or the root.

    A file that somebody else left in a folder where everybody may write is passed over: it could lead a sign-in astray.
    """
    home = Path(os.path.realpath(os.path.expanduser("~")))
    directory = directory.resolve()
    for folder in (directory, *directory.parents):
        for name in DISCOVERED:
            if _is_ours_to_read(folder / name):
                return folder / name
        if folder == home:
            return None
    return None


def _layers(
    config: Mapping[str, Any] | str | os.PathLike[str] | None,
    traits: NbAuth | None,
    account: str | None,
    environ: Mapping[str, str],
    directory: Path | None,
) -> Iterator[_Layer]:
    if isinstance(config, Mapping):
        yield _format_layer(config, "the configuration given")
    elif isinstance(config, str | os.PathLike):
        yield _file_layer(Path(config), "the configuration given")
    elif config is not None:
        raise ConfigError(f"The configuration given is a {type(config).__name__}: it is a mapping, a path or nothing")
    if traits is not None and account in traits.accounts:
        yield _account_layer(traits.accounts[account], f"c.NbAuth.accounts[{account!r}]")
    yield _trait_layer(traits, SETTINGS)
    yield _environment_layer(environ, SETTINGS)
    if named := environ.get("NBAUTH_CONFIG"):
        yield _file_layer(Path(named), "NBAUTH_CONFIG")
    if found := find_file(directory or _working_directory()):
        yield _file_layer(found, "the search for a configuration")


def _trait_layer(traits: NbAuth | None, wanted: Iterable[str]) -> _Layer:
    names = [name for name in wanted if traits is not None and traits.has_trait(name)]
    return {name: (value, f"c.NbAuth.{name}") for name in names if (value := getattr(traits, name)) is not None}


def _account_layer(values: object, source: str) -> _Layer:
    if not isinstance(values, Mapping):
        raise ConfigError(f"{source} is a {type(values).__name__}: it is a mapping of settings")
    return _format_layer(values, source)


def _environment_layer(environ: Mapping[str, str], wanted: Iterable[str]) -> _Layer:
    variables = {variable: name for variable, name in ENVIRONMENT.items() if name in wanted and environ.get(variable)}
    return {name: (_READERS.get(name, str)(environ[variable]), variable) for variable, name in variables.items()}


def _format_layer(values: Mapping[str, Any], source: str) -> _Layer:
    from nbauth.core.config_formats import read

    return {name: (value, source) for name, value in read(values, source).items()}


def _file_layer(path: Path, named_by: str) -> _Layer:
    from nbauth.core.config_formats import parse

    path = Path(os.path.expanduser(path))
    problem: str | None = None
    text = ""
    try:
        if path.is_file():
            with path.open(encoding="utf-8-sig") as file:
                text = file.read(_LARGEST + 1)
            problem = "it is too large" if len(text) > _LARGEST else None
        else:
            problem = "there is no file of that name"
    except UnicodeDecodeError:
        problem = "it is not UTF-8 text"
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or "that is no path"
    if problem:
        raise ConfigError(f"The file {str(path)!r} from {named_by} cannot be read: {problem}")
    return _format_layer(parse(text, str(path)), str(path))


def _is_another_pool(layer: _Layer, above: _Layer) -> bool:
    for name in ("user_pool_id", "identity_pool_id"):
        if name in layer and name in above:
            return bool(layer[name][0] != above[name][0])
    return False


def _what_fits(layer: _Layer, above: _Layer) -> _Layer:
    new = {name: found for name, found in layer.items() if name not in above}
    if "client_id" in layer and "client_id" in above and layer["client_id"][0] != above["client_id"][0]:
        new.pop("client_secret", None)  # it belongs to the other app client
    return new


def _working_directory() -> Path:
    try:
        return Path.cwd()
    except OSError:  # it has been deleted
        return Path("/")


def _is_ours_to_read(path: Path) -> bool:
    try:
        file, folder = path.stat(), path.parent.stat()
    except (OSError, ValueError):
        return False
    if not stat.S_ISREG(file.st_mode):
        return False
    return not hasattr(os, "getuid") or file.st_uid in (os.getuid(), 0) or not folder.st_mode & stat.S_IWOTH


def _as_flag(text: str) -> bool | str:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    return words.get(text.strip().lower(), text)


def _as_guest_access(text: str) -> bool | str:
    return "eager" if text.strip().lower() == "eager" else _as_flag(text)


def _as_names(text: str) -> tuple[str, ...]:
    return tuple(name for part in text.split(",") if (name := part.strip()))


def _as_seconds(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _check_wait(value: object, source: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ConfigError(f"sign_in_wait from {source} is {value!r}: it is a number of seconds, 0 for not waiting")


def _check_account(value: object, source: str) -> None:
    if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > 128:
        raise ConfigError(f"account from {source} is {str(value)[:60]!r}: it is a name of up to 128 characters")


def _check_store(value: object, source: str) -> None:
    from nbauth.stores import check_store_name

    check_store_name(str(value), source)


def _check_language(value: object, source: str) -> None:
    if not isinstance(value, str) or not _LANGUAGE_TAG.fullmatch(value):
        raise ConfigError(
            f"language from {source} is {str(value)[:60]!r}: it is a language tag, such as 'de' or 'pt-BR'"
        )


# What is no such value stays a text, which the check of the setting then refuses.
_READERS: Mapping[str, Callable[[str], Any]] = {
    "guest_access": _as_guest_access,
    "self_sign_up": _as_flag,
    "sign_in_wait": _as_seconds,
    "sign_up_attributes": _as_names,
    "username_attributes": _as_names,
}
_SESSION_CHECKS: Mapping[str, Callable[[object, str], None]] = {
    "store": _check_store,
    "sign_in_wait": _check_wait,
    "account": _check_account,
    "language": _check_language,
}
