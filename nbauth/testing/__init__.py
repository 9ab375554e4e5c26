"""Fakes of nbauth's ports, makers of its values and a stand-in for Cognito, for nbauth's own tests and its users'."""

from nbauth.testing.fake_accounts import FakeUserAccounts
from nbauth.testing.fake_identity_pool import FakeIdentityPool
from nbauth.testing.fake_user import FakeUser
from nbauth.testing.fake_user_pool import FakeUserPool
from nbauth.testing.fake_verifier import FakeVerifier
from nbauth.testing.makers import credentials, tokens, totp
from nbauth.testing.scripted import FakeClock, Hold
from nbauth.testing.stand_in import (
    AppClient,
    Cognito,
    CustomChallenge,
    DeviceTracking,
    Fault,
    PasswordPolicy,
    StandIn,
)

__all__ = [
    "AppClient",
    "Cognito",
    "CustomChallenge",
    "DeviceTracking",
    "FakeClock",
    "FakeIdentityPool",
    "FakeUser",
    "FakeUserAccounts",
    "FakeUserPool",
    "FakeVerifier",
    "Fault",
    "Hold",
    "PasswordPolicy",
    "StandIn",
    "credentials",
    "tokens",
    "totp",
]
