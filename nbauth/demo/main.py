"""The command `nbauth demo`: starts everything, says what to type, and removes everything when it is stopped.

Ctrl-C, SIGTERM and SIGHUP all arrive as KeyboardInterrupt, so that every `with` block on the way gives back what it
took.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from subprocess import Popen

from nbauth.demo.check import check_quickstart
from nbauth.demo.emulator import running_emulator
from nbauth.demo.errors import DemoError
from nbauth.demo.lab import prepare_work_folder, running_lab
from nbauth.demo.messages import settings_text, welcome_text
from nbauth.demo.seed import seed

_INTERRUPTED = 128 + signal.SIGINT
_STOP_SIGNALS = [signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if name in signal.Signals.__members__]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `nbauth demo` to a parser."""
    way = parser.add_mutually_exclusive_group()
    way.add_argument(
        "--check", action="store_true", help="run the quickstart without a browser and say whether it works"
    )
    way.add_argument(
        "--serve-only", action="store_true", help="start no JupyterLab: print the settings and serve until stopped"
    )
    parser.add_argument("--json", action="store_true", help="with --serve-only: print one JSON object, on one line")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser, print the address only")
    parser.add_argument(
        "--port", type=int, help="port of JupyterLab, or with --serve-only of the AWS endpoint; a free one by default"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the demo until it is stopped, or with --check until it is done; returns the exit code."""
    problem = None
    with _stop_signals_interrupt(), ExitStack() as things:
        try:
            return _run(arguments, things)
        except DemoError as error:
            problem = str(error)
        except KeyboardInterrupt:
            return _INTERRUPTED
        finally:
            _ignore_stop_signals()  # what was started is being stopped: once is enough
    print(f"nbauth demo: {problem}", file=sys.stderr)
    return 1


def _run(arguments: argparse.Namespace, things: ExitStack) -> int:
    if arguments.json and not arguments.serve_only:
        raise DemoError("--json goes with --serve-only")
    # The folder is private (0700): the emulator's signing keys are in it.
    folder = Path(things.enter_context(tempfile.TemporaryDirectory(prefix="nbauth-demo-", ignore_cleanup_errors=True)))
    port = arguments.port if arguments.serve_only else None
    endpoint_url, emulator = things.enter_context(running_emulator(_made(folder / "ministack"), port))
    scene = seed(endpoint_url)
    if arguments.serve_only:
        announcement = json.dumps(scene.as_json()) if arguments.json else settings_text(scene)
        return _announce_and_wait(announcement, emulator, "ministack")

    work = prepare_work_folder(_made(folder / "work"), scene)
    environment = scene.environment(os.environ, kept_sign_ins=folder / "state")
    if arguments.check:
        print(f"  Start an AWS with pools, users and data at {endpoint_url}", flush=True)
        check_quickstart(work, _made(folder / "kernel"), environment, scene.users[0])
        print("ok")
        return 0

    browser = not arguments.no_browser
    jupyter = running_lab(work, _made(folder / "jupyter"), environment, port=arguments.port, browser=browser)
    url, lab = things.enter_context(jupyter)
    return _announce_and_wait(welcome_text(scene, url), lab, "JupyterLab")


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _announce_and_wait(announcement: str, process: Popen[bytes], name: str) -> int:
    # Whoever reads the announcement may stop it at once.
    with suppress(KeyboardInterrupt):
        print(announcement, flush=True)
        exit_code = process.wait()
        raise DemoError(f"{name} stopped by itself (exit code {exit_code})")
    return 0


@contextmanager
def _stop_signals_interrupt() -> Iterator[None]:
    before = {number: signal.signal(number, signal.default_int_handler) for number in _STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore_stop_signals() -> None:
    for number in _STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
