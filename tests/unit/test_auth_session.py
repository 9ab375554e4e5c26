"""The session as a notebook uses it: what can be read, what can be watched, what waits, and for whom."""

import asyncio
import copy
import gc
import logging
import math
import pickle
import threading
import weakref
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
import traitlets

from nbauth.auth_session import AuthSession
from nbauth.core.config import AuthConfig
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.user_state import UserState
from nbauth.errors import (
    AlreadySignedIn,
    ChallengeExpired,
    CodeMismatch,
    ConfigError,
    NotAuthorized,
    RefreshRefused,
    Rejected,
    ServiceUnavailable,
    SignInInterrupted,
    SignInReleased,
    SignInRequired,
    SignInTimeout,
    StoreError,
)
from nbauth.ports import Ports
from nbauth.stores.memory import MemoryStore
from nbauth.traits import NbAuth

IN_TIME = 20
OFFLINE = ServiceUnavailable("no network", reason="offline")
NOBODY = {
    "state": UserState.SIGNED_OUT,
    "state_reason": None,
    "is_signed_in": False,
    "has_valid_tokens": False,
    "username": None,
    "user_sub": None,
    "identity_id": None,
    "challenge": None,
    "tokens_expire_at": None,
    "credentials_expire_at": None,
    "online": True,
    "busy": False,
    "error": None,
}
READ_ONLY = list(NOBODY)


def values(session):
    return {name: getattr(session, name) for name in READ_ONLY}


# A whole life.


def test_a_session_is_what_its_traits_say_through_a_whole_life(session, users, password, clock):
    assert values(session) == NOBODY

    with pytest.raises(NotAuthorized) as wrong:
        session.sign_in("dave", "wrong")
    assert values(session) == NOBODY | {"error": wrong.value}

    asked = session.sign_in("dave", password)
    assert values(session) == NOBODY | {"challenge": asked.challenge}

    with pytest.raises(CodeMismatch) as mismatch:
        session.confirm_sign_in("000000")
    assert values(session) == NOBODY | {"challenge": asked.challenge, "error": mismatch.value}

    assert session.confirm_sign_in(users.sent_codes["dave"]).done
    tokens = session.get_tokens()
    signed_in = NOBODY | {
        "state": UserState.SIGNED_IN,
        "is_signed_in": True,
        "has_valid_tokens": True,
        "username": "dave",
        "user_sub": tokens.sub,
        "tokens_expire_at": clock.now() + timedelta(hours=1),
    }
    assert values(session) == signed_in

    keys = session.get_credentials()
    known = {"identity_id": keys.identity_id, "credentials_expire_at": keys.expires_at}
    assert values(session) == signed_in | known

    clock.advance(timedelta(hours=1))
    users.fail_next(OFFLINE, on="refresh")
    with pytest.raises(ServiceUnavailable):
        session.get_tokens(wait=False)
    cut_off = {
        "state": UserState.SIGNED_OUT_USER_POOLS_TOKENS_INVALID,
        "state_reason": "offline",
        "has_valid_tokens": False,
        "tokens_expire_at": None,
        "online": False,
    }
    assert values(session) == signed_in | known | cut_off

    session.sign_out()
    assert values(session) == NOBODY | {"online": False}


def test_busy_is_true_while_a_sign_in_request_is_under_way(session, users, password, in_threads):
    with users.hold_next("initiate_auth") as hold:
        (signing_in,) = in_threads(lambda: session.sign_in("dave", password))
        assert hold.entered.wait(IN_TIME)
        assert session.busy
        assert session.state is UserState.SIGNED_OUT
    signing_in.result(IN_TIME)
    assert not session.busy


@pytest.mark.parametrize("name", READ_ONLY)
def test_what_a_session_says_cannot_be_set(session, name):
    with pytest.raises(traitlets.TraitError, match="read-only"):
        setattr(session, name, None)


def test_how_long_calls_wait_can_be_set_and_is_never_negative(session):
    session.sign_in_wait = 5
    assert session.sign_in_wait == 5
    with pytest.raises(traitlets.TraitError):
        session.sign_in_wait = -1


# Opening.


def test_opening_asks_no_service(session, users, identities):
    values(session)
    repr(session)
    assert users.calls == identities.calls == []


def test_a_kept_sign_in_is_a_sign_in_without_tokens(another, store):
    store.save(Record("ada", "1", "https://issuer", Secret("refresh"), "eu-west-1:1"))
    session = another(store=store)
    assert (session.state, session.username, session.user_sub) == (UserState.SIGNED_IN, "ada", "1")
    assert session.identity_id == "eu-west-1:1"
    assert session.is_signed_in
    assert not session.has_valid_tokens
    assert session.tokens_expire_at is None


def test_a_kept_identity_is_a_guest(another, store, identities):
    store.save(Record(identity_id="eu-west-1:1"))
    session = another(store=store)
    assert (session.state, session.identity_id) == (UserState.GUEST, "eu-west-1:1")
    assert not session.is_signed_in
    assert identities.calls == []


def test_a_refused_sign_in_is_still_refused_after_a_restart(session, another, store, password, end_tokens):
    session.sign_in("ada", password)
    end_tokens(RefreshRefused("over"))
    with pytest.raises(SignInRequired, match="The sign-in of ada has ended"):
        session.get_tokens(wait=False)
    restarted = another(store=store)
    assert restarted.state is UserState.SIGNED_OUT_USER_POOLS_TOKENS_INVALID
    assert (restarted.state_reason, restarted.username) == ("refused", "ada")


@pytest.mark.parametrize("error", [StoreError("it is not whole"), OSError("sentinel")], ids=lambda e: type(e).__name__)
def test_a_store_that_cannot_be_read_means_signed_out_and_is_said_once(session, store, caplog, error):
    store.broken, store.error = {"load"}, error
    with caplog.at_level(logging.DEBUG, logger="nbauth"):
        assert values(session) == NOBODY
        repr(session)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "sentinel" not in caplog.text


def test_a_broken_store_does_not_stop_a_sign_in(session, store, password):
    store.broken = {"load", "save", "forget", "lock"}
    assert session.sign_in("ada", password).done
    assert session.get_tokens(force_refresh=True).username == "ada"
    session.sign_out()
    assert session.state is UserState.SIGNED_OUT


def test_two_threads_open_a_session_once(session, store, in_threads, monkeypatch):
    loads = []
    load = store.load
    monkeypatch.setattr(store, "load", lambda: (loads.append(1), load())[1])
    ready = threading.Barrier(8)

    def look():
        ready.wait(IN_TIME)
        return session.state

    assert {future.result(IN_TIME) for future in in_threads(look, 8)} == {UserState.SIGNED_OUT}
    assert loads == [1]


def test_a_store_that_looks_at_its_session_finds_it_unknown_and_unusable(another, store, monkeypatch):
    seen = []
    session = another(store=store)

    def load():
        seen.append(session.state)
        with pytest.raises(Exception, match="while it is being opened"):
            session.sign_out()

    monkeypatch.setattr(store, "load", load)
    assert session.state is UserState.SIGNED_OUT
    assert seen == [UserState.UNKNOWN]


@pytest.mark.parametrize(
    "verb",
    [
        lambda auth: auth.sign_in("ada", "x"),
        lambda auth: auth.confirm_sign_in("x"),
        lambda auth: auth.cancel_sign_in(),
        lambda auth: auth.get_tokens(),
        lambda auth: auth.get_credentials(),
        lambda auth: auth.get_identity_id(),
        lambda auth: auth.wait_for_sign_in(),
        lambda auth: asyncio.run(auth.signed_in()),
        lambda auth: auth.show_sign_in(),
        lambda auth: auth.status_bar(),
        lambda auth: auth.guest(),
    ],
)
def test_without_pools_the_state_is_unknown_and_verbs_say_what_to_set(nobody_to_ask, verb):
    session = AuthSession(AuthConfig(), store="memory")
    assert session.state is UserState.UNKNOWN
    assert not session.is_signed_in
    with pytest.raises(ConfigError, match="pool"):
        verb(session)
    session.release_sign_in_wait()
    assert session.state is UserState.UNKNOWN


# Signing in.


def test_the_real_name_counts_and_not_the_alias_that_was_typed(session, password):
    assert session.sign_in(" ada@example.com ", Secret(password)).done
    assert session.username == "ada"


@pytest.mark.parametrize("name", ["", "  ", "\n"])
def test_a_sign_in_needs_a_user_name(session, users, name, password):
    with pytest.raises(Rejected, match="user name is empty"):
        session.sign_in(name, password)
    assert users.calls == []


def test_a_sign_in_while_signed_in_says_how_to_switch_and_asks_nobody(session, users, password):
    session.sign_in("ada", password)
    users.calls.clear()
    with pytest.raises(
        AlreadySignedIn, match=r"ada is signed in: call sign_out\(\) first, or .*\(account='another name'\)"
    ):
        session.sign_in("ada", "wrong")
    assert users.calls == []
    assert session.username == "ada"


def test_a_sign_in_may_follow_one_whose_tokens_are_invalid(session, password, end_tokens):
    session.sign_in("ada", password)
    end_tokens(RefreshRefused("over"))
    with pytest.raises(SignInRequired):
        session.get_tokens(wait=False)
    session.sign_in("ada", password)
    assert session.state is UserState.SIGNED_IN
    assert session.state_reason is None


def test_flow_and_metadata_go_to_the_pool(session, users, password, monkeypatch):
    seen = []
    sign_in, respond = users.initiate_auth, users.respond
    monkeypatch.setattr(users, "initiate_auth", lambda credential: (seen.append(credential), sign_in(credential))[1])
    monkeypatch.setattr(
        users, "respond", lambda challenge, answers, metadata: (seen.append(metadata), respond(challenge, answers))[1]
    )
    session.sign_in("bob", password, flow="USER_PASSWORD_AUTH", client_metadata={"from": "test"})
    session.confirm_sign_in("Brand-New-7", client_metadata={"more": "test"})
    assert seen[0].auth_flow == "USER_PASSWORD_AUTH"
    assert seen == [seen[0], {"more": "test"}]
    assert seen[0].client_metadata == {"from": "test"}


def test_a_code_from_an_authenticator_app_signs_in(session, password, totp_secret, clock):
    assert session.sign_in("carol", password).challenge.name == "SOFTWARE_TOKEN_MFA"
    assert session.confirm_sign_in(pyotp.TOTP(totp_secret).at(clock.now())).done


@pytest.mark.parametrize(
    "answer",
    ["Brand-New-7", Secret("Brand-New-7"), {"new_password": "Brand-New-7"}, {"new_password": Secret("Brand-New-7")}],
)
def test_a_challenge_is_answered_with_a_string_a_secret_or_fields(session, password, answer):
    session.sign_in("bob", password)
    assert session.confirm_sign_in(answer).done
    session.sign_out()
    assert session.sign_in("bob", "Brand-New-7").done


def test_attributes_go_along_with_a_new_password(session, users, password, monkeypatch):
    seen = []
    respond = users.respond

    def look(challenge, answers, metadata):
        seen.append(challenge.responses(answers))
        return respond(challenge, answers)

    monkeypatch.setattr(users, "respond", look)
    session.sign_in("bob", password)
    session.confirm_sign_in("Brand-New-7", user_attributes={"given_name": "Bob"})
    assert seen == [{"NEW_PASSWORD": "Brand-New-7", "userAttributes.given_name": "Bob"}]


def test_a_missing_field_is_named_and_the_challenge_stands(session, password):
    asked = session.sign_in("dave", password).challenge
    with pytest.raises(Rejected, match="Code is missing"):
        session.confirm_sign_in("  ")
    assert session.challenge == asked


def test_a_challenge_that_took_too_long_starts_over(session, users, password, clock):
    session.sign_in("dave", password)
    clock.advance(timedelta(minutes=4))
    with pytest.raises(ChallengeExpired):
        session.confirm_sign_in(users.sent_codes["dave"])
    assert session.challenge is None
    with pytest.raises(Rejected, match="no challenge to answer"):
        session.confirm_sign_in("000000")


def test_a_sign_in_can_be_given_up_and_that_twice(session, password):
    session.sign_in("dave", password)
    session.cancel_sign_in()
    session.cancel_sign_in()
    assert values(session) == NOBODY


def test_offline_a_sign_in_says_so_and_keeps_the_challenge(session, users, password):
    asked = session.sign_in("dave", password).challenge
    users.fail_next(OFFLINE, on="respond")
    with pytest.raises(ServiceUnavailable):
        session.confirm_sign_in("000000")
    assert session.challenge == asked
    assert not session.online
    assert session.confirm_sign_in(users.sent_codes["dave"]).done
    assert session.online


# Signing out.


def test_a_sign_out_reports_what_was_revoked(session, users, store, password):
    session.sign_in("ada", password)
    report = session.sign_out()
    assert (report.revoked, report.error) == (True, None)
    assert users.calls[-1] == "revoke"
    assert store.load() is None


@pytest.mark.parametrize("everywhere", [False, True])
def test_a_sign_out_offline_completes_and_reports(session, users, store, password, everywhere):
    session.sign_in("ada", password)
    users.fail_next(OFFLINE, on="sign_out_everywhere" if everywhere else "revoke")
    report = session.sign_out(everywhere=everywhere)
    assert (report.revoked, report.error) == (False, OFFLINE)
    assert session.state is UserState.SIGNED_OUT
    assert store.load() is None


def test_a_sign_out_may_leave_the_tokens_alone(session, users, password):
    session.sign_in("ada", password)
    report = session.sign_out(revoke=False)
    assert (report.revoked, report.error) == (None, None)
    assert users.calls == ["initiate_auth"]


def test_signing_out_twice_is_signing_out_once(session, password):
    session.sign_in("ada", password)
    session.sign_out()
    assert session.sign_out().revoked is None


def test_after_a_sign_out_everywhere_other_sessions_of_the_user_end(session, another, password):
    elsewhere = another()
    elsewhere.sign_in("ada", password)
    session.sign_in("ada", password)
    assert session.sign_out(everywhere=True).revoked
    with pytest.raises(SignInRequired):
        elsewhere.get_tokens(force_refresh=True, wait=False)
    assert elsewhere.state_reason == "refused"


# Tokens, credentials, identities.


def test_tokens_and_credentials_come_from_memory_until_they_are_forced(session, users, identities, password):
    session.sign_in("ada", password)
    tokens, keys = session.get_tokens(), session.get_credentials()
    assert session.get_tokens() is tokens
    assert session.get_credentials() is keys
    assert session.get_tokens(force_refresh=True) is not tokens
    assert session.get_credentials(force_refresh=True) is not keys
    assert users.calls == ["initiate_auth", "refresh"]
    assert identities.calls == ["get_id", "get_credentials", "get_credentials"]


def test_the_identity_id_is_asked_for_once(session, identities, password):
    session.sign_in("ada", password)
    identity_id = session.get_identity_id()
    assert session.get_identity_id() == identity_id == session.identity_id
    assert identities.calls == ["get_id", "get_credentials"]


@pytest.mark.parametrize("call", [AuthSession.get_tokens, AuthSession.get_credentials])
@pytest.mark.parametrize("options", [{}, {"wait": False}, {"wait": 0}, {"wait": -1}])
def test_where_nobody_can_be_asked_nobody_is_waited_for(session, call, options):
    with pytest.raises(SignInRequired, match="Nobody is signed in to AWS"):
        call(session, **options)


def test_offline_with_tokens_that_have_ended_nothing_is_lost(session, users, store, password, end_tokens):
    session.sign_in("ada", password)
    session.get_credentials()
    record = store.load()
    end_tokens(OFFLINE)
    with pytest.raises(ServiceUnavailable, match=r"could not be renewed.*nothing is lost") as caught:
        session.get_credentials(wait=False)
    assert caught.value.reason == "offline"
    assert store.load() == record
    assert session.is_signed_in
    with pytest.raises(ServiceUnavailable):
        session.get_tokens()


def test_when_the_service_is_back_waiting_calls_go_on_by_themselves(
    session, recorder, password, end_tokens, clock, in_threads
):
    session.sign_in("ada", password)
    end_tokens(OFFLINE)
    told = recorder(session)
    waiting = in_threads(lambda: session.get_credentials(wait=IN_TIME), 4)
    told.wait_for(UserState.SIGNED_OUT_USER_POOLS_TOKENS_INVALID)
    clock.advance(timedelta(minutes=1))
    given = {future.result(IN_TIME) for future in waiting}
    assert {keys.identity_id for keys in given} == {session.identity_id}
    session._dispatcher.settle()
    assert told.states() == ["SIGNED_OUT_USER_POOLS_TOKENS_INVALID", "SIGNED_IN"]


# Guests.


def test_a_guest_is_another_session_in_the_same_pool(session, password):
    guest = session.guest()
    assert session.guest() is guest
    keys = guest.get_credentials()
    assert guest.state is UserState.GUEST
    assert guest.identity_id == keys.identity_id
    assert session.state is UserState.SIGNED_OUT
    session.sign_in("ada", password)
    assert session.get_identity_id() != keys.identity_id
    session.sign_out()
    assert guest.get_credentials() is keys


def test_a_guest_has_the_settings_of_whoever_asks(nobody_to_ask, config, ports):
    defaults = NbAuth(sign_in_wait=7, language="de", title="Lab")
    guest = AuthSession(config, account="work", store="memory", defaults=defaults, ports=ports).guest()
    assert (guest.account, guest.sign_in_wait, guest.language, guest.appearance.title) == ("work", 7, "de", "Lab")


def test_a_guest_cannot_sign_in(session, password):
    with pytest.raises(ConfigError, match="No user pool is configured"):
        session.guest().sign_in("ada", password)


def test_credentials_that_are_refused_for_the_token_are_asked_for_again_with_a_new_one(
    session, users, identities, password
):
    session.sign_in("ada", password)
    identities.fail_next(NotAuthorized("The ID token has expired."))
    assert session.get_credentials().identity_id == session.identity_id
    assert users.calls.count("refresh") == 1


def test_credentials_that_are_refused_with_a_new_token_too_are_refused(session, users, identities, password):
    session.sign_in("ada", password)
    for _ in range(2):
        identities.fail_next(NotAuthorized("The identity pool refused."))
    with pytest.raises(NotAuthorized, match="identity pool"):
        session.get_credentials()
    assert users.calls.count("refresh") == 1
    assert session.state is UserState.SIGNED_IN


def test_nobody_is_asked_to_sign_in_for_credentials_that_no_identity_pool_can_give(config, ports):
    session = AuthSession(config, store="memory", ports=replace(ports, identity_pool=None))
    with pytest.raises(ConfigError, match="identity_pool_id"):
        session.get_credentials(wait=60)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"guest_access": False}, "guest_access is false"),
        ({"identity_pool_id": None}, "no identity pool is configured"),
    ],
)
def test_where_there_are_no_guests_it_is_said_why(another, changes, why):
    with pytest.raises(ConfigError, match=why):
        another(**changes).guest()


def test_where_guests_are_wanted_credentials_need_no_sign_in(another, password):
    session = another(guest_access=True)
    guest = session.get_credentials()
    assert session.state is UserState.GUEST
    session.sign_in("ada", password)
    assert session.get_identity_id() == guest.identity_id
    assert session.get_credentials() is not guest


def test_without_a_user_pool_there_are_only_guests(nobody_to_ask, config, ports):
    alone = AuthConfig(identity_pool_id=config.identity_pool_id)
    session = AuthSession(alone, store="memory", ports=Ports(None, ports.identity_pool, MemoryStore(), ports.clock))
    assert session.get_credentials().identity_id == session.identity_id


# Waiting.


ENDINGS = {
    "release": (lambda session, password: session.release_sign_in_wait(), "was given up"),
    "sign-out": (lambda session, password: session.sign_out(), "Signed out while waiting"),
}


def test_a_release_changes_nothing_else_and_may_come_at_any_time(session, password):
    session.release_sign_in_wait()
    session.release_sign_in_wait()
    assert values(session) == NOBODY
    session.sign_in("ada", password)
    session.release_sign_in_wait()
    assert session.get_tokens().username == "ada"


def test_a_release_reaches_a_call_that_has_begun_and_does_not_wait_yet(
    session, prompt, users, password, end_tokens, in_threads
):
    session.sign_in("ada", password)
    with users.hold_next("refresh") as hold:
        end_tokens(RefreshRefused("over"))
        (waiting,) = in_threads(session.get_tokens)
        assert hold.entered.wait(IN_TIME)
        session.release_sign_in_wait()
    with pytest.raises(SignInReleased):
        waiting.result(IN_TIME)
    assert not prompt.asked.is_set()


def test_whoever_is_signed_in_waits_for_nothing(session, password):
    session.sign_in("ada", password)
    session.wait_for_sign_in()
    asyncio.run(session.signed_in())


def test_a_sign_in_just_before_a_call_begins_to_wait_is_not_missed(session, password):
    join = session._waiters.join

    def sign_in_first(*call):
        session.sign_in("ada", password)
        return join(*call)

    session._waiters.join = sign_in_first
    session.wait_for_sign_in(IN_TIME)
    assert session.is_signed_in


def test_nobody_waits_longer_than_they_want_to(session):
    with pytest.raises(SignInTimeout, match=r"Nobody signed in within 0\.01 seconds"):
        session.wait_for_sign_in(0.01)
    with pytest.raises(SignInTimeout):
        session.get_credentials(wait=0.01)
    with pytest.raises(SignInTimeout):
        asyncio.run(session.signed_in(0.01))
    session.sign_in_wait = 0.01
    with pytest.raises(SignInTimeout):
        session.get_tokens(wait=True)
    assert len(session._waiters) == 0


@pytest.mark.parametrize("limit", [math.inf, 1e30])
def test_a_wait_may_have_no_end(session, prompt, password, limit):
    prompt.does = lambda done, timeout: session.sign_in("ada", password)
    assert session.get_tokens(wait=limit).username == "ada"
    assert prompt.limits == [threading.TIMEOUT_MAX]


def test_a_person_is_asked_once_and_the_call_goes_on(session, prompt, password):
    prompt.does = lambda done, timeout: session.sign_in("ada", password)
    assert session.get_credentials().identity_id == session.identity_id
    assert prompt.limits == [300]


def test_a_call_waits_as_long_as_the_trait_or_the_call_says(session, prompt):
    session.sign_in_wait = 7
    prompt.does = lambda done, timeout: None
    with pytest.raises(SignInTimeout, match="within 7 seconds"):
        session.get_tokens()
    with pytest.raises(SignInTimeout, match="within 3 seconds"):
        session.get_tokens(wait=3)
    assert prompt.limits == [7, 3]


def test_a_person_who_is_not_there_is_not_asked(session, prompt):
    prompt.there = False
    with pytest.raises(SignInRequired, match="nobody is there to sign in"):
        session.get_tokens(wait=60)
    assert not prompt.asked.is_set()


def test_where_waiting_is_switched_off_nobody_is_asked(session, prompt):
    session.sign_in_wait = 0
    with pytest.raises(SignInRequired, match="does not wait"):
        session.get_tokens()
    assert not prompt.asked.is_set()


def test_stop_ends_a_wait_and_shows_as_one_line(session, prompt):
    def stop(done, timeout):
        raise KeyboardInterrupt

    prompt.does = stop
    with pytest.raises(SignInInterrupted, match="interrupted"):
        session.get_tokens()
    assert len(session._waiters) == 0


def test_a_sign_in_that_does_not_last_is_not_waited_for_again(session, prompt, users, password):
    def sign_in_and_out(done, timeout):
        session.sign_in("ada", password)
        session.sign_out()

    prompt.does = sign_in_and_out
    with pytest.raises(SignInRequired, match="did not last"):
        session.get_tokens()
    assert len(prompt.limits) == 1


def test_a_coroutine_waits_without_blocking_the_loop(session, prompt, password):
    async def both():
        waiting = asyncio.ensure_future(session.signed_in(IN_TIME))
        await asyncio.sleep(0)
        assert prompt.shown == ["sign-in"]
        await asyncio.to_thread(session.sign_in, "ada", password)
        await waiting

    asyncio.run(both())
    assert session.is_signed_in


@pytest.mark.parametrize("how", ENDINGS)
def test_a_coroutine_that_waits_is_released_too(session, password, how):
    end, complaint = ENDINGS[how]

    async def both():
        waiting = asyncio.ensure_future(session.signed_in(IN_TIME))
        await asyncio.sleep(0)
        await asyncio.to_thread(end, session, password)
        await waiting

    with pytest.raises(SignInReleased, match=complaint):
        asyncio.run(both())


def test_the_prompt_shows_what_it_is_asked_to_show(session, prompt):
    session.show_sign_in()
    session.status_bar()
    assert prompt.shown == ["sign-in", "status"]


@pytest.mark.parametrize("show", [AuthSession.show_sign_in, AuthSession.status_bar])
def test_without_anywhere_to_show_a_sign_in_that_is_said(session, show):
    with pytest.raises(SignInRequired, match="no notebook and no terminal"):
        show(session)


# AWS.


def test_a_client_takes_what_boto3_takes(session):
    assert session.client("sts", region_name="us-east-1").meta.region_name == "us-east-1"
    assert session.client("sts").meta.region_name == session.boto3_session().region_name == "eu-west-1"
    assert session.client("sts") is session.client("sts")
    assert session.boto3_session("us-east-1").region_name == "us-east-1"


def test_clients_sign_with_the_sessions_credentials(session, password):
    session.sign_in("ada", password)
    credentials = session.boto3_session().get_credentials().get_frozen_credentials()
    assert credentials.access_key == session.get_credentials().access_key_id
    session.sign_out()
    with pytest.raises(SignInRequired):
        session.boto3_session().get_credentials().get_frozen_credentials()


def test_warming_up_loads_in_the_background_and_asks_no_service(session, users, identities, monkeypatch):
    warmed = threading.Event()
    monkeypatch.setattr(users, "warm", lambda *, connect: connect or warmed.set())
    session.warm()
    assert warmed.wait(IN_TIME)
    assert users.calls == identities.calls == []


def test_what_is_wrong_with_a_session_is_not_said_by_warming_it_up(nobody_to_ask, config, monkeypatch):
    session = AuthSession(config, store="nowhere:Store")
    failed = []
    monkeypatch.setattr(threading, "excepthook", failed.append)
    session.warm()
    for thread in threading.enumerate():
        if thread.name == "nbauth-warm":
            thread.join(IN_TIME)
    assert failed == []
    with pytest.raises(ConfigError, match="nowhere:Store"):
        session.sign_in("ada", "x")


# Being a value.


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps, lambda auth: pickle.dumps(auth, 0)])
def test_a_session_cannot_be_copied_or_pickled_and_says_what_to_do(session, copied):
    with pytest.raises(TypeError, match="cannot be pickled or copied: make one where it is needed"):
        copied(session)


def test_a_session_shows_its_account_and_state_and_no_secret(session, password):
    assert repr(session) == "<AuthSession 'default': SIGNED_OUT>"
    session.sign_in("ada", password)
    assert repr(session) == "<AuthSession 'default': SIGNED_IN as ada>"


def test_accounts_live_side_by_side(another, password):
    private, work = another("private"), another("work")
    private.sign_in("ada", password)
    work.sign_in("dave", password)
    assert (private.account, private.username) == ("private", "ada")
    assert (work.account, work.state) == ("work", UserState.SIGNED_OUT)
    work.cancel_sign_in()
    assert private.is_signed_in
    private.sign_out()
    assert work.state is UserState.SIGNED_OUT


def test_a_session_that_nobody_holds_goes_away(another, password):
    session = another()
    session.sign_in("ada", password)
    session.get_credentials()
    gone = weakref.ref(session)
    del session
    gc.collect()
    assert gone() is None


def test_what_is_wrong_with_the_settings_is_said_at_once(nobody_to_ask, monkeypatch):
    with pytest.raises(ConfigError, match="user_pool_id"):
        AuthSession({"user_pool_id": "wrong", "client_id": "x"})
    monkeypatch.setenv("NBAUTH_SIGN_IN_WAIT", "soon")
    with pytest.raises(ConfigError, match="NBAUTH_SIGN_IN_WAIT"):
        AuthSession(AuthConfig())


def test_a_session_can_be_examined(session):
    session = AuthSession(AuthConfig(), store="memory")
    assert "There is nothing to sign in to" in repr(session.doctor())
