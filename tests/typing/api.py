"""The public API as users write it. Nothing here runs: mypy reads it, in strict mode."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, assert_type

import boto3

import nbauth
from nbauth import errors
from nbauth.testing import FakeClock, FakeIdentityPool, FakeUserPool


def sessions() -> None:
    assert_type(nbauth.session(), nbauth.AuthSession)
    nbauth.AuthSession()
    nbauth.AuthSession("amplify_outputs.json")
    nbauth.AuthSession(Path("amplify_outputs.json"), account="work", store="memory")
    nbauth.AuthSession({"user_pool_id": "eu-west-1_Example01", "client_id": "exampleclient"})
    nbauth.AuthSession(configuration())
    nbauth.AuthSession(None, store="package.module:Store")
    nbauth.AuthSession(account=1)  # type: ignore[arg-type]
    nbauth.AuthSession(None, "work")  # type: ignore[call-arg]


def configuration() -> nbauth.AuthConfig:
    config = nbauth.AuthConfig(
        region="eu-west-1",
        user_pool_id="eu-west-1_Example01",
        client_id="exampleclient",
        client_secret="secret",
        identity_pool_id="eu-west-1:00000000-0000-4000-8000-000000000000",
        endpoint_url="http://127.0.0.1:4566",
        issuer="https://issuer.example",
        custom_role_arn="arn:aws:iam::123456789012:role/Analyst",
        guest_access="eager",
        username_attributes=["email"],
        sign_up_attributes=["email", {"name": "custom:team", "optional": True}],
    )
    assert_type(config.region, str | None)
    assert_type(config.client_secret, nbauth.Secret | None)
    assert_type(config.username_attributes, tuple[str, ...])
    nbauth.AuthConfig(guest_access="always")  # type: ignore[arg-type]
    config.region = "us-east-1"  # type: ignore[misc]
    return config.replace(region="us-east-1")


def what_a_session_says(auth: nbauth.AuthSession) -> None:
    state: nbauth.UserState = auth.state
    reason: str | None = auth.state_reason
    flags: tuple[bool, ...] = (auth.is_signed_in, auth.has_valid_tokens, auth.online, auth.busy)
    names: tuple[str | None, ...] = (auth.username, auth.user_sub, auth.identity_id)
    moments: tuple[datetime | None, ...] = (auth.tokens_expire_at, auth.credentials_expire_at)
    challenge: nbauth.Challenge | None = auth.challenge
    error: nbauth.AuthError | None = auth.error
    auth.sign_in_wait = 60.0
    assert_type(auth.account, str)
    assert_type(auth.config, nbauth.AuthConfig)
    print(state, reason, flags, names, moments, challenge, error)


def states(state: nbauth.UserState) -> str:
    match state:
        case nbauth.UserState.SIGNED_IN:
            return "in"
        case nbauth.UserState.GUEST | nbauth.UserState.SIGNED_OUT | nbauth.UserState.UNKNOWN:
            return "out"
        case (
            nbauth.UserState.SIGNED_OUT_USER_POOLS_TOKENS_INVALID | nbauth.UserState.SIGNED_OUT_FEDERATED_TOKENS_INVALID
        ):
            return "in between"


def signing_in(auth: nbauth.AuthSession, answers: Mapping[str, str | nbauth.Secret]) -> None:
    result = auth.sign_in("ada", "password", flow="USER_PASSWORD_AUTH", client_metadata={"key": "value"})
    assert_type(result, nbauth.SignInResult)
    assert_type(result.done, bool)
    assert_type(result.challenge, nbauth.Challenge | None)
    auth.sign_in("ada", nbauth.Secret("password"))
    auth.sign_in("ada")
    if result.challenge is not None:
        show(result.challenge)
    assert_type(auth.confirm_sign_in("123456"), nbauth.SignInResult)
    auth.confirm_sign_in(nbauth.Secret("password"), user_attributes={"given_name": "Ada"}, client_metadata={})
    auth.confirm_sign_in(answers)
    auth.confirm_sign_in({"code": "123456"})
    auth.cancel_sign_in()
    auth.sign_in("ada", 5)  # type: ignore[arg-type]
    auth.sign_in("ada", "password", "USER_SRP_AUTH")  # type: ignore[call-arg]


def show(challenge: nbauth.Challenge) -> None:
    assert_type(challenge.name, str)
    assert_type(challenge.title, str)
    assert_type(challenge.hint, str)
    assert_type(challenge.parameters, Mapping[str, str])
    assert_type(challenge.expires_at, datetime | None)
    for field in challenge.fields:
        assert_type(field.label, str)
        assert_type(field.choices, tuple[tuple[str, str], ...])


def tokens_and_credentials(auth: nbauth.AuthSession) -> None:
    tokens = auth.get_tokens(force_refresh=True, wait=False)
    assert_type(tokens, nbauth.TokenSet)
    assert_type(tokens.id_token.reveal(), str)
    assert_type(tokens.access_token, nbauth.Secret)
    assert_type(tokens.claims, Mapping[str, Any])
    assert_type(tokens.expires_at, datetime)
    credentials = auth.get_credentials(force_refresh=False, wait=60)
    assert_type(credentials, nbauth.AwsCredentials)
    assert_type(credentials.access_key_id, str)
    assert_type(credentials.secret_access_key, nbauth.Secret)
    assert_type(credentials.session_token.reveal(), str)
    assert_type(credentials.expires_at, datetime)
    assert_type(credentials.identity_id, str)
    assert_type(auth.get_identity_id(), str)
    assert_type(auth.guest(), nbauth.AuthSession)
    auth.get_tokens(True)  # type: ignore[call-arg]


def proof(auth: nbauth.AuthSession) -> None:
    assert_type(auth.claims, Mapping[str, Any])
    assert_type(auth.groups, tuple[str, ...])
    assert_type(auth.step_up("urn:cognito:loa:2", 300, wait=60), nbauth.SignInResult)
    assert_type(auth.step_up(max_age=0), nbauth.SignInResult)
    auth.claims["sub"] = "another"  # type: ignore[index]


def signing_up(auth: nbauth.AuthSession) -> None:
    made = auth.sign_up("ada", "password", attributes={"email": "ada@example.com"}, client_metadata={"key": "value"})
    assert_type(made, nbauth.SignUpResult)
    assert_type((made.confirmed, made.done), tuple[bool, bool])
    assert_type(made.next_step, Literal["confirm_sign_up", "sign_in", "confirm_sign_in", ""])
    assert_type(made.challenge, nbauth.Challenge | None)
    if made.delivery is not None:
        assert_type(made.delivery.destination, str)
    auth.sign_up("ada", None)
    assert_type(auth.confirm_sign_up("ada", "123456", take_over_alias=True), nbauth.SignUpResult)
    assert_type(auth.resend_sign_up_code("ada"), nbauth.SignUpResult)
    auth.sign_up("ada", "password", {"email": "ada@example.com"})  # type: ignore[call-arg]
    auth.confirm_sign_up("ada", 123456)  # type: ignore[arg-type]


def passwords(auth: nbauth.AuthSession) -> None:
    assert_type(auth.forgot_password("ada", client_metadata={}), nbauth.CodeDelivery)
    reset = auth.confirm_forgot_password("ada", "123456", nbauth.Secret("password"))
    assert_type(reset.done, bool)
    assert_type(reset.next_step, Literal["sign_in", "confirm_sign_in", ""])
    auth.change_password("old", "new", wait=False)
    auth.change_password(None, nbauth.Secret("new"))
    auth.delete_user(wait=60)


def attributes(auth: nbauth.AuthSession) -> None:
    assert_type(auth.get_user_attributes(), dict[str, str])
    for delivery in auth.update_user_attributes({"email": "ada@example.com"}):
        assert_type(delivery, nbauth.CodeDelivery)
    auth.delete_user_attributes(["locale"])
    assert_type(auth.verify_user_attribute("email"), nbauth.CodeDelivery)
    auth.confirm_user_attribute("email", "123456")


def second_factors(auth: nbauth.AuthSession) -> None:
    setup = auth.set_up_totp()
    assert_type(setup.secret, nbauth.Secret)
    assert_type(setup.uri("Example"), nbauth.Secret)
    assert_type(setup.replaces_existing, bool)
    auth.verify_totp("123456", "phone")
    preference = auth.set_mfa_preference(totp=True, sms=False, preferred="totp")
    assert_type(preference, nbauth.MfaPreference)
    assert_type(auth.get_mfa_preference().preferred, Literal["totp", "sms", "email"] | None)
    auth.set_mfa_preference(preferred="fax")  # type: ignore[arg-type]


def belongings(auth: nbauth.AuthSession) -> None:
    for device in auth.devices.list():
        assert_type(device, nbauth.Device)
        auth.devices.forget(device.key)
    auth.devices.remember()
    assert_type(auth.devices.get(wait=False), nbauth.Device)
    options = auth.passkeys.start()
    auth.passkeys.complete({"id": options["challenge"]})
    for passkey in auth.passkeys.list():
        assert_type(passkey, nbauth.Passkey)
        auth.passkeys.delete(passkey.credential_id)
    for place in auth.sessions.list():
        assert_type(place, nbauth.UserSession)
        auth.sessions.revoke(place.session_id)


def signing_out(auth: nbauth.AuthSession) -> None:
    report = auth.sign_out(everywhere=True, revoke=False)
    assert_type(report, nbauth.SignOutReport)
    assert_type(report.revoked, bool | None)
    assert_type(report.error, nbauth.AuthError | None)
    auth.sign_out(True)  # type: ignore[call-arg]


def watching(auth: nbauth.AuthSession) -> None:
    def listener(details: nbauth.UserStateDetails) -> None:
        assert_type(details.state, nbauth.UserState)
        assert_type(details.previous, nbauth.UserState)
        assert_type(details.reason, str | None)
        assert_type(details.username, str | None)
        assert_type(details.error, nbauth.AuthError | None)

    assert_type(auth.add_user_state_listener(listener), Callable[[], None])
    auth.add_user_state_listener(lambda details: details.username)
    auth.remove_user_state_listener(listener)
    auth.observe(lambda change: print(change.new), "state")
    auth.observe(print, ["username", "online"])
    auth.unobserve(print, "username")


async def waiting(auth: nbauth.AuthSession) -> None:
    auth.wait_for_sign_in()
    auth.wait_for_sign_in(timeout=60)
    await auth.signed_in()
    await auth.signed_in(timeout=60.5)
    auth.release_sign_in_wait()


def aws(auth: nbauth.AuthSession) -> None:
    assert_type(auth.boto3_session(), boto3.Session)
    assert_type(auth.boto3_session(region_name="us-east-1"), boto3.Session)
    auth.client("s3").list_buckets()
    auth.client("dynamodb", region_name="us-east-1", endpoint_url="http://127.0.0.1:4566")


def showing(auth: nbauth.AuthSession) -> None:
    auth.show_sign_in()
    auth.status_bar()
    auth.warm()
    diagnosis = auth.doctor()
    assert_type(diagnosis.healthy, bool)
    for finding in diagnosis.findings:
        assert_type(finding.text, str)


def failing(auth: nbauth.AuthSession) -> str:
    try:
        auth.get_credentials()
    except (nbauth.SignInReleased, nbauth.SignInTimeout):
        return "later"
    except nbauth.SignInRequired as required:
        return str(required)
    except nbauth.ServiceUnavailable as away:
        assert_type(away.reason, Literal["offline", "unavailable"])
        return away.reason
    except (nbauth.ConfigError, nbauth.StoreError, nbauth.AlreadySignedIn):
        return "mend"
    except errors.AliasExists:
        return "take over"
    except (errors.CodeMismatch, errors.ExpiredCode, errors.NotAuthorized):
        return "again"
    except nbauth.Rejected as refused:
        assert_type(refused.code, str | None)
        return refused.code or ""
    except nbauth.AuthError as error:
        assert_type(error.retryable, bool)
        return str(error)
    return ""


def secrets(secret: nbauth.Secret) -> None:
    assert_type(secret.reveal(), str)
    assert_type(nbauth.Secret.of("password"), nbauth.Secret)
    print(secret + "x")  # type: ignore[operator]


def testing() -> None:
    clock = FakeClock()
    users = FakeUserPool(clock, rotates=True)
    users.add_user("ada", "Correct-Horse-7", email="ada@example.com")
    users.fail_next(nbauth.ServiceUnavailable("no network", reason="offline"), on="refresh")
    with users.hold_next("refresh") as hold:
        hold.entered.wait()
    identities = FakeIdentityPool(clock, guests=False)
    assert_type(identities.calls, list[str])
    assert_type(nbauth.testing.tokens("ada"), nbauth.TokenSet)
    assert_type(nbauth.testing.credentials(), nbauth.AwsCredentials)
