"""What passes for the pool's tokens: what it has signed for this app client, and nothing else."""

import base64
import functools
import hashlib
import hmac
import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from nbauth.cognito.client import Clients
from nbauth.cognito.pool_keys import PoolKeys
from nbauth.cognito.verify import CognitoVerifier
from nbauth.core.config import AuthConfig
from nbauth.core.secret import Secret
from nbauth.core.tokens import TokenSet
from nbauth.errors import AuthError, ServiceUnavailable, TokensNotCurrent, TokensNotGenuine
from nbauth.testing import FakeClock

POOL, CLIENT = "eu-west-1_Example01", "exampleclient"
HOST = "https://cognito-idp.eu-west-1.amazonaws.com"
ISSUER, UPDATED = f"{HOST}/{POOL}", f"https://issuer-cognito-idp.eu-west-1.amazonaws.com/{POOL}"
PAGE, UPDATED_PAGE = f"{ISSUER}/.well-known/jwks.json", f"{UPDATED}/.well-known/jwks.json"
ENDPOINT = "http://127.0.0.1:4566"


@functools.cache
def key(name: str) -> rsa.RSAPrivateKey:
    """A key pair; the pool has one for each kind of token."""
    return rsa.generate_private_key(65537, 2048)


def entry(name: str, **changes: Any) -> dict[str, Any]:
    """A public key, as it stands on a page."""
    published = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key(name).public_key()))
    return {"kty": "RSA", "n": published["n"], "e": published["e"], "kid": name, "alg": "RS256", "use": "sig"} | changes


def page(*entries: Any) -> bytes:
    return json.dumps({"keys": entries}).encode()


KEYS = page(entry("id"), entry("access"))


def signed(claims: dict[str, Any], by: str, **header: Any) -> str:
    return jwt.encode(claims, key(by), "RS256", {"kid": by} | header)


def at_hash(access_token: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(access_token.encode()).digest()[:16]).rstrip(b"=").decode()


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


class Site(Clients):
    """Clients whose pages are here; what is asked for is kept in `reads`."""

    def __init__(self, config: AuthConfig, pages: dict[str, bytes]) -> None:
        super().__init__(config)
        self.pages = pages
        self.reads: list[str] = []

    def read(self, url: str) -> bytes | None:
        self.reads.append(url)
        return self.pages.get(url)


class World:
    """A verifier, its site, and the tokens of somebody who signed in just now."""

    def __init__(self, clock: FakeClock, pages: dict[str, bytes] | None = None, **settings: Any) -> None:
        self.clock = clock
        self.config = AuthConfig(**{"user_pool_id": POOL, "client_id": CLIENT} | settings)
        self.site = Site(self.config, {PAGE: KEYS} if pages is None else pages)
        self.seconds = 0.0
        self.keys = PoolKeys(self.site, lambda: self.seconds)
        self.verifier = CognitoVerifier(self.config, self.site, clock, self.keys)

    def claims(self, use: str, **changes: Any) -> dict[str, Any]:
        now = int(self.clock.now().timestamp())
        own = {"id": {"aud": CLIENT, "cognito:username": "ada"}, "access": {"client_id": CLIENT, "username": "ada"}}
        common = {"sub": "1-2-3", "iss": ISSUER, "token_use": use, "iat": now, "exp": now + 3600}
        claims = common | own[use] | changes
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, use: str, **changes: Any) -> str:
        return signed(self.claims(use, **changes), use)

    def tokens(self, id_token: str | None = None, access_token: str | None = None, **changes: Any) -> TokenSet:
        now = self.clock.now()
        return TokenSet(
            id_token=Secret(id_token or self.token("id", **changes)),
            access_token=Secret(access_token or self.token("access", **changes)),
            refresh_token=None,
            claims={},
            issued_at=now,
            expires_at=now + timedelta(hours=1),
        )


@pytest.fixture
def world(clock: FakeClock) -> World:
    """The keys have been fetched."""
    made = World(clock)
    made.keys.take(PAGE, KEYS)
    return made


@pytest.fixture
def world_of(clock: FakeClock) -> Callable[..., World]:
    return lambda pages=None, **settings: World(clock, pages, **settings)


def test_the_claims_of_what_the_pool_has_signed_are_returned_without_network(world: World) -> None:
    claims = world.verifier.check(world.tokens())
    assert (claims["cognito:username"], claims["token_use"]) == ("ada", "id")
    assert world.site.reads == []


def test_verified_claims_cannot_be_changed(world: World) -> None:
    with pytest.raises(TypeError):
        world.verifier.verify(world.tokens())["sub"] = "another"


def test_where_the_keys_are_not_there_it_cannot_be_told_before_they_are_fetched(world_of: Callable[..., World]) -> None:
    world = world_of()
    tokens = world.tokens()
    assert world.verifier.check(tokens) is None
    assert world.verifier.verify(tokens)["sub"] == "1-2-3"
    assert world.verifier.check(tokens)["sub"] == "1-2-3"
    assert world.site.reads == [PAGE]


# What is refused.


def unsigned(claims: dict[str, Any], **header: Any) -> str:
    return ".".join((part({"alg": "none", "kid": "id"} | header), part(claims), ""))


def signed_with_the_public_key(claims: dict[str, Any]) -> str:
    """What whoever takes a token's word for its algorithm believes."""
    pem = (
        key("id").public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    message = f"{part({'alg': 'HS256', 'kid': 'id'})}.{part(claims)}"
    signature = hmac.digest(pem, message.encode(), "sha256")
    return f"{message}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def with_other_claims(token: str, **changes: Any) -> str:
    head, _, signature = token.split(".")
    return ".".join((head, part(jwt.decode(token, options={"verify_signature": False}) | changes), signature))


def header_of(use: str, **changes: Any) -> dict[str, Any]:
    return {"alg": "RS256", "kid": use} | changes


FORGERIES: dict[str, Callable[[World], TokenSet]] = {
    "unsigned": lambda w: w.tokens(unsigned(w.claims("id"))),
    "unsigned, written otherwise": lambda w: w.tokens(unsigned(w.claims("id"), alg="nOnE")),
    "signed with nothing and said to be": lambda w: w.tokens(unsigned(w.claims("id"), alg="RS256")),
    "an unsigned access token": lambda w: w.tokens(None, unsigned(w.claims("access"), kid="access")),
    "HS256 with the public key": lambda w: w.tokens(signed_with_the_public_key(w.claims("id"))),
    "RS512": lambda w: w.tokens(jwt.encode(w.claims("id"), key("id"), "RS512", {"kid": "id"})),
    "a stranger's key": lambda w: w.tokens(signed(w.claims("id"), "stranger")),
    "a stranger's key by the pool's id": lambda w: w.tokens(signed(w.claims("id"), "stranger", kid="id")),
    "a key that the token brings along": lambda w: w.tokens(
        signed(w.claims("id"), "stranger", jwk=entry("stranger"), kid="id")
    ),
    "the key of the other kind": lambda w: w.tokens(signed(w.claims("id"), "access", kid="id")),
    "no key id": lambda w: w.tokens(jwt.encode(w.claims("id"), key("id"), "RS256")),
    "a cut signature": lambda w: w.tokens(w.token("id")[:-6]),
    "no signature": lambda w: w.tokens(w.token("id").rpartition(".")[0] + "."),
    "other claims": lambda w: w.tokens(with_other_claims(w.token("id"), **{"cognito:groups": ["admins"]})),
    "other claims in the access token": lambda w: w.tokens(None, with_other_claims(w.token("access"), scope="all")),
    "an extension that must be understood": lambda w: w.tokens(signed(w.claims("id"), "id", crit=["exp"])),
    "another pool": lambda w: w.tokens(w.token("id", iss=f"{HOST}/eu-west-1_Example02")),
    "another pool's access token": lambda w: w.tokens(None, w.token("access", iss=f"{HOST}/eu-west-1_Example02")),
    "another region": lambda w: w.tokens(w.token("id", iss=ISSUER.replace(".eu-west-1.", ".us-east-1."))),
    "another partition": lambda w: w.tokens(w.token("id", iss=ISSUER.replace("amazonaws.com", "amazonaws.com.cn"))),
    "a host that begins alike": lambda w: w.tokens(w.token("id", iss=ISSUER.replace(".com", ".com.example"))),
    "no issuer": lambda w: w.tokens(w.token("id", iss=None)),
    "a list of issuers": lambda w: w.tokens(signed_raw(w, iss=[ISSUER])),
    "another app client": lambda w: w.tokens(w.token("id", aud="anotherclient")),
    "another app client's access token": lambda w: w.tokens(None, w.token("access", client_id="anotherclient")),
    "two app clients": lambda w: w.tokens(w.token("id", aud=[CLIENT, "anotherclient"])),
    "no app client": lambda w: w.tokens(w.token("id", aud=None)),
    "no app client in the access token": lambda w: w.tokens(None, w.token("access", client_id=None, aud=CLIENT)),
    "an access token for an ID token": lambda w: w.tokens(signed(w.claims("access"), "access")),
    "an ID token for an access token": lambda w: w.tokens(None, w.token("id")),
    "another use": lambda w: w.tokens(w.token("id", token_use="access")),
    "no use": lambda w: w.tokens(w.token("id", token_use=None)),
    "another user's access token": lambda w: w.tokens(None, w.token("access", sub="4-5-6")),
    "no user": lambda w: w.tokens(sub=None),
    "the hash of another access token": lambda w: w.tokens(w.token("id", at_hash=at_hash("another"))),
    "an empty hash": lambda w: w.tokens(w.token("id", at_hash="")),
    "no end": lambda w: w.tokens(w.token("id", exp=None)),
    "an end that is no number": lambda w: w.tokens(signed_raw(w, exp="tomorrow")),
    "an end that never comes": lambda w: w.tokens(signed_raw(w, exp=float("inf"))),
    "no token": lambda w: w.tokens("not a token"),
    "two parts": lambda w: w.tokens(w.token("id").rpartition(".")[0]),
    "a header that is none": lambda w: w.tokens(f"e30k.{part(w.claims('id'))}.AAAA"),
    "a header that is a list": lambda w: w.tokens(f"W10.{part(w.claims('id'))}.AAAA"),
    "claims that are a list": lambda w: w.tokens(f"{part(header_of('id'))}.W10.AAAA"),
    "letters of another alphabet": lambda w: w.tokens("жжж.жжж.жжж"),
}


def signed_raw(world: World, **claims: Any) -> str:
    """A token with claims that PyJWT would not write."""
    return jwt.PyJWS().encode(json.dumps(world.claims("id") | claims).encode(), key("id"), "RS256", {"kid": "id"})


@pytest.mark.parametrize("name", FORGERIES)
def test_what_is_not_the_pools_is_refused(name: str, world: World) -> None:
    with pytest.raises(TokensNotGenuine, match=r"^What came as (ID|access) token is not this user pool's: "):
        world.verifier.verify(FORGERIES[name](world))


def test_each_refusal_has_a_reason_of_its_own(world: World) -> None:
    said = set()
    for forgery in FORGERIES.values():
        with pytest.raises(TokensNotGenuine) as caught:
            world.verifier.verify(forgery(world))
        said.add(str(caught.value))
    assert len(said) > 12


def locals_in(error: BaseException) -> str:
    """What a verbose traceback shows of the frames that are not a test's."""
    frames, trace = [], error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename != __file__:
            frames.append(repr(trace.tb_frame.f_locals))
        trace = trace.tb_next
    return "".join(frames)


@pytest.mark.parametrize("name", FORGERIES)
def test_a_refusal_holds_no_token_anywhere(name: str, world: World) -> None:
    tokens = FORGERIES[name](world)
    with pytest.raises(TokensNotGenuine) as caught:
        world.verifier.verify(tokens)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    found = locals_in(caught.value) + str(caught.value) + repr(vars(caught.value))
    assert "CognitoVerifier" in found
    for token in (tokens.id_token.reveal(), tokens.access_token.reveal()):
        assert token not in found
        assert len(token.rpartition(".")[2]) < 20 or token.rpartition(".")[2] not in found


def test_an_issuer_that_does_not_fit_is_named_with_the_setting(world: World) -> None:
    with pytest.raises(TokensNotGenuine, match=r"its issuer is 'http://x'; if that is right, set issuer"):
        world.verifier.check(world.tokens(iss="http://x"))


@pytest.mark.parametrize("use", ["id", "access"])
@pytest.mark.parametrize(
    ("seconds", "says"),
    [({"exp": -60}, "has expired"), ({"nbf": 61}, "not valid yet"), ({"iat": 61}, "not valid yet")],
    ids=["expired", "not before", "issued later"],
)
def test_what_is_not_valid_now_is_no_forgery(use: str, seconds: dict[str, int], says: str, world: World) -> None:
    now = int(world.clock.now().timestamp())
    token = world.token(use, **{name: now + value for name, value in seconds.items()})
    tokens = world.tokens(token) if use == "id" else world.tokens(None, token)
    with pytest.raises(TokensNotCurrent, match=says):
        world.verifier.check(tokens)


@pytest.mark.parametrize("seconds", [{"exp": -59}, {"nbf": 60}, {"iat": 60}], ids=repr)
def test_a_minute_is_nothing_between_two_clocks(seconds: dict[str, int], world: World) -> None:
    now = int(world.clock.now().timestamp())
    assert world.verifier.check(world.tokens(**{name: now + value for name, value in seconds.items()}))


def test_the_time_is_the_clocks(world: World) -> None:
    tokens = world.tokens()
    world.clock.advance(timedelta(hours=2))
    with pytest.raises(TokensNotCurrent):
        world.verifier.check(tokens)


def test_an_app_client_may_stand_in_a_list(world: World) -> None:
    assert world.verifier.check(world.tokens(world.token("id", aud=[CLIENT])))


def test_the_hash_of_the_access_token_fits(world: World) -> None:
    access_token = world.token("access")
    assert world.verifier.check(world.tokens(world.token("id", at_hash=at_hash(access_token)), access_token))


@pytest.mark.parametrize(("sent", "came", "fits"), [("n", "n", True), ("n", "m", False), ("n", None, False)])
def test_a_nonce_that_was_sent_must_come_back(sent: str, came: str | None, fits: bool, world: World) -> None:
    tokens = world.tokens(world.token("id", nonce=came))
    if fits:
        assert world.verifier.check(tokens, nonce=sent)
    else:
        with pytest.raises(TokensNotGenuine, match="another sign-in"):
            world.verifier.check(tokens, nonce=sent)


def test_a_nonce_that_nobody_sent_is_nothing(world: World) -> None:
    assert world.verifier.check(world.tokens(world.token("id", nonce="n")))


# Whose it is.

DOMAINS = {
    "us-east-1": "amazonaws.com",
    "us-gov-west-1": "amazonaws.com",
    "cn-north-1": "amazonaws.com.cn",
    "us-iso-east-1": "c2s.ic.gov",
    "us-isob-east-1": "sc2s.sgov.gov",
    "eu-isoe-west-1": "cloud.adc-e.uk",
    "us-isof-south-1": "csp.hci.ic.gov",
    "eusc-de-east-1": "amazonaws.eu",
    "ap-nowhere-9": "amazonaws.com",
    "cn-nowhere-9": "amazonaws.com.cn",
}


@pytest.mark.parametrize("prefix", ["", "issuer-"], ids=["original", "updated"])
@pytest.mark.parametrize("region", DOMAINS)
def test_a_pool_has_two_issuers_in_every_partition(region: str, prefix: str, world_of: Callable[..., World]) -> None:
    pool = f"{region}_Example01"
    issuer = f"https://{prefix}cognito-idp.{region}.{DOMAINS[region]}/{pool}"
    url = f"{issuer}/.well-known/jwks.json"
    world = world_of({url: KEYS}, user_pool_id=pool)
    assert world.verifier.verify(world.tokens(iss=issuer))["iss"] == issuer
    assert world.site.reads == [url]


def test_a_configured_issuer_is_the_only_one(world_of: Callable[..., World]) -> None:
    issuer = "https://sso.example.com/pool"
    world = world_of({f"{issuer}/.well-known/jwks.json": KEYS, PAGE: KEYS}, issuer=issuer)
    assert world.verifier.verify(world.tokens(iss=issuer))
    with pytest.raises(TokensNotGenuine, match="its issuer"):
        world.verifier.verify(world.tokens(iss=ISSUER))
    assert world.site.reads == [f"{issuer}/.well-known/jwks.json"]


@pytest.mark.parametrize("issuer", [ISSUER, UPDATED, f"{ENDPOINT}/{POOL}"])
def test_an_endpoint_has_the_keys_and_may_be_the_issuer(issuer: str, world_of: Callable[..., World]) -> None:
    url = f"{ENDPOINT}/{POOL}/.well-known/jwks.json"
    world = world_of({url: KEYS}, endpoint_url=ENDPOINT)
    assert world.verifier.verify(world.tokens(iss=issuer))
    assert world.site.reads == [url]


def test_nothing_is_read_from_an_issuer_that_is_not_the_pools(world_of: Callable[..., World]) -> None:
    world = world_of()
    with pytest.raises(TokensNotGenuine):
        world.verifier.verify(world.tokens(iss="https://evil.example.com"))
    assert world.site.reads == []


# The keys.


def test_keys_that_were_fetched_ahead_are_looked_through_once_more_for_one_that_is_not_there(world: World) -> None:
    world.site.pages[PAGE] = page(entry("id"), entry("access"), entry("new"))
    tokens = world.tokens(signed(world.claims("id"), "new"))
    assert world.verifier.check(tokens) is None
    assert world.verifier.verify(tokens)
    assert world.site.reads == [PAGE]


def test_a_key_that_is_not_there_is_looked_for_every_five_minutes_at_most(world: World) -> None:
    forged = world.tokens(signed(world.claims("id"), "stranger"))
    for seconds, reads in ((0, 1), (1, 1), (299, 1), (300, 2), (301, 2)):
        world.seconds = float(seconds)
        with pytest.raises(TokensNotGenuine, match="none of the pool's"):
            world.verifier.verify(forged)
        assert len(world.site.reads) == reads


def test_a_look_that_brings_nothing_proves_nothing_and_keeps_the_keys_that_there_were(world: World) -> None:
    forged = world.tokens(signed(world.claims("id"), "stranger"))
    world.site.pages.clear()
    for _ in range(2):
        with pytest.raises(ServiceUnavailable, match="does not give the user pool's keys"):
            world.verifier.verify(forged)
    assert world.site.reads == [PAGE]
    assert world.verifier.check(world.tokens())


def test_a_key_that_the_pool_has_withdrawn_is_its_key_no_longer(world: World) -> None:
    tokens = world.tokens()
    world.site.pages[PAGE] = page(entry("new"), entry("access"))
    assert world.verifier.verify(world.tokens(signed(world.claims("id"), "new")))
    with pytest.raises(TokensNotGenuine, match="none of the pool's"):
        world.verifier.check(tokens)


NO_PAGES = {
    "nothing": b"",
    "a page": b"<html>please pay</html>",
    "no JSON": b"{",
    "no text": b"\xff\xfe",
    "a list": b"[]",
    "null": b"null",
    "no keys": b"{}",
    "null keys": b'{"keys": null}',
    "keys by name": b'{"keys": {"id": {}}}',
    "an empty list": page(),
    "strange keys": page(None, 1, "key", [], {}),
    "deep": b'{"keys":' + b"[" * 100_000,
    "no numbers": page(entry("id", n=None), entry("access", e="")),
    "numbers that are none": page(entry("id", n="!"), entry("access", e={})),
    "no ids": page(entry("id", kid=None), entry("access", kid=7)),
    "keys for secrecy": page(entry("id", use="enc"), entry("access", use="enc")),
    "keys for another algorithm": page(entry("id", alg="RS512"), entry("access", alg="PS256")),
    "shared secrets": page({"kty": "oct", "k": "c2VjcmV0", "kid": "id"}, {"kty": "oct", "k": "c2Vj", "kid": "access"}),
    "other curves": page(
        {"kid": "id"}
        | json.loads(jwt.algorithms.ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key()))
    ),
}


@pytest.mark.parametrize("name", NO_PAGES)
def test_what_is_no_page_of_keys_proves_nothing_and_says_nothing(
    name: str, world_of: Callable[..., World], caplog: pytest.LogCaptureFixture
) -> None:
    world = world_of({PAGE: NO_PAGES[name]})
    tokens = world.tokens()
    world.keys.take(PAGE, NO_PAGES[name])
    with caplog.at_level(logging.DEBUG), pytest.raises(ServiceUnavailable):
        world.verifier.verify(tokens)
    assert world.verifier.check(tokens) is None
    assert [record for record in caplog.records if record.name.startswith("nbauth")] == []
    world.site.pages[PAGE] = KEYS
    assert world.verifier.verify(tokens)


def test_one_bad_key_does_not_spoil_the_others(world_of: Callable[..., World]) -> None:
    world = world_of({PAGE: page(None, entry("id", n="!"), entry("id"), entry("access"))})
    assert world.verifier.verify(world.tokens())


def test_a_page_may_leave_out_what_its_keys_are_for(world_of: Callable[..., World]) -> None:
    bare = [{name: entry(kid)[name] for name in ("kty", "n", "e", "kid")} for kid in ("id", "access")]
    world = world_of({PAGE: page(*bare)})
    assert world.verifier.verify(world.tokens())


def test_a_missing_key_is_an_error_that_says_what_cannot_be_done_now(world_of: Callable[..., World]) -> None:
    world = world_of({})
    with pytest.raises(AuthError, match=r"^cognito-idp\.eu-west-1\.amazonaws\.com does not give .* now$") as caught:
        world.verifier.verify(world.tokens())
    assert caught.value.retryable
