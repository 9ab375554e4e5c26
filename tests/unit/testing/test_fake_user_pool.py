"""A fake user pool decides as Cognito does, beyond what the contract tests ask of it."""

from datetime import timedelta
from typing import Any

import pytest

from nbauth.core.challenges import Challenge
from nbauth.core.freshness import Freshness
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.tokens import TokenSet
from nbauth.errors import ChallengeExpired, CodeMismatch, InvalidPassword, NotAuthorized, RefreshRefused, Rejected
from nbauth.ports import Credential
from nbauth.testing import FakeClock, FakeUserPool, totp

PASSWORD = Secret("Correct-Horse-7")


@pytest.fixture
def pool(clock: FakeClock) -> FakeUserPool:
    pool = FakeUserPool(clock, lifetime=timedelta(minutes=5))
    pool.add_user("ada", PASSWORD.reveal())
    pool.add_user("bob", PASSWORD.reveal(), temporary=True)
    pool.add_user("dora", PASSWORD.reveal(), phone_number="+********12")
    return pool


def sign_in(pool: FakeUserPool, username: str = "ada") -> Any:
    return pool.initiate_auth(Credential(username, PASSWORD))


def test_tokens_live_as_long_as_was_chosen(pool: FakeUserPool, clock: FakeClock) -> None:
    given = sign_in(pool)
    assert given.freshness(clock.now()) is Freshness.FRESH
    clock.advance(timedelta(minutes=5))
    assert given.freshness(clock.now()) is Freshness.EXPIRED


def test_a_code_comes_by_text_message(pool: FakeUserPool) -> None:
    challenge = sign_in(pool, "dora")
    assert challenge.name == "SMS_MFA"
    assert challenge.hint == "We sent a code by text message to +********12."
    with pytest.raises(CodeMismatch):
        pool.respond(challenge, {"code": "wrong"})
    assert isinstance(pool.respond(challenge, {"code": pool.sent_codes["dora"]}), TokenSet)


def test_a_code_is_sent_anew(pool: FakeUserPool) -> None:
    first = sign_in(pool, "dora")
    old = pool.sent_codes["dora"]
    again = pool.resend(first)
    assert isinstance(again, Challenge)
    assert pool.sent_codes["dora"] != old
    assert isinstance(pool.respond(again, {"code": pool.sent_codes["dora"]}), TokenSet)
    with pytest.raises(Rejected):
        pool.resend(sign_in(pool, "bob"))


def test_somebody_with_two_second_factors_chooses_and_may_choose_again(pool: FakeUserPool) -> None:
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    pool.add_user("erin", PASSWORD.reveal(), phone_number="+********34", totp_secret=secret)
    choice = sign_in(pool, "erin")
    assert choice.offered == ("SOFTWARE_TOKEN_MFA", "SMS_MFA")
    code = pool.respond(choice, {"answer": "SMS_MFA"})
    assert code.alternatives == (("SOFTWARE_TOKEN_MFA", "Authenticator app"),)
    app = pool.respond(code, {"method": "SOFTWARE_TOKEN_MFA"})
    assert isinstance(pool.respond(app, {"code": totp(secret, pool.clock.now())}), TokenSet)
    with pytest.raises(Rejected, match="none of those offered"):
        pool.respond(sign_in(pool, "erin"), {"answer": "EMAIL_OTP"})


def test_somebody_who_must_have_a_second_factor_sets_one_up(pool: FakeUserPool) -> None:
    pool.add_user("fay", PASSWORD.reveal(), must_set_up_mfa=True)
    setup = sign_in(pool, "fay")
    assert setup.name == "MFA_SETUP"
    secret = setup.totp_secret.reveal()
    assert f"secret={secret}" in setup.totp_uri.reveal()
    with pytest.raises(CodeMismatch):
        pool.respond(setup, {"code": "wrong"})
    assert isinstance(pool.respond(setup, {"code": totp(secret, pool.clock.now())}), TokenSet)
    assert sign_in(pool, "fay").name == "SOFTWARE_TOKEN_MFA"


def test_a_sign_in_may_begin_with_a_choice(pool: FakeUserPool) -> None:
    pool.add_user("gina", PASSWORD.reveal(), email="gina@example.com")
    choice = pool.initiate_auth(Credential("gina", auth_flow="USER_AUTH"))
    assert isinstance(choice, Challenge)
    assert choice.offered == ("PASSWORD", "PASSWORD_SRP", "EMAIL_OTP")
    chosen = pool.respond(choice, {"answer": "PASSWORD_SRP"})
    assert isinstance(chosen, Challenge)
    with pytest.raises(NotAuthorized):
        pool.respond(chosen, {"password": "wrong"})
    assert isinstance(pool.respond(chosen, {"password": PASSWORD}), TokenSet)
    code = pool.initiate_auth(Credential("gina", preferred_challenge="EMAIL_OTP"))
    assert isinstance(code, Challenge)
    assert isinstance(pool.respond(code, {"code": pool.sent_codes["gina"]}), TokenSet)


def test_a_device_that_the_pool_remembers_stands_for_a_second_factor(clock: FakeClock) -> None:
    pool = FakeUserPool(clock, knows_devices=True)
    pool.add_user("dora", PASSWORD.reveal(), phone_number="+********12")
    challenge = sign_in(pool, "dora")
    made = pool.respond(challenge, {"code": pool.sent_codes["dora"]})
    assert isinstance(made, TokenSet)
    assert made.device is not None
    with_device = Credential("dora", PASSWORD, device=made.device)
    assert isinstance(pool.initiate_auth(with_device), Challenge)
    dora = pool.people[0]
    dora.devices[made.device.key] = (dora.devices[made.device.key][0], True)
    again = pool.initiate_auth(with_device)
    assert isinstance(again, TokenSet)
    assert (again.device, again.device_gone) == (None, False)
    dora.devices.clear()
    challenge = pool.initiate_auth(with_device)
    assert isinstance(challenge, Challenge)
    replaced = pool.respond(challenge, {"code": pool.sent_codes["dora"]})
    assert isinstance(replaced, TokenSet)
    assert replaced.device_gone
    assert replaced.device not in (None, made.device)


def test_a_challenge_is_answered_once(pool: FakeUserPool) -> None:
    challenge = sign_in(pool, "dora")
    pool.respond(challenge, {"code": pool.sent_codes["dora"]})
    with pytest.raises(ChallengeExpired):
        pool.respond(challenge, {"code": pool.sent_codes["dora"]})


def test_a_challenge_ends_after_three_minutes(pool: FakeUserPool, clock: FakeClock) -> None:
    challenge = sign_in(pool, "dora")
    clock.advance(timedelta(minutes=3))
    with pytest.raises(ChallengeExpired):
        pool.respond(challenge, {"code": pool.sent_codes["dora"]})


def test_a_forged_challenge_is_refused(pool: FakeUserPool) -> None:
    with pytest.raises(ChallengeExpired):
        pool.respond(Challenge("SMS_MFA", "dora", Secret("forged")), {"code": "000001"})


def test_a_new_password_must_fit_the_rules(pool: FakeUserPool) -> None:
    challenge = sign_in(pool, "bob")
    with pytest.raises(InvalidPassword):
        pool.respond(challenge, {"new_password": "short"})
    assert isinstance(pool.respond(challenge, {"new_password": "long enough"}), TokenSet)


def test_with_rotation_a_refresh_token_is_good_once(clock: FakeClock) -> None:
    pool = FakeUserPool(clock, rotates=True)
    pool.add_user("ada", PASSWORD.reveal())
    record = Record("ada", refresh_token=sign_in(pool).refresh_token)
    renewed = pool.refresh(record)
    assert renewed.refresh_token != record.refresh_token
    with pytest.raises(RefreshRefused):
        pool.refresh(record)
