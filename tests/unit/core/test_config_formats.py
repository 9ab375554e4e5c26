"""Each format that AWS tools write becomes settings; whatever else comes is refused in one line."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbauth.core.config import AuthConfig
from nbauth.core.config_formats import FORMATS, detect, parse, read
from nbauth.errors import ConfigError

POOL = "eu-west-1_ExAmPlE"
CLIENT = "1example23456789"
IDENTITY_POOL = "eu-west-1:00000000-0000-0000-0000-000000000000"

OUTPUTS = {
    "version": "1.4",
    "auth": {
        "aws_region": "eu-west-1",
        "user_pool_id": POOL,
        "user_pool_client_id": CLIENT,
        "identity_pool_id": IDENTITY_POOL,
        "unauthenticated_identities_enabled": True,
        "username_attributes": ["email"],
        "mfa_methods": ["TOTP", "EMAIL"],
    },
    "storage": {"bucket_name": "b"},
}
EXPORTS = {
    "aws_project_region": "us-east-1",
    "aws_cognito_region": "eu-west-1",
    "aws_user_pools_id": POOL,
    "aws_user_pools_web_client_id": CLIENT,
    "aws_cognito_identity_pool_id": IDENTITY_POOL,
    "oauth": {},
    "aws_cognito_username_attributes": ["EMAIL"],
}
AWSCONFIGURATION = {
    "Version": "1.0",
    "IdentityManager": {"Default": {}},
    "CredentialsProvider": {"CognitoIdentity": {"Default": {"PoolId": IDENTITY_POOL, "Region": "eu-west-1"}}},
    "CognitoUserPool": {"Default": {"PoolId": POOL, "AppClientId": CLIENT, "Region": "eu-west-1"}},
    "Auth": {"Default": {"usernameAttributes": ["EMAIL"]}},
}
NATIVE = {
    "UserAgent": "aws-amplify-cli/2.0",
    "Version": "1.0",
    "auth": {"plugins": {"awsCognitoAuthPlugin": AWSCONFIGURATION}},
}
RESOURCES = {
    "Auth": {
        "Cognito": {
            "userPoolId": POOL,
            "userPoolClientId": CLIENT,
            "identityPoolId": IDENTITY_POOL,
            "allowGuestAccess": True,
            "loginWith": {"email": True, "username": False},
        }
    }
}
EXAMPLES = {
    "amplify_outputs.json": OUTPUTS,
    "Amplify Gen 1 for JavaScript": EXPORTS,
    "Amplify Gen 1 for Android and iOS": NATIVE,
    "awsconfiguration.json": AWSCONFIGURATION,
    "amplify-js ResourcesConfig": RESOURCES,
}


def config_of(values):
    return AuthConfig.from_dict(read(values, "a file"), source="a file")


def changed(example, *path, to):
    copy = json.loads(json.dumps(example))
    place = copy
    for name in path[:-1]:
        place = place.setdefault(name, {})
    place[path[-1]] = to
    return copy


def test_there_is_an_example_of_every_format():
    assert EXAMPLES.keys() == FORMATS.keys()


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_recognised(name):
    assert detect(EXAMPLES[name]) == name


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_becomes_the_same_configuration(name):
    assert config_of(EXAMPLES[name]) == AuthConfig(
        region="eu-west-1",
        user_pool_id=POOL,
        client_id=CLIENT,
        identity_pool_id=IDENTITY_POOL,
        username_attributes=("email",),
    )


def test_our_own_names_are_a_format_too():
    values = {"user_pool_id": POOL, "client_id": CLIENT, "guest_access": False}
    assert detect(values) is None
    assert read(values, "a file") == values


def test_a_pool_that_permits_guests_makes_nobody_one():
    assert config_of(OUTPUTS).guest_access is None


@pytest.mark.parametrize(
    "values",
    [
        changed(OUTPUTS, "auth", "unauthenticated_identities_enabled", to=False),
        changed(EXPORTS, "aws_mandatory_sign_in", to="enable"),
        changed(RESOURCES, "Auth", "Cognito", "allowGuestAccess", to=False),
    ],
)
def test_a_pool_without_guests_takes_none(values):
    assert config_of(values).guest_access is False


def test_the_overlay_says_what_the_format_cannot():
    overlay = {
        "endpoint_url": "http://127.0.0.1:4566",
        "issuer": "http://127.0.0.1:4566/pool",
        "client_secret": "hunter2",
        "guest_access": "eager",
        "custom_role_arn": "arn:aws-cn:iam::123456789012:role/path/Analyst",
        "auth_flow": "USER_PASSWORD_AUTH",
    }
    config = config_of(changed(OUTPUTS, "custom", "nbauth", to=overlay))
    assert config.client_secret.reveal() == "hunter2"
    assert {name: getattr(config, name) for name in overlay} == overlay | {"client_secret": config.client_secret}


def test_a_typing_mistake_in_the_overlay_is_met_with_what_was_meant():
    values = changed(OUTPUTS, "custom", "nbauth", to={"endpoint": "http://127.0.0.1:4566"})
    with pytest.raises(
        ConfigError, match=r"no setting 'endpoint' from custom\.nbauth in a file: did you mean 'endpoint_url'"
    ):
        read(values, "a file")


def test_awsconfiguration_may_hold_a_secret_and_a_flow():
    values = changed(AWSCONFIGURATION, "CognitoUserPool", "Default", "AppClientSecret", to="hunter2")
    values = changed(values, "Auth", "Default", "authenticationFlowType", to="CUSTOM_AUTH")
    config = config_of(values)
    assert config.client_secret.reveal() == "hunter2"
    assert config.auth_flow == "CUSTOM_AUTH"


def test_awsconfiguration_may_leave_the_default_level_out():
    values = {"CognitoUserPool": {"PoolId": POOL, "AppClientId": CLIENT}, "CredentialsProvider": {}}
    assert config_of(values) == AuthConfig(user_pool_id=POOL, client_id=CLIENT)


def test_an_endpoint_without_a_scheme_is_https():
    values = changed(RESOURCES, "Auth", "Cognito", "userPoolEndpoint", to="auth.example.com")
    values = changed(values, "Auth", "Cognito", "identityPoolEndpoint", to="https://auth.example.com")
    assert config_of(values).endpoint_url == "https://auth.example.com"


def test_two_different_endpoints_are_refused_rather_than_mixed_up():
    values = changed(AWSCONFIGURATION, "CognitoUserPool", "Default", "Endpoint", to="auth.example.com")
    with pytest.raises(ConfigError, match="a file gives the user pool and the identity pool different endpoints"):
        read(values, "a file")


def test_empty_values_are_not_set():
    assert "identity_pool_id" not in read(changed(OUTPUTS, "auth", "identity_pool_id", to=""), "a file")


def test_a_file_without_sign_in_sets_nothing():
    assert read({"version": "1", "storage": {"bucket_name": "b"}}, "a file") == {}
    assert read({"UserAgent": "aws-amplify-cli/2.0", "Version": "1.0", "api": {"plugins": {}}}, "a file") == {}


def test_a_value_of_the_wrong_kind_is_named():
    with pytest.raises(ConfigError, match="user_pool_id from a file is 5"):
        config_of(changed(OUTPUTS, "auth", "user_pool_id", to=5))


AWS_EXPORTS_JS = """\
/* eslint-disable */
// WARNING: DO NOT EDIT. This file is automatically generated by AWS Amplify. {it} = {
import { nothing } from './nowhere';

const awsmobile = %s;

export default awsmobile;
"""


def test_aws_exports_is_read_without_running_it():
    assert parse(AWS_EXPORTS_JS % json.dumps(EXPORTS, indent=4), "aws-exports.js") == EXPORTS


@pytest.mark.parametrize("head", ["export default ", "module.exports = ", "var x = ", ""])
def test_the_object_is_found_however_it_is_exported(head):
    assert parse(head + '{"region": "eu-west-1"}', "aws-exports.js") == {"region": "eu-west-1"}


def test_comments_and_trailing_commas_are_skipped_outside_of_texts():
    text = '{\n  // a comment, with {\n  "issuer": "https://a/*b*/,}", /* another */\n  "x": [1, 2, ],\n}\n'
    assert parse(text, "a file") == {"issuer": "https://a/*b*/,}", "x": [1, 2]}


def test_a_byte_order_mark_is_skipped():
    assert parse("\ufeff{}", "a file") == {}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("[]", 1),
        ("null", 1),
        ('{"a": 1', 1),
        ('{\n  "a": 1,\n  b: 2\n}', 3),
        ('/* one\ntwo */\n{\n"a": tru}', 4),
        ("{}\n\n{}", 3),
        ("const a = {\n  'b': 1\n}", 2),
        ("{" + '"a":{' * 100_000, 1),
        ('{"a": ' + "9" * 10_000 + "}", 1),
    ],
)
def test_what_is_not_json_is_one_line_with_the_file_and_the_line(text, line):
    with pytest.raises(ConfigError) as caught:
        parse(text, "the/file.json")
    assert str(caught.value).startswith(f"the/file.json, line {line}: ")
    assert "\n" not in str(caught.value)
    assert caught.value.__context__ is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
KEYS = ["version", "auth", "Auth", "Cognito", "custom", "nbauth", "CognitoUserPool", "Default", "user_pool_id"]
KEYS += ["plugins", "aws_project_region", "Endpoint", "endpoint_url", "client_secret", "loginWith", "PoolId"]
NEAR_MISSES = st.recursive(JSON, lambda inner: st.dictionaries(st.sampled_from(KEYS), inner), max_leaves=20).filter(
    lambda value: isinstance(value, dict)
)


@settings(deadline=None)
@given(st.text() | st.text(alphabet='{}[]",:/*=\\ \n1a') | JSON.map(json.dumps))
def test_no_text_gets_more_than_a_refusal(text):
    try:
        assert isinstance(parse(text, "a file"), dict)
    except ConfigError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either outcome is right


@settings(deadline=None)
@given(NEAR_MISSES)
def test_no_object_gets_more_than_a_refusal(values):
    try:
        config_of(values)
    except ConfigError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either outcome is right


POLICY = {
    "min_length": 10,
    "require_lowercase": False,
    "require_uppercase": False,
    "require_numbers": True,
    "require_symbols": True,
}
RULES = {
    "amplify_outputs.json": {
        "version": "1.4",
        "auth": {
            "standard_required_attributes": ["email", "name"],
            "password_policy": {"min_length": 10, "require_numbers": True, "require_symbols": True, "colour": "blue"},
        },
    },
    "Amplify Gen 1 for JavaScript": {
        "aws_project_region": "eu-west-1",
        "aws_cognito_signup_attributes": ["EMAIL", "NAME"],
        "aws_cognito_password_protection_settings": {
            "passwordPolicyMinLength": 10,
            "passwordPolicyCharacters": ["REQUIRES_NUMBERS", "REQUIRES_SYMBOLS"],
        },
    },
    "awsconfiguration.json": {
        "CognitoUserPool": {},
        "Auth": {
            "Default": {
                "signupAttributes": ["EMAIL", "NAME"],
                "passwordProtectionSettings": {
                    "passwordPolicyMinLength": 10,
                    "passwordPolicyCharacters": ["REQUIRES_NUMBERS", "REQUIRES_SYMBOLS"],
                },
            }
        },
    },
    "amplify-js ResourcesConfig": {
        "Auth": {
            "Cognito": {
                "userAttributes": {"email": {"required": True}, "name": {"required": True}, "nickname": {}},
                "passwordFormat": {"minLength": 10, "requireNumbers": True, "requireSpecialCharacters": True},
            }
        }
    },
}


@pytest.mark.parametrize("name", RULES)
def test_each_format_says_what_a_sign_up_needs(name):
    settings = read(RULES[name], "a file")
    assert detect(RULES[name]) == name
    assert settings["sign_up_attributes"] == ["email", "name"]
    assert settings["password_policy"] == POLICY


def test_a_pool_that_can_do_without_passwords_lets_people_choose():
    passwordless = {"email_otp_enabled": True, "web_authn": {"relying_party_id": "example.com"}}
    settings = read({"version": "1.4", "auth": {"passwordless": passwordless}}, "a file")
    assert (settings["auth_flow"], settings["passkey_domain"]) == ("USER_AUTH", "example.com")
    assert "auth_flow" not in read({"version": "1.4", "auth": {"passwordless": {"email_otp_enabled": False}}}, "a file")
