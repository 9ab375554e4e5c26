"""`nbauth demo` as a person or a program starts and stops it."""

import json
import signal
import socket
import urllib.request

import psutil
import pytest

from nbauth.demo.lab import TOUR


def listening(processes: list[psutil.Process]) -> set[str]:
    connections = [connection for process in processes for connection in process.net_connections(kind="all")]
    return {connection.laddr.ip for connection in connections if connection.status == psutil.CONN_LISTEN}


def fake_jupyterlab(folder, code: str) -> str:
    """Make a package that stands in front of JupyterLab; returns the PYTHONPATH that puts it there."""
    (folder / "jupyterlab.py").write_text(code)
    return str(folder)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_serve_only_prints_one_line_of_json_and_leaves_nothing_when_stopped(start_demo, stop):
    demo = start_demo("--serve-only", "--json")
    told = demo.json()
    assert told["settings"]["NBAUTH_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert [user["username"] for user in told["users"]] == ["alice", "bob", "carol"]
    demo.family()
    demo.process.send_signal(stop)
    assert demo.end() == 0
    assert demo.is_gone()


def test_serve_only_prints_settings_for_a_shell(start_demo):
    demo = start_demo("--serve-only")
    assert demo.text_with("NBAUTH_USER_POOL_ID=").startswith("NBAUTH_USER_POOL_ID=eu-west-1_")
    assert demo.text_with("AWS_DEFAULT_REGION=") == "AWS_DEFAULT_REGION=eu-west-1\n"
    assert demo.text_with("alice").startswith("# alice")


def test_only_the_loopback_address_is_listened_on(start_demo):
    demo = start_demo("--serve-only", "--json")
    demo.json()
    assert listening(demo.family()) == {"127.0.0.1"}


def test_configuration_and_proxies_of_the_person_do_not_reach_the_seeding(start_demo):
    demo = start_demo("--serve-only", "--json", AWS_PROFILE="nobody", HTTP_PROXY="http://127.0.0.1:1", NO_PROXY="")
    assert demo.json()["bucket"] == "nbauth-demo"


def test_a_taken_port_is_said_in_one_line_and_nothing_is_left(start_demo):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        demo = start_demo("--serve-only", "--port", str(port))
        assert demo.end() == 1
    message = demo.process.stderr.read()
    assert message.startswith(f"nbauth demo: port {port} cannot be used")
    assert message.count("\n") == 1
    assert demo.is_gone()


def test_json_without_serve_only_is_refused(start_demo):
    demo = start_demo("--json")
    assert demo.end() == 1
    assert demo.process.stderr.read() == "nbauth demo: --json goes with --serve-only\n"


def test_a_start_that_fails_half_way_leaves_nothing(start_demo, tmp_path):
    demo = start_demo("--no-browser", PYTHONPATH=fake_jupyterlab(tmp_path, "raise SystemExit('no such luck')"))
    assert demo.end() == 1
    assert demo.process.stderr.read() == "nbauth demo: JupyterLab stopped while starting: no such luck\n"
    assert demo.is_gone()


def test_a_start_that_is_stopped_half_way_leaves_nothing(start_demo, tmp_path):
    stop_the_demo_and_stay = "import os, signal\nos.kill(os.getppid(), signal.SIGTERM)\nsignal.pause()"
    demo = start_demo("--no-browser", PYTHONPATH=fake_jupyterlab(tmp_path, stop_the_demo_and_stay))
    assert demo.end() == 128 + signal.SIGINT
    assert demo.is_gone()


def test_jupyterlab_opens_on_the_quickstart_and_goes_with_the_demo(start_demo):
    demo = start_demo("--no-browser")
    page, _, token = demo.text_with("http://").strip().partition("?token=")
    server, _, notebook = page.partition("/lab/tree/")
    assert listening(demo.family()) == {"127.0.0.1"}

    def ask(path: str, **options: str) -> dict:
        request = urllib.request.Request(f"{server}{path}", headers={"Authorization": f"token {token}"}, **options)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    names = sorted(found["name"] for found in ask("/api/contents")["content"])
    assert names == ["amplify_outputs.json", TOUR, notebook]
    ask("/api/kernels", method="POST")
    assert any("ipykernel_launcher" in process.cmdline() for process in demo.family())
    demo.process.send_signal(signal.SIGTERM)
    assert demo.end() == 0
    assert demo.is_gone()
