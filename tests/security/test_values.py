"""What a session gives out shows no secret, however it is printed, and is not pickled with one."""

import contextlib
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from IPython.lib.pretty import pretty

from nbauth import AuthSession, AwsCredentials, Challenge, TokenSet
from nbauth.core.record import Record

WAYS_TO_SHOW = (repr, str, "{}".format, "{!r:>80}".format, "%s".__mod__, ascii, pretty)


@dataclass(frozen=True)
class SignedIn:
    """A session, all the values it gives out, and what they hold."""

    auth: AuthSession
    values: dict[str, Any]
    secrets: dict[str, str]


def all_secrets(password: str, challenge: Challenge, tokens: TokenSet, keys: AwsCredentials) -> dict[str, str]:
    secrets = {
        "challenge session": challenge.session,
        "id token": tokens.id_token,
        "access token": tokens.access_token,
        "refresh token": tokens.refresh_token,
        "secret access key": keys.secret_access_key,
        "session token": keys.session_token,
    }
    return {"password": password} | {name: secret.reveal() for name, secret in secrets.items()}


@pytest.fixture
def signed_in(pool, totp) -> Iterator[SignedIn]:
    config = pool.config(client_id=pool.secret_client_id, client_secret=pool.client_secret)
    auth = AuthSession(config, store="memory")
    told: list[Any] = []
    auth.add_user_state_listener(told.append)
    asked = auth.sign_in(pool.totp_username, pool.password)
    done = auth.confirm_sign_in(totp.now())
    tokens, keys = auth.get_tokens(), auth.get_credentials()
    values = {
        "session": auth,
        "traits": auth.trait_values(),
        "attributes": vars(auth),
        "config": config,
        "challenge": asked.challenge,
        "results": [asked, done],
        "tokens": tokens,
        "claims": tokens.claims,
        "credentials": keys,
        "boto3 session": auth.boto3_session(),
        "credentials of boto3": auth.boto3_session().get_credentials(),
        "client": auth.client("s3"),
        "listeners' details": told,
        "record": Record("carol", "sub", "issuer", tokens.refresh_token),
        "doctor": auth.doctor(),
    }
    secrets = all_secrets(pool.password, asked.challenge, tokens, keys)
    yield SignedIn(auth, values, secrets | {"client secret": pool.client_secret})
    auth.sign_out(revoke=False)


def test_no_value_shows_a_secret(signed_in, find):
    for name, value in signed_in.values.items():
        for show in WAYS_TO_SHOW:
            assert find(signed_in.secrets, show(value)) == [], f"{name}, shown by {show}"


def test_a_value_that_showed_a_secret_would_be_found(signed_in, find):
    plain = {"password": signed_in.secrets["password"], "half a token": signed_in.secrets["access token"][:400]}
    for show in WAYS_TO_SHOW:
        assert {"password", "access token"} <= set(find(signed_in.secrets, show(plain)))


@pytest.mark.parametrize("name", ["session", "config", "challenge", "tokens", "credentials", "record"])
def test_what_holds_a_secret_is_not_pickled(signed_in, name):
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(signed_in.values[name], protocol)


def test_what_can_be_pickled_holds_no_secret(signed_in, find):
    for name, value in signed_in.values.items():
        with contextlib.suppress(TypeError, AttributeError, pickle.PicklingError):
            assert find(signed_in.secrets, pickle.dumps(value).decode("latin-1")) == [], name


def test_a_pickled_secret_would_be_found(signed_in, find):
    pickled = pickle.dumps(signed_in.secrets["refresh token"]).decode("latin-1")
    assert "refresh token" in find(signed_in.secrets, pickled)
