import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from nbauth.testing import AppClient, StandIn
from nbauth.testing.stand_in.tokens import Signer, claims_of

Ask = Callable[..., dict[str, Any]]
Refusal = Callable[..., tuple[str, str]]
SECRET = "a1b2c3d4e5" * 5


def encoded(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


# Access tokens.


def test_an_access_token_says_who_the_user_is(ask: Ask, sign_in: Ask) -> None:
    answer = ask("GetUser", AccessToken=sign_in()["AccessToken"])
    assert answer["Username"] == "ada"
    assert {"Name": "email", "Value": "ada@example.com"} in answer["UserAttributes"]


@pytest.mark.parametrize(
    ("forge", "said"),
    [
        (lambda token: token[:-8] + "AAAAAAA" + token[-1], "Could not verify signature for Access Token"),
        (lambda token: f"{encoded({'alg': 'none'})}.{token.split('.')[1]}.", "Could not verify signature"),
        (lambda token: "made-up", "Invalid Access Token"),
        (lambda token: f"x.{encoded({'iss': 'https://another.example'})}.x", "Invalid Access Token"),
    ],
    ids=["flipped", "unsigned", "made up", "another pool's"],
)
def test_a_forged_access_token_is_refused(
    forge: Callable[[str], str], said: str, refusal: Refusal, sign_in: Ask
) -> None:
    code, message = refusal("GetUser", AccessToken=forge(sign_in()["AccessToken"]))
    assert code == "NotAuthorizedException"
    assert message.startswith(said)


def test_an_access_token_whose_claims_were_changed_is_refused(refusal: Refusal, sign_in: Ask) -> None:
    token = sign_in()["AccessToken"]
    header, _, signature = token.split(".")
    changed = encoded(claims_of(token) | {"exp": 4102444800})
    assert "signature" in refusal("GetUser", AccessToken=f"{header}.{changed}.{signature}")[1]


def test_an_id_token_is_no_access_token(refusal: Refusal, sign_in: Ask) -> None:
    assert refusal("GetUser", AccessToken=sign_in()["IdToken"])[0] == "NotAuthorizedException"


def test_an_access_token_ends(cognito: StandIn, ask: Ask, refusal: Refusal, sign_in: Ask) -> None:
    cognito.client.token_lifetime = timedelta(seconds=2)
    token = sign_in()["AccessToken"]
    assert ask("GetUser", AccessToken=token)
    cognito.clock.advance(timedelta(seconds=2))
    assert refusal("GetUser", AccessToken=token) == ("NotAuthorizedException", "Access Token has expired")


@pytest.mark.parametrize("way", ["GlobalSignOut", "RevokeToken"])
def test_a_revoked_access_token_is_refused(way: str, ask: Ask, refusal: Refusal, sign_in: Ask) -> None:
    given = sign_in()
    if way == "GlobalSignOut":
        ask(way, AccessToken=given["AccessToken"])
    else:
        ask(way, Token=given["RefreshToken"])
    assert refusal("GetUser", AccessToken=given["AccessToken"])[1] == "Access Token has been revoked"
    assert refusal("GetTokensFromRefreshToken", RefreshToken=given["RefreshToken"])[1] == (
        "Refresh Token has been revoked"
    )


def test_the_access_token_of_a_user_who_is_gone_is_refused(cognito: StandIn, refusal: Refusal, sign_in: Ask) -> None:
    token = sign_in()["AccessToken"]
    cognito.users["ada"].enabled = False
    assert refusal("GetUser", AccessToken=token) == ("NotAuthorizedException", "User is disabled.")
    cognito.users.remove("ada")
    assert refusal("GetUser", AccessToken=token)[0] == "UserNotFoundException"


def test_a_key_signs_for_nobody_else() -> None:
    ours, theirs = Signer("a test's"), Signer("another test's")
    assert ours.signed(ours.sign({"sub": "ada"}))
    assert not theirs.signed(ours.sign({"sub": "ada"}))
    assert not ours.signed("no token")


# Refresh tokens.


def renew(ask: Ask, token: str, **more: Any) -> dict[str, Any]:
    result: dict[str, Any] = ask("GetTokensFromRefreshToken", RefreshToken=token, **more)["AuthenticationResult"]
    return result


def test_a_renewal_goes_on_with_the_same_sign_in(ask: Ask, sign_in: Ask) -> None:
    first = sign_in()
    second = renew(ask, first["RefreshToken"])
    before, after = claims_of(first["IdToken"]), claims_of(second["IdToken"])
    assert "RefreshToken" not in second
    assert (after["sub"], after["auth_time"], after["origin_jti"]) == (
        before["sub"],
        before["auth_time"],
        before["origin_jti"],
    )
    assert after["jti"] != before["jti"]


def test_with_rotation_each_renewal_brings_another_token(cognito: StandIn, ask: Ask, sign_in: Ask) -> None:
    cognito.client.rotates = True
    token, seen = sign_in()["RefreshToken"], set()
    for _ in range(3):
        seen.add(token)
        token = renew(ask, token)["RefreshToken"]
    assert len(seen | {token}) == 4


def test_the_grace_period_begins_with_the_first_use(cognito: StandIn, ask: Ask, refusal: Refusal, sign_in: Ask) -> None:
    cognito.client.rotates, cognito.client.grace = True, timedelta(seconds=10)
    token = sign_in()["RefreshToken"]
    renew(ask, token)
    cognito.clock.advance(timedelta(seconds=6))
    renew(ask, token)
    cognito.clock.advance(timedelta(seconds=6))
    assert refusal("GetTokensFromRefreshToken", RefreshToken=token)[0] == "RefreshTokenReuseException"


def test_reuse_leaves_the_newer_token_alone(cognito: StandIn, ask: Ask, refusal: Refusal, sign_in: Ask) -> None:
    cognito.client.rotates = True
    token = sign_in()["RefreshToken"]
    newer = renew(ask, token)["RefreshToken"]
    assert refusal("GetTokensFromRefreshToken", RefreshToken=token)[0] == "RefreshTokenReuseException"
    assert renew(ask, newer)


def test_revoking_one_refresh_token_revokes_those_it_was_rotated_into(
    cognito: StandIn, ask: Ask, refusal: Refusal, sign_in: Ask
) -> None:
    cognito.client.rotates = True
    token = sign_in()["RefreshToken"]
    newer = renew(ask, token)["RefreshToken"]
    ask("RevokeToken", Token=token)
    assert refusal("GetTokensFromRefreshToken", RefreshToken=newer)[1] == "Refresh Token has been revoked"


def test_the_older_way_to_renew_works_without_rotation_only(
    cognito: StandIn, ask: Ask, refusal: Refusal, sign_in: Ask
) -> None:
    request = {"AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": {"REFRESH_TOKEN": sign_in()["RefreshToken"]}}
    assert ask("InitiateAuth", **request)["AuthenticationResult"]["IdToken"]
    cognito.client.rotates = True
    assert refusal("InitiateAuth", **request) == (
        "InvalidParameterException",
        "REFRESH_TOKEN_AUTH flow not enabled for this client",
    )


def test_a_refresh_token_ends(cognito: StandIn, refusal: Refusal, sign_in: Ask) -> None:
    token = sign_in()["RefreshToken"]
    cognito.clock.advance(timedelta(days=30))
    assert refusal("GetTokensFromRefreshToken", RefreshToken=token)[1] == "Refresh Token has expired"


def test_a_made_up_refresh_token_is_refused(refusal: Refusal) -> None:
    said = refusal("GetTokensFromRefreshToken", RefreshToken="made.up")
    assert said == ("NotAuthorizedException", "Invalid Refresh Token")
    assert refusal("GetTokensFromRefreshToken", RefreshToken="made up!")[0] == "InvalidParameterException"


def test_the_refresh_token_of_a_user_who_was_replaced_is_refused(
    cognito: StandIn, refusal: Refusal, sign_in: Ask, password: str
) -> None:
    token = sign_in()["RefreshToken"]
    cognito.users.add("ada", password)
    assert refusal("GetTokensFromRefreshToken", RefreshToken=token) == (
        "NotAuthorizedException",
        "Invalid Refresh Token",
    )


def test_a_renewal_needs_the_client_secret_itself(cognito: StandIn, ask: Ask, refusal: Refusal, sign_in: Ask) -> None:
    token = sign_in()["RefreshToken"]
    cognito.client.secret = SECRET
    for wrong in ({}, {"ClientSecret": SECRET[::-1]}):
        assert refusal("GetTokensFromRefreshToken", RefreshToken=token, **wrong)[0] == "NotAuthorizedException"
        assert refusal("RevokeToken", Token=token, **wrong)[0] == "UnauthorizedException"
    short = refusal("GetTokensFromRefreshToken", RefreshToken=token, ClientSecret="short")
    assert short[0] == "InvalidParameterException"
    assert "short'" not in short[1]
    assert renew(ask, token, ClientSecret=SECRET)


def test_a_client_without_a_secret_takes_none(refusal: Refusal, sign_in: Ask) -> None:
    token = sign_in()["RefreshToken"]
    assert refusal("GetTokensFromRefreshToken", RefreshToken=token, ClientSecret=SECRET)[0] == "NotAuthorizedException"


def test_only_refresh_tokens_of_the_same_app_client_are_revoked(
    cognito: StandIn, refusal: Refusal, sign_in: Ask
) -> None:
    given = sign_in(client_id=cognito.add_client(AppClient()).client_id)
    assert refusal("RevokeToken", Token=given["AccessToken"])[0] == "UnsupportedTokenTypeException"
    assert refusal("RevokeToken", Token=given["RefreshToken"])[0] == "UnauthorizedException"


def test_a_client_may_not_revoke_at_all(cognito: StandIn, refusal: Refusal, sign_in: Ask) -> None:
    cognito.client.revokes = False
    assert refusal("RevokeToken", Token=sign_in()["RefreshToken"])[0] == "UnsupportedOperationException"
