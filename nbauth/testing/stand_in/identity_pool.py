"""The identity pool: identities for guests and users, and AWS credentials for both.

The credentials open nothing: there is no AWS behind them. Operations and rules are those of the Amazon Cognito
identity pools API reference.
"""

import secrets
import uuid
from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from nbauth.testing.stand_in.clock import ShiftedClock
from nbauth.testing.stand_in.grants import Grants
from nbauth.testing.stand_in.identities import Identities, forbidden
from nbauth.testing.stand_in.providers import (
    AUDIENCE,
    COGNITO,
    Bearer,
    CognitoProvider,
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
    number,
    optional,
    texts,
)
from nbauth.testing.stand_in.roles import AUTHENTICATED, UNAUTHENTICATED, RoleMapping

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_A_DAY, _QUARTER_OF_AN_HOUR = 86_400, 900  # seconds

Logins = Mapping[str, Bearer]


class IdentityPool:
    """The identity pool; whatever is changed counts from then on.

    Attributes:
        pool_id: Its id.
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
        self.pool_id = f"{region}:{uuid.uuid4()}"
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
        self._clock = clock
        self._user_pool = UserPoolProvider(grants, clock)
        self._own_tokens = CognitoProvider(COGNITO, clock, {self.pool_id})
        self._providers: dict[str, Provider] = {self._user_pool.name: self._user_pool}

    @property
    def trusted(self) -> set[str]:
        """The ids of the app clients whose tokens it takes."""
        return self._user_pool.audiences

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
        self, user: str, *, identity_id: str | None = None, lifetime: timedelta = timedelta(seconds=_QUARTER_OF_AN_HOUR)
    ) -> tuple[str, str]:
        """Return the identity of a user of the back end, and the token for it, as the back end gets them from AWS.

        Args:
            user: The user's id in the back end.
            identity_id: The identity to be the user's, where that is not for the pool to say.
            lifetime: How long the token is good.
        """
        if self.developer_provider is None:
            raise ValueError("the identity pool has no developer_provider")
        given = self._get_open_id_token_for_developer_identity(
            {
                "IdentityPoolId": self.pool_id,
                "IdentityId": identity_id,
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
        return self._vouch(identity_id, _users(logins), timedelta(minutes=10))

    def _get_open_id_token_for_developer_identity(self, request: Request) -> Answer:
        self._check_pool(request)
        seconds = number(request, "TokenDuration", _A_DAY) if request.get("TokenDuration") else _QUARTER_OF_AN_HOUR
        identity_id = optional(request, "IdentityId", pattern=IDENTITY, longest=55)
        given = dict(texts(request, "Logins"))
        user = given.pop(self.developer_provider, None) if self.developer_provider else None
        if self.developer_provider is None or not user:
            raise invalid("Please provide a valid developer provider.")
        users = {self.developer_provider: user, **_users(self._checked(given))}
        if identity_id is None:
            identity_id = self.identities.find(users)
        else:
            self.identities.bind(identity_id, users)
        return self._vouch(identity_id, users, timedelta(seconds=seconds))

    def _unlink_identity(self, request: Request) -> Answer:
        names = request.get("LoginsToRemove")
        identity_id, logins = self._admit(request)
        if not logins or not isinstance(names, list):
            raise invalid("1 validation error detected: logins and loginsToRemove must not be null")
        self.identities.unlink(identity_id, names)
        return {}

    def _check_pool(self, request: Request) -> None:
        pool_id = member(request, "IdentityPoolId", pattern=IDENTITY, longest=55)
        if pool_id != self.pool_id:
            raise Refused("ResourceNotFoundException", f"IdentityPool '{pool_id}' not found.")

    def _admit(self, request: Request) -> tuple[str, Logins]:
        """Return which identity a request is for in the end, and who it comes from."""
        identity_id = member(request, "IdentityId", pattern=IDENTITY, longest=55)
        self.identities.known(identity_id)
        if COGNITO in texts(request, "Logins"):
            return identity_id, self._vouched_for(identity_id, texts(request, "Logins"))
        logins = self._logins(request)
        return self.identities.admit(identity_id, _users(logins)), logins

    def _vouched_for(self, identity_id: str, given: Mapping[str, str]) -> Logins:
        """Return what a token of the pool's own says, which takes the place of all other logins."""
        if len(given) > 1:
            raise invalid("Please provide nothing else beside a Cognito token.")
        bearer = self._own_tokens.check(given[COGNITO])
        if bearer.subject != identity_id or self.identities[identity_id].merged:
            raise forbidden(identity_id)
        if "authenticated" not in bearer.claims["amr"]:
            raise refusal("It is a guest's.")
        return {COGNITO: bearer}

    def _vouch(self, identity_id: str, users: Mapping[str, str], lifetime: timedelta) -> Answer:
        methods = ["authenticated", *users] if users else ["unauthenticated"]
        token = self._own_tokens.token(identity_id, lifetime=lifetime, amr=methods)
        return {"IdentityId": identity_id, "Token": token}

    def _logins(self, request: Request) -> Logins:
        """Return who a request comes from: nobody, where it is a guest's."""
        given = texts(request, "Logins")
        if not given and not self.guests:
            raise not_authorized("Unauthenticated access is not supported for this identity pool.")
        return self._checked(given)

    def _checked(self, given: Mapping[str, str]) -> Logins:
        if not set(given) <= set(self._providers):
            raise unsupported()
        logins = {name: self._providers[name].check(token) for name, token in given.items()}
        user = logins.get(self._user_pool.name)
        if user and self.checks_revocation and self._user_pool.is_revoked(user):
            raise refusal("Token is revoked.")
        return logins

    def _role(self, logins: Logins, wanted: Any) -> str:
        if not self.has_roles:
            message = "Invalid identity pool configuration. Check assigned IAM roles for this pool."
            raise Refused("InvalidIdentityPoolConfigurationException", message)
        if logins and self.role_mapping is not None:
            return self.role_mapping.choose(ChainMap(*(dict(bearer.claims) for bearer in logins.values())), wanted)
        if wanted is not None:
            raise invalid("Please provide a valid role.")
        return AUTHENTICATED if logins else UNAUTHENTICATED


def _users(logins: Logins) -> dict[str, str]:
    return {name: bearer.subject for name, bearer in logins.items()}
