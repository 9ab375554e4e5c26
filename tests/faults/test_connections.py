"""Connections are open before somebody signs in, and what goes wrong with that is nobody's concern."""

import logging
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3.util.connection

from nbauth import AuthSession, UserState
from nbauth.testing import StandIn


def warmed(auth: AuthSession, *, connect: bool) -> None:
    """Warm a session up, and wait until that is done."""
    auth.warm(connect=connect)
    while warming := [thread for thread in threading.enumerate() if thread.name.startswith("nbauth-warm")]:
        warming[0].join()


@pytest.fixture
def opened(cognito: StandIn, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The connections that are opened to this stand-in, by address; sessions of other tests may still be about."""
    addresses: list[Any] = []
    port = urlsplit(cognito.endpoint_url).port
    open_one = urllib3.util.connection.create_connection

    def noted(address: Any, *args: Any, **options: Any) -> Any:
        if address[1] == port:
            addresses.append(address)
        return open_one(address, *args, **options)

    monkeypatch.setattr(urllib3.util.connection, "create_connection", noted)
    return addresses


def test_a_sign_in_uses_the_connections_that_were_opened_ahead(
    kernel: Callable[..., Any], cognito: StandIn, opened: list[Any]
) -> None:
    one = kernel(auth_flow="USER_SRP_AUTH")
    warmed(one.auth, connect=True)
    assert len(opened) == 2
    one.sign_in()
    one.auth.get_credentials()
    assert len(opened) == 2
    assert [call.operation for call in cognito.calls] == [
        "InitiateAuth",
        "RespondToAuthChallenge",
        "GetId",
        "GetCredentialsForIdentity",
    ]


def test_loading_opens_no_connection(kernel: Callable[..., Any], opened: list[Any]) -> None:
    warmed(kernel().auth, connect=False)
    assert opened == []


def test_a_pool_that_is_not_configured_is_not_connected_to(cognito: StandIn, opened: list[Any]) -> None:
    warmed(AuthSession(cognito.config | {"identity_pool_id": None}, store="memory"), connect=True)
    assert len(opened) == 1


def test_connecting_ahead_while_offline_says_nothing_and_changes_nothing(
    kernel: Callable[..., Any], cognito: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    one = kernel()
    cognito.stop()
    with caplog.at_level(logging.INFO):
        warmed(one.auth, connect=True)
    assert caplog.records == []
    assert (one.auth.state, one.auth.online, one.auth.error) == (UserState.SIGNED_OUT, True, None)
    cognito.start()
    assert one.sign_in().done


def test_connecting_ahead_is_left_out_where_botocore_has_no_way_to(
    kernel: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, opened: list[Any]
) -> None:
    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", property(lambda self: 1 / 0))
    warmed(kernel().auth, connect=True)
    assert opened == []
