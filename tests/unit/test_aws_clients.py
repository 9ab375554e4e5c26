"""What is made to call AWS: each session and client once, as far as options can be compared, and not for ever."""

import gc
import threading
import weakref

import pytest
from botocore.config import Config

import nbauth.aws
from nbauth.aws_clients import AwsClients
from nbauth.testing import credentials

IN_TIME = 20


class Source:
    """Whoever has credentials."""

    def get_credentials(self):
        return credentials()


@pytest.fixture
def clients():
    return AwsClients(Source(), "eu-west-1")


def test_sessions_are_made_once_for_each_region(clients):
    assert clients.session() is clients.session("eu-west-1")
    assert clients.session("us-east-1") is not clients.session()
    assert clients.session().region_name == "eu-west-1"


def test_clients_are_made_once_for_the_same_options_in_any_order(clients):
    assert clients.client("sts", {}) is clients.client("sts", {})
    assert clients.client("sts", {}) is not clients.client("s3", {})
    options = {"region_name": "us-east-1", "use_ssl": False}
    client = clients.client("sts", options)
    assert client is clients.client("sts", dict(reversed(options.items())))
    assert client.meta.region_name == "us-east-1"
    assert client.meta.endpoint_url.startswith("http:")


def test_a_client_with_another_configuration_is_another_client(clients):
    config = Config(connect_timeout=1)
    assert clients.client("sts", {"config": config}) is clients.client("sts", {"config": config})
    made = {id(clients.client("sts", {"config": Config(connect_timeout=number)})) for number in range(1, 4)}
    assert len(made) == 3


def test_a_client_with_options_that_cannot_be_compared_is_not_kept(clients):
    class OurConfig(Config):
        def __eq__(self, other):
            return isinstance(other, OurConfig)

    options = {"config": OurConfig(user_agent_appid="ours")}
    client = clients.client("sts", options)
    assert client.meta.config.user_agent_appid == "ours"
    assert clients.client("sts", options) is not client
    gone = weakref.ref(client)
    del client
    gc.collect()
    assert gone() is None


def test_options_that_boto3_does_not_take_are_its_own_to_refuse(clients):
    with pytest.raises(TypeError, match="no_such_option"):
        clients.client("sts", {"no_such_option": {}})


def test_a_cell_that_is_run_again_and_again_leaves_no_more_than_some_clients(clients):
    first = weakref.ref(clients.client("sts", {"config": Config()}))
    always = clients.client("sts", {})
    for _ in range(40):
        clients.client("sts", {"config": Config()})
        assert clients.client("sts", {}) is always
    gc.collect()
    assert first() is None


def test_nobody_else_waits_while_a_client_is_made(session, in_threads, monkeypatch):
    begun, go_on = threading.Event(), threading.Event()
    make = nbauth.aws.boto3_session

    def slowly(*source_and_region):
        begun.set()
        assert go_on.wait(IN_TIME)
        return make(*source_and_region)

    monkeypatch.setattr(nbauth.aws, "boto3_session", slowly)
    (making,) = in_threads(lambda: session.client("sts"))
    try:
        assert begun.wait(IN_TIME)
        (looking,) = in_threads(lambda: (session.state, session.prompt, session.guest()))
        looking.result(IN_TIME)
    finally:
        go_on.set()
    assert making.result(IN_TIME) is session.client("sts")
