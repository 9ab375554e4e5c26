"""The processes the demo starts: each leads a process group of its own, and none outlives its `with` block.

A group of their own keeps Ctrl-C from reaching them, so that they are stopped in order, with what they started.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from nbauth.demo.errors import DemoError

LOOPBACK = "127.0.0.1"
_PATIENCE = 10.0  # seconds between asking a process to stop and making it


@contextmanager
def running(
    command: Sequence[str], *, environment: Mapping[str, str], folder: Path, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` for the length of a `with` block; what it prints goes to `log`."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    _signal_group(process, "SIGTERM")
    with suppress(subprocess.TimeoutExpired):
        process.wait(_PATIENCE)
    _signal_group(process, "SIGKILL")  # also what the leader left behind
    process.wait()


def _signal_group(process: subprocess.Popen[bytes], name: str) -> None:
    if sys.platform == "win32":
        process.terminate()
        return
    with suppress(ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
        os.killpg(process.pid, signal.Signals[name])


def free_port(wanted: int | None) -> int:
    """Return `wanted` if it can be listened on at the loopback address, any such port if it is None.

    Raises:
        DemoError: The wanted port is taken or not allowed.
    """
    with socket.socket() as probe:
        try:
            probe.bind((LOOPBACK, wanted or 0))
        except (OSError, OverflowError) as error:
            reason = f"port {wanted} cannot be used ({error}): choose another --port, or leave it out"
        else:
            port: int = probe.getsockname()[1]
            return port
    raise DemoError(reason)


def last_words(log: Path) -> str:
    """Return the last line a process printed that says anything."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
