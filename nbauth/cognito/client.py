"""The two Cognito clients of one configuration, and `call`, through which every request to Cognito goes.

Secrets go into `call` as `Secret` and come out of it as `Secret`. That, and that nothing but an `AuthError` leaves it,
keeps them out of every traceback: never `reveal()` in a frame that can still raise.
"""

import functools
import json
import logging
import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from nbauth import process
from nbauth.cognito.clock import ServerClock
from nbauth.cognito.faults import REFRESH, fault
from nbauth.core.config import AuthConfig
from nbauth.core.secret import Secret
from nbauth.errors import AuthError, ConfigError, Rejected

_CONNECT_TIMEOUT = 3
_READ_TIMEOUT = 10

_READS = frozenset(
    {
        "get_credentials_for_identity",
        "get_device",
        "get_id",
        "get_user",
        "list_devices",
        "list_user_sessions",
        "list_web_authn_credentials",
    }
)
"""The operations that read and change nothing, which may be tried again. All others are sent exactly once."""

_TRIES = 3

_LONGEST_PAUSE = 0.5

_LARGEST_PAGE = 1 << 16  # bytes; a page of keys has about 900

_SECRETS = frozenset(
    {"AccessToken", "IdToken", "RefreshToken", "SecretCode", "SecretKey", "Session", "SessionToken", "Token"}
)
"""The members of Cognito's answers that must not show."""

_REQUEST_ID = "x-amzn-RequestId"
"""The header that every answer of an AWS service has."""

_SENT = "nbauth_sent"  # in botocore's context of a request

_WIRE_LOGS = ("botocore.endpoint", "botocore.parsers", "botocore.regions", "botocore.auth", "botocore.retryhandler")
_quiet: ContextVar[bool] = ContextVar("nbauth_quiet", default=False)


class _NotCognitos(Exception):
    """An answer came that says all is well and is none of Cognito's."""


class Clients:
    """Clients of Amazon Cognito that sign nothing and look for no credentials, each made once, on first use.

    Args:
        config: Which region and endpoint.
        clock: Learns the server's time from their answers.
    """

    def __init__(self, config: AuthConfig, clock: ServerClock | None = None) -> None:
        self._config = config
        self._clock = clock
        self._lock = process.Lock()
        self._made: dict[str, Any] = {}
        process.in_child(self._forget)

    @property
    def user_pools(self) -> Any:
        """The client for user pools.

        Raises:
            ConfigError: No client can be made for this region or endpoint.
        """
        return self._client("cognito-idp", self._config.user_pool_region)

    @property
    def identity_pools(self) -> Any:
        """The client for identity pools.

        Raises:
            ConfigError: No client can be made for this region or endpoint.
        """
        return self._client("cognito-identity", self._config.identity_pool_region)

    @property
    def keys_url(self) -> str:
        """Where the user pool's public keys are.

        Raises:
            ConfigError: No client can be made for this region or endpoint.
        """
        endpoint = self.user_pools.meta.endpoint_url.rstrip("/")
        return f"{endpoint}/{self._config.user_pool_id}/.well-known/jwks.json"

    def warm(self, *, connect: bool = False, keep_keys: Callable[[str, bytes], None] | None = None) -> None:
        """Make both clients in the background; what goes wrong is said at first use.

        Args:
            connect: Open a connection of each, too; without it there is no network.
            keep_keys: Takes the page of the user pool's keys, and where it is from: a connection is opened with it.
        """
        threading.Thread(target=self._warm, args=(connect, keep_keys), name="nbauth-warm", daemon=True).start()

    def read(self, url: str) -> bytes | None:
        """Return a page that is there for everybody, through the user pool's connections; None where there is none."""
        return _read(self.user_pools, url)

    def _forget(self) -> None:
        # Two processes must not speak through one connection.
        self._made = {}

    def _warm(self, connect: bool, keep_keys: Callable[[str, bytes], None] | None) -> None:
        # botocore opens a connection with a request only, and none of Cognito's operations is without consequence.
        # Nobody hears of what goes wrong here, whatever it is: whoever needs a client finds out in the same way.
        with suppress(Exception):
            users, identities, page = self.user_pools, self.identity_pools, None
            if connect and self._config.user_pool_id:
                page = _read(users, self.keys_url)
            if connect and self._config.identity_pool_id:
                _read(identities, f"{identities.meta.endpoint_url}/.well-known/openid-configuration")
            if page and keep_keys:
                keep_keys(self.keys_url, page)

    def _client(self, service: str, region: str | None) -> Any:
        if (made := self._made.get(service)) is None:
            with self._lock:
                if (made := self._made.get(service)) is None:
                    made = _make(service, region, self._config.endpoint_url)
                    made.meta.events.register("before-call", _note_when_sent)
                    made.meta.events.register("after-call", self._examine)
                    self._made[service] = made
        return made

    def _examine(self, http_response: Any, context: dict[str, Any], **_: Any) -> None:
        if not _is_cognitos(http_response):
            if http_response.status_code < 300:
                raise _NotCognitos
        elif self._clock and _REQUEST_ID in http_response.headers:
            latency = timedelta(seconds=time.monotonic() - context[_SENT])
            self._clock.learn(http_response.headers.get("Date"), latency)


def call(operation: Callable[..., Any], **params: Any) -> Mapping[str, Any]:
    """Send one request to Cognito and return the answer.

    Args:
        operation: A method of one of the `Clients`.
        params: The operation's parameters; secrets as `Secret`, at any depth. A parameter that is None is left out.

    Raises:
        AuthError: The request failed; it has no cause and no context, and its traceback begins here.
    """
    purpose = REFRESH if _renews(operation, params) else operation.__name__
    wanted = {name: value for name, value in params.items() if value is not None}
    if unfit := next(_what_json_lacks(wanted), ""):
        raise Rejected(f"Cognito takes text, and {unfit}", case="no_text")
    tries_left = _TRIES if purpose in _READS else 1
    while isinstance(answer := _attempt(operation, purpose, wanted), AuthError):
        tries_left -= 1
        if not tries_left or not answer.retryable:
            raise answer
        time.sleep(random.uniform(0, _LONGEST_PAUSE))  # noqa: S311 - jitter, no secret
    return answer


def host_of(client: Any) -> str:
    """Return the host that a client talks to."""
    return urlsplit(str(client.meta.endpoint_url)).netloc


def _make(service: str, region: str | None, endpoint_url: str | None) -> Any:
    import botocore.session
    from botocore import UNSIGNED
    from botocore.config import Config
    from botocore.credentials import CredentialResolver
    from botocore.exceptions import BotoCoreError

    # botocore's own retries repeat whatever failed, a refresh too, whose lost answer must never be asked for twice. Its
    # validation puts the values that it does not like, passwords among them, into its messages; the service judges.
    behaviour = Config(
        signature_version=UNSIGNED,
        connect_timeout=_CONNECT_TIMEOUT,
        read_timeout=_READ_TIMEOUT,
        retries={"total_max_attempts": 1, "mode": "standard"},
        parameter_validation=False,
    )
    # A profile is about credentials: one that is missing from ~/.aws is nothing to Cognito.
    session = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    session.register_component("credential_provider", CredentialResolver([]))
    session.register_component("data_loader", _data_loader())
    _hush_wire_logs()
    try:
        return session.create_client(service, region_name=region, endpoint_url=endpoint_url, config=behaviour)
    except (BotoCoreError, ValueError) as failure:
        reason = " ".join(str(failure).split())
    raise ConfigError(f"No connection to Cognito can be set up: {reason}")


def domain_of(region: str) -> str:
    """Return AWS's domain in a region, such as ``amazonaws.com.cn``."""
    for partition in _data_loader().load_data("partitions")["partitions"]:
        if region in partition["regions"] or re.match(partition["regionRegex"], region):
            return str(partition["outputs"]["dnsSuffix"])
    return "amazonaws.com"


@functools.cache
def _data_loader() -> Any:
    # Most of the time that it takes to make a client goes into reading botocore's description of the service.
    from botocore.loaders import create_loader

    return create_loader()


def _read(client: Any, url: str) -> bytes | None:
    from botocore.awsrequest import AWSRequest

    # Whatever goes wrong, offline or in a botocore without this attribute, the next request finds out for itself.
    with suppress(Exception):
        answer = client._endpoint.http_session.send(AWSRequest("GET", url, stream_output=True).prepare())
        content: bytes = answer.raw.read(_LARGEST_PAGE + 1)
        if len(content) <= _LARGEST_PAGE:
            return content if answer.status_code == 200 else None
        answer.raw.close()  # what is left of it would stand in the way of the next answer
    return None


def _attempt(operation: Callable[..., Any], purpose: str, params: Mapping[str, Any]) -> Mapping[str, Any] | AuthError:
    try:
        with _quietly():
            answer: Mapping[str, Any] = _sealed(operation(**_revealed(params)))
    except Rejected as refusal:  # a secret that is no text
        return refusal.with_traceback(None)
    except Exception as failure:  # noqa: BLE001 - botocore fails in its own ways at odd answers, and its frames hold secrets
        return fault(failure, purpose=purpose, host=_host_behind(operation), sent=_secrets_in(params))
    return answer


def _host_behind(operation: Callable[..., Any]) -> str:
    return host_of(operation.__self__)  # type: ignore[attr-defined]


def _note_when_sent(context: dict[str, Any], **_: Any) -> None:
    context[_SENT] = time.monotonic()


def _is_cognitos(answer: Any) -> bool:
    # The page of a network's own sign-in comes with status 200, and so may half an answer: botocore reads both as
    # answers without members. Where Cognito itself has nothing to say, only the headers tell it from them.
    if not answer.content:
        return _REQUEST_ID in answer.headers
    try:
        return isinstance(json.loads(answer.content), dict)
    except ValueError:
        return False


def _renews(operation: Callable[..., Any], params: Mapping[str, Any]) -> bool:
    return operation.__name__ == "get_tokens_from_refresh_token" or params.get("AuthFlow") == "REFRESH_TOKEN_AUTH"


def _revealed(value: Any) -> Any:
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Mapping):
        return {name: _revealed(part) for name, part in value.items()}
    return [_revealed(part) for part in value] if isinstance(value, list | tuple) else value


def _what_json_lacks(value: Any, place: str = "") -> Iterator[str]:
    """Find what cannot be sent: the caller's mistake, which botocore would only meet half-way to the service."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _what_json_lacks(part, f"{place}.{name}" if place else str(name))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _what_json_lacks(part, place)
    elif not isinstance(value, Secret | str | int | float | None):
        yield f"{place} is of the type {type(value).__name__}"


def _sealed(answer: Any, name: str = "") -> Any:
    if name in _SECRETS and isinstance(answer, str):
        return Secret(answer)
    if isinstance(answer, dict):
        return {part: _sealed(value, part) for part, value in answer.items()}
    return answer


def _secrets_in(value: Any) -> Iterator[Secret]:
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _secrets_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _secrets_in(part)


@contextmanager
def _quietly() -> Iterator[None]:
    was = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(was)


def _audible(record: logging.LogRecord) -> bool:
    return not _quiet.get()


def _hush_wire_logs() -> None:
    # At DEBUG these loggers write whole requests and answers. Adding the same filter twice does nothing.
    for name in _WIRE_LOGS:
        logging.getLogger(name).addFilter(_audible)
