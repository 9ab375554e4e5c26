"""The role in the bar: asked for once for each set of credentials, and only where there are any."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from nbauth.aws import role as aws_role
from nbauth.errors import ServiceUnavailable
from nbauth.widgets.role import Role

MOMENT = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


class Session:
    """A session with credentials."""

    def __init__(self, identity_id="eu-west-1:1"):
        self.identity_id = identity_id
        self.credentials_expire_at = MOMENT
        self.config = SimpleNamespace(region="eu-west-1")
        self.fails = False

    def renew(self):
        self.credentials_expire_at += timedelta(hours=1)

    def get_credentials(self, *, wait):
        assert wait is False
        if self.fails:
            raise ServiceUnavailable("no answer", reason="offline")
        return SimpleNamespace(identity_id=self.identity_id, expires_at=self.credentials_expire_at)


class Aws:
    """What AWS says of credentials, and whose it was asked about."""

    def __init__(self):
        self.role = "Analyst"
        self.asked = []

    def name_of_role(self, credentials, region):
        self.asked.append(credentials.identity_id)
        return self.role


@pytest.fixture
def aws(monkeypatch):
    aws = Aws()
    monkeypatch.setattr(aws_role, "name_of_role", aws.name_of_role)
    return aws


@pytest.fixture
def begun(monkeypatch):
    """What was begun in the background, to be run when the test says so."""
    begun = []
    monkeypatch.setattr("nbauth.widgets.role.begin", begun.append)
    return begun


def run(begun):
    while begun:
        begun.pop(0)()


def test_a_role_is_found_once_for_a_set_of_credentials(aws, begun):
    found = []
    role, session = Role(lambda: found.append(role.name(session))), Session()
    assert role.name(session) == ""
    role.find(session)
    run(begun)
    assert found == ["Analyst"]
    role.find(session)
    assert (begun, aws.asked) == ([], ["eu-west-1:1"])


def test_credentials_of_another_identity_are_of_no_known_role(aws, begun):
    role, session, other = Role(lambda: None), Session(), Session("eu-west-1:2")
    role.find(session)
    run(begun)
    assert role.name(other) == ""
    role.find(other)
    run(begun)
    assert (role.name(session), role.name(other)) == ("Analyst", "Analyst")


def test_a_menu_opened_twice_before_there_is_an_answer_asks_once(aws, begun):
    role, session = Role(lambda: None), Session()
    role.find(session)
    role.find(session)
    run(begun)
    assert aws.asked == ["eu-west-1:1"]


def test_the_role_of_renewed_credentials_is_unknown_until_it_is_asked_for(aws, begun):
    role, session = Role(lambda: None), Session()
    role.find(session)
    run(begun)
    session.renew()
    assert (role.name(session), len(aws.asked)) == ("", 1)
    aws.role = "Admin"
    role.find(session)
    run(begun)
    assert role.name(session) == "Admin"


def test_credentials_of_no_role_are_asked_about_once_too(aws, begun):
    aws.role = ""
    role, session = Role(lambda: None), Session()
    role.find(session)
    run(begun)
    role.find(session)
    assert (begun, role.name(session)) == ([], "")


@pytest.mark.parametrize("missing", ["credentials_expire_at", "identity_id"])
def test_nobody_is_asked_where_there_are_no_credentials(aws, begun, missing):
    role, session = Role(lambda: None), Session()
    setattr(session, missing, None)
    role.find(session)
    assert (begun, role.name(session)) == ([], "")


def test_who_cannot_be_asked_is_asked_again_the_next_time(aws, begun):
    role, session = Role(lambda: None), Session()
    session.fails = True
    role.find(session)
    run(begun)
    assert role.name(session) == ""
    session.fails = False
    role.find(session)
    run(begun)
    assert role.name(session) == "Analyst"
