"""A home of their own for the stores under test, and a keyring to put in place of the machine's."""

import keyring
import pytest
from keyring.backend import KeyringBackend

from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.stores import StoreKey


class FakeKeyring(KeyringBackend):
    """A keyring in memory. Subclasses say by their module's name whose they are."""

    priority = 1

    def __init__(self):
        self.entries = {}

    def get_password(self, service, username):
        return self.entries.get(username)

    def set_password(self, service, username, password):
        self.entries[username] = password

    def delete_password(self, service, username):
        del self.entries[username]


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine without a desktop, whose only user has just begun."""
    tmp_path.chmod(0o700)
    for variable in ("HOME", "USERPROFILE", "LOCALAPPDATA", "XDG_STATE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    return tmp_path


@pytest.fixture
def use_keyring():
    """Put a fake keyring in the place of the machine's, as if it came from the module named."""
    before = keyring.get_keyring()

    def use(module, base=FakeKeyring):
        fake = type("Keyring", (base,), {"__module__": module})()
        keyring.set_keyring(fake)
        return fake

    yield use
    keyring.set_keyring(before)


@pytest.fixture
def fake_keyring_class():
    return FakeKeyring


@pytest.fixture
def key():
    return StoreKey("us-east-1_AbC", "client", "default")


@pytest.fixture
def record():
    return Record(username="ann", sub="1234", issuer="https://issuer", refresh_token=Secret("hunter2" * 300))
