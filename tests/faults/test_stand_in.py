"""The faults of the stand-in are what they say, seen from a socket."""

import http.client
import json
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from nbauth.testing import Fault, StandIn

TARGET = "AWSCognitoIdentityService.GetId"


class Wire:
    """One connection, kept open."""

    def __init__(self, cognito: StandIn, timeout: float = 20) -> None:
        self._cognito = cognito
        self.connection = http.client.HTTPConnection(urlsplit(cognito.endpoint_url).netloc, timeout=timeout)

    def ask(self) -> http.client.HTTPResponse:
        body = json.dumps({"IdentityPoolId": self._cognito.identities.pool_id})
        headers = {"X-Amz-Target": TARGET, "Content-Type": "application/x-amz-json-1.1"}
        self.connection.request("POST", "/", body, headers)
        return self.connection.getresponse()

    def get(self, path: str) -> http.client.HTTPResponse:
        self.connection.request("GET", path)
        return self.connection.getresponse()


@pytest.fixture
def wire(cognito: StandIn) -> Iterator[Wire]:
    open_wire = Wire(cognito)
    yield open_wire
    open_wire.connection.close()


def body_of(answer: http.client.HTTPResponse) -> Any:
    return json.loads(answer.read())


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (Fault.INTERNAL_ERROR, 500, "InternalErrorException"),
        (Fault.THROTTLED, 400, "TooManyRequestsException"),
    ],
)
def test_a_refusal_comes_as_cognitos(fault: Fault, status: int, code: str, cognito: StandIn, wire: Wire) -> None:
    cognito.faults.add(fault)
    answer = wire.ask()
    assert answer.status == status
    assert body_of(answer)["__type"] == code
    assert answer.headers["x-amzn-ErrorType"] == f"{code}:"
    assert cognito.identities.identities == {}


@pytest.mark.parametrize(("fault", "status"), [(Fault.UNAVAILABLE, 503), (Fault.PORTAL, 200)])
def test_a_page_comes_instead(fault: Fault, status: int, cognito: StandIn, wire: Wire) -> None:
    cognito.faults.add(fault)
    answer = wire.ask()
    assert (answer.status, answer.headers["Content-Type"]) == (status, "text/html")
    assert answer.read().startswith(b"<html>")
    assert cognito.identities.identities == {}


def test_a_hotel_may_say_nothing_and_knows_no_time(cognito: StandIn, wire: Wire) -> None:
    cognito.faults.add(Fault.EMPTY)
    answer = wire.ask()
    assert (answer.status, answer.read()) == (200, b"")
    assert "x-amzn-RequestId" not in answer.headers
    assert cognito.clock.now() - parsedate_to_datetime(answer.headers["Date"]) > timedelta(days=364)
    assert cognito.identities.identities == {}


def test_a_reset_is_a_reset(cognito: StandIn, wire: Wire) -> None:
    cognito.faults.add(Fault.RESET)
    with pytest.raises(ConnectionResetError) as caught:
        wire.ask()
    assert not isinstance(caught.value, http.client.RemoteDisconnected)
    assert cognito.identities.identities == {}


def test_what_is_dropped_has_been_done(cognito: StandIn, wire: Wire) -> None:
    cognito.faults.add(Fault.DROPPED)
    with pytest.raises(http.client.RemoteDisconnected):
        wire.ask()
    assert len(cognito.identities.identities) == 1


def test_what_is_cut_off_has_been_done(cognito: StandIn, wire: Wire) -> None:
    cognito.faults.add(Fault.CUT_OFF)
    with pytest.raises(http.client.IncompleteRead):
        wire.ask().read()
    assert len(cognito.identities.identities) == 1


def test_what_is_truncated_looks_complete(cognito: StandIn, wire: Wire) -> None:
    cognito.faults.add(Fault.TRUNCATED)
    answer = wire.ask()
    text = answer.read()
    assert (answer.status, len(text)) == (200, int(answer.headers["Content-Length"]))
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(text)
    assert len(cognito.identities.identities) == 1


def test_what_hangs_does_so_until_the_faults_are_cleared(cognito: StandIn, wire: Wire) -> None:
    cognito.faults.add(Fault.HANG)
    impatient = Wire(cognito, timeout=0.2)
    with pytest.raises(TimeoutError):
        impatient.ask()
    impatient.connection.close()
    cognito.calls.wait_for("GetId")
    cognito.faults.clear()
    assert wire.ask().status == 200
    assert len(cognito.identities.identities) == 1


def test_a_request_fails_as_it_was_to_fail_when_it_came(
    cognito: StandIn, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = cognito.calls.add

    def note_and_clear(*call: Any) -> None:
        note(*call)
        cognito.faults.clear()

    monkeypatch.setattr(cognito.calls, "add", note_and_clear)
    cognito.faults.add(Fault.HANG)
    with pytest.raises(http.client.RemoteDisconnected):
        wire.ask()
    assert cognito.identities.identities == {}


def test_what_is_slow_is_well(cognito: StandIn, wire: Wire) -> None:
    cognito.faults.add(Fault.SLOW)
    assert body_of(wire.ask())["IdentityId"]


@pytest.mark.parametrize(("fault", "minutes"), [(Fault.DATE_AHEAD, 20), (Fault.DATE_BEHIND, -20)])
def test_the_date_may_be_odd(fault: Fault, minutes: int, cognito: StandIn, wire: Wire) -> None:
    cognito.faults.add(fault)
    answer = wire.ask()
    off_by = parsedate_to_datetime(answer.headers["Date"]) - cognito.clock.now()
    assert abs(off_by - timedelta(minutes=minutes)) < timedelta(minutes=1)
    assert body_of(answer)["IdentityId"]


def test_the_date_is_the_stand_ins(cognito: StandIn, wire: Wire) -> None:
    cognito.clock.advance(timedelta(days=400))
    off_by = parsedate_to_datetime(wire.ask().headers["Date"]) - cognito.clock.now()
    assert abs(off_by) < timedelta(minutes=1)


def test_any_refusal_can_be_had(cognito: StandIn, wire: Wire) -> None:
    cognito.faults.refuse("LimitExceededException", "Attempt limit exceeded", on="GetId", times=1)
    answer = wire.ask()
    assert (answer.status, body_of(answer)["__type"]) == (400, "LimitExceededException")
    assert body_of(wire.ask())["IdentityId"]


def test_a_stopped_stand_in_is_gone_and_comes_back_as_it_was(cognito: StandIn, wire: Wire) -> None:
    address = cognito.endpoint_url
    assert body_of(wire.ask())["IdentityId"]
    cognito.stop()
    with pytest.raises(ConnectionError):
        wire.ask()
    late = Wire(cognito)
    with pytest.raises(ConnectionRefusedError):
        late.ask()
    late.connection.close()
    cognito.start()
    assert cognito.endpoint_url == address
    assert late.ask().read()
    late.connection.close()
    assert len(cognito.identities.identities) == 2
    assert len(cognito.calls) == 2


def test_to_start_and_to_stop_twice_is_fine(cognito: StandIn, wire: Wire) -> None:
    cognito.start()
    assert wire.ask().status == 200
    cognito.stop()
    cognito.stop()


@pytest.mark.parametrize("quoted", ["дом нет", "one\r\ntwo", "🏠", 'a "quote"'])
def test_a_refusal_may_quote_any_text(quoted: str, cognito: StandIn, wire: Wire) -> None:
    cognito.faults.refuse("InvalidParameterException", quoted, times=1)
    answer = wire.ask()
    assert answer.status == 400
    assert body_of(answer)["message"] == quoted
    assert json.loads(f'"{answer.headers["x-amzn-ErrorMessage"]}"') == quoted
    assert wire.ask().status == 200


def test_half_a_character_is_no_request(cognito: StandIn, wire: Wire) -> None:
    wire.connection.request("POST", "/", rb'{"IdentityPoolId": "\ud800"}', {"X-Amz-Target": TARGET})
    assert body_of(wire.connection.getresponse())["__type"] == "SerializationException"


def test_a_body_that_is_no_request_is_refused(cognito: StandIn, wire: Wire) -> None:
    wire.connection.request("POST", "/", b"[1", {"X-Amz-Target": TARGET})
    answer = wire.connection.getresponse()
    assert (answer.status, body_of(answer)["__type"]) == (400, "SerializationException")


def test_the_keys_are_where_the_pool_is(cognito: StandIn, wire: Wire) -> None:
    answer = wire.get(f"/{cognito.user_pool_id}/.well-known/jwks.json")
    assert [key["alg"] for key in body_of(answer)["keys"]] == ["RS256", "RS256"]
    nowhere = wire.get("/eu-west-1_Nowhere01/.well-known/jwks.json")
    assert nowhere.status == 404
    nowhere.read()
