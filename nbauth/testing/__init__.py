"""Fakes of nbauth's ports, makers of its values and a stand-in for Cognito, for nbauth's own tests and its users'."""

from nbauth.testing.fake_accounts import FakeUserAccounts
from nbauth.testing.fake_verifier import FakeVerifier
from nbauth.testing.fakes import FakeClock, FakeIdentityPool, FakeUser, FakeUserPool, Hold
from nbauth.testing.makers import credentials, tokens, totp
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
