import threading

import pytest

from nbauth import background
from nbauth.background import carry_out
from nbauth.errors import AuthError, Rejected


def test_the_answer_comes_from_another_thread():
    assert carry_out(threading.get_ident) != threading.get_ident()


def test_an_error_is_the_one_that_was_raised_and_has_no_past():
    refusal = Rejected("no")

    def refuse():
        raise refusal

    with pytest.raises(Rejected) as caught:
        carry_out(refuse)
    assert caught.value is refusal
    assert (refusal.__cause__, refusal.__context__) == (None, None)
    assert "refuse" not in {entry.name for entry in caught.traceback}


def test_a_bug_is_named_and_not_quoted():
    def fail():
        raise ValueError("hunter-2")

    with pytest.raises(AuthError, match="nbauth failed with ValueError") as caught:
        carry_out(fail)
    assert "hunter-2" not in str(caught.value)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_an_interpreter_that_starts_no_threads_any_more_is_still_served(monkeypatch):
    def refuse(*_, **__):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(background.threading, "Thread", refuse)
    assert carry_out(lambda: 7) == 7


def test_a_stop_ends_the_wait_and_not_the_request(monkeypatch):
    may_end, ended = threading.Event(), threading.Event()

    class Stopped(threading.Event):
        def wait(self, timeout=None):
            raise KeyboardInterrupt

    def ask():
        may_end.wait()
        ended.set()

    begun = background._Request(ask)
    begun.landed = Stopped()
    monkeypatch.setattr(background, "_Request", lambda ask: begun)
    with pytest.raises(KeyboardInterrupt):
        carry_out(ask)
    may_end.set()
    assert ended.wait(20)
