"""What belongs to an account of a user pool: the devices it is known by, its passkeys, where it is signed in.

Some of the operations are younger than some of the botocores that may be installed: each is looked for before it is
used.
"""

from collections.abc import Callable, Mapping
from typing import Any

from nbauth.cognito.answers import Answer, items, moment, pages, pairs, text
from nbauth.cognito.client import Clients, call, host_of
from nbauth.cognito.faults import odd_answer
from nbauth.core.account import Device, Passkey, UserSession
from nbauth.core.secret import Secret
from nbauth.errors import ConfigError

_DEVICES_A_PAGE = 60
_PASSKEYS_A_PAGE = 20


class CognitoBelongings:
    """Devices, passkeys and sessions of users.

    Args:
        clients: How to reach the user pool.
    """

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def list_devices(self, access_token: Secret) -> tuple[Device, ...]:
        """Return all devices that are remembered."""

        def ask(token: str | None) -> Answer:
            return call(
                self._client.list_devices, AccessToken=access_token, Limit=_DEVICES_A_PAGE, PaginationToken=token
            )

        return tuple(_device(item) for page in pages(ask, "PaginationToken") for item in items(page, "Devices"))

    def get_device(self, access_token: Secret, key: str) -> Device:
        """Return a device that is remembered."""
        device = call(self._client.get_device, AccessToken=access_token, DeviceKey=key).get("Device")
        if not isinstance(device, Mapping):
            raise odd_answer(host_of(self._client))
        return _device(device)

    def set_device_remembered(self, access_token: Secret, key: str, *, remembered: bool) -> None:
        """Say whether the pool is to remember a device that it knows."""
        call(
            self._client.update_device_status,
            AccessToken=access_token,
            DeviceKey=key,
            DeviceRememberedStatus="remembered" if remembered else "not_remembered",
        )

    def forget_device(self, access_token: Secret, key: str) -> None:
        """Make a device unknown."""
        call(self._client.forget_device, AccessToken=access_token, DeviceKey=key)

    def start_passkey(self, access_token: Secret) -> Mapping[str, Any]:
        """Return what a browser makes a passkey from (PublicKeyCredentialCreationOptions, Web Authentication)."""
        answer = call(self._operation("start_web_authn_registration"), AccessToken=access_token)
        options = answer.get("CredentialCreationOptions")
        if not isinstance(options, Mapping) or not options:
            raise odd_answer(host_of(self._client))
        return options

    def complete_passkey(self, access_token: Secret, credential: Mapping[str, Any]) -> None:
        """Register the passkey that a browser made (RegistrationResponseJSON, Web Authentication)."""
        register = self._operation("complete_web_authn_registration")
        call(register, AccessToken=access_token, Credential=dict(credential))

    def list_passkeys(self, access_token: Secret) -> tuple[Passkey, ...]:
        """Return all passkeys of the user."""
        list_credentials = self._operation("list_web_authn_credentials")

        def ask(token: str | None) -> Answer:
            return call(list_credentials, AccessToken=access_token, MaxResults=_PASSKEYS_A_PAGE, NextToken=token)

        return tuple(_passkey(item) for page in pages(ask, "NextToken") for item in items(page, "Credentials"))

    def delete_passkey(self, access_token: Secret, credential_id: str) -> None:
        """Delete a passkey."""
        call(self._operation("delete_web_authn_credential"), AccessToken=access_token, CredentialId=credential_id)

    @property
    def knows_user_sessions(self) -> bool:
        """Whether the botocore that is installed can ask for where users are signed in."""
        return hasattr(self._client, "list_user_sessions")

    def list_user_sessions(self, access_token: Secret) -> tuple[UserSession, ...]:
        """Return where the user is signed in."""
        list_sessions = self._operation("list_user_sessions")

        def ask(token: str | None) -> Answer:
            return call(list_sessions, AccessToken=access_token, NextToken=token)

        return tuple(_user_session(item) for page in pages(ask, "NextToken") for item in items(page, "Sessions"))

    def revoke_user_session(self, access_token: Secret, session_id: str) -> None:
        """End the user's sign-in in another place."""
        call(self._operation("revoke_user_session"), AccessToken=access_token, SessionId=session_id)

    @property
    def _client(self) -> Any:
        return self._clients.user_pools

    def _operation(self, name: str) -> Callable[..., Any]:
        operation: Callable[..., Any] | None = getattr(self._client, name, None)
        if operation is None:
            import botocore

            raise ConfigError(
                f"botocore {botocore.__version__} does not know {name}, which this takes: install a newer boto3"
            )
        return operation


def _device(given: Answer) -> Device:
    attributes = pairs(given, "DeviceAttributes")
    return Device(
        key=text(given, "DeviceKey"),
        name=attributes.get("device_name", ""),
        attributes=attributes,
        created_at=moment(given, "DeviceCreateDate"),
        modified_at=moment(given, "DeviceLastModifiedDate"),
        last_used_at=moment(given, "DeviceLastAuthenticatedDate"),
    )


def _passkey(given: Answer) -> Passkey:
    return Passkey(
        credential_id=text(given, "CredentialId"),
        name=text(given, "FriendlyCredentialName"),
        relying_party_id=text(given, "RelyingPartyId"),
        attachment=text(given, "AuthenticatorAttachment"),
        transports=tuple(name for name in given.get("AuthenticatorTransports") or () if isinstance(name, str)),
        created_at=moment(given, "CreatedAt"),
    )


def _user_session(given: Answer) -> UserSession:
    location = given.get("LastLocation")
    place = [text(location, part) for part in ("City", "Country")] if isinstance(location, Mapping) else []
    return UserSession(
        session_id=text(given, "SessionId"),
        kind=text(given, "SessionType"),
        client_id=text(given, "ClientId"),
        device=text(given, "DeviceType"),
        ip_address=text(given, "LastIPAddress"),
        location=", ".join(part for part in place if part),
        is_current=given.get("IsCurrentSession") is True,
        created_at=moment(given, "CreateDate"),
        last_used_at=moment(given, "LastActiveDate"),
    )
