"""Cognito without a network: real botocore clients whose requests end here."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

from nbauth.cognito.client import Clients
from nbauth.cognito.clock import ServerClock
from nbauth.core.config import AuthConfig

ENDPOINT = "http://cognito.example:4566"


class _Body(io.BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


@dataclass
class Wire:
    """Answers requests from a script, in order, and keeps what was sent as pairs of operation and body."""

    sent: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    script: list[Callable[[str], AWSResponse]] = field(default_factory=list)

    def answers(self, body: Any = None, *, status: int = 200, **headers: str) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        self.script.append(
            lambda url: AWSResponse(url, status, HTTPHeaders.from_pairs(headers.items()), _Body(content))
        )

    def refuses(self, code: str, message: str = "", *, status: int = 400) -> None:
        self.answers({"__type": code, "message": message}, status=status)

    def breaks(self, failure: Exception) -> None:
        def fail(url: str) -> AWSResponse:
            raise failure

        self.script.append(fail)

    def handle(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        target = request.headers["X-Amz-Target"]
        operation = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
        self.sent.append((operation, json.loads(request.body)))
        return self.script.pop(0)(request.url)


@pytest.fixture
def config() -> AuthConfig:
    return AuthConfig(
        user_pool_id="eu-west-1_Example01",
        client_id="exampleclient",
        identity_pool_id="eu-west-1:00000000-0000-4000-8000-00000000000a",
    )


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def wired(wire: Wire) -> Callable[..., Clients]:
    """Makes clients for a configuration that talk to the wire and to nobody else."""

    def connect(config: AuthConfig, clock: ServerClock | None = None) -> Clients:
        clients = Clients(config, clock)
        for client in (clients.user_pools, clients.identity_pools):
            client.meta.events.register("before-send", wire.handle)
        return clients

    return connect


@pytest.fixture
def clients(wired: Callable[..., Clients], config: AuthConfig) -> Clients:
    return wired(config)
