"""One long session in a real kernel with everything turned on that talks; then every place it left traces in.

Three people sign in, with wrong and right passwords, a code and a new password; tokens are renewed, AWS is used, values
are shown, and so are errors with all their variables. What is secret goes from the kernel straight into a file that is
not searched.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from jupyter_client.manager import KernelManager

from nbauth.demo.scene import Scene
from nbauth.demo.seed import seed
from tests import services

pytestmark = pytest.mark.xdist_group("a kernel")

DECOY = "Decoy-which-must-be-found"
WRONG, FRESH = "Sentinel-Wrong-Horse-4711", "Sentinel-Fresh-Horse-4711"
PLACES = ("published", "tracebacks", "log", "stderr", "widget state", "history", "environment", "command line", "home")

TALK = """
import json, logging, os, pathlib
import ipywidgets, nbauth
logging.basicConfig(level=logging.DEBUG, handlers=[logging.StreamHandler(), logging.FileHandler("log")])
typed = json.loads(pathlib.Path("../typed.json").read_text())
%xmode Verbose
"""

CONFESS = """
def tell(**secrets):
    with open("../secrets.jsonl", "a") as file:
        file.write(json.dumps({name: secret.reveal() for name, secret in secrets.items()}) + "\\n")

def confess():
    tokens, keys = auth.get_tokens(), auth.get_credentials()
    tell(
        id_token=tokens.id_token,
        access_token=tokens.access_token,
        refresh_token=tokens.refresh_token,
        secret_access_key=keys.secret_access_key,
        session_token=keys.session_token,
    )
"""

SHOW = """
tokens, keys = auth.get_tokens(), auth.get_credentials()
print(auth, tokens, keys, aws, auth.config, f"{tokens.id_token:>40}", sep="\\n")
display(auth, tokens, keys, vars(auth), auth.trait_values(), [tokens, keys], {"tokens": tokens})
%whos
%nbauth whoami
%nbauth config
%nbauth doctor
"""

ERROR_OF_THE_USER = """
def work(auth, tokens, keys, aws):
    values = [auth, tokens, keys, aws]
    return values[4] / len(values)
work(auth, tokens, keys, aws)
"""

USE_A_ROLE = """%%aws_session --role-arn {role}
keys = aws.get_credentials().get_frozen_credentials()
tell(secret_access_key=nbauth.Secret(keys.secret_key), session_token=nbauth.Secret(keys.token))
aws.client("sts").get_caller_identity()["Arn"]
"""

ERROR_OF_BOTO3 = "aws.client('s3').get_object(Bucket='nbauth-demo', Key='there is no such key')"

AWS_OUT_OF_REACH = """
import botocore.config
once = botocore.config.Config(retries={"total_max_attempts": 1})
aws.client("s3", endpoint_url="http://127.0.0.1:9", config=once).list_buckets()
"""

ERRORS_IN_A_CHAIN = """
other = nbauth.AuthSession(account="other")
def sign_in(session, username, password):
    try:
        session.sign_in(username, password)
    except nbauth.AuthError as error:
        raise RuntimeError("mine") from error
sign_in(other, "alice", nbauth.Secret(typed["wrong"]))
"""

LEAK = f"""
{DECOY!r}
print(typed["decoy"])
ipywidgets.Password(value=typed["decoy"])
get_ipython().kernel.log.error(typed["decoy"])
pathlib.Path.home().joinpath("decoy").write_text(typed["decoy"])
def fail(password): raise ValueError
fail(typed["decoy"])
"""

LEAVE = """
pathlib.Path("widget state").write_text(json.dumps(ipywidgets.Widget.get_manager_state()))
environment = json.dumps(dict(os.environ)) + pathlib.Path("/proc/self/environ").read_text()
pathlib.Path("environment").write_text(environment)
pathlib.Path("command line").write_bytes(pathlib.Path("/proc/self/cmdline").read_bytes())
"""


@dataclass(frozen=True)
class Traces:
    """What the session left behind."""

    secrets: dict[str, str]
    texts: dict[str, str]
    store: Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("kernel")
    for name in ("home", "run", "work"):
        (folder / name).mkdir(mode=0o700)
    return folder


@pytest.fixture(scope="module")
def scene(tmp_path_factory) -> Iterator[Scene]:
    with services.ministack(tmp_path_factory.mktemp("ministack")) as endpoint_url:
        yield seed(endpoint_url)


@contextmanager
def running_kernel(folder: Path, scene: Scene) -> Iterator[Any]:
    own = {"HOME": str(folder / "home"), "XDG_RUNTIME_DIR": str(folder / "run"), "DECOY": DECOY}
    environment = scene.environment({"PATH": os.environ["PATH"]} | own, kept_sign_ins=folder / "state")
    manager = KernelManager(kernel_name="python3", connection_file=str(folder / "connection.json"))
    with (folder / "stderr").open("wb") as stderr:
        manager.start_kernel(
            cwd=str(folder / "work"),
            env=environment | scene.nbauth_settings(),
            extra_arguments=[f"--InteractiveShell.banner2={DECOY}"],
            stdout=stderr,
            stderr=stderr,
        )
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel()  # not at once: the history is written on the way out


def make_role(scene: Scene) -> str:
    """Make a role that signed-in users may assume, and return its ARN."""
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    iam = boto3.client("iam", endpoint_url=scene.endpoint_url, region_name=scene.region, **keys)

    def policy(**statement: Any) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})

    anybody = policy(Principal={"AWS": "*"}, Action="sts:AssumeRole")
    role: str = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=anybody)["Role"]["Arn"]
    may_assume = policy(Action="sts:AssumeRole", Resource=role)
    iam.put_role_policy(RoleName="nbauth-demo-authenticated", PolicyName="assume", PolicyDocument=may_assume)
    return role


def be_used(page, scene: Scene, role: str) -> None:
    """Do what people do, and what they do wrong."""
    alice, bob, carol = scene.users
    for cell in (TALK, CONFESS, "%load_ext nbauth"):
        page.run(cell)
    assert page.submit(username=alice.username, password=WRONG)["screen"]["error"]
    assert page.submit(username=alice.username, password=alice.password)["state"] == "SIGNED_IN"
    for cell in ("confess()", "%nbauth refresh", "confess()", SHOW, USE_A_ROLE.format(role=role)):
        page.run(cell)
    for cell in (ERROR_OF_THE_USER, ERROR_OF_BOTO3, AWS_OUT_OF_REACH):
        page.run(cell)
    for cell in ("auth.sign_in('alice', 'again')", ERRORS_IN_A_CHAIN):
        page.run(cell)
    for cell in ("auth.sign_out()", "auth.get_tokens(wait=False)", "auth.sign_in('alice', typed['wrong'])"):
        page.run(cell)
    page.run("auth.sign_in(None, typed['wrong'])")

    page.run("auth.show_sign_in()")
    assert page.submit(username=carol.username, password=carol.password)["screen"]["fields"][0]["name"] == "code"
    page.run("print(auth.challenge); display(auth.challenge); tell(challenge_session=auth.challenge.session)")
    assert page.submit(code="000000")["screen"]["error"]
    page.run("auth.confirm_sign_in('000000')")
    assert page.submit(code=carol.code())["state"] == "SIGNED_IN"
    for cell in ("confess()", "auth.sign_out()", "auth.show_sign_in()"):
        page.run(cell)

    assert page.submit(username=bob.username, password=bob.password)["screen"]["fields"][0]["name"] == "new_password"
    page.run("tell(challenge_session=auth.challenge.session)")
    assert page.submit(new_password=FRESH)["state"] == "SIGNED_IN"
    page.run("confess()")


@pytest.fixture(scope="module")
def traces(folder, scene, page_of) -> Traces:
    passwords = {"wrong password": WRONG, "new password": FRESH}
    passwords |= {f"password of {user.username}": user.password for user in scene.users}
    (folder / "typed.json").write_text(json.dumps({"wrong": WRONG, "decoy": DECOY}))
    with running_kernel(folder, scene) as client:
        page = page_of(client)
        be_used(page, scene, make_role(scene))
        page.run(LEAK)
        page.send(page.comms["PasswordModel"], {"typed into a widget of somebody else": DECOY})
        page.run(LEAVE)
    told = [json.loads(line) for line in (folder / "secrets.jsonl").read_text().splitlines()]
    assert len(told) == 7
    secrets = {f"{name} {number}": secret for number, line in enumerate(told) for name, secret in line.items()}
    return Traces(passwords | secrets, texts_in(folder, page), *(folder / "state" / "nbauth").glob("*.json"))


def texts_in(folder: Path, page) -> dict[str, str]:
    """Everything that may be searched, by place."""

    def text_of(path: Path) -> str:
        return path.read_bytes().decode("latin-1")

    def all_in(path: Path) -> str:
        return "".join(text_of(file) for file in sorted(path.rglob("*")) if file.is_file())

    contents = [message["content"] for message in page.heard]
    texts = {
        place: text_of(folder / "work" / place) for place in ("log", "widget state", "environment", "command line")
    }
    return texts | {
        "published": json.dumps(contents),
        "tracebacks": json.dumps([content["traceback"] for content in contents if "traceback" in content]),
        "stderr": text_of(folder / "stderr"),
        "history": all_in(folder / "home" / ".ipython" / "profile_default"),
        "home": all_in(folder / "home"),
    }


@pytest.mark.parametrize("place", PLACES)
def test_no_secret_is_in(place, traces, find):
    assert find({"decoy": DECOY}, traces.texts[place]) == ["decoy"]
    assert find(traces.secrets, traces.texts[place]) == []


def test_the_store_keeps_the_refresh_token_and_no_other_secret_for_its_owner_alone(traces, find):
    record = json.loads(traces.store.read_text())
    refresh_token = record.pop("refresh_token")
    assert refresh_token == traces.secrets["refresh_token 6"]
    assert find(traces.secrets, json.dumps(record)) == []
    assert traces.store.stat().st_mode & 0o777 == 0o600
    assert traces.store.parent.stat().st_mode & 0o777 == 0o700
