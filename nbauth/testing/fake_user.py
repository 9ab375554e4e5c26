"""Somebody in a fake user pool: what the pool knows of a user, and how that user may sign in."""

from dataclasses import dataclass, field

from nbauth.core.account import Device, MfaKind, MfaPreference, Passkey
from nbauth.core.challenges import BY_PASSWORD
from nbauth.core.device import RememberedDevice
from nbauth.testing.makers import tokens


@dataclass(eq=False)
class FakeUser:
    """Somebody in a fake user pool; whatever is changed counts from then on.

    Attributes:
        username: The real name.
        password: The password; None for somebody who has none.
        temporary: Whether the password must be changed at the next sign-in.
        totp_secret: What the authenticator app was set up with, in base 32.
        attributes: The attributes, `sub` among them; a verified e-mail address is another name to sign in with.
        mfa: Which second factors are switched on.
        confirmed: Whether the sign-up is complete.
        must_reset: Whether the password must be reset before the next sign-in.
        must_set_up_mfa: Whether somebody without a second factor has to set one up.
        devices: The devices that the pool knows, by key, and whether it remembers them.
        passkeys: The passkeys, by id.
    """

    username: str
    password: str | None
    temporary: bool = False
    totp_secret: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    mfa: MfaPreference = field(default_factory=MfaPreference)
    confirmed: bool = True
    must_reset: bool = False
    must_set_up_mfa: bool = False
    devices: dict[str, tuple[Device, bool]] = field(default_factory=dict)
    passkeys: dict[str, Passkey] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.attributes.setdefault("sub", tokens(self.username).sub)

    def answers_to(self, name: str) -> bool:
        """Return whether `name` is one to sign in with: the real one, or a verified e-mail address."""
        verified = self.attributes.get("email_verified") == "true"
        return name == self.username or (verified and name == self.attributes.get("email"))

    def has_password(self, password: str) -> bool:
        """Return whether a password is the right one."""
        return self.password is not None and password == self.password

    def first_factors(self) -> list[str]:
        """Return the ways to begin a sign-in: with a password, or with a code where there is an address for it."""
        codes = {"EMAIL_OTP": "email", "SMS_OTP": "phone_number"}
        return [
            *(BY_PASSWORD if self.password else ()),
            *(way for way, name in codes.items() if name in self.attributes),
        ]

    def second_factors(self) -> list[str]:
        """Return what a sign-in asks for beside the password: nothing, one thing, or one of several."""
        kinds: dict[MfaKind, str] = {"totp": "SOFTWARE_TOKEN_MFA", "sms": "SMS_MFA", "email": "EMAIL_OTP"}
        preferred = (self.mfa.preferred,) if self.mfa.preferred else self.mfa.enabled
        return [kinds[kind] for kind in preferred]

    def remembers(self, device: RememberedDevice | None) -> bool:
        """Return whether a device is the user's and stands for a second factor."""
        return device is not None and self.devices.get(device.key, (None, False))[1]
