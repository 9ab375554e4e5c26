"""Kernels to be killed: each a process of its own, which renews its sign-in again and again and says what came of it.

It takes commands, one a line: "start" for one more kernel, "start MOMENT" for one that is killed at a moment of its
first renewal, "kill ID" for one less, "await ID" for one that is about to be killed. It says "ID WORD", one a line, in
the order in which things happened: a kernel "started", "asks" for new tokens, has "renewed" or was "refused", was
"killed". All that a kernel imports is imported once, before it is forked, so that one starts in no time. When no more
commands can come, it ends with all its kernels.
"""

import json
import os
import random
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

import boto3  # noqa: F401 - see above
import pycognito  # noqa: F401
from botocore.httpsession import URLLib3Session

from nbauth import AuthError, AuthSession
from nbauth.cognito import user_pool
from nbauth.stores import _siblings, file
from nbauth.stores._folder import PrivateFolder

LONGEST_PAUSE = 0.1  # seconds between two renewals; without any, one kernel would hardly ever let go of the lock

DEATHS = {
    "before it asks": (user_pool.CognitoUserPool, "refresh"),
    "before it keeps the answer": (file.FileStore, "save"),
    "while it writes": (os, "fsync"),
    "before it replaces what was kept": (os, "replace"),
    "before that will outlast a power cut": (PrivateFolder, "sync"),
    "before it tells others": (_siblings.LoopbackSiblings, "answer_with"),
}
"""Where in a renewal a kernel may be killed, by its own hand for once."""


def say(word: str, of: int | None = None) -> None:
    # One write, which no other process can come between, and which is whole or not at all.
    os.write(1, f"{os.getpid() if of is None else of} {word}\n".encode())


def renew(config: dict[str, Any]) -> None:
    """Be a kernel, for as long as it is let live."""
    URLLib3Session.send = asking(URLLib3Session.send)
    auth = AuthSession(config, store="file")
    say("started")
    while True:
        try:
            auth.get_tokens(force_refresh=True, wait=False)
            say("renewed")
        except AuthError as error:
            say(auth.state_reason or type(error).__name__)
        threading.Event().wait(random.uniform(0, LONGEST_PAUSE))


def asking(send: Callable[..., Any]) -> Callable[..., Any]:
    def ask(*args: Any) -> Any:
        say("asks")
        return send(*args)

    return ask


def die_at(moment: str) -> None:
    owner, name = DEATHS[moment]
    setattr(owner, name, lambda *args, **options: os.kill(os.getpid(), signal.SIGKILL))


class Kernels:
    """The kernels that run.

    Args:
        config: The settings of their sessions.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = config
        self._running: set[int] = set()
        self._alive, self._held = os.pipe()

    def start(self, moment: str) -> None:
        child = os.fork()
        if child:
            self._running.add(child)
            return
        try:
            os.close(self._held)
            threading.Thread(target=self._end_with_the_others, daemon=True).start()
            if moment:
                die_at(moment)
            renew(self._config)
        finally:
            os._exit(1)

    def wait_for(self, child: int) -> None:
        # Until then its id is nobody else's.
        os.waitpid(child, 0)
        self._running.remove(child)
        say("killed", child)

    def kill(self, child: int) -> None:
        os.kill(child, signal.SIGKILL)
        self.wait_for(child)

    def kill_all(self) -> None:
        for child in tuple(self._running):
            self.kill(child)

    def _end_with_the_others(self) -> None:
        os.read(self._alive, 1)  # what is written to by nobody ends with whoever could
        os._exit(1)


def take_commands(kernels: Kernels) -> None:
    for line in sys.stdin:
        match line.split():
            case ["start", *moment]:
                kernels.start(" ".join(moment))
            case ["kill", child]:
                kernels.kill(int(child))
            case ["await", child]:
                kernels.wait_for(int(child))
    kernels.kill_all()


if __name__ == "__main__":
    take_commands(Kernels(json.loads(sys.argv[1])))
