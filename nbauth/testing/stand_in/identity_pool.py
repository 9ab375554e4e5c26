"""The identity pool: identities for guests and users, and AWS credentials for both.

The credentials open nothing: there is no AWS behind them. Operations and rules are those of the Amazon Cognito
identity pools API reference.
"""

import secrets
from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from nbauth.testing.stand_in.clock import ShiftedClock
from nbauth.testing.stand_in.grants import Grants
from nbauth.testing.stand_in.identities import Identities
from nbauth.testing.stand_in.providers import (
    AUDIENCE,
    COGNITO,
    CognitoProvider,
    Login,
    LoginProvider,
    Provider,
    UserPoolProvider,
    provider_named,
    refusal,
    unsupported,
)
from nbauth.testing.stand_in.requests import (
    IDENTITY,
    Answer,
    Refused,
    Request,
    invalid,
    member,
    not_authorized,
    optional,
    texts,
    whole_number,
)
from nbauth.testing.stand_in.roles import AUTHENTICATED, UNAUTHENTICATED, RoleMapping

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_A_DAY = 86_400
_TEN_MINUTES, _QUARTER_OF_AN_HOUR = timedelta(minutes=10), timedelta(minutes=15)

Logins = Mapping[str, Login]


class IdentityPool:
    """The identity pool; whatever is changed counts from then on.

    Attributes:
        pool_id: Its id.
        trusted: The ids of the app clients whose tokens it takes.
        developer_provider: The name of the back end whose users it takes at its word; None for none.
        guests: Whether there are identities without a user.
        classic_flow: Whether it gives tokens for AWS STS (AllowClassicFlow).
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
        self._tokens = CognitoProvider(region, clock)
        self._user_pool = UserPoolProvider(grants, clock)
        self._providers: dict[str, Provider] = {self._user_pool.name: self._user_pool}
        self._clock = clock
        self.pool_id = self._tokens.pool_id
        self.trusted = self._user_pool.audiences
        self.developer_provider: str | None = None
        self.guests = True
        self.classic_flow = False
        self.credentials_lifetime = timedelta(hours=1)
        self.has_roles = True
        self.role_mapping: RoleMapping | None = None
        self.checks_revocation = False
        self.identities = Identities(region)
        self.operations: dict[str, Callable[[Request], Answer]] = {
            "GetId": self._get_id,
            "GetCredentialsForIdentity": self._get_credentials_for_identity,
            "GetOpenIdToken": self._get_open_id_token,
            "GetOpenIdTokenForDeveloperIdentity": self._get_open_id_token_for_developer_identity,
            "UnlinkIdentity": self._unlink_identity,
        }

    def add_provider(self, name: str, audiences: Iterable[str] = (AUDIENCE,)) -> LoginProvider:
        """Take the tokens of another provider from now on.

        Args:
            name: Its name in `Logins`: ``accounts.google.com``, ``appleid.apple.com``, ``graph.facebook.com`` or
                ``www.amazon.com``; the host and path of another provider of OpenID Connect; the ARN of one of SAML.
            audiences: The apps whose tokens are taken.
        """
        self._providers[name] = provider = provider_named(name, self._clock, audiences)
        return provider

    def remove_provider(self, name: str) -> None:
        """Take a provider's tokens no longer."""
        del self._providers[name]

    def provider(self, name: str) -> LoginProvider:
        """Return a provider that was added."""
        provider = self._providers[name]
        if not isinstance(provider, LoginProvider):
            raise KeyError(name)
        return provider

    def developer_token(
        self, user: str, *, identity_id: str | None = None, lifetime: timedelta = _QUARTER_OF_AN_HOUR
    ) -> tuple[str, str]:
        """Return the identity of a user of the back end, and the token for it, as the back end gets them from AWS.

        Args:
            user: The user's id in the back end.
            identity_id: The identity to be the user's, where that is not for the pool to say.
            lifetime: How long the token is good.
        """
        if self.developer_provider is None:
            raise ValueError("the identity pool has no developer_provider")
        request = {"IdentityId": identity_id} if identity_id else {}
        given = self._get_open_id_token_for_developer_identity(
            request
            | {
                "IdentityPoolId": self.pool_id,
                "Logins": {self.developer_provider: user},
                "TokenDuration": int(lifetime.total_seconds()),
            }
        )
        return given["IdentityId"], given["Token"]

    def remove(self, identity_id: str) -> None:
        """Delete an identity."""
        del self.identities[identity_id]

    def _get_id(self, request: Request) -> Answer:
        self._check_pool(request)
        if COGNITO in texts(request, "Logins"):
            raise refusal("Can't pass in a Cognito token.")
        return {"IdentityId": self.identities.find(_users(self._logins(request)))}

    def _get_credentials_for_identity(self, request: Request) -> Answer:
        identity_id, logins = self._admit(request)
        self.identities[identity_id].role = self._role(logins, request.get("CustomRoleArn"))
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

    def _get_open_id_token(self, request: Request) -> Answer:
        if not self.classic_flow:
            raise invalid("Basic (classic) flow is not enabled, please use enhanced flow.")
        if COGNITO in texts(request, "Logins"):
            raise refusal("Can't pass in a Cognito token.")
        identity_id, logins = self._admit(request)
        return {"IdentityId": identity_id, "Token": self._tokens.issue(identity_id, _users(logins), _TEN_MINUTES)}

    def _get_open_id_token_for_developer_identity(self, request: Request) -> Answer:
        self._check_pool(request)
        lifetime = whole_number(request, "TokenDuration", least=1, greatest=_A_DAY, usual=900)
        given = texts(request, "Logins")
        if self.developer_provider is None or not given.get(self.developer_provider):
            raise invalid("Please provide a valid developer provider.")
        user = {self.developer_provider: given.pop(self.developer_provider)}
        logins = user | _users({name: self._login(name, token) for name, token in given.items()})
        identity_id = optional(request, "IdentityId", pattern=IDENTITY, longest=55)
        if identity_id is None:
            identity_id = self.identities.find(logins)
        elif self.identities.known(identity_id).is_of(user):
            identity_id = self.identities.admit(identity_id, logins)
        elif any(identity.is_of(user) for identity in self.identities.values()):
            message = "Developer user identifier is already registered with another identity."
            raise Refused("DeveloperUserAlreadyRegisteredException", message)
        else:
            identity_id = self.identities.give(identity_id, logins)
        return {
            "IdentityId": identity_id,
            "Token": self._tokens.issue(identity_id, logins, timedelta(seconds=lifetime)),
        }
