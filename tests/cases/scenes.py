"""Where rows are played: at the stand-in, which has them all, and at the fake user pool."""

import uuid
from datetime import timedelta

from nbauth.core.account import Device, MfaPreference
from nbauth.core.device import RememberedDevice
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.errors import ServiceUnavailable
from nbauth.ports import Credential
from nbauth.testing import AppClient, Cognito, FakeClock, FakeUserPool, Fault, totp
from nbauth.testing.stand_in.device import Device as StandInsDevice
from nbauth.testing.stand_in.srp import Verifier
from tests.cases.model import APP_SECRET, EMAIL, FLOWS, PHONE, USERNAME, Journey
from tests.cases.passkey import DOMAIN, SoftwarePasskey

CLIENT_SECRET = "a1b2c3d4e5" * 5
_DEVICE = RememberedDevice(USERNAME, "eu-west-1_00000000-0000-4000-8000-00000000000d", "-group", Secret("device"))


def record_of(journey: Journey) -> Record | None:
    """Return what this machine remembers of an earlier sign-in."""
    return Record(device=_DEVICE) if journey.who.device else None


def credential_of(journey: Journey) -> Credential:
    """Return what a sign-in begins with."""
    return Credential(
        journey.typed,
        Secret(journey.given) if journey.given else None,
        journey.flow,
        device=_DEVICE if journey.who.device else None,
        preferred_challenge=journey.preferred,
    )


class StandInScene:
    """The stand-in.

    Attributes:
        cognito: The stand-in.
        client: The app client to sign in to.

    Args:
        cognito: It, started, with nobody in it.
        journey: Whom it is for.
        secret: Whether the app client has a secret.
    """

    def __init__(self, cognito: Cognito, journey: Journey, *, secret: bool = False) -> None:
        self.cognito = cognito
        self._passkey = SoftwarePasskey()
        own = AppClient(secret=CLIENT_SECRET if secret else None, flows=FLOWS | {"REFRESH_TOKEN_AUTH"})
        self.client = cognito.add_client(own)
        self._set_up(journey)
        self._add_user(journey)

    def sent_code(self) -> str:
        return self.cognito.codes[USERNAME]

    def app_code(self, secret: str = APP_SECRET) -> str:
        return totp(secret, self.cognito.clock.now())

    def passkey(self, options: str) -> str:
        return self._passkey.sign(options)

    def let_challenges_expire(self) -> None:
        self.cognito.clock.advance(self.client.session_lifetime)

    def lose_challenges(self) -> None:
        for waiting in self.cognito._pool.challenges._open.values():
            waiting.spent = True

    def throttle_next(self) -> None:
        self.cognito.faults.add(Fault.THROTTLED, times=1)

    def calls(self) -> tuple[str, ...]:
        """Return what it was asked: the flow, the challenges, other operations by their names."""
        return tuple(
            call.parameters.get("ChallengeName") or call.parameters.get("AuthFlow") or call.operation
            for call in self.cognito.calls
        )

    def _set_up(self, journey: Journey) -> None:
        wanted, cognito, settings = journey.pool, self.cognito, self.cognito.settings
        settings.mfa, settings.devices, settings.relying_party = wanted.mfa, wanted.devices, DOMAIN
        settings.first_factors, settings.second_factors = wanted.first_factors, wanted.second_factors
        cognito.triggers.custom, cognito.triggers.later = list(wanted.questions), list(wanted.later)
        cognito.users.required_attributes = wanted.required_attributes

    def _add_user(self, journey: Journey) -> None:
        who, now = journey.who, self.cognito.clock.now()
        phone = {"phone_number": PHONE, "phone_number_verified": "true"} if who.phone else {}
        user = self.cognito.users.add(
            USERNAME,
            who.password,
            temporary=who.temporary,
            totp_secret=APP_SECRET if "SOFTWARE_TOKEN_MFA" in who.second_factors else None,
            email=EMAIL if who.email else None,
            attributes=phone,
        )
        user.sms_mfa, user.email_mfa = "SMS_MFA" in who.second_factors, "EMAIL_OTP" in who.second_factors
        user.passkeys = [self._passkey.kept_by_the_pool(now)] if who.passkey else []
        if who.device == "known":
            verifier = Verifier.of(_DEVICE.group_key, _DEVICE.key, _DEVICE.password.reveal())
            user.devices[_DEVICE.key] = StandInsDevice(
                _DEVICE.key, _DEVICE.group_key, now, verifier=verifier, remembered=True
            )


class FakeScene:
    """The fake user pool.

    Attributes:
        users: The fake.
        clock: Its time.

    Args:
        journey: Whom it is for.
    """

    def __init__(self, journey: Journey) -> None:
        who = journey.who
        self.clock = FakeClock()
        self.users = FakeUserPool(self.clock, knows_devices=journey.pool.devices is not None)
        self.users.add_user(
            USERNAME,
            who.password or str(uuid.uuid4()),
            temporary=who.temporary,
            totp_secret=APP_SECRET if "SOFTWARE_TOKEN_MFA" in who.second_factors else None,
            phone_number=PHONE if who.phone else None,
            email=EMAIL if who.email else None,
            must_set_up_mfa=journey.pool.mfa == "ON",
        )
        user = self.users.people[0]
        user.mfa = MfaPreference(
            totp="SOFTWARE_TOKEN_MFA" in who.second_factors,
            sms="SMS_MFA" in who.second_factors,
            email="EMAIL_OTP" in who.second_factors,
        )
        if who.device == "known":
            now = self.clock.now()
            user.devices[_DEVICE.key] = Device(_DEVICE.key, created_at=now, modified_at=now, last_used_at=now), True

    def sent_code(self) -> str:
        return self.users.sent_codes[USERNAME]

    def app_code(self, secret: str = APP_SECRET) -> str:
        return totp(secret, self.clock.now())

    def passkey(self, options: str) -> str:
        raise NotImplementedError("the fake takes no passkeys")

    def let_challenges_expire(self) -> None:
        self.clock.advance(timedelta(minutes=3))

    def lose_challenges(self) -> None:
        self.users._pending.clear()

    def throttle_next(self) -> None:
        self.users.fail_next(ServiceUnavailable("Cognito is asked too often just now: try again in a moment"))
