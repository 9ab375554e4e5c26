"""A boto3 session whose only credentials are those of a `CredentialSource`, asked for at every use.

The credentials object never changes and never expires in botocore's eyes: clients made long ago follow every refresh,
sign-in and sign-out. Nothing falls through to the environment, ``~/.aws`` or instance metadata.
"""

import functools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nbauth.aws.wire_logs import mask_keys
from nbauth.core.credentials import AwsCredentials
from nbauth.ports import CredentialSource

if TYPE_CHECKING:
    import boto3
    import botocore.session
    from botocore.credentials import ReadOnlyCredentials
    from botocore.loaders import Loader

_METHOD = "nbauth"


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
    """
    import boto3

    session = boto3.Session(botocore_session=botocore_session(source), region_name=region_name)
    _forget_repeated_paths(_data_loader())
    return session


def botocore_session(source: CredentialSource) -> "botocore.session.Session":
    """Return a new botocore session that signs with what `source` gives, for what takes one of its own.

    Args:
        source: Asked for credentials at every request.
    """
    import botocore.session
    from botocore.credentials import CredentialProvider, CredentialResolver

    credentials = SourceCredentials(source)

    class Provider(CredentialProvider):
        METHOD = _METHOD
        CANONICAL_NAME = "customNbauth"

        def load(self) -> SourceCredentials:
            return credentials

    session = botocore.session.Session()
    session.register_component("credential_provider", CredentialResolver([Provider()]))
    session.register_component("data_loader", _data_loader())
    mask_keys()
    return session


def _freeze(current: AwsCredentials) -> "ReadOnlyCredentials":
    from botocore.credentials import ReadOnlyCredentials

    return ReadOnlyCredentials(
        current.access_key_id, current.secret_access_key.reveal(), current.session_token.reveal()
    )


@functools.cache
def _data_loader() -> "Loader":
    # Reading the description of a service takes longer than calling it; all sessions share what has been read.
    import botocore.session

    loader: Loader = botocore.session.Session().get_component("data_loader")
    return loader


def _forget_repeated_paths(loader: "Loader") -> None:
    # Every boto3.Session adds its own folder to the loader it is given.
    loader.search_paths[:] = dict.fromkeys(loader.search_paths)
