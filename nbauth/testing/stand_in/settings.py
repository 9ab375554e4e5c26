"""The settings of the user pool: what an administrator of a pool at AWS would have chosen."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

_PER_HOUR = {
    "ChangePassword": 5,
    "ConfirmForgotPassword": 15,
    "ConfirmSignUp": 15,
    "ForgotPassword": 5,
    "GetUserAttributeVerificationCode": 5,
    "ResendConfirmationCode": 5,
    "VerifyUserAttribute": 15,
}


@dataclass(frozen=True, slots=True)
class DeviceTracking:
    """How a pool remembers devices (DeviceConfiguration).

    Attributes:
        replaces_second_factor: Whether a remembered device is asked for no code (ChallengeRequiredOnNewDevice).
        asks_the_user: Whether a device is remembered only when the user wants it
            (DeviceOnlyRememberedOnUserPrompt).
    """

    replaces_second_factor: bool = True
    asks_the_user: bool = False


@dataclass
class PoolSettings:
    """The settings; whatever is changed counts from then on.

    Attributes:
        self_sign_up: Whether people may sign up by themselves.
        confirms_sign_ups: Whether who signs up is confirmed at once, as by a pre sign-up trigger.
        auto_verified: The attributes a code is sent to at sign-up and when they change; a phone number comes first.
        verified_before_update: The attributes whose new value counts only once it is verified.
        recovery: Where a code for a forgotten password may go, the best way first.
        custom_attributes: The attributes there are beside the standard ones, such as ``custom:team``.
        immutable_attributes: Those of them that stay what they were at sign-up.
        aliases: The attributes that are another name to sign in with: ``email``, ``phone_number``,
            ``preferred_username``.
        username_is: ``email`` or ``phone_number`` for a pool whose users have no other name; their real one is then
            their `sub`.
        case_sensitive: Whether ``Ada`` is somebody else than ``ada``.
        password_history: How many earlier passwords must not be used again.
        mfa: ``OFF``, ``OPTIONAL`` or ``ON``: whether a second factor is asked for.
        second_factors: Which second factors there are.
        first_factors: What a sign-in of the flow USER_AUTH may begin with.
        devices: How devices are remembered; None for not at all.
        relying_party: The domain that passkeys are for; None for none.
        user_verification: ``preferred`` or ``required``: whether a passkey must check who uses it.
        passkeys_are_two_factors: Whether a passkey that checks its user needs no second factor beside it.
        limits: How often an hour each user may ask for an operation.
        sign_up_code_lifetime: How long the code of a sign-up is good, and that of an attribute.
        password_code_lifetime: How long the code for a forgotten password is good.
        has_step_up: Whether a sign-in can be made stronger, which takes the pool's feature plan.
    """

    self_sign_up: bool = True
    confirms_sign_ups: bool = False
    auto_verified: frozenset[str] = frozenset({"email", "phone_number"})
    verified_before_update: frozenset[str] = frozenset()
    recovery: Sequence[str] = ("email", "phone_number")
    custom_attributes: frozenset[str] = frozenset()
    immutable_attributes: frozenset[str] = frozenset()
    aliases: frozenset[str] = frozenset({"email", "phone_number"})
    username_is: str | None = None
    case_sensitive: bool = True
    password_history: int = 0
    mfa: str = "OPTIONAL"
    second_factors: frozenset[str] = frozenset({"SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"})
    first_factors: frozenset[str] = frozenset({"PASSWORD"})
    devices: DeviceTracking | None = None
    relying_party: str | None = None
    user_verification: str = "preferred"
    passkeys_are_two_factors: bool = False
    limits: dict[str, int] = field(default_factory=lambda: dict(_PER_HOUR))
    sign_up_code_lifetime: timedelta = timedelta(hours=24)
    password_code_lifetime: timedelta = timedelta(hours=1)
    has_step_up: bool = True
