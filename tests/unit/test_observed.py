"""Who watches a session: what listeners and observers are told, in which order, and what they may do."""

import sys
import threading
from datetime import timedelta

import pytest
import traitlets

from nbauth import observed
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.user_state import UserState
from nbauth.errors import RefreshRefused, Rejected, ServiceUnavailable

IN_TIME = 20
OFFLINE = ServiceUnavailable("no network", reason="offline")


def test_listeners_are_told_of_each_change_in_the_order_they_were_added(session, password):
    told = []
    for name in ("first", "second"):
        session.add_user_state_listener(lambda details, name=name: told.append((name, details.state.name)))
    session.sign_in("ada", password)
    session.sign_out()
    assert told == [
        ("first", "SIGNED_IN"),
        ("second", "SIGNED_IN"),
        ("first", "SIGNED_OUT"),
        ("second", "SIGNED_OUT"),
    ]


def test_what_cannot_be_called_is_no_listener(session):
    with pytest.raises(Rejected, match=r"^A listener is a function, not of the type NoneType$"):
        session.add_user_state_listener(None)


def test_a_listener_is_told_what_was_before_and_who_it_is(session, recorder, password):
    told = recorder(session)
    session.sign_in("ada", password)
    (details,) = told.details
    assert (details.previous, details.state) == (UserState.SIGNED_OUT, UserState.SIGNED_IN)
    assert (details.username, details.reason, details.error) == ("ada", None, None)


@pytest.mark.parametrize(
    "remove", [lambda told, session: told.remove(), lambda told, session: session.remove_user_state_listener(told)]
)
def test_a_listener_that_was_removed_is_told_nothing_more(session, recorder, password, remove):
    told, stays = recorder(session), recorder(session)
    remove(told, session)
    remove(told, session)
    session.sign_in("ada", password)
    assert told.details == []
    assert stays.states() == ["SIGNED_IN"]


def interrupted_at(step, call, do):
    """Do something else at one step of what a call does in the module; return whether it has that many."""
    steps = iter(range(step))

    def trace(frame, event, arg):
        frame.f_trace_opcodes = True
        if frame.f_code.co_filename == observed.__file__ and next(steps, None) == step - 1:
            do()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return next(steps, None) is None


def test_a_listener_that_is_added_at_any_moment_of_the_removal_of_another_is_told(session, recorder, password):
    added = []
    while interrupted_at(len(added) + 1, recorder(session).remove, lambda: added.append(recorder(session))):
        session.sign_in("ada", password)
        session.sign_out()
        added[-1].remove()
    assert len(added) > 10
    assert [told.states() for told in added] == [["SIGNED_IN", "SIGNED_OUT"]] * len(added)


def test_a_listener_that_raises_disturbs_nobody(session, recorder, password, caplog):
    session.add_user_state_listener(lambda details: 1 / 0)
    told = recorder(session)
    assert session.sign_in("ada", password).done
    assert told.states() == ["SIGNED_IN"]
    assert [record.getMessage() for record in caplog.records] == ["nbauth: an observer failed"]


def test_a_listener_may_call_verbs(session, users, password):
    seen = []

    def listener(details):
        if details.state is UserState.SIGNED_IN:
            seen.append(session.get_tokens(force_refresh=True).username)
            seen.append(session.get_credentials().identity_id)
            seen.append(session.sign_out().revoked)
        else:
            seen.append(details.state)

    session.add_user_state_listener(listener)
    assert session.sign_in("ada", password).done
    assert seen[0] == "ada"
    assert seen[2:] == [True, UserState.SIGNED_OUT]
    assert session.state is UserState.SIGNED_OUT


def test_a_listener_may_wait_for_threads_that_need_credentials(session, password, in_threads):
    seen = []

    def listener(details):
        futures = in_threads(session.get_credentials, 4)
        seen.append({future.result(IN_TIME).identity_id for future in futures})

    session.add_user_state_listener(listener)
    session.sign_in("ada", password)
    assert seen == [{session.identity_id}]


def test_a_listener_may_refresh_when_a_refresh_has_brought_the_sign_in_back(
    session, recorder, password, end_tokens, clock, in_threads
):
    session.sign_in("ada", password)
    end_tokens(OFFLINE)
    told, refreshed = recorder(session), threading.Event()

    def listener(details):
        if details.state is UserState.SIGNED_IN:
            session.get_tokens(force_refresh=True)
            refreshed.set()

    session.add_user_state_listener(listener)
    (waiting,) = in_threads(lambda: session.get_tokens(wait=IN_TIME))
    told.wait_for(UserState.SIGNED_OUT_USER_POOLS_TOKENS_INVALID)
    clock.advance(timedelta(minutes=1))
    assert waiting.result(IN_TIME).username == "ada"
    assert refreshed.wait(IN_TIME)


def test_a_listener_may_wait_for_the_next_sign_in(session, recorder, password, end_tokens, in_threads):
    session.sign_in("ada", password)
    end_tokens(RefreshRefused("over"))
    told, went_on = recorder(session), threading.Event()

    def listener(details):
        if details.state is UserState.SIGNED_OUT_USER_POOLS_TOKENS_INVALID:
            session.wait_for_sign_in(IN_TIME)
            went_on.set()

    session.add_user_state_listener(listener)
    (waiting,) = in_threads(lambda: session.get_tokens(wait=IN_TIME))
    told.wait_for(UserState.SIGNED_OUT_USER_POOLS_TOKENS_INVALID)
    assert session.sign_in("ada", password).done
    assert went_on.wait(IN_TIME)
    assert waiting.result(IN_TIME).username == "ada"


def test_observers_see_values_that_belong_together(session, password):
    seen = []
    session.observe(
        lambda change: seen.append((change.name, change.new, session.username, session.is_signed_in)), "state"
    )
    session.observe(
        lambda change: seen.append((change.name, change.new, session.state, session.has_valid_tokens)), "username"
    )
    session.sign_in("ada", password)
    assert sorted(seen, key=str) == sorted(
        [("state", UserState.SIGNED_IN, "ada", True), ("username", "ada", UserState.SIGNED_IN, True)], key=str
    )


def test_observers_are_called_in_the_order_they_were_added(session, password):
    seen = []
    for number in range(5):
        session.observe(lambda change, number=number: seen.append(number), "state")
    session.sign_in("ada", password)
    assert seen == list(range(5))


def test_an_observer_that_raises_disturbs_neither_other_observers_nor_listeners(session, recorder, password, caplog):
    seen = []
    session.observe(lambda change: 1 / 0, "state")
    session.observe(lambda change: seen.append(change.new), "state")
    told = recorder(session)
    assert session.sign_in("ada", password).done
    assert seen == [UserState.SIGNED_IN]
    assert told.states() == ["SIGNED_IN"]
    assert "an observer failed" in caplog.text


def test_an_observer_can_be_taken_back(session, password):
    seen = []

    def observer(change):
        seen.append(change.name)

    session.observe(observer, ["state", "username"])
    session.unobserve(observer, "state")
    session.sign_in("ada", password)
    assert seen == ["username"]
    with pytest.raises(ValueError, match="remove"):
        session.unobserve(observer, "state")


def test_an_observer_that_was_added_twice_is_called_once(session, password):
    seen = []

    def observer(change):
        seen.append(change.name)

    session.observe(observer, "state")
    session.observe(observer, "state")
    session.sign_in("ada", password)
    assert seen == ["state"]


def test_traits_can_be_linked(session, password):
    class Label(traitlets.HasTraits):
        value = traitlets.Unicode(None, allow_none=True)

    label = Label()
    traitlets.dlink((session, "username"), (label, "value"))
    session.sign_in("ada", password)
    assert label.value == "ada"


def test_the_time_limit_can_be_observed_too(session):
    seen = []
    session.observe(lambda change: seen.append(change.new), "sign_in_wait")
    session.sign_in_wait = 7
    assert seen == [7]


def test_opening_tells_no_observer(another, store):
    store.save(Record("ada", "1", "https://issuer", Secret("refresh")))
    session, seen = another(store=store), []
    session.observe(lambda change: seen.append(change.name))
    assert session.state is UserState.SIGNED_IN
    assert seen == []
