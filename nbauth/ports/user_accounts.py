"""The accounts of a user pool: making one, looking after it, and its end."""

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from nbauth.core.account import Account, CodeDelivery, Device, MfaPreference, Passkey, Registration, UserSession
from nbauth.core.secret import Secret


class UserAccounts(Protocol):
    """What the users of a user pool do about their own accounts, beside signing in.

    Whatever takes an access token raises `AccessTokenRefused` where another one might do. Everything raises
    `ServiceUnavailable` where the service could not be reached or could not answer, and `ConfigError` where it, or the
    botocore that is installed, does not know the operation.
    """

    def sign_up(
        self,
        username: str,
        password: Secret | None,
        attributes: Mapping[str, str],
        client_metadata: Mapping[str, str] | None = None,
    ) -> Registration:
        """Make a new account.

        Raises:
            UsernameExists: The name is taken.
            InvalidPassword: The password does not fit the pool's policy.
            CodeDeliveryFailure: The account was made, and its code could not be sent.
            Rejected: An attribute is missing or does not fit.
        """

    def confirm_sign_up(
        self,
        username: str,
        code: Secret,
        *,
        session: Secret | None = None,
        take_over_alias: bool = False,
        client_metadata: Mapping[str, str] | None = None,
    ) -> Secret | None:
        """Confirm an account, and return what the sign-in after it carries on with, where there is such a thing.

        Raises:
            AlreadyConfirmed: There is nothing to confirm.
            AliasExists: Another account has the address or number, and is to keep it.
            Rejected: The code is wrong, or too old.
        """

    def resend_sign_up_code(self, username: str, client_metadata: Mapping[str, str] | None = None) -> CodeDelivery:
        """Send the code of a sign-up again.

        Raises:
            Rejected: There is nothing to confirm, or too much was sent already.
        """

    def forgot_password(self, username: str, client_metadata: Mapping[str, str] | None = None) -> CodeDelivery:
        """Send a code that resets the password.

        Raises:
            Rejected: There is nowhere to send it, or too much was sent already.
        """

    def confirm_forgot_password(
        self, username: str, code: Secret, new_password: Secret, client_metadata: Mapping[str, str] | None = None
    ) -> None:
        """Set a new password with a code.

        Raises:
            InvalidPassword: The new password does not fit the pool's policy.
            Rejected: The code is wrong, or too old.
        """

    def change_password(self, access_token: Secret, old: Secret | None, new: Secret) -> None:
        """Set a new password; `old` is None for somebody who has none yet.

        Raises:
            NotAuthorized: The old password is wrong.
            InvalidPassword: The new one does not fit the pool's policy.
        """

    def get_account(self, access_token: Secret) -> Account:
        """Return what the pool knows of the user.

        Raises:
            Rejected: There is no such user any more.
        """

    def update_attributes(
        self, access_token: Secret, attributes: Mapping[str, str], client_metadata: Mapping[str, str] | None = None
    ) -> tuple[CodeDelivery, ...]:
        """Set attributes, and return where codes were sent that prove new addresses and numbers.

        Raises:
            AliasExists: Another account has the address or number.
            Rejected: An attribute is not the user's to set, or does not fit.
        """

    def delete_attributes(self, access_token: Secret, names: Collection[str]) -> None:
        """Delete attributes.

        Raises:
            Rejected: One is not the user's to delete.
        """

    def send_attribute_code(
        self, access_token: Secret, name: str, client_metadata: Mapping[str, str] | None = None
    ) -> CodeDelivery:
        """Send a code that proves an address or number.

        Raises:
            Rejected: There is nothing to prove, or too much was sent already.
        """

    def confirm_attribute(self, access_token: Secret, name: str, code: Secret) -> None:
        """Prove an address or number.

        Raises:
            Rejected: The code is wrong, or too old.
        """

    def set_up_totp(self, access_token: Secret) -> Secret:
        """Return the secret, in base 32, that an authenticator app is to be set up with.

        Raises:
            Rejected: The pool takes no authenticator apps.
        """

    def verify_totp(self, access_token: Secret, code: Secret, device_name: str | None = None) -> None:
        """Complete the set-up of an authenticator app; it is asked for at sign-ins once it is switched on.

        Raises:
            CodeMismatch: The code is wrong.
            Rejected: No set-up was begun.
        """

    def set_mfa_preference(self, access_token: Secret, before: MfaPreference, after: MfaPreference) -> None:
        """Switch second factors on and off.

        Raises:
            Rejected: One cannot be switched on for this user, or off in this pool.
        """

    def list_devices(self, access_token: Secret) -> tuple[Device, ...]:
        """Return all devices that are remembered.

        Raises:
            ConfigError: The pool remembers none.
        """

    def get_device(self, access_token: Secret, key: str) -> Device:
        """Return a device that is remembered.

        Raises:
            DeviceGone: It is not.
        """

    def set_device_remembered(self, access_token: Secret, key: str, *, remembered: bool) -> None:
        """Say whether the pool is to remember a device that it knows.

        Raises:
            DeviceGone: It does not know it.
        """

    def forget_device(self, access_token: Secret, key: str) -> None:
        """Make a device unknown.

        Raises:
            DeviceGone: It is already.
        """

    def start_passkey(self, access_token: Secret) -> Mapping[str, Any]:
        """Return what a browser makes a passkey from (PublicKeyCredentialCreationOptions, Web Authentication).

        Raises:
            ConfigError: The pool takes no passkeys.
        """

    def complete_passkey(self, access_token: Secret, credential: Mapping[str, Any]) -> None:
        """Register the passkey that a browser made (RegistrationResponseJSON, Web Authentication).

        Raises:
            Rejected: It is not one that was asked for, or one that the pool does not take.
        """

    def list_passkeys(self, access_token: Secret) -> tuple[Passkey, ...]:
        """Return all passkeys of the user.

        Raises:
            Rejected: The user may not see them.
        """

    def delete_passkey(self, access_token: Secret, credential_id: str) -> None:
        """Delete a passkey.

        Raises:
            Rejected: There is no such passkey.
        """

    @property
    def knows_user_sessions(self) -> bool:
        """Whether it can be asked for where users are signed in, in pools that keep a list."""

    def list_user_sessions(self, access_token: Secret) -> tuple[UserSession, ...]:
        """Return where the user is signed in.

        Raises:
            ConfigError: The pool keeps no list.
        """

    def revoke_user_session(self, access_token: Secret, session_id: str) -> None:
        """End the user's sign-in in another place.

        Raises:
            Rejected: There is no such place, or it is this one.
        """

    def delete_user(self, access_token: Secret) -> None:
        """Delete the user, with everything that the pool knows of them.

        Raises:
            UserNotFound: There is no such user any more.
        """
