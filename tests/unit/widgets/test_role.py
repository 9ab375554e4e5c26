"""The role in the bar: asked for once for each identity, and only where there is one."""

import threading
from types import SimpleNamespace

import pytest

from nbauth.aws import role as aws_role
from nbauth.errors import ServiceUnavailable
from nbauth.widgets.role import Role


class Session:
    """A session with credentials, and who has asked for them."""

    def __init__(self, identity_id="eu-west-1:1"):
        self.identity_id = identity_id
        self.credentials_expire_at = "later"
        self.config = SimpleNamespace(region="eu-west-1")
        self.fails = False

    def get_credentials(self, *, wait):
        assert wait is False
        if self.fails:
            raise ServiceUnavailable("no answer", reason="offline")
        return SimpleNamespace(identity_id=self.identity_id)


@pytest.fixture
def asked(monkeypatch):
    """The identities that AWS was asked about."""
    asked = []
    monkeypatch.setattr(aws_role, "name_of_role", lambda credentials, region: asked.append(credentials) or "Analyst")
    return asked


@pytest.fixture
def found():
    return threading.Event()


def test_a_role_is_found_once_for_an_identity(asked, found):
    role, session = Role(found.set), Session()
    assert role.name(session) == ""
    role.find(session)
    assert found.wait(5)
    assert role.name(session) == "Analyst"
    role.find(session)
    assert len(asked) == 1
    assert role.name(Session("eu-west-1:2")) == ""


def test_nobody_is_asked_where_there_are_no_credentials(asked, found):
    role, session = Role(found.set), Session()
    session.credentials_expire_at = None
    role.find(session)
    session.credentials_expire_at, session.identity_id = "later", None
    role.find(session)
    assert (asked, role.name(session)) == ([], "")


def test_who_cannot_be_asked_is_asked_again_the_next_time(asked, found):
    role, session = Role(found.set), Session()
    session.fails = True
    role.find(session)
    session.fails = False
    role.find(session)
    assert found.wait(5)
    assert role.name(session) == "Analyst"
