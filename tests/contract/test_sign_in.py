"""Signing in through every challenge, against the strict stand-in, with and without a client secret."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbauth.cognito.client import Clients
from nbauth.cognito.user_pool import CognitoUserPool
from nbauth.core.challenges import Challenge
from nbauth.core.config import AuthConfig
from nbauth.core.device import RememberedDevice
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.tokens import TokenSet
from nbauth.errors import (
    ChallengeExpired,
    CodeMismatch,
    ConfigError,
    InvalidPassword,
    NotAuthorized,
    RefreshRefused,
    Rejected,
)
from nbauth.ports import Credential
from nbauth.runtime import SystemClock
from nbauth.testing import AppClient, StandIn, totp
from nbauth.testing.stand_in.settings import DeviceTracking
from nbauth.testing.stand_in.triggers import CustomChallenge

PASSWORD = "Correct-Horse-7"
APP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
EMAIL = "ada@example.com"
ALL_FLOWS = frozenset({"USER_SRP_AUTH", "USER_PASSWORD_AUTH", "USER_AUTH", "CUSTOM_AUTH", "REFRESH_TOKEN_AUTH"})
OLD_SECRET, NEW_SECRET = "a1b2c3d4e5" * 5, "f6g7h8i9j0" * 5
PASSWORDLESS = Credential("ada", auth_flow="USER_AUTH")
ADA = Credential("ada", Secret(PASSWORD))

names = st.text(st.characters(codec="utf-8", categories=["L", "M", "S", "N", "P"]), min_size=1, max_size=40)
passwords = names | st.sampled_from(["0007:Aa-", ":" * 8, "ünï:çødé-7", "密码密码密码密码"])


@dataclass(frozen=True)
class Person:
    """Somebody at a pool that is the stand-in's, with the adapter between."""

    cognito: StandIn
    users: CognitoUserPool

    def begins(self, credential: Credential = ADA) -> Any:
        return self.users.initiate_auth(credential)

    def answers(self, challenge: Any, **answers: str | Secret) -> Any:
        return self.users.respond(challenge, answers)

    def app_code(self, secret: str = APP_SECRET) -> str:
        return totp(secret, self.cognito.clock.now())

    def calls(self) -> list[str]:
        return [call.operation for call in self.cognito.calls]


@pytest.fixture(params=["public", "with a secret"])
def person(request: pytest.FixtureRequest, stand_in: StandIn) -> Person:
    secret = None if request.param == "public" else "a1b2c3d4e5" * 5
    client = stand_in.add_client(AppClient(secret=secret, flows=ALL_FLOWS))
    stand_in.users.add("ada", PASSWORD, email=EMAIL)
    config = AuthConfig(**stand_in.config_of(client))
    return Person(stand_in, CognitoUserPool(config, Clients(config), SystemClock()))


# -- passwords


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_PASSWORD_AUTH", "USER_AUTH"])
@pytest.mark.parametrize("username", ["ada", EMAIL])
@pytest.mark.parametrize("password", [PASSWORD, "ünïcødé:密码 7A", "0007:0007-Aa"])
def test_a_password_signs_in_in_every_flow(flow: str, username: str, password: str, person: Person) -> None:
    person.cognito.settings.first_factors = frozenset({"PASSWORD"})
    person.cognito.users.add("ada", password, email=EMAIL)
    tokens = person.begins(Credential(username, Secret(password), auth_flow=flow))
    assert isinstance(tokens, TokenSet)
    assert tokens.username == "ada"
    with pytest.raises(NotAuthorized):
        person.begins(Credential(username, Secret(f"{password}x"), auth_flow=flow))


@pytest.mark.parametrize("username", ["Zoë:Müller", "0042", "王"])
def test_a_user_may_be_called_anything(username: str, person: Person) -> None:
    person.cognito.users.add(username, PASSWORD)
    assert person.begins(Credential(username, Secret(PASSWORD))).username == username


def test_a_pool_that_minds_no_case_gives_the_real_name_back(person: Person) -> None:
    person.cognito.settings.case_sensitive = False
    assert person.begins(Credential("ADA", Secret(PASSWORD))).username == "ada"


def test_a_client_that_allows_only_choice_is_signed_in_to_all_the_same(person: Person) -> None:
    for client in person.cognito._pool.clients.values():
        client.flows = frozenset({"USER_AUTH"})
    assert isinstance(person.begins(), TokenSet)
    for client in person.cognito._pool.clients.values():
        client.flows = frozenset({"USER_PASSWORD_AUTH"})
    with pytest.raises(ConfigError, match="auth_flow"):
        person.begins()


def test_a_temporary_password_asks_for_the_attributes_that_are_missing_only(person: Person) -> None:
    person.cognito.users.required_attributes = ("email", "given_name")
    person.cognito.users.add("bob", PASSWORD, temporary=True, email="bob@example.com")
    challenge = person.begins(Credential("bob", Secret(PASSWORD)))
    assert [field.name for field in challenge.fields] == ["new_password", "userAttributes.given_name"]
    given = {"userAttributes.given_name": "Bob"}
    with pytest.raises(InvalidPassword):
        person.answers(challenge, new_password="short", **given)
    assert isinstance(person.answers(challenge, new_password="Brand-New-Saddle-7", **given), TokenSet)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(username=names, password=passwords)
def test_any_name_and_password_that_a_pool_takes_are_proved_to_it(username: str, password: str, person: Person) -> None:
    person.cognito.settings.devices = DeviceTracking()
    person.cognito.users.add(username, password)
    credential = Credential(username, Secret(password))
    first = person.begins(credential)
    assert (first.username, first.device.username) == (username, username)
    again = person.begins(replace(credential, device=first.device))
    assert (again.username, again.device, again.device_gone) == (username, None, False)
    with pytest.raises(NotAuthorized):
        person.begins(replace(credential, password=Secret(f"{password}x")))


# -- secrets of the app client


@pytest.fixture
def person_with(stand_in: StandIn) -> Callable[[str | None], Person]:
    """Makes somebody whose settings have one client secret, at an app client that has two."""
    client = stand_in.add_client(AppClient(secret=OLD_SECRET, second_secret=NEW_SECRET, flows=ALL_FLOWS))
    stand_in.users.add("ada", PASSWORD, email=EMAIL, totp_secret=APP_SECRET)

    def make(secret: str | None) -> Person:
        config = AuthConfig(**stand_in.config_of(client) | {"client_secret": secret})
        return Person(stand_in, CognitoUserPool(config, Clients(config), SystemClock()))

    return make


@pytest.mark.parametrize("username", ["ada", EMAIL])
@pytest.mark.parametrize("secret", [OLD_SECRET, NEW_SECRET])
def test_either_secret_of_a_client_that_has_two_is_good_hashed_and_as_it_is(
    secret: str, username: str, person_with: Callable[[str | None], Person]
) -> None:
    person = person_with(secret)
    challenge = person.begins(Credential(username, Secret(PASSWORD)))
    tokens = person.answers(challenge, code=person.app_code())
    record = Record("ada", tokens.sub, tokens.issuer, tokens.refresh_token)
    assert isinstance(person.users.refresh(record), TokenSet)
    person.users.revoke(tokens.refresh_token)
    with pytest.raises(RefreshRefused):
        person.users.refresh(record)


def test_a_sign_in_outlives_the_change_of_the_client_secret(person_with: Callable[[str | None], Person]) -> None:
    before, after = person_with(OLD_SECRET), person_with(NEW_SECRET)
    tokens = before.answers(before.begins(), code=before.app_code())
    assert isinstance(after.users.refresh(Record("ada", tokens.sub, tokens.issuer, tokens.refresh_token)), TokenSet)


@pytest.mark.parametrize("secret", [None, "z9y8x7w6v5" * 5])
def test_a_secret_that_is_not_or_no_longer_the_clients_is_a_setting_to_correct(
    secret: str | None, person_with: Callable[[str | None], Person]
) -> None:
    good, bad = person_with(NEW_SECRET), person_with(secret)
    tokens = good.answers(good.begins(), code=good.app_code())
    record = Record("ada", tokens.sub, tokens.issuer, tokens.refresh_token)
    for attempt in (bad.begins, lambda: bad.users.refresh(record), lambda: bad.users.revoke(tokens.refresh_token)):
        with pytest.raises(ConfigError, match="client_secret"):
            attempt()
    assert isinstance(good.users.refresh(record), TokenSet)


# -- how long a challenge lasts


def test_how_long_a_challenge_is_good_is_the_pools_to_say(person: Person) -> None:
    for client in person.cognito._pool.clients.values():
        client.session_lifetime = timedelta(minutes=15)
    person.cognito.users.add("ada", PASSWORD, phone_number="+15555550100")
    challenge = person.begins()
    assert challenge.expires_at <= SystemClock().now() + timedelta(minutes=3)
    person.cognito.clock.advance(timedelta(minutes=14))
    assert isinstance(person.answers(challenge, code=person.cognito.codes["ada"]), TokenSet)


# -- choosing


def test_who_does_not_say_how_chooses(person: Person) -> None:
    person.cognito.settings.first_factors = frozenset({"PASSWORD", "EMAIL_OTP"})
    choice = person.begins(PASSWORDLESS)
    assert choice.fields[0].choices == (("PASSWORD_SRP", "Password"), ("EMAIL_OTP", "E-mail"))
    code = person.answers(choice, answer="EMAIL_OTP")
    assert code.name == "EMAIL_OTP"
    with pytest.raises(CodeMismatch):
        person.answers(code, code="00000000" if person.cognito.codes["ada"] != "00000000" else "11111111")
    assert isinstance(person.answers(code, code=person.cognito.codes["ada"]), TokenSet)


def test_a_preferred_code_is_sent_at_once_and_may_be_sent_anew(person: Person) -> None:
    person.cognito.settings.first_factors = frozenset({"PASSWORD", "EMAIL_OTP"})
    first = person.begins(replace(PASSWORDLESS, preferred_challenge="EMAIL_OTP"))
    old = person.cognito.codes["ada"]
    again = person.users.resend(first)
    assert isinstance(again, Challenge)
    assert person.cognito.codes["ada"] != old
    assert isinstance(person.answers(again, code=person.cognito.codes["ada"]), TokenSet)


def test_a_code_may_give_way_to_the_password(person: Person) -> None:
    person.cognito.settings.first_factors = frozenset({"PASSWORD", "EMAIL_OTP"})
    code = person.answers(person.begins(PASSWORDLESS), answer="EMAIL_OTP")
    assert code.alternatives == (("PASSWORD_SRP", "Password"),)
    chosen = person.answers(code, method="PASSWORD_SRP")
    assert isinstance(person.answers(chosen, password=PASSWORD), TokenSet)


# -- questions of the pool's own


@pytest.mark.parametrize("password", [None, Secret(PASSWORD)])
@pytest.mark.parametrize("name", ["CUSTOM_CHALLENGE", "A_CHALLENGE_OF_TOMORROW"])
def test_questions_of_the_pools_own_are_asked_one_by_one(name: str, password: Secret | None, person: Person) -> None:
    person.cognito.triggers.custom = [
        CustomChallenge("blue", {"question": "Which colour?"}, name=name),
        CustomChallenge("an echo", {"question": "What speaks last?"}),
    ]
    first = person.begins(Credential("ada", password, auth_flow="CUSTOM_AUTH"))
    assert (first.name, first.hint) == (name, "question: Which colour?")
    first = person.answers(first, answer="red")
    assert first.hint == "question: Which colour?"
    second = person.answers(first, answer="blue")
    assert second.hint == "question: What speaks last?"
    assert isinstance(person.answers(second, answer="an echo"), TokenSet)


def test_too_many_wrong_answers_are_the_end(person: Person) -> None:
    person.cognito.triggers.custom = [CustomChallenge("blue", tries=1)]
    challenge = person.begins(Credential("ada", auth_flow="CUSTOM_AUTH"))
    with pytest.raises(NotAuthorized):
        person.answers(challenge, answer="red")
    with pytest.raises(Rejected):
        person.answers(challenge, answer="blue")


# -- second factors


def test_an_authenticator_app_is_set_up_on_the_way_and_asked_for_from_then_on(person: Person) -> None:
    person.cognito.settings.mfa = "ON"
    person.cognito.settings.second_factors = frozenset({"SOFTWARE_TOKEN_MFA"})
    setup = person.begins()
    assert setup.name == "MFA_SETUP"
    secret = setup.totp_secret.reveal()
    assert f"secret={secret}" in setup.totp_uri.reveal()
    code = person.app_code(secret)
    with pytest.raises(CodeMismatch):
        person.answers(setup, code="000000" if code != "000000" else "000001")
    assert isinstance(person.answers(setup, code=code), TokenSet)
    person.cognito.clock.advance(timedelta(seconds=30))
    challenge = person.begins()
    assert challenge.name == "SOFTWARE_TOKEN_MFA"
    assert isinstance(person.answers(challenge, code=person.app_code(secret)), TokenSet)


def test_an_address_is_set_up_on_the_way_after_another_choice(person: Person) -> None:
    person.cognito.settings.mfa = "ON"
    choice = person.begins()
    assert sorted(name for name, _ in choice.fields[0].choices) == ["EMAIL_OTP", "SOFTWARE_TOKEN_MFA"]
    app = person.answers(choice, answer="SOFTWARE_TOKEN_MFA")
    assert app.totp_secret
    mail = person.answers(app, method="EMAIL_OTP")
    code = person.answers(mail, email="new@example.com")
    assert code.name == "EMAIL_OTP"
    code = person.users.resend(code)
    assert isinstance(person.answers(code, code=person.cognito.codes["ada"]), TokenSet)
    assert person.cognito.users["ada"].attributes["email"] == "new@example.com"


def test_another_way_that_is_none_is_refused_before_it_is_asked_for(person: Person) -> None:
    person.cognito.settings.mfa = "ON"
    mail = person.answers(person.begins(), answer="E-mail")
    before = person.calls()
    with pytest.raises(Rejected, match=r"none of those offered: SOFTWARE_TOKEN_MFA \(Authenticator app\)") as caught:
        person.answers(mail, method="TOTP")
    assert not isinstance(caught.value, ChallengeExpired)
    assert person.calls() == before
    assert person.answers(mail, method="Authenticator app").totp_secret


def test_a_phone_number_cannot_be_set_up_and_that_is_said(person: Person) -> None:
    person.cognito.settings.mfa = "ON"
    person.cognito.settings.second_factors = frozenset({"SMS_MFA"})
    with pytest.raises(ConfigError, match="phone number"):
        person.begins()


# -- devices


@pytest.fixture
def known(person: Person) -> Callable[[], RememberedDevice]:
    """Signs in, so that the machine becomes a device."""
    person.cognito.settings.devices = DeviceTracking()

    def sign_in() -> RememberedDevice:
        device = person.begins().device
        assert isinstance(device, RememberedDevice)
        return device

    return sign_in


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_PASSWORD_AUTH", "USER_AUTH"])
def test_a_device_is_made_known_and_proves_itself_at_the_next_sign_in(
    flow: str, person: Person, known: Callable[[], RememberedDevice]
) -> None:
    device = known()
    assert person.calls()[-1] == "ConfirmDevice"
    assert set(person.cognito.users["ada"].devices) == {device.key}
    tokens = person.begins(replace(ADA, device=device, auth_flow=flow))
    assert (tokens.device, tokens.device_gone) == (None, False)
    assert person.calls()[-1] == "RespondToAuthChallenge"
    assert set(person.cognito.users["ada"].devices) == {device.key}


def test_a_remembered_device_is_asked_for_no_code(person: Person, known: Callable[[], RememberedDevice]) -> None:
    device = known()
    person.cognito.users["ada"].attributes |= {"phone_number": "+15555550100", "phone_number_verified": "true"}
    person.cognito.users["ada"].sms_mfa = True
    assert person.begins().name == "SMS_MFA"
    assert isinstance(person.begins(replace(ADA, device=device)), TokenSet)


def test_a_device_proves_itself_after_a_code(person: Person, known: Callable[[], RememberedDevice]) -> None:
    device = known()
    person.cognito.settings.devices = DeviceTracking(replaces_second_factor=False)
    person.cognito.users["ada"].attributes |= {"phone_number": "+15555550100", "phone_number_verified": "true"}
    person.cognito.users["ada"].sms_mfa = True
    challenge = person.begins(replace(ADA, device=device))
    assert challenge.name == "SMS_MFA"
    tokens = person.answers(challenge, code=person.cognito.codes["ada"])
    assert isinstance(tokens, TokenSet)
    assert not tokens.device_gone


def test_a_device_is_known_under_an_alias_too(person: Person, known: Callable[[], RememberedDevice]) -> None:
    device = known()
    tokens = person.begins(Credential(EMAIL, Secret(PASSWORD), device=device))
    assert tokens.device is None
    assert set(person.cognito.users["ada"].devices) == {device.key}


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_PASSWORD_AUTH", "USER_AUTH"])
def test_a_device_that_was_forgotten_is_replaced(
    flow: str, person: Person, known: Callable[[], RememberedDevice]
) -> None:
    device = known()
    person.cognito.users["ada"].devices.clear()
    tokens = person.begins(replace(ADA, device=device, auth_flow=flow))
    assert tokens.device_gone
    assert tokens.device.key != device.key


def test_a_device_whose_password_got_lost_is_replaced(person: Person, known: Callable[[], RememberedDevice]) -> None:
    device = replace(known(), password=Secret("another"))
    tokens = person.begins(replace(ADA, device=device))
    assert tokens.device_gone
    assert tokens.device.key != device.key


def test_a_sign_in_from_a_device_is_renewed_from_it(person: Person, known: Callable[[], RememberedDevice]) -> None:
    device = known()
    tokens = person.begins(replace(ADA, device=device))
    record = Record("ada", tokens.sub, tokens.issuer, tokens.refresh_token, device=device)
    assert isinstance(person.users.refresh(record), TokenSet)
