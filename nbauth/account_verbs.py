"""The verbs of a session that are about the user's account in the pool: making it, its passwords, its attributes,
its second factors, and its end.

Verbs that need the user's access token wait for a sign-in as `get_tokens` does. A password or code is a `Secret` from
its first line on.
"""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from nbauth.core import arguments
from nbauth.core.arguments import Metadata, Wait
from nbauth.core.secret import Secret
from nbauth.errors import Rejected, UserNotFound

if TYPE_CHECKING:
    from nbauth.belongings import Devices, Passkeys, UserSessions
    from nbauth.core.account import CodeDelivery, MfaKind, MfaPreference, PasswordResetResult, SignUpResult, TotpSetup
    from nbauth.core.tokens import TokenSet
    from nbauth.engine import Engine
    from nbauth.ports import UserAccounts

T = TypeVar("T")


class AccountVerbs:
    """Mixin of the verbs of `AuthSession` that are about the user's account."""

    if TYPE_CHECKING:
        # What they need of the session.
        @property
        def user_sub(self) -> str | None:
            """The user's unchanging id."""

        def get_tokens(self, *, force_refresh: bool = False, wait: Wait = None) -> TokenSet:
            """Return the user's tokens."""

        def _ready(self) -> Engine: ...

    # -- making an account

    def sign_up(
        self,
        username: str,
        password: str | Secret | None,
        *,
        attributes: Mapping[str, str] | None = None,
        client_metadata: Metadata = None,
    ) -> "SignUpResult":
        """Make an account, and sign in to it where the pool confirms it at once.

        Where a code has to be entered first, the password is kept in memory for ten minutes, so that
        `confirm_sign_up` can sign in without asking for it again.

        Args:
            username: The name to sign in with.
            password: The password; None in a pool that people sign in to without one.
            attributes: The user's attributes, such as ``{"email": "ada@example.com"}``.
            client_metadata: Passed on to the pool's Lambda triggers.

        Raises:
            UsernameExists: The name is taken.
            InvalidPassword: The password does not fit the pool's policy.
            CodeDeliveryFailure: The account is made, and its code could not be sent: ask for another.
            Rejected: Cognito refused; each reason a user can mend has a class of its own.
            ServiceUnavailable: Cognito could not be asked.
        """
        from nbauth import joining

        password = None if password is None else Secret.of(password)
        name, given = arguments.username(username), arguments.texts(attributes, "attributes")
        return joining.sign_up(self._ready(), name, password, given, client_metadata)

    def confirm_sign_up(
        self, username: str, code: str | Secret, *, take_over_alias: bool = False, client_metadata: Metadata = None
    ) -> "SignUpResult":
        """Confirm an account with the code that was sent, and sign in to it where nobody is signed in.

        It signs in with what `sign_up`, or a `sign_in` that was refused for want of the code, was given a few minutes
        ago. Where there is no such thing, the result says that `sign_in` comes next.

        Args:
            username: The name that was given to `sign_up`.
            code: The code.
            take_over_alias: Take an e-mail address or phone number from another account that signs in with it.
            client_metadata: Passed on to the pool's Lambda triggers.

        Raises:
            CodeMismatch: The code is wrong.
            ExpiredCode: The code is too old: ask for another.
            AliasExists: Another account signs in with that address or number.
            ServiceUnavailable: Cognito could not be asked.
        """
        from nbauth import joining

        code = Secret.of(code)
        username, code = arguments.username(username), arguments.code(code)
        return joining.confirm_sign_up(self._ready(), username, code, client_metadata, take_over_alias=take_over_alias)

    def resend_sign_up_code(self, username: str, *, client_metadata: Metadata = None) -> "SignUpResult":
        """Send the code of a sign-up again.

        Raises:
            AlreadyConfirmed: There is nothing to confirm.
            LimitExceeded: Too much was sent already.
            ServiceUnavailable: Cognito could not be asked.
        """
        from nbauth import joining

        return joining.resend_sign_up_code(self._accounts, arguments.username(username), client_metadata)

    # -- passwords

    def forgot_password(self, username: str, *, client_metadata: Metadata = None) -> "CodeDelivery":
        """Send a code with which the user chooses a new password.

        Returns:
            Where the code went. For a name that there is not, most pools answer as if there were.

        Raises:
            InvalidParameter: The user has no address or number that is known to be theirs.
            LimitExceeded: Too much was sent already.
            ServiceUnavailable: Cognito could not be asked.
        """
        from nbauth.background import carry_out

        username, accounts = arguments.username(username), self._accounts
        return carry_out(lambda: accounts.forgot_password(username, client_metadata))

    def confirm_forgot_password(
        self, username: str, code: str | Secret, new_password: str | Secret, *, client_metadata: Metadata = None
    ) -> "PasswordResetResult":
        """Set a new password with the code that was sent, and sign in with it where nobody is signed in.

        Raises:
            CodeMismatch: The code is wrong.
            ExpiredCode: The code is too old: ask for another.
            InvalidPassword: The password does not fit the pool's policy.
            ServiceUnavailable: Cognito could not be asked.
        """
        from nbauth import joining

        code, new_password = Secret.of(code), Secret.of(new_password)
        username, code = arguments.username(username), arguments.code(code)
        return joining.reset_password(self._ready(), username, code, new_password, client_metadata)

    def change_password(self, old: str | Secret | None, new: str | Secret, *, wait: Wait = None) -> None:
        """Set a new password.

        Args:
            old: The password so far; None for somebody who has none.
            new: The password from now on.
            wait: How long to wait where only a sign-in helps, in seconds; None for `sign_in_wait`, False for not.

        Raises:
            NotAuthorized: The old password is wrong.
            InvalidPassword: The new one does not fit the pool's policy.
            SignInRequired: Nobody signed in.
        """
        before, after = None if old is None else Secret.of(old), Secret.of(new)
        old = new = ""
        self._ask(lambda accounts, token: accounts.change_password(token, before, after), wait=wait)

    # -- attributes

    def get_user_attributes(self, *, wait: Wait = None) -> dict[str, str]:
        """Return the user's attributes as they are in the pool now.

        Args:
            wait: How long to wait where only a sign-in helps, in seconds; None for `sign_in_wait`, False for not.

        Raises:
            SignInRequired: Nobody signed in.
            ServiceUnavailable: Cognito could not be asked.
        """
        return dict(self._ask(lambda accounts, token: accounts.get_account(token), wait=wait).attributes)

    def update_user_attributes(
        self, attributes: Mapping[str, str], *, client_metadata: Metadata = None, wait: Wait = None
    ) -> "tuple[CodeDelivery, ...]":
        """Set attributes of the user; claims have the new values after the next refresh.

        Returns:
            Where codes were sent that prove new addresses and numbers; `confirm_user_attribute` takes them.

        Raises:
            AliasExists: Another account signs in with that address or number.
            Rejected: An attribute is not the user's to set, or does not fit.
            SignInRequired: Nobody signed in.
        """
        given = arguments.texts(attributes, "attributes")
        return self._ask(lambda accounts, token: accounts.update_attributes(token, given, client_metadata), wait=wait)

    def delete_user_attributes(self, names: Collection[str], *, wait: Wait = None) -> None:
        """Delete attributes of the user.

        Raises:
            Rejected: One is required, or not the user's to delete.
            SignInRequired: Nobody signed in.
        """
        given = arguments.names(names)
        self._ask(lambda accounts, token: accounts.delete_attributes(token, given), wait=wait)

    def verify_user_attribute(
        self, name: str, *, client_metadata: Metadata = None, wait: Wait = None
    ) -> "CodeDelivery":
        """Send a code that proves that an address or number is the user's.

        Args:
            name: ``email`` or ``phone_number``.
            client_metadata: Passed on to the pool's Lambda triggers.
            wait: How long to wait where only a sign-in helps, in seconds; None for `sign_in_wait`, False for not.

        Raises:
            LimitExceeded: Too much was sent already.
            Rejected: There is nothing to prove.
            SignInRequired: Nobody signed in.
        """
        return self._ask(lambda accounts, token: accounts.send_attribute_code(token, name, client_metadata), wait=wait)

    def confirm_user_attribute(self, name: str, code: str | Secret, *, wait: Wait = None) -> None:
        """Prove with the code that was sent that an address or number is the user's.

        Raises:
            CodeMismatch: The code is wrong.
            ExpiredCode: The code is too old: ask for another.
            SignInRequired: Nobody signed in.
        """
        code = Secret.of(code)
        sent = arguments.code(code)
        self._ask(lambda accounts, token: accounts.confirm_attribute(token, name, sent), wait=wait)

    # -- second factors

    def set_up_totp(self, *, wait: Wait = None) -> "TotpSetup":
        """Begin to set up an authenticator app; `verify_totp` completes it.

        Returns:
            The secret to set the app up with, and whether the codes of an app that is set up already may end with this.

        Raises:
            Rejected: The pool takes no authenticator apps.
            SignInRequired: Nobody signed in.
        """
        from nbauth.core.account import TotpSetup

        def ask(accounts: "UserAccounts", token: Secret) -> TotpSetup:
            account = accounts.get_account(token)
            return TotpSetup(account.username, accounts.set_up_totp(token), replaces_existing=account.mfa.totp)

        return self._ask(ask, wait=wait)

    def verify_totp(self, code: str | Secret, device_name: str | None = None, *, wait: Wait = None) -> None:
        """Complete the set-up of an authenticator app; `set_mfa_preference(totp=True)` has it asked for.

        Args:
            code: What the app shows.
            device_name: What sign-ins call the app; None for nothing.
            wait: How long to wait where only a sign-in helps, in seconds; None for `sign_in_wait`, False for not.

        Raises:
            CodeMismatch: The code is wrong.
            Rejected: No set-up was begun.
            SignInRequired: Nobody signed in.
        """
        code = Secret.of(code)
        sent = arguments.code(code)
        self._ask(lambda accounts, token: accounts.verify_totp(token, sent, device_name), wait=wait)

    def get_mfa_preference(self, *, wait: Wait = None) -> "MfaPreference":
        """Return which second factors the user has switched on.

        Raises:
            SignInRequired: Nobody signed in.
        """
        return self._ask(lambda accounts, token: accounts.get_account(token), wait=wait).mfa

    def set_mfa_preference(
        self,
        *,
        totp: bool | None = None,
        sms: bool | None = None,
        email: bool | None = None,
        preferred: "MfaKind | None" = None,
        wait: Wait = None,
    ) -> "MfaPreference":
        """Switch second factors on or off; what is not named stays as it is.

        Args:
            totp: Codes of an authenticator app.
            sms: Codes by text message.
            email: Codes by e-mail.
            preferred: The one to ask for without a choice, which is switched on too.
            wait: How long to wait where only a sign-in helps, in seconds; None for `sign_in_wait`, False for not.

        Returns:
            What holds from now on.

        Raises:
            Rejected: One cannot be switched on for this user, or off in this pool.
            SignInRequired: Nobody signed in.
        """

        def ask(accounts: "UserAccounts", token: Secret) -> "MfaPreference":
            before = accounts.get_account(token).mfa
            after = _changed(before, totp=totp, sms=sms, email=email, preferred=preferred)
            accounts.set_mfa_preference(token, before, after)
            return after

        return self._ask(ask, wait=wait)

    # -- what belongs to the account

    @property
    def devices(self) -> "Devices":
        """The devices that the user pool knows the user by."""
        from nbauth.belongings import Devices

        return Devices(self)

    @property
    def passkeys(self) -> "Passkeys":
        """The passkeys that the user may sign in with."""
        from nbauth.belongings import Passkeys

        return Passkeys(self)

    @property
    def sessions(self) -> "UserSessions":
        """The places where the user is signed in."""
        from nbauth.belongings import UserSessions

        return UserSessions(self)

    # -- its end

    def delete_user(self, *, wait: Wait = None) -> None:
        """Delete the user from the pool, for good, and sign out on this machine.

        Raises:
            SignInRequired: Nobody is signed in.
            Rejected: Cognito refused.
            ServiceUnavailable: Cognito could not be asked; nothing was deleted.
        """
        from nbauth.core.events import SignOut

        def ask(accounts: "UserAccounts", token: Secret) -> None:
            with suppress(UserNotFound):  # somebody was faster, or an answer was lost
                accounts.delete_user(token)

        # Whoever would sign in because of this call is not who it is meant for.
        self._ask(ask, wait=wait if self.user_sub else False)
        self._ready().dispatch(SignOut(revoke=False, forget_device=True))

    # -- internals

    @property
    def _accounts(self) -> "UserAccounts":
        return self._ready().ports.require_accounts()

    def _ask(self, ask: "Callable[[UserAccounts, Secret], T]", *, wait: Wait) -> T:
        from nbauth.access import with_accounts

        return with_accounts(self, ask, wait=wait)


def _changed(before: "MfaPreference", **named: "bool | MfaKind | None") -> "MfaPreference":
    try:
        return before.changed(**named)  # type: ignore[arg-type]
    except ValueError as unfit:
        complaint = str(unfit)
    raise Rejected(complaint)
