import json
from pathlib import Path

import pyotp
import pytest

from nbauth.demo.scene import Scene, User

SCENE = Scene(
    endpoint_url="http://127.0.0.1:1",
    region="eu-west-1",
    user_pool_id="eu-west-1_pool",
    client_id="client",
    identity_pool_id="eu-west-1:identity",
    bucket="bucket",
    keys=("key.csv",),
    users=(User("alice", "Sunny-Morning-7"),),
)


def test_the_environment_of_the_person_keeps_everything_but_aws_and_nbauth():
    mine = {"AWS_PROFILE": "work", "AWS_ACCESS_KEY_ID": "mine", "NBAUTH_REGION": "there", "EDITOR": "vi"}
    environment = SCENE.environment(mine, Path("state"))
    assert environment["EDITOR"] == "vi"
    assert not {"AWS_PROFILE", "AWS_ACCESS_KEY_ID", "NBAUTH_REGION"} & set(environment)


def test_boto3_is_sent_to_the_demo_and_to_no_file_of_the_person():
    environment = SCENE.environment({}, Path("state"))
    assert environment["AWS_ENDPOINT_URL"] == SCENE.endpoint_url
    assert environment["AWS_EC2_METADATA_DISABLED"] == "true"
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        assert Path(environment[name]).read_bytes() == b""


@pytest.mark.parametrize(
    ("mine", "expected"),
    [({}, "127.0.0.1"), ({"NO_PROXY": "intranet"}, "intranet,127.0.0.1"), ({"no_proxy": "inside"}, "inside,127.0.0.1")],
)
def test_no_proxy_stands_between_the_notebook_and_the_demo(mine: dict[str, str], expected: str):
    environment = SCENE.environment(mine, Path("state"))
    assert environment["NO_PROXY"] == environment["no_proxy"] == expected


def test_sign_ins_are_kept_where_the_demo_removes_them():
    assert SCENE.environment({"XDG_STATE_HOME": "mine"}, Path("demo"))["XDG_STATE_HOME"] == "demo"


def test_everything_can_be_told_as_json():
    told = json.loads(json.dumps(SCENE.as_json()))
    assert told["settings"]["NBAUTH_CLIENT_ID"] == "client"
    assert told["amplify_outputs"]["custom"]["nbauth"]["endpoint_url"] == SCENE.endpoint_url
    assert told["users"][0] == {
        "username": "alice",
        "password": "Sunny-Morning-7",
        "challenge": None,
        "totp_secret": None,
    }


def test_an_authenticator_app_gets_the_code_that_the_demo_prints():
    carol = User("carol", "Paper-Lantern-7", "SOFTWARE_TOKEN_MFA", totp_secret="JBSWY3DPEHPK3PXP" * 2)
    app = pyotp.parse_uri(carol.authenticator_uri())
    assert isinstance(app, pyotp.TOTP)
    assert app.verify(carol.code(), valid_window=1)


def test_a_user_without_an_authenticator_has_no_code():
    with pytest.raises(ValueError, match="alice has no authenticator"):
        SCENE.users[0].code()
