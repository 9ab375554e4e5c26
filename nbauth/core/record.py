"""What a token store keeps of one account: enough to go on after a restart, and no more.

Never AWS credentials, never ID or access tokens, never a password.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from nbauth.core.device import RememberedDevice
from nbauth.core.federation import FederatedLogin
from nbauth.core.secret import Secret
from nbauth.core.tokens import TokenSet

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Record:
    """One account as it is kept; a guest has an identity id, and somebody who is signed out at most a device.

    Attributes:
        username: The user's real name in the pool; empty for a guest.
        sub: The user's unchanging id; empty for a guest.
        issuer: The pool that signed the user in.
        provider: Who vouches for the user in place of a pool, as an identity pool names it.
        refresh_token: What renews the sign-in; None for a guest, or once it has been refused.
        identity_id: The identity in the identity pool, where it is known.
        device: What the user pool knows this machine by; it outlasts a sign-out.
    """

    username: str = ""
    sub: str = ""
    issuer: str = ""
    refresh_token: Secret | None = None
    identity_id: str | None = None
    device: RememberedDevice | None = None
    provider: str = ""

    @classmethod
    def signed_in(cls, tokens: TokenSet, identity_id: str | None, device: RememberedDevice | None) -> Self:
        """Return the record of a user whom the pool gave tokens.

        Args:
            tokens: The tokens.
            identity_id: The user's identity, where it is known from before.
            device: What the pool knew this machine by until now.
        """
        user = cls(tokens.username, tokens.sub, tokens.issuer, identity_id=identity_id, device=device)
        return user.renewed(tokens)

    @classmethod
    def federated(cls, entry: FederatedLogin, identity_id: str, device: RememberedDevice | None) -> Self:
        """Return the record of a user for whom another provider vouches.

        Args:
            entry: What the provider says.
            identity_id: What the identity pool makes of it.
            device: What the user pool knows this machine by.
        """
        sub = entry.sub or identity_id
        return cls(entry.username, sub, identity_id=identity_id, device=device, provider=entry.provider)

    def renewed(self, tokens: TokenSet) -> Self:
        """Return the record with the refresh token and the device that count once tokens have come for this user."""
        device = tokens.device or (None if tokens.device_gone else self.device)
        return replace(self, refresh_token=tokens.refresh_token or self.refresh_token, device=device)

    def to_dict(self) -> dict[str, Any]:
        """Return the record as plain JSON values. Its secrets are among them in clear."""
        return {
            "schema": SCHEMA,
            "username": self.username,
            "sub": self.sub,
            "issuer": self.issuer,
            "refresh_token": self.refresh_token.reveal() if self.refresh_token else None,
            "identity_id": self.identity_id,
            "device": self.device.to_dict() if self.device else None,
            "provider": self.provider,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read a record back.

        Raises:
            ValueError: If `values` is not a record that this version understands.
        """
        if values.get("schema") != SCHEMA:
            raise ValueError(f"it has schema {values.get('schema')!r}, and this nbauth reads {SCHEMA}")
        names = ("username", "sub", "issuer", "refresh_token", "identity_id", "provider")
        texts = {name: values.get(name) or "" for name in names}
        for name, text in texts.items():
            if not isinstance(text, str):
                raise ValueError(f"its {name} is not a text")
        device = values.get("device")
        if not isinstance(device, Mapping | None):
            raise ValueError("its device is not whole")
        return cls(
            username=texts["username"],
            sub=texts["sub"],
            issuer=texts["issuer"],
            refresh_token=Secret(texts["refresh_token"]) if texts["refresh_token"] else None,
            identity_id=texts["identity_id"] or None,
            device=RememberedDevice.from_dict(device) if device else None,
            provider=texts["provider"],
        )
