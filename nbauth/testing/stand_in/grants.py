"""Who has signed in: the tokens of each sign-in, and how they are renewed and revoked."""

import secrets
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from nbauth.testing.stand_in.app_client import AppClient
from nbauth.testing.stand_in.clock import ShiftedClock
from nbauth.testing.stand_in.device import Device
from nbauth.testing.stand_in.requests import Answer, Refused, not_authorized
from nbauth.testing.stand_in.tokens import Signer, claims_of, header
from nbauth.testing.stand_in.users import User, Users

SCOPE = "aws.cognito.signin.user.admin"


@dataclass
class _Grant:
    """One sign-in, whichever refresh tokens it goes through."""

    user: User
    client_id: str
    auth_time: int
    ends_at: datetime
    scope: str
    device: Device | None
    assurance: dict[str, Any]
    origin: str = field(default_factory=lambda: str(uuid.uuid4()))
    revoked: bool = False


@dataclass
class _RefreshToken:
    grant: _Grant
    used_at: datetime | None = None


class Grants:
    """All sign-ins of the pool.

    Args:
        issuer: The pool's URL, which stands in every token.
        users: Who may still be there.
        clock: Tells the time.
    """

    def __init__(self, issuer: str, users: Users, clock: ShiftedClock) -> None:
        self.issuer = issuer
        self._users = users
        self._clock = clock
        self._id_signer, self._access_signer = Signer("id"), Signer("access")
        self._grants: dict[str, _Grant] = {}
        self._refresh_tokens: dict[str, _RefreshToken] = {}

    @property
    def keys(self) -> Answer:
        """The JSON Web Key Set that verifies the pool's tokens."""
        return {"keys": [self._id_signer.public(), self._access_signer.public()]}

    def begin(
        self,
        user: User,
        client: AppClient,
        *,
        scope: str = SCOPE,
        device: Device | None = None,
        assurance: dict[str, Any] | None = None,
    ) -> Answer:
        """Return the tokens of a new sign-in.

        Args:
            user: Who has signed in.
            client: Through which app client.
            scope: What the access token allows.
            device: From which device.
            assurance: What the tokens say of how strong the sign-in was.
        """
        now = self._clock.now()
        moment, ends_at = int(now.timestamp()), now + client.refresh_lifetime
        grant = _Grant(user, client.client_id, moment, ends_at, scope, device, assurance or {})
        self._grants[grant.origin] = grant
        return self._tokens(grant, client) | {"RefreshToken": self._new_refresh_token(grant)}

    def owner(self, refresh_token: str, client: AppClient, device_key: str | None = None) -> User:
        """Return whose refresh token it is.

        Args:
            refresh_token: The refresh token.
            client: The app client that has it.
            device_key: The device that has it; one that was given to a device is good on no other.

        Raises:
            Refused: It does not renew anything here and now.
        """
        grant = self._valid(refresh_token, client).grant
        if self._users[grant.user.username] is not grant.user:
            raise not_authorized("Invalid Refresh Token")
        device = grant.device
        if device and (device_key != device.key or device.key not in grant.user.devices or not device.verifier):
            raise not_authorized("Invalid Refresh Token")
        return grant.user

    def renew(self, refresh_token: str, client: AppClient, device_key: str | None = None) -> Answer:
        """Return new tokens; with another refresh token, which ends when the first one would have, if they rotate.

        Raises:
            Refused: The sign-in is over.
        """
        self.owner(refresh_token, client, device_key)
        kept = self._refresh_tokens[refresh_token]
        tokens = self._tokens(kept.grant, client)
        if client.rotates:
            kept.used_at = kept.used_at or self._clock.now()
            tokens["RefreshToken"] = self._new_refresh_token(kept.grant)
        return tokens

    def revoke(self, refresh_token: str, client: AppClient) -> None:
        """End the sign-in of a refresh token; one that nobody knows ends nothing.

        Raises:
            Refused: It is no refresh token, or another app client's.
        """
        if header(refresh_token).get("alg") == "RS256":
            raise Refused("UnsupportedTokenTypeException", "Unsupported token type.")
        kept = self._refresh_tokens.get(refresh_token)
        if kept is None:
            return
        if kept.grant.client_id != client.client_id:
            raise Refused("UnauthorizedException", "Refresh Token has different Client")
        kept.grant.revoked = True

    def revoke_all(self, user: User) -> None:
        """End every sign-in of a user."""
        for grant in self._grants.values():
            if grant.user is user:
                grant.revoked = True

    def bearer(self, access_token: str) -> User:
        """Return who may do what an access token allows.

        Raises:
            Refused: Nobody.
        """
        claims = claims_of(access_token)
        if not claims or claims.get("iss") != self.issuer:
            raise not_authorized("Invalid Access Token")
        if not self._access_signer.signed(access_token):
            raise not_authorized("Could not verify signature for Access Token")
        if self._clock.now().timestamp() >= claims["exp"]:
            raise not_authorized("Access Token has expired")
        if self.is_revoked(claims):
            raise not_authorized("Access Token has been revoked")
        if SCOPE not in claims["scope"].split():
            raise not_authorized("Access Token does not have required scopes")
        user = self._grants[claims["origin_jti"]].user
        if user.username not in self._users or self._users[user.username] is not user:
            raise Refused("UserNotFoundException", "User does not exist.")
        if not user.enabled:
            raise not_authorized("User is disabled.")
        return user

    def device_of(self, access_token: str) -> str | None:
        """Return the key of the device that an access token of the pool's was given to."""
        key: str | None = claims_of(access_token).get("device_key")
        return key

    def has_signed(self, id_token: str) -> bool:
        """Return whether this is an ID token of the pool's."""
        return self._id_signer.signed(id_token)

    def is_revoked(self, claims: dict[str, Any]) -> bool:
        """Return whether the sign-in that a token of the pool's belongs to has been ended."""
        grant = self._grants.get(claims.get("origin_jti", ""))
        return grant is None or grant.revoked

    def _valid(self, refresh_token: str, client: AppClient) -> _RefreshToken:
        kept, now = self._refresh_tokens.get(refresh_token), self._clock.now()
        if kept is None:
            raise not_authorized("Invalid Refresh Token")
        grant = kept.grant
        if grant.client_id != client.client_id:
            raise not_authorized("Refresh Token has different Client")
        if grant.user.username not in self._users:
            raise not_authorized("The user has been deleted for the associated refresh token")
        if not grant.user.enabled:
            raise not_authorized("User is disabled.")
        if grant.revoked:
            raise not_authorized("Refresh Token has been revoked")
        if now >= grant.ends_at:
            raise not_authorized("Refresh Token has expired")
        if kept.used_at and now >= kept.used_at + client.grace:
            raise Refused("RefreshTokenReuseException", "Refresh Token has been used already")
        return kept

    def _new_refresh_token(self, grant: _Grant) -> str:
        # Five parts, as an encrypted JWT has: nothing in it can be read.
        token = ".".join(secrets.token_urlsafe(size) for size in (60, 256, 12, 800, 16))
        self._refresh_tokens[token] = _RefreshToken(grant)
        return token

    def _tokens(self, grant: _Grant, client: AppClient) -> Answer:
        user, now = grant.user, int(self._clock.now().timestamp())
        common = {
            "sub": user.sub,
            "iss": self.issuer,
            "auth_time": grant.auth_time,
            "iat": now,
            "exp": now + int(client.token_lifetime / timedelta(seconds=1)),
            "origin_jti": grant.origin,
            "event_id": str(uuid.uuid4()),
        } | grant.assurance
        identity = (
            common | _shown(user) | {"aud": client.client_id, "token_use": "id", "cognito:username": user.username}
        )
        access = common | {"client_id": client.client_id, "token_use": "access", "username": user.username}
        access |= {"device_key": grant.device.key} if grant.device else {}
        access |= {name: value for name, value in user.claims.items() if name == "cognito:groups"}
        return {
            "IdToken": self._id_signer.sign(identity | user.claims | {"jti": str(uuid.uuid4())}),
            "AccessToken": self._access_signer.sign(access | {"scope": grant.scope, "jti": str(uuid.uuid4())}),
            "ExpiresIn": int(client.token_lifetime / timedelta(seconds=1)),
            "TokenType": "Bearer",
        }


def _shown(user: User) -> dict[str, Any]:
    """Return a user's attributes as claims: verifications are true or false there, and no texts."""
    return {name: value == "true" if name.endswith("_verified") else value for name, value in user.attributes.items()}
