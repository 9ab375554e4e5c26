import logging
import threading
from queue import Queue
from threading import Event

import pytest

from nbauth.dispatcher import Dispatcher, elsewhere

IN_TIME = 20


@pytest.fixture
def dispatcher():
    return Dispatcher()


def test_nothing_is_delivered_where_it_is_posted(dispatcher):
    made = []
    dispatcher.post(lambda: made.append(1))
    assert made == []
    dispatcher.deliver()
    assert made == [1]


def test_calls_are_made_in_the_order_they_were_posted(dispatcher):
    made = []
    for number in range(10):
        dispatcher.post(lambda number=number: made.append(number))
    dispatcher.deliver()
    assert made == list(range(10))


def test_each_call_is_made_once(dispatcher):
    made = []
    dispatcher.post(lambda: made.append(1))
    dispatcher.deliver()
    dispatcher.deliver()
    dispatcher.settle()
    assert made == [1]


def test_a_call_that_raises_is_reported_and_disturbs_nobody(dispatcher, caplog):
    made = []
    dispatcher.post(lambda: 1 / 0)
    dispatcher.post(lambda: made.append(1))
    with caplog.at_level(logging.ERROR):
        dispatcher.deliver()
    assert made == [1]
    assert [record.getMessage() for record in caplog.records] == ["nbauth: a listener failed"]
    assert caplog.records[0].exc_info[0] is ZeroDivisionError


def test_an_interrupt_gets_through_and_what_is_left_is_made_next_time(dispatcher):
    made = []

    def interrupted():
        raise KeyboardInterrupt

    dispatcher.post(interrupted)
    dispatcher.post(lambda: made.append(1))
    with pytest.raises(KeyboardInterrupt):
        dispatcher.deliver()
    dispatcher.settle()
    assert made == [1]


def test_what_a_call_posts_is_made_after_it_and_not_within(dispatcher):
    made = []

    def outer():
        dispatcher.post(lambda: made.append("inner"))
        dispatcher.deliver()
        dispatcher.settle()
        made.append("outer")

    dispatcher.post(outer)
    dispatcher.deliver()
    assert made == ["outer", "inner"]


def test_one_thread_at_a_time_delivers_also_what_others_post(dispatcher, in_threads):
    made, entered, released = [], Event(), Event()

    def held():
        entered.set()
        assert released.wait(IN_TIME)
        made.append("first")

    dispatcher.post(held)
    (delivering,) = in_threads(dispatcher.deliver)
    assert entered.wait(IN_TIME)
    dispatcher.post(lambda: made.append("second"))
    dispatcher.deliver()
    assert made == []
    released.set()
    delivering.result(IN_TIME)
    assert made == ["first", "second"]


def test_settling_waits_for_what_another_thread_delivers(dispatcher, in_threads):
    made, entered, released, settled = [], Event(), Event(), Event()

    def held():
        entered.set()
        assert released.wait(IN_TIME)
        made.append(1)

    def settle():
        dispatcher.settle()
        settled.set()
        return list(made)

    dispatcher.post(held)
    (delivering,) = in_threads(dispatcher.deliver)
    assert entered.wait(IN_TIME)
    (settling,) = in_threads(settle)
    assert not settled.is_set()
    released.set()
    assert settling.result(IN_TIME) == [1]
    delivering.result(IN_TIME)


def test_settling_delivers_what_nobody_else_does(dispatcher):
    made = []
    dispatcher.post(lambda: made.append(1))
    dispatcher.settle()
    assert made == [1]


def test_whoever_settles_takes_over_from_a_deliverer_that_was_interrupted(dispatcher, in_threads):
    made, entered, released = [], Event(), Event()

    def interrupted():
        entered.set()
        assert released.wait(IN_TIME)
        raise KeyboardInterrupt

    def deliver():
        with pytest.raises(KeyboardInterrupt):
            dispatcher.deliver()

    dispatcher.post(interrupted)
    dispatcher.post(lambda: made.append(1))
    (delivering,) = in_threads(deliver)
    assert entered.wait(IN_TIME)
    (settling,) = in_threads(dispatcher.settle)
    released.set()
    settling.result(IN_TIME)
    delivering.result(IN_TIME)
    assert made == [1]


def test_many_threads_that_post_and_settle_lose_nothing(dispatcher, in_threads):
    made = []

    def post_and_settle():
        seen = []
        dispatcher.post(lambda: (made.append(1), seen.append(1)))
        dispatcher.settle()
        return seen

    def work():
        assert [post_and_settle() for _ in range(50)] == [[1]] * 50

    for future in in_threads(work, 8):
        future.result(IN_TIME)
    assert len(made) == 400


def test_a_thread_with_other_duties_has_its_calls_made_elsewhere(dispatcher):
    made, released = Queue(), Event()
    dispatcher.post(lambda: made.put(threading.current_thread().name))
    dispatcher.post(lambda: released.wait(IN_TIME))
    dispatcher.post(lambda: made.put("after"))
    with elsewhere():
        dispatcher.deliver()
        dispatcher.post(lambda: made.put("last"))
        dispatcher.deliver()
    assert made.get(timeout=IN_TIME) == "nbauth-listeners"
    assert made.empty()
    released.set()
    assert [made.get(timeout=IN_TIME), made.get(timeout=IN_TIME)] == ["after", "last"]


def test_whoever_settles_waits_for_what_is_made_elsewhere(dispatcher):
    made, entered, released = [], Event(), Event()
    dispatcher.post(lambda: (entered.set(), released.wait(IN_TIME), made.append(1)))
    with elsewhere():
        dispatcher.deliver()
    assert entered.wait(IN_TIME)
    threading.Timer(0, released.set).start()
    dispatcher.settle()
    assert made == [1]


def test_an_interpreter_that_ends_makes_no_calls_elsewhere(dispatcher, monkeypatch):
    def too_late(self):
        raise RuntimeError("can't start new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", too_late)
    dispatcher.post(lambda: None)
    with elsewhere():
        dispatcher.deliver()
    assert len(dispatcher._calls) == 1
