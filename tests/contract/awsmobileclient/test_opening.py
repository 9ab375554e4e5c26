"""A session that has just been opened: which pools it knows, and what it says before anybody has signed in."""

import dataclasses
import json

import pytest

import nbauth
from nbauth import extension
from nbauth.auth_session import AuthSession
from nbauth.core.user_state import UserState
from nbauth.errors import ConfigError, ServiceUnavailable

AWSCONFIGURATION = {
    "UserAgent": "aws-amplify/cli",
    "Version": "0.1.0",
    "IdentityManager": {"Default": {}},
    "CredentialsProvider": {
        "CognitoIdentity": {"Default": {"PoolId": "us-west-2:00000000-0000-0000-0000-000000000000"}}
    },
    "CognitoUserPool": {"Default": {"PoolId": "us-west-2_EXAMPLE12", "AppClientId": "fromthefile"}},
    "Auth": {"Default": {"authenticationFlowType": "USER_PASSWORD_AUTH"}},
}


@pytest.mark.parametrize("given", ["a dict", "a path", "nothing"])
def test_01_what_the_sections_of_awsconfiguration_json_say_has_a_name(given, session_of, tmp_path):
    path = tmp_path / "awsconfiguration.json"
    if given != "a dict":
        path.write_text(json.dumps(AWSCONFIGURATION))
    auth = session_of({"a dict": AWSCONFIGURATION, "a path": path, "nothing": None}[given])
    assert auth.config.user_pool_id == "us-west-2_EXAMPLE12"
    assert auth.config.client_id == "fromthefile"
    assert auth.config.identity_pool_id == "us-west-2:00000000-0000-0000-0000-000000000000"
    assert auth.config.auth_flow == "USER_PASSWORD_AUTH"
    assert auth.config.region == "us-west-2"


def test_02_opening_again_finds_who_is_signed_in(ada, session_of, users):
    users.calls.clear()
    again = session_of()
    assert [again.state, again.state] == [UserState.SIGNED_IN] * 2
    assert again.username == "ada"
    assert users.calls == []


def test_03_a_configuration_that_is_handed_over_is_kept_as_it_is(auth, config):
    assert auth.config == config


def test_03_there_is_one_default_session(session_of, monkeypatch):
    monkeypatch.setattr(extension, "_accounts", None)
    assert nbauth.session() is nbauth.session()
    assert isinstance(nbauth.session(), AuthSession)


@pytest.mark.parametrize("missing", ["nothing", "user_pool", "identity_pool"])
def test_04_an_opened_session_is_never_unknown(missing, session_of, config, ports):
    without = {
        "nothing": {},
        "user_pool": {"user_pool_id": None, "client_id": None},
        "identity_pool": {"identity_pool_id": None},
    }
    changes = {} if missing == "nothing" else {missing: None}
    auth = session_of(config.replace(**without[missing]), dataclasses.replace(ports, **changes))
    assert auth.state is UserState.SIGNED_OUT


def test_04_without_any_pool_a_session_says_what_to_set(session_of, config):
    auth = session_of(config.replace(user_pool_id=None, client_id=None, identity_pool_id=None))
    with pytest.raises(ConfigError, match="set user_pool_id"):
        auth.sign_in("ada", "any")


def test_05_opening_needs_no_network(auth, users, identities, password):
    for pool in (users, identities):
        pool.fail_next(ServiceUnavailable("no network", reason="offline"))
    assert auth.state is UserState.SIGNED_OUT
    assert auth.config.user_pool_region == "eu-west-1"
    assert users.calls == identities.calls == []
    with pytest.raises(ServiceUnavailable, match="no network"):
        auth.sign_in("ada", password)
    assert auth.sign_in("ada", password).done
