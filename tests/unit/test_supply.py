"""What callers get, what they wait for, and how often the services are asked for it."""

import signal
import threading
from datetime import timedelta

import pytest

from nbauth.core.events import (
    CredentialsFailed,
    CredentialsIssued,
    CredentialsWanted,
    RefreshFailed,
    RefreshWanted,
    TokensRefreshed,
)
from nbauth.core.freshness import Freshness
from nbauth.core.states import Guest, SignedIn, SignedOut, TokensInvalid
from nbauth.errors import AuthError, ConfigError, RefreshRefused, Rejected, ServiceUnavailable, SignInRequired
from nbauth.ports import Ports
from nbauth.testing import FakeClock, FakeIdentityPool, FakeUserPool, tokens

IN_TIME = 20
STALE, ENDED = timedelta(minutes=55), timedelta(minutes=60)
OFFLINE = ServiceUnavailable("no network", reason="offline")
AWAY = ServiceUnavailable("overloaded", reason="unavailable")


def never():
    raise AssertionError("there is nothing to wait for")


def nobody():
    raise SignInRequired("nobody is there")


@pytest.fixture
def ada(stage, users, identities):
    """A stage on which ada is signed in and has credentials."""
    stage.sign_in()
    stage.supply.credentials(never)
    users.calls.clear()
    identities.calls.clear()
    while not stage.events.empty():
        stage.events.get()
    return stage


# From memory.


def test_what_is_fresh_comes_from_memory(ada, users, identities):
    held = ada.supply.tokens(never), ada.supply.credentials(never)
    for _ in range(100):
        assert ada.supply.tokens(never) is held[0]
        assert ada.supply.credentials(never) is held[1]
    assert users.calls == identities.calls == []


def test_after_a_sign_out_nothing_comes_from_memory(ada):
    ada.sign_out()
    with pytest.raises(SignInRequired):
        ada.supply.tokens(nobody)
    with pytest.raises(SignInRequired):
        ada.supply.credentials(nobody)


def test_the_next_user_gets_nothing_of_the_last_one(ada):
    before = ada.supply.credentials(never)
    ada.sign_out()
    ada.sign_in("carol")
    with pytest.raises(SignInRequired):
        ada.supply.credentials(nobody)
    ada.sign_out()
    ada.sign_in("ada")
    assert ada.supply.credentials(never) is not before


# Stale.


def test_stale_tokens_are_served_at_once_and_renewed_once_in_the_background(ada, users, clock):
    held = ada.supply.tokens(never)
    clock.advance(STALE)
    with users.hold_next("refresh") as hold:
        assert ada.supply.tokens(never) is held
        assert hold.entered.wait(IN_TIME)
        for _ in range(20):
            assert ada.supply.tokens(never) is held
    ada.wait_for(TokensRefreshed)
    renewed = ada.supply.tokens(never)
    assert renewed is not held
    assert renewed.freshness(clock.now()) is Freshness.FRESH
    assert users.calls == ["refresh"]


def test_stale_credentials_are_served_at_once_and_renewed_once_in_the_background(ada, identities, clock):
    held = ada.supply.credentials(never)
    clock.advance(STALE)
    ada.refresh()
    with identities.hold_next("get_credentials") as hold:
        assert ada.supply.credentials(never) is held
        assert hold.entered.wait(IN_TIME)
        for _ in range(20):
            assert ada.supply.credentials(never) is held
    ada.wait_for(CredentialsIssued)
    assert ada.supply.credentials(never) is not held
    assert identities.calls == ["get_credentials"]


@pytest.mark.parametrize(("jitter", "minutes"), [(0.0, 45), (1.0, 52.5)])
def test_a_refresh_is_due_soon_after_three_quarters_of_the_lifetime_at_different_moments(
    jitter, minutes, stage, clock, monkeypatch
):
    monkeypatch.setattr("nbauth.supply.random.random", lambda: jitter)
    stage.sign_in()
    clock.advance(timedelta(minutes=minutes) - timedelta(seconds=1))
    stage.supply.tend()
    assert not stage.state.refreshing
    clock.advance(timedelta(seconds=1))
    stage.supply.tend()
    assert stage.wait_for(TokensRefreshed)


def test_where_nobody_is_signed_in_nothing_is_due(stage, users, identities):
    stage.supply.tend()
    assert users.calls == identities.calls == []


# A background that fails.


@pytest.mark.parametrize("error", [OFFLINE, AWAY, ConfigError("the secret is wrong")], ids=lambda e: type(e).__name__)
def test_a_background_that_fails_backs_off_and_valid_tokens_are_served(ada, users, clock, error):
    held = ada.supply.tokens(never)
    clock.advance(STALE)
    seconds = 240
    for _ in range(seconds):
        users.fail_next(error, on="refresh")
        assert ada.supply.tokens(never) is held
        while not ada.events.empty():
            if isinstance(ada.events.get(), RefreshWanted):
                ada.wait_for(RefreshFailed)
        clock.advance(timedelta(seconds=1))
    assert 3 < users.calls.count("refresh") < seconds / 8


def test_credentials_that_are_valid_are_served_while_tokens_that_have_ended_cannot_be_renewed(
    stage_of, users, identities, store, clock
):
    brief = FakeUserPool(clock, lifetime=timedelta(minutes=5))
    brief.add_user("ada", "Correct-Horse-7")
    stage = stage_of(Ports(user_pool=brief, identity_pool=identities, store=store, clock=clock))
    stage.runtime.open()
    stage.sign_in()
    held = stage.supply.credentials(never)
    clock.advance(timedelta(minutes=6))
    brief.fail_next(OFFLINE, on="refresh")
    stage.refresh()
    assert stage.state == TokensInvalid(stage.state.record, "offline", held)
    assert stage.supply.credentials(never) is held
    clock.advance(timedelta(minutes=50))
    assert stage.supply.credentials(never) is held
    stage.wait_for(TokensRefreshed)
    assert stage.supply.credentials(never) is held


# Ended.


def test_tokens_that_have_ended_are_waited_for(ada, users, clock, in_threads):
    held = ada.supply.tokens(never)
    clock.advance(ENDED)
    with users.hold_next("refresh") as hold:
        (waiting,) = in_threads(lambda: ada.supply.tokens(never))
        assert hold.entered.wait(IN_TIME)
        assert not waiting.done()
    assert waiting.result(IN_TIME) is not held
    assert waiting.result() is ada.state.tokens


def test_sixteen_threads_that_find_everything_ended_cause_one_request_each(ada, users, identities, clock, in_threads):
    clock.advance(ENDED)
    ready = threading.Barrier(16)

    def get():
        ready.wait(IN_TIME)
        return ada.supply.credentials(never)

    with users.hold_next("refresh"), identities.hold_next("get_credentials"):
        futures = in_threads(get, 16)
    given = {id(future.result(IN_TIME)) for future in futures}
    assert users.calls == ["refresh"]
    assert identities.calls == ["get_credentials"]
    assert given == {id(ada.state.credentials)}


def test_a_restored_sign_in_is_renewed_when_it_is_first_needed(ada, ports, stage_of, users):
    restored = stage_of(ports)
    restored.runtime.open()
    assert users.calls == []
    assert restored.supply.credentials(never).identity_id == ada.state.record.identity_id
    assert users.calls == ["refresh"]


@pytest.mark.parametrize(("error", "reason"), [(OFFLINE, "offline"), (AWAY, "unavailable")])
def test_ended_and_cut_off_a_call_waits_and_goes_on_when_the_service_is_back(ada, users, clock, error, reason):
    clock.advance(ENDED)
    users.fail_next(error, on="refresh")
    seen = []

    def wait_for_sign_in():
        seen.append((type(ada.state), ada.state.reason))
        clock.advance(timedelta(seconds=30))
        ada.supply.tend()
        ada.wait_for(TokensRefreshed)

    assert ada.supply.tokens(wait_for_sign_in) is ada.state.tokens
    assert seen == [(TokensInvalid, reason)]
    assert users.calls == ["refresh", "refresh"]


def test_cut_off_nothing_is_asked_again_before_the_pause_is_over(ada, users, clock):
    clock.advance(ENDED)
    for _ in range(20):
        users.fail_next(OFFLINE, on="refresh")
    with pytest.raises(SignInRequired):
        ada.supply.tokens(nobody)
    for _ in range(20):
        ada.supply.tend()
        with pytest.raises(SignInRequired):
            ada.supply.tokens(nobody)
    assert users.calls == ["refresh"]


def test_refused_tokens_wait_for_a_sign_in_and_are_never_tried_again(ada, users, clock):
    clock.advance(ENDED)
    users.fail_next(RefreshRefused("over"), on="refresh")
    for _ in range(5):
        with pytest.raises(SignInRequired):
            ada.supply.credentials(nobody)
        ada.supply.tend()
        clock.advance(timedelta(minutes=1))
    assert users.calls == ["refresh"]
    assert ada.state.reason == "refused"


def test_a_sign_in_lets_the_waiting_call_go_on(ada, users, clock):
    clock.advance(ENDED)
    users.fail_next(RefreshRefused("over"), on="refresh")
    given = ada.supply.credentials(ada.sign_in)
    assert given is ada.state.credentials
    assert given.freshness(clock.now()) is Freshness.FRESH


def test_a_refusal_of_another_kind_is_told_and_the_sign_in_stays(ada, users, clock):
    clock.advance(ENDED)
    users.fail_next(ConfigError("the secret is wrong"), on="refresh")
    with pytest.raises(ConfigError, match="secret"):
        ada.supply.tokens(never)
    assert ada.state.record.refresh_token


def test_tokens_that_nothing_renews_wait_for_a_sign_in_once_they_have_ended(stage, users, clock, monkeypatch):
    given = tokens("ada", issued_at=clock.now(), refresh_token=None)
    with monkeypatch.context() as patch:
        patch.setattr(users, "initiate_auth", lambda credential: given)
        stage.sign_in()
    assert stage.supply.tokens(never) is given
    assert stage.supply.tokens(never, force=True) is given
    clock.advance(ENDED)
    with pytest.raises(SignInRequired):
        stage.supply.tokens(nobody)
    assert stage.supply.tokens(stage.sign_in) is stage.state.tokens
    assert "refresh" not in users.calls


@pytest.mark.parametrize("error", [OFFLINE, AWAY, Rejected("no")], ids=lambda e: type(e).__name__)
def test_without_valid_credentials_the_identity_pools_refusal_is_told(stage, identities, error):
    stage.sign_in()
    identities.fail_next(error, on="get_id")
    with pytest.raises(type(error)):
        stage.supply.credentials(never)
    assert stage.supply.credentials(never) is stage.state.credentials


def test_credentials_that_are_valid_are_served_while_the_identity_pool_is_away(ada, identities, clock):
    held = ada.supply.credentials(never)
    clock.advance(STALE)
    ada.refresh()
    identities.fail_next(OFFLINE)
    assert ada.supply.credentials(never) is held
    ada.wait_for(CredentialsFailed)
    assert ada.supply.credentials(never) is held


# Force.


def test_force_renews_what_is_fresh(ada, users, identities):
    held = ada.supply.tokens(never), ada.supply.credentials(never)
    assert ada.supply.tokens(never, force=True) is not held[0]
    assert ada.supply.credentials(never, force=True) is not held[1]
    assert (users.calls, identities.calls) == (["refresh"], ["get_credentials"])


def test_force_that_fails_is_told_and_costs_nothing(ada, users, identities):
    held = ada.supply.tokens(never), ada.supply.credentials(never)
    users.fail_next(OFFLINE, on="refresh")
    identities.fail_next(AWAY, on="get_credentials")
    with pytest.raises(ServiceUnavailable, match="no network"):
        ada.supply.tokens(never, force=True)
    with pytest.raises(ServiceUnavailable, match="overloaded"):
        ada.supply.credentials(never, force=True)
    assert (ada.supply.tokens(never), ada.supply.credentials(never)) == held


def test_what_was_asked_for_offline_is_tried_again_by_itself_until_it_comes(ada, users, identities, clock):
    users.fail_next(OFFLINE, on="refresh")
    identities.fail_next(OFFLINE, on="get_credentials")
    with pytest.raises(ServiceUnavailable):
        ada.supply.tokens(never, force=True)
    with pytest.raises(ServiceUnavailable):
        ada.supply.credentials(never, force=True)
    for _ in range(3):
        clock.advance(timedelta(minutes=1))
        ada.supply.tend()
        ada.settle()
    assert (users.calls, identities.calls) == (["refresh"] * 2, ["get_credentials"] * 2)


def test_what_was_refused_is_not_tried_again_by_itself(ada, users, identities, clock):
    users.fail_next(ConfigError("no such client"), on="refresh")
    identities.fail_next(ConfigError("no such pool"), on="get_credentials")
    with pytest.raises(ConfigError):
        ada.supply.tokens(never, force=True)
    with pytest.raises(ConfigError):
        ada.supply.credentials(never, force=True)
    clock.advance(timedelta(minutes=1))
    ada.supply.tend()
    ada.settle()
    assert (users.calls, identities.calls) == (["refresh"], ["get_credentials"])


@pytest.fixture
def cut_off(ada, users, clock):
    """The same stage after everything has ended while the network is away."""
    clock.advance(ENDED)
    users.fail_next(OFFLINE, on="refresh")
    with pytest.raises(SignInRequired):
        ada.supply.tokens(nobody)
    users.calls.clear()
    return ada


@pytest.mark.parametrize("kind", ["tokens", "credentials"])
def test_cut_off_force_tries_at_once_and_gets_through(kind, cut_off, users):
    assert getattr(cut_off.supply, kind)(never, force=True) is getattr(cut_off.state, kind)
    assert users.calls == ["refresh"]


@pytest.mark.parametrize("kind", ["tokens", "credentials"])
def test_cut_off_force_that_does_not_get_through_waits_after_one_try(kind, cut_off, users):
    users.fail_next(AWAY, on="refresh")
    with pytest.raises(SignInRequired):
        getattr(cut_off.supply, kind)(nobody, force=True)
    assert cut_off.state.reason == "unavailable"
    assert users.calls == ["refresh"]


@pytest.mark.parametrize("kind", ["tokens", "credentials"])
def test_cut_off_force_that_waited_takes_what_the_sign_in_brought(kind, cut_off, users):
    users.fail_next(OFFLINE, on="refresh")
    assert getattr(cut_off.supply, kind)(cut_off.sign_in, force=True) is getattr(cut_off.state, kind)
    assert users.calls.count("refresh") == 1


@pytest.mark.parametrize("kind", ["tokens", "credentials"])
def test_cut_off_force_that_is_refused_waits_for_a_sign_in_and_is_not_tried_again(kind, cut_off, users):
    users.fail_next(RefreshRefused("over"), on="refresh")
    for _ in range(3):
        with pytest.raises(SignInRequired):
            getattr(cut_off.supply, kind)(nobody, force=True)
    assert cut_off.state.reason == "refused"
    assert users.calls == ["refresh"]


@pytest.mark.parametrize("kind", ["tokens", "credentials"])
def test_cut_off_force_is_told_what_no_waiting_would_mend(kind, cut_off, users):
    users.fail_next(ConfigError("the secret is wrong"), on="refresh")
    with pytest.raises(ConfigError, match="secret"):
        getattr(cut_off.supply, kind)(never, force=True)


def test_cut_off_many_who_force_share_one_request(cut_off, users, in_threads, monkeypatch):
    refresh, joined = cut_off.runtime.refresh, threading.Semaphore(0)

    def join(*args, **options):
        flight = refresh(*args, **options)
        joined.release()
        return flight

    monkeypatch.setattr(cut_off.runtime, "refresh", join)
    with users.hold_next("refresh"):
        futures = in_threads(lambda: cut_off.supply.tokens(never, force=True), 16)
        assert all(joined.acquire(timeout=IN_TIME) for _ in futures)
    assert {id(future.result(IN_TIME)) for future in futures} == {id(cut_off.state.tokens)}
    assert users.calls == ["refresh"]


def test_cut_off_force_does_not_hasten_the_background(cut_off, users):
    for _ in range(20):
        users.fail_next(OFFLINE, on="refresh")
    with pytest.raises(SignInRequired):
        cut_off.supply.tokens(nobody, force=True)
    for _ in range(20):
        cut_off.supply.tend()
        cut_off.settle()
    assert users.calls == ["refresh"]


def test_nothing_is_owed_to_somebody_who_has_signed_out(ada, users, identities, clock):
    users.fail_next(OFFLINE, on="refresh")
    with pytest.raises(ServiceUnavailable):
        ada.supply.tokens(never, force=True)
    ada.sign_out()
    clock.advance(timedelta(minutes=1))
    ada.supply.tend()
    ada.settle()
    assert users.calls.count("refresh") == 1


# A clock that is off.


@pytest.mark.parametrize("ahead", [timedelta(minutes=55), timedelta(days=1)])
def test_a_clock_that_is_ahead_does_not_make_nbauth_ask_without_end(stage_of, identities, store, ahead):
    service = FakeClock()
    users, here = FakeUserPool(service), FakeClock(service.now() + ahead)
    users.add_user("ada", "Correct-Horse-7")
    stage = stage_of(Ports(user_pool=users, identity_pool=identities, store=store, clock=here))
    stage.runtime.open()
    stage.sign_in()
    assert stage.supply.tokens(never).username == "ada"
    stage.wait_for(TokensRefreshed)
    for _ in range(20):
        stage.supply.tend()
    assert stage.supply.tokens(never)
    assert users.calls.count("refresh") <= 2


def test_credentials_that_arrive_ended_are_given_out_all_the_same(stage_of, users, store, clock):
    behind = FakeIdentityPool(clock, lifetime=timedelta())
    stage = stage_of(Ports(user_pool=users, identity_pool=behind, store=store, clock=clock))
    stage.runtime.open()
    stage.sign_in()
    assert stage.supply.credentials(never) is stage.state.credentials
    assert behind.calls == ["get_id", "get_credentials"]


# Guests.


def test_nobody_becomes_a_guest_unasked(stage, identities):
    with pytest.raises(SignInRequired):
        stage.supply.credentials(nobody)
    assert identities.calls == []


def test_where_guests_are_wanted_nobody_has_to_sign_in(ports, stage_of):
    stage = stage_of(ports, guests=True)
    stage.runtime.open()
    given = stage.supply.credentials(never)
    assert stage.state == Guest(given.identity_id, given)
    assert stage.supply.credentials(never) is given


def test_a_user_whose_tokens_are_refused_does_not_become_a_guest(ports, stage_of, users, clock, identities):
    stage = stage_of(ports, guests=True)
    stage.runtime.open()
    stage.sign_in()
    users.fail_next(RefreshRefused("over"), on="refresh")
    clock.advance(ENDED)
    with pytest.raises(SignInRequired):
        stage.supply.credentials(nobody)
    assert identities.calls == []


def test_a_guest_who_is_signing_in_gets_no_more_guests_credentials(ports, stage_of, users, clock):
    stage = stage_of(ports, guests=True)
    stage.runtime.open()
    stage.supply.credentials(never)
    stage.sign_in("carol")
    with pytest.raises(SignInRequired):
        stage.supply.credentials(nobody)


def test_a_guests_credentials_are_renewed_for_the_same_guest(ports, stage_of, clock, identities):
    stage = stage_of(ports, guests=True)
    stage.runtime.open()
    first = stage.supply.credentials(never)
    clock.advance(ENDED)
    second = stage.supply.credentials(never)
    assert second is not first
    assert second.identity_id == first.identity_id
    assert identities.calls == ["get_id", "get_credentials", "get_credentials"]


def test_an_eager_guest_has_credentials_before_they_are_asked_for(ports, stage_of, identities):
    stage = stage_of(ports, guests="eager")
    stage.runtime.open()
    assert identities.calls == []
    stage.supply.tend()
    given = stage.wait_for(CredentialsIssued).credentials
    assert stage.state == Guest(given.identity_id, given)
    assert stage.supply.credentials(never) is given


def test_an_eager_guest_of_before_gets_new_credentials(ports, stage_of, identities):
    stage_of(ports, guests=True).runtime.open()
    stage = stage_of(ports, guests="eager")
    stage.runtime.open()
    stage.supply.tend()
    first = stage.wait_for(CredentialsIssued).credentials
    again = stage_of(ports, guests="eager")
    again.runtime.open()
    again.supply.tend()
    assert again.wait_for(CredentialsIssued).credentials.identity_id == first.identity_id
    assert identities.calls == ["get_id", "get_credentials", "get_credentials"]


def test_an_eager_guest_who_cannot_get_through_tries_again(ports, stage_of, identities, clock):
    identities.fail_next(OFFLINE, on="get_id")
    stage = stage_of(ports, guests="eager")
    stage.runtime.open()
    stage.supply.tend()
    stage.wait_for(CredentialsFailed)
    stage.supply.tend()
    clock.advance(timedelta(seconds=1))
    stage.supply.tend()
    stage.wait_for(CredentialsIssued)
    assert identities.calls == ["get_id", "get_id", "get_credentials"]


def test_an_eager_guest_who_is_turned_away_does_not_knock_again(ports, stage_of, clock, users, store):
    identities = FakeIdentityPool(clock, guests=False)
    stage = stage_of(Ports(user_pool=users, identity_pool=identities, store=store, clock=clock), guests="eager")
    stage.runtime.open()
    for _ in range(5):
        stage.supply.tend()
        stage.settle()
        clock.advance(timedelta(minutes=1))
    assert identities.calls == ["get_id"]


# What happens in between.


def test_a_sign_out_during_a_fetch_makes_the_caller_wait_for_a_sign_in(stage, identities, in_threads):
    stage.sign_in()
    with identities.hold_next("get_id") as hold:
        (waiting,) = in_threads(lambda: stage.supply.credentials(nobody))
        assert hold.entered.wait(IN_TIME)
        stage.sign_out()
    with pytest.raises(SignInRequired):
        waiting.result(IN_TIME)
    assert stage.state == SignedOut()


def test_a_fetch_that_fails_after_a_sign_out_is_nobodys_failure(stage, identities, in_threads):
    stage.sign_in()
    identities.fail_next(AWAY, on="get_id")
    with identities.hold_next("get_id") as hold:
        (waiting,) = in_threads(lambda: stage.supply.credentials(nobody))
        assert hold.entered.wait(IN_TIME)
        stage.sign_out()
    with pytest.raises(SignInRequired):
        waiting.result(IN_TIME)


def test_a_sign_out_during_a_refresh_makes_the_caller_wait_for_a_sign_in(ada, users, clock, in_threads):
    clock.advance(ENDED)
    with users.hold_next("refresh") as hold:
        (waiting,) = in_threads(lambda: ada.supply.tokens(nobody))
        assert hold.entered.wait(IN_TIME)
        ada.sign_out()
    with pytest.raises(SignInRequired):
        waiting.result(IN_TIME)


def test_a_sign_out_just_before_a_fetch_makes_the_caller_look_again(stage, monkeypatch):
    stage.sign_in()
    fetch = stage.runtime.fetch_credentials

    def sign_out_first(held):
        monkeypatch.setattr(stage.runtime, "fetch_credentials", fetch)
        stage.sign_out()
        stage.sign_in("carol")
        return fetch(held)

    monkeypatch.setattr(stage.runtime, "fetch_credentials", sign_out_first)
    with pytest.raises(SignInRequired):
        stage.supply.credentials(nobody)


def test_an_interrupted_caller_does_not_lose_the_refresh(ada, users, clock, in_threads):
    clock.advance(ENDED)
    assert threading.current_thread() is threading.main_thread()
    with users.hold_next("refresh") as hold:

        def press_stop():
            assert hold.entered.wait(IN_TIME)
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

        (stopping,) = in_threads(press_stop)
        with pytest.raises(KeyboardInterrupt):
            ada.supply.tokens(never)
        stopping.result(IN_TIME)
    ada.wait_for(TokensRefreshed)
    assert isinstance(ada.state, SignedIn)
    assert ada.supply.tokens(never) is ada.state.tokens
    assert users.calls == ["refresh"]


def test_no_thread_ever_sees_parts_of_two_triples(ada, in_threads):
    done = threading.Event()

    def look():
        seen = set()
        while not done.is_set():
            given = ada.supply.credentials(never)
            parts = given.access_key_id, given.secret_access_key.reveal(), given.session_token.reveal()
            seen.add(tuple(int(part.removeprefix("ASIAEXAMPLE").rpartition("-")[2]) for part in parts))
        return seen

    futures = in_threads(look, 4)
    for _ in range(10):
        ada.supply.credentials(never, force=True)
    done.set()
    seen = set().union(*(future.result(IN_TIME) for future in futures))
    assert seen
    assert all(len(set(numbers)) == 1 for numbers in seen)


def test_what_could_not_be_revoked_is_revoked_when_the_service_is_back(ada, users, clock):
    record = ada.state.record
    for _ in range(2):
        users.fail_next(OFFLINE, on="revoke")
    ada.sign_out()
    while ada.runtime.is_revoking():
        ada.supply.tend()
        clock.advance(timedelta(seconds=30))
    with pytest.raises(RefreshRefused):
        users.refresh(record)


def test_what_cannot_be_revoked_is_tried_ever_more_rarely(ada, users, clock):
    for _ in range(200):
        users.fail_next(OFFLINE, on="revoke")
    ada.sign_out()
    for _ in range(120):
        ada.supply.tend()
        clock.advance(timedelta(seconds=1))
        ada.settle()
    assert 5 <= users.calls.count("revoke") <= 15


def test_credentials_are_asked_for_only_once_the_tokens_are_new(ada, users, identities, clock):
    clock.advance(ENDED)
    with users.hold_next("refresh"):
        ada.supply.tend()
        ada.supply.tend()
        ada.wait_for(RefreshWanted)
        assert identities.calls == []
    ada.wait_for(TokensRefreshed)
    ada.supply.tend()
    ada.wait_for(CredentialsWanted)
    ada.wait_for(CredentialsIssued)
    assert ada.supply.credentials(never).freshness(clock.now()) is Freshness.FRESH


def test_a_request_that_asks_for_what_it_is_to_bring_does_not_wait_for_itself(ada, identities, clock, monkeypatch):
    get, told = identities.get_credentials, []

    def ask_meanwhile(*args):
        try:
            ada.supply.credentials(never)
        except AuthError as error:
            told.append(str(error))
        return get(*args)

    monkeypatch.setattr(identities, "get_credentials", ask_meanwhile)
    clock.advance(ENDED)
    assert ada.supply.credentials(never).freshness(clock.now()) is Freshness.FRESH
    assert told == ["What is being renewed was asked for in the middle of renewing it"]
