"""The command line: what it prints, where to, and with which exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nbauth import cli, extension, stores
from nbauth.auth_session import AuthSession
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.errors import ServiceUnavailable

SENTINEL = "sentinel-2f9c"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory without any settings around it."""
    for name in [name for name in os.environ if name.startswith("NBAUTH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def config_file(folder, nobody):
    path = folder / "settings.json"
    settings = {
        "user_pool_id": "eu-west-1_Example01",
        "client_id": "exampleclient",
        "identity_pool_id": "eu-west-1:1",
        "endpoint_url": f"http://{nobody}",
    }
    path.write_text(json.dumps(settings))
    return path


@pytest.fixture
def fake_session(folder, monkeypatch, ports, prompt):
    """Lets the command line's sessions talk to fakes, and to a person who types."""

    def make(config, *, account=None, store=None):
        return AuthSession(config, account=account, store="memory", ports=ports)

    monkeypatch.setattr(extension, "AuthSession", make)
    return ports


def run(*arguments):
    return cli.main([str(argument) for argument in arguments])


@pytest.mark.parametrize("command", ["status", "sign-in", "sign-out"])
def test_without_settings_a_command_says_what_to_set(folder, command, capsys):
    assert run(command) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("nbauth: There is nothing to sign in to: set user_pool_id")
    assert printed.err.count("\n") == 1


def test_the_settings_around_the_working_directory_are_found(fake_session, folder, capsys, config_file):
    config_file.rename(folder / "amplify_outputs.json")
    inner = folder / "project" / "notebooks"
    inner.mkdir(parents=True)
    os.chdir(inner)
    assert run("status") == 1
    printed = capsys.readouterr().out
    assert printed.startswith("Signed out.\n")
    assert "user_pool_id = eu-west-1_Example01" in printed
    assert "amplify_outputs.json" in printed


def test_the_environment_counts(fake_session, monkeypatch, capsys):
    monkeypatch.setenv("NBAUTH_USER_POOL_ID", "us-east-1_Another01")
    monkeypatch.setenv("NBAUTH_CLIENT_ID", "abc")
    run("status")
    assert "user_pool_id = us-east-1_Another01   (from NBAUTH_USER_POOL_ID)" in capsys.readouterr().out


def test_status_says_who_is_signed_in(fake_session, config_file, store, capsys):
    store.save(Record("ada", "1", "https://issuer", Secret(SENTINEL)))
    assert run("status", "--config", config_file) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("Signed in as ada.\n")
    assert SENTINEL not in printed


def test_status_names_the_other_accounts_that_are_kept(fake_session, config_file, monkeypatch, capsys):
    monkeypatch.setattr(stores, "kept_accounts", lambda name, key: ["work", "default", "home"])
    run("status", "--config", config_file)
    assert capsys.readouterr().out.endswith("\nOther accounts kept on this machine: home, work\n")


def test_signing_out_everywhere_is_asked_of_cognito(fake_session, config_file, store, users, capsys):
    store.save(Record("ada", "1", "https://issuer", Secret(SENTINEL)))
    run("sign-out", "--config", config_file, "--everywhere")
    assert SENTINEL not in capsys.readouterr().out
    assert {"refresh", "sign_out_everywhere"} & set(users.calls)


def test_signing_in_asks_and_says_who_it_is(fake_session, config_file, prompt, users, password, monkeypatch, capsys):
    sessions = []
    monkeypatch.setattr(AuthSession, "prompt_for", staticmethod(lambda session: (sessions.append(session), prompt)[1]))
    monkeypatch.setattr(prompt, "show_sign_in", lambda: sessions[0].sign_in("ada", password))
    assert run("sign-in", "--config", config_file) == 0
    assert capsys.readouterr().out == "Signed in as ada.\n"


def test_a_sign_in_that_was_given_up_exits_with_1(fake_session, config_file, prompt, capsys):
    assert run("sign-in", "--config", config_file) == 1
    assert prompt.shown == ["sign-in"]
    assert capsys.readouterr().out == "Signed out.\n"


def test_whoever_is_signed_in_is_not_asked_again(fake_session, config_file, prompt, store, capsys):
    store.save(Record("ada", "1", "https://issuer", Secret(SENTINEL)))
    assert run("sign-in", "--config", config_file) == 0
    assert prompt.shown == []


def test_signing_out_offline_says_what_could_not_be_done_and_exits_with_0(
    fake_session, config_file, store, users, capsys
):
    store.save(Record("ada", "1", "https://issuer", Secret(SENTINEL)))
    users.fail_next(ServiceUnavailable("no network", reason="offline"))
    assert run("sign-out", "--config", config_file) == 0
    assert "Cognito could not be told: no network" in capsys.readouterr().out
    assert store.load() is None


def test_the_account_can_be_chosen(folder, config_file, monkeypatch):
    seen = []
    monkeypatch.setattr(
        extension, "AuthSession", lambda config, account, store: (seen.append((config, account)), 1 / 0)[1]
    )
    with pytest.raises(ZeroDivisionError):
        run("status", "--config", config_file, "--account", "work")
    assert seen == [(str(config_file), "work")]


def test_stop_ends_a_command_as_it_ends_any_other(fake_session, config_file, prompt, monkeypatch):
    def stop():
        raise KeyboardInterrupt

    monkeypatch.setattr(prompt, "show_sign_in", stop)
    assert run("sign-in", "--config", config_file) == 130


@pytest.mark.parametrize("content", ["{", "[]", "null", "\x00", '{"user_pool_id": 5}', '{"user_pool": "x"}'])
@pytest.mark.parametrize(("command", "code"), [("doctor", 1), ("status", 1)])
def test_a_broken_configuration_file_is_told_and_not_a_crash(folder, content, command, code, capsys):
    path = folder / "settings.json"
    path.write_text(content)
    assert run(command, "--config", path) == code
    printed = capsys.readouterr()
    told = printed.out if command == "doctor" else printed.err
    assert "settings.json" in told
    assert "Traceback" not in told
    if command == "doctor":
        assert "\n!!  " in printed.out
        assert printed.err == ""


def test_a_configuration_file_that_is_not_there_is_a_finding(folder, capsys):
    assert run("doctor", "--config", folder / "nowhere.json") == 1
    assert "nowhere.json" in capsys.readouterr().out


def test_the_doctor_finds_an_endpoint_that_is_down(config_file, capsys):
    assert run("doctor", "--config", config_file) == 1
    assert "!!  the user pool cannot be reached" in capsys.readouterr().out


def test_a_wrong_name_of_a_store_is_a_finding(config_file, monkeypatch, capsys):
    monkeypatch.setenv("NBAUTH_STORE", "cupboard")
    assert run("doctor", "--config", config_file) == 1
    assert "!!  store from NBAUTH_STORE is 'cupboard'" in capsys.readouterr().out


@pytest.mark.parametrize(("arguments", "code"), [([], 2), (["fly"], 2), (["status", "--fly"], 2), (["--help"], 0)])
def test_what_cannot_be_understood_exits_with_2(arguments, code, capsys):
    with pytest.raises(SystemExit) as ended:
        run(*arguments)
    assert ended.value.code == code
    printed = capsys.readouterr()
    assert "usage: nbauth" in printed.out + printed.err


@pytest.mark.parametrize("command", ["demo", "status", "sign-in", "sign-out", "doctor"])
def test_every_command_has_a_help(command, capsys):
    with pytest.raises(SystemExit) as ended:
        run(command, "--help")
    assert ended.value.code == 0
    assert f"nbauth {command}" in capsys.readouterr().out


def test_the_command_is_installed(folder):
    command = Path(sys.executable).with_name("nbauth")
    ended = subprocess.run([command, "status"], capture_output=True, text=True, check=False, cwd=folder)
    assert ended.returncode == 1
    assert ended.stderr.startswith("nbauth: There is nothing to sign in to")


def test_a_terminal_that_knows_few_characters_is_no_obstacle(config_file):
    settings = json.loads(config_file.read_text()) | {"client_secret": SENTINEL}
    config_file.write_text(json.dumps(settings))
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "NBAUTH_STORE": "memory"}
    command = [Path(sys.executable).with_name("nbauth"), "status", "--config", config_file]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert "client_secret = ???" in done.stdout
    assert SENTINEL not in done.stdout
