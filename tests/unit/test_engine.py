import threading

import pytest

from nbauth.core.config import AuthConfig
from nbauth.core.events import Cancel, Respond, SignIn, SignOut
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.user_state import UserState
from nbauth.dispatcher import Dispatcher
from nbauth.engine import Engine, connect
from nbauth.errors import CodeMismatch, NotAuthorized, ServiceUnavailable, SignInReleased, StoreError
from nbauth.stores.memory import MemoryStore
from nbauth.waiting import Outcome, Waiters

IN_TIME = 20


class Watch:
    """An engine and everything that it says."""

    def __init__(self, ports):
        self.journal = []
        self.values = {}
        self.details = []
        self.waiters = Waiters()
        self.dispatcher = Dispatcher()
        self.engine = Engine(
            ports,
            guests=False,
            waiters=self.waiters,
            dispatcher=self.dispatcher,
            publish=self._publish,
            tell=self._tell,
        )

    def _publish(self, values):
        self.values = values
        self.journal.append("published")

    def _tell(self, details):
        self.details.append(details)
        self.journal.append("told")

    def sign_in(self, username="ada", password="Correct-Horse-7"):
        return self.engine.take_step(SignIn(username, Secret(password)))


@pytest.fixture
def watch(ports):
    opened = Watch(ports)
    opened.engine.open()
    return opened


def test_opening_publishes_and_tells_nobody(ports, store, users, identities):
    store.save(Record("ada", "1", "https://issuer", Secret("refresh")))
    watch = Watch(ports)
    assert watch.engine.open() is None
    assert watch.values["state"] is UserState.SIGNED_IN
    assert watch.details == []
    assert users.calls == identities.calls == []


def test_opening_says_what_is_wrong_with_the_store(ports, store):
    store.broken = {"load"}
    assert isinstance(Watch(ports).engine.open(), StoreError)


def test_a_step_gives_the_challenge_or_is_done(watch):
    first = watch.sign_in("bob")
    assert (first.done, first.challenge.name) == (False, "NEW_PASSWORD_REQUIRED")
    second = watch.engine.take_step(Respond({"new_password": "Brand-New-7"}))
    assert (second.done, second.challenge) == (True, None)


def test_a_step_that_is_refused_raises_and_is_published(watch):
    with pytest.raises(NotAuthorized) as caught:
        watch.sign_in(password="wrong")
    assert watch.values["error"] is caught.value
    watch.sign_in()
    assert watch.values["error"] is None


@pytest.mark.parametrize("instead", [Cancel(), SignOut()], ids=lambda event: type(event).__name__)
def test_a_step_that_was_given_up_says_so(watch, users, in_threads, instead):
    with users.hold_next("initiate_auth") as hold:
        (step,) = in_threads(watch.sign_in)
        assert hold.entered.wait(IN_TIME)
        watch.engine.dispatch(instead)
    with pytest.raises(SignInReleased, match="took its place"):
        step.result(IN_TIME)
    assert watch.values["state"] is UserState.SIGNED_OUT


def test_what_a_step_that_was_given_up_ends_with_is_nobodys_error(watch, users, in_threads):
    with users.hold_next("initiate_auth") as hold:
        (step,) = in_threads(lambda: watch.sign_in(password="wrong"))
        assert hold.entered.wait(IN_TIME)
        watch.engine.dispatch(Cancel())
    with pytest.raises(NotAuthorized):
        step.result(IN_TIME)
    assert watch.values["error"] is None


def test_a_success_that_comes_too_late_does_not_hide_an_error(watch, users, in_threads):
    with users.hold_next("initiate_auth") as hold:
        (step,) = in_threads(watch.sign_in)
        assert hold.entered.wait(IN_TIME)
        with pytest.raises(NotAuthorized):
            watch.sign_in("ada", "wrong")
    with pytest.raises(SignInReleased):
        step.result(IN_TIME)
    assert isinstance(watch.values["error"], NotAuthorized)


def test_an_event_that_comes_too_late_says_so(watch):
    watch.sign_in()
    with pytest.raises(SignInReleased, match="same moment") as caught:
        watch.engine.dispatch(SignIn("ada", None))
    assert caught.value.__context__ is None


def test_waiters_are_woken_before_listeners_are_told_and_the_result_comes_last(watch):
    waiter = watch.waiters.join(watch.waiters.ticket())
    woken = waiter.wake
    waiter.wake = lambda outcome: (watch.journal.append(outcome), woken(outcome))
    watch.journal.clear()
    watch.sign_in()
    watch.journal.append("result")
    last = watch.journal[watch.journal.index(Outcome.SIGNED_IN) :]
    assert last == [Outcome.SIGNED_IN, "told", "result"]


def test_a_verb_returns_after_its_listeners_were_told_also_by_another_thread(watch, in_threads):
    watch.sign_in()
    entered, released, signed_out = threading.Event(), threading.Event(), threading.Event()
    watch.dispatcher.post(lambda: (entered.set(), released.wait(IN_TIME)))
    publish = watch._publish
    watch.engine._publish = lambda values: (publish(values), signed_out.set())

    def sign_out():
        watch.engine.dispatch(SignOut(revoke=False))
        return [details.state for details in watch.details]

    (telling,) = in_threads(watch.dispatcher.deliver)
    assert entered.wait(IN_TIME)
    (signing_out,) = in_threads(sign_out)
    assert signed_out.wait(IN_TIME)
    released.set()
    assert signing_out.result(IN_TIME) == [UserState.SIGNED_IN, UserState.SIGNED_OUT]
    telling.result(IN_TIME)


def test_a_sign_out_wakes_those_who_wait(watch):
    waiter = watch.waiters.join(watch.waiters.ticket())
    watch.engine.dispatch(SignOut())
    assert waiter.outcome is Outcome.SIGNED_OUT


def test_a_sign_in_in_another_kernel_wakes_those_who_wait_and_is_told(watch, store):
    waiter = watch.waiters.join(watch.waiters.ticket())
    store.save(Record("ada", "1", "https://issuer", Secret("refresh")))
    watch.engine.runtime.look()
    watch.dispatcher.settle()
    assert waiter.outcome is Outcome.SIGNED_IN
    (details,) = watch.details
    assert (details.previous, details.state, details.username) == (UserState.SIGNED_OUT, UserState.SIGNED_IN, "ada")


def test_a_sign_out_in_another_kernel_wakes_those_who_wait_as_one_here_does(watch, store):
    store.save(Record("ada", "1", "https://issuer", None))
    watch.engine.runtime.look()
    waiter = watch.waiters.join(watch.waiters.ticket())
    store.forget()
    watch.engine.runtime.look()
    assert waiter.outcome is Outcome.SIGNED_OUT


def test_where_nobody_was_signed_in_what_another_kernel_does_ends_no_wait(watch, store):
    store.save(Record(identity_id="eu-west-1:guest"))
    watch.engine.runtime.look()
    waiter = watch.waiters.join(watch.waiters.ticket())
    store.forget()
    watch.engine.runtime.look()
    assert watch.values["state"] is UserState.SIGNED_OUT
    assert not waiter.done.is_set()


@pytest.mark.parametrize("username", ["bob", "ada"])
def test_a_sign_in_that_is_under_way_or_fails_wakes_nobody(watch, username):
    waiter = watch.waiters.join(watch.waiters.ticket())
    if username == "ada":
        with pytest.raises(NotAuthorized):
            watch.sign_in(password="wrong")
    else:
        watch.sign_in(username)
    assert not waiter.done.is_set()


def test_only_a_change_of_the_user_state_is_told(watch, users, identities, clock):
    watch.sign_in("bob")
    assert watch.details == []
    with pytest.raises(Exception, match="password"):
        watch.engine.take_step(Respond({"new_password": "short"}))
    watch.engine.take_step(Respond({"new_password": "Brand-New-7"}))
    watch.engine.supply.credentials(lambda: None)
    watch.engine.supply.tokens(lambda: None, force=True)
    watch.engine.dispatch(SignOut())
    watch.engine.dispatch(SignOut())
    told = [(details.previous.name, details.state.name, details.username) for details in watch.details]
    assert told == [("SIGNED_OUT", "SIGNED_IN", "bob"), ("SIGNED_IN", "SIGNED_OUT", None)]


def test_the_reason_and_the_error_are_told(watch, users, clock):
    watch.sign_in()
    clock.advance(watch.engine.runtime.flow.state.tokens.expires_at - clock.now())
    offline = ServiceUnavailable("no network", reason="offline")
    users.fail_next(offline, on="refresh")
    watch.engine.runtime.refresh(watch.engine.runtime.flow.state.tokens).wait()
    watch.dispatcher.settle()
    details = watch.details[1]
    assert details.state is UserState.SIGNED_OUT_USER_POOLS_TOKENS_INVALID
    assert (details.previous, details.reason, details.username) == (UserState.SIGNED_IN, "offline", "ada")
    assert details.error is offline


def test_whether_the_service_can_be_reached_is_published(watch, users):
    assert watch.values["online"]
    users.fail_next(ServiceUnavailable("no network", reason="offline"))
    with pytest.raises(ServiceUnavailable):
        watch.sign_in()
    assert not watch.values["online"]
    watch.sign_in()
    assert watch.values["online"]


def test_a_wrong_code_leaves_the_challenge_and_no_one_busy(watch):
    watch.sign_in("dave")
    with pytest.raises(CodeMismatch):
        watch.engine.take_step(Respond({"code": "000000"}))
    assert watch.values["challenge"].name == "SMS_MFA"
    assert not watch.values["busy"]


def test_connecting_needs_no_network_and_makes_what_is_configured(config, monkeypatch):
    import socket

    def refuse(*args, **kwargs):
        raise AssertionError("no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    both = connect(config, store="memory", account="default")
    assert both.user_pool
    assert both.identity_pool
    assert isinstance(both.store, MemoryStore)
    users_only = connect(config.replace(identity_pool_id=None), store="memory", account="default")
    assert users_only.identity_pool is None
    guests_only = AuthConfig(identity_pool_id=config.identity_pool_id)
    assert connect(guests_only, store="memory", account="default").user_pool is None


def test_the_engine_looks_after_itself_in_a_thread_of_its_own(watch):
    watch.sign_in()
    assert any(thread.name == "nbauth-refresher" and thread.daemon for thread in threading.enumerate())
