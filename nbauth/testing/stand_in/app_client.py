"""An app client of the user pool: its id, its secret, and what it may do for how long."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from nbauth.testing.stand_in.requests import Request, invalid, member, not_authorized

FLOWS = frozenset({"USER_SRP_AUTH", "USER_PASSWORD_AUTH", "REFRESH_TOKEN_AUTH"})


@dataclass
class AppClient:
    """An app client; whatever is changed counts from then on.

    Attributes:
        client_id: Its id.
        secret: Its secret, 24 to 64 letters and digits; None where it has none.
        second_secret: Another that is as good, while the first is being replaced.
        flows: The ways to sign in that it allows.
        token_lifetime: How long ID and access tokens are good.
        refresh_lifetime: How long a sign-in can be renewed.
        session_lifetime: How long a challenge waits for its answer (AuthSessionValidity).
        rotates: Whether each renewal brings another refresh token and uses up the one before.
        grace: How long a refresh token that was used up is still good.
        revokes: Whether tokens can be revoked.
        hides_unknown_users: Whether an unknown user name gets the same answer as a wrong password.
    """

    client_id: str = field(default_factory=lambda: secrets.token_hex(13))
    secret: str | None = field(default=None, repr=False)
    second_secret: str | None = field(default=None, repr=False)
    flows: frozenset[str] = FLOWS
    token_lifetime: timedelta = timedelta(hours=1)
    refresh_lifetime: timedelta = timedelta(days=30)
    session_lifetime: timedelta = timedelta(minutes=3)
    rotates: bool = False
    grace: timedelta = timedelta()
    revokes: bool = True
    hides_unknown_users: bool = True

    def allow(self, flow: str) -> None:
        """Take note that somebody signs in this way.

        Raises:
            Refused: It is not allowed.
        """
        if flow in self.flows and not (flow == "REFRESH_TOKEN_AUTH" and self.rotates):
            return
        if flow in ("USER_PASSWORD_AUTH", "REFRESH_TOKEN_AUTH"):
            raise invalid(f"{flow} flow not enabled for this client")
        raise invalid(f"{flow} is not enabled for the client.")

    def check_hash(self, parameters: Mapping[str, str], username: str, *, first: bool = False) -> None:
        """Check the SECRET_HASH, which is made with a name: the one beside it, or the user's real one at a renewal.

        Raises:
            Refused: It is wrong or missing; or, in the first request of a sign-in, not wanted.
        """
        given = parameters.get("SECRET_HASH")
        if not self._secrets:
            if first and given:
                raise invalid(f"App client {self.client_id} is not configured for secret but secret hash was received")
            return
        if not given:
            raise not_authorized(f"Client {self.client_id} is configured with secret but SECRET_HASH was not received")
        message = f"{username}{self.client_id}".encode()
        right = [base64.b64encode(hmac.digest(secret, message, hashlib.sha256)) for secret in self._secrets]
        if not any(hmac.compare_digest(one, given.encode()) for one in right):
            raise not_authorized(f"Unable to verify secret hash for client {self.client_id}")

    def check_secret(self, request: Request) -> bool:
        """Return whether the ClientSecret of a request, which is the secret itself, is the right one.

        Raises:
            Refused: It cannot be a client's secret.
        """
        if "ClientSecret" not in request:
            return not self._secrets
        given = member(request, "ClientSecret", pattern=r"[\w+]+", shortest=24, longest=64, shown=False)
        return any(hmac.compare_digest(secret, given.encode()) for secret in self._secrets)

    @property
    def _secrets(self) -> list[bytes]:
        return [secret.encode() for secret in (self.secret, self.second_secret) if secret]
