"""The stand-in, judged by the service's own model; then what no emulator can be asked of the adapters."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
import jwt
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from nbauth.cognito.client import Clients
from nbauth.cognito.identity_pool import CognitoIdentityPool
from nbauth.cognito.user_pool import CognitoUserPool
from nbauth.core.challenges import Challenge
from nbauth.core.config import AuthConfig
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.tokens import TokenSet
from nbauth.errors import (
    ChallengeExpired,
    ConfigError,
    ExpiredCode,
    IdentityGone,
    InvalidPassword,
    LimitExceeded,
    NotAuthorized,
    PasswordResetRequired,
    RefreshRefused,
    Rejected,
    UserNotConfirmed,
)
from nbauth.ports import Credential
from nbauth.testing import AppClient, StandIn

PASSWORD = "Correct-Horse-7"
NEW_PASSWORD = "Brand-New-Saddle-7"


@pytest.fixture
def cognito(stand_in: StandIn) -> StandIn:
    """ada has a password, bob a temporary one, carol an authenticator app, dave a telephone."""
    stand_in.users.add("ada", PASSWORD, email="ada@example.com")
    stand_in.users.add("bob", PASSWORD, temporary=True, email="bob@example.com")
    stand_in.users.add("carol", PASSWORD, totp_secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    stand_in.users.add("dave", PASSWORD, phone_number="+15550100")
    return stand_in


def client_of(cognito: StandIn, service: str = "cognito-idp") -> Any:
    quietly = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1, "mode": "standard"})
    return boto3.client(service, region_name=cognito.region, endpoint_url=cognito.endpoint_url, config=quietly)


def app_code(cognito: StandIn, username: str = "carol") -> str:
    authenticator = cognito.users[username].authenticator
    assert authenticator
    return authenticator.code(cognito.clock.now())


def verified(cognito: StandIn, token: str, **options: Any) -> dict[str, Any]:
    keys = jwt.PyJWKClient(f"{cognito.endpoint_url}/{cognito.user_pool_id}/.well-known/jwks.json")
    issuer = f"https://{cognito.provider}"
    return jwt.decode(token, keys.get_signing_key_from_jwt(token), ["RS256"], issuer=issuer, leeway=5, **options)


# PyJWT.


def test_the_tokens_verify_against_the_pools_keys(cognito: StandIn) -> None:
    cognito.users["ada"].claims["cognito:groups"] = ["readers"]
    given = by_password(cognito)
    identity = verified(cognito, given["IdToken"], audience=cognito.client.client_id)
    access = verified(cognito, given["AccessToken"])
    assert (identity["token_use"], identity["cognito:username"], identity["email"]) == ("id", "ada", "ada@example.com")
    assert identity["email_verified"] is True
    assert (access["token_use"], access["username"], access["client_id"]) == ("access", "ada", cognito.client.client_id)
    assert access["scope"] == "aws.cognito.signin.user.admin"
    assert "aud" not in access
    assert identity["cognito:groups"] == access["cognito:groups"] == ["readers"]
    assert identity["sub"] == access["sub"]
    assert identity["origin_jti"] == access["origin_jti"]
    assert identity["exp"] - identity["iat"] == given["ExpiresIn"] == 3600


def test_the_two_tokens_are_signed_with_different_keys(cognito: StandIn) -> None:
    given = by_password(cognito)
    key_ids = {jwt.get_unverified_header(given[name])["kid"] for name in ("IdToken", "AccessToken")}
    assert len(key_ids) == 2


def test_a_short_lifetime_is_kept(cognito: StandIn) -> None:
    cognito.client.token_lifetime = timedelta(seconds=2)
    claims = verified(cognito, by_password(cognito)["AccessToken"])
    assert claims["exp"] - claims["iat"] == 2


# boto3: everything that is answered is what the service's own model says.


def by_password(cognito: StandIn, username: str = "ada", client: AppClient | None = None) -> dict[str, Any]:
    given: dict[str, Any] = client_of(cognito).initiate_auth(
        ClientId=(client or cognito.client).client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": username, "PASSWORD": PASSWORD},
    )
    return given.get("AuthenticationResult") or given


def unknown_to(shape: Any, value: Any, path: str = "") -> list[str]:
    """Return which members of an answer the model does not know, or knows as something else."""
    match shape.type_name:
        case "structure":
            strange = [f"{path}.{name}" for name in value if name not in shape.members]
            members = [(shape.members[name], value[name], f"{path}.{name}") for name in value if name in shape.members]
        case "list":
            strange, members = [], [(shape.member, item, path) for item in value]
        case "map":
            strange, members = [], [(shape.value, item, f"{path}.{name}") for name, item in value.items()]
        case kind:
            types = {"string": str, "integer": int, "timestamp": int, "boolean": bool}
            return [] if isinstance(value, types[kind]) else [path]
    return strange + [found for member in members for found in unknown_to(*member)]


def requests(cognito: StandIn) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return a request for each answer the stand-in can give."""
    client_id = cognito.client.client_id
    ada, logins = by_password(cognito), {}
    logins[cognito.provider] = ada["IdToken"]
    identity_id = client_of(cognito, "cognito-identity").get_id(
        IdentityPoolId=cognito.identities.pool_id, Logins=logins
    )["IdentityId"]
    carol = by_password(cognito, "carol")
    answer = {"USERNAME": "carol", "SOFTWARE_TOKEN_MFA_CODE": app_code(cognito)}

    def sign_in(flow: str, username: str, **parameters: str) -> dict[str, Any]:
        return {"ClientId": client_id, "AuthFlow": flow, "AuthParameters": {"USERNAME": username, **parameters}}

    return {
        "proof": ("InitiateAuth", sign_in("USER_SRP_AUTH", "ada", SRP_A="abc")),
        "tokens": ("InitiateAuth", sign_in("USER_PASSWORD_AUTH", "ada", PASSWORD=PASSWORD)),
        "new password": ("InitiateAuth", sign_in("USER_PASSWORD_AUTH", "bob", PASSWORD=PASSWORD)),
        "app code": ("InitiateAuth", sign_in("USER_PASSWORD_AUTH", "carol", PASSWORD=PASSWORD)),
        "sent code": ("InitiateAuth", sign_in("USER_PASSWORD_AUTH", "dave", PASSWORD=PASSWORD)),
        "answer": (
            "RespondToAuthChallenge",
            {
                "ClientId": client_id,
                "ChallengeName": "SOFTWARE_TOKEN_MFA",
                "Session": carol["Session"],
                "ChallengeResponses": answer,
            },
        ),
        "user": ("GetUser", {"AccessToken": ada["AccessToken"]}),
        "renewal": ("GetTokensFromRefreshToken", {"ClientId": client_id, "RefreshToken": ada["RefreshToken"]}),
        "identity": ("GetId", {"IdentityPoolId": cognito.identities.pool_id}),
        "credentials": ("GetCredentialsForIdentity", {"IdentityId": identity_id, "Logins": logins}),
        "sign-out": ("GlobalSignOut", {"AccessToken": ada["AccessToken"]}),
        "revocation": ("RevokeToken", {"ClientId": client_id, "Token": ada["RefreshToken"]}),
    }


@pytest.mark.parametrize(
    "what",
    [
        "proof",
        "tokens",
        "new password",
        "app code",
        "sent code",
        "answer",
        "user",
        "renewal",
        "identity",
        "credentials",
        "sign-out",
        "revocation",
    ],
)
def test_an_answer_is_what_the_services_model_says(what: str, cognito: StandIn) -> None:
    operation, request = requests(cognito)[what]
    is_identity = operation in ("GetId", "GetCredentialsForIdentity")
    client = client_of(cognito, "cognito-identity" if is_identity else "cognito-idp")
    model = client.meta.service_model
    raw = cognito.perform(f"{model.metadata['targetPrefix']}.{operation}", request)
    shape = model.operation_model(operation).output_shape
    assert unknown_to(shape, raw) == []
    assert set(shape.required_members) <= set(raw)


def test_a_refusal_is_one_that_the_operation_has(cognito: StandIn) -> None:
    client = client_of(cognito)
    with pytest.raises(client.exceptions.NotAuthorizedException) as caught:
        client.initiate_auth(
            ClientId=cognito.client.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "ada", "PASSWORD": "wrong"},
        )
    assert caught.value.response["Error"]["Message"] == "Incorrect username or password."
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert caught.value.response["ResponseMetadata"]["RequestId"]


def without_a_token(cognito: StandIn) -> dict[str, tuple[str, dict[str, Any], str]]:
    """Return an operation, a request and the exception that boto3 raises, for each of the account's refusals."""
    client_id, code = {"ClientId": cognito.client.client_id}, {"ConfirmationCode": "123456"}
    eve = {**client_id, "Username": "eve", "Password": PASSWORD}
    return {
        "a weak password": ("sign_up", eve | {"Password": "weak"}, "InvalidPasswordException"),
        "a taken name": ("sign_up", eve | {"Username": "ada"}, "UsernameExistsException"),
        "an odd attribute": (
            "sign_up",
            eve | {"UserAttributes": [{"Name": "shoe_size", "Value": "9"}]},
            "InvalidParameterException",
        ),
        "confirmed already": ("confirm_sign_up", {**client_id, **code, "Username": "ada"}, "NotAuthorizedException"),
        "an unknown app client": ("forgot_password", {"ClientId": "x", "Username": "ada"}, "ResourceNotFoundException"),
        "no code": (
            "confirm_forgot_password",
            {**client_id, **code, "Username": "ada", "Password": NEW_PASSWORD},
            "ExpiredCodeException",
        ),
        "another user's code": (
            "confirm_forgot_password",
            {**client_id, **code, "Username": "nobody", "Password": NEW_PASSWORD},
            "CodeMismatchException",
        ),
    }


def with_a_token(cognito: StandIn) -> dict[str, tuple[str, dict[str, Any], str]]:
    """Return an operation, a request and the exception that boto3 raises, for refusals of who has signed in."""
    token, key = {"AccessToken": cognito.issue("ada")["AccessToken"]}, {"DeviceKey": f"{cognito.region}_0a"}
    return {
        "a wrong password": (
            "change_password",
            {**token, "PreviousPassword": "wrong", "ProposedPassword": NEW_PASSWORD},
            "NotAuthorizedException",
        ),
        "another's number": (
            "update_user_attributes",
            {**token, "UserAttributes": [{"Name": "phone_number", "Value": "+15550100"}]},
            "AliasExistsException",
        ),
        "no app": ("verify_software_token", {**token, "UserCode": "123456"}, "SoftwareTokenMFANotFoundException"),
        "no devices": ("list_devices", token, "InvalidUserPoolConfigurationException"),
        "no such device": ("get_device", {**token, **key}, "InvalidUserPoolConfigurationException"),
        "no passkeys": ("start_web_authn_registration", token, "WebAuthnNotEnabledException"),
        "no such passkey": (
            "delete_web_authn_credential",
            {**token, "CredentialId": "x"},
            "ResourceNotFoundException",
        ),
    }


@pytest.mark.parametrize("refusals", [without_a_token, with_a_token])
def test_a_refusal_is_one_that_boto3_knows(
    refusals: Callable[[StandIn], dict[str, tuple[str, dict[str, Any], str]]], cognito: StandIn
) -> None:
    client = client_of(cognito)
    for operation, request, name in refusals(cognito).values():
        with pytest.raises(getattr(client.exceptions, name)):
            getattr(client, operation)(**request)


@pytest.mark.parametrize(
    ("operation", "most"),
    [("forgot_password", 5), ("resend_confirmation_code", 5)],
)
def test_a_limit_is_one_that_boto3_knows(operation: str, most: int, cognito: StandIn) -> None:
    client, request = client_of(cognito), {"ClientId": cognito.client.client_id, "Username": "nobody"}
    for _ in range(most):
        getattr(client, operation)(**request)
    with pytest.raises(client.exceptions.LimitExceededException, match="Attempt limit exceeded"):
        getattr(client, operation)(**request)


def test_an_operation_that_there_is_not_is_unknown(cognito: StandIn) -> None:
    with pytest.raises(ClientError, match="UnknownOperation"):
        client_of(cognito).describe_user_pool(UserPoolId=cognito.user_pool_id)


# Our adapters, where no emulator is strict enough.


def users_of(cognito: StandIn, **changes: Any) -> CognitoUserPool:
    config = AuthConfig(**cognito.config | changes)
    return CognitoUserPool(config, Clients(config), cognito.clock)


def identities_of(cognito: StandIn) -> CognitoIdentityPool:
    config = AuthConfig(**cognito.config)
    return CognitoIdentityPool(config, Clients(config), cognito.clock)


def sign_in(cognito: StandIn, username: str = "ada", password: str = PASSWORD) -> Any:
    credential = Credential(username, Secret(password), "USER_PASSWORD_AUTH")
    return users_of(cognito).initiate_auth(credential)


def record(tokens: TokenSet) -> Record:
    return Record(username=tokens.username, sub=tokens.sub, issuer=tokens.issuer, refresh_token=tokens.refresh_token)


def logins(cognito: StandIn) -> dict[str, Secret]:
    return {cognito.provider: sign_in(cognito).id_token}


def test_a_code_comes_by_text_message(cognito: StandIn) -> None:
    challenge = sign_in(cognito, "dave")
    assert (challenge.name, challenge.hint) == ("SMS_MFA", "We sent a code by text message to +****0100.")
    sent = cognito.users["dave"].sent_code
    assert isinstance(users_of(cognito).respond(challenge, {"code": sent}), TokenSet)


def test_a_choice_of_second_factors_is_asked_for(cognito: StandIn) -> None:
    carol = cognito.users["carol"]
    carol.attributes["phone_number"], carol.sms_mfa = "+15550100", True
    challenge = sign_in(cognito, "carol")
    assert challenge.name == "SELECT_MFA_TYPE"
    challenge = users_of(cognito).respond(challenge, {"answer": "SOFTWARE_TOKEN_MFA"})
    assert isinstance(challenge, Challenge)
    assert isinstance(users_of(cognito).respond(challenge, {"code": app_code(cognito)}), TokenSet)


def test_a_code_of_the_app_is_good_once(cognito: StandIn) -> None:
    code = app_code(cognito)
    users_of(cognito).respond(sign_in(cognito, "carol"), {"code": code})
    with pytest.raises(ExpiredCode):
        users_of(cognito).respond(sign_in(cognito, "carol"), {"code": code})


def test_a_challenge_is_answered_once(cognito: StandIn) -> None:
    challenge = sign_in(cognito, "carol")
    users_of(cognito).respond(challenge, {"code": app_code(cognito)})
    with pytest.raises(ChallengeExpired):
        users_of(cognito).respond(challenge, {"code": app_code(cognito)})


def test_a_challenge_ends(cognito: StandIn) -> None:
    challenge = sign_in(cognito, "carol")
    cognito.clock.advance(cognito.client.session_lifetime)
    with pytest.raises(ChallengeExpired):
        users_of(cognito).respond(challenge, {"code": app_code(cognito)})


@pytest.mark.parametrize("session", ["forged", "forged" * 20])
def test_a_forged_challenge_session_is_refused(session: str, cognito: StandIn) -> None:
    with pytest.raises(ChallengeExpired):
        users_of(cognito).respond(
            Challenge("SOFTWARE_TOKEN_MFA", "carol", Secret(session)), {"code": app_code(cognito)}
        )


def test_the_challenge_session_of_another_user_is_refused(cognito: StandIn) -> None:
    session = sign_in(cognito, "dave").session
    with pytest.raises(ChallengeExpired):
        users_of(cognito).respond(Challenge("SMS_MFA", "carol", session), {"code": cognito.users["dave"].sent_code})


def test_the_challenge_session_of_another_app_client_is_refused(cognito: StandIn) -> None:
    challenge = sign_in(cognito, "carol")
    other = users_of(cognito, client_id=cognito.add_client(AppClient()).client_id)
    with pytest.raises(ChallengeExpired):
        other.respond(challenge, {"code": app_code(cognito)})


def test_a_new_password_must_fit_and_bring_what_is_required(cognito: StandIn) -> None:
    cognito.users.required_attributes = ("email", "family_name")
    challenge = sign_in(cognito, "bob")
    assert [field.name for field in challenge.fields] == ["new_password", "userAttributes.family_name"]
    with pytest.raises(InvalidPassword, match="not long enough"):
        users_of(cognito).respond(challenge, {"new_password": "short", "userAttributes.family_name": "Builder"})
    with pytest.raises(NotAuthorized, match="already provided email"):
        users_of(cognito).respond(
            challenge,
            {
                "new_password": NEW_PASSWORD,
                "userAttributes.family_name": "Builder",
                "userAttributes.email": "bob@example.com",
            },
        )
    answers = {"new_password": NEW_PASSWORD, "userAttributes.family_name": "Builder"}
    tokens = users_of(cognito).respond(challenge, answers)
    assert isinstance(tokens, TokenSet)
    assert tokens.claims["family_name"] == "Builder"


def test_a_temporary_password_ends(cognito: StandIn) -> None:
    cognito.clock.advance(timedelta(days=7))
    with pytest.raises(NotAuthorized, match="Temporary password has expired"):
        sign_in(cognito, "bob")


def test_an_unconfirmed_user_is_told_so_before_the_password_counts(cognito: StandIn) -> None:
    cognito.users["ada"].status = "UNCONFIRMED"
    with pytest.raises(UserNotConfirmed):
        sign_in(cognito, password="wrong")


def test_a_password_that_must_be_reset_is_told_only_to_who_knows_it(cognito: StandIn) -> None:
    cognito.users["ada"].status = "RESET_REQUIRED"
    with pytest.raises(NotAuthorized):
        sign_in(cognito, password="wrong")
    with pytest.raises(PasswordResetRequired):
        sign_in(cognito)


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_PASSWORD_AUTH"])
def test_who_tries_too_often_must_wait(flow: str, cognito: StandIn) -> None:
    users = users_of(cognito, auth_flow=flow)
    for _ in range(5):
        with pytest.raises(NotAuthorized):
            users.initiate_auth(Credential("ada", Secret("wrong")))
    with pytest.raises(LimitExceeded):
        users.initiate_auth(Credential("ada", Secret(PASSWORD)))
    cognito.clock.advance(timedelta(minutes=15))
    assert isinstance(users.initiate_auth(Credential("ada", Secret(PASSWORD))), TokenSet)


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_PASSWORD_AUTH"])
def test_a_flow_that_is_not_allowed_is_a_setting_to_correct(flow: str, cognito: StandIn) -> None:
    cognito.client.flows = frozenset({"USER_SRP_AUTH", "USER_PASSWORD_AUTH"} - {flow})
    with pytest.raises(ConfigError, match="auth_flow"):
        users_of(cognito).initiate_auth(Credential("ada", Secret(PASSWORD), flow))


def test_rotation_uses_a_refresh_token_up(cognito: StandIn) -> None:
    cognito.client.rotates = True
    first = sign_in(cognito)
    second = users_of(cognito).refresh(record(first))
    assert second.refresh_token != first.refresh_token
    with pytest.raises(RefreshRefused) as caught:
        users_of(cognito).refresh(record(first))
    assert caught.value.code == "RefreshTokenReuseException"
    assert isinstance(users_of(cognito).refresh(record(second)), TokenSet)


def test_a_refresh_token_that_was_used_up_is_good_for_the_grace_period(cognito: StandIn) -> None:
    cognito.client.rotates, cognito.client.grace = True, timedelta(seconds=30)
    first = sign_in(cognito)
    users_of(cognito).refresh(record(first))
    assert isinstance(users_of(cognito).refresh(record(first)), TokenSet)
    cognito.clock.advance(timedelta(seconds=30))
    with pytest.raises(RefreshRefused):
        users_of(cognito).refresh(record(first))


def test_the_sign_in_ends_when_its_first_refresh_token_would_have(cognito: StandIn) -> None:
    cognito.client.rotates, cognito.client.refresh_lifetime = True, timedelta(days=2)
    first = sign_in(cognito)
    cognito.clock.advance(timedelta(days=1, hours=23))
    second = users_of(cognito).refresh(record(first))
    cognito.clock.advance(timedelta(hours=1))
    with pytest.raises(RefreshRefused, match="expired"):
        users_of(cognito).refresh(record(second))


def test_the_refresh_token_of_another_app_client_is_refused(cognito: StandIn) -> None:
    other = users_of(cognito, client_id=cognito.add_client(AppClient()).client_id)
    with pytest.raises(RefreshRefused):
        other.refresh(record(sign_in(cognito)))


@pytest.mark.parametrize("what", ["disabled", "deleted"])
def test_the_sign_in_of_a_user_who_is_gone_is_over(what: str, cognito: StandIn) -> None:
    tokens = sign_in(cognito)
    if what == "disabled":
        cognito.users["ada"].enabled = False
    else:
        cognito.users.remove("ada")
    with pytest.raises(RefreshRefused):
        users_of(cognito).refresh(record(tokens))


def test_a_pool_that_does_not_revoke_says_so(cognito: StandIn) -> None:
    cognito.client.revokes = False
    with pytest.raises(Rejected, match="does not allow this"):
        users_of(cognito).revoke(sign_in(cognito).refresh_token)


def test_a_deleted_identity_is_gone(cognito: StandIn) -> None:
    identities = identities_of(cognito)
    identity_id = identities.get_id({})
    cognito.identities.remove(identity_id)
    with pytest.raises(IdentityGone):
        identities.get_credentials(identity_id, {})


def test_an_identity_of_somebody_else_is_gone(cognito: StandIn) -> None:
    identities = identities_of(cognito)
    theirs = identities.get_id(logins(cognito))
    cognito.users.add("eve", PASSWORD)
    with pytest.raises(IdentityGone):
        identities.get_credentials(theirs, {cognito.provider: sign_in(cognito, "eve").id_token})


def test_a_pool_without_guests_says_so(cognito: StandIn) -> None:
    identities = identities_of(cognito)
    identity_id = identities.get_id({})
    cognito.identities.guests = False
    with pytest.raises(NotAuthorized, match="takes no guests"):
        identities.get_id({})
    with pytest.raises(NotAuthorized, match="takes no guests"):
        identities.get_credentials(identity_id, {})


def test_an_id_token_that_has_ended_is_refused(cognito: StandIn) -> None:
    ended = logins(cognito)
    cognito.clock.advance(timedelta(hours=1))
    with pytest.raises(NotAuthorized, match="ID token has expired"):
        identities_of(cognito).get_id(ended)


def test_the_access_token_is_no_login(cognito: StandIn) -> None:
    with pytest.raises(NotAuthorized, match="claim: aud"):
        identities_of(cognito).get_id({cognito.provider: sign_in(cognito).access_token})


def test_the_token_of_an_app_client_that_is_not_trusted_is_a_setting_to_correct(cognito: StandIn) -> None:
    cognito.identities.trusted.clear()
    with pytest.raises(ConfigError, match="identity_pool_id"):
        identities_of(cognito).get_id(logins(cognito))


def test_a_pool_without_roles_is_a_setting_to_correct(cognito: StandIn) -> None:
    identities = identities_of(cognito)
    identity_id = identities.get_id({})
    cognito.identities.has_roles = False
    with pytest.raises(ConfigError, match="role"):
        identities.get_credentials(identity_id, {})


def test_credentials_live_as_long_as_was_chosen(cognito: StandIn) -> None:
    cognito.identities.credentials_lifetime = timedelta(seconds=90)
    identities = identities_of(cognito)
    credentials = identities.get_credentials(identities.get_id({}), {})
    left = credentials.expires_at - cognito.clock.now()
    assert timedelta(seconds=60) < left <= timedelta(seconds=90)
