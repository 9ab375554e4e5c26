from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from nbauth.testing import StandIn
from nbauth.testing.stand_in import RoleMapping, Rule

Ask = Callable[..., dict[str, Any]]
Refusal = Callable[..., tuple[str, str]]
READER, WRITER = "arn:aws:iam::123456789012:role/reader", "arn:aws:iam::123456789012:role/writer"


@pytest.fixture
def get_id(cognito: StandIn, ask: Ask) -> Callable[..., str]:
    return lambda **request: ask("GetId", IdentityPoolId=cognito.identities.pool_id, **request)["IdentityId"]


@pytest.fixture
def logins(cognito: StandIn, sign_in: Ask) -> Callable[..., dict[str, str]]:
    return lambda username="ada": {cognito.provider: sign_in(username)["IdToken"]}


def test_credentials_are_aws_keys_with_an_end(cognito: StandIn, ask: Ask, get_id: Callable[..., str]) -> None:
    cognito.identities.credentials_lifetime = timedelta(seconds=90)
    given = ask("GetCredentialsForIdentity", IdentityId=get_id())["Credentials"]
    assert given["AccessKeyId"].startswith("ASIA")
    assert len(given["AccessKeyId"]) == 20
    assert len(given["SecretKey"]) == 40
    left = given["Expiration"] - cognito.clock.now().timestamp()
    assert 80 < left <= 90


def test_an_identity_pool_that_there_is_not_is_told_so(cognito: StandIn, refusal: Refusal) -> None:
    nowhere = f"{cognito.region}:00000000-0000-4000-8000-000000000000"
    assert refusal("GetId", IdentityPoolId=nowhere) == (
        "ResourceNotFoundException",
        f"IdentityPool '{nowhere}' not found.",
    )
    assert refusal("GetId", IdentityPoolId="nowhere")[0] == "InvalidParameterException"
    assert refusal("GetCredentialsForIdentity", IdentityId=nowhere)[0] == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda token, access: "made-up", "Not a valid OpenId Connect identity token."),
        (lambda token, access: access, "Missing a required claim: aud"),
        (lambda token, access: f"{token[:-8]}AAAAAAA{token[-1]}", "Couldn't verify signed token."),
    ],
    ids=["made up", "access token", "flipped"],
)
def test_a_login_that_is_no_id_token_is_refused(
    change: Callable[[str, str], str], said: str, cognito: StandIn, refusal: Refusal, sign_in: Ask
) -> None:
    given = sign_in()
    logins = {cognito.provider: change(given["IdToken"], given["AccessToken"])}
    code, message = refusal("GetId", IdentityPoolId=cognito.identities.pool_id, Logins=logins)
    assert (code, message) == ("NotAuthorizedException", f"Invalid login token. {said}")


def test_a_login_of_another_pool_is_refused(cognito: StandIn, refusal: Refusal, password: str) -> None:
    other = StandIn()
    other.users.add("ada", password)
    token = other.perform(
        "AWSCognitoIdentityProviderService.InitiateAuth",
        {
            "ClientId": other.client.client_id,
            "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": {"USERNAME": "ada", "PASSWORD": password},
        },
    )["AuthenticationResult"]["IdToken"]
    pool = {"IdentityPoolId": cognito.identities.pool_id}
    assert refusal("GetId", Logins={cognito.provider: token}, **pool)[1].endswith("Issuer doesn't match providerName")
    assert refusal("GetId", Logins={other.provider: token}, **pool)[1].startswith("Token is not from a supported")


def test_a_login_that_has_ended_says_when(
    cognito: StandIn, refusal: Refusal, logins: Callable[..., dict[str, str]]
) -> None:
    ended = logins()
    cognito.clock.advance(timedelta(hours=1))
    _, message = refusal("GetId", IdentityPoolId=cognito.identities.pool_id, Logins=ended)
    assert message.startswith("Invalid login token. Token expired: ")
    now, end = (int(number) for number in message.rpartition(": ")[2].split(" >= "))
    assert now >= end


def test_revocation_is_looked_at_where_the_pool_is_set_to(
    cognito: StandIn, ask: Ask, refusal: Refusal, sign_in: Ask, get_id: Callable[..., str]
) -> None:
    given = sign_in()
    logins = {cognito.provider: given["IdToken"]}
    ask("GlobalSignOut", AccessToken=given["AccessToken"])
    assert get_id(Logins=logins)
    cognito.identities.checks_revocation = True
    assert refusal("GetId", IdentityPoolId=cognito.identities.pool_id, Logins=logins)[1].endswith("revoked.")


def test_a_guest_becomes_the_user_once(
    cognito: StandIn, ask: Ask, refusal: Refusal, get_id: Callable[..., str], logins: Callable[..., dict[str, str]]
) -> None:
    first, second = get_id(), get_id()
    ada = logins()
    assert ask("GetCredentialsForIdentity", IdentityId=first, Logins=ada)["IdentityId"] == first
    assert ask("GetCredentialsForIdentity", IdentityId=second, Logins=ada)["IdentityId"] == first
    for dead in ({}, {"Logins": ada}):
        said = refusal("GetCredentialsForIdentity", IdentityId=second, **dead)
        assert said == ("NotAuthorizedException", f"Access to Identity '{second}' is forbidden.")


def test_a_users_identity_is_for_nobody_else(
    cognito: StandIn,
    refusal: Refusal,
    get_id: Callable[..., str],
    logins: Callable[..., dict[str, str]],
    password: str,
) -> None:
    ours = get_id(Logins=logins())
    cognito.users.add("eve", password)
    assert "is forbidden" in refusal("GetCredentialsForIdentity", IdentityId=ours)[1]
    assert "Logins don't match" in refusal("GetCredentialsForIdentity", IdentityId=ours, Logins=logins("eve"))[1]


# Roles.


@pytest.fixture
def role_of(
    cognito: StandIn, ask: Ask, get_id: Callable[..., str], logins: Callable[..., dict[str, str]]
) -> Callable[..., str | None]:
    """Gets credentials for ada, and returns the role they are for."""

    def get(**more: str) -> str | None:
        identity_id, ada = get_id(Logins=logins()), logins()
        ask("GetCredentialsForIdentity", IdentityId=identity_id, Logins=ada, **more)
        return cognito.identities.identities[identity_id].role

    return get


def test_without_a_mapping_users_and_guests_have_a_role_each(
    cognito: StandIn, ask: Ask, refusal: Refusal, get_id: Callable[..., str], role_of: Callable[..., str | None]
) -> None:
    guest = get_id()
    ask("GetCredentialsForIdentity", IdentityId=guest)
    assert str(cognito.identities.identities[guest].role).endswith("/unauthenticated")
    assert str(role_of()).endswith("/authenticated")
    said = refusal("GetCredentialsForIdentity", IdentityId=get_id(), CustomRoleArn=READER)
    assert said == ("InvalidParameterException", "Please provide a valid role.")


def test_the_tokens_preferred_role_is_taken(cognito: StandIn, role_of: Callable[..., str | None]) -> None:
    cognito.identities.role_mapping = RoleMapping(denies=True)
    cognito.users["ada"].claims |= {"cognito:roles": [READER, WRITER], "cognito:preferred_role": WRITER}
    assert role_of() == WRITER
    assert role_of(CustomRoleArn=READER) == READER


@pytest.mark.parametrize("roles", [[], [READER, WRITER]])
def test_what_is_ambiguous_is_denied_or_not(
    roles: list[str], cognito: StandIn, refusal: Refusal, get_id: Any, logins: Any, role_of: Callable[..., str | None]
) -> None:
    cognito.users["ada"].claims["cognito:roles"] = roles
    cognito.identities.role_mapping = RoleMapping()
    assert str(role_of()).endswith("/authenticated")
    cognito.identities.role_mapping = RoleMapping(denies=True)
    ada = logins()
    said = refusal("GetCredentialsForIdentity", IdentityId=get_id(Logins=ada), Logins=ada)
    assert said[0] == "NotAuthorizedException"


def test_a_role_that_is_not_the_users_is_refused(cognito: StandIn, refusal: Refusal, get_id: Any, logins: Any) -> None:
    cognito.identities.role_mapping = RoleMapping()
    cognito.users["ada"].claims["cognito:roles"] = [READER]
    ada = logins()
    said = refusal("GetCredentialsForIdentity", IdentityId=get_id(Logins=ada), Logins=ada, CustomRoleArn=WRITER)
    assert said == ("InvalidParameterException", "Please provide a valid role.")


@pytest.mark.parametrize(
    ("match", "value", "fits"),
    [
        ("Equals", "ada@example.com", True),
        ("Equals", "ada", False),
        ("NotEqual", "ada", True),
        ("StartsWith", "ada@", True),
        ("StartsWith", "bob@", False),
        ("Contains", "example", True),
    ],
)
def test_the_first_rule_that_fits_decides(
    match: str, value: str, fits: bool, cognito: StandIn, role_of: Callable[..., str | None]
) -> None:
    rules = (Rule("department", "Equals", "sales", WRITER), Rule("email", match, value, READER))
    cognito.identities.role_mapping = RoleMapping(rules)
    assert (role_of() == READER) is fits


def test_a_pool_without_roles_says_so(cognito: StandIn, refusal: Refusal, get_id: Callable[..., str]) -> None:
    cognito.identities.has_roles = False
    said = refusal("GetCredentialsForIdentity", IdentityId=get_id())
    assert said[0] == "InvalidIdentityPoolConfigurationException"
