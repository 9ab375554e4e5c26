"""Whether tokens are the user pool's: signed with a key that it publishes, and made for this app client.

Rule: only what is proven counts. Keys that cannot be had prove nothing; then it cannot be told. And nothing here waits
for the network but `verify`.

What has to fit is written in "Verifying JSON web tokens" of the Amazon Cognito developer guide, in RFC 7519 §4.1 and in
OpenID Connect Core §3.1.3.
"""

import base64
import functools
import hashlib
import json
import math
import reprlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from nbauth.cognito.client import Clients, domain_of, host_of
from nbauth.cognito.pool_keys import ALGORITHM, PoolKeys
from nbauth.core.config import AuthConfig
from nbauth.core.secret import Secret
from nbauth.core.tokens import TokenSet, read_claims
from nbauth.errors import ServiceUnavailable, TokensNotCurrent, TokensNotGenuine
from nbauth.ports import Clock, Verifier

if TYPE_CHECKING:
    from jwt import PyJWK

_LEEWAY = 60  # seconds


class CognitoVerifier(Verifier):
    """Tells the tokens of the configured user pool and app client from others.

    Args:
        config: Which user pool, app client and issuer.
        clients: How to reach the pool.
        clock: Tells the pool's time.
        keys: The pool's keys.
    """

    def __init__(self, config: AuthConfig, clients: Clients, clock: Clock, keys: PoolKeys) -> None:
        self._config = config
        self._clients = clients
        self._clock = clock
        self._keys = keys

    def check(self, tokens: TokenSet, *, nonce: str | None = None) -> Mapping[str, Any] | None:
        """Return the ID token's claims, verified, None where that cannot be told; without network."""
        claims = self._checked(tokens.id_token, _ID)
        access_claims = self._checked(tokens.access_token, _ACCESS)
        if claims is None or access_claims is None:
            return None
        _check_that_they_go_together(tokens, claims, access_claims, nonce)
        now = self._clock.now().timestamp()
        _check_time(claims, _ID, now)
        _check_time(access_claims, _ACCESS, now)
        return MappingProxyType(claims)

    def verify(self, tokens: TokenSet, *, nonce: str | None = None) -> Mapping[str, Any]:
        """Return the ID token's claims, verified; the pool's keys are fetched where they are wanted."""
        claims = self.check(tokens, nonce=nonce)
        if claims is None:
            for token in (tokens.id_token, tokens.access_token):
                self._look_for_key_of(token)
            claims = self.check(tokens, nonce=nonce)
        if claims is None:
            host = host_of(self._clients.user_pools)
            raise ServiceUnavailable(f"{host} does not give the user pool's keys, so no claim can be verified now")
        return claims

    def _look_for_key_of(self, token: Secret) -> None:
        opened = _opened(token)
        if opened and opened.claims.get("iss") in self._issuers:
            self._keys.look_for(self._url_for(opened.claims["iss"]), opened.kid)

    def _checked(self, token: Secret, kind: "_Kind") -> dict[str, Any] | None:
        """Return the claims of a token that is this pool's; None where it cannot be told for want of a key."""
        opened = _opened(token)
        if opened is None:
            raise kind.refused("it cannot be read")
        if opened.algorithm != ALGORITHM:
            raise kind.refused(f"it is not signed with {ALGORITHM}")
        self._check_whose(opened.claims, kind)
        url = self._url_for(opened.claims["iss"])
        key = self._keys.get(url, opened.kid)
        if key is None and self._keys.is_complete(url):
            raise kind.refused("the key that it names is none of the pool's")
        if key is not None and not _is_signed(token, key):
            raise kind.refused("its signature is not the pool's")
        return opened.claims if key else None

    def _check_whose(self, claims: Mapping[str, Any], kind: "_Kind") -> None:
        issuer, audience = claims.get("iss"), claims.get(kind.audience)
        if issuer not in self._issuers:
            raise kind.refused(f"its issuer is {reprlib.repr(issuer)}; if that is right, set issuer (NBAUTH_ISSUER)")
        if audience not in (self._config.client_id, [self._config.client_id]):
            raise kind.refused("it is for another app client")
        if claims.get("token_use") != kind.use:
            raise kind.refused("it is for another use")

    @functools.cached_property
    def _hosts(self) -> tuple[str, str]:
        """What AWS writes in `iss`, without the pool: the original form, and the updated one (IssuerConfiguration)."""
        region = self._config.user_pool_region or ""
        host = f"cognito-idp.{region}.{domain_of(region)}"
        return f"https://{host}", f"https://issuer-{host}"

    @functools.cached_property
    def _issuers(self) -> tuple[str, ...]:
        """What may stand in `iss`: what is configured, else what AWS writes, or the endpoint that stands for AWS."""
        config = self._config
        if config.issuer:
            return (config.issuer,)
        hosts = (*self._hosts, config.endpoint_url.rstrip("/")) if config.endpoint_url else self._hosts
        return tuple(f"{host}/{config.user_pool_id}" for host in hosts)

    def _url_for(self, issuer: str) -> str:
        # The client has a connection already to its endpoint, and to the host of the original form.
        if self._config.endpoint_url or issuer == f"{self._hosts[0]}/{self._config.user_pool_id}":
            return self._clients.keys_url
        return f"{issuer.rstrip('/')}/.well-known/jwks.json"


@dataclass(frozen=True, slots=True)
class _Kind:
    """One of the two kinds of tokens that are signed.

    Attributes:
        name: What people call it.
        use: What stands in `token_use`.
        audience: The claim that names the app client.
    """

    name: str
    use: str
    audience: str

    def refused(self, why: str) -> TokensNotGenuine:
        return TokensNotGenuine(f"What came as {self.name} token is not this user pool's: {why}")


_ID = _Kind("ID", "id", "aud")
_ACCESS = _Kind("access", "access", "client_id")


@dataclass(frozen=True, slots=True)
class _Opened:
    """What a token says of itself."""

    algorithm: object
    kid: str
    claims: dict[str, Any]


def _opened(token: Secret) -> _Opened | None:
    # Nothing may be raised out of a frame that holds a token, hence what is returned here and below.
    with suppress(ValueError, RecursionError):
        text = token.reveal()
        head = text.partition(".")[0]
        header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
        # Extensions that must be understood are not (crit, RFC 7515 §4.1.11), by older versions of PyJWT neither.
        if isinstance(header, dict) and "crit" not in header:
            return _Opened(header.get("alg"), str(header.get("kid")), read_claims(text))
    return None


def _is_signed(token: Secret, key: "PyJWK") -> bool:
    from jwt import PyJWS, PyJWTError

    with suppress(PyJWTError, ValueError):
        PyJWS().decode(token.reveal(), key.key, algorithms=[ALGORITHM])
        return True
    return False


def _check_that_they_go_together(
    tokens: TokenSet, claims: Mapping[str, Any], access_claims: Mapping[str, Any], nonce: str | None
) -> None:
    if not claims.get("sub") or claims["sub"] != access_claims.get("sub"):
        raise _ID.refused("the access token is another user's")
    if "at_hash" in claims and claims["at_hash"] != _at_hash(tokens.access_token):
        raise _ID.refused("it goes with another access token")
    if nonce is not None and claims.get("nonce") != nonce:
        raise _ID.refused("it answers another sign-in")


def _at_hash(access_token: Secret) -> str:
    digest = hashlib.sha256(access_token.reveal().encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def _check_time(claims: Mapping[str, Any], kind: _Kind, now: float) -> None:
    expires_at = _seconds(claims.get("exp"))
    if expires_at is None:
        raise kind.refused("it does not say when it expires")
    if expires_at + _LEEWAY <= now:
        raise TokensNotCurrent(f"The {kind.name} token has expired; if it is new, check this machine's clock")
    if any((_seconds(claims.get(name)) or 0) - _LEEWAY > now for name in ("nbf", "iat")):
        raise TokensNotCurrent(f"The {kind.name} token is not valid yet: check this machine's clock")


def _seconds(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_number else None  # type: ignore[arg-type]
