"""The magics in a shell without a kernel, over fakes: what they leave in the shell, and what a cell becomes."""

import boto3
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nbauth.accounts import Accounts
from nbauth.auth_session import AuthSession
from nbauth.core.config import AuthConfig
from nbauth.magics import AwsMagics
from nbauth.ports import Ports
from nbauth.stores.memory import MemoryStore
from nbauth.testing import FakeClock, FakeIdentityPool, FakeUserPool, tokens

CONFIG = AuthConfig(
    region="eu-west-1",
    user_pool_id="eu-west-1_Example01",
    client_id="exampleclient",
    identity_pool_id="eu-west-1:00000000-0000-4000-8000-000000000002",
)


def make_session(config, *, account, defaults):
    clock = FakeClock()
    user_pool = FakeUserPool(clock)
    user_pool.add_user("ada", "right")
    session = AuthSession(
        CONFIG, account=account, ports=Ports(user_pool, FakeIdentityPool(clock), MemoryStore(), clock)
    )
    session.sign_in("ada", "right")
    return session


@pytest.fixture
def shell(monkeypatch, tmp_path):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    return InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))


@pytest.fixture
def accounts(monkeypatch):
    monkeypatch.setenv("NBAUTH_STORE", "memory")
    return Accounts(make_session=make_session)


@pytest.fixture
def magics(shell, accounts):
    magics = AwsMagics(shell, accounts, boto3_name="aws")
    magics.register()
    return magics


def run(shell, code):
    result = shell.run_cell(code)
    result.raise_error()
    return result.result


def test_what_is_registered_is_all_taken_back(shell, accounts):
    def state():
        return (
            list(shell.input_transformer_manager.cleanup_transforms),
            {event: list(callbacks) for event, callbacks in shell.events.callbacks.items()},
            {kind: dict(functions) for kind, functions in shell.magics_manager.magics.items()},
            list(shell.Completer.custom_matchers),
            list(shell.configurables),
        )

    before = state()
    magics = AwsMagics(shell, accounts, boto3_name="aws")

    magics.register()
    assert state() != before

    magics.unregister()
    assert state() == before


@pytest.mark.parametrize(
    "cell",
    ["x = 1\n", "%%aws_session?\n", "%%aws_session --guest ?\n", "%%aws_sessions\nx\n", "x\n%%aws_session\n"],
)
def test_another_cell_is_left_alone(shell, accounts, cell):
    before = shell.input_transformer_manager.transform_cell(cell)

    AwsMagics(shell, accounts, boto3_name="aws").register()

    assert shell.input_transformer_manager.transform_cell(cell) == before


@pytest.mark.usefixtures("magics")
@pytest.mark.parametrize("line", ["%%aws_session", "%%aws_session  --name mine ", "%%aws_session --name it's"])
def test_the_line_of_the_magic_stays_one_line_and_the_body_as_it_is(shell, line):
    first, body = shell.transform_cell(f"{line}\nx = 1\n\nawait y\n").split("\n", 1)

    assert body == "x = 1\n\nawait y\n"
    compile(first, "cell", "exec")


@pytest.mark.usefixtures("magics")
def test_a_cell_of_the_magic_alone_is_fine(shell):
    assert run(shell, "%%aws_session") is None


@pytest.mark.usefixtures("magics")
def test_the_session_is_there_for_the_cell_and_gone_after_it(shell):
    assert run(shell, "%%aws_session\naws.get_credentials().access_key") == "ASIAEXAMPLE000000001"

    assert "aws" not in shell.user_ns
    assert boto3.DEFAULT_SESSION is None


@pytest.mark.usefixtures("magics")
def test_a_cell_in_a_cell_has_a_session_of_its_own(shell):
    shell.user_ns["nested"] = "%%aws_session --region us-west-2\ninner = aws.region_name"

    run(shell, "%%aws_session\nget_ipython().run_cell(nested)\nouter = aws.region_name")

    assert (shell.user_ns["inner"], shell.user_ns["outer"]) == ("us-west-2", "eu-west-1")
    assert "aws" not in shell.user_ns


@pytest.mark.usefixtures("magics")
@pytest.mark.parametrize("inner", ["''", "'1 / 0'", "'for'", "'x = 1', silent=True"])
def test_a_cell_in_a_cell_does_not_end_the_session(shell, inner):
    run(shell, f"%%aws_session\nget_ipython().run_cell({inner})\nafter = aws.region_name")

    assert shell.user_ns["after"] == "eu-west-1"
    assert "aws" not in shell.user_ns


@pytest.mark.usefixtures("magics")
def test_a_cell_that_was_cancelled_gives_the_session_back(shell):
    shell.events.trigger("pre_run_cell", object())
    shell.run_line_magic("aws_session_begin_", "")
    assert "aws" in shell.user_ns

    shell.events.trigger("post_run_cell", None)

    assert "aws" not in shell.user_ns


@pytest.mark.usefixtures("magics")
def test_an_account_is_signed_in_to_once(shell):
    run(shell, "%%aws_session --account other\nfirst = aws")
    run(shell, "%%aws_session --account other\nsecond = aws")
    run(shell, "%%aws_session\nthird = aws")

    assert shell.user_ns["first"] is shell.user_ns["second"] is not shell.user_ns["third"]


@pytest.mark.usefixtures("magics")
def test_the_session_of_a_cell_is_the_current_accounts(shell, accounts):
    run(shell, "%%aws_session --account 'my work'\nof_work = aws")
    accounts.switch("my work")

    run(shell, "%%aws_session\nof_current = aws")

    assert shell.user_ns["of_current"] is shell.user_ns["of_work"]


@pytest.mark.usefixtures("magics")
def test_a_session_that_cannot_be_had_leaves_nothing_behind(shell, capsys):
    shell.run_cell("%nbauth sign-out")

    assert not shell.run_cell("%%aws_session --no-wait\nran = True").success

    assert not {"aws", "ran"} & shell.user_ns.keys()
    assert boto3.DEFAULT_SESSION is None
    assert "SignInRequired: Nobody is signed in to AWS" in capsys.readouterr().out


class Answering:
    """Somebody who is there, and gives the right password to whoever asks for it."""

    def __init__(self, session):
        self._session = session

    def available(self):
        return True

    def ask(self, done, timeout):
        while self._session.challenge:
            field = self._session.challenge.fields[0].name
            self._session.confirm_sign_in("right" if field == "password" else "PASSWORD")


@pytest.mark.usefixtures("magics")
def test_a_step_up_comes_before_the_cell(shell, accounts, monkeypatch):
    monkeypatch.setattr(AuthSession, "prompt_for", staticmethod(Answering))
    auth = accounts.session()
    before = auth.get_tokens()
    shell.user_ns["auth"] = auth

    during = run(shell, "%%aws_session --step-up --acr urn:cognito:loa:2 --max-age 300\n(auth.get_tokens(), aws)")

    assert during[0] is auth.get_tokens() is not before
    assert "aws" not in shell.user_ns


@pytest.mark.usefixtures("magics")
@pytest.mark.parametrize("options", ["--step-up", "--step-up --no-wait"])
def test_a_step_up_that_nobody_can_be_asked_for_keeps_the_cell_from_running(options, shell, accounts, capsys):
    auth = accounts.session()

    assert not shell.run_cell(f"%%aws_session {options}\nran = True").success

    assert not {"aws", "ran"} & shell.user_ns.keys()
    assert (auth.challenge, auth.has_valid_tokens) == (None, True)
    assert "SignInRequired: The user pool asks for a proof" in capsys.readouterr().out


@pytest.mark.usefixtures("magics")
@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ("--acr urn:cognito:loa:2", "--acr and --max-age go with --step-up"),
        ("--max-age 0", "--acr and --max-age go with --step-up"),
        ("--step-up --guest", "a guest has nothing to prove"),
        ("--step-up --max-age soon", "invalid int value"),
    ],
)
def test_options_of_a_step_up_that_make_no_sense_are_refused(options, problem, shell, capsys):
    assert not shell.run_cell(f"%%aws_session {options}\nran = True").success
    assert "ran" not in shell.user_ns
    shown = capsys.readouterr()
    assert problem in shown.out + shown.err


@pytest.mark.usefixtures("magics")
@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("whoami", "Signed in as ada."),
        ("accounts", "default (current): Signed in as ada."),
        ("whoami --account 'my work'", "Signed in as ada."),
        ("sign-out --everywhere", "Signed out."),
        ("config", "region = eu-west-1"),
        ("refresh", "AWS credentials until"),
        ("sign-out", "Signed out."),
    ],
)
def test_nbauth_answers_in_text(shell, command, text):
    assert text in repr(run(shell, f"%nbauth {command}"))


@pytest.mark.usefixtures("magics")
def test_a_sign_in_with_a_company_is_renewed_like_any_other(shell, accounts):
    auth = accounts.session()
    auth.sign_out()
    auth.federated_sign_in("login.example.com", tokens("eve").id_token)
    before = auth.get_credentials()

    assert "AWS credentials until" in repr(run(shell, "%nbauth refresh"))

    assert auth.get_credentials() is not before


@pytest.mark.usefixtures("magics")
@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("login", "choose one of accounts, config"),
        ("sign-in now", "sign-in takes no name; --account NAME says whose it is"),
        ("switch", "name the account to switch to"),
        ("switch a --account b", "switch takes no --account"),
        ("whoami --everywhere", "--everywhere goes with sign-out"),
        ("switch it's", "No closing quotation"),
    ],
)
def test_nbauth_refuses_what_it_does_not_know(shell, line, problem, capsys):
    assert not shell.run_cell(f"%nbauth {line}").success

    said = capsys.readouterr().err
    assert f"{line}: {problem}" in said
    assert "Traceback" not in said


@pytest.mark.usefixtures("magics")
def test_a_switch_shows_the_account_that_is_current_then(shell, accounts, monkeypatch):
    shown = []
    monkeypatch.setattr(AuthSession, "status_bar", lambda auth: shown.append(("bar", auth.account)))
    monkeypatch.setattr(AuthSession, "show_sign_in", lambda auth: shown.append(("form", auth.account)))
    run(shell, "%nbauth switch work")
    run(shell, "%nbauth sign-out")

    run(shell, "%nbauth")

    assert shown == [("bar", "work"), ("form", "work")]
    assert run(shell, "%nbauth accounts").splitlines() == [
        "default: Signed in as ada.",
        "work (current): Signed out.",
    ]
