"""The identities of an identity pool, and which logins lead to which: to one any number, and each of them to one.

See "Linking" and "Identity merging" in the Amazon Cognito developer guide: several logins in one request become the
same identity, and a guest's identity that is used with somebody's logins becomes theirs, or goes into theirs and dies.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from nbauth.testing.stand_in.requests import Refused, not_authorized

_MISMATCH = "Logins don't match. Please include at least one valid login for this identity or identity pool."
_TAKEN = "One of the logins is already linked to a different identity."


@dataclass
class Identity:
    """An identity.

    Attributes:
        logins: Whose it is: the id of the user at each provider; empty for a guest's.
        merged: Whether it is dead: it has gone into another, or the last of its logins was unlinked.
        role: The role that its last credentials are for.
    """

    logins: dict[str, str] = field(default_factory=dict)
    merged: bool = False
    role: str | None = None

    @property
    def owner(self) -> str | None:
        """The id of the user at the first of the providers; None for a guest's."""
        return next(iter(self.logins.values()), None)

    def is_of(self, logins: Mapping[str, str]) -> bool:
        """Return whether one of the logins leads here."""
        return any(self.logins.get(provider) == user for provider, user in logins.items())


class Identities(dict[str, Identity]):
    """All identities, by their ids.

    Args:
        region: Where they are, which their ids begin with.
    """

    def __init__(self, region: str) -> None:
        super().__init__()
        self._region = region

    def find(self, logins: Mapping[str, str]) -> str:
        """Return the identity that logins lead to, a new one where they lead to none; each guest is a new one.

        Args:
            logins: The id of the user at each provider; none for a guest.

        Raises:
            Refused: They are different people's.
        """
        identity_id = self._of(logins) or self._new()
        self._link(identity_id, logins)
        return identity_id

    def admit(self, identity_id: str, logins: Mapping[str, str]) -> str:
        """Return the identity that somebody who asks for one gets.

        Args:
            identity_id: The one that is asked for.
            logins: The id of the user at each provider; none for a guest.

        Raises:
            Refused: It is somebody else's, or is no more.
        """
        identity = self.known(identity_id)
        if identity.merged or (identity.logins and not logins):
            raise forbidden(identity_id)
        if identity.logins and not identity.is_of(logins):
            raise not_authorized(_MISMATCH)
        theirs = self._of(logins) or identity_id
        self._link(theirs, logins)
        identity.merged = theirs != identity_id
        return theirs

    def bind(self, identity_id: str, logins: Mapping[str, str]) -> None:
        """Have logins lead to an identity from now on, whosever it is, on the word of a back end.

        Args:
            identity_id: The identity.
            logins: The id of the user at each provider.

        Raises:
            Refused: They lead to another one, or it is no more.
        """
        if self.known(identity_id).merged:
            raise forbidden(identity_id)
        if self._of(logins) not in (None, identity_id):
            message = "Developer user identifier is already registered with another identity."
            raise Refused("DeveloperUserAlreadyRegisteredException", message)
        self._link(identity_id, logins)

    def unlink(self, identity_id: str, providers: Iterable[str]) -> None:
        """Have the logins of some providers lead to an identity no longer; nobody can have one that is left with none.

        Args:
            identity_id: The identity.
            providers: The providers.
        """
        identity = self[identity_id]
        for provider in providers:
            identity.logins.pop(provider, None)
        identity.merged = not identity.logins

    def known(self, identity_id: str) -> Identity:
        """Return an identity.

        Raises:
            Refused: There is none with this id.
        """
        if identity_id not in self:
            raise Refused("ResourceNotFoundException", f"Identity '{identity_id}' not found.")
        return self[identity_id]

    def _of(self, logins: Mapping[str, str]) -> str | None:
        found = [identity_id for identity_id, identity in list(self.items()) if identity.is_of(logins)]
        if len(found) > 1:
            raise Refused("ResourceConflictException", _TAKEN)
        return found[0] if found else None

    def _link(self, identity_id: str, logins: Mapping[str, str]) -> None:
        linked = self[identity_id].logins
        if any(linked.get(provider, user) != user for provider, user in logins.items()):
            raise Refused("ResourceConflictException", _TAKEN)
        linked.update(logins)

    def _new(self) -> str:
        identity_id = f"{self._region}:{uuid.uuid4()}"
        self[identity_id] = Identity()
        return identity_id


def forbidden(identity_id: str) -> Refused:
    """Return the refusal of an identity to somebody whose it is not."""
    return not_authorized(f"Access to Identity '{identity_id}' is forbidden.")
