"""Errands: one at a time, never in the way, and never lost without a word."""

import threading

import pytest

from nbauth.errors import NotAuthorized
from nbauth.widgets.errand import Errand, Outcome, outcome_of


@pytest.fixture
def ends():
    """What errands ended with, and the event that says one has."""
    ended = threading.Event()
    outcomes = []

    def note(name, outcome):
        outcomes.append((name, outcome))
        ended.set()

    return note, outcomes, ended


def test_an_errand_runs_in_another_thread_and_reports_its_end(ends):
    note, outcomes, ended = ends
    threads = []
    Errand(note).begin("refresh", lambda: threads.append(threading.current_thread()) or "done")
    assert ended.wait(10)
    assert outcomes == [("refresh", Outcome("done"))]
    assert threads != [threading.current_thread()]


def test_a_second_errand_is_refused_while_one_runs(ends):
    note, outcomes, ended = ends
    go = threading.Event()
    errand = Errand(note)
    assert errand.begin("submit", lambda: go.wait(10))
    assert not errand.begin("submit", lambda: None)
    assert errand.name == "submit"
    go.set()
    assert ended.wait(10)
    assert errand.name is None
    assert len(outcomes) == 1


def test_an_errand_that_was_given_up_ends_unnoticed_and_makes_room(ends):
    note, outcomes, ended = ends
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
    assert outcomes == [("cancel", Outcome())]


def test_an_error_is_what_came_of_it_and_holds_no_frame():
    refusal = NotAuthorized("Incorrect user name or password")

    def refused():
        raise refusal

    outcome = outcome_of(refused)
    assert outcome.error is refusal
    assert refusal.__traceback__ is None


def test_an_unexpected_error_is_logged_without_its_message(caplog):
    secret = "sentinel-password"

    def broken():
        raise ValueError(secret)

    assert isinstance(outcome_of(broken).error, ValueError)
    assert "in broken" in caplog.text
    assert "unexpected ValueError" in caplog.text
    assert "sentinel" not in caplog.text
