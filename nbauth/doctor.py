"""Finds out why a sign-in would not work: settings, reachability, clock, versions, front end.

Each check is one function that returns its findings. None of them raises, none of them signs in or changes anything.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from importlib import metadata
from typing import TYPE_CHECKING, Any

from nbauth import companies, kernel, settings
from nbauth.core.config import SETTINGS, AuthConfig
from nbauth.core.credentials import TOLERATED_SKEW
from nbauth.errors import AuthError, ConfigError

if TYPE_CHECKING:
    from nbauth.traits import NbAuth

_TIMEOUT = 5  # seconds
# They may leave what comes while they send a reply unread, until a page connects anew (ipython/ipykernel#1529).
_OVERLOOK_REQUESTS = ("7.0.", "7.1.", "7.2.", "7.3.")
_PACKAGES = ("nbauth", "boto3", "botocore", "pycognito", "ipykernel", "ipywidgets", "anywidget")


class Verdict(Enum):
    """How a finding is to be taken."""

    GOOD = "ok"
    NOTE = "--"
    BAD = "!!"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found out."""

    verdict: Verdict
    text: str

    def __str__(self) -> str:
        return f"{self.verdict.value}  {self.text}"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything that was found out; shows as text, a line each."""

    findings: tuple[Finding, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing stands in the way of a sign-in."""
        return all(finding.verdict is not Verdict.BAD for finding in self.findings)

    def __repr__(self) -> str:
        return "\n".join(map(str, self.findings))


def diagnose(
    config: AuthConfig | ConfigError,
    *,
    store: str = "auto",
    account: str = "default",
    traits: "NbAuth | None" = None,
) -> Diagnosis:
    """Return what was found out about a configuration, or about why there is none.

    Args:
        config: The configuration, or what was wrong with the settings.
        store: The token store's name.
        account: The account's name.
        traits: The traits that the person has set.
    """
    findings = [*_versions(), *_front_end()]
    if isinstance(config, ConfigError):
        return Diagnosis((*findings, _bad(str(config))))
    findings += [*_settings(config, store, account), *_look(config, traits)]
    if not config.is_empty:
        findings += _services(config)
    return Diagnosis(tuple(findings))


def _versions() -> Iterator[Finding]:
    versions = []
    for package in _PACKAGES:
        try:
            versions.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            versions.append(f"no {package}")
    yield _note(", ".join(versions))


def _front_end() -> Iterator[Finding]:
    if kernel.current_kernel() is None:
        yield _note("no kernel here: a sign-in is asked for in the terminal")
    elif not kernel.somebody_there():
        yield _note("nobody can be asked here (papermill, nbconvert): calls that need a sign-in fail at once")
    elif kernel.can_wait():
        yield _good("a cell that needs AWS can show the sign-in and wait for it")
        version = metadata.version("ipykernel")
        if version.startswith(_OVERLOOK_REQUESTS):
            yield _note(f"ipykernel {version} may overlook cells and clicks until the page is reloaded: 7.4 does not")
    else:
        yield _note("a waiting cell cannot serve the panel in this kernel: it asks over the cell's input instead")


def _settings(config: AuthConfig, store: str, account: str) -> Iterator[Finding]:
    try:
        config.require_pool()
    except ConfigError as error:
        yield _bad(str(error))
        return
    for name in SETTINGS:
        value = getattr(config, name)
        if value not in (None, ()):
            yield _good(f"{name} = {value} (from {config.sources.get(name, 'the defaults')})")
    if config.user_pool_id is None:
        yield _note("user_pool_id is not set: there are only guests")
    if config.identity_pool_id is None:
        yield _note("identity_pool_id is not set: a sign-in gives tokens, but no AWS credentials")
    clear = ", which is not encrypted" if store == "file" else ""
    yield _note(f"the sign-in is kept as account {account!r} in the store {store!r}{clear}")


def _look(config: AuthConfig, traits: "NbAuth | None") -> Iterator[Finding]:
    appearance, amiss = settings.resolve_appearance(traits=traits)
    known, unknown = settings.resolve_companies(traits)
    for name, value, source in (*appearance.shown(), *companies.shown(known)):
        yield _good(f"{name} = {value} (from {source})")
    for problem in (*amiss, *unknown):
        yield _note(str(problem))
    if known and config.identity_pool_id is None:
        yield _bad("company_sign_in is set, and identity_pool_id is not: it is the identity pool that lets them in")


def _services(config: AuthConfig) -> Iterator[Finding]:
    from nbauth.cognito.client import Clients

    clients = Clients(config)
    try:
        if config.user_pool_id:
            yield from _user_pool(clients.keys_url, config.user_pool_id)
        if config.identity_pool_id:
            yield from _identity_pool(clients.identity_pools.meta.endpoint_url)
    except AuthError as error:
        yield _bad(str(error))


def _user_pool(url: str, user_pool_id: str) -> Iterator[Finding]:
    sent = time.monotonic()
    answer = _get(url)
    latency = timedelta(seconds=time.monotonic() - sent)
    if isinstance(answer, str):
        yield _bad(f"the user pool cannot be reached at {url}: {answer}")
        return
    if answer.status_code == 200:
        yield _good(f"the user pool answers at {url}")
    elif answer.status_code >= 500:
        yield _bad(f"the user pool's service is in trouble at {url} (HTTP {answer.status_code}): try again later")
    else:
        yield _bad(f"there is no user pool {user_pool_id} at {url} (HTTP {answer.status_code})")
    yield from _clock(answer.headers.get("Date"), latency)


def _identity_pool(url: str) -> Iterator[Finding]:
    answer = _get(url)
    if isinstance(answer, str):
        yield _bad(f"the identity pool's service cannot be reached at {url}: {answer}")
    else:
        yield _good(f"the identity pool's service answers at {url}")


def _clock(date: str | None, latency: timedelta) -> Iterator[Finding]:
    from nbauth.cognito.clock import offset_shown

    offset = offset_shown(date, datetime.now(UTC), latency)
    if offset is None:
        return
    off = f"this machine's clock is off by {-round(offset.total_seconds())} seconds"
    if not offset:
        yield _good("this machine's clock agrees with the service's")
    elif abs(offset) > TOLERATED_SKEW:
        yield _bad(f"{off}: AWS refuses its requests; set the clock")
    else:
        yield _note(f"{off}: nbauth allows for it, and AWS still takes its requests")


def _get(url: str) -> Any:
    """Return the answer to a plain request, or what went wrong as a text."""
    from botocore.awsrequest import AWSRequest
    from botocore.httpsession import URLLib3Session
    from botocore.utils import get_environ_proxies

    try:
        session = URLLib3Session(timeout=_TIMEOUT, proxies=get_environ_proxies(url))
        return session.send(AWSRequest("GET", url).prepare())
    except Exception as error:  # noqa: BLE001 - whatever stands in the way is the finding
        return type(error).__name__


def _good(text: str) -> Finding:
    return Finding(Verdict.GOOD, text)


def _note(text: str) -> Finding:
    return Finding(Verdict.NOTE, text)


def _bad(text: str) -> Finding:
    return Finding(Verdict.BAD, text)
