"""The stand-in as a whole: one user pool, one identity pool, and the switch that turns them on."""

import json
import secrets
import string
import threading
from typing import Any, Self

from nbauth.testing.stand_in.app_client import AppClient
from nbauth.testing.stand_in.calls import Calls
from nbauth.testing.stand_in.clock import ShiftedClock
from nbauth.testing.stand_in.faults import Faults, Trouble
from nbauth.testing.stand_in.grants import SCOPE
from nbauth.testing.stand_in.identity_pool import IdentityPool
from nbauth.testing.stand_in.pool import Pool
from nbauth.testing.stand_in.requests import Answer, Refused
from nbauth.testing.stand_in.server import LOOPBACK, Server, Service
from nbauth.testing.stand_in.user_pool import UserPool

_USER_POOLS = "AWSCognitoIdentityProviderService"
_IDENTITY_POOLS = "AWSCognitoIdentityService"
_FOR_BACK_ENDS = f"{_IDENTITY_POOLS}.GetOpenIdTokenForDeveloperIdentity"


class Cognito:
    """Amazon Cognito on this machine, for tests: it serves HTTP on the loopback interface and a free port.

    It answers as AWS does, with real passwords, proofs, codes, sessions, signatures and lifetimes, and refuses what AWS
    refuses. Whatever belongs to it may be looked at and changed while it runs.

        with Cognito() as cognito:
            cognito.users.add("ada", "Correct-Horse-7", email="ada@example.com")
            auth = nbauth.AuthSession(cognito.config, store="memory")
            auth.sign_in("ada", "Correct-Horse-7")

            auth.forgot_password("ada")
            auth.confirm_forgot_password("ada", cognito.codes["ada"], "Brand-New-Saddle-7")
            cognito.settings.mfa = "ON"
            cognito.clock.advance(timedelta(hours=2))
            cognito.faults.add(Fault.THROTTLED, on="GetTokensFromRefreshToken", times=1)
            assert len(cognito.calls.of("ForgotPassword")) == 1

            auth.sign_out()
            google = cognito.identities.add_provider("accounts.google.com")
            auth.federated_sign_in("google", lambda: google.token("eve"))

    Attributes:
        client: The app client in `config`.
        users: Who there is.
        settings: How the user pool is set up.
        codes: The codes that were sent.
        triggers: What sign-ins ask beside the usual.
        identities: The identity pool.
        clock: Its time; the clients' own stays what it is.
        faults: What goes wrong.
        calls: What it was asked.
        user_pool_id: The user pool's id.

    Args:
        client: What the app client is like; as a new one at AWS is where it is None.
        region: Where both pools are.
    """

    def __init__(self, client: AppClient | None = None, *, region: str = "eu-west-1") -> None:
        name = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(9))
        self.region = region
        self.user_pool_id = f"{region}_{name}"
        self.clock = ShiftedClock()
        self.faults = Faults()
        self.calls = Calls()
        self._pool = Pool(region, name, self.clock)
        self.users, self.codes = self._pool.users, self._pool.codes
        self.settings, self.triggers = self._pool.settings, self._pool.triggers
        self._user_pool = UserPool(self._pool)
        self.identities = IdentityPool(region, self._pool.grants, self.clock)
        self.client = self.add_client(client or AppClient())
        self._lock = threading.RLock()
        self._server: Server | None = None
        self._port = 0

    @property
    def config(self) -> dict[str, Any]:
        """The settings that lead here, as `nbauth.AuthSession` takes them."""
        return self.config_of(self.client)

    @property
    def endpoint_url(self) -> str:
        """Where it is, or was before it was stopped.

        Raises:
            RuntimeError: It has not been started.
        """
        if not self._port:
            raise RuntimeError("the stand-in has not been started")
        return f"http://{LOOPBACK}:{self._port}"

    @property
    def provider(self) -> str:
        """The user pool's name among the `Logins` of an identity pool."""
        return f"cognito-idp.{self.region}.amazonaws.com/{self.user_pool_id}"

    def config_of(self, client: AppClient) -> dict[str, Any]:
        """Return the settings that lead here through another app client."""
        return {
            "region": self.region,
            "user_pool_id": self.user_pool_id,
            "client_id": client.client_id,
            "client_secret": client.secret,
            "identity_pool_id": self.identities.pool_id,
            "endpoint_url": self.endpoint_url,
        }

    def add_client(self, client: AppClient, *, trusted: bool = True) -> AppClient:
        """Add an app client.

        Args:
            client: What it is like.
            trusted: Whether the identity pool takes its tokens.
        """
        self._pool.clients[client.client_id] = client
        if trusted:
            self.identities.trusted.add(client.client_id)
        return client

    def issue(self, username: str, client: AppClient | None = None, *, scope: str = SCOPE) -> Answer:
        """Return tokens of a user who signed in just now, without anybody having signed in.

        Args:
            username: The real name.
            client: The app client that they are for; the one in `config` where it is None.
            scope: What the access token allows.
        """
        with self._lock:
            return self._pool.grants.begin(self.users[username], client or self.client, scope=scope)

    def start(self) -> None:
        """Begin to serve: on a free port the first time, and on the same one after a `stop`."""
        if self._server is None:
            service = Service(self._receive, self._perform, self._page, self.clock.now, self.faults)
            self._server = Server(service, self._port)
            self._port = self._server.server_address[1]
            self._server.start()

    def stop(self) -> None:
        """Be gone: nobody can connect any more, and open connections are closed. What it knows, it keeps."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    def perform(self, target: str, request: dict[str, Any]) -> Answer:
        """Do what a request asks, without a network.

        Args:
            target: Service and operation, as in the header ``X-Amz-Target``.
            request: The request's members.

        Raises:
            Refused: It is not done.
        """
        service, _, operation = target.rpartition(".")
        operations = {_USER_POOLS: self._user_pool.operations, _IDENTITY_POOLS: self.identities.operations}
        if operation not in operations.get(service, {}):
            raise Refused("UnknownOperationException", "")
        with self._lock:
            return operations[service][operation](request)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _receive(self, target: str, body: bytes) -> Trouble:
        operation = target.rpartition(".")[2]
        trouble = self.faults.take(operation)  # before anybody can see the call, and clear the faults
        self.calls.add(operation, _read(body) or {}, self.clock.now())
        return trouble

    def _perform(self, target: str, body: bytes, signed: bool) -> Answer:
        if target == _FOR_BACK_ENDS and not signed:
            raise Refused("MissingAuthenticationTokenException", "Missing Authentication Token")
        request = _read(body)
        if request is None:
            raise Refused("SerializationException", "The request is no JSON object")
        return self.perform(target, request)

    def _page(self, path: str) -> Answer | None:
        return self._pool.grants.keys if path == f"/{self.user_pool_id}/.well-known/jwks.json" else None


StandIn = Cognito
"""The same, by what it is."""


def _read(body: bytes) -> dict[str, Any] | None:
    try:
        request = json.loads(body)
        json.dumps(request, ensure_ascii=False).encode()  # half a character, which JSON can spell, is no text
    except ValueError:
        return None
    return request if isinstance(request, dict) else None
