import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any, TextIO

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config


@pytest.fixture
def run() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Runs the command; what still runs at the end is stopped."""
    running = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "nbauth.testing", *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen(command, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}, **pipes)
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def out(process: subprocess.Popen[str]) -> TextIO:
    assert process.stdout
    return process.stdout


def client_of(settings: dict[str, Any]) -> Any:
    where = {"region_name": settings["region"], "endpoint_url": settings["endpoint_url"]}
    return boto3.client("cognito-idp", config=Config(signature_version=UNSIGNED), **where)


def sign_in(settings: dict[str, Any], username: str, password: str) -> Any:
    parameters = {"USERNAME": username, "PASSWORD": password}
    flow = {"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": settings["client_id"]}
    return client_of(settings).initiate_auth(AuthParameters=parameters, **flow)["AuthenticationResult"]


def test_it_says_how_to_sign_in_and_stops_at_ctrl_c(run: Callable[..., subprocess.Popen[str]]) -> None:
    process = run()
    lines = [out(process).readline().rstrip("\n") for _ in range(6)]
    settings = {
        name.removeprefix("NBAUTH_").lower(): value for name, _, value in (line.partition("=") for line in lines)
    }
    assert set(settings) >= {"region", "user_pool_id", "client_id", "identity_pool_id", "endpoint_url"}
    assert settings["endpoint_url"].startswith("http://127.0.0.1:")
    start, _, password = lines[-1].rpartition(" ")
    assert start == "# Sign in as ada with the password"
    assert sign_in(settings, "ada", password)["AccessToken"]
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0


def test_it_says_so_in_json_and_shows_the_codes_it_sends(run: Callable[..., subprocess.Popen[str]]) -> None:
    process = run("--json", "--username", "grace", "--password", "Correct-Horse-7")
    settings = json.loads(out(process).readline())
    assert (settings["username"], settings["password"]) == ("grace", "Correct-Horse-7")
    assert sign_in(settings, "grace", "Correct-Horse-7")["AccessToken"]
    client_of(settings).forgot_password(ClientId=settings["client_id"], Username="grace")
    assert process.stderr
    shown = process.stderr.readline()
    assert shown.startswith("# EMAIL to grace@example.com: ")
    assert shown.endswith(" (password of grace)\n")
