"""What a user's account in a user pool is made of, and what came of changing it: values.

A preference for second factors is changed by naming what shall be different; `MfaPreference.changed` sees to it that
everything else stays as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, get_args
from urllib.parse import quote

from nbauth.core.challenges import Challenge
from nbauth.core.results import SignInResult
from nbauth.core.secret import Secret
from nbauth.errors import AuthError

MfaKind = Literal["totp", "sms", "email"]


@dataclass(frozen=True, slots=True)
class CodeDelivery:
    """Where a code was sent.

    Attributes:
        destination: The address or number, masked by the service.
        medium: ``EMAIL`` or ``SMS``.
        attribute: The user's attribute that it is for, such as ``email``.
    """

    destination: str
    medium: str
    attribute: str


@dataclass(frozen=True, slots=True)
class Registration:
    """What the user pool says to a sign-up.

    Attributes:
        user_sub: The new user's unchanging id.
        confirmed: Whether no code has to be entered.
        delivery: Where the code went; None where none was sent.
        session: What the confirmation, and the sign-in after it, carry on with; None where the pool gave nothing.
    """

    user_sub: str
    confirmed: bool
    delivery: CodeDelivery | None = None
    session: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _ThenSignIn:
    sign_in: SignInResult | None = None
    error: AuthError | None = None

    @property
    def done(self) -> bool:
        """Whether the user is signed in."""
        return self.sign_in is not None and self.sign_in.done

    @property
    def challenge(self) -> Challenge | None:
        """What the pool asks next in the sign-in that has begun."""
        return self.sign_in.challenge if self.sign_in else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpResult(_ThenSignIn):
    """What came of one step of a sign-up.

    Attributes:
        confirmed: Whether the account may be signed in to.
        delivery: Where the code went; None where none was sent.
        user_sub: The user's unchanging id; empty where this step does not tell.
        sign_in: What came of signing in straight away; None where that was not possible.
        error: Why it was not, where it was tried.
    """

    confirmed: bool
    delivery: CodeDelivery | None = None
    user_sub: str = ""

    @property
    def next_step(self) -> Literal["confirm_sign_up", "sign_in", "confirm_sign_in", ""]:
        """The verb to call next; empty once the user is signed in."""
        if not self.confirmed:
            return "confirm_sign_up"
        return _next_step(self.sign_in)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordResetResult(_ThenSignIn):
    """What came of a password that was reset. The new one counts in any case.

    Attributes:
        sign_in: What came of signing in straight away; None where that was not possible.
        error: Why it was not, where it was tried.
    """

    @property
    def next_step(self) -> Literal["sign_in", "confirm_sign_in", ""]:
        """The verb to call next; empty once the user is signed in."""
        return _next_step(self.sign_in)


@dataclass(frozen=True, slots=True)
class MfaPreference:
    """Which second factors a user has switched on.

    Attributes:
        totp: Codes of an authenticator app.
        sms: Codes by text message.
        email: Codes by e-mail.
        preferred: The one that is asked for without a choice; None where there is none.
    """

    totp: bool = False
    sms: bool = False
    email: bool = False
    preferred: MfaKind | None = None

    @property
    def enabled(self) -> tuple[MfaKind, ...]:
        """The kinds that are switched on."""
        switches: dict[MfaKind, bool] = {"totp": self.totp, "sms": self.sms, "email": self.email}
        return tuple(kind for kind, is_on in switches.items() if is_on)

    def changed(
        self,
        *,
        totp: bool | None = None,
        sms: bool | None = None,
        email: bool | None = None,
        preferred: MfaKind | None = None,
    ) -> "MfaPreference":
        """Return the preference with what is named changed; what is preferred is switched on too.

        Raises:
            ValueError: If one is preferred and switched off at once, or there is no such kind.
        """
        if preferred not in (None, *get_args(MfaKind)):
            raise ValueError("preferred is one of totp, sms and email")
        if preferred and {"totp": totp, "sms": sms, "email": email}[preferred] is False:
            raise ValueError(f"{preferred} cannot be preferred and switched off at once")
        after = MfaPreference(
            totp=preferred == "totp" or (self.totp if totp is None else totp),
            sms=preferred == "sms" or (self.sms if sms is None else sms),
            email=preferred == "email" or (self.email if email is None else email),
        )
        chosen = preferred or self.preferred
        return replace(after, preferred=chosen if chosen in after.enabled else None)


@dataclass(frozen=True, slots=True)
class Account:
    """What the user pool knows of a user.

    Attributes:
        username: The user's real name in the pool.
        attributes: The user's attributes, by their names in the pool.
        mfa: Which second factors are switched on.
    """

    username: str
    attributes: Mapping[str, str] = field(repr=False)
    mfa: MfaPreference


@dataclass(frozen=True, slots=True)
class TotpSetup:
    """What an authenticator app is set up with; a code that it shows completes the set-up.

    Attributes:
        username: Whose account it is.
        secret: The shared secret, in base 32.
        replaces_existing: Whether an app is set up already, whose codes this ends.
    """

    username: str
    secret: Secret
    replaces_existing: bool

    def uri(self, issuer: str) -> Secret:
        """Return the ``otpauth`` address that authenticator apps read from a QR code (Key Uri Format).

        Args:
            issuer: What the app shows the account under.
        """
        shown = quote(issuer.replace(":", " ").strip(), safe="")
        label = f"{shown}:{quote(self.username, safe='')}" if shown else quote(self.username, safe="")
        parameters = f"secret={self.secret.reveal()}" + (f"&issuer={shown}" if shown else "")
        return Secret(f"otpauth://totp/{label}?{parameters}")


@dataclass(frozen=True, slots=True)
class Device:
    """A device that the user pool knows a user by.

    Attributes:
        key: Its id.
        name: What it was called when it was made known; empty where nobody called it anything.
        attributes: Everything else that the pool says about it.
        created_at: When it was made known (aware, UTC).
        modified_at: When what is known of it changed last.
        last_used_at: When it was signed in from last.
    """

    key: str
    name: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict, repr=False)
    created_at: datetime | None = None
    modified_at: datetime | None = None
    last_used_at: datetime | None = None

    @property
    def is_remembered(self) -> bool:
        """Whether the pool may ask for less there; False where it knows the device and waits for the user's word."""
        return self.attributes.get("dev:device_remembered_status") != "not_remembered"


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey that a user may sign in with.

    Attributes:
        credential_id: Its id.
        name: What the authenticator calls itself.
        relying_party_id: The domain that it is good for.
        attachment: ``platform`` or ``cross-platform``; empty where the pool does not say.
        transports: How it is reached, such as ``internal`` or ``usb``.
        created_at: When it was registered (aware, UTC).
    """

    credential_id: str
    name: str = ""
    relying_party_id: str = ""
    attachment: str = ""
    transports: tuple[str, ...] = ()
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class UserSession:
    """A place where a user is signed in.

    Attributes:
        session_id: Its id.
        kind: ``TOKEN`` for an app client, ``SSO`` for a browser at the managed sign-in pages.
        client_id: The app client; empty for a browser.
        device: What kind of device it is.
        ip_address: Where it was last used from.
        location: City and country of that address, as far as the pool knows.
        is_current: Whether it is this one.
        created_at: When it began (aware, UTC).
        last_used_at: When it was last used.
    """

    session_id: str
    kind: str = ""
    client_id: str = ""
    device: str = ""
    ip_address: str = ""
    location: str = ""
    is_current: bool = False
    created_at: datetime | None = None
    last_used_at: datetime | None = None


def _next_step(sign_in: SignInResult | None) -> Literal["sign_in", "confirm_sign_in", ""]:
    if sign_in is None:
        return "sign_in"
    return "" if sign_in.done else "confirm_sign_in"
