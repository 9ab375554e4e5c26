"""Fakes of nbauth's ports and makers of its values, for nbauth's own tests and for those of its users."""

from nbauth.testing.fakes import FakeClock, FakeIdentityPool, FakeUserPool, Hold
from nbauth.testing.makers import credentials, tokens, totp

__all__ = ["FakeClock", "FakeIdentityPool", "FakeUserPool", "Hold", "credentials", "tokens", "totp"]
