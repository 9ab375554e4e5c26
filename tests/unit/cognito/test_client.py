import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import EndpointConnectionError

from nbauth.cognito.client import Clients, call
from nbauth.cognito.clock import ServerClock
from nbauth.core.config import AuthConfig
from nbauth.core.secret import Secret
from nbauth.errors import AuthError, ConfigError, NotAuthorized, Rejected, ServiceUnavailable
from nbauth.testing import FakeClock

SENTINEL = "sentinel-7f3a"


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbauth.cognito.client._LONGEST_PAUSE", 0)


def everything_in(error: BaseException) -> Iterator[str]:
    """All that a crash reporter would find: arguments, attributes, causes, and the locals of every frame."""
    seen: list[BaseException] = []
    chain = [error]
    while chain:
        link = chain.pop()
        if link in seen:
            continue
        seen.append(link)
        yield repr(link.args) + repr(vars(link)) + str(link)
        trace = link.__traceback__
        while trace:
            # The frame of the test itself holds the sentinel by right.
            if trace.tb_frame.f_code.co_filename != __file__:
                yield repr(trace.tb_frame.f_locals)
            trace = trace.tb_next
        chain += [other for other in (link.__cause__, link.__context__) if other]


def test_a_client_is_made_once_however_many_threads_ask(config: AuthConfig) -> None:
    clients, made = Clients(config), []
    threads = [threading.Thread(target=lambda: made.append(clients.user_pools)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len({id(client) for client in made}) == 1


def test_warming_makes_the_clients_in_the_background(config: AuthConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    made = threading.Semaphore(0)
    create = botocore.session.Session.create_client

    def counted(*args: Any, **kwargs: Any) -> Any:
        assert threading.current_thread() is not threading.main_thread()
        made.release()
        return create(*args, **kwargs)

    monkeypatch.setattr(botocore.session.Session, "create_client", counted)
    clients = Clients(config)
    clients.warm()
    assert made.acquire(timeout=30)
    assert made.acquire(timeout=30)
    clients.identity_pools  # noqa: B018 - does not make another one, here in the main thread


def test_settings_that_botocore_cannot_use_are_said_at_first_use_and_not_while_warming(
    config: AuthConfig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    unreadable = tmp_path / "config"
    unreadable.write_text("no section")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(unreadable))
    clients = Clients(config)
    clients.warm()
    with pytest.raises(ConfigError, match="No connection to Cognito can be set up"):
        clients.user_pools  # noqa: B018


def test_a_profile_that_does_not_exist_is_nothing_to_cognito(
    config: AuthConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    assert Clients(config).user_pools.meta.region_name == "eu-west-1"


def test_no_credentials_are_looked_for(config: AuthConfig, monkeypatch: pytest.MonkeyPatch, clients: Clients) -> None:
    def look(*_: Any) -> None:
        raise AssertionError("credentials were looked for")

    monkeypatch.setattr("botocore.credentials.CredentialResolver.load_credentials", look)
    clients = Clients(config)
    assert clients.user_pools.meta.config.signature_version is botocore.UNSIGNED
    assert clients.identity_pools.meta.config.signature_version is botocore.UNSIGNED


def test_each_pool_is_asked_in_its_own_region() -> None:
    clients = Clients(
        AuthConfig(
            region="us-west-2",
            user_pool_id="eu-west-1_Example01",
            client_id="exampleclient",
            identity_pool_id="eu-north-1:00000000-0000-4000-8000-00000000000a",
        )
    )
    assert clients.user_pools.meta.region_name == "eu-west-1"
    assert clients.identity_pools.meta.region_name == "eu-north-1"


def test_the_keys_are_below_the_endpoint_however_it_is_written() -> None:
    for endpoint in ("http://127.0.0.1:9", "http://127.0.0.1:9/"):
        config = AuthConfig(user_pool_id="eu-west-1_Example01", client_id="exampleclient", endpoint_url=endpoint)
        assert Clients(config).keys_url == "http://127.0.0.1:9/eu-west-1_Example01/.well-known/jwks.json"


def test_patience_is_bounded(clients: Clients) -> None:
    config = clients.user_pools.meta.config
    assert (config.connect_timeout, config.read_timeout, config.retries["total_max_attempts"]) == (3, 10, 1)


def test_secrets_are_revealed_on_the_wire_and_sealed_in_the_answer(wire: Any, clients: Clients) -> None:
    wire.answers({"Session": "the session", "ChallengeName": "SMS_MFA", "ChallengeParameters": {"USERNAME": "ada"}})
    answer = call(
        clients.user_pools.initiate_auth, ClientId="x", AuthParameters={"PASSWORD": Secret("p")}, Session=None
    )
    assert wire.sent == [("InitiateAuth", {"ClientId": "x", "AuthParameters": {"PASSWORD": "p"}})]
    assert answer["Session"] == Secret("the session")
    assert answer["ChallengeParameters"] == {"USERNAME": "ada"}


def test_secrets_in_a_list_are_revealed_on_the_wire_and_masked_in_a_refusal(wire: Any, clients: Clients) -> None:
    attributes = [{"Name": "custom:pin", "Value": Secret(SENTINEL)}]
    wire.refuses("InvalidParameterException", f"'{SENTINEL}' will not do")
    with pytest.raises(AuthError, match="will not do") as caught:
        call(clients.user_pools.sign_up, UserAttributes=attributes)
    assert wire.sent == [("SignUp", {"UserAttributes": [{"Name": "custom:pin", "Value": SENTINEL}]})]
    assert SENTINEL not in str(caught.value)


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("identity_pools", "get_id"),
        ("identity_pools", "get_credentials_for_identity"),
        ("user_pools", "get_user"),
    ],
)
def test_a_read_that_the_service_cannot_serve_is_tried_three_times(
    service: str, operation: str, wire: Any, clients: Clients
) -> None:
    for _ in range(3):
        wire.refuses("TooManyRequestsException")
    with pytest.raises(ServiceUnavailable):
        call(getattr(getattr(clients, service), operation))
    assert len(wire.sent) == 3


def test_a_read_that_succeeds_at_the_second_try_succeeds(wire: Any, clients: Clients) -> None:
    wire.breaks(EndpointConnectionError(endpoint_url="http://x"))
    wire.answers({"IdentityId": "eu-west-1:1"})
    assert call(clients.identity_pools.get_id)["IdentityId"] == "eu-west-1:1"


def test_a_refused_read_is_not_repeated(wire: Any, clients: Clients) -> None:
    wire.refuses("NotAuthorizedException", "no")
    with pytest.raises(NotAuthorized):
        call(clients.identity_pools.get_id)
    assert len(wire.sent) == 1


@pytest.mark.parametrize(
    "operation",
    [
        "initiate_auth",
        "respond_to_auth_challenge",
        "get_tokens_from_refresh_token",
        "revoke_token",
        "global_sign_out",
        "sign_up",
        "forgot_password",
    ],
)
@pytest.mark.parametrize(("code", "status"), [("InternalErrorException", 500), ("TooManyRequestsException", 400)])
def test_whatever_changes_something_is_sent_once(
    operation: str, code: str, status: int, wire: Any, clients: Clients
) -> None:
    wire.refuses(code, status=status)
    with pytest.raises(ServiceUnavailable):
        call(getattr(clients.user_pools, operation))
    assert len(wire.sent) == 1


@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        ({"Username": b"ada"}, "Username is of the type bytes"),
        ({"ClientMetadata": {"tags": {"a"}}}, "ClientMetadata.tags is of the type set"),
        ({"UserAttributes": [{"Name": "age", "Value": object()}]}, "UserAttributes.Value is of the type object"),
        ({"Password": Secret.of(b"4711")}, "A password, code or token is text, and this is of the type bytes"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_sent_is_the_callers_mistake_and_no_outage(
    params: dict[str, Any], complaint: str, wire: Any, clients: Clients
) -> None:
    with pytest.raises(Rejected, match=complaint) as caught:
        call(clients.user_pools.sign_up, **params)
    assert wire.sent == []
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert "4711" not in "".join(everything_in(caught.value))


def test_an_error_names_the_host_that_did_not_answer(wire: Any, clients: Clients) -> None:
    wire.breaks(EndpointConnectionError(endpoint_url="http://x"))
    with pytest.raises(ServiceUnavailable, match=r"cognito-idp\.eu-west-1\.amazonaws\.com could not be reached"):
        call(clients.user_pools.initiate_auth)


@pytest.mark.parametrize("trouble", ["refused", "echoed", "offline", "unreadable"])
def test_an_error_holds_no_secret_anywhere(trouble: str, wire: Any, clients: Clients) -> None:
    match trouble:
        case "refused":
            wire.refuses("NotAuthorizedException", "Incorrect username or password.")
        case "echoed":
            wire.refuses("InvalidParameterException", f"'{SENTINEL}' will not do")
        case "offline":
            wire.breaks(EndpointConnectionError(endpoint_url="http://x"))
        case "unreadable":
            wire.answers([SENTINEL])

    def caller() -> None:
        password, session = Secret(SENTINEL), Secret(SENTINEL)
        call(clients.user_pools.respond_to_auth_challenge, Session=session, ChallengeResponses={"PASSWORD": password})

    with pytest.raises(AuthError) as caught:
        caller()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    found = "".join(everything_in(caught.value))
    assert "respond_to_auth_challenge" in found
    assert SENTINEL not in found


def test_a_request_and_its_answer_are_not_logged_at_any_level(
    wire: Any, clients: Clients, caplog: pytest.LogCaptureFixture
) -> None:
    wire.answers({"Session": SENTINEL, "AuthenticationResult": {"AccessToken": SENTINEL}})
    with caplog.at_level(logging.DEBUG):
        call(clients.user_pools.initiate_auth, AuthParameters={"PASSWORD": Secret(SENTINEL)})
        logging.getLogger("botocore.endpoint").debug("somebody else's request")
    assert SENTINEL not in caplog.text
    assert "somebody else's request" in caplog.text


REQUEST_ID = {"x-amzn-RequestId": "1"}


@pytest.mark.parametrize("body", [b"{}", b"  {}\n"])
def test_an_answer_may_have_nothing_to_say(body: bytes, wire: Any, clients: Clients) -> None:
    wire.answers(body)
    assert "ResponseMetadata" in call(clients.user_pools.revoke_token)


def test_an_empty_answer_is_cognitos_where_its_headers_say_so(wire: Any, clients: Clients) -> None:
    wire.answers(b"", **REQUEST_ID)
    assert "ResponseMetadata" in call(clients.user_pools.revoke_token)


@pytest.mark.parametrize("operation", ["revoke_token", "global_sign_out"])
@pytest.mark.parametrize("body", [b"", b"{", b"<html>please pay</html>", b"[]", b"null", b"\xff"])
def test_what_only_looks_like_a_success_is_none(operation: str, body: bytes, wire: Any, clients: Clients) -> None:
    wire.answers(body)
    with pytest.raises(ServiceUnavailable, match="not one of Cognito's") as caught:
        call(getattr(clients.user_pools, operation))
    assert (caught.value.reason, caught.value.__context__) == ("unavailable", None)


DAY = timedelta(days=1)


@pytest.fixture
def learning(wire: Any, wired: Callable[..., Clients], config: AuthConfig) -> ServerClock:
    """The clock of clients whose wire is a day ahead."""
    clock = ServerClock(FakeClock(), steady=lambda: 0.0)
    wire.clients = wired(config, clock)
    wire.date = format_datetime(clock.now() + DAY, usegmt=True)
    return clock


def test_the_time_is_learnt_from_an_answer(wire: Any, learning: ServerClock) -> None:
    wire.answers({"IdentityId": "x"}, Date=wire.date, **REQUEST_ID)
    call(wire.clients.identity_pools.get_id)
    assert abs(learning.offset - DAY) < timedelta(minutes=1)


def test_the_time_is_learnt_from_a_refusal(wire: Any, learning: ServerClock) -> None:
    wire.answers({"__type": "NotAuthorizedException"}, status=400, Date=wire.date, **REQUEST_ID)
    with pytest.raises(NotAuthorized):
        call(wire.clients.user_pools.initiate_auth)
    assert abs(learning.offset - DAY) < timedelta(minutes=1)


@pytest.mark.parametrize("status", [200, 503])
@pytest.mark.parametrize(
    ("body", "headers"), [(b"<html>", REQUEST_ID), (b"{}", {}), (b"", {})], ids=["page", "stranger", "nothing"]
)
def test_nobody_else_is_asked_for_the_time(
    status: int, body: bytes, headers: dict[str, str], wire: Any, learning: ServerClock
) -> None:
    wire.answers(body, status=status, Date=wire.date, **headers)
    with suppress(ServiceUnavailable):
        call(wire.clients.user_pools.revoke_token)
    assert learning.offset == timedelta()
