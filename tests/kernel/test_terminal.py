"""The conversation of IPython in a terminal: a real one, with a person who types."""

import sys
from datetime import UTC, datetime

import pexpect
import pytest

from nbauth.testing import totp

TOTP_SECRET = "JBSWY3DPEHPK3PXP"  # carol's, in faked.py
NEEDS_AWS = "print('key', auth.get_credentials().access_key_id)"
CTRL_C = "\x03"
PATIENCE = 60  # seconds


class Terminal:
    """IPython in a terminal."""

    def __init__(self, environment: dict[str, str], folder: str) -> None:
        options = ["--no-banner", "--no-confirm-exit", "--colors=nocolor", "--HistoryManager.enabled=False"]
        self._process = pexpect.spawn(
            sys.executable,
            ["-m", "IPython", *options],
            env=environment,
            cwd=folder,
            encoding="utf-8",
            dimensions=(40, 120),
        )
        self._process.timeout = PATIENCE
        self.seen = ""
        self._number = 1
        self.wait_for("In [1]:")

    def wait_for(self, text: str) -> str:
        """Wait until a text appears, and return what came before it."""
        self._process.expect_exact(text)
        self.seen += self._process.before + text
        return str(self._process.before)

    def type(self, text: str) -> None:
        self._process.send(f"{text}\r")

    def press(self, key: str) -> None:
        self._process.send(key)

    def start(self, cell: str) -> None:
        self.type(cell)
        self._number += 1

    def finish(self) -> str:
        """Wait until a cell is done, and return what stands under it."""
        return self.wait_for(f"In [{self._number}]:")

    def run(self, cell: str) -> str:
        self.start(cell)
        return self.finish()

    def answer(self, question: str, answer: str) -> None:
        self.wait_for(question)
        self.type(answer)

    def close(self) -> None:
        self._process.close(force=True)


@pytest.fixture
def terminal(environment, tmp_path):
    pool = {"NBAUTH_REGION": "eu-west-1", "NBAUTH_USER_POOL_ID": "eu-west-1_Example01", "NBAUTH_CLIENT_ID": "x"}
    pool["NBAUTH_IDENTITY_POOL_ID"] = "eu-west-1:00000000-0000-4000-8000-000000000002"
    # A terminal that answers questions about the cursor would be one more thing to act.
    terminal = Terminal(environment | pool | {"TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}, str(tmp_path))
    terminal.run("import faked; faked.stand_in_for_aws()")
    yield terminal
    terminal.close()


def test_a_cell_that_needs_aws_asks_until_somebody_is_signed_in_and_goes_on(terminal):
    assert "Sign in" not in terminal.run("%load_ext nbauth")
    terminal.start(NEEDS_AWS)
    terminal.answer("User name: ", "carol")
    terminal.answer("Password: ", "sentinel-wrong")
    terminal.wait_for("Incorrect user name or password")
    terminal.answer("User name: ", "carol")
    terminal.answer("Password: ", "right")
    terminal.answer("Code: ", "000000")
    terminal.wait_for("That code is not right: try again")
    terminal.answer("Code: ", totp(TOTP_SECRET, datetime.now(UTC)))
    terminal.wait_for("Signed in as carol.")
    assert "key ASIAEXAMPLE" in terminal.finish()
    assert "Signed in as carol." in terminal.run("%nbauth status")
    assert "sentinel-wrong" not in terminal.seen


@pytest.mark.parametrize("question", ["User name: ", "Password: "])
def test_ctrl_c_ends_the_questions_with_one_line_and_the_next_cell_asks_anew(terminal, question):
    terminal.run("%load_ext nbauth")
    terminal.start(NEEDS_AWS)
    if question == "Password: ":
        terminal.answer("User name: ", "ada")
    terminal.wait_for(question)
    terminal.press(CTRL_C)
    under = terminal.finish()
    assert "Sign-in cancelled." in under
    assert "SignInReleased: The wait for a sign-in was given up" in under
    assert "Traceback" not in under
    terminal.start(NEEDS_AWS)
    terminal.answer("User name: ", "ada")
    terminal.answer("Password: ", "right")
    assert "key ASIAEXAMPLE" in terminal.finish()
