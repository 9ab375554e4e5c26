"""Errands: one at a time, never in the way, and never lost without a word."""

import threading

import pytest

from nbauth.errors import NotAuthorized
from nbauth.widgets.errand import Errand, message_of


@pytest.fixture
def ends():
    """What errands ended with, and the event that says one has."""
    ended = threading.Event()
    messages = []

    def note(name, message):
        messages.append((name, message))
        ended.set()

    return note, messages, ended


def test_an_errand_runs_in_another_thread_and_reports_its_end(ends):
    note, messages, ended = ends
    threads = []
    Errand(note).begin("refresh", lambda: threads.append(threading.current_thread()))
    assert ended.wait(10)
    assert messages == [("refresh", "")]
    assert threads != [threading.current_thread()]


def test_a_second_errand_is_refused_while_one_runs(ends):
    note, messages, ended = ends
    go = threading.Event()
    errand = Errand(note)
    assert errand.begin("submit", lambda: go.wait(10))
    assert not errand.begin("submit", lambda: None)
    assert errand.name == "submit"
    go.set()
    assert ended.wait(10)
    assert errand.name is None
    assert len(messages) == 1


def test_an_errand_that_was_given_up_ends_unnoticed_and_makes_room(ends):
    note, messages, ended = ends
    go, went = threading.Event(), threading.Event()

    def slow():
        go.wait(10)
        went.set()

    errand = Errand(note)
    errand.begin("submit", slow)
    errand.give_up()
    assert errand.begin("cancel", go.set)
    assert ended.wait(10)
    assert went.wait(10)
    assert messages == [("cancel", "")]


def test_an_error_of_nbauth_is_its_own_message():
    def refused():
        raise NotAuthorized("Incorrect user name or password")

    assert message_of(refused) == "Incorrect user name or password"


def test_an_unexpected_error_is_named_and_logged_without_its_message(caplog):
    def broken():
        raise ValueError("sentinel-password")

    assert message_of(broken) == "nbauth failed with ValueError; the log says where."
    assert "in broken" in caplog.text
    assert "unexpected ValueError" in caplog.text
