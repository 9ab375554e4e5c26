"""The two Cognito clients of one configuration, and `call`, through which every request to Cognito goes.

Secrets go into `call` as `Secret` and come out of it as `Secret`. That, and that nothing but an `AuthError` leaves it,
keeps them out of every traceback: never `reveal()` in a frame that can still raise.
"""

import functools
import logging
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

from nbauth.cognito.faults import REFRESH, fault, odd_answer
from nbauth.core.config import AuthConfig
from nbauth.core.secret import Secret
from nbauth.errors import AuthError, ConfigError

_CONNECT_TIMEOUT = 3
_READ_TIMEOUT = 10

_TRIES = {"get_id": 3, "get_credentials_for_identity": 3, "get_user": 3}
"""How often an operation may be tried: those that read and change nothing. All others are sent exactly once."""

_LONGEST_PAUSE = 0.5

_SECRETS = frozenset(
    {"AccessToken", "IdToken", "RefreshToken", "SecretCode", "SecretKey", "Session", "SessionToken", "Token"}
)
"""The members of Cognito's answers that must not show."""

_WIRE_LOGS = ("botocore.endpoint", "botocore.parsers", "botocore.regions", "botocore.auth", "botocore.retryhandler")
_quiet: ContextVar[bool] = ContextVar("nbauth_quiet", default=False)


class Clients:
    """Clients of Amazon Cognito that sign nothing and look for no credentials, each made once, on first use.

    Args:
        config: Which region and endpoint.
    """

    def __init__(self, config: AuthConfig) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._made: dict[str, Any] = {}

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

    def warm(self) -> None:
        """Make both clients in the background, without network; what goes wrong is said at first use."""
        threading.Thread(target=self._warm, name="nbauth-warm", daemon=True).start()

    def _warm(self) -> None:
        with suppress(ConfigError):
            _ = (self.user_pools, self.identity_pools)

    def _client(self, service: str, region: str | None) -> Any:
        if (made := self._made.get(service)) is None:
            with self._lock:
                if (made := self._made.get(service)) is None:
                    made = self._made[service] = _make(service, region, self._config.endpoint_url)
        return made


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
    tries_left = _TRIES.get(purpose, 1)
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


@functools.cache
def _data_loader() -> Any:
    # Most of the time that it takes to make a client goes into reading botocore's description of the service.
    from botocore.loaders import create_loader

    return create_loader()


def _attempt(operation: Callable[..., Any], purpose: str, params: Mapping[str, Any]) -> Mapping[str, Any] | AuthError:
    try:
        with _quietly():
            answer: Mapping[str, Any] = _sealed(operation(**_revealed(params)))
    except Exception as failure:  # noqa: BLE001 - botocore fails in its own ways at odd answers, and its frames hold secrets
        return fault(failure, purpose=purpose, host=_host_behind(operation), sent=_secrets_in(params))
    return odd_answer(_host_behind(operation)) if _is_a_page(answer) else answer


def _host_behind(operation: Callable[..., Any]) -> str:
    return host_of(operation.__self__)  # type: ignore[attr-defined]


def _is_a_page(answer: Mapping[str, Any]) -> bool:
    # The page of a network's own sign-in comes with status 200, and botocore reads it as an answer without members.
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return len(answer) <= 1 and str(headers.get("content-type", "")).startswith("text/html")


def _renews(operation: Callable[..., Any], params: Mapping[str, Any]) -> bool:
    return operation.__name__ == "get_tokens_from_refresh_token" or params.get("AuthFlow") == "REFRESH_TOKEN_AUTH"


def _revealed(value: Any) -> Any:
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Mapping):
        return {name: _revealed(part) for name, part in value.items()}
    return value


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
