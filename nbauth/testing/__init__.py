"""Fakes of nbauth's ports, makers of its values and a stand-in for Cognito, for nbauth's own tests and its users'."""

from nbauth.testing.fakes import FakeClock, FakeIdentityPool, FakeUserPool, Hold
from nbauth.testing.makers import credentials, tokens, totp
from nbauth.testing.stand_in import AppClient, Fault, StandIn

__all__ = [
    "AppClient",
    "FakeClock",
    "FakeIdentityPool",
    "FakeUserPool",
    "Fault",
    "Hold",
    "StandIn",
    "credentials",
    "tokens",
    "totp",
]
