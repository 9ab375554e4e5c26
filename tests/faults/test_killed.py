"""Kernels that are killed in the middle of a renewal, over and over: the others go on, and nothing is ever half kept.

`NBAUTH_KILL_ROUNDS` says how often one is killed in all; without it a few rounds must do. A round is a kernel killed at
a random moment, and another one started in its place.
"""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from queue import Queue
from threading import Event, Thread
from typing import Any

import pytest

from nbauth import SignInRequired, UserState
from nbauth.core.config import AuthConfig
from nbauth.stores import StoreKey, open_store
from nbauth.testing import StandIn

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork, nor kill -9")

IN_TIME = 60  # seconds; what a test waits for comes at once or never
PROGRAM = Path(__file__).with_name("killable.py")
GRACE = timedelta(seconds=60)

KERNELS = 8
ROUNDS = int(os.environ.get("NBAUTH_KILL_ROUNDS", "60"))
SLICE = 15
LONGEST_LINGER = 0.02  # seconds; a renewal is over by then
SEEDS = range(max(1, ROUNDS // (2 * SLICE)))
"""Each seed is a slice with a grace period and one without."""

HARMLESS = ["before it asks", "before that will outlast a power cut", "before it tells others"]
BETWEEN = ["before it keeps the answer", "while it writes", "before it replaces what was kept"]
"""The moments at which Cognito has taken the old refresh token, and nobody but the kernel has the new one."""


class Kernels:
    """Processes that renew one sign-in as fast as they can.

    Attributes:
        running: Their ids.
        refusals: Why some of them could not go on.
    """

    def __init__(self, config: dict[str, Any], complaints: Path) -> None:
        self.running: list[int] = []
        self.refusals: list[str] = []
        self._complaints = complaints.open("w+")
        self._program = subprocess.Popen(
            [sys.executable, str(PROGRAM), json.dumps(config)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            text=True,
        )
        self._said: Queue[tuple[int, str]] = Queue()
        self._listener = Thread(target=self._listen)
        self._listener.start()

    def start(self, moment: str = "") -> int:
        """Start one more, which is killed at this moment of its first renewal."""
        self._command("start", moment)
        kernel = self._hear_that("started")
        self.running.append(kernel)
        return kernel

    def kill(self, kernel: int) -> None:
        self._command("kill", kernel)
        self._hear_that("killed")
        self.running.remove(kernel)

    def wait_for(self, kernel: int) -> None:
        """Return when one that is to be killed has been."""
        self._command("await", kernel)
        self._hear_that("killed")
        self.running.remove(kernel)

    def kill_all(self) -> None:
        while self.running:
            self.kill(self.running[0])

    def next_to_ask(self) -> int:
        """Return the next one that asks for new tokens."""
        return self._hear_that("asks")

    def end(self) -> str:
        """Kill what still runs, and return what was complained of."""
        self._program.stdin.close()
        assert self._program.wait(IN_TIME) == 0
        self._listener.join(IN_TIME)
        self._program.stdout.close()
        with self._complaints as complaints:
            complaints.seek(0)
            return complaints.read()

    def _command(self, *words: object) -> None:
        self._program.stdin.write(" ".join(map(str, words)) + "\n")
        self._program.stdin.flush()

    def _hear_that(self, wanted: str) -> int:
        while True:
            kernel, word = self._said.get(timeout=IN_TIME)
            if word == wanted:
                return kernel
            if word not in ("started", "asks", "renewed", "killed"):
                self.refusals.append(word)

    def _listen(self) -> None:
        for line in self._program.stdout:
            kernel, word = line.split()
            self._said.put((int(kernel), word))


@pytest.fixture
def kernels(rotating: Any, cognito: StandIn, tmp_path: Path) -> Iterator[Kernels]:
    """Kernels that share the sign-in; in the end none of them has complained of anything."""
    running = Kernels(cognito.config, tmp_path / "complaints")
    try:
        yield running
    finally:
        complaints = running.end()
    assert complaints == ""


@pytest.fixture
def rotating(cognito: StandIn, kernel: Callable[..., Any]) -> Any:
    """A kernel whose user signed in with a refresh token that is good once."""
    cognito.client.rotates = True
    one = kernel()
    one.sign_in()
    return one


@pytest.fixture
def kept(cognito: StandIn) -> Callable[[], Any]:
    """Reads what is kept of the account, which must be whole."""
    return lambda: open_store("file", StoreKey.of(AuthConfig(**cognito.config), "default")).load()


def kill_at_random(kernels: Kernels, chance: random.Random, rounds: int) -> int:
    """Kill and start kernels until the rounds are over, or one cannot go on; return how many rounds are left."""
    while len(kernels.running) < KERNELS:
        kernels.start()
    before = len(kernels.refusals)
    while rounds and len(kernels.refusals) == before:
        rounds -= 1
        asking = kernels.next_to_ask()
        Event().wait(chance.uniform(0, LONGEST_LINGER))
        # One that asks is killed with the new token in its hands, or nearly so; the others wherever they are.
        kernels.kill(chance.choice([asking, chance.choice(kernels.running)]))
        kernels.start()
    return rounds


@pytest.mark.parametrize("seed", SEEDS)
def test_with_a_grace_period_nobody_is_signed_out_however_many_are_killed(
    seed: int, cognito: StandIn, rotating: Any, kernels: Kernels, kept: Callable[[], Any], kernel: Callable[..., Any]
) -> None:
    cognito.client.grace = GRACE
    kill_at_random(kernels, random.Random(seed), SLICE)
    kernels.kill_all()
    assert kernels.refusals == []
    assert kept().refresh_token
    assert kernel().auth.get_tokens(force_refresh=True, wait=False).username == "ada"
    assert rotating.auth.get_tokens(force_refresh=True, wait=False).username == "ada"
    assert rotating.auth.state is UserState.SIGNED_IN


@pytest.mark.parametrize("seed", SEEDS)
def test_without_a_grace_period_only_a_refusal_signs_out_and_the_store_stays_whole(
    seed: int, kernels: Kernels, kept: Callable[[], Any], kernel: Callable[..., Any]
) -> None:
    """A kernel killed when Cognito has taken its refresh token takes the new one along, and nobody can prevent it.

    What is promised is that this, and nothing else, ends the sign-in: Cognito refuses the old token in so many words,
    who was signed in is still known, and the next sign-in puts all right.
    """
    chance, left = random.Random(seed), SLICE
    while left:
        left = kill_at_random(kernels, chance, left)
        kernels.kill_all()
        assert set(kernels.refusals) <= {"refused"}
        assert kept().username == "ada"
        one = kernel()
        with suppress(SignInRequired):
            one.auth.get_tokens(force_refresh=True, wait=False)
        if one.auth.state is not UserState.SIGNED_IN:
            assert (one.auth.state_reason, one.auth.username) == ("refused", "ada")
            assert one.sign_in().done


@pytest.mark.parametrize("moment", [*HARMLESS, *BETWEEN])
def test_within_the_grace_period_the_next_kernel_goes_on_whenever_one_was_killed(
    moment: str, cognito: StandIn, kernels: Kernels, kept: Callable[[], Any], kernel: Callable[..., Any]
) -> None:
    cognito.client.grace = GRACE
    kernels.wait_for(kernels.start(moment))
    assert kept().refresh_token
    assert kernel().auth.get_tokens(force_refresh=True, wait=False).username == "ada"


@pytest.mark.parametrize("moment", HARMLESS)
def test_without_a_grace_period_it_goes_on_unless_only_the_dead_kernel_had_the_token(
    moment: str, kernels: Kernels, kernel: Callable[..., Any]
) -> None:
    kernels.wait_for(kernels.start(moment))
    assert kernel().auth.get_tokens(force_refresh=True, wait=False).username == "ada"


@pytest.mark.parametrize("moment", BETWEEN)
def test_without_a_grace_period_a_token_that_died_with_a_kernel_is_refused_and_the_user_known(
    moment: str, kernels: Kernels, kept: Callable[[], Any], kernel: Callable[..., Any]
) -> None:
    kernels.wait_for(kernels.start(moment))
    one = kernel()
    with pytest.raises(SignInRequired, match="The sign-in of ada has ended"):
        one.auth.get_tokens(force_refresh=True, wait=False)
    assert kept().username == "ada"
    assert one.sign_in().done
    assert kernel().auth.get_tokens(force_refresh=True, wait=False).username == "ada"
