"""Without being told, nbauth keeps sign-ins in a real keyring, else where they die with the machine."""

import os
import stat
import tempfile
import threading

import pytest

import nbauth.stores.keyring
from nbauth.errors import StoreError
from nbauth.stores.auto import open_store, runtime_folder
from nbauth.stores.file import FileStore
from nbauth.stores.keyring import KeyringStore

posix = pytest.mark.skipif(not hasattr(os, "getuid"), reason="these are POSIX permissions")


@pytest.fixture
def desktop(machine, monkeypatch):
    """A machine that may have a keyring."""
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    return machine


@pytest.fixture
def temporary(machine, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(machine))
    return machine


@pytest.fixture
def runtime(machine, monkeypatch):
    folder = machine / "run"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    return folder


@pytest.mark.parametrize("module", ["macOS", "Windows", "SecretService", "libsecret", "kwallet"])
def test_a_real_keyring_is_used(desktop, use_keyring, key, module):
    use_keyring(f"keyring.backends.{module}")
    assert isinstance(open_store(key), KeyringStore)


@pytest.mark.parametrize("module", ["keyrings.alt.file", "keyring.backends.null", "keyring.backends.fail", "mine"])
def test_any_other_keyring_is_not(desktop, runtime, use_keyring, key, module):
    use_keyring(module)
    assert isinstance(open_store(key), FileStore)


def test_a_keyring_that_breaks_is_passed_over(desktop, runtime, use_keyring, fake_keyring_class, key):
    class Broken(fake_keyring_class):
        def get_password(self, service, username):
            raise RuntimeError("no bus")

    use_keyring("keyring.backends.SecretService", Broken)
    assert isinstance(open_store(key), FileStore)


def test_a_locked_keyring_does_not_hold_up_the_kernel(
    desktop, runtime, use_keyring, fake_keyring_class, key, monkeypatch
):
    unlocked = threading.Event()

    class Locked(fake_keyring_class):
        def get_password(self, service, username):
            unlocked.wait()

    use_keyring("keyring.backends.SecretService", Locked)
    monkeypatch.setattr(nbauth.stores.keyring, "_SHORT_WAIT", 0.0)
    assert isinstance(open_store(key), FileStore)
    unlocked.set()


def test_in_voila_one_visitor_is_not_signed_in_as_the_one_before(desktop, use_keyring, key, record, monkeypatch):
    use_keyring("keyring.backends.SecretService")
    monkeypatch.setenv("VOILA_BASE_URL", "/")  # which Voilà sets in the kernel of every visitor
    open_store(key).save(record)
    assert open_store(key).load() is None


def test_a_server_without_a_desktop_is_not_asked_for_a_keyring(runtime, use_keyring, key, monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    use_keyring("keyring.backends.SecretService")
    assert isinstance(open_store(key), FileStore)


def test_files_go_to_the_runtime_folder(runtime, key, record):
    store = open_store(key)
    store.save(record)
    assert store.load() == record
    assert [path.name for path in (runtime / "nbauth").iterdir()] == [f"{key.digest()}.json"]


@posix
@pytest.mark.parametrize("mode", [0o755, 0o710])
def test_a_runtime_folder_that_others_may_enter_is_not_used(runtime, temporary, mode):
    runtime.chmod(mode)
    assert runtime_folder().parent == temporary


@pytest.mark.parametrize("value", ["", "relative", "/nowhere/at/all"])
def test_a_runtime_folder_that_is_none_is_not_used(temporary, monkeypatch, value):
    monkeypatch.setenv("XDG_RUNTIME_DIR", value)
    assert runtime_folder().parent == temporary


@posix
def test_without_a_runtime_folder_each_user_has_one_among_the_temporary_files(temporary, key, record):
    open_store(key).save(record)
    folder = temporary / f"nbauth-{os.getuid()}"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@posix
def test_a_temporary_folder_that_somebody_else_made_first_is_refused(temporary, key, record, monkeypatch):
    us = os.getuid()
    (temporary / f"nbauth-{us + 1}").mkdir(mode=0o700)
    monkeypatch.setattr(os, "getuid", lambda: us + 1)
    with pytest.raises(StoreError, match=f"belongs to another user \\(uid {us}\\): remove it, or choose another store"):
        open_store(key).save(record)
