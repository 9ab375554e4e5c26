"""The terminal: the same conversation in text."""

import base64
import builtins
import getpass
import io
import json
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
from traitlets.config import Config

from nbauth import kernel
from nbauth.auth_session import AuthSession
from nbauth.core.challenges import Challenge
from nbauth.core.config import AuthConfig
from nbauth.core.user_state import UserState
from nbauth.errors import ServiceUnavailable
from nbauth.ports import Ports
from nbauth.stores.memory import MemoryStore
from nbauth.terminal import TerminalPrompt
from nbauth.testing import FakeClock, FakeIdentityPool, FakeUserPool
from nbauth.testing.makers import totp
from nbauth.traits import NbAuth

PASSWORD = "sentinel-password-3c5e"
TOTP_SECRET = "JBSWY3DPEHPK3PXP"


class Person:
    """Answers questions from a list, and notes what was asked, and how."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.questions = []

    def reads(self, question):
        return self._answer(question)

    def reads_hidden(self, question):
        return self._answer(f"(hidden) {question}")

    def _answer(self, question):
        self.questions.append(question)
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer() if callable(answer) else answer


@pytest.fixture
def person(monkeypatch):
    somebody = Person()
    monkeypatch.setattr(builtins, "input", somebody.reads)
    monkeypatch.setattr(getpass, "getpass", somebody.reads_hidden)
    return somebody


@pytest.fixture
def clock():
    return FakeClock(datetime(2026, 5, 4, 12, 0, tzinfo=UTC))


@pytest.fixture
def users(clock):
    pool = FakeUserPool(clock)
    pool.add_user("ada", PASSWORD)
    pool.add_user("bob", PASSWORD, temporary=True)
    pool.add_user("carol", PASSWORD, totp_secret=TOTP_SECRET)
    return pool


@pytest.fixture
def session(users, clock):
    config = AuthConfig(user_pool_id="eu-west-1_Example01", client_id="exampleclient", username_attributes=["email"])
    ports = Ports(user_pool=users, identity_pool=None, store=MemoryStore(), clock=clock)
    return AuthSession(config, store="memory", ports=ports)


@pytest.fixture
def prompt(session):
    return TerminalPrompt(session)


def test_a_name_and_a_password_sign_in(prompt, session, person, capsys):
    person.answers = ["ada", PASSWORD]
    prompt.ask(threading.Event(), None)
    assert session.state is UserState.SIGNED_IN
    assert person.questions == ["Email: ", "(hidden) Password: "]
    assert capsys.readouterr().out == "Signed in as ada.\n"


def test_a_wrong_password_is_said_and_asked_for_again(prompt, session, person, capsys):
    person.answers = ["ada", "wrong", "ada", PASSWORD]
    prompt.ask(threading.Event(), None)
    assert session.state is UserState.SIGNED_IN
    assert capsys.readouterr().out == "Incorrect user name or password\nSigned in as ada.\n"


def test_a_code_is_asked_for_until_it_is_right(prompt, session, person, clock, capsys):
    code = totp(TOTP_SECRET, clock.now())
    person.answers = ["carol", PASSWORD, "1", "", f"{code[:3]} {code[3:]}"]
    prompt.ask(threading.Event(), None)
    assert session.username == "carol"
    assert capsys.readouterr().out.splitlines()[:3] == [
        "Enter your authenticator code",
        "Open your authenticator app (phone) and enter the code it shows.",
        "That code is not right: try again",
    ]


def test_what_a_step_up_asks_is_asked_and_the_user_stays_signed_in(prompt, session, person, clock):
    session.sign_in("carol", PASSWORD)
    session.confirm_sign_in(totp(TOTP_SECRET, clock.now()))
    before = session.get_tokens()
    session.step_up(wait=False)
    person.answers = ["Password", "1", PASSWORD, totp(TOTP_SECRET, clock.now())]
    prompt.show_sign_in()
    assert (session.state, session.challenge) == (UserState.SIGNED_IN, None)
    assert session.get_tokens() is not before


def test_a_step_up_that_is_over_asks_nobody_to_sign_in(prompt, session, person, clock, capsys):
    session.sign_in("ada", PASSWORD)
    session.step_up(wait=False)
    clock.advance(timedelta(hours=1))
    person.answers = ["1"]
    prompt.ask(threading.Event(), None)
    assert len(person.questions) == 1
    assert (session.state, session.challenge) == (UserState.SIGNED_IN, None)


def test_a_new_password_is_read_hidden(prompt, session, person):
    person.answers = ["bob", PASSWORD, "another-password"]
    prompt.ask(threading.Event(), None)
    assert session.username == "bob"
    assert person.questions[-1] == "(hidden) New password: "


@pytest.mark.parametrize("answer", ["2", "SOFTWARE_TOKEN_MFA"])
def test_a_choice_is_made_by_number_or_by_name(prompt, person, capsys, answer):
    challenge = Challenge("SELECT_MFA_TYPE", "ada", None, {"MFAS_CAN_CHOOSE": '["SMS_MFA", "SOFTWARE_TOKEN_MFA"]'})
    person.answers = ["3", answer]
    assert prompt._answers(challenge) == {"answer": "SOFTWARE_TOKEN_MFA"}
    assert capsys.readouterr().out.splitlines()[1:] == ["  1  Text message", "  2  Authenticator app"]


def test_what_a_service_says_gives_no_orders_to_the_terminal(prompt, person, capsys):
    person.answers = ["42"]
    prompt._answers(Challenge("CUSTOM_CHALLENGE", "ada", None, {"question": "\x1b[2Jwhat\r\nnow"}))
    assert "question:  [2Jwhat  now" in capsys.readouterr().out


@pytest.mark.parametrize("answers", [[""], [KeyboardInterrupt()], [EOFError()], ["ada", KeyboardInterrupt()]])
def test_giving_up_releases_the_wait(prompt, session, person, capsys, answers):
    waiter = session._waiters.join(session._waiters.ticket())
    person.answers = answers
    prompt.ask(waiter.done, None)
    assert waiter.done.is_set()
    assert capsys.readouterr().out == "Sign-in cancelled.\n"


def test_giving_up_at_a_challenge_gives_up_the_sign_in(prompt, session, person):
    person.answers = ["carol", PASSWORD, KeyboardInterrupt()]
    prompt.ask(threading.Event(), None)
    assert session.challenge is None


def test_nothing_more_is_asked_once_somebody_signed_in_elsewhere(prompt, person):
    done = threading.Event()

    def wrong_while_another_kernel_signs_in():
        done.set()
        return "wrong"

    person.answers = ["ada", wrong_while_another_kernel_signs_in]
    prompt.ask(done, None)
    assert person.answers == []


def test_nobody_is_asked_for_a_password_while_the_network_is_away(prompt, session, users, clock, person, capsys):
    session.sign_in("ada", PASSWORD)
    clock.advance(timedelta(hours=2))
    users.fail_next(ServiceUnavailable("No answer.", reason="offline"), on="refresh")
    with pytest.raises(ServiceUnavailable):
        session.get_tokens(wait=False)
    prompt.ask(threading.Event(), 0.01)
    assert person.questions == []
    assert capsys.readouterr().out.startswith("Offline. The sign-in of ada is kept;")


def test_no_question_is_asked_when_the_time_is_over_and_no_other_time_is_said_than_the_call_says(
    prompt, person, capsys
):
    prompt.ask(threading.Event(), 0)
    assert person.questions == []
    assert capsys.readouterr().out == ""


def test_the_sign_in_is_not_asked_for_where_somebody_is_signed_in(prompt, session, person, capsys):
    session.sign_in("ada", PASSWORD)
    prompt.show_sign_in()
    assert person.questions == []
    assert capsys.readouterr().out == "Signed in as ada.\n"


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_script_can_ask_where_it_has_a_terminal(prompt, monkeypatch, is_terminal):
    stdin = io.StringIO()
    stdin.isatty = lambda: is_terminal
    monkeypatch.setattr(sys, "stdin", stdin)
    assert prompt.available() is is_terminal


def test_a_process_without_stdin_can_ask_nobody(prompt, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    assert not prompt.available()


def test_a_kernel_can_ask_where_somebody_is_there(prompt, monkeypatch):
    monkeypatch.setattr(kernel, "current_kernel", object)
    monkeypatch.setattr(kernel, "somebody_there", lambda: False)
    assert not prompt.available()


def test_an_authenticator_app_is_set_up_in_a_terminal(prompt, session, users, person, clock, capsys):
    users.add_user("erin", PASSWORD, must_set_up_mfa=True)
    shown = []

    def code_of_the_key_on_the_screen():
        shown.append(capsys.readouterr().out)
        key = next(line for line in shown[-1].splitlines() if line.startswith("Key: "))
        return totp(key.removeprefix("Key: ").replace(" ", ""), clock.now())

    person.answers = ["erin", PASSWORD, code_of_the_key_on_the_screen]
    prompt.ask(threading.Event(), None)
    assert session.username == "erin"
    assert "\x1b[" in shown[0] or "█" in shown[0]  # the picture


def test_a_key_is_not_printed_where_outputs_are_saved(prompt, session, users, person, monkeypatch, capsys):
    users.add_user("erin", PASSWORD, must_set_up_mfa=True)
    person.answers = ["erin", PASSWORD]
    monkeypatch.setattr(kernel, "current_kernel", lambda: object())
    prompt.ask(threading.Event(), None)
    assert session.state is UserState.SIGNED_OUT
    assert "Key:" not in capsys.readouterr().out


def test_a_passkey_is_asked_for_in_no_text(prompt, session, person, monkeypatch, capsys):
    offered = {"AvailableChallenges": '["WEB_AUTHN", "EMAIL_OTP"]'}
    person.answers = ["1"]
    assert prompt._answers(Challenge("WEB_AUTHN", "ada", None, offered, chosen="WEB_AUTHN")) == {"method": "EMAIL_OTP"}
    assert "Only a browser can do that" in capsys.readouterr().out


@pytest.fixture
def with_company(users, clock):
    """Makes the prompt of a platform whose people may sign in with their account at a company."""

    def make(token, user_pool=True):
        companies = {"login.example.com": {"label": "Example Corp", "token": token}}
        ports = Ports(
            user_pool=users if user_pool else None,
            identity_pool=FakeIdentityPool(clock),
            store=MemoryStore(),
            clock=clock,
        )
        pools = {"identity_pool_id": "eu-west-1:00000000-0000-4000-8000-000000000000", "guest_access": False}
        pools |= {"user_pool_id": "eu-west-1_Example01", "client_id": "exampleclient"} if user_pool else {}
        defaults = NbAuth(config=Config(NbAuth=Config(company_sign_in=companies)))
        return TerminalPrompt(AuthSession(pools, store="memory", ports=ports, defaults=defaults))

    return make


def test_the_account_at_a_company_can_be_chosen(with_company, person, clock, capsys):
    claims = {"sub": "eve", "email": "eve@example.com", "exp": int(clock.now().timestamp()) + 600}
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    person.answers = ["", "1"]
    with_company(lambda: f"e30.{payload}.sentinel").ask(threading.Event(), None)
    assert person.questions == ["Number: ", "Number: "]
    assert capsys.readouterr().out.splitlines() == [
        "  1  Continue with Example Corp",
        "  2  Sign in with a user name",
        "Signed in as eve@example.com.",
    ]


def test_beside_companies_there_is_still_the_user_pool(with_company, person, capsys):
    person.answers = ["2", "ada", PASSWORD]
    with_company(lambda: pytest.fail("nobody chose it")).ask(threading.Event(), None)
    assert capsys.readouterr().out.endswith("Signed in as ada.\n")


def test_a_company_that_gives_no_token_is_said_and_asked_about_again(with_company, person, capsys):
    person.answers = ["1", KeyboardInterrupt()]
    with_company(lambda: None, user_pool=False).ask(threading.Event(), None)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "  1  Continue with Example Corp",
        "The function that gives the token of login.example.com returned none",
    ]
    assert lines[-1] == "Sign-in cancelled."
