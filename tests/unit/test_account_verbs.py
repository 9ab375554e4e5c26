"""The verbs about a user's account: what they keep, when they sign in by themselves, and what they ask twice."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from nbauth.auth_session import AuthSession
from nbauth.core.account import MfaPreference
from nbauth.core.results import SignInResult
from nbauth.core.secret import Secret
from nbauth.core.user_state import UserState
from nbauth.errors import (
    AccessTokenRefused,
    AliasExists,
    ChallengeExpired,
    CodeDeliveryFailure,
    CodeMismatch,
    ConfigError,
    ExpiredCode,
    InvalidPassword,
    NotAuthorized,
    PasswordResetRequired,
    Rejected,
    ServiceUnavailable,
    SignInReleased,
    SignInRequired,
    UsernameExists,
    UserNotConfirmed,
    UserNotFound,
)
from nbauth.ports import Credential
from nbauth.testing import FakeUserAccounts, totp

IN_TIME = 20
NEW_PASSWORD = "Brand-New-Saddle-7"
HEDY = {"email": "hedy@example.com"}
OFFLINE = ServiceUnavailable("no network", reason="offline")
REVOKED = AccessTokenRefused("The sign-in has ended", code="NotAuthorizedException")


@pytest.fixture
def accounts(users):
    return FakeUserAccounts(users)


@pytest.fixture
def ports(ports, accounts):
    return replace(ports, accounts=accounts)


@pytest.fixture
def ada(session, password):
    session.sign_in("ada", password)
    return session


def kept_of(session):
    return session._ready().newcomer.means_of("hedy")


# Signing up.


def test_whoever_confirms_an_account_is_signed_in_without_typing_again(session, users, password):
    session.sign_up("hedy", password, attributes=HEDY)
    result = session.confirm_sign_up("hedy", users.sent_codes["hedy"])
    assert (result.confirmed, result.done, result.sign_in, result.error) == (True, True, SignInResult(), None)
    assert (session.state, session.username) == (UserState.SIGNED_IN, "hedy")
    assert kept_of(session).password is None


def test_a_code_may_be_typed_with_spaces(session, users, password):
    session.sign_up(" hedy ", password, attributes=HEDY)
    code = users.sent_codes["hedy"]
    assert session.confirm_sign_up("hedy", f" {code[:3]} {code[3:]}\n").done


def test_what_the_pool_gives_for_the_purpose_comes_before_the_password(session, users, accounts, password):
    accounts._admits = True
    session.sign_up("hedy", None, attributes=HEDY)
    assert session.confirm_sign_up("hedy", users.sent_codes["hedy"]).done
    assert users.calls == ["initiate_auth"]


def test_where_that_is_refused_the_password_signs_in(session, users, accounts, password):
    accounts._admits = True
    session.sign_up("hedy", password, attributes=HEDY)
    users.fail_next(ConfigError("USER_AUTH is not enabled"), on="initiate_auth")
    assert session.confirm_sign_up("hedy", users.sent_codes["hedy"]).done
    assert users.calls == ["initiate_auth"] * 2


def test_a_sign_up_session_that_has_ended_does_not_spoil_the_code(session, users, accounts, password):
    accounts._admits = True
    session.sign_up("hedy", password, attributes=HEDY)
    accounts.fail_next(ChallengeExpired("too late"), on="confirm_sign_up")
    assert session.confirm_sign_up("hedy", users.sent_codes["hedy"]).done
    assert accounts.calls == ["sign_up", "confirm_sign_up", "confirm_sign_up"]


def test_a_pool_that_asks_for_no_code_signs_in_at_once(session, accounts, password):
    accounts._confirms_at_once = True
    result = session.sign_up("hedy", password)
    assert (result.confirmed, result.done, result.delivery) == (True, True, None)
    assert session.username == "hedy"


def test_nobody_is_signed_in_over_somebody_else(ada, users, password):
    ada.sign_up("hedy", password, attributes=HEDY)
    result = ada.confirm_sign_up("hedy", users.sent_codes["hedy"])
    assert (result.confirmed, result.done, result.next_step) == (True, False, "sign_in")
    assert ada.username == "ada"


def test_where_nothing_is_known_to_sign_in_with_that_comes_next(session, users, accounts, password):
    accounts.sign_up("hedy", Secret(password), HEDY)
    result = session.confirm_sign_up("hedy", users.sent_codes["hedy"])
    assert (result.confirmed, result.next_step, result.error) == (True, "sign_in", None)
    assert session.sign_in("hedy", password).done


@pytest.mark.parametrize("forget", ["sign_out", "cancel_sign_in"])
def test_a_sign_out_or_a_cancel_drops_the_password(session, users, password, forget):
    session.sign_up("hedy", password, attributes=HEDY)
    assert kept_of(session).password is not None
    getattr(session, forget)()
    assert kept_of(session).password is None
    assert session.confirm_sign_up("hedy", users.sent_codes["hedy"]).next_step == "sign_in"


def test_time_drops_the_password(session, users, password, clock):
    session.sign_up("hedy", password, attributes=HEDY)
    clock.advance(timedelta(minutes=10))
    assert session.confirm_sign_up("hedy", users.sent_codes["hedy"]).next_step == "sign_in"


def test_a_refused_sign_up_keeps_nothing(session, password):
    with pytest.raises(UsernameExists):
        session.sign_up("ada", password)
    with pytest.raises(InvalidPassword):
        session.sign_up("hedy", "short")
    assert session._ready().newcomer.means_of("ada") == kept_of(session)
    assert kept_of(session).password is None


def test_a_code_that_could_not_be_sent_is_asked_for_again_and_the_password_is_still_known(session, accounts, password):
    accounts.fail_next(CodeDeliveryFailure("no mail"), on="sign_up")
    with pytest.raises(CodeDeliveryFailure):
        session.sign_up("hedy", password, attributes=HEDY)
    assert kept_of(session).password is not None


def test_a_wrong_code_keeps_the_password(session, users, password):
    session.sign_up("hedy", password, attributes=HEDY)
    with pytest.raises(CodeMismatch):
        session.confirm_sign_up("hedy", "999999")
    assert session.confirm_sign_up("hedy", users.sent_codes["hedy"]).done


def test_a_sign_in_that_cannot_be_reached_after_a_confirmation_is_told_and_not_raised(session, users, password):
    session.sign_up("hedy", password, attributes=HEDY)
    users.fail_next(OFFLINE, on="initiate_auth")
    result = session.confirm_sign_up("hedy", users.sent_codes["hedy"])
    assert (result.confirmed, result.next_step, result.error) == (True, "sign_in", OFFLINE)


def test_an_account_that_was_confirmed_by_a_link_is_signed_in_to(session, users, password):
    session.sign_up("hedy", password, attributes=HEDY)
    next(user for user in users.people if user.username == "hedy").confirmed = True
    assert session.confirm_sign_up("hedy", "000000").done


def test_a_sign_in_that_runs_into_the_confirmation_goes_on_after_it(session, users, accounts, password):
    accounts.sign_up("hedy", Secret(password), HEDY)
    with pytest.raises(UserNotConfirmed):
        session.sign_in("hedy", password)
    session.resend_sign_up_code("hedy")
    assert session.confirm_sign_up("hedy", users.sent_codes["hedy"]).done


def test_an_alias_is_taken_over_on_purpose_only(session, users, password):
    session.sign_up("hedy", password, attributes={"email": "ada@example.com"})
    code = users.sent_codes["hedy"]
    with pytest.raises(AliasExists):
        session.confirm_sign_up("hedy", code)
    assert session.confirm_sign_up("hedy", code, take_over_alias=True).done
    assert users.named("ada@example.com").username == "hedy"


@pytest.mark.parametrize("username", ["", "  "])
def test_an_empty_name_is_refused_before_anybody_is_asked(session, accounts, username, password):
    for verb in (
        lambda: session.sign_up(username, password),
        lambda: session.confirm_sign_up(username, "123456"),
        lambda: session.resend_sign_up_code(username),
        lambda: session.forgot_password(username),
        lambda: session.confirm_forgot_password(username, "123456", password),
    ):
        with pytest.raises(Rejected, match="user name is empty"):
            verb()
    assert accounts.calls == []


def test_an_empty_code_is_refused_before_anybody_is_asked(ada, accounts, password):
    for verb in (
        lambda: ada.confirm_sign_up("hedy", " "),
        lambda: ada.confirm_forgot_password("hedy", "", password),
        lambda: ada.confirm_user_attribute("email", ""),
        lambda: ada.verify_totp(" \t"),
    ):
        with pytest.raises(Rejected, match="code is empty"):
            verb()
    assert accounts.calls == []


@pytest.mark.parametrize(
    ("verb", "complaint"),
    [
        (lambda auth: auth.sign_up(None, "x"), "The user name is text"),
        (lambda auth: auth.sign_up("hedy", "x", attributes=5), "attributes is a mapping"),
        (lambda auth: auth.sign_up("hedy", "x", attributes={"age": 5}), "'age' in attributes is text"),
        (lambda auth: auth.confirm_sign_up("hedy", 123456), "leading zeros count"),
        (lambda auth: auth.confirm_sign_up(5, "123456"), "The user name is text"),
        (lambda auth: auth.resend_sign_up_code(5), "The user name is text"),
        (lambda auth: auth.forgot_password(b"hedy"), "The user name is text"),
        (lambda auth: auth.confirm_forgot_password("hedy", 123456, "x"), "leading zeros count"),
        (lambda auth: auth.confirm_user_attribute("email", 123456), "leading zeros count"),
        (lambda auth: auth.verify_totp(123456), "leading zeros count"),
        (lambda auth: auth.update_user_attributes([("name", "Ada")]), "attributes is a mapping"),
        (lambda auth: auth.delete_user_attributes(5), "The names are a list"),
    ],
)
def test_what_is_of_a_wrong_type_is_refused_before_anybody_is_asked(ada, accounts, verb, complaint):
    with pytest.raises(Rejected, match=complaint):
        verb(ada)
    assert accounts.calls == []


@pytest.mark.parametrize("preferred", ["SOFTWARE_TOKEN_MFA", "TOTP"])
def test_a_second_step_that_there_is_not_cannot_be_preferred(ada, preferred):
    with pytest.raises(Rejected, match="preferred is one of totp, sms and email"):
        ada.set_mfa_preference(preferred=preferred)


# Passwords.


def test_a_reset_signs_in_with_the_new_password(session, users, password):
    session.forgot_password("ada")
    result = session.confirm_forgot_password("ada", users.sent_codes["ada"], NEW_PASSWORD)
    assert (result.done, result.next_step, session.username) == (True, "", "ada")


def test_a_sign_in_that_runs_into_a_reset_goes_on_after_it(session, users, password):
    users.named("ada").must_reset = True
    with pytest.raises(PasswordResetRequired):
        session.sign_in("ada", password)
    session.forgot_password("ada")
    assert session.confirm_forgot_password("ada", users.sent_codes["ada"], NEW_PASSWORD).done


def test_a_reset_leads_to_the_second_factor(session, users, password):
    carol = users.named("carol")
    carol.attributes |= {"email": "carol@example.com", "email_verified": "true"}
    session.forgot_password("carol")
    result = session.confirm_forgot_password("carol", users.sent_codes["carol"], NEW_PASSWORD)
    assert (result.next_step, result.challenge.name) == ("confirm_sign_in", "SOFTWARE_TOKEN_MFA")
    assert session.challenge == result.challenge


def test_a_code_is_good_for_an_hour(session, users, clock):
    session.forgot_password("ada")
    clock.advance(timedelta(hours=1))
    with pytest.raises(ExpiredCode):
        session.confirm_forgot_password("ada", users.sent_codes["ada"], NEW_PASSWORD)


# Access tokens.


def test_a_call_waits_for_a_sign_in_and_goes_on(prompt, session, password):
    prompt.does = lambda done, timeout: session.sign_in("ada", password)
    assert session.get_user_attributes()["email"] == "ada@example.com"


def test_a_call_that_does_not_wait_says_so(prompt, session):
    with pytest.raises(SignInRequired):
        session.get_user_attributes(wait=False)
    assert not prompt.asked.is_set()


def test_tokens_that_have_ended_are_renewed_first(ada, users, accounts, clock):
    clock.advance(timedelta(hours=2))
    assert ada.get_user_attributes()["email"] == "ada@example.com"
    assert (users.calls.count("refresh"), accounts.calls) == (1, ["get_account"])


@pytest.mark.parametrize(
    "refusal",
    [REVOKED, UserNotFound("gone"), PasswordResetRequired("reset"), UserNotConfirmed("not yet")],
    ids=lambda error: type(error).__name__,
)
def test_a_refused_access_token_is_renewed_once_and_asked_with_once_more(ada, users, accounts, refusal):
    before = ada.get_tokens()
    accounts.fail_next(refusal, on="get_account")
    assert ada.get_user_attributes()["email"] == "ada@example.com"
    assert (users.calls.count("refresh"), accounts.calls) == (1, ["get_account"] * 2)
    assert ada.get_tokens() is not before


def test_a_token_that_is_refused_twice_is_an_error(ada, users, accounts):
    for _ in range(2):
        accounts.fail_next(REVOKED, on="get_account")
    with pytest.raises(AccessTokenRefused):
        ada.get_user_attributes()
    assert users.calls.count("refresh") == 1


def test_whether_a_sign_in_lasts_is_for_the_refresh_to_say(ada, users, accounts):
    users.sign_out_everywhere(ada.get_tokens().access_token)
    with pytest.raises(SignInRequired):
        ada.get_user_attributes()
    assert (ada.state, ada.state_reason) == (UserState.SIGNED_OUT_USER_POOLS_TOKENS_INVALID, "refused")
    assert accounts.calls == ["get_account"]


def test_no_network_is_no_reason_to_renew(ada, users, accounts):
    accounts.fail_next(OFFLINE, on="get_account")
    with pytest.raises(ServiceUnavailable):
        ada.get_user_attributes()
    assert "refresh" not in users.calls
    assert ada.is_signed_in


def test_what_was_asked_for_in_one_name_is_never_done_in_another(prompt, ada, users, accounts, password):
    users.sign_out_everywhere(ada.get_tokens().access_token)
    prompt.does = lambda done, timeout: ada.sign_in("dave", password) and ada.confirm_sign_in(users.sent_codes["dave"])
    with pytest.raises(SignInReleased, match="somebody else's name"):
        ada.delete_user()
    assert ada.username == "dave"
    assert users.named("dave") is not None


def test_many_threads_whose_token_is_refused_renew_it_once(ada, users, accounts, in_threads):
    barrier = threading.Barrier(8)
    tokens = ada.get_tokens()
    real, refused = accounts.get_account, []

    def get_account(token):
        if token == tokens.access_token:
            barrier.wait(IN_TIME)
            refused.append(token)
            raise REVOKED
        return real(token)

    accounts.get_account = get_account
    for call in in_threads(ada.get_user_attributes, 8):
        assert call.result(IN_TIME)["email"] == "ada@example.com"
    assert (len(refused), users.calls.count("refresh")) == (8, 1)


def test_requests_run_beside_the_callers_thread(ada, accounts):
    real, seen = accounts.get_account, []
    accounts.get_account = lambda token: seen.append(threading.get_ident()) or real(token)
    ada.get_user_attributes()
    assert seen != [threading.get_ident()]


def test_without_a_user_pool_there_are_no_accounts(nobody_to_ask, config, ports):
    guests = config.replace(user_pool_id=None, client_id=None)
    session = AuthSession(guests, store="memory", ports=replace(ports, user_pool=None, accounts=None))
    with pytest.raises(ConfigError, match="user_pool_id"):
        session.forgot_password("ada")


# Attributes and second factors.


def test_one_attribute_is_deleted_by_its_name(ada):
    ada.update_user_attributes({"given_name": "Ada", "locale": "en"})
    ada.delete_user_attributes("given_name")
    ada.delete_user_attributes(["locale"])
    assert {"given_name", "locale"}.isdisjoint(ada.get_user_attributes())


def test_an_authenticator_app_is_set_up_and_asked_for(ada, clock, password):
    setup = ada.set_up_totp()
    assert (setup.username, setup.replaces_existing) == ("ada", False)
    ada.verify_totp(totp(setup.secret.reveal(), clock.now()), "phone")
    assert ada.set_mfa_preference(totp=True, preferred="totp") == ada.get_mfa_preference()
    assert ada.get_mfa_preference() == MfaPreference(totp=True, preferred="totp")
    ada.sign_out()
    assert ada.sign_in("ada", password).challenge.name == "SOFTWARE_TOKEN_MFA"
    assert ada.confirm_sign_in(totp(setup.secret.reveal(), clock.now())).done
    assert ada.set_up_totp().replaces_existing


def test_what_is_not_named_stays_as_it_is(ada, users):
    users.named("ada").attributes["phone_number"] = "+15550100"
    ada.set_mfa_preference(sms=True, preferred="sms")
    ada.set_mfa_preference(email=True)
    assert ada.get_mfa_preference() == MfaPreference(sms=True, email=True, preferred="sms")


def test_what_cannot_be_is_refused_before_it_is_asked_for(ada, accounts):
    with pytest.raises(Rejected, match="preferred and switched off"):
        ada.set_mfa_preference(totp=False, preferred="totp")
    assert "set_mfa_preference" not in accounts.calls


# The end.


def test_somebody_who_was_deleted_already_is_signed_out(ada, accounts):
    accounts.fail_next(UserNotFound("gone"), on="delete_user")
    ada.delete_user()
    assert ada.state is UserState.SIGNED_OUT


def test_a_deletion_that_was_not_done_leaves_everything_as_it_was(ada, accounts):
    accounts.fail_next(OFFLINE, on="delete_user")
    with pytest.raises(ServiceUnavailable):
        ada.delete_user()
    assert ada.state is UserState.SIGNED_IN


def test_nobody_signs_in_in_order_to_be_deleted(prompt, session):
    with pytest.raises(SignInRequired):
        session.delete_user()
    assert not prompt.asked.is_set()


# Passkeys, sessions, devices.


def test_a_passkey_is_registered_listed_and_deleted(ada):
    options = ada.passkeys.start()
    assert options["user"]["name"] == "ada"
    ada.passkeys.complete({"id": "passkey-1", "type": "public-key"})
    (passkey,) = ada.passkeys.list()
    ada.passkeys.delete(passkey.credential_id)
    assert ada.passkeys.list() == ()


def test_a_passkey_that_nobody_began_is_refused(ada):
    with pytest.raises(ChallengeExpired):
        ada.passkeys.complete({"id": "passkey-1"})


def test_the_sign_in_in_another_place_is_ended_from_here(ada, users, password):
    elsewhere = users.initiate_auth(Credential("ada", Secret(password)))
    here, there = sorted(ada.sessions.list(), key=lambda place: not place.is_current)
    with pytest.raises(Rejected):
        ada.sessions.revoke(here.session_id)
    ada.sessions.revoke(there.session_id)
    assert ada.sessions.list() == (here,)
    with pytest.raises(AccessTokenRefused):
        users.bearer(elsewhere.access_token)


def test_this_machine_is_no_device_of_a_pool_that_knows_none(ada):
    with pytest.raises(Rejected, match=r"does not know this machine.*devices\.list"):
        ada.devices.get()


def test_a_wrong_password_is_no_reason_to_renew(ada, users):
    with pytest.raises(NotAuthorized):
        ada.change_password("Wrong-Horse-7", NEW_PASSWORD)
    assert "refresh" not in users.calls
