"""Other login providers at the stand-in's identity pool: whose tokens it takes, and which identity they lead to."""

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from nbauth.testing import StandIn
from nbauth.testing.stand_in import Refused, RoleMapping, Rule
from nbauth.testing.stand_in.tokens import Signer, claims_of

Ask = Callable[..., dict[str, Any]]
Refusal = Callable[..., tuple[str, str]]

GOOGLE, APPLE = "accounts.google.com", "appleid.apple.com"
FACEBOOK, AMAZON = "graph.facebook.com", "www.amazon.com"
OIDC, SAML = "login.example.com/people", "arn:aws:iam::123456789012:saml-provider/Example"
PROVIDERS = [GOOGLE, APPLE, FACEBOOK, AMAZON, OIDC, SAML]
DEVELOPER, COGNITO = "login.example.app", "cognito-identity.amazonaws.com"
READER, WRITER = "arn:aws:iam::123456789012:role/reader", "arn:aws:iam::123456789012:role/writer"

FORBIDDEN = "NotAuthorizedException", "Access to Identity '{}' is forbidden."
CONFLICT = "ResourceConflictException", "One of the logins is already linked to a different identity."
MISMATCH = (
    "NotAuthorizedException",
    "Logins don't match. Please include at least one valid login for this identity or identity pool.",
)


@pytest.fixture
def cognito(cognito: StandIn) -> StandIn:
    for name in PROVIDERS:
        cognito.identities.add_provider(name)
    cognito.identities.developer_provider = DEVELOPER
    return cognito


@pytest.fixture
def logins(cognito: StandIn) -> Callable[..., dict[str, str]]:
    """Returns somebody's logins at some providers."""
    return lambda *names, who="eve", **more: {
        name: cognito.identities.provider(name).token(who, **more) for name in names
    }


@pytest.fixture
def get_id(cognito: StandIn, ask: Ask) -> Callable[..., str]:
    return lambda logins=None: ask("GetId", IdentityPoolId=cognito.identities.pool_id, Logins=logins)["IdentityId"]


@pytest.fixture
def get_id_refusal(cognito: StandIn, refusal: Refusal) -> Callable[[dict[str, str]], tuple[str, str]]:
    return lambda logins: refusal("GetId", IdentityPoolId=cognito.identities.pool_id, Logins=logins)


@pytest.fixture
def adopt(ask: Ask) -> Callable[..., str]:
    """Gets credentials, and returns the identity they are for."""
    return lambda identity_id, logins: ask("GetCredentialsForIdentity", IdentityId=identity_id, Logins=logins)[
        "IdentityId"
    ]


# Tokens.


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_provider_leads_each_of_its_people_to_one_identity(name: str, logins: Any, get_id: Any) -> None:
    eve = get_id(logins(name))
    assert get_id(logins(name)) == eve
    assert get_id(logins(name, who="mallory")) != eve


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_token_that_has_ended_is_refused(name: str, cognito: StandIn, logins: Any, get_id_refusal: Any) -> None:
    given = logins(name, lifetime=timedelta(minutes=1))
    cognito.clock.advance(timedelta(minutes=1))
    code, message = get_id_refusal(given)
    assert code == "NotAuthorizedException"
    assert message.startswith("Invalid login token. Token expired: ")


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_token_for_another_app_is_refused(name: str, logins: Any, get_id_refusal: Any) -> None:
    code, message = get_id_refusal(logins(name, audience="another-app"))
    assert code == "NotAuthorizedException"
    assert message.startswith("Invalid login token.")


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_made_up_token_is_refused(name: str, get_id_refusal: Any) -> None:
    for token in ("made-up", "made.up.token", base64.b64encode(b"made up").decode()):
        assert get_id_refusal({name: token})[1].startswith("Invalid login token.")


@pytest.mark.parametrize("name", [GOOGLE, APPLE, OIDC])
def test_a_token_that_somebody_else_signed_is_refused(name: str, logins: Any, get_id_refusal: Any) -> None:
    forged = Signer("somebody else").sign(claims_of(logins(name)[name]))
    assert get_id_refusal({name: forged})[1] == "Invalid login token. Couldn't verify signed token."


def test_an_assertion_that_somebody_else_signed_is_refused(cognito: StandIn, logins: Any, get_id_refusal: Any) -> None:
    another = cognito.identities.add_provider(f"{SAML}2")
    assert get_id_refusal({SAML: another.token("eve")})[1].startswith("Invalid login token. ")


@pytest.mark.parametrize(
    ("name", "other", "why"),
    [
        (GOOGLE, APPLE, "Issuer doesn't match providerName"),
        (GOOGLE, FACEBOOK, "Not a valid OpenId Connect identity token."),
        (FACEBOOK, GOOGLE, "The provider does not know it."),
        (FACEBOOK, AMAZON, "The provider does not know it."),
        (GOOGLE, SAML, "Not a valid OpenId Connect identity token."),
    ],
)
def test_a_token_under_another_providers_name_is_refused(
    name: str, other: str, why: str, logins: Any, get_id_refusal: Any
) -> None:
    assert get_id_refusal({name: logins(other)[other]}) == ("NotAuthorizedException", f"Invalid login token. {why}")


def test_an_id_token_that_says_too_little_is_refused(get_id_refusal: Any) -> None:
    said = get_id_refusal({GOOGLE: Signer(GOOGLE).sign({"iss": f"https://{GOOGLE}", "aud": "app", "exp": 1})})
    assert said == ("NotAuthorizedException", "Invalid login token. Missing a required claim: sub")


def test_a_token_that_its_provider_has_revoked_is_refused(cognito: StandIn, logins: Any, get_id_refusal: Any) -> None:
    given = logins(FACEBOOK)
    cognito.identities.provider(FACEBOOK).revoke(given[FACEBOOK])
    assert get_id_refusal(given)[1].startswith("Invalid login token.")


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_provider_that_the_pool_does_not_know_is_refused(
    name: str, cognito: StandIn, logins: Any, get_id_refusal: Any
) -> None:
    given = logins(name)
    cognito.identities.remove_provider(name)
    assert get_id_refusal(given)[1] == "Token is not from a supported provider of this identity pool."


def test_the_user_pool_gives_no_tokens_to_whoever_a_test_wants_to_be(cognito: StandIn) -> None:
    with pytest.raises(KeyError):
        cognito.identities.provider(cognito.provider)


# Linking.


def test_logins_in_one_request_lead_to_one_identity_from_then_on(logins: Any, get_id: Any) -> None:
    both = get_id(logins(GOOGLE, FACEBOOK))
    assert get_id(logins(GOOGLE)) == get_id(logins(FACEBOOK)) == both


def test_a_login_is_linked_to_the_identity_that_another_one_has(logins: Any, get_id: Any, adopt: Any) -> None:
    eve = get_id(logins(GOOGLE))
    assert adopt(eve, logins(GOOGLE, SAML)) == eve
    assert get_id(logins(SAML)) == eve


@pytest.mark.parametrize("operation", ["GetId", "GetCredentialsForIdentity"])
def test_a_login_of_another_identity_is_not_linked(
    operation: str, cognito: StandIn, logins: Any, get_id: Any, refusal: Refusal
) -> None:
    google, facebook = get_id(logins(GOOGLE)), get_id(logins(FACEBOOK))
    where = {"IdentityPoolId": cognito.identities.pool_id} if operation == "GetId" else {"IdentityId": google}
    assert refusal(operation, Logins=logins(GOOGLE, FACEBOOK), **where) == CONFLICT
    assert get_id(logins(FACEBOOK)) == facebook


def test_nobody_is_linked_to_somebody_elses_identity(logins: Any, get_id: Any, refusal: Refusal) -> None:
    eve = get_id(logins(GOOGLE))
    for other in (logins(GOOGLE, who="mallory"), logins(FACEBOOK)):
        assert refusal("GetCredentialsForIdentity", IdentityId=eve, Logins=other) == MISMATCH
    two = logins(FACEBOOK) | logins(GOOGLE, who="mallory")
    both = get_id(logins(GOOGLE, FACEBOOK))
    assert refusal("GetCredentialsForIdentity", IdentityId=both, Logins=two) == CONFLICT


def test_a_guests_identity_goes_into_a_known_one_and_dies(
    logins: Any, get_id: Any, adopt: Any, refusal: Refusal
) -> None:
    eve, guest = get_id(logins(GOOGLE)), get_id()
    assert adopt(guest, logins(GOOGLE)) == eve
    for dead in ({}, {"Logins": logins(GOOGLE)}):
        code, message = FORBIDDEN
        assert refusal("GetCredentialsForIdentity", IdentityId=guest, **dead) == (code, message.format(guest))


def test_what_is_unlinked_is_somebody_new_and_what_has_no_login_is_dead(
    ask: Ask, logins: Any, get_id: Any, refusal: Refusal
) -> None:
    both = get_id(logins(GOOGLE, FACEBOOK))
    ask("UnlinkIdentity", IdentityId=both, Logins=logins(GOOGLE), LoginsToRemove=[FACEBOOK])
    assert get_id(logins(FACEBOOK)) != both
    assert get_id(logins(GOOGLE)) == both
    ask("UnlinkIdentity", IdentityId=both, Logins=logins(GOOGLE), LoginsToRemove=[GOOGLE])
    assert refusal("GetCredentialsForIdentity", IdentityId=both)[1].endswith("is forbidden.")


@pytest.mark.parametrize("request_", [{"LoginsToRemove": [GOOGLE]}, {"Logins": {}}], ids=["nobody", "nothing"])
def test_only_who_has_an_identity_unlinks_something(request_: Any, get_id: Any, refusal: Refusal) -> None:
    assert refusal("UnlinkIdentity", IdentityId=get_id(), **request_)[0] == "InvalidParameterException"


# Developer identities.


def test_a_back_end_vouches_for_its_users(cognito: StandIn, adopt: Any) -> None:
    identity_id, token = cognito.identities.developer_token("frank")
    claims = claims_of(token)
    assert (claims["iss"], claims["aud"]) == (f"https://{COGNITO}", cognito.identities.pool_id)
    assert (claims["sub"], claims["amr"]) == (identity_id, ["authenticated", DEVELOPER])
    assert claims["exp"] - claims["iat"] == 900
    assert adopt(identity_id, {COGNITO: token}) == identity_id
    assert cognito.identities.developer_token("frank")[0] == identity_id
    assert cognito.identities.developer_token("grace")[0] != identity_id


def test_a_back_ends_token_is_for_its_own_identity(cognito: StandIn, get_id: Any, refusal: Refusal) -> None:
    _, token = cognito.identities.developer_token("frank")
    other, _ = cognito.identities.developer_token("grace")
    for identity_id in (other, get_id()):
        said = refusal("GetCredentialsForIdentity", IdentityId=identity_id, Logins={COGNITO: token})
        assert said == (FORBIDDEN[0], FORBIDDEN[1].format(identity_id))


def test_a_back_ends_token_ends(cognito: StandIn, refusal: Refusal) -> None:
    identity_id, token = cognito.identities.developer_token("frank", lifetime=timedelta(minutes=1))
    cognito.clock.advance(timedelta(minutes=1))
    said = refusal("GetCredentialsForIdentity", IdentityId=identity_id, Logins={COGNITO: token})
    assert said[1].startswith("Invalid login token. Token expired: ")


def test_a_back_ends_token_finds_no_identity_and_goes_with_no_other_login(
    cognito: StandIn, logins: Any, refusal: Refusal, get_id_refusal: Any
) -> None:
    identity_id, token = cognito.identities.developer_token("frank")
    assert get_id_refusal({COGNITO: token})[1] == "Invalid login token. Can't pass in a Cognito token."
    both = {COGNITO: token, **logins(GOOGLE)}
    said = refusal("GetCredentialsForIdentity", IdentityId=identity_id, Logins=both)
    assert said[0] == "InvalidParameterException"


def test_what_is_no_cognito_token_is_refused(cognito: StandIn, logins: Any, refusal: Refusal) -> None:
    identity_id, _ = cognito.identities.developer_token("frank")
    said = refusal("GetCredentialsForIdentity", IdentityId=identity_id, Logins={COGNITO: logins(GOOGLE)[GOOGLE]})
    assert said == ("NotAuthorizedException", "Invalid login token. Not a Cognito token.")


def test_a_back_end_may_name_the_identity_unless_the_user_has_another(
    cognito: StandIn, logins: Any, get_id: Any
) -> None:
    eve = get_id(logins(GOOGLE))
    assert cognito.identities.developer_token("frank", identity_id=eve)[0] == eve
    assert cognito.identities.developer_token("frank")[0] == eve
    with pytest.raises(Refused, match="already registered") as caught:
        cognito.identities.developer_token("frank", identity_id=get_id())
    assert caught.value.code == "DeveloperUserAlreadyRegisteredException"


def test_a_back_end_may_link_other_providers(cognito: StandIn, ask: Ask, logins: Any, get_id: Any) -> None:
    given = ask(
        "GetOpenIdTokenForDeveloperIdentity",
        IdentityPoolId=cognito.identities.pool_id,
        Logins={DEVELOPER: "frank", **logins(GOOGLE)},
        TokenDuration=60,
    )
    assert get_id(logins(GOOGLE)) == given["IdentityId"]
    claims = claims_of(given["Token"])
    assert claims["exp"] - claims["iat"] == 60


@pytest.mark.parametrize("logins", [{}, {"another.example.app": "frank"}, {DEVELOPER: ""}])
def test_without_its_developer_provider_a_back_end_is_nobody(
    logins: dict[str, str], cognito: StandIn, refusal: Refusal
) -> None:
    pool = {"IdentityPoolId": cognito.identities.pool_id}
    assert refusal("GetOpenIdTokenForDeveloperIdentity", Logins=logins, **pool)[0] == "InvalidParameterException"
    cognito.identities.developer_provider = None
    with pytest.raises(ValueError, match="developer_provider"):
        cognito.identities.developer_token("frank")


# The classic flow.


def test_tokens_for_sts_are_given_where_the_classic_flow_is_on(
    cognito: StandIn, ask: Ask, refusal: Refusal, logins: Any, get_id: Any, adopt: Any
) -> None:
    eve = get_id(logins(GOOGLE))
    assert refusal("GetOpenIdToken", IdentityId=eve, Logins=logins(GOOGLE)) == (
        "InvalidParameterException",
        "Basic (classic) flow is not enabled, please use enhanced flow.",
    )
    cognito.identities.classic_flow = True
    given = ask("GetOpenIdToken", IdentityId=eve, Logins=logins(GOOGLE))
    claims = claims_of(given["Token"])
    assert (given["IdentityId"], claims["sub"], claims["amr"]) == (eve, eve, ["authenticated", GOOGLE])
    assert claims["exp"] - claims["iat"] == 600
    assert adopt(eve, {COGNITO: given["Token"]}) == eve


def test_a_guests_token_for_sts_vouches_for_nobody(cognito: StandIn, ask: Ask, refusal: Refusal, get_id: Any) -> None:
    cognito.identities.classic_flow = True
    guest = get_id()
    token = ask("GetOpenIdToken", IdentityId=guest)["Token"]
    assert claims_of(token)["amr"] == ["unauthenticated"]
    assert refusal("GetCredentialsForIdentity", IdentityId=guest, Logins={COGNITO: token})[1].startswith("Invalid")
    said = refusal("GetOpenIdToken", IdentityId=guest, Logins={COGNITO: token})
    assert said == ("NotAuthorizedException", "Invalid login token. Can't pass in a Cognito token.")


# Roles.


@pytest.fixture
def role_of(cognito: StandIn, ask: Ask, get_id: Any) -> Callable[..., str | None]:
    """Gets credentials for whoever has these logins, and returns the role they are for."""

    def get(logins: dict[str, str], **more: str) -> str | None:
        identity_id = get_id(logins)
        ask("GetCredentialsForIdentity", IdentityId=identity_id, Logins=logins, **more)
        return cognito.identities.identities[identity_id].role

    return get


def test_one_of_several_asserted_roles_must_be_named(
    cognito: StandIn, logins: Any, role_of: Any, refusal: Refusal, get_id: Any
) -> None:
    cognito.identities.role_mapping = RoleMapping()
    both = logins(SAML, roles=[READER, WRITER])
    assert role_of(both, CustomRoleArn=WRITER) == WRITER
    said = refusal("GetCredentialsForIdentity", IdentityId=get_id(both), Logins=both)
    assert said == ("InvalidParameterException", "Multiple roles were received. Please provide a valid role.")
    said = refusal("GetCredentialsForIdentity", IdentityId=get_id(both), Logins=both, CustomRoleArn="arn:other")
    assert said == ("InvalidParameterException", "Please provide a valid role.")
    assert role_of(logins(SAML, roles=[READER])) == READER


@pytest.mark.parametrize("name", [GOOGLE, FACEBOOK, SAML])
def test_rules_go_by_what_any_provider_says(name: str, cognito: StandIn, logins: Any, role_of: Any) -> None:
    cognito.identities.role_mapping = RoleMapping((Rule("department", "Equals", "sales", WRITER),))
    assert role_of(logins(name, department="sales")) == WRITER
    assert str(role_of(logins(name, department="support"))).endswith("/authenticated")
