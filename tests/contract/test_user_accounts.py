"""What the accounts of every user pool do, the fake's and the adapter's alike, each where there is such a thing."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nbauth.auth_session import AuthSession
from nbauth.cognito.accounts import CognitoUserAccounts
from nbauth.cognito.client import Clients
from nbauth.cognito.user_pool import CognitoUserPool
from nbauth.core.account import MfaPreference
from nbauth.core.config import AuthConfig
from nbauth.core.secret import Secret
from nbauth.core.tokens import TokenSet
from nbauth.core.user_state import UserState
from nbauth.errors import (
    AccessTokenRefused,
    AliasExists,
    AlreadyConfirmed,
    AuthError,
    CodeDeliveryFailure,
    CodeMismatch,
    ConfigError,
    DeviceGone,
    ExpiredCode,
    InvalidPassword,
    LimitExceeded,
    NotAuthorized,
    Rejected,
    SignInRequired,
    UsernameExists,
    UserNotConfirmed,
)
from nbauth.ports import Clock, Credential, UserAccounts, UserPool
from nbauth.testing import AppClient, FakeClock, FakeUserAccounts, FakeUserPool, StandIn, totp
from nbauth.testing.stand_in import DeviceTracking

PASSWORD, NEW_PASSWORD = "Correct-Horse-7", "Brand-New-Saddle-7"
FLOWS = AppClient().flows
SIGN_UP, RESET = "sign-up", "reset"
GRACE = {"email": "grace@example.com"}


class RealClock(Clock):
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True)
class Place:
    """A user pool with ada in it, and how to read what it sends."""

    accounts: UserAccounts
    users: UserPool
    clock: Clock
    sent: Callable[[str, str], str]

    def sign_in(self, username: str = "ada", password: str = PASSWORD) -> Any:
        return self.users.initiate_auth(Credential(username, Secret(password)))

    def token(self, username: str = "ada", password: str = PASSWORD) -> Secret:
        tokens = self.sign_in(username, password)
        assert isinstance(tokens, TokenSet)
        return tokens.access_token

    def code(self, username: str, purpose: str) -> Secret:
        return Secret(self.sent(username, purpose))

    def wrong_code(self, username: str, purpose: str) -> Secret:
        return Secret(f"{(int(self.sent(username, purpose)) + 1) % 1_000_000:06d}")


def fake() -> Place:
    clock = FakeClock()
    users = FakeUserPool(clock, knows_devices=True)
    users.add_user("ada", PASSWORD, email="ada@example.com")
    return Place(FakeUserAccounts(users), users, clock, lambda username, purpose: users.sent_codes[username])


def emulated(pool: Any, **changes: Any) -> Place:
    config, clock = pool.config(**changes), RealClock()
    clients = Clients(config)
    constants = {SIGN_UP: "123456", RESET: "654321"}
    return Place(
        CognitoUserAccounts(config, clients),
        CognitoUserPool(config, clients, clock),
        clock,
        lambda username, purpose: constants[purpose],
    )


def emulated_with_a_secret(pool: Any) -> Place:
    return emulated(pool, client_id=pool.secret_client_id, client_secret=pool.client_secret)


def stood_in(cognito: StandIn, client: AppClient | None = None) -> Place:
    cognito.users.add("ada", PASSWORD, email="ada@example.com")
    cognito.settings.devices = DeviceTracking(asks_the_user=True)
    config = AuthConfig(**cognito.config_of(cognito.add_client(client or AppClient())))
    clients, clock = Clients(config), RealClock()
    return Place(
        CognitoUserAccounts(config, clients),
        CognitoUserPool(config, clients, clock),
        clock,
        lambda username, purpose: cognito.codes[username],
    )


def stood_in_with_a_secret(cognito: StandIn) -> Place:
    return stood_in(cognito, AppClient(secret="a1b2c3d4e5" * 5))


PLACES: dict[str, tuple[str, Callable[[Any], Place]]] = {
    "ministack": ("pool", emulated),
    "ministack-with-client-secret": ("pool", emulated_with_a_secret),
    "stand-in": ("stand_in", stood_in),
    "stand-in-with-client-secret": ("stand_in", stood_in_with_a_secret),
}
"""For each name the fixture that it is in, and what makes a place of it."""


def place_named(name: str, request: pytest.FixtureRequest) -> Place:
    if name == "fake":
        return fake()
    fixture, make = PLACES[name]
    return make(request.getfixturevalue(fixture))


@pytest.fixture(params=["fake", *PLACES])
def place(request: pytest.FixtureRequest) -> Place:
    """Each implementation in turn."""
    return place_named(request.param, request)


@pytest.fixture(params=["fake", "stand-in", "stand-in-with-client-secret"])
def whole_place(request: pytest.FixtureRequest) -> Place:
    """Each implementation that has all operations."""
    return place_named(request.param, request)


# Making an account.


def test_a_sign_up_tells_whose_it_is_and_where_the_code_went(place: Place) -> None:
    made = place.accounts.sign_up("grace", Secret(PASSWORD), GRACE)
    assert (len(made.user_sub), made.confirmed) == (36, False)
    assert made.delivery is not None
    assert (made.delivery.medium, made.delivery.attribute) == ("EMAIL", "email")
    assert made.delivery.destination


def test_an_account_is_signed_in_to_once_it_is_confirmed(place: Place) -> None:
    place.accounts.sign_up("grace", Secret(PASSWORD), GRACE)
    with pytest.raises(UserNotConfirmed):
        place.sign_in("grace")
    place.accounts.confirm_sign_up("grace", place.code("grace", SIGN_UP))
    assert place.sign_in("grace").username == "grace"


def test_a_wrong_code_confirms_nothing_and_the_right_one_still_does(place: Place) -> None:
    place.accounts.sign_up("grace", Secret(PASSWORD), GRACE)
    with pytest.raises(CodeMismatch):
        place.accounts.confirm_sign_up("grace", place.wrong_code("grace", SIGN_UP))
    place.accounts.confirm_sign_up("grace", place.code("grace", SIGN_UP))


def test_an_account_is_confirmed_once(place: Place) -> None:
    place.accounts.sign_up("grace", Secret(PASSWORD), GRACE)
    place.accounts.confirm_sign_up("grace", place.code("grace", SIGN_UP))
    with pytest.raises(AlreadyConfirmed):
        place.accounts.confirm_sign_up("grace", place.code("grace", SIGN_UP))


def test_a_code_of_a_sign_up_is_sent_again(place: Place) -> None:
    place.accounts.sign_up("grace", Secret(PASSWORD), GRACE)
    assert place.accounts.resend_sign_up_code("grace").medium == "EMAIL"
    place.accounts.confirm_sign_up("grace", place.code("grace", SIGN_UP))


def test_a_name_that_is_taken_is_not_given_twice(place: Place) -> None:
    with pytest.raises(UsernameExists):
        place.accounts.sign_up("ada", Secret(PASSWORD), GRACE)


def test_a_password_that_does_not_fit_makes_no_account(place: Place) -> None:
    with pytest.raises(InvalidPassword):
        place.accounts.sign_up("grace", Secret("short"), GRACE)
    with pytest.raises(NotAuthorized):
        place.sign_in("grace", "short")


# Passwords.


def test_a_forgotten_password_is_replaced_with_a_code(place: Place) -> None:
    assert place.accounts.forgot_password("ada").medium == "EMAIL"
    place.accounts.confirm_forgot_password("ada", place.code("ada", RESET), Secret(NEW_PASSWORD))
    assert place.sign_in("ada", NEW_PASSWORD).username == "ada"
    with pytest.raises(NotAuthorized):
        place.sign_in("ada", PASSWORD)


def test_a_wrong_code_resets_no_password(place: Place) -> None:
    place.accounts.forgot_password("ada")
    with pytest.raises(CodeMismatch):
        place.accounts.confirm_forgot_password("ada", place.wrong_code("ada", RESET), Secret(NEW_PASSWORD))
    assert place.sign_in().username == "ada"


def test_a_code_that_was_never_sent_resets_no_password(place: Place) -> None:
    with pytest.raises(ExpiredCode):
        place.accounts.confirm_forgot_password("ada", Secret("654321"), Secret(NEW_PASSWORD))


def test_who_there_is_cannot_be_found_out_by_forgetting(place: Place) -> None:
    assert place.accounts.forgot_password("nobody").medium == "EMAIL"


def test_a_password_is_changed(place: Place) -> None:
    place.accounts.change_password(place.token(), Secret(PASSWORD), Secret(NEW_PASSWORD))
    assert place.sign_in("ada", NEW_PASSWORD).username == "ada"


def test_a_wrong_old_password_changes_nothing(place: Place) -> None:
    with pytest.raises(NotAuthorized, match="current password") as refusal:
        place.accounts.change_password(place.token(), Secret("Wrong-Horse-7"), Secret(NEW_PASSWORD))
    assert not isinstance(refusal.value, AccessTokenRefused)
    assert place.sign_in().username == "ada"


def test_a_new_password_that_does_not_fit_changes_nothing(place: Place) -> None:
    with pytest.raises(InvalidPassword):
        place.accounts.change_password(place.token(), Secret(PASSWORD), Secret("short"))
    assert place.sign_in().username == "ada"


# Attributes.


def test_attributes_are_read(place: Place) -> None:
    account = place.accounts.get_account(place.token())
    assert account.username == "ada"
    assert account.attributes["email"] == "ada@example.com"
    assert account.attributes["sub"] == place.sign_in().sub


def test_attributes_are_set_and_read_back(place: Place) -> None:
    token = place.token()
    assert place.accounts.update_attributes(token, {"given_name": "Ada", "locale": "en"}) == ()
    attributes = place.accounts.get_account(token).attributes
    assert (attributes["given_name"], attributes["locale"]) == ("Ada", "en")


def test_a_token_that_was_revoked_is_refused_by_name(place: Place) -> None:
    tokens = place.sign_in()
    place.users.sign_out_everywhere(tokens.access_token)
    for ask in (place.accounts.get_account, place.accounts.set_up_totp, place.accounts.delete_user):
        with pytest.raises(AccessTokenRefused):
            ask(tokens.access_token)


def test_an_attribute_is_deleted(whole_place: Place) -> None:
    token = whole_place.token()
    whole_place.accounts.update_attributes(token, {"given_name": "Ada"})
    whole_place.accounts.delete_attributes(token, ["given_name"])
    assert "given_name" not in whole_place.accounts.get_account(token).attributes


def test_a_new_address_is_proved_with_a_code(whole_place: Place) -> None:
    token = whole_place.token()
    (delivery,) = whole_place.accounts.update_attributes(token, {"email": "ada@example.org"})
    assert delivery.attribute == "email"
    assert whole_place.accounts.get_account(token).attributes["email_verified"] == "false"
    with pytest.raises(CodeMismatch):
        whole_place.accounts.confirm_attribute(token, "email", whole_place.wrong_code("ada", "email"))
    whole_place.accounts.confirm_attribute(token, "email", whole_place.code("ada", "email"))
    assert whole_place.accounts.get_account(token).attributes["email_verified"] == "true"


def test_a_code_for_an_address_is_sent_on_request(whole_place: Place) -> None:
    token = whole_place.token()
    assert whole_place.accounts.send_attribute_code(token, "email").medium == "EMAIL"
    whole_place.accounts.confirm_attribute(token, "email", whole_place.code("ada", "email"))


# Second factors.


def test_an_authenticator_app_is_set_up_and_then_asked_for(place: Place) -> None:
    token = place.token()
    secret = place.accounts.set_up_totp(token)
    with pytest.raises(CodeMismatch):
        place.accounts.verify_totp(token, Secret("000000"))
    place.accounts.verify_totp(token, Secret(totp(secret.reveal(), place.clock.now())), "phone")
    before = place.accounts.get_account(token).mfa
    place.accounts.set_mfa_preference(token, before, before.changed(preferred="totp"))
    assert place.accounts.get_account(token).mfa == MfaPreference(totp=True, preferred="totp")
    assert place.sign_in().name == "SOFTWARE_TOKEN_MFA"


def test_a_second_factor_is_switched_off_again(place: Place) -> None:
    token = place.token()
    secret = place.accounts.set_up_totp(token)
    place.accounts.verify_totp(token, Secret(totp(secret.reveal(), place.clock.now())))
    place.accounts.set_mfa_preference(token, MfaPreference(), MfaPreference(totp=True, preferred="totp"))
    before = place.accounts.get_account(token).mfa
    place.accounts.set_mfa_preference(token, before, before.changed(totp=False))
    assert place.accounts.get_account(token).mfa == MfaPreference()
    assert isinstance(place.sign_in(), TokenSet)


# What an emulator may not have.


@pytest.mark.parametrize(
    "ask",
    [
        lambda accounts, token: accounts.list_devices(token),
        lambda accounts, token: accounts.get_device(token, "eu-west-1_00000000-0000-4000-8000-000000000000"),
        lambda accounts, token: accounts.list_passkeys(token),
        lambda accounts, token: accounts.start_passkey(token),
        lambda accounts, token: accounts.delete_attributes(token, ["given_name"]),
        lambda accounts, token: accounts.send_attribute_code(token, "email"),
        lambda accounts, token: accounts.list_user_sessions(token),
    ],
    ids=["devices", "device", "passkeys", "passkey", "deletion", "code", "sessions"],
)
def test_what_a_service_does_not_offer_is_said_in_a_sentence(ask: Callable[..., Any], pool: Any) -> None:
    place = emulated(pool)
    with pytest.raises(ConfigError, match=r"does not (offer|know)") as refusal:
        ask(place.accounts, place.token())
    assert "\n" not in str(refusal.value)


def test_a_device_that_the_pool_does_not_know_is_gone(whole_place: Place) -> None:
    token = whole_place.token()
    for ask in (whole_place.accounts.get_device, whole_place.accounts.forget_device):
        with pytest.raises(DeviceGone):
            ask(token, "eu-west-1_00000000-0000-4000-8000-000000000000")


def test_a_device_is_remembered_listed_and_forgotten(whole_place: Place) -> None:
    tokens, accounts = whole_place.sign_in(), whole_place.accounts
    accounts.set_device_remembered(tokens.access_token, tokens.device.key, remembered=True)
    (device,) = accounts.list_devices(tokens.access_token)
    assert device.key == accounts.get_device(tokens.access_token, device.key).key == tokens.device.key
    accounts.forget_device(tokens.access_token, device.key)
    assert accounts.list_devices(tokens.access_token) == ()
    with pytest.raises(DeviceGone):
        accounts.set_device_remembered(tokens.access_token, device.key, remembered=True)


# The end.


def test_a_user_who_is_deleted_is_gone(place: Place) -> None:
    place.accounts.delete_user(place.token())
    with pytest.raises(NotAuthorized):
        place.sign_in()


def test_who_is_deleted_cannot_go_on(place: Place) -> None:
    token = place.token()
    place.accounts.delete_user(token)
    with pytest.raises(Rejected) as refusal:
        place.accounts.get_account(token)
    assert isinstance(refusal.value, AuthError)


# A session over the stand-in, from the first line of a notebook on.


@pytest.fixture
def session_at(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AuthSession]:
    """Makes a session at the stand-in through an app client, and asks nobody."""
    monkeypatch.setattr(AuthSession, "prompt_for", staticmethod(lambda session: None))
    for name in [name for name in os.environ if name.startswith("NBAUTH_")]:
        monkeypatch.delenv(name)

    def make(cognito: StandIn, **client: Any) -> AuthSession:
        return AuthSession(cognito.config_of(cognito.add_client(AppClient(**client))), store="memory")

    return make


@pytest.mark.parametrize("secret", [None, "a1b2c3d4e5" * 5], ids=["public", "with-client-secret"])
@pytest.mark.parametrize("flows", [FLOWS, FLOWS | {"USER_AUTH"}], ids=["password", "sign-up-session"])
def test_nobody_types_a_password_twice(
    stand_in: StandIn, session_at: Callable[..., AuthSession], flows: frozenset[str], secret: str | None
) -> None:
    auth = session_at(stand_in, flows=flows, secret=secret)
    assert auth.sign_up("grace", PASSWORD, attributes=GRACE).next_step == "confirm_sign_up"
    assert auth.confirm_sign_up("grace", stand_in.codes["grace"]).done
    assert (auth.username, auth.get_user_attributes()["email_verified"]) == ("grace", "true")


def test_somebody_without_a_password_signs_up_and_is_signed_in(
    stand_in: StandIn, session_at: Callable[..., AuthSession]
) -> None:
    stand_in.settings.first_factors = frozenset({"PASSWORD", "EMAIL_OTP"})
    auth = session_at(stand_in, flows=FLOWS | {"USER_AUTH"})
    auth.sign_up("grace", None, attributes=GRACE)
    assert auth.confirm_sign_up("grace", stand_in.codes["grace"]).done


def test_a_sign_up_session_that_has_ended_leaves_the_password_and_the_code(
    stand_in: StandIn, session_at: Callable[..., AuthSession]
) -> None:
    auth = session_at(stand_in, flows=FLOWS | {"USER_AUTH"})
    auth.sign_up("grace", PASSWORD, attributes=GRACE)
    stand_in.clock.advance(timedelta(minutes=4))
    assert auth.confirm_sign_up("grace", stand_in.codes["grace"]).done


def test_in_a_pool_whose_names_are_addresses_the_real_name_is_another(
    stand_in: StandIn, session_at: Callable[..., AuthSession]
) -> None:
    stand_in.settings.username_is = "email"
    auth = session_at(stand_in, secret="a1b2c3d4e5" * 5)
    made = auth.sign_up("grace@example.com", PASSWORD)
    assert auth.confirm_sign_up("grace@example.com", stand_in.codes[made.user_sub]).done
    assert auth.username == auth.user_sub == made.user_sub


def test_an_alias_changes_hands_on_purpose_only(stand_in: StandIn, session_at: Callable[..., AuthSession]) -> None:
    stand_in.users.add("ada", PASSWORD, email="ada@example.com")
    auth = session_at(stand_in)
    auth.sign_up("grace", PASSWORD, attributes={"email": "ada@example.com"})
    with pytest.raises(AliasExists):
        auth.confirm_sign_up("grace", stand_in.codes["grace"])
    assert auth.confirm_sign_up("grace", stand_in.codes["grace"], take_over_alias=True).done


def test_a_message_that_does_not_arrive_can_be_sent_again(
    stand_in: StandIn, session_at: Callable[..., AuthSession]
) -> None:
    auth = session_at(stand_in)
    stand_in.codes.delivers = False
    with pytest.raises(CodeDeliveryFailure):
        auth.sign_up("grace", PASSWORD, attributes=GRACE)
    stand_in.codes.delivers = True
    auth.resend_sign_up_code("grace")
    assert auth.confirm_sign_up("grace", stand_in.codes["grace"]).done


def test_codes_may_be_sent_so_often_and_no_more(stand_in: StandIn, session_at: Callable[..., AuthSession]) -> None:
    stand_in.users.add("ada", PASSWORD, email="ada@example.com")
    auth = session_at(stand_in)
    for _ in range(stand_in.settings.limits["ForgotPassword"]):
        auth.forgot_password("ada")
    with pytest.raises(LimitExceeded):
        auth.forgot_password("ada")


def test_a_reset_signs_in(stand_in: StandIn, session_at: Callable[..., AuthSession]) -> None:
    stand_in.users.add("ada", PASSWORD, email="ada@example.com")
    auth = session_at(stand_in)
    auth.forgot_password("ada")
    assert auth.confirm_forgot_password("ada", stand_in.codes["ada"], NEW_PASSWORD).done


def test_a_token_that_was_revoked_elsewhere_ends_the_sign_in_by_the_word_of_the_refresh(
    stand_in: StandIn, session_at: Callable[..., AuthSession]
) -> None:
    stand_in.users.add("ada", PASSWORD, email="ada@example.com")
    here, there = session_at(stand_in), session_at(stand_in)
    for auth in (here, there):
        auth.sign_in("ada", PASSWORD)
    there.sign_out(everywhere=True)
    with pytest.raises(SignInRequired):
        here.get_user_attributes()
    assert here.state is UserState.SIGNED_OUT_USER_POOLS_TOKENS_INVALID


def test_a_user_who_is_deleted_is_signed_out_and_gone(
    stand_in: StandIn, session_at: Callable[..., AuthSession]
) -> None:
    stand_in.users.add("ada", PASSWORD, email="ada@example.com")
    auth = session_at(stand_in)
    auth.sign_in("ada", PASSWORD)
    auth.delete_user()
    assert (auth.state, "ada" in stand_in.users) == (UserState.SIGNED_OUT, False)
