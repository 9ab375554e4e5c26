"""The identity pool: identities for guests and users, and AWS credentials for both (the enhanced flow).

The credentials open nothing: there is no AWS behind them.
"""

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from nbauth.testing.stand_in.clock import ShiftedClock
from nbauth.testing.stand_in.grants import Grants
from nbauth.testing.stand_in.requests import IDENTITY, Answer, Refused, Request, invalid, member, not_authorized, texts
from nbauth.testing.stand_in.roles import AUTHENTICATED, UNAUTHENTICATED, RoleMapping
from nbauth.testing.stand_in.tokens import claims_of

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_INVALID = "Invalid login token."
_UNSUPPORTED = "Token is not from a supported provider of this identity pool."
_MISMATCH = "Logins don't match. Please include at least one valid login for this identity or identity pool."


@dataclass
class Identity:
    """An identity.

    Attributes:
        owner: The `sub` of the user whose it is; None for a guest's.
        merged: Whether it has gone into another, and is dead.
        role: The role that its last credentials are for.
    """

    owner: str | None = None
    merged: bool = False
    role: str | None = None


class IdentityPool:
    """The identity pool; whatever is changed counts from then on.

    Attributes:
        pool_id: Its id.
        trusted: The ids of the app clients whose tokens it takes.
        guests: Whether there are identities without a user.
        credentials_lifetime: How long credentials are good; an hour at AWS.
        has_roles: Whether any role is assigned to it.
        role_mapping: How the role of a user is chosen; the usual one where it is None.
        checks_revocation: Whether tokens that were revoked are refused (ServerSideTokenCheck).
        identities: All identities by their ids.

    Args:
        region: Where it is.
        grants: The sign-ins of the user pool that it trusts.
        clock: Tells the time.
    """

    def __init__(self, region: str, grants: Grants, clock: ShiftedClock) -> None:
        self.pool_id = f"{region}:{uuid.uuid4()}"
        self.trusted: set[str] = set()
        self.guests = True
        self.credentials_lifetime = timedelta(hours=1)
        self.has_roles = True
        self.role_mapping: RoleMapping | None = None
        self.checks_revocation = False
        self.identities: dict[str, Identity] = {}
        self.operations: dict[str, Callable[[Request], Answer]] = {
            "GetId": self._get_id,
            "GetCredentialsForIdentity": self._get_credentials_for_identity,
        }
        self._region = region
        self._grants = grants
        self._clock = clock

    def remove(self, identity_id: str) -> None:
        """Delete an identity."""
        del self.identities[identity_id]

    def _get_id(self, request: Request) -> Answer:
        pool_id = member(request, "IdentityPoolId", pattern=IDENTITY, longest=55)
        if pool_id != self.pool_id:
            raise Refused("ResourceNotFoundException", f"IdentityPool '{pool_id}' not found.")
        claims = self._claims(request)
        if claims is None:
            return {"IdentityId": self._new(None)}
        return {"IdentityId": self._of(claims["sub"]) or self._new(claims["sub"])}

    def _get_credentials_for_identity(self, request: Request) -> Answer:
        identity_id = member(request, "IdentityId", pattern=IDENTITY, longest=55)
        if identity_id not in self.identities:
            raise Refused("ResourceNotFoundException", f"Identity '{identity_id}' not found.")
        claims = self._claims(request)
        identity_id = self._admitted(identity_id, claims)
        self.identities[identity_id].role = self._role(claims, request.get("CustomRoleArn"))
        expires_at = self._clock.now() + self.credentials_lifetime
        return {
            "IdentityId": identity_id,
            "Credentials": {
                "AccessKeyId": "ASIA" + "".join(secrets.choice(_LETTERS) for _ in range(16)),
                "SecretKey": secrets.token_urlsafe(30),
                "SessionToken": secrets.token_urlsafe(700),
                "Expiration": int(expires_at.timestamp()),
            },
        }

    def _claims(self, request: Request) -> dict[str, Any] | None:
        """Return what the token among the request's `Logins` says; None for a guest's request."""
        logins = texts(request, "Logins")
        if not logins:
            if not self.guests:
                raise not_authorized("Unauthenticated access is not supported for this identity pool.")
            return None
        provider = self._grants.issuer.partition("://")[2]
        if set(logins) != {provider}:
            raise not_authorized(_UNSUPPORTED)
        return self._verified(logins[provider])

    def _verified(self, token: str) -> dict[str, Any]:
        claims, now = claims_of(token), int(self._clock.now().timestamp())
        if not claims:
            raise not_authorized(f"{_INVALID} Not a valid OpenId Connect identity token.")
        if claims.get("iss") != self._grants.issuer:
            raise not_authorized(f"{_INVALID} Issuer doesn't match providerName")
        if claims.get("token_use") == "access":
            raise not_authorized(f"{_INVALID} Missing a required claim: aud")
        if not self._grants.has_signed(token):
            raise not_authorized(f"{_INVALID} Couldn't verify signed token.")
        if claims["aud"] not in self.trusted:
            raise not_authorized(_UNSUPPORTED)
        if now >= claims["exp"]:
            raise not_authorized(f"{_INVALID} Token expired: {now} >= {claims['exp']}")
        if self.checks_revocation and self._grants.is_revoked(claims):
            raise not_authorized(f"{_INVALID} Token is revoked.")
        return claims

    def _admitted(self, identity_id: str, claims: dict[str, Any] | None) -> str:
        """Return the identity that somebody with these claims gets; a guest's becomes the user's."""
        identity, owner = self.identities[identity_id], claims["sub"] if claims else None
        if identity.merged or (identity.owner and owner is None):
            raise not_authorized(f"Access to Identity '{identity_id}' is forbidden.")
        if identity.owner not in (None, owner):
            raise not_authorized(_MISMATCH)
        theirs = self._of(owner) if owner else None
        if theirs and theirs != identity_id:
            identity.merged = True
            return theirs
        identity.owner = owner
        return identity_id

    def _role(self, claims: dict[str, Any] | None, wanted: Any) -> str:
        if not self.has_roles:
            message = "Invalid identity pool configuration. Check assigned IAM roles for this pool."
            raise Refused("InvalidIdentityPoolConfigurationException", message)
        if claims is not None and self.role_mapping is not None:
            return self.role_mapping.choose(claims, wanted)
        if wanted is not None:
            raise invalid("Please provide a valid role.")
        return AUTHENTICATED if claims else UNAUTHENTICATED

    def _of(self, owner: str) -> str | None:
        return next((identity_id for identity_id, one in self.identities.items() if one.owner == owner), None)

    def _new(self, owner: str | None) -> str:
        identity_id = f"{self._region}:{uuid.uuid4()}"
        self.identities[identity_id] = Identity(owner)
        return identity_id
