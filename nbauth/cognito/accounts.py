"""The accounts of a user pool through one app client: sign up, reset and change passwords, attributes, second factors.

Answers are read as they come: a member that is missing or odd becomes an empty one, because what was asked for has been
done and must not be asked for twice. Only an answer that is wanted for its contents may be refused.
"""

from collections.abc import Collection, Mapping
from typing import Any

from nbauth.cognito.answers import items, pairs, text
from nbauth.cognito.belongings import CognitoBelongings
from nbauth.cognito.client import Clients, call, host_of
from nbauth.cognito.faults import odd_answer
from nbauth.cognito.secret_hash import secret_hash
from nbauth.core.account import Account, CodeDelivery, MfaKind, MfaPreference, Registration
from nbauth.core.config import AuthConfig
from nbauth.core.secret import Secret
from nbauth.errors import CodeMismatch
from nbauth.ports import UserAccounts

_MFA_KINDS: Mapping[str, MfaKind] = {"SOFTWARE_TOKEN_MFA": "totp", "SMS_MFA": "sms", "EMAIL_OTP": "email"}
"""What GetUser calls the second factors."""

_MFA_SETTINGS: Mapping[MfaKind, str] = {
    "totp": "SoftwareTokenMfaSettings",
    "sms": "SMSMfaSettings",
    "email": "EmailMfaSettings",
}
"""What SetUserMFAPreference calls them."""


class CognitoUserAccounts(CognitoBelongings, UserAccounts):
    """The accounts of the user pool that the configuration names.

    Args:
        config: Which app client.
        clients: How to reach the pool.
    """

    def __init__(self, config: AuthConfig, clients: Clients) -> None:
        super().__init__(clients)
        self._config = config

    def sign_up(
        self,
        username: str,
        password: Secret | None,
        attributes: Mapping[str, str],
        client_metadata: Mapping[str, str] | None = None,
    ) -> Registration:
        """Make a new account."""
        answer = call(
            self._client.sign_up,
            **self._named(username, client_metadata),
            Password=password,
            UserAttributes=_pairs(attributes) or None,
        )
        return Registration(
            user_sub=text(answer, "UserSub"),
            confirmed=answer.get("UserConfirmed") is True,
            delivery=_delivery(answer.get("CodeDeliveryDetails")),
            session=answer.get("Session"),
        )

    def confirm_sign_up(
        self,
        username: str,
        code: Secret,
        *,
        session: Secret | None = None,
        take_over_alias: bool = False,
        client_metadata: Mapping[str, str] | None = None,
    ) -> Secret | None:
        """Confirm an account, and return what the sign-in after it carries on with, where there is such a thing."""
        answer = call(
            self._client.confirm_sign_up,
            **self._named(username, client_metadata),
            ConfirmationCode=code,
            ForceAliasCreation=take_over_alias,
            Session=session,
        )
        return answer.get("Session")

    def resend_sign_up_code(self, username: str, client_metadata: Mapping[str, str] | None = None) -> CodeDelivery:
        """Send the code of a sign-up again."""
        answer = call(self._client.resend_confirmation_code, **self._named(username, client_metadata))
        return _delivery(answer.get("CodeDeliveryDetails")) or _SOMEWHERE

    def forgot_password(self, username: str, client_metadata: Mapping[str, str] | None = None) -> CodeDelivery:
        """Send a code that resets the password."""
        answer = call(self._client.forgot_password, **self._named(username, client_metadata))
        return _delivery(answer.get("CodeDeliveryDetails")) or _SOMEWHERE

    def confirm_forgot_password(
        self, username: str, code: Secret, new_password: Secret, client_metadata: Mapping[str, str] | None = None
    ) -> None:
        """Set a new password with a code."""
        call(
            self._client.confirm_forgot_password,
            **self._named(username, client_metadata),
            ConfirmationCode=code,
            Password=new_password,
        )

    def change_password(self, access_token: Secret, old: Secret | None, new: Secret) -> None:
        """Set a new password; `old` is None for somebody who has none yet."""
        call(self._client.change_password, AccessToken=access_token, PreviousPassword=old, ProposedPassword=new)

    def get_account(self, access_token: Secret) -> Account:
        """Return what the pool knows of the user."""
        answer = call(self._client.get_user, AccessToken=access_token)
        username = text(answer, "Username")
        if not username:
            raise odd_answer(host_of(self._client))
        return Account(username, pairs(answer, "UserAttributes"), _mfa_preference(answer))

    def update_attributes(
        self, access_token: Secret, attributes: Mapping[str, str], client_metadata: Mapping[str, str] | None = None
    ) -> tuple[CodeDelivery, ...]:
        """Set attributes, and return where codes were sent that prove new addresses and numbers."""
        answer = call(
            self._client.update_user_attributes,
            AccessToken=access_token,
            UserAttributes=_pairs(attributes),
            ClientMetadata=dict(client_metadata or {}) or None,
        )
        deliveries = (_delivery(details) for details in items(answer, "CodeDeliveryDetailsList"))
        return tuple(delivery for delivery in deliveries if delivery)

    def delete_attributes(self, access_token: Secret, names: Collection[str]) -> None:
        """Delete attributes."""
        call(self._client.delete_user_attributes, AccessToken=access_token, UserAttributeNames=list(names))

    def send_attribute_code(
        self, access_token: Secret, name: str, client_metadata: Mapping[str, str] | None = None
    ) -> CodeDelivery:
        """Send a code that proves an address or number."""
        answer = call(
            self._client.get_user_attribute_verification_code,
            AccessToken=access_token,
            AttributeName=name,
            ClientMetadata=dict(client_metadata or {}) or None,
        )
        return _delivery(answer.get("CodeDeliveryDetails")) or _SOMEWHERE

    def confirm_attribute(self, access_token: Secret, name: str, code: Secret) -> None:
        """Prove an address or number."""
        call(self._client.verify_user_attribute, AccessToken=access_token, AttributeName=name, Code=code)

    def set_up_totp(self, access_token: Secret) -> Secret:
        """Return the secret, in base 32, that an authenticator app is to be set up with."""
        secret = call(self._client.associate_software_token, AccessToken=access_token).get("SecretCode")
        if not isinstance(secret, Secret):
            raise odd_answer(host_of(self._client))
        return secret

    def verify_totp(self, access_token: Secret, code: Secret, device_name: str | None = None) -> None:
        """Complete the set-up of an authenticator app; it is asked for at sign-ins once it is switched on."""
        answer = call(
            self._client.verify_software_token,
            AccessToken=access_token,
            UserCode=code,
            FriendlyDeviceName=device_name,
        )
        if answer.get("Status") == "ERROR":
            raise CodeMismatch("That code is not right: try again")

    def set_mfa_preference(self, access_token: Secret, before: MfaPreference, after: MfaPreference) -> None:
        """Switch second factors on and off; those that are off and stay off are not mentioned."""
        settings = {
            _MFA_SETTINGS[kind]: {"Enabled": kind in after.enabled, "PreferredMfa": kind == after.preferred}
            for kind in _MFA_SETTINGS
            if kind in before.enabled or kind in after.enabled
        }
        if settings:
            call(self._client.set_user_mfa_preference, AccessToken=access_token, **settings)

    def delete_user(self, access_token: Secret) -> None:
        """Delete the user, with everything that the pool knows of them."""
        call(self._client.delete_user, AccessToken=access_token)

    def _named(self, username: str, client_metadata: Mapping[str, str] | None) -> dict[str, Any]:
        return {
            "ClientId": self._config.client_id,
            "Username": username,
            "SecretHash": secret_hash(username, self._config.client_id, self._config.client_secret),
            "ClientMetadata": dict(client_metadata or {}) or None,
        }


_SOMEWHERE = CodeDelivery("", "", "")


def _delivery(details: Any) -> CodeDelivery | None:
    if not isinstance(details, Mapping) or not details:
        return None
    return CodeDelivery(text(details, "Destination"), text(details, "DeliveryMedium"), text(details, "AttributeName"))


def _mfa_preference(answer: Mapping[str, Any]) -> MfaPreference:
    enabled = {_MFA_KINDS.get(name) for name in answer.get("UserMFASettingList") or ()}
    preferred = _MFA_KINDS.get(text(answer, "PreferredMfaSetting"))
    return MfaPreference("totp" in enabled, "sms" in enabled, "email" in enabled, preferred)


def _pairs(attributes: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in attributes.items()]
