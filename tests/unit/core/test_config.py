"""AuthConfig is right or does not exist, and says in one line why it does not."""

import dataclasses
import pickle

import pytest

from nbauth.core.config import AuthConfig
from nbauth.core.secret import Secret
from nbauth.errors import ConfigError

POOL = "us-east-1_AbCdEfGhI"
IDENTITY_POOL = "eu-west-1:00000000-0000-0000-0000-000000000000"
SOURCE = "NBAUTH_SOMETHING"


def refusal(**values):
    with pytest.raises(ConfigError) as caught:
        AuthConfig.from_dict(values, source=SOURCE)
    message = str(caught.value)
    assert "\n" not in message
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return message


def test_a_user_pool_and_its_app_client_are_enough():
    config = AuthConfig(user_pool_id=POOL, client_id="abc")
    assert config.region == "us-east-1"
    assert config.auth_flow == "USER_SRP_AUTH"
    assert config.guest_access is None
    assert not config.is_empty


def test_an_identity_pool_alone_is_enough_for_guests():
    config = AuthConfig(identity_pool_id=IDENTITY_POOL)
    assert config.region == "eu-west-1"
    config.require_pool()


@pytest.mark.parametrize(
    ("pool", "region"),
    [
        ("us-east-1_" + "0123456789abcdef" * 2, "us-east-1"),
        ("us-gov-west-1_AbC", "us-gov-west-1"),
        ("cn-north-1_AbC", "cn-north-1"),
        ("us-iso-east-1_AbC", "us-iso-east-1"),
        ("eusc-de-east-1_AbC", "eusc-de-east-1"),
        ("mars-north-12_AbC", "mars-north-12"),
    ],
)
def test_the_region_comes_from_the_pools_id_in_every_partition(pool, region):
    assert AuthConfig(user_pool_id=pool, client_id="abc").region == region


def test_an_emulators_pool_needs_its_region_said():
    assert "region is missing" in refusal(user_pool_id="local_3aBc", client_id="abc")
    assert AuthConfig(user_pool_id="local_3aBc", client_id="abc", region="us-east-1").user_pool_region == "us-east-1"


def test_each_pool_is_where_its_id_says_whatever_region_is_set():
    config = AuthConfig(region="ap-south-1", user_pool_id=POOL, client_id="abc", identity_pool_id=IDENTITY_POOL)
    assert (config.region, config.user_pool_region, config.identity_pool_region) == (
        "ap-south-1",
        "us-east-1",
        "eu-west-1",
    )


@pytest.mark.parametrize(
    ("name", "value", "fits"),
    [
        ("region", "us-east-1.example.com/", "a region looks like"),
        ("region", "-us", "a region looks like"),
        ("region", 5, "a region looks like"),
        ("user_pool_id", "AbCdEfGhI", "a user pool id looks like"),
        ("user_pool_id", "us-east-1_", "a user pool id looks like"),
        ("user_pool_id", "us-east-1_AbC\n", "a user pool id looks like"),
        ("user_pool_id", "", "a user pool id looks like"),
        ("user_pool_id", ["us-east-1_AbC"], "a user pool id looks like"),
        ("client_id", "two words", "an app client id is"),
        ("identity_pool_id", "eu-west-1_AbC", "an identity pool id looks like"),
        ("endpoint_url", "localhost:4566", "an endpoint looks like"),
        ("endpoint_url", "file:///etc/passwd", "an endpoint looks like"),
        ("endpoint_url", "http://", "an endpoint looks like"),
        ("endpoint_url", "http://[::1", "an endpoint looks like"),
        ("endpoint_url", "http://host:99999", "an endpoint looks like"),
        ("endpoint_url", "http://host/?q=1", "an endpoint looks like"),
        ("endpoint_url", "http://ho\tst", "an endpoint looks like"),
        ("issuer", "cognito", "an issuer looks like"),
        ("auth_flow", "ADMIN_NO_SRP_AUTH", "one of USER_SRP_AUTH, USER_PASSWORD_AUTH, CUSTOM_AUTH, USER_AUTH"),
        ("guest_access", "yes", "true, false or 'eager'"),
        ("guest_access", 1, "true, false or 'eager'"),
        ("custom_role_arn", "Analyst", "a role looks like"),
        ("custom_role_arn", "arn:aws:iam::123456789012:user/ada", "a role looks like"),
        ("custom_role_arn", "arn:aws:iam::123456789012:role/two words", "a role looks like"),
        ("username_attributes", "email", "a list of names"),
        ("username_attributes", (1,), "a list of names"),
        ("self_sign_up", "no", "true or false"),
        ("sign_up_attributes", "email", "a list of names"),
        ("password_policy", {"min_length": "8"}, "it looks like"),
        ("password_policy", 8, "it looks like"),
        ("passkey_domain", "https://example.com", "a domain looks like"),
    ],
)
def test_a_wrong_value_is_one_line_with_its_name_source_value_and_what_fits(name, value, fits):
    message = refusal(**{name: value})
    assert message.startswith(f"{name} from {SOURCE} is {value!r}: ")
    assert fits in message


def test_a_long_value_is_shown_in_part():
    assert len(refusal(region="x" * 5000)) < 200


def test_a_wrong_secret_is_not_shown():
    message = refusal(client_secret="hunter2 hunter2")
    assert message.startswith(f"client_secret from {SOURCE} is wrong")
    assert "hunter2" not in message


def test_a_password_in_an_endpoint_is_refused_and_not_shown():
    assert "hunter2" not in refusal(endpoint_url="https://me:hunter2@example.com")


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({"user_pool_id": POOL}, "client_id"),
        ({"client_id": "abc"}, "user_pool_id"),
        ({"client_secret": "s3cret"}, "user_pool_id"),
        ({"custom_role_arn": "arn:aws-us-gov:iam::123456789012:role/Analyst"}, "identity_pool_id"),
        ({"identity_pool_id": "local:1"}, "region"),
    ],
)
def test_a_missing_value_is_one_line_with_who_needs_it_and_how_to_set_it(values, missing):
    message = refusal(**values)
    assert message.startswith(f"{missing} is missing: {next(iter(values))} from {SOURCE} ")
    assert f"NBAUTH_{missing.upper()}" in message


def test_each_value_may_have_a_source_of_its_own():
    with pytest.raises(ConfigError, match=r"client_id from c\.NbAuth.client_id is '!'"):
        AuthConfig.from_dict(
            {"user_pool_id": POOL, "client_id": "!"},
            source={"user_pool_id": "NBAUTH_USER_POOL_ID", "client_id": "c.NbAuth.client_id"},
        )


def test_sources_are_kept_and_do_not_make_a_difference():
    config = AuthConfig.from_dict({"user_pool_id": POOL, "client_id": "abc"}, source="here")
    assert config.sources == {"user_pool_id": "here", "client_id": "here", "region": "user_pool_id"}
    assert config == AuthConfig(user_pool_id=POOL, client_id="abc")
    assert hash(config) == hash(AuthConfig(user_pool_id=POOL, client_id="abc"))


@pytest.mark.parametrize(
    ("typed", "meant"), [("user_pool", "user_pool_id"), ("Region", "region"), ("clientId", "client_id")]
)
def test_an_unknown_name_is_met_with_the_one_that_was_meant(typed, meant):
    assert f"did you mean '{meant}'?" in refusal(**{typed: "x"})


def test_a_name_like_no_other_is_met_with_all_there_are():
    message = refusal(zzz=1)
    assert f"no setting 'zzz' from {SOURCE}" in message
    assert "identity_pool_id" in message


def test_an_empty_configuration_is_refused_when_somebody_wants_to_sign_in():
    config = AuthConfig()
    assert config.is_empty
    with pytest.raises(ConfigError, match="nothing to sign in to: set user_pool_id and client_id"):
        config.require_pool()


def test_none_counts_as_not_given():
    assert AuthConfig.from_dict({"region": None, "auth_flow": None}) == AuthConfig()


def test_a_secret_is_held_as_one_and_never_shown():
    config = AuthConfig(user_pool_id=POOL, client_id="abc", client_secret="hunter2")
    assert config.client_secret == Secret("hunter2")
    assert "hunter2" not in repr(config) + str(config)
    assert AuthConfig(user_pool_id=POOL, client_id="abc", client_secret=Secret("hunter2")) == config


def test_the_repr_shows_only_what_is_set():
    config = AuthConfig(region="us-east-1")
    assert repr(config) == "AuthConfig(region='us-east-1', auth_flow='USER_SRP_AUTH')"


def test_username_attributes_are_spelled_as_cognito_spells_attributes():
    assert AuthConfig(username_attributes=["EMAIL", "PHONE_NUMBER"]).username_attributes == ("email", "phone_number")


def test_replacing_the_pool_takes_its_region_along():
    config = AuthConfig(user_pool_id=POOL, client_id="abc", client_secret="hunter2")
    moved = config.replace(user_pool_id="eu-west-1_AbC")
    assert (moved.region, moved.client_id, moved.client_secret) == ("eu-west-1", "abc", Secret("hunter2"))
    assert (
        AuthConfig(user_pool_id=POOL, client_id="abc", region="ap-south-1").replace(client_id="d").region
        == "ap-south-1"
    )


def test_replacing_checks_like_making():
    with pytest.raises(ConfigError, match="did you mean 'client_id'"):
        AuthConfig(user_pool_id=POOL, client_id="abc").replace(clientid="x")


def test_a_configuration_does_not_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        AuthConfig().region = "us-east-1"


def test_a_configuration_without_a_secret_can_be_sent_to_another_process():
    config = AuthConfig(user_pool_id=POOL, client_id="abc")
    assert pickle.loads(pickle.dumps(config)) == config
