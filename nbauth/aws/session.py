"""A boto3 session whose only credentials are those of a `CredentialSource`, asked for at every use.

The credentials object never changes and never expires in botocore's eyes: clients made long ago follow every refresh,
sign-in and sign-out. Nothing falls through to the environment, ``~/.aws`` or instance metadata, and no profile counts:
one that is missing is nothing to this session.
"""

import functools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from nbauth.aws.wire_logs import mask_keys
from nbauth.core.credentials import AwsCredentials
from nbauth.errors import ConfigError
from nbauth.ports import CredentialSource

if TYPE_CHECKING:
    import boto3
    import botocore.session
    from botocore.credentials import ReadOnlyCredentials
    from botocore.loaders import Loader

T = TypeVar("T")

_METHOD = "nbauth"

_NO_PROFILE = {"profile": (None, None, None, None)}  # not from a file, not from AWS_PROFILE, no default, as it is

_UNFIT = {
    "ConfigParseError": "AWS_CONFIG_FILE",
    "InvalidChecksumConfigError": "AWS_REQUEST_CHECKSUM_CALCULATION or AWS_RESPONSE_CHECKSUM_VALIDATION",
    "InvalidDefaultsMode": "AWS_DEFAULTS_MODE",
    "InvalidMaxRetryAttemptsError": "AWS_MAX_ATTEMPTS",
    "InvalidRetryModeError": "AWS_RETRY_MODE",
    "InvalidSTSRegionalEndpointsConfigError": "AWS_STS_REGIONAL_ENDPOINTS",
}
"""What botocore calls a setting of its own that it cannot use, and the variable that sets it; a line of its file may,
too (AWS SDKs and Tools Reference Guide, settings reference)."""


class SourceCredentials:
    """What botocore takes for credentials. It has no key of its own: each use asks the source for the current ones.

    Args:
        source: Where the credentials come from.
    """

    method = _METHOD
    account_id = None

    def __init__(self, source: CredentialSource) -> None:
        self._source = source
        self._frozen: tuple[AwsCredentials, ReadOnlyCredentials] | None = None
        self._thread = threading.local()

    def get_frozen_credentials(self) -> "ReadOnlyCredentials":
        """Return the current key, secret and session token: three parts of one whole.

        Raises:
            AuthError: There are none to be had.
        """
        current, frozen = self._source.get_credentials(), self._frozen
        if frozen is None or frozen[0] is not current:
            frozen = self._frozen = current, _freeze(current)
        return frozen[1]

    # Reading the key takes a fresh triple; the other two properties stay with the triple this thread took last, so that
    # a refresh in between cannot mix two.
    @property
    def access_key(self) -> str | None:
        """The current access key id; asks the source."""
        self._thread.taken = taken = self.get_frozen_credentials()
        return taken.access_key

    @property
    def secret_key(self) -> str | None:
        """The secret that belongs to the access key id this thread read last."""
        return self._taken().secret_key

    @property
    def token(self) -> str | None:
        """The session token that belongs to the access key id this thread read last."""
        return self._taken().token

    def get_deferred_property(self, property_name: str) -> Callable[[], Any]:
        """Return a function that reads a property; botocore wants it for endpoints by account, which are not used."""
        return lambda: getattr(self, property_name, None)

    def _taken(self) -> "ReadOnlyCredentials":
        taken: ReadOnlyCredentials | None = getattr(self._thread, "taken", None)
        return taken or self.get_frozen_credentials()

    def __repr__(self) -> str:
        return "<credentials from nbauth>"


def boto3_session(source: CredentialSource, region_name: str | None = None) -> "boto3.Session":
    """Return a boto3 session that signs with what `source` gives. Needs no network and no sign-in.

    A session is for keeping: making many adds up, and clients of one session follow the source for ever.

    Args:
        source: Asked for credentials at every request; its `AuthError` comes out of the boto3 call as it is.
        region_name: Where AWS calls go; botocore's own settings decide where it is None.

    Raises:
        ConfigError: botocore's own settings cannot be read.
    """
    import boto3

    session = boto3.Session(botocore_session=botocore_session(source), region_name=region_name)
    _forget_repeated_paths(_data_loader())
    return session


def botocore_session(source: CredentialSource) -> "botocore.session.Session":
    """Return a new botocore session that signs with what `source` gives, for what takes one of its own.

    Args:
        source: Asked for credentials at every request.

    Raises:
        ConfigError: botocore's own settings cannot be read.
    """
    from botocore.credentials import CredentialProvider, CredentialResolver

    credentials = SourceCredentials(source)

    class Provider(CredentialProvider):
        METHOD = _METHOD
        CANONICAL_NAME = "customNbauth"

        def load(self) -> SourceCredentials:
            return credentials

    session: botocore.session.Session = _session_type()(session_vars=_NO_PROFILE)
    session.register_component("credential_provider", CredentialResolver([Provider()]))
    session.register_component("data_loader", _data_loader())
    session.register("creating-client-class", _keep_keys_out_of_tracebacks)
    mask_keys()
    return session


def _keep_keys_out_of_tracebacks(**client: Any) -> None:
    # The class of a client that is about to be made (boto3 guide, Extensibility).
    client["base_classes"].insert(0, _FramesDropped)


class _FramesDropped:
    """Base of a client whose errors come without the frames below it: those hold requests, with session tokens."""

    def _make_api_call(self, *args: Any, **options: Any) -> Any:
        failure: BaseException
        try:
            return super()._make_api_call(*args, **options)  # type: ignore[misc]
        except BaseException as error:  # noqa: BLE001 - whatever it is, Stop too; it goes on below
            failure = error.with_traceback(None)
        failure.__cause__ = failure.__context__ = None
        failure.__suppress_context__ = False  # what the caller is in the middle of is the caller's to show
        try:
            raise failure
        finally:
            del failure  # or it and this frame would keep each other


def _freeze(current: AwsCredentials) -> "ReadOnlyCredentials":
    from botocore.credentials import ReadOnlyCredentials

    return ReadOnlyCredentials(
        current.access_key_id, current.secret_access_key.reveal(), current.session_token.reveal()
    )


@functools.cache
def _data_loader() -> "Loader":
    # Reading the description of a service takes longer than calling it; all sessions share what has been read.
    import botocore.session

    session = botocore.session.Session(session_vars=_NO_PROFILE)
    loader: Loader = _in_one_line(lambda: session.get_component("data_loader"))
    return loader


@functools.cache
def _session_type() -> Any:
    import botocore.session

    class Session(botocore.session.Session):
        """A botocore session that says in one line which of botocore's own settings it cannot use."""

        def create_client(self, *args: Any, **options: Any) -> Any:
            create = super().create_client
            return _in_one_line(lambda: create(*args, **options))

    return Session


def _in_one_line(make: Callable[[], T]) -> T:
    """Return what `make` returns; which of botocore's settings does not fit becomes a `ConfigError`."""
    from botocore.exceptions import BotoCoreError

    try:
        return make()
    except (BotoCoreError, ValueError) as failure:
        variable, reason = _variable_behind(failure), " ".join(str(failure).split())
        if not variable:
            raise
    raise ConfigError(f"A setting of botocore does not fit (see {variable}, and ~/.aws/config): {reason.rstrip('.')}")


def _variable_behind(failure: Exception) -> str:
    # There is one number among the settings that clients are made with, and int() itself complains of it.
    no_number = isinstance(failure, ValueError) and str(failure).startswith("invalid literal for int()")
    return "AWS_MAX_ATTEMPTS" if no_number else _UNFIT.get(type(failure).__name__, "")


def _forget_repeated_paths(loader: "Loader") -> None:
    # Every boto3.Session adds its own folder to the loader it is given.
    loader.search_paths[:] = dict.fromkeys(loader.search_paths)
