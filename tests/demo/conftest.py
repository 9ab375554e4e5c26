import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from nbauth.demo.scene import Scene
from nbauth.demo.seed import seed
from tests import services

DEMO = """
import argparse, sys
from nbauth.demo.main import add_arguments, run
parser = argparse.ArgumentParser()
add_arguments(parser)
sys.exit(run(parser.parse_args()))
"""
PATIENCE = 120  # seconds; what does not end at all must not hang the tests


class RunningDemo:
    """`nbauth demo` in a process of its own, with a folder for temporary files of its own."""

    def __init__(self, options: tuple[str, ...], folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-c", DEMO, *options],
            env={**os.environ, **environment, "TMPDIR": str(folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._children: list[psutil.Process] = []

    def json(self) -> dict:
        """Wait for the line of JSON."""
        assert self.process.stdout
        return json.loads(self.process.stdout.readline())

    def text_with(self, words: str) -> str:
        """Wait for a line with `words` and return it."""
        assert self.process.stdout
        return next(line for line in self.process.stdout if words in line)

    def family(self) -> list[psutil.Process]:
        """Return the demo's processes; they are remembered for `is_gone`."""
        self._children = psutil.Process(self.process.pid).children(recursive=True)
        return [psutil.Process(self.process.pid), *self._children]

    def end(self) -> int:
        """Wait for the end and return the exit code."""
        return self.process.wait(PATIENCE)

    def is_gone(self) -> bool:
        """Return whether no process and no folder is left."""
        left = psutil.wait_procs(self._children, timeout=PATIENCE)[1]
        return not left and not list(self.folder.iterdir())


@pytest.fixture
def start_demo(tmp_path: Path) -> Iterator[Callable[..., RunningDemo]]:
    started: list[RunningDemo] = []

    def start(*options: str, **environment: str) -> RunningDemo:
        folder = tmp_path / "tmp"
        folder.mkdir()
        started.append(RunningDemo(options, folder, environment))
        return started[-1]

    yield start
    for demo in started:
        demo.process.terminate()
        demo.process.communicate(timeout=PATIENCE)


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with services.ministack(tmp_path_factory.mktemp("ministack")) as endpoint_url:
        yield seed(endpoint_url)
