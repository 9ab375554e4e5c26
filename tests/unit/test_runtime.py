"""One flow for all threads: what it asks, in which order it tells, and that nothing leaves it stuck."""

import logging
import threading
from contextlib import contextmanager
from datetime import UTC, timedelta

import pytest

from nbauth.core.events import (
    Cancel,
    CredentialsIssued,
    RecordChanged,
    RefreshFailed,
    Respond,
    SignIn,
    SignOut,
    TokensIssued,
)
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.states import (
    Challenged,
    Guest,
    SignedIn,
    SignedOut,
    SigningIn,
    TokensInvalid,
    tokens_of,
)
from nbauth.errors import (
    AuthError,
    ConfigError,
    IdentityGone,
    InvalidTransition,
    NotAuthorized,
    RefreshRefused,
    ServiceUnavailable,
    StoreBusy,
    StoreError,
    StoreGone,
)
from nbauth.performer import Flight
from nbauth.ports import Ports
from nbauth.runtime import SystemClock
from nbauth.testing import tokens

IN_TIME = 20
SENTINEL = "sentinel-4c1d"


def sign_in_event(password, username="ada"):
    return SignIn(username, Secret(password))


# Opening.


def test_opening_reads_the_store_and_asks_no_service(ports, stage_of, store, users, identities):
    store.save(Record("ada", "1", "https://issuer", Secret("refresh")))
    stage = stage_of(ports)
    assert stage.runtime.open() is None
    assert isinstance(stage.state, SignedIn)
    assert users.calls == identities.calls == []


def test_a_store_that_cannot_be_read_is_said_and_nobody_is_signed_in(ports, stage_of, store):
    store.broken = {"load"}
    stage = stage_of(ports)
    assert stage.runtime.open() is store.error
    assert stage.state == SignedOut()


def test_a_store_that_fails_in_its_own_way_is_said_without_what_it_says(ports, stage_of, store):
    store.broken, store.error = {"load"}, LookupError(SENTINEL)
    stage = stage_of(ports)
    problem = stage.runtime.open()
    assert isinstance(problem, StoreError)
    assert "LookupError" in str(problem)
    assert SENTINEL not in str(problem)
    assert stage.state == SignedOut()


# Requests.


def test_a_sign_in_that_succeeds_is_kept(stage, store):
    flight = stage.sign_in()
    assert (flight.error, flight.late) == (None, False)
    assert isinstance(stage.state, SignedIn)
    assert store.load() == stage.state.record


def test_a_sign_in_that_fails_says_why(stage):
    flight = stage.sign_in(password="wrong")
    assert isinstance(flight.error, NotAuthorized)
    assert flight.error.__traceback__ is None
    assert stage.state == SignedOut()


def test_requests_are_made_in_threads_that_die_with_the_process(stage, users, password):
    with users.hold_next("initiate_auth") as hold:
        flights = stage.runtime.dispatch(sign_in_event(password))
        assert hold.entered.wait(IN_TIME)
        (request,) = [thread for thread in threading.enumerate() if thread.name == "nbauth-request"]
        assert request.daemon
        assert request is not threading.current_thread()
    stage.land(flights)


def test_whoever_waits_for_a_request_looks_up_now_and_then_for_a_stop():
    looks = iter([False, False, True])

    class Landed(threading.Event):
        def wait(self, timeout=None):
            assert timeout
            return next(looks)

    flight = Flight(None, 0)
    flight.landed = Landed()
    flight.wait()
    assert next(looks, None) is None


def test_an_interpreter_that_starts_no_threads_any_more_makes_the_request_at_once(stage, password, monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    (flight,) = stage.runtime.dispatch(sign_in_event(password))
    assert flight.landed.is_set()
    assert isinstance(stage.state, SignedIn)


def test_what_cannot_happen_changes_nothing(stage):
    before = stage.runtime.flow
    with pytest.raises(InvalidTransition):
        stage.runtime.dispatch(Respond({"code": "123456"}))
    assert stage.runtime.flow is before


def test_a_reply_that_comes_too_late_signs_nobody_in_and_its_tokens_are_revoked(stage, users, password):
    revoking = users.hold_next("revoke")
    with users.hold_next("initiate_auth") as hold:
        flights = stage.runtime.dispatch(sign_in_event(password))
        assert hold.entered.wait(IN_TIME)
        stage.runtime.dispatch(Cancel())
    assert stage.land(flights).late
    assert stage.state == SignedOut()
    assert revoking.entered.wait(IN_TIME)
    revoking.release()


def test_what_a_refresh_brings_after_a_sign_out_is_revoked(stage, users):
    stage.sign_in()
    with users.hold_next("refresh") as hold:
        flight = stage.runtime.refresh(stage.state.tokens)
        assert hold.entered.wait(IN_TIME)
        stage.runtime.dispatch(SignOut(revoke=False))
        revoking = users.hold_next("revoke")
    assert flight.landed.wait(IN_TIME)
    assert stage.state == SignedOut()
    assert revoking.entered.wait(IN_TIME)
    revoking.release()


def test_without_a_user_pool_nobody_can_sign_in(ports, stage_of, store, clock):
    stage = stage_of(Ports(user_pool=None, identity_pool=None, store=store, clock=clock))
    stage.runtime.open()
    flight = stage.sign_in()
    assert isinstance(flight.error, ConfigError)
    assert "user_pool_id" in str(flight.error)


def test_without_an_identity_pool_there_are_no_credentials(stage_of, users, store, clock):
    stage = stage_of(Ports(user_pool=users, identity_pool=None, store=store, clock=clock))
    stage.runtime.open()
    stage.sign_in()
    flight = stage.fetch_credentials()
    assert isinstance(flight.error, ConfigError)
    assert "identity_pool_id" in str(flight.error)


# Single flight.


def together(call, in_threads, count=16):
    ready = threading.Barrier(count)

    def begin():
        ready.wait(IN_TIME)
        return call()

    return [future.result(IN_TIME) for future in in_threads(begin, count)]


def test_sixteen_threads_share_one_refresh(stage, users, in_threads):
    stage.sign_in()
    held = stage.state.tokens
    with users.hold_next("refresh"):
        flights = together(lambda: stage.runtime.refresh(held), in_threads)
    assert len(set(flights)) == 1
    assert flights[0].landed.wait(IN_TIME)
    assert users.calls.count("refresh") == 1


def test_sixteen_threads_share_one_fetch_of_credentials(stage, identities, in_threads):
    stage.sign_in()
    with identities.hold_next("get_id"):
        flights = together(lambda: stage.runtime.fetch_credentials(None), in_threads)
    assert len(set(flights)) == 1
    assert flights[0].landed.wait(IN_TIME)
    assert identities.calls == ["get_id", "get_credentials"]


def test_the_next_refresh_is_another_one(stage):
    stage.sign_in()
    first = stage.refresh()
    assert stage.refresh() is not first


def test_what_somebody_else_has_just_renewed_is_not_renewed_again(stage, users, identities):
    stage.sign_in()
    stage.fetch_credentials()
    held = stage.state.tokens, stage.state.credentials
    stage.refresh()
    stage.fetch_credentials()
    assert stage.runtime.refresh(held[0]) is None
    assert stage.runtime.fetch_credentials(held[1]) is None
    assert users.calls.count("refresh") == 1
    assert identities.calls.count("get_credentials") == 2


def test_where_nobody_is_known_there_is_nothing_to_refresh(stage, users):
    assert stage.runtime.refresh(None) is None
    assert users.calls == []


def test_a_refresh_that_was_refused_is_not_tried_again(stage, users):
    stage.sign_in()
    users.fail_next(RefreshRefused("over"), on="refresh")
    stage.refresh()
    assert stage.state.reason == "refused"
    assert stage.runtime.refresh(None) is None
    assert users.calls.count("refresh") == 1


def test_tokens_without_a_refresh_token_are_not_refreshed(stage, users, clock, monkeypatch):
    given = tokens("ada", issued_at=clock.now(), refresh_token=None)
    monkeypatch.setattr(users, "initiate_auth", lambda credential: given)
    stage.sign_in()
    assert stage.runtime.refresh(given) is None
    assert stage.state.tokens is given
    clock.advance(timedelta(hours=1))
    assert stage.runtime.refresh(given) is None
    assert stage.state == TokensInvalid(stage.state.record, "refused")


# The store.


@pytest.mark.parametrize("broken", ["save", "lock"])
@pytest.mark.parametrize("error", [StoreError("the disk is full"), OSError(SENTINEL)], ids=lambda e: type(e).__name__)
def test_a_store_that_fails_stops_neither_a_sign_in_nor_a_refresh(stage, store, users, broken, error, caplog):
    users._rotates = True
    store.broken, store.error = {broken}, error
    stage.sign_in()
    before = stage.state
    flight = stage.refresh()
    assert flight.error is None
    assert stage.state.tokens is not before.tokens
    assert caplog.records
    assert all(record.levelno == logging.WARNING for record in caplog.records)
    assert SENTINEL not in caplog.text


def test_a_store_that_cannot_forget_does_not_stop_a_sign_out(stage, store, caplog):
    stage.sign_in()
    store.broken = {"forget"}
    stage.sign_out()
    assert stage.state == SignedOut()
    assert [record.getMessage() for record in caplog.records] == ["nbauth: the disk is full"]


def test_a_refresh_holds_the_lock_until_the_new_refresh_token_is_kept_and_no_longer(stage, store, users, monkeypatch):
    users._rotates = True
    stage.sign_in()
    journal = []
    held, save, refresh = store.lock, store.save, users.refresh

    @contextmanager
    def lock():
        journal.append("locked")
        with held():
            yield
        journal.append("unlocked")

    monkeypatch.setattr(store, "lock", lock)
    monkeypatch.setattr(store, "save", lambda record: (journal.append("saved"), save(record)))
    monkeypatch.setattr(users, "refresh", lambda record: (journal.append("refreshed"), refresh(record))[1])
    stage.changed.append(lambda before, after, event: stage.dispatcher.post(lambda: journal.append("told")))
    stage.refresh()
    after_request = journal[journal.index("locked") :]
    assert [entry for entry in after_request if entry != "told"] == ["locked", "refreshed", "saved", "unlocked"]
    assert after_request[-1] == "told"


def test_a_refusal_is_kept_under_the_lock_too(stage, store, users, monkeypatch):
    stage.sign_in()
    users.fail_next(RefreshRefused("over"), on="refresh")
    save = store.save

    def save_alone(record):
        taken = threading.Event()

        def intrude():
            if store._lock.acquire(timeout=0):
                store._lock.release()
                taken.set()

        intruder = threading.Thread(target=intrude)
        intruder.start()
        intruder.join(IN_TIME)
        assert not taken.is_set()
        save(record)

    monkeypatch.setattr(store, "save", save_alone)
    stage.refresh()
    assert store.load() == stage.state.record
    assert store.load().refresh_token is None


def test_a_lock_that_another_kernel_does_not_give_back_is_waited_for_and_nothing_is_spent(stage, store, users, clock):
    stage.sign_in()
    store.broken, store.error = {"lock"}, StoreBusy("another kernel holds it")
    flight = stage.refresh()
    assert flight.error is store.error
    assert "refresh" not in users.calls
    assert isinstance(stage.state, SignedIn)
    clock.advance(timedelta(hours=2))
    stage.refresh()
    assert (stage.state.reason, stage.state.record.username) == ("unavailable", "ada")
    store.broken = set()
    stage.refresh()
    assert isinstance(stage.state, SignedIn)


def test_a_refresh_spends_the_token_that_another_kernel_kept(stage, store, users):
    users._rotates = True
    stage.sign_in()
    record = stage.state.record
    rotated = users.refresh(record)
    store.save(Record(record.username, record.sub, record.issuer, rotated.refresh_token))
    flight = stage.refresh()
    assert flight.error is None
    assert stage.state.record.refresh_token not in (record.refresh_token, rotated.refresh_token)
    assert store.load().refresh_token == stage.state.record.refresh_token


@pytest.mark.parametrize("kept", [None, Record("bob", "2", "", Secret("bobs")), Record(identity_id="eu-west-1:guest")])
def test_what_is_kept_of_somebody_else_is_not_spent(stage, store, kept):
    stage.sign_in()
    store.forget() if kept is None else store.save(kept)
    assert stage.refresh().error is None
    assert stage.state.record.username == "ada"


def test_a_store_that_cannot_be_read_any_more_does_not_stop_a_refresh(stage, store):
    stage.sign_in()
    store.broken = {"load"}
    assert stage.refresh().error is None


# Other kernels.


@pytest.fixture
def elsewhere(ports, stage, stage_of):
    """Another kernel with the same store and pools."""
    opened = stage_of(ports)
    opened.runtime.open()
    return opened


def changes(stage):
    """What the flow was told of other kernels."""
    return [event for event in list(stage.events.queue) if isinstance(event, RecordChanged)]


def test_a_sign_in_and_a_sign_out_elsewhere_are_seen_without_network(stage, elsewhere, users):
    elsewhere.sign_in()
    calls = list(users.calls)
    stage.runtime.look()
    assert stage.state == SignedIn(elsewhere.state.record)
    assert users.calls == calls
    elsewhere.sign_out()
    calls = list(users.calls)
    stage.runtime.look()
    assert stage.state == SignedOut()
    assert users.calls == calls


def test_what_this_kernel_keeps_and_forgets_is_no_news(stage, users):
    users._rotates = True
    for act in (stage.sign_in, stage.refresh, stage.fetch_credentials, stage.sign_out):
        act()
        stage.runtime.look()
    assert changes(stage) == []


def test_the_record_is_read_once_for_each_change(stage, elsewhere, store, monkeypatch):
    reads = []
    load = store.load
    monkeypatch.setattr(store, "load", lambda: (reads.append(1), load())[1])
    stage.runtime.look()
    assert reads == []
    elsewhere.sign_in()
    reads.clear()
    for _ in range(3):
        stage.runtime.look()
    assert len(reads) == 1
    assert len(changes(stage)) == 1


@pytest.mark.parametrize("error", [StoreError("not whole"), LookupError(SENTINEL)], ids=lambda e: type(e).__name__)
def test_a_record_that_cannot_be_read_any_more_signs_nobody_out(stage, elsewhere, store, error):
    stage.sign_in()
    stage.runtime.look()
    before = stage.runtime.flow
    elsewhere.sign_out()
    store.broken, store.error = {"load"}, error
    stage.runtime.look()
    assert stage.runtime.flow is before


def test_what_is_gone_from_the_store_is_kept_anew(stage, store):
    stage.sign_in()
    kept, before = store.load(), stage.runtime.flow
    store.forget()
    store.broken, store.error = {"load"}, StoreGone("The folder has gone")
    stage.runtime.look()
    store.broken = set()
    assert stage.runtime.flow is before
    assert store.load() == kept
    stage.runtime.look()
    assert changes(stage) == []


def test_a_store_without_a_version_is_not_watched(ports, stage_of, store, monkeypatch):
    monkeypatch.setattr(store, "version", None)
    stage, elsewhere = stage_of(ports), stage_of(ports)
    stage.runtime.open()
    elsewhere.runtime.open()
    elsewhere.sign_in()
    stage.runtime.look()
    assert stage.state == SignedOut()


def test_a_sign_out_that_could_not_be_kept_stays_one(stage, store):
    stage.sign_in()
    store.broken = {"forget"}
    stage.sign_out()
    stage.runtime.look()
    assert stage.state == SignedOut()


def test_a_refresh_elsewhere_is_adopted_and_the_old_token_is_never_spent(stage, elsewhere, users):
    users._rotates = True
    stage.sign_in()
    elsewhere.runtime.look()
    elsewhere.refresh()
    held = stage.state.tokens
    stage.runtime.look()
    assert stage.state.record == elsewhere.state.record
    assert stage.state.tokens is held
    assert stage.refresh().error is None


def test_a_refresh_under_way_is_not_disturbed_by_one_elsewhere(stage, elsewhere, users, store):
    users._rotates = True
    stage.sign_in()
    with users.hold_next("refresh") as hold:
        flight = stage.runtime.refresh(stage.state.tokens)
        assert hold.entered.wait(IN_TIME)
        elsewhere.sign_in()
        stage.runtime.look()
        assert changes(stage) == []
    assert stage.land((flight,)).error is None
    assert "revoke" not in users.calls
    assert stage.state.tokens is flight.reply.tokens
    elsewhere.runtime.look()
    assert elsewhere.state.record == stage.state.record == store.load()


def test_a_sign_out_elsewhere_ends_a_refresh_under_way(stage, elsewhere, users, store):
    users._rotates = True
    stage.sign_in()
    elsewhere.runtime.look()
    with users.hold_next("refresh") as hold:
        flight = stage.runtime.refresh(stage.state.tokens)
        assert hold.entered.wait(IN_TIME)
        elsewhere.sign_out(revoke=False)
        revoking = users.hold_next("revoke")
        stage.runtime.look()
        assert stage.state == SignedOut()
    stage.land((flight,))
    assert revoking.entered.wait(IN_TIME)
    revoking.release()
    assert (stage.state, store.load()) == (SignedOut(), None)


def test_what_a_refresh_brings_undoes_no_sign_out_elsewhere_that_was_not_seen_yet(stage, elsewhere, users, store):
    users._rotates = True
    stage.sign_in()
    elsewhere.runtime.look()
    with users.hold_next("refresh") as hold:
        flight = stage.runtime.refresh(stage.state.tokens)
        assert hold.entered.wait(IN_TIME)
        elsewhere.sign_out(revoke=False)
    stage.land((flight,))
    assert store.load() is None
    stage.runtime.look()
    assert stage.state == SignedOut()


def test_a_refusal_does_not_overwrite_somebody_elses_sign_in(stage, users, store):
    stage.sign_in()
    bob = Record("bob", "2", "https://issuer", Secret("bobs"))
    with users.hold_next("refresh") as hold:
        users.fail_next(RefreshRefused("over"), on="refresh")
        flight = stage.runtime.refresh(stage.state.tokens)
        assert hold.entered.wait(IN_TIME)
        store.save(bob)
    assert isinstance(stage.land((flight,)).error, RefreshRefused)
    assert store.load() == bob
    stage.runtime.look()
    assert stage.state == SignedIn(bob)


def test_a_refusal_is_no_end_where_the_user_has_signed_in_elsewhere_meanwhile(stage, elsewhere, users):
    stage.sign_in()
    with users.hold_next("refresh") as hold:
        users.fail_next(RefreshRefused("over"), on="refresh")
        flight = stage.runtime.refresh(stage.state.tokens)
        assert hold.entered.wait(IN_TIME)
        elsewhere.sign_in()
    assert stage.land((flight,)).error is None
    assert users.calls.count("refresh") == 2
    assert stage.state.record == elsewhere.state.record


def test_a_guest_who_comes_late_takes_nobodys_place(stage, elsewhere, identities, store):
    with identities.hold_next("get_credentials") as hold:
        flight = stage.runtime.fetch_credentials(None)
        assert hold.entered.wait(IN_TIME)
        elsewhere.sign_in()
    stage.land((flight,))
    assert store.load() == elsewhere.state.record
    stage.runtime.look()
    assert stage.state == SignedIn(elsewhere.state.record)


# Order.


# Tokens of other kernels.


def of_another_kernel(stage, *, minutes=1):
    """Return tokens that another kernel was given that much later than this one got its own."""
    record = stage.state.record
    issued_at = stage.ports.clock.now() + timedelta(minutes=minutes)
    return tokens(record.username, issued_at=issued_at, refresh_token=record.refresh_token.reveal(), sub=record.sub)


def test_what_another_kernel_was_given_is_taken_and_the_pool_is_not_asked(stage, siblings, users):
    stage.sign_in()
    siblings.tokens = of_another_kernel(stage)
    users.calls.clear()
    stage.refresh()
    assert tokens_of(stage.state) is siblings.tokens
    assert users.calls == []
    assert siblings.asked == [stage.state.record.refresh_token.reveal()]


def test_a_kernel_that_starts_takes_the_tokens_of_one_that_runs(stage, ports, stage_of, siblings, users):
    stage.sign_in()
    siblings.tokens = tokens_of(stage.state)
    users.calls.clear()
    newcomer = stage_of(ports)
    newcomer.runtime.open()
    newcomer.refresh()
    assert tokens_of(newcomer.state) is siblings.tokens
    assert users.calls == []


@pytest.mark.parametrize(("minutes", "passed"), [(0, 0), (-1, 0), (1, 50)], ids=["as old", "older", "about to end"])
def test_tokens_of_another_kernel_that_would_not_help_are_not_taken(stage, siblings, users, clock, minutes, passed):
    stage.sign_in()
    siblings.tokens = of_another_kernel(stage, minutes=minutes)
    clock.advance(timedelta(minutes=passed))
    stage.refresh()
    assert tokens_of(stage.state) is not siblings.tokens
    assert "refresh" in users.calls


def test_somebody_elses_tokens_are_never_taken(stage, siblings):
    stage.sign_in()
    siblings.tokens = tokens("eve", issued_at=stage.ports.clock.now() + timedelta(minutes=1))
    stage.refresh()
    assert tokens_of(stage.state).username == "ada"


def test_a_forced_refresh_asks_the_pool_whatever_other_kernels_have(stage, siblings):
    stage.sign_in()
    siblings.tokens = of_another_kernel(stage)
    stage.land((stage.runtime.refresh(tokens_of(stage.state), force=True),))
    assert tokens_of(stage.state) is not siblings.tokens
    assert siblings.asked == []


def test_other_kernels_get_the_newest_tokens_until_the_sign_out(stage, siblings):
    stage.sign_in()
    assert siblings.shared is tokens_of(stage.state)
    stage.refresh()
    assert siblings.shared is tokens_of(stage.state)
    stage.sign_out()
    assert siblings.shared is None


def test_what_another_kernel_answers_with_is_left_to_it(stage, siblings):
    stage.sign_in()
    mine = siblings.shared
    siblings.tokens = of_another_kernel(stage)
    stage.refresh()
    assert siblings.shared is mine


# Revoking.


def test_a_revocation_that_did_not_get_through_is_tried_again_until_it_does(stage, users):
    stage.sign_in()
    record = stage.state.record
    for _ in range(2):
        users.fail_next(ServiceUnavailable("no network", reason="offline"), on="revoke")
    stage.sign_out()
    assert stage.runtime.is_revoking()
    while stage.runtime.is_revoking():
        stage.runtime.revoke_again()
    with pytest.raises(RefreshRefused):
        users.refresh(record)


def test_a_revocation_that_was_refused_is_not_tried_again(stage, users):
    stage.sign_in()
    users.fail_next(NotAuthorized("revocation is not enabled"), on="revoke")
    stage.sign_out()
    assert not stage.runtime.is_revoking()


def test_signing_out_everywhere_that_did_not_get_through_never_spends_the_refresh_token_twice(stage, users, clock):
    stage.sign_in()
    clock.advance(timedelta(hours=2))
    users.fail_next(ServiceUnavailable("no network", reason="offline"), on="sign_out_everywhere")
    stage.sign_out(everywhere=True)
    while stage.runtime.is_revoking():
        stage.runtime.revoke_again()
    assert users.calls == ["initiate_auth", "refresh", "sign_out_everywhere", "sign_out_everywhere"]


def test_a_change_goes_from_the_state_over_the_store_and_waiters_to_listeners(stage, store, monkeypatch):
    journal = []
    save = store.save
    monkeypatch.setattr(store, "save", lambda record: (journal.append(("store", type(stage.state))), save(record)))

    def changed(before, after, event):
        if isinstance(event, TokensIssued):
            journal.append(("waiters", store.load()))
            stage.dispatcher.post(lambda: journal.append(("listeners", store.load())))

    stage.changed.append(changed)
    stage.sign_in()
    record = stage.state.record
    assert journal == [("store", SignedIn), ("waiters", record), ("listeners", record)]


# What must not happen, and does.


class Broken:
    """An adapter with a bug."""

    def __getattr__(self, name):
        def fail(*args):
            raise ZeroDivisionError(SENTINEL)

        return fail


@pytest.fixture
def broken_stage(stage_of, store, clock):
    stage = stage_of(Ports(user_pool=Broken(), identity_pool=Broken(), store=store, clock=clock), guests=True)
    stage.runtime.open()
    return stage


def is_a_bug(flight):
    return (
        type(flight.error) is AuthError
        and "ZeroDivisionError" in str(flight.error)
        and SENTINEL not in str(flight.error)
    )


def test_an_adapter_with_a_bug_ends_a_sign_in(broken_stage):
    assert is_a_bug(broken_stage.sign_in())
    assert broken_stage.state == SignedOut()


def test_an_adapter_with_a_bug_ends_a_fetch_of_credentials(broken_stage):
    assert is_a_bug(broken_stage.fetch_credentials())
    assert broken_stage.state == SignedOut(fetching=False)


def test_an_adapter_with_a_bug_ends_a_refresh_and_a_sign_out(ports, stage_of, store, clock):
    store.save(Record("ada", "1", "https://issuer", Secret("refresh")))
    stage = stage_of(Ports(user_pool=Broken(), identity_pool=Broken(), store=store, clock=clock))
    stage.runtime.open()
    assert is_a_bug(stage.refresh())
    assert stage.state == TokensInvalid(stage.state.record, "unavailable")
    assert is_a_bug(stage.land(stage.runtime.dispatch(SignOut())))
    assert stage.state == SignedOut()


def test_an_adapter_with_a_bug_keeps_the_challenge(stage, users, monkeypatch):
    stage.sign_in("carol")
    monkeypatch.setattr(users, "respond", Broken().respond)
    assert is_a_bug(stage.land(stage.runtime.dispatch(Respond({"code": "123456"}))))
    assert isinstance(stage.state, Challenged)
    assert not stage.state.responding


@pytest.mark.parametrize("nonsense", [None, "tokens", object()])
def test_an_answer_that_is_no_answer_ends_a_sign_in(stage, users, nonsense, monkeypatch):
    monkeypatch.setattr(users, "initiate_auth", lambda credential: nonsense)
    flight = stage.sign_in()
    assert "please report it" in str(flight.error)
    assert stage.state == SignedOut()


# Credentials.


def test_an_identity_that_is_gone_is_asked_for_again_once(stage, identities, store):
    stage.sign_in()
    stage.fetch_credentials()
    gone = stage.state.record.identity_id
    identities.delete(gone)
    identities.calls.clear()
    assert stage.fetch_credentials().error is None
    assert identities.calls == ["get_credentials", "get_id", "get_credentials"]
    assert stage.state.record.identity_id not in (None, gone)
    assert store.load() == stage.state.record


def test_an_identity_that_is_gone_twice_is_forgotten(stage, identities, store):
    stage.sign_in()
    stage.fetch_credentials()
    for _ in range(2):
        identities.fail_next(IdentityGone("gone"), on="get_credentials")
    assert isinstance(stage.fetch_credentials().error, IdentityGone)
    assert isinstance(stage.state, SignedIn)
    assert stage.state.record.identity_id is store.load().identity_id is None


def test_a_guests_identity_becomes_the_users(stage):
    stage.fetch_credentials()
    guest = stage.state
    assert isinstance(guest, Guest)
    stage.sign_in()
    stage.fetch_credentials()
    assert stage.state.record.identity_id == guest.identity_id
    assert stage.state.credentials.identity_id == guest.identity_id


def test_a_guests_credentials_that_come_after_a_sign_in_has_begun_are_not_used(stage, identities, users, password):
    with identities.hold_next("get_id") as fetching, users.hold_next("initiate_auth") as signing_in:
        fetch = stage.runtime.fetch_credentials(None)
        assert fetching.entered.wait(IN_TIME)
        flights = stage.runtime.dispatch(sign_in_event(password))
        fetching.release()
        assert stage.land((fetch,)).late
        assert stage.state == SigningIn("ada", SignedOut())
        signing_in.release()
        stage.land(flights)
    assert stage.state.credentials is None


def test_a_reply_is_matched_to_its_request(stage):
    stage.sign_in()
    flight = stage.fetch_credentials()
    assert isinstance(flight.reply, CredentialsIssued)
    assert flight.reply.credentials is stage.state.credentials


# Signing out.


def test_signing_out_everywhere_uses_valid_tokens_as_they_are(stage, users):
    stage.sign_in()
    stage.sign_out(everywhere=True)
    assert users.calls == ["initiate_auth", "sign_out_everywhere"]


@pytest.mark.parametrize("minutes", [60, None])
def test_signing_out_everywhere_renews_tokens_that_have_ended_or_are_missing(
    minutes, stage, stage_of, users, clock, ports
):
    stage.sign_in()
    if minutes is None:
        stage = stage_of(ports)
        stage.runtime.open()
    else:
        clock.advance(timedelta(minutes=minutes))
    stage.sign_out(everywhere=True)
    assert users.calls == ["initiate_auth", "refresh", "sign_out_everywhere"]


def test_signing_out_offline_signs_out(stage, users, store):
    stage.sign_in()
    users.fail_next(ServiceUnavailable("no network", reason="offline"), on="revoke")
    (flight,) = stage.runtime.dispatch(SignOut())
    assert isinstance(stage.land((flight,)).error, ServiceUnavailable)
    assert stage.state == SignedOut()
    assert store.load() is None


def test_a_refresh_that_fails_while_tokens_are_valid_changes_nothing_that_counts(stage, users):
    stage.sign_in()
    before = stage.state
    users.fail_next(ServiceUnavailable("no network", reason="offline"), on="refresh")
    flight = stage.refresh()
    assert isinstance(flight.reply, RefreshFailed)
    assert stage.state == before


def test_the_machines_clock_knows_its_time_zone():
    assert SystemClock().now().tzinfo is UTC
