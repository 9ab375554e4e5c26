"""The providers whose tokens an identity pool takes: each gives tokens to its people, and says whose a token is.

Which identity somebody has is not a provider's to say. See "Identity pools third-party identity providers" in the
Amazon Cognito developer guide.
"""

import base64
import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

from nbauth.testing.stand_in.clock import ShiftedClock
from nbauth.testing.stand_in.grants import Grants
from nbauth.testing.stand_in.requests import Refused, not_authorized
from nbauth.testing.stand_in.tokens import Signer, claims_of

COGNITO = "cognito-identity.amazonaws.com"
"""The name under which an identity pool takes the tokens that it gave itself."""

SAML_ROLES = "https://aws.amazon.com/SAML/Attributes/Role"
"""The attribute of a SAML assertion with the roles that somebody may have."""

AUDIENCE = "stand-in.example.com"
"""The app that providers give tokens for, where nothing else is said."""

_BEFORE, _AFTER = "<samlp:Response>", "</samlp:Response>"
_OPAQUE = frozenset({"graph.facebook.com", "www.amazon.com"})


@dataclass(frozen=True, slots=True)
class Bearer:
    """A provider's word on who somebody is.

    Attributes:
        subject: The id at the provider.
        claims: What else the token says.
    """

    subject: str
    claims: Mapping[str, Any] = field(default_factory=dict)


class Provider(ABC):
    """A provider, as far as an identity pool knows it.

    Attributes:
        name: Its name among the `Logins` of an identity pool.
        audiences: The apps whose tokens the identity pool takes; whatever is changed counts from then on.

    Args:
        name: Its name.
        clock: Tells the time.
        audiences: The apps.
    """

    def __init__(self, name: str, clock: ShiftedClock, audiences: Iterable[str]) -> None:
        self.name = name
        self.audiences = set(audiences)
        self._clock = clock

    @abstractmethod
    def check(self, token: str) -> Bearer:
        """Return whose token it is.

        Raises:
            Refused: It is not good here and now.
        """

    def _check_time(self, claims: Mapping[str, Any]) -> None:
        now = int(self._clock.now().timestamp())
        if now >= claims["exp"]:
            raise refusal(f"Token expired: {now} >= {claims['exp']}")


class LoginProvider(Provider):
    """A provider that gives tokens to whoever a test wants to be."""

    lifetime: ClassVar[timedelta] = timedelta(hours=1)

    def token(
        self, subject: str, *, lifetime: timedelta | None = None, audience: str | None = None, **claims: object
    ) -> str:
        """Return a token of somebody's.

        Args:
            subject: Who, by the id at the provider.
            lifetime: How long it is good; as the provider usually has it where it is None.
            audience: The app that it is for; one that the identity pool takes it of where it is None.
            claims: What else it says.
        """
        now = self._clock.now()
        usual = {
            "sub": subject,
            "aud": audience or min(self.audiences),
            "iat": int(now.timestamp()),
            "exp": int((now + (lifetime or self.lifetime)).timestamp()),
        }
        return self._token(usual | claims)

    @abstractmethod
    def _token(self, claims: dict[str, Any]) -> str:
        """Return a token that says `claims`."""


class _SignsJsonWebTokens(Provider):
    """A provider of OpenID Connect."""

    def check(self, token: str) -> Bearer:
        """Return whose ID token it is."""
        claims = claims_of(token)
        if not claims:
            raise refusal("Not a valid OpenId Connect identity token.")
        if claims.get("iss") != f"https://{self.name}":
            raise self._foreign()
        for name in ("aud", "sub", "exp"):
            if name not in claims:
                raise refusal(f"Missing a required claim: {name}")
        if not self._is_signed(token):
            raise refusal("Couldn't verify signed token.")
        if claims["aud"] not in self.audiences:
            raise self._misdirected()
        self._check_time(claims)
        return Bearer(claims["sub"], claims)

    @abstractmethod
    def _is_signed(self, token: str) -> bool:
        """Return whether the provider has signed it."""

    def _foreign(self) -> Refused:
        return refusal("Issuer doesn't match providerName")

    def _misdirected(self) -> Refused:
        return refusal("Incorrect token audience.")


class UserPoolProvider(_SignsJsonWebTokens):
    """A user pool, whose app clients are the audiences; its tokens are had by signing in there.

    Args:
        grants: The pool's sign-ins.
        clock: Tells the time.
    """

    def __init__(self, grants: Grants, clock: ShiftedClock) -> None:
        super().__init__(grants.issuer.partition("://")[2], clock, ())
        self._grants = grants

    def is_revoked(self, bearer: Bearer) -> bool:
        """Return whether the sign-in that a token belongs to has been ended."""
        return self._grants.is_revoked(dict(bearer.claims))

    def _is_signed(self, token: str) -> bool:
        return self._grants.has_signed(token)

    def _misdirected(self) -> Refused:
        return unsupported()


class OidcProvider(_SignsJsonWebTokens, LoginProvider):
    """A provider of OpenID Connect that is not Cognito, such as Google and Apple."""

    def __init__(self, name: str, clock: ShiftedClock, audiences: Iterable[str]) -> None:
        super().__init__(name, clock, audiences)
        self._signer = Signer(name)

    def _token(self, claims: dict[str, Any]) -> str:
        return self._signer.sign({"iss": f"https://{self.name}"} | claims)

    def _is_signed(self, token: str) -> bool:
        return self._signer.signed(token)


class CognitoProvider(OidcProvider):
    """The identity pool itself, whose tokens say which identity somebody has, and how that was found out."""

    def _foreign(self) -> Refused:
        return refusal("Not a Cognito token.")


class OpaqueProvider(LoginProvider):
    """A provider such as Facebook and Amazon, whose tokens only itself can read: it is asked about each."""

    def __init__(self, name: str, clock: ShiftedClock, audiences: Iterable[str]) -> None:
        super().__init__(name, clock, audiences)
        self._given: dict[str, dict[str, Any]] = {}

    def revoke(self, token: str) -> None:
        """End a token."""
        del self._given[token]

    def check(self, token: str) -> Bearer:
        """Return whose access token it is."""
        claims = self._given.get(token)
        if claims is None or claims["aud"] not in self.audiences:
            raise refusal("The provider does not know it.")
        self._check_time(claims)
        return Bearer(claims["sub"], claims)

    def _token(self, claims: dict[str, Any]) -> str:
        token = secrets.token_urlsafe(120)
        self._given[token] = claims
        return token


class SamlProvider(LoginProvider):
    """A provider of SAML 2.0, named by its ARN: its tokens are signed assertions, though no XML parser reads these.

    Among the claims of a token, `roles` is the list of the roles that somebody may have.
    """

    lifetime: ClassVar[timedelta] = timedelta(minutes=5)

    def __init__(self, name: str, clock: ShiftedClock, audiences: Iterable[str]) -> None:
        super().__init__(name, clock, audiences)
        self._signer = Signer(name)

    def check(self, token: str) -> Bearer:
        """Return whose assertion it is."""
        assertion = _unwrapped(token)
        if not self._signer.signed(assertion):
            raise refusal("The SAML assertion is not the provider's.")
        claims = claims_of(assertion)
        if claims["aud"] not in self.audiences:
            raise refusal("Incorrect token audience.")
        self._check_time(claims)
        return Bearer(claims["sub"], claims)

    def _token(self, claims: dict[str, Any]) -> str:
        assertion = self._signer.sign({SAML_ROLES if name == "roles" else name: claims[name] for name in claims})
        return base64.b64encode(f"{_BEFORE}{assertion}{_AFTER}".encode()).decode()


def provider_named(name: str, clock: ShiftedClock, audiences: Iterable[str]) -> LoginProvider:
    """Return a provider of the kind that its name tells.

    Args:
        name: Its name among the `Logins` of an identity pool.
        clock: Tells the time.
        audiences: The apps whose tokens the identity pool takes.
    """
    if name in _OPAQUE:
        return OpaqueProvider(name, clock, audiences)
    return (SamlProvider if ":saml-provider/" in name else OidcProvider)(name, clock, audiences)


def refusal(why: str) -> Refused:
    """Return the refusal of a token."""
    return not_authorized(f"Invalid login token. {why}")


def unsupported() -> Refused:
    """Return the refusal of a token of somebody whom the identity pool does not know."""
    return not_authorized("Token is not from a supported provider of this identity pool.")


def _unwrapped(response: str) -> str:
    try:
        text = base64.b64decode(response, validate=True).decode()
    except ValueError:
        return ""
    return text.removeprefix(_BEFORE).removesuffix(_AFTER)
