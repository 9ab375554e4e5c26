"""What every user pool does, the fake and the adapter alike; then what only the adapter can be asked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
import jwt
import pycognito
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from nbauth.cognito.accounts import CognitoUserAccounts
from nbauth.cognito.client import Clients
from nbauth.cognito.identity_pool import CognitoIdentityPool
from nbauth.cognito.user_pool import CognitoUserPool
from nbauth.core.challenges import Challenge
from nbauth.core.config import AuthConfig
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.tokens import TokenSet
from nbauth.errors import (
    AuthError,
    ChallengeExpired,
    CodeMismatch,
    ConfigError,
    NotAuthorized,
    RefreshRefused,
    Rejected,
    ServiceUnavailable,
)
from nbauth.ports import Clock, Credential, UserPool
from nbauth.runtime import SystemClock
from nbauth.testing import FakeClock, FakeUserPool, StandIn, totp
from tests import services


def record(tokens: TokenSet) -> Record:
    return Record(username=tokens.username, sub=tokens.sub, issuer=tokens.issuer, refresh_token=tokens.refresh_token)


# Every implementation.


def test_the_right_password_gives_tokens(world: Any) -> None:
    tokens = world.sign_in()
    assert isinstance(tokens, TokenSet)
    assert tokens.username == world.username
    assert tokens.sub
    assert tokens.refresh_token
    assert tokens.issuer.endswith(world.provider)
    assert tokens.expires_at > world.clock.now()


def test_an_e_mail_address_signs_the_same_user_in(world: Any) -> None:
    assert world.sign_in(world.email).sub == world.sign_in(world.username).sub


@pytest.mark.parametrize(("username", "password"), [("ada", "wrong"), ("ada", "Correct-Horse-7 "), ("nobody", "wrong")])
def test_a_wrong_name_or_password_is_refused_in_the_same_words(username: str, password: str, world: Any) -> None:
    with pytest.raises(NotAuthorized) as caught:
        world.sign_in(username, password)
    assert str(caught.value) == "Incorrect user name or password"
    assert caught.value.code == "NotAuthorizedException"


def test_a_sign_in_without_a_password_is_refused(world: Any) -> None:
    with pytest.raises(Rejected, match="password is missing"):
        world.users.initiate_auth(Credential(world.username))


def test_a_temporary_password_must_be_changed(world: Any) -> None:
    challenge = world.sign_in(world.new_username, world.temporary_password)
    assert isinstance(challenge, Challenge)
    assert (challenge.name, challenge.username) == ("NEW_PASSWORD_REQUIRED", world.new_username)
    tokens = world.users.respond(challenge, {"new_password": Secret("Brand-New-Saddle-7")})
    assert tokens.username == world.new_username


def test_after_the_change_the_new_password_counts(world: Any) -> None:
    challenge = world.sign_in(world.new_username, world.temporary_password)
    world.users.respond(challenge, {"new_password": Secret("Brand-New-Saddle-7")})
    with pytest.raises(NotAuthorized):
        world.sign_in(world.new_username, world.temporary_password)
    assert isinstance(world.sign_in(world.new_username, "Brand-New-Saddle-7"), TokenSet)


def test_the_code_of_the_authenticator_app_is_asked_for(world: Any) -> None:
    challenge = world.sign_in(world.totp_username)
    assert (challenge.name, challenge.username) == ("SOFTWARE_TOKEN_MFA", world.totp_username)
    assert challenge.expires_at > world.clock.now()
    assert world.users.respond(challenge, {"code": world.code()}).username == world.totp_username


def test_a_wrong_code_keeps_the_challenge(world: Any) -> None:
    challenge = world.sign_in(world.totp_username)
    with pytest.raises(CodeMismatch):
        world.users.respond(challenge, {"code": "000000" if world.code() != "000000" else "000001"})
    assert isinstance(world.users.respond(challenge, {"code": world.code()}), TokenSet)


def test_an_empty_code_is_refused_by_name(world: Any) -> None:
    challenge = world.sign_in(world.totp_username)
    with pytest.raises(Rejected, match="Code is missing"):
        world.users.respond(challenge, {"code": ""})


def test_a_refresh_gives_tokens_of_the_same_user(world: Any) -> None:
    tokens = world.sign_in()
    renewed = world.users.refresh(record(tokens))
    assert renewed.id_token != tokens.id_token
    assert (renewed.sub, renewed.username, renewed.issuer) == (tokens.sub, tokens.username, tokens.issuer)


def test_the_refresh_token_to_use_next_is_in_the_new_tokens(world: Any) -> None:
    renewed = world.users.refresh(record(world.sign_in(world.email)))
    assert isinstance(world.users.refresh(record(renewed)), TokenSet)


def test_a_revoked_refresh_token_ends_the_sign_in(world: Any) -> None:
    tokens = world.sign_in()
    world.users.revoke(tokens.refresh_token)
    with pytest.raises(RefreshRefused) as caught:
        world.users.refresh(record(tokens))
    assert caught.value.code == "NotAuthorizedException"


def test_a_revocation_leaves_other_sign_ins_alone(world: Any) -> None:
    here, there = world.sign_in(), world.sign_in()
    world.users.revoke(here.refresh_token)
    assert isinstance(world.users.refresh(record(there)), TokenSet)


def test_revoking_twice_does_no_harm(world: Any) -> None:
    tokens = world.sign_in()
    world.users.revoke(tokens.refresh_token)
    world.users.revoke(tokens.refresh_token)


def test_a_made_up_refresh_token_is_refused_for_good(world: Any) -> None:
    with pytest.raises(RefreshRefused):
        world.users.refresh(Record(username=world.username, refresh_token=Secret("made-up")))


def test_a_record_without_a_refresh_token_cannot_be_renewed(world: Any) -> None:
    with pytest.raises(RefreshRefused):
        world.users.refresh(Record(username=world.username))


def test_signing_out_everywhere_ends_every_sign_in(world: Any) -> None:
    here, there = world.sign_in(), world.sign_in()
    world.users.sign_out_everywhere(here.access_token)
    for tokens in (here, there):
        with pytest.raises(RefreshRefused):
            world.users.refresh(record(tokens))


def test_signing_out_everywhere_leaves_others_signed_in(world: Any) -> None:
    bob = world.users.respond(
        world.sign_in(world.new_username, world.temporary_password), {"new_password": Secret("Brand-New-Saddle-7")}
    )
    world.users.sign_out_everywhere(world.sign_in().access_token)
    assert isinstance(world.users.refresh(record(bob)), TokenSet)


def test_signing_out_everywhere_twice_is_refused(world: Any) -> None:
    tokens = world.sign_in()
    world.users.sign_out_everywhere(tokens.access_token)
    with pytest.raises(NotAuthorized):
        world.users.sign_out_everywhere(tokens.access_token)


# Who can be sent a code: the fake and the stand-in.


@dataclass(frozen=True)
class Sender:
    """A pool that sends codes: to `dora` always, to `erin` if she does not choose her authenticator app."""

    users: UserPool
    clock: Clock
    last_code: Callable[[str], str]

    def sign_in(self, username: str) -> Any:
        return self.users.initiate_auth(Credential(username, Secret("Correct-Horse-7")))

    def app_code(self) -> str:
        return totp(APP_SECRET, self.clock.now())


APP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def fake_sender() -> Sender:
    clock = FakeClock()
    users = FakeUserPool(clock)
    users.add_user("dora", "Correct-Horse-7", phone_number="+15555550100")
    users.add_user("erin", "Correct-Horse-7", phone_number="+15555550101", totp_secret=APP_SECRET)
    return Sender(users, clock, lambda username: users.sent_codes[username])


def real_sender(cognito: StandIn) -> Sender:
    cognito.users.add("dora", "Correct-Horse-7", phone_number="+15555550100")
    cognito.users.add("erin", "Correct-Horse-7", phone_number="+15555550101", totp_secret=APP_SECRET)
    config, clock = AuthConfig(**cognito.config), SystemClock()
    users = CognitoUserPool(config, Clients(config), clock)
    return Sender(users, clock, lambda username: str(cognito.users[username].sent_code))


@pytest.fixture(params=["fake", "stand-in"])
def sender(request: pytest.FixtureRequest) -> Sender:
    return fake_sender() if request.param == "fake" else real_sender(request.getfixturevalue("stand_in"))


def test_a_code_is_sent_anew_and_only_the_last_one_counts(sender: Sender) -> None:
    first = sender.sign_in("dora")
    assert (first.name, first.sends_code) == ("SMS_MFA", True)
    old_code = sender.last_code("dora")
    again = sender.users.resend(first)
    assert isinstance(again, Challenge)
    assert (again.name, again.username) == (first.name, first.username)
    assert again.session != first.session
    assert sender.last_code("dora") != old_code
    with pytest.raises(CodeMismatch):
        sender.users.respond(again, {"code": old_code})
    assert isinstance(sender.users.respond(again, {"code": sender.last_code("dora")}), TokenSet)


def test_a_second_factor_is_chosen_and_chosen_again(sender: Sender) -> None:
    choice = sender.sign_in("erin")
    assert choice.name == "SELECT_MFA_TYPE"
    assert sorted(choice.offered) == ["SMS_MFA", "SOFTWARE_TOKEN_MFA"]
    code = sender.users.respond(choice, {"answer": "SMS_MFA"})
    assert isinstance(code, Challenge)
    assert code.alternatives == (("SOFTWARE_TOKEN_MFA", "Authenticator app"),)
    app = sender.users.respond(code, {"method": "SOFTWARE_TOKEN_MFA"})
    assert isinstance(app, Challenge)
    assert app.name == "SOFTWARE_TOKEN_MFA"
    assert isinstance(sender.users.respond(app, {"code": sender.app_code()}), TokenSet)


@pytest.mark.parametrize("mistyped", ["TOTP", "app", "SMS"])
def test_a_choice_that_is_none_is_refused_and_a_better_one_taken(mistyped: str, sender: Sender) -> None:
    choice = sender.sign_in("erin")
    with pytest.raises(Rejected, match="Method is none of those offered: ") as caught:
        sender.users.respond(choice, {"answer": mistyped})
    assert all(f"{name} ({label})" in str(caught.value) for name, label in choice.fields[0].choices)
    assert not isinstance(caught.value, ChallengeExpired)
    app = sender.users.respond(choice, {"answer": "authenticator app"})
    assert isinstance(app, Challenge)
    assert isinstance(sender.users.respond(app, {"code": sender.app_code()}), TokenSet)


def test_a_code_that_was_chosen_is_sent_anew_without_choosing_again(sender: Sender) -> None:
    code = sender.users.respond(sender.sign_in("erin"), {"answer": "SMS_MFA"})
    assert isinstance(code, Challenge)
    again = sender.users.resend(code)
    assert isinstance(again, Challenge)
    assert again.name == "SMS_MFA"
    assert isinstance(sender.users.respond(again, {"code": sender.last_code("erin")}), TokenSet)


def test_the_code_of_an_app_cannot_be_sent(sender: Sender) -> None:
    app = sender.users.respond(sender.sign_in("erin"), {"answer": "SOFTWARE_TOKEN_MFA"})
    assert isinstance(app, Challenge)
    with pytest.raises(Rejected, match="start the sign-in over"):
        sender.users.resend(app)
    assert isinstance(sender.users.respond(app, {"code": sender.app_code()}), TokenSet)


# The adapter alone: settings that do not fit, and services that are not there.


def adapter(config: AuthConfig) -> CognitoUserPool:
    return CognitoUserPool(config, Clients(config), FakeClock())


ADA = Credential("ada", Secret("Correct-Horse-7"))


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_PASSWORD_AUTH"])
def test_an_unknown_app_client_is_a_setting_to_correct(flow: str, pool: Any) -> None:
    with pytest.raises(ConfigError, match="client_id"):
        adapter(pool.config(client_id="nosuchclient", auth_flow=flow)).initiate_auth(ADA)


@pytest.mark.parametrize("secret", [None, "wrong"])
def test_a_client_secret_that_does_not_fit_is_a_setting_to_correct(secret: str | None, pool: Any) -> None:
    with pytest.raises(ConfigError, match="client_secret"):
        adapter(pool.config(client_id=pool.secret_client_id, client_secret=secret)).initiate_auth(ADA)


def test_a_client_secret_that_is_not_wanted_is_a_setting_to_correct(pool: Any) -> None:
    with pytest.raises(ConfigError, match="client_secret"):
        adapter(pool.config(client_secret="unwanted")).initiate_auth(ADA)


def test_a_flow_that_is_not_allowed_is_a_setting_to_correct(pool: Any) -> None:
    client = pool.admin("cognito-idp").create_user_pool_client(
        UserPoolId=pool.user_pool_id, ClientName="strict", ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"]
    )["UserPoolClient"]
    strict = adapter(pool.config(client_id=client["ClientId"]))
    with pytest.raises(ConfigError, match="auth_flow"):
        strict.initiate_auth(Credential("ada", Secret("Correct-Horse-7"), auth_flow="USER_PASSWORD_AUTH"))
    assert isinstance(strict.initiate_auth(ADA), TokenSet)


def test_a_service_that_is_not_there_is_offline(pool: Any, nobody: str) -> None:
    with pytest.raises(ServiceUnavailable, match=nobody) as caught:
        adapter(pool.config(endpoint_url=f"http://{nobody}")).initiate_auth(ADA)
    assert caught.value.reason == "offline"


def test_a_name_that_does_not_resolve_is_offline(pool: Any) -> None:
    with pytest.raises(ServiceUnavailable, match=r"cognito\.invalid") as caught:
        adapter(pool.config(endpoint_url="http://cognito.invalid")).initiate_auth(ADA)
    assert caught.value.reason == "offline"


def test_a_disabled_user_is_told_so(pool: Any) -> None:
    pool.admin("cognito-idp").admin_disable_user(UserPoolId=pool.user_pool_id, Username="ada")
    with pytest.raises(NotAuthorized, match="disabled"):
        adapter(pool.config()).initiate_auth(ADA)


# Clients that are not ours agree.


def verified(token: str, pool: Any, **options: Any) -> dict[str, Any]:
    keys = jwt.PyJWKClient(f"{pool.endpoint_url}/{pool.user_pool_id}/.well-known/jwks.json")
    issuer = f"https://cognito-idp.{pool.region}.amazonaws.com/{pool.user_pool_id}"
    return jwt.decode(token, keys.get_signing_key_from_jwt(token), ["RS256"], issuer=issuer, leeway=5, **options)


def test_our_tokens_and_those_of_a_foreign_client_bear_the_pools_signature(pool: Any) -> None:
    ours = adapter(pool.config()).initiate_auth(ADA)
    assert isinstance(ours, TokenSet)
    engine = pycognito.AWSSRP(
        "ada", "Correct-Horse-7", pool.user_pool_id, pool.client_id, client=pool.admin("cognito-idp")
    )
    theirs = engine.authenticate_user()["AuthenticationResult"]
    for id_token, access_token in (
        (ours.id_token.reveal(), ours.access_token.reveal()),
        (theirs["IdToken"], theirs["AccessToken"]),
    ):
        claims = verified(id_token, pool, audience=pool.client_id)
        assert (claims["cognito:username"], claims["token_use"]) == ("ada", "id")
        assert verified(access_token, pool)["client_id"] == pool.client_id
    assert ours.claims["sub"] == jwt.decode(theirs["IdToken"], options={"verify_signature": False})["sub"]


def test_a_foreign_client_is_refused_the_same_wrong_password(pool: Any) -> None:
    cognito = pool.admin("cognito-idp")
    engine = pycognito.AWSSRP("ada", "wrong", pool.user_pool_id, pool.client_id, client=cognito)
    with pytest.raises(cognito.exceptions.NotAuthorizedException):
        engine.authenticate_user()


# moto: another Cognito, laxer and odder. What it cannot do is said in a sentence.


@pytest.fixture(scope="module")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with services.moto(tmp_path_factory.mktemp("moto")) as endpoint_url:
        yield endpoint_url


@pytest.fixture
def moto_config(moto: str) -> AuthConfig:
    def client(service: str) -> Any:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, region_name="us-east-1", endpoint_url=moto, **keys)

    cognito = client("cognito-idp")
    user_pool_id = cognito.create_user_pool(PoolName="test")["UserPool"]["Id"]
    app = cognito.create_user_pool_client(UserPoolId=user_pool_id, ClientName="test")["UserPoolClient"]
    for username, permanent in (("ada", True), ("bob", False)):
        cognito.admin_create_user(UserPoolId=user_pool_id, Username=username, TemporaryPassword="Correct-Horse-7")
        if permanent:
            cognito.admin_set_user_password(
                UserPoolId=user_pool_id, Username=username, Password="Correct-Horse-7", Permanent=True
            )
    identity_pool = client("cognito-identity").create_identity_pool(
        IdentityPoolName="test", AllowUnauthenticatedIdentities=True
    )
    return AuthConfig(
        user_pool_id=user_pool_id,
        client_id=app["ClientId"],
        identity_pool_id=identity_pool["IdentityPoolId"],
        endpoint_url=moto,
    )


def test_moto_signs_users_in_and_renews_them(moto_config: AuthConfig) -> None:
    users = adapter(moto_config)
    tokens = users.initiate_auth(ADA)
    assert isinstance(tokens, TokenSet)
    renewed = users.refresh(record(tokens))
    assert renewed.username == "ada"
    assert renewed.refresh_token == tokens.refresh_token


def test_moto_gives_credentials(moto_config: AuthConfig) -> None:
    identities = CognitoIdentityPool(moto_config, Clients(moto_config), FakeClock())
    assert identities.get_credentials(identities.get_id({}), {}).session_token


def test_moto_asks_for_a_new_password(moto_config: AuthConfig) -> None:
    users = adapter(moto_config)
    challenge = users.initiate_auth(Credential("bob", Secret("Correct-Horse-7")))
    assert isinstance(challenge, Challenge)
    assert isinstance(users.respond(challenge, {"new_password": "Brand-New-Saddle-7"}), TokenSet)


@pytest.mark.parametrize("trouble", ["password", "session", "client", "refresh token", "revocation"])
def test_what_moto_refuses_or_lacks_is_said_in_a_sentence(trouble: str, moto_config: AuthConfig) -> None:
    users, wrong = adapter(moto_config), Secret("wrong")
    steps = {
        "password": lambda: users.initiate_auth(Credential("ada", wrong, auth_flow="USER_PASSWORD_AUTH")),
        "session": lambda: users.respond(Challenge("SMS_MFA", "ada", Secret("forged")), {"code": "123456"}),
        "client": lambda: adapter(moto_config.replace(client_id="nosuchclient")).initiate_auth(ADA),
        "refresh token": lambda: users.refresh(Record("ada", refresh_token=wrong)),
        "revocation": lambda: users.revoke(wrong),
    }
    with pytest.raises(AuthError) as caught:
        steps[trouble]()
    assert len(str(caught.value).splitlines()) == 1
    assert "<" not in str(caught.value)
    assert "forged" not in str(caught.value)


@pytest.mark.parametrize(
    "ask",
    [
        lambda accounts, token: accounts.sign_up("grace", Secret("Correct-Horse-7"), {"email": "grace@example.com"}),
        lambda accounts, token: accounts.confirm_sign_up("nobody", Secret("123456")),
        lambda accounts, token: accounts.resend_sign_up_code("ada"),
        lambda accounts, token: accounts.forgot_password("ada"),
        lambda accounts, token: accounts.confirm_forgot_password("ada", Secret("moto"), Secret("Brand-New-Saddle-7")),
        lambda accounts, token: accounts.change_password(token, Secret("wrong"), Secret("Brand-New-Saddle-7")),
        lambda accounts, token: accounts.get_account(token),
        lambda accounts, token: accounts.get_account(Secret("wrong")),
        lambda accounts, token: accounts.update_attributes(token, {"locale": "en"}),
        lambda accounts, token: accounts.delete_attributes(token, ["locale"]),
        lambda accounts, token: accounts.send_attribute_code(token, "email"),
        lambda accounts, token: accounts.confirm_attribute(token, "email", Secret("123456")),
        lambda accounts, token: accounts.verify_totp(token, Secret("000000")),
        lambda accounts, token: accounts.list_devices(token),
        lambda accounts, token: accounts.forget_device(token, "us-east-1_00000000-0000-4000-8000-000000000000"),
        lambda accounts, token: accounts.start_passkey(token),
        lambda accounts, token: accounts.list_user_sessions(token),
        lambda accounts, token: accounts.delete_user(token),
    ],
)
def test_what_moto_is_asked_about_an_account_is_done_or_said_in_a_sentence(ask: Any, moto_config: AuthConfig) -> None:
    tokens = adapter(moto_config).initiate_auth(ADA)
    assert isinstance(tokens, TokenSet)
    said = "done"
    try:
        ask(CognitoUserAccounts(moto_config, Clients(moto_config)), tokens.access_token)
    except AuthError as refusal:
        said = str(refusal)
    assert len(said.splitlines()) == 1
    assert "<" not in said


def test_moto_asks_for_the_code_of_an_authenticator_app(moto_config: AuthConfig, moto: str) -> None:
    users = adapter(moto_config)
    tokens = users.initiate_auth(ADA)
    assert isinstance(tokens, TokenSet)
    cognito = boto3.client(
        "cognito-idp", region_name="us-east-1", endpoint_url=moto, config=Config(signature_version=UNSIGNED)
    )
    access_token = tokens.access_token.reveal()
    secret = cognito.associate_software_token(AccessToken=access_token)["SecretCode"]
    cognito.verify_software_token(AccessToken=access_token, UserCode=totp(secret, datetime.now(UTC)))
    enabled = {"Enabled": True, "PreferredMfa": True}
    cognito.set_user_mfa_preference(AccessToken=access_token, SoftwareTokenMfaSettings=enabled)
    challenge = users.initiate_auth(ADA)
    assert isinstance(challenge, Challenge)
    assert (challenge.name, challenge.username) == ("SOFTWARE_TOKEN_MFA", "ada")
    with pytest.raises(Rejected):
        users.respond(challenge, {"code": "wrong"})
    assert isinstance(users.respond(challenge, {"code": totp(secret, datetime.now(UTC))}), TokenSet)
