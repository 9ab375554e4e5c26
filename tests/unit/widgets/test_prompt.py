"""The prompt: where a panel stands, who shares it, and what it leaves behind."""

import threading
from contextlib import contextmanager

import IPython.display
import pytest

from nbauth import kernel
from nbauth.widgets import PanelPrompt, prompt


class Output:
    """Where cells show things, and what stands there in the end."""

    def __init__(self):
        self.panels = []
        self.lines = []
        self.markup = []
        self.shown = threading.Event()

    def display(self, panel, *, display_id):
        assert display_id
        self.panels.append(panel)
        self.shown.set()

    def update(self, bundle, *, display_id, raw):
        assert display_id
        assert raw
        self.lines.append(bundle["text/plain"])
        self.markup.append(bundle["text/html"])


@pytest.fixture
def output(monkeypatch, page):
    shown = Output()
    monkeypatch.setattr(IPython.display, "display", shown.display)
    monkeypatch.setattr(IPython.display, "update_display", shown.update)
    return shown


@pytest.fixture
def asks(session, output):
    """Begins to wait for the session's sign-in in a thread of its own, as AWS calls do."""
    prompted = PanelPrompt(session)
    threads = []

    def ask(timeout=60):
        waiter = session._waiters.join(session._waiters.ticket())
        thread = threading.Thread(target=prompted.ask, args=(waiter.done, timeout))
        thread.start()
        threads.append(thread)
        assert output.shown.wait(10)
        return thread

    ask.prompt = prompted
    yield ask
    session.release_sign_in_wait()
    for thread in threads:
        thread.join(10)


def test_a_sign_in_replaces_the_form_by_one_line_and_closes_it(asks, session, output, page, password):
    thread = asks()
    (panel,) = output.panels
    comm_id, layout_id = panel.model_id, panel.layout.model_id
    assert panel.view["screen"]["hint"] == "This cell goes on as soon as you are signed in."
    page.submit(panel, username="ada", password=password)
    thread.join(10)
    assert output.lines == ["Signed in as ada."]
    assert page.closed(comm_id)
    assert page.closed(layout_id)


def test_cancel_leaves_one_line(asks, output, page):
    thread = asks()
    page.act(output.panels[0], "cancel")
    thread.join(10)
    assert output.lines == ["Sign-in cancelled."]


def test_nobody_answering_leaves_one_line(asks, output):
    asks(timeout=0.01).join(10)
    assert output.lines == ["Nobody signed in within 0 s."]


def test_a_name_that_is_markup_stays_a_name(asks, session, users, output, password):
    users.add_user("<b>ada</b>", password)
    thread = asks()
    session.sign_in("<b>ada</b>", password)
    thread.join(10)
    assert "&lt;b&gt;ada&lt;/b&gt;" in output.markup[0]


def test_all_who_wait_share_one_form(asks, session, output, password):
    threads = [asks() for _ in range(3)]
    session.sign_in("ada", password)
    for thread in threads:
        thread.join(10)
    assert len(output.panels) == 1
    assert output.lines == ["Signed in as ada."]


def test_the_form_at_home_folds_when_a_cell_asks(asks, output):
    asks.prompt.show_sign_in()
    home = output.panels[0]
    assert home.view["kind"] == "panel"
    output.shown.clear()
    asks()
    assert home.view["kind"] == "bar"
    assert output.panels[1].view["kind"] == "panel"


def test_the_form_at_home_becomes_the_status_bar(session, output, page, password):
    PanelPrompt(session).show_sign_in()
    (home,) = output.panels
    page.submit(home, username="ada", password=password)
    assert page.wait_for(home, lambda view: view["kind"] == "bar")["username"] == "ada"
    assert not page.closed(home.model_id)


def test_the_status_bar_is_the_same_wherever_it_is_shown(session, output):
    shown = PanelPrompt(session)
    shown.show_status()
    shown.show_sign_in()
    assert output.panels[0] is output.panels[1]
    assert output.panels[0].view["kind"] == "panel"


def test_the_panel_at_home_is_the_same_one_after_a_switch(accounts, output):
    PanelPrompt(accounts.current, accounts).show_status()
    work = accounts.switch("work")
    PanelPrompt(work, accounts).show_sign_in()
    assert output.panels[0] is output.panels[1]
    assert output.panels[0].view["screen"]["subtitle"].startswith("Account work")


def test_every_form_at_home_folds_when_a_cell_asks_whichever_account_it_was_made_for(accounts, output):
    session = accounts.current
    PanelPrompt(session, accounts).show_status()
    accounts.switch("work")
    PanelPrompt(session, accounts).show_sign_in()
    accounts.switch("research")
    homes = output.panels[:2]
    assert homes[0] is not homes[1]
    homes[0].open_form()
    prompt_of_the_cell = PanelPrompt(session, accounts)
    place = prompt_of_the_cell._enter()
    assert [home.view["kind"] for home in homes] == ["bar", "bar"]
    prompt_of_the_cell._leave(place, "")


def test_a_front_end_that_shows_no_panel_is_asked_in_text(session, output, monkeypatch, password):
    monkeypatch.setattr(kernel, "can_wait", lambda: True)
    monkeypatch.setattr(prompt, "_READY_WITHIN", 0.01)
    monkeypatch.setattr("builtins.input", lambda question: "ada")
    monkeypatch.setattr("getpass.getpass", lambda question: password)
    PanelPrompt(session).ask(threading.Event(), 60)
    assert session.username == "ada"
    assert output.lines == ["The sign-in panel cannot be shown here."]


def test_where_no_click_can_get_through_the_question_is_asked_in_text(session, output, monkeypatch, password):
    monkeypatch.setattr("builtins.input", lambda question: "ada")
    monkeypatch.setattr("getpass.getpass", lambda question: password)
    PanelPrompt(session).ask(threading.Event(), 60)
    assert session.username == "ada"
    assert output.panels == []


def test_stop_takes_the_form_away(session, output, page, monkeypatch):
    def interrupted(event, timeout):
        raise KeyboardInterrupt

    monkeypatch.setattr(kernel, "can_wait", lambda: True)
    monkeypatch.setattr(kernel, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        PanelPrompt(session).ask(threading.Event(), 60)
    assert output.lines == ["Sign-in cancelled."]
    assert output.panels[0].comm is None


@pytest.fixture
def beside(monkeypatch):
    """Takes note of the panels that are answered beside the cell, and of when that ends."""
    noted = []

    @contextmanager
    def answering(comm):
        noted.append(comm.comm_id)
        yield
        noted.append("end")

    monkeypatch.setattr(kernel, "answering", answering)
    return noted


def test_threads_that_wait_have_their_panel_answered_beside_the_cell_for_as_long(
    asks, session, output, password, beside
):
    threads = [asks() for _ in range(3)]
    (panel,) = output.panels
    comm_id = panel.comm.comm_id
    session.sign_in("ada", password)
    for thread in threads:
        thread.join(10)
    assert beside == [comm_id, "end"]


def test_a_thread_whose_panel_stays_silent_says_once_why_that_may_be(asks, output, monkeypatch, capsys):
    monkeypatch.setattr(prompt, "_READY_WITHIN", 0.01)
    asks(timeout=0.05).join(10)
    assert capsys.readouterr().err == f"nbauth: {prompt._SILENT}\n"


def test_a_thread_whose_panel_has_answered_says_nothing(asks, session, output, page, monkeypatch, capsys):
    first = asks()
    page.say(output.panels[0], {"type": "ready"})
    monkeypatch.setattr(prompt, "_READY_WITHIN", 0.01)
    asks(timeout=0.05).join(10)
    assert capsys.readouterr().err == ""
    session.release_sign_in_wait()
    first.join(10)


def test_a_thread_that_comes_too_late_shows_nothing(session, output):
    done = threading.Event()
    done.set()
    PanelPrompt(session).ask(done, 60)
    thread = threading.Thread(target=PanelPrompt(session).ask, args=(done, 60))
    thread.start()
    thread.join(10)
    assert (output.panels, output.lines) == ([], [])
