"""Kernels that share a sign-in, each a process of its own: whatever one of them was given, the others have, too."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from nbauth.testing import StandIn

PASSWORD = "Correct-Horse-7"
KERNELS = 6
KERNEL = """
import hashlib, json, sys
from nbauth import AuthSession
from nbauth.stores import _siblings

_siblings._ASKING_TAKES = _siblings._ANSWERING_TAKES = 60  # seconds; slow machines answer, too
auth = AuthSession(json.loads(sys.argv[1]), store="file")

def show(tokens):
    print(hashlib.sha256(tokens.id_token.reveal().encode()).hexdigest(), flush=True)

for line in sys.stdin:
    match line.split():
        case ["sign-in", name, password]:
            auth.sign_in(name, password)
            print("signed in", flush=True)
        case ["tokens"]:
            show(auth.get_tokens(wait=False))
        case ["forced"]:
            show(auth.get_tokens(force_refresh=True))
"""


class Kernel:
    """A process with a session in it, which does as it is told."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", KERNEL, json.dumps(config)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def tell(self, *words: str) -> None:
        print(*words, file=self._process.stdin, flush=True)

    def answer(self) -> str:
        return self._process.stdout.readline().strip()

    def end(self) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@pytest.fixture
def cognito() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        stand_in.users.add("ada", PASSWORD)
        yield stand_in


@pytest.fixture
def kernel(cognito: StandIn, tmp_path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Kernel]]:
    """Starts a kernel; all of them keep their sign-in in the same place."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with ExitStack() as ends:

        def start() -> Kernel:
            started = Kernel(cognito.config)
            ends.callback(started.end)
            return started

        yield start


def grants(cognito: StandIn) -> int:
    return [call.operation for call in cognito.calls].count("GetTokensFromRefreshToken")


def signed_in(kernel: Callable[[], Kernel]) -> Kernel:
    first = kernel()
    first.tell("sign-in", "ada", PASSWORD)
    assert first.answer() == "signed in"
    return first


def all_tokens(kernels: list[Kernel]) -> list[str]:
    """Have all of them ask at once, and return what each got, shortened."""
    for one in kernels:
        one.tell("tokens")
    return [one.answer() for one in kernels]


def test_kernels_that_start_beside_one_that_is_signed_in_cost_no_grant_at_all(cognito, kernel):
    first = signed_in(kernel)
    (token,) = set(all_tokens([first, *(kernel() for _ in range(KERNELS))]))
    assert len(token) == hashlib.sha256().digest_size * 2
    assert grants(cognito) == 0


def test_kernels_that_need_tokens_at_once_cost_one_grant_between_them(cognito, kernel):
    signed_in(kernel).end()
    assert len(set(all_tokens([kernel() for _ in range(KERNELS)]))) == 1
    assert grants(cognito) == 1


def test_a_refresh_that_is_forced_is_one_of_this_kernels_own(cognito, kernel):
    first, second = signed_in(kernel), kernel()
    before = all_tokens([first, second])
    second.tell("forced")
    assert second.answer() not in before
    assert grants(cognito) == 1


def test_when_the_kernel_that_answered_is_gone_the_next_one_asks_for_all(cognito, kernel):
    signed_in(kernel).end()
    heir = kernel()
    (inherited,) = all_tokens([heir])
    assert set(all_tokens([kernel() for _ in range(KERNELS)])) == {inherited}
    assert grants(cognito) == 1
