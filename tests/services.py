"""Services that tests start, each on a free port; it may be somebody else's by then, so each has a second try."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import psutil

from nbauth.demo.emulator import running_emulator
from nbauth.demo.errors import DemoError
from nbauth.demo.processes import LOOPBACK, free_port, last_words, running

START_LIMIT = 60.0  # seconds

Service = TypeVar("Service")


@contextmanager
def started(run: Callable[[], AbstractContextManager[Service]]) -> Iterator[Service]:
    """Run a service for the length of a `with` block; on another port where it does not start on the first."""
    with ExitStack() as stack:
        try:
            service = stack.enter_context(run())
        except DemoError:
            service = stack.enter_context(run())
        yield service


@contextmanager
def ministack(folder: Path) -> Iterator[str]:
    """Run the demo's emulator; yields its endpoint URL."""
    folder.chmod(0o700)
    with started(lambda: running_emulator(folder)) as (endpoint_url, _):
        yield endpoint_url


@contextmanager
def moto(folder: Path) -> Iterator[str]:
    """Run moto's server; yields its endpoint URL."""
    command = [sys.executable, "-m", "moto.server", "-H", LOOPBACK, "-p", "{port}"]
    with serving(command, folder, MOTO_COGNITO_IDP_USER_POOL_ENABLE_TOTP="true") as endpoint_url:
        yield endpoint_url


@contextmanager
def serving(command: list[str], folder: Path, **environment: str) -> Iterator[str]:
    """Run a service that is told its port as ``{port}``, and wait until it answers; yields its endpoint URL."""
    with started(lambda: _serving(command, folder, environment)) as endpoint_url:
        yield endpoint_url


@contextmanager
def _serving(command: list[str], folder: Path, variables: dict[str, str]) -> Iterator[str]:
    port, log = free_port(None), folder / "log"
    environment = {name: value.format(port=port) for name, value in variables.items()}
    environment |= {"PATH": os.environ["PATH"], "HOME": str(folder)}
    command = [word.format(port=port) for word in command]
    with running(command, environment=environment, folder=folder, log=log) as process:
        _wait_until_it_listens(process, port, log)
        yield f"http://{LOOPBACK}:{port}"


def _wait_until_it_listens(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    limit = time.monotonic() + START_LIMIT
    while process.poll() is None and time.monotonic() < limit:
        with suppress(psutil.Error):  # it has ended
            sockets = psutil.Process(process.pid).net_connections("tcp")
            if any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in sockets):
                return
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
    raise DemoError(f"{' '.join(process.args[:3])} did not start: {last_words(log)}")
