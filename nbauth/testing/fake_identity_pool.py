"""A fake identity pool: it decides as Cognito does and fails as the adapter in `nbauth.cognito` does.

The contract tests hold both to that, so a behaviour is added here only together with one there.
"""

import itertools
import uuid
from datetime import timedelta
from typing import Any

from nbauth.core.credentials import AwsCredentials
from nbauth.core.secret import Secret
from nbauth.core.tokens import read_claims
from nbauth.errors import IdentityGone, NotAuthorized
from nbauth.ports import Clock, IdentityPool, Logins
from nbauth.testing.makers import credentials
from nbauth.testing.scripted import FakeClock, Scripted

_REFUSED = "NotAuthorizedException"


class FakeIdentityPool(Scripted, IdentityPool):
    """An identity pool in memory.

    Args:
        clock: Tells the time; a `FakeClock` where it is None.
        lifetime: How long credentials are good.
        guests: Whether there are identities without logins.
    """

    def __init__(
        self, clock: Clock | None = None, *, lifetime: timedelta = timedelta(hours=1), guests: bool = True
    ) -> None:
        super().__init__()
        self._clock = clock or FakeClock()
        self._lifetime = lifetime
        self._guests = guests
        self._owners: dict[str, str | None] = {}
        self._numbers = itertools.count(1)

    def get_id(self, logins: Logins) -> str:
        """Return the identity id for these logins; each guest is a new one."""
        self._called("get_id")
        with self._lock:
            owner = self._owner(logins)
            known = next((identity for identity, sub in self._owners.items() if sub and sub == owner), None)
            return known or self._new_identity(owner)

    def get_credentials(self, identity_id: str, logins: Logins, custom_role_arn: str | None = None) -> AwsCredentials:
        """Return AWS credentials; a guest's identity that is used with logins becomes the user's."""
        self._called("get_credentials")
        with self._lock:
            owner = self._owner(logins)
            if identity_id not in self._owners:
                raise IdentityGone("The identity does not exist any more", code="ResourceNotFoundException")
            if self._owners[identity_id] not in (None, owner):
                raise IdentityGone("The identity belongs to other logins", code=_REFUSED)
            identity_id = self._merge(identity_id, owner)
            return credentials(
                identity_id, issued_at=self._clock.now(), lifetime=self._lifetime, number=next(self._numbers)
            )

    def delete(self, identity_id: str) -> None:
        """Delete an identity, as an administrator may."""
        with self._lock:
            self._owners.pop(identity_id, None)

    def _owner(self, logins: Logins) -> str | None:
        if not logins:
            if not self._guests:
                raise NotAuthorized("The identity pool takes no guests: sign in", code=_REFUSED)
            return None
        claims = _claims(next(iter(logins.values())))
        if claims["exp"] <= self._clock.now().timestamp():
            raise NotAuthorized("The ID token has expired", code=_REFUSED)
        return str(claims["sub"])

    def _merge(self, identity_id: str, owner: str | None) -> str:
        theirs = next((identity for identity, sub in self._owners.items() if sub and sub == owner), identity_id)
        if theirs != identity_id:
            del self._owners[identity_id]
        self._owners[theirs] = owner
        return theirs

    def _new_identity(self, owner: str | None) -> str:
        identity_id = f"eu-west-1:{uuid.uuid4()}"
        self._owners[identity_id] = owner
        return identity_id


def _claims(token: Secret) -> dict[str, Any]:
    try:
        return read_claims(token.reveal())
    except ValueError as unreadable:
        complaint = str(unreadable)
    raise NotAuthorized(f"Not allowed ({complaint})", code=_REFUSED)
