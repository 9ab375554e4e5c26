import gc
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError, UnknownServiceError

from nbauth.aws import boto3_session, botocore_session
from nbauth.aws import session as aws_session
from nbauth.aws.session import SourceCredentials
from nbauth.core.credentials import AwsCredentials
from nbauth.errors import AuthError, ConfigError, SignInRequired
from nbauth.testing import credentials

REGION = "eu-west-1"


class Source:
    """Gives what it was given, and counts."""

    def __init__(self, given: AwsCredentials | AuthError) -> None:
        self.given = given
        self.asked = 0

    def get_credentials(self) -> AwsCredentials:
        self.asked += 1
        if isinstance(self.given, AuthError):
            raise self.given
        return self.given


@pytest.fixture(autouse=True)
def keys_that_must_not_be_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = tmp_path / "credentials"
    home.write_text("[default]\naws_access_key_id = FROM_HOME\naws_secret_access_key = x\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(home))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "FROM_ENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")


@pytest.fixture
def signed_by() -> Callable[[Any], str]:
    """Sends a request of a client nowhere, and returns which key signed it."""

    def send(client: Any) -> str:
        sent: list[str] = []

        def intercept(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
            header = request.headers["Authorization"]
            sent.append(header.decode() if isinstance(header, bytes) else header)
            return AWSResponse(request.url, 200, HTTPHeaders(), _Empty())

        client.meta.events.register("before-send", intercept)
        client.list_buckets()
        client.meta.events.unregister("before-send", intercept)
        return sent[0].partition("Credential=")[2].partition("/")[0]

    return send


class _Empty:
    def stream(self, **_: Any) -> list[bytes]:
        return [b"<ListAllMyBucketsResult/>"]


def key(number: int) -> str:
    return credentials(number=number).access_key_id


def test_making_sessions_clients_and_resources_asks_for_nothing() -> None:
    source = Source(SignInRequired("nobody is signed in"))
    session = boto3_session(source, REGION)
    session.client("s3")
    session.client("dynamodb")
    session.resource("s3")
    assert source.asked == 0


def test_a_request_is_signed_with_what_the_source_gives(signed_by: Callable[[Any], str]) -> None:
    assert signed_by(boto3_session(Source(credentials(number=1)), REGION).client("s3")) == key(1)


def test_a_client_made_long_ago_follows_the_source(signed_by: Callable[[Any], str]) -> None:
    source = Source(credentials(number=1))
    client = boto3_session(source, REGION).client("s3")
    assert signed_by(client) == key(1)
    source.given = credentials(number=2)
    assert signed_by(client) == key(2)


def test_the_error_of_the_source_comes_out_as_it_is() -> None:
    refusal = SignInRequired("nobody is signed in")
    session = boto3_session(Source(refusal), REGION)
    for use in (
        session.client("s3").list_buckets,
        lambda: list(session.resource("s3").buckets.all()),
        lambda: session.client("s3").generate_presigned_url("get_object", {"Bucket": "b", "Key": "k"}),
        lambda: session.get_credentials().access_key,
    ):
        with pytest.raises(SignInRequired) as caught:
            use()
        assert caught.value is refusal


def test_after_a_sign_out_nobody_elses_key_is_used(signed_by: Callable[[Any], str]) -> None:
    source = Source(credentials())
    client = boto3_session(source, REGION).client("s3")
    signed_by(client)
    source.given = SignInRequired("nobody is signed in")
    with pytest.raises(SignInRequired):
        client.list_buckets()


def test_a_presigned_url_bears_the_current_key_and_session_token() -> None:
    session = boto3_session(Source(credentials(number=7)), REGION)
    url = session.client("s3").generate_presigned_url("get_object", {"Bucket": "b", "Key": "k"})
    assert key(7) in url
    assert "session-token-7" in url


def test_the_default_session_of_boto3_can_be_ours(
    signed_by: Callable[[Any], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    ours = botocore_session(Source(credentials(number=3)))
    boto3.setup_default_session(botocore_session=ours, region_name=REGION)
    assert signed_by(boto3.client("s3")) == key(3)


def test_the_provider_says_where_credentials_come_from() -> None:
    taken = boto3_session(Source(credentials()), REGION).get_credentials()
    assert taken.method == "nbauth"


def test_credentials_show_no_key() -> None:
    ours = SourceCredentials(Source(credentials(number=9)))
    ours.get_frozen_credentials()
    assert ours.access_key
    assert "9" not in repr(ours)


def test_frozen_credentials_are_three_parts_of_one_whole() -> None:
    frozen = SourceCredentials(Source(credentials(number=4))).get_frozen_credentials()
    assert (frozen.access_key, frozen.secret_key, frozen.token) == (key(4), "secret-access-key-4", "session-token-4")


def test_a_refresh_between_two_reads_does_not_mix_two_triples() -> None:
    source = Source(credentials(number=1))
    ours = SourceCredentials(source)
    access_key = ours.access_key
    source.given = credentials(number=2)
    assert (access_key, ours.secret_key, ours.token) == (key(1), "secret-access-key-1", "session-token-1")
    assert (ours.access_key, ours.secret_key, ours.token) == (key(2), "secret-access-key-2", "session-token-2")


def test_threads_never_see_a_torn_triple() -> None:
    class Turning:
        number = 0

        def get_credentials(self) -> AwsCredentials:
            self.number += 1
            return credentials(number=self.number)

    ours, torn = SourceCredentials(Turning()), []

    def read() -> None:
        for _ in range(200):
            frozen = ours.get_frozen_credentials()
            for parts in (frozen[:3], (ours.access_key, ours.secret_key, ours.token)):
                if len({int(part[-4:].rpartition("-")[2]) for part in parts if part}) != 1:
                    torn.append(parts)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert torn == []


def test_a_secret_read_first_is_a_current_one() -> None:
    assert SourceCredentials(Source(credentials(number=5))).secret_key == "secret-access-key-5"


def test_the_same_credentials_are_frozen_once() -> None:
    ours = SourceCredentials(Source(credentials()))
    assert ours.get_frozen_credentials() is ours.get_frozen_credentials()


def test_expired_credentials_are_for_the_source_to_judge(signed_by: Callable[[Any], str]) -> None:
    old = credentials(lifetime=timedelta(seconds=-1), number=6)
    assert signed_by(boto3_session(Source(old), REGION).client("s3")) == key(6)


def test_sessions_share_what_botocore_has_read() -> None:
    loaders = [boto3_session(Source(credentials()), REGION)._session.get_component("data_loader") for _ in range(3)]
    assert loaders[0] is loaders[1] is loaders[2]
    assert len(loaders[0].search_paths) == len(set(loaders[0].search_paths))


def test_a_session_that_is_dropped_lets_go_of_its_source() -> None:
    class Tracked(Source):
        pass

    boto3_session(Tracked(credentials()), REGION).client("s3")
    gc.collect()
    assert not [left for left in gc.get_objects() if type(left) is Tracked]


def everything_in(error: BaseException | None) -> str:
    """The texts and the locals of all frames outside this file, of an error and of what led to it."""
    seen, text = set(), ""
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        text += f"{error!r}{error.args!r}"
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename != __file__:
                text += f"{trace.tb_frame.f_code.co_name} {trace.tb_frame.f_locals!r}"
            trace = trace.tb_next
        error = error.__cause__ or error.__context__
    return text


def offline(request: AWSPreparedRequest, **_: Any) -> None:
    raise EndpointConnectionError(endpoint_url=request.url)


def stopped(request: AWSPreparedRequest, **_: Any) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(("trouble", "kind"), [(offline, EndpointConnectionError), (stopped, KeyboardInterrupt)])
def test_no_error_of_a_client_holds_a_key(trouble, kind) -> None:
    session = boto3_session(Source(credentials(number=7)), REGION)
    client = session.client("s3", config=Config(retries={"max_attempts": 0}))
    client.meta.events.register("before-send", trouble)
    with pytest.raises(kind) as caught:
        client.list_buckets()
    told = everything_in(caught.value)
    assert "_api_call" in told
    given = credentials(number=7)
    for key_or_token in (given.access_key_id, given.secret_access_key.reveal(), given.session_token.reveal()):
        assert key_or_token not in told
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_an_error_of_a_client_keeps_what_the_caller_was_in_the_middle_of() -> None:
    client = boto3_session(Source(SignInRequired("nobody")), REGION).client("s3")
    try:
        raise KeyError("the caller's own")
    except KeyError:
        with pytest.raises(SignInRequired) as caught:
            client.list_buckets()
    assert isinstance(caught.value.__context__, KeyError)
    assert not caught.value.__suppress_context__


def test_an_error_of_the_service_keeps_all_that_it_says() -> None:
    client = boto3_session(Source(credentials(number=7)), REGION).client("s3")
    refusal = b"<Error><Code>NoSuchBucket</Code><Message>There is none</Message></Error>"
    client.meta.events.register(
        "before-send", lambda request, **_: AWSResponse(request.url, 404, HTTPHeaders(), _Said(refusal))
    )
    with pytest.raises(client.exceptions.NoSuchBucket, match="There is none") as caught:
        client.list_objects_v2(Bucket="bucket")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


class _Said:
    def __init__(self, text: bytes) -> None:
        self._text = text

    def stream(self, **_: Any) -> list[bytes]:
        return [self._text]


def write_settings(folder: Path, text: str) -> None:
    (folder / "config").write_text(text)


@pytest.fixture
def settings_of_botocore(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of a ~/.aws/config, and nothing read of botocore's yet."""
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    aws_session._data_loader.cache_clear()
    return tmp_path


@pytest.mark.parametrize("variable", ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"])
def test_a_profile_that_is_nowhere_is_nothing_to_it(settings_of_botocore, monkeypatch, signed_by, variable) -> None:
    monkeypatch.setenv(variable, "no-such-profile")
    session = boto3_session(Source(credentials(number=1)), REGION)
    assert signed_by(session.client("s3")) == key(1)
    assert session.resource("s3").meta.client.meta.region_name == REGION


def test_a_profile_that_there_is_gives_no_credentials(settings_of_botocore, monkeypatch, signed_by) -> None:
    write_settings(settings_of_botocore, "[profile mine]\naws_access_key_id = FROM_PROFILE\naws_secret_access_key = x")
    monkeypatch.setenv("AWS_PROFILE", "mine")
    assert signed_by(boto3_session(Source(credentials(number=1)), REGION).client("s3")) == key(1)


def test_settings_that_cannot_be_read_are_one_line(settings_of_botocore) -> None:
    write_settings(settings_of_botocore, "nonsense\n[")
    with pytest.raises(ConfigError, match=r"AWS_CONFIG_FILE.*Unable to parse config file: \S+/config$") as caught:
        boto3_session(Source(credentials()), REGION)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AWS_RETRY_MODE", "sometimes"),
        ("AWS_MAX_ATTEMPTS", "many"),
        ("AWS_DEFAULTS_MODE", "none-such"),
        ("AWS_REQUEST_CHECKSUM_CALCULATION", "never-ever"),
        ("AWS_STS_REGIONAL_ENDPOINTS", "somewhere"),
    ],
)
def test_a_variable_of_botocores_that_does_not_fit_is_named_in_one_line(
    settings_of_botocore, monkeypatch, variable, value
) -> None:
    monkeypatch.setenv(variable, value)
    session = boto3_session(Source(credentials()), REGION)
    with pytest.raises(ConfigError, match=f"{variable}.*{value}") as caught:
        session.client("sts")
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert "\n" not in str(caught.value)


def test_what_is_wrong_with_the_users_own_arguments_is_boto3s_to_say(settings_of_botocore) -> None:
    session = boto3_session(Source(credentials()), REGION)
    with pytest.raises(UnknownServiceError):
        session.client("s4")
    with pytest.raises(ValueError, match="Invalid endpoint: nowhere"):
        session.client("s3", endpoint_url="nowhere")
