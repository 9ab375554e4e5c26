"""What Binder runs, without Binder: `binder/start` in front of a command."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

BINDER = Path(__file__).parents[2] / "binder"
NBAUTH = f"""#!{sys.executable}
import argparse, sys
from nbauth.demo.main import add_arguments, run
parser = argparse.ArgumentParser()
add_arguments(parser.add_subparsers().add_parser("demo"))
sys.exit(run(parser.parse_args()))
"""
SERVER = """
import json, os, sys
print(json.dumps({name: os.environ[name] for name in os.environ if name.startswith(("AWS_", "NBAUTH_"))}), flush=True)
sys.stdin.read()
"""
PATIENCE = 120  # seconds; what does not end at all must not hang the tests


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    shutil.copytree(BINDER, tmp_path / "repository" / "binder")
    (tmp_path / "repository" / "notebooks").mkdir()
    return tmp_path / "repository"


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH on which `nbauth` is this checkout's and `python` this interpreter."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "nbauth").write_text(NBAUTH)
    (programs / "nbauth").chmod(0o755)
    (programs / "python").symlink_to(sys.executable)
    return f"{programs}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture
def server(repository: Path, path: str) -> Iterator[subprocess.Popen[str]]:
    command = ["bash", str(repository / "binder" / "start"), sys.executable, "-c", SERVER]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "NBAUTH_"))}
    server = subprocess.Popen(
        command,
        env={**clean, "PATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    yield server
    with server:
        family = psutil.Process(server.pid).children(recursive=True)
        os.killpg(server.pid, signal.SIGTERM)  # as a container's end does
        assert not psutil.wait_procs(family, timeout=PATIENCE)[1]


def test_the_server_starts_in_the_demo_s_environment_and_notebooks_find_the_configuration(repository, server):
    environment = json.loads(server.stdout.readline())
    outputs = json.loads((repository / "notebooks" / "amplify_outputs.json").read_text())
    assert environment["AWS_ENDPOINT_URL"] == outputs["custom"]["nbauth"]["endpoint_url"]
    assert environment["AWS_DEFAULT_REGION"] == outputs["auth"]["aws_region"]


def test_without_the_demo_the_start_fails_and_says_so(repository, path, tmp_path):
    (tmp_path / "programs" / "nbauth").write_text("#!/bin/sh\nexit 1\n")
    command = ["bash", str(repository / "binder" / "start"), "true"]
    ended = subprocess.run(command, env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=PATIENCE)
    assert (ended.returncode, ended.stderr) == (1, "nbauth demo did not start\n")
