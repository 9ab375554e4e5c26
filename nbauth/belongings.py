"""What a session's user has in the user pool: devices that it knows, passkeys, and places to be signed in.

Every call takes the user's access token, and waits for a sign-in as `get_tokens` does.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from nbauth.access import Owner, with_accounts
from nbauth.core.account import Device, Passkey, UserSession
from nbauth.core.arguments import Wait
from nbauth.core.events import DeviceForgotten
from nbauth.core.secret import Secret
from nbauth.core.states import device_of
from nbauth.errors import DeviceGone

if TYPE_CHECKING:
    from nbauth.ports import UserAccounts

T = TypeVar("T")


class Devices:
    """The devices that the user pool knows the user by; where no key is given, this machine.

    Args:
        owner: Whose they are.
    """

    def __init__(self, owner: Owner) -> None:
        self._owner = owner

    @property
    def own_key(self) -> str | None:
        """The key of this machine; None where the pool does not know it as a device of the user."""
        device = device_of(self._owner._ready().runtime.flow.state)
        return device.key if device else None

    @property
    def own_waits_for_user(self) -> bool:
        """Whether a sign-in has made this machine known, and the pool remembers it once the user says so."""
        device = device_of(self._owner._ready().runtime.flow.state)
        return device is not None and device.waits_for_user

    def list(self, *, wait: Wait = None) -> tuple[Device, ...]:
        """Return all devices that are remembered.

        Raises:
            SignInRequired: Nobody signed in.
            ConfigError: The pool remembers no devices.
        """
        return with_accounts(self._owner, lambda accounts, token: accounts.list_devices(token), wait=wait)

    def get(self, key: str | None = None, *, wait: Wait = None) -> Device:
        """Return a device that is remembered.

        Raises:
            DeviceGone: It is not.
        """
        return self._on(key, lambda accounts, token, key: accounts.get_device(token, key), wait)

    def remember(self, key: str | None = None, *, remembered: bool = True, wait: Wait = None) -> None:
        """Have the pool remember a device that it knows, so that it may ask for less there.

        Args:
            key: The device.
            remembered: False to have it no longer remembered, though still known.
            wait: How long to wait where only a sign-in helps, in seconds.

        Raises:
            DeviceGone: The pool does not know it.
        """

        def ask(accounts: "UserAccounts", token: Secret, key: str) -> None:
            accounts.set_device_remembered(token, key, remembered=remembered)

        self._on(key, ask, wait)

    def forget(self, key: str | None = None, *, wait: Wait = None) -> None:
        """Make a device unknown to the pool; the next sign-in there makes it known anew.

        Raises:
            DeviceGone: It is unknown already.
        """
        self._on(key, lambda accounts, token, key: accounts.forget_device(token, key), wait)
        self._is_gone(key)

    def _on(self, key: str | None, ask: "Callable[[UserAccounts, Secret, str], T]", wait: Wait) -> T:
        try:
            return with_accounts(
                self._owner, lambda accounts, token: ask(accounts, token, key or self._own_key()), wait=wait
            )
        except DeviceGone:
            self._is_gone(key)
            raise

    def _is_gone(self, key: str | None) -> None:
        engine = self._owner._ready()
        own = device_of(engine.runtime.flow.state)
        if own is not None and key in (None, own.key):
            engine.dispatch(DeviceForgotten(own.key))

    def _own_key(self) -> str:
        key = self.own_key
        if key is None:
            raise DeviceGone("The user pool does not know this machine as a device: name one of devices.list()")
        return key


class Passkeys:
    """The passkeys that the user may sign in with.

    Args:
        owner: Whose they are.
    """

    def __init__(self, owner: Owner) -> None:
        self._owner = owner

    def list(self, *, wait: Wait = None) -> tuple[Passkey, ...]:
        """Return all of them.

        Raises:
            SignInRequired: Nobody signed in.
        """
        return with_accounts(self._owner, lambda accounts, token: accounts.list_passkeys(token), wait=wait)

    def start(self, *, wait: Wait = None) -> Mapping[str, Any]:
        """Begin to register a passkey.

        Returns:
            What a browser makes one from (PublicKeyCredentialCreationOptionsJSON, Web Authentication). The page must be
            of the domain that the user pool takes passkeys from.

        Raises:
            ConfigError: The pool takes no passkeys.
        """
        return with_accounts(self._owner, lambda accounts, token: accounts.start_passkey(token), wait=wait)

    def complete(self, credential: Mapping[str, Any], *, wait: Wait = None) -> None:
        """Register the passkey that a browser made (RegistrationResponseJSON, Web Authentication).

        Raises:
            ChallengeExpired: It took too long, or none was begun: start again.
            Rejected: The pool does not take this one.
        """
        with_accounts(self._owner, lambda accounts, token: accounts.complete_passkey(token, credential), wait=wait)

    def delete(self, credential_id: str, *, wait: Wait = None) -> None:
        """Delete a passkey.

        Raises:
            Rejected: There is no such passkey.
        """
        with_accounts(self._owner, lambda accounts, token: accounts.delete_passkey(token, credential_id), wait=wait)


class UserSessions:
    """The places where the user is signed in, this one among them.

    Args:
        owner: Whose they are.
    """

    def __init__(self, owner: Owner) -> None:
        self._owner = owner

    @property
    def can_be_listed(self) -> bool:
        """Whether the botocore that is installed can ask for them; the pool may have none all the same."""
        return self._owner._ready().ports.require_accounts().knows_user_sessions

    def list(self, *, wait: Wait = None) -> tuple[UserSession, ...]:
        """Return all of them.

        Raises:
            ConfigError: The pool keeps no list, or the botocore that is installed cannot ask for it.
        """
        return with_accounts(self._owner, lambda accounts, token: accounts.list_user_sessions(token), wait=wait)

    def revoke(self, session_id: str, *, wait: Wait = None) -> None:
        """End the sign-in in another place; `sign_out` ends this one.

        Raises:
            Rejected: There is no such place, or it is this one.
        """
        with_accounts(self._owner, lambda accounts, token: accounts.revoke_user_session(token, session_id), wait=wait)
