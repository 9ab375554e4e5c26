"""Requests under way, and who may wait for them."""

import threading

import pytest

from nbauth.core.user_state import UserState


@pytest.fixture
def no_threads(monkeypatch):
    """Threads cannot be started, as in an interpreter that is shutting down."""

    def refuse(thread):
        raise RuntimeError("can't start new thread")

    return lambda: monkeypatch.setattr(threading.Thread, "start", refuse)


def test_a_sign_out_at_the_very_end_of_a_process_is_complete(session, password, users, no_threads):
    session.sign_in("ada", password)
    no_threads()
    report = session.sign_out()
    assert (report.revoked, report.error) == (True, None)
    assert session.state is UserState.SIGNED_OUT
    assert users.calls[-1] == "revoke"


def test_credentials_are_to_be_had_until_the_very_end_of_a_process(session, password, no_threads):
    session.sign_in("ada", password)
    before = session.get_credentials()
    no_threads()
    assert session.get_credentials(force_refresh=True) is not before
