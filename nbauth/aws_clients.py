"""The boto3 sessions and clients of one auth session: each is made once, and follows its sign-ins and sign-outs.

Rule: making a client reads files for as long as many other calls take, so the lock here guards nothing else.
"""

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nbauth import process

if TYPE_CHECKING:
    import boto3

    from nbauth.ports import CredentialSource

_KEPT = 32  # clients; each has connections of its own


class AwsClients:
    """What was made to call AWS with the credentials of one source.

    Args:
        source: Gives the credentials.
        region_name: The region of what is made for none in particular.
    """

    def __init__(self, source: "CredentialSource", region_name: str | None) -> None:
        self._source = source
        self._region_name = region_name
        self._lock = process.Lock()
        self._sessions: dict[str | None, boto3.Session] = {}
        self._make_once = functools.lru_cache(_KEPT)(self._make)
        process.in_child(self._forked)

    def session(self, region_name: str | None = None) -> "boto3.Session":
        """Return the boto3 session of a region, the same one each time."""
        from nbauth.aws import boto3_session

        region_name = region_name or self._region_name
        with self._lock:
            if region_name not in self._sessions:
                self._sessions[region_name] = boto3_session(self._source, region_name)
            return self._sessions[region_name]

    def client(self, service: str, options: Mapping[str, Any]) -> Any:
        """Return a boto3 client: of those used last the same one for the same options, as far as these can be compared.

        Args:
            service: boto3's name for the service.
            options: What `boto3.Session.client` takes.
        """
        options = dict(sorted(options.items()))
        make = self._make_once if _can_be_compared(options) else self._make
        with self._lock:
            return make(service, **options)

    def _make(self, service: str, *, region_name: str | None = None, **options: Any) -> Any:
        session: Any = self.session(region_name)
        return session.client(service, **options)

    def _forked(self) -> None:
        """Leave the connections of the clients to the parent."""
        self._make_once.cache_clear()


def _can_be_compared(options: Mapping[str, Any]) -> bool:
    try:
        hash(tuple(options.values()))
    except TypeError:
        return False
    return True
