"""The keyring store uses real keyrings only, keeps long records whole, and waits for none for ever."""

import json
import os
import stat
import sys
import threading
from dataclasses import replace

import keyring
import pytest
from keyring.backends.chainer import ChainerBackend

import nbauth.stores.keyring
from nbauth.core.record import Record
from nbauth.errors import ConfigError, StoreError
from nbauth.stores.file import state_folder
from nbauth.stores.keyring import open_store


@pytest.fixture
def desktop_keyring(machine, use_keyring):
    return use_keyring("keyring.backends.SecretService")


@pytest.fixture
def windows_keyring(machine, use_keyring, fake_keyring_class):
    class WinVault(fake_keyring_class):
        def set_password(self, service, username, password):
            if len(password.encode("utf-16")) > 2560:
                raise OSError(1783, "The stub received bad data")
            super().set_password(service, username, password)

    return use_keyring("keyring.backends.Windows", WinVault)


def refusal(call, *args):
    with pytest.raises(StoreError) as caught:
        call(*args)
    message = str(caught.value)
    assert "hunter2" not in message
    assert caught.value.__context__ is None
    frame = caught.value.__traceback__
    while frame := frame.tb_next:
        assert "hunter2" not in repr(frame.tb_frame.f_locals)
    return message


def test_a_record_is_one_entry(desktop_keyring, key, record):
    open_store(key).save(record)
    assert list(desktop_keyring.entries) == [key.digest()]
    open_store(key).forget()
    assert desktop_keyring.entries == {}


def test_other_kernels_are_told_without_asking_the_keyring(desktop_keyring, key, record, monkeypatch):
    mine, another = open_store(key), open_store(key)
    before = mine.version()
    another.save(record)
    monkeypatch.setattr(nbauth.stores.keyring, "_ask", None)
    assert mine.version() != before


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="these are POSIX permissions")
def test_the_stamp_is_for_this_user_alone_and_holds_nothing_of_the_record(desktop_keyring, key, record):
    open_store(key).save(record)
    (stamp,) = state_folder().iterdir()
    assert stat.S_IMODE(stamp.stat().st_mode) == 0o600
    values = json.loads(stamp.read_text())
    assert values == {"account": "default", "change": values["change"]}


def test_accounts_are_listed_without_asking_the_keyring(desktop_keyring, key, record, monkeypatch):
    open_store(key).save(record)
    monkeypatch.setattr(nbauth.stores.keyring, "_ask", None)
    assert open_store(replace(key, account="work")).accounts() == ["default"]


def test_a_stamp_of_an_earlier_nbauth_lists_nobody(desktop_keyring, key, record):
    store = open_store(key)
    store.save(record)
    (stamp,) = state_folder().iterdir()
    stamp.write_bytes(b"\x80" * 16)
    assert store.accounts() == []


def test_an_entry_of_an_earlier_nbauth_is_read(desktop_keyring, key, record):
    old = replace(record, identity_id="us-east-1:1")
    desktop_keyring.entries[key.digest()] = json.dumps(old.to_dict())
    assert open_store(key).load() == old


def test_a_record_is_kept_where_other_kernels_cannot_be_told(desktop_keyring, key, record, machine):
    (machine / "home").write_text("in the way")
    store = open_store(key)
    store.save(record)
    assert store.load() == record
    assert store.version() is None


@pytest.mark.parametrize("module", ["keyrings.alt.file", "keyring.backends.null", "keyring.backends.fail"])
def test_a_keyring_that_is_none_is_refused_by_name(machine, use_keyring, key, module):
    use_keyring(module)
    with pytest.raises(ConfigError, match=f"found {module}.Keyring: use another store"):
        open_store(key)


def test_without_the_package_it_says_what_to_install(machine, key, monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ConfigError, match=r"install nbauth\[keyring\]") as caught:
        open_store(key)
    assert caught.value.__context__ is None


def test_among_chained_keyrings_the_real_one_is_used_and_only_that(use_keyring, machine, key, record):
    plain, real = use_keyring("keyrings.alt.file"), use_keyring("keyring.backends.SecretService")

    class Chain(ChainerBackend):
        priority = 0
        backends = (plain, real)

    keyring.set_keyring(Chain())
    open_store(key).save(record)
    assert (plain.entries, list(real.entries)) == ({}, [key.digest()])


def test_a_long_record_is_cut_to_what_windows_takes(windows_keyring, key, record):
    store = open_store(key)
    store.save(record)
    assert len(windows_keyring.entries) > 2
    assert open_store(key).load() == record


def test_a_new_record_leaves_nothing_of_the_old(windows_keyring, key, record):
    store = open_store(key)
    store.save(record)
    store.save(record)
    assert len(windows_keyring.entries) == 3
    store.save(Record(identity_id="us-east-1:1"))
    assert len(windows_keyring.entries) == 1
    store.save(record)
    store.forget()
    assert windows_keyring.entries == {}


@pytest.mark.parametrize("writes", [0, 1, 2])
def test_a_write_that_breaks_off_leaves_the_old_record(windows_keyring, key, record, monkeypatch, writes):
    store = open_store(key)
    store.save(record)
    write, left = windows_keyring.set_password, [None] * writes

    def break_off(service, username, password):
        if not left:
            raise OSError(password)
        left.pop()
        write(service, username, password)

    monkeypatch.setattr(windows_keyring, "set_password", break_off)
    new = Record(refresh_token=record.refresh_token)
    assert "keyring refused (OSError)" in refusal(store.save, new)
    assert store.load() == record


def test_a_record_with_a_part_missing_is_refused(windows_keyring, key, record):
    store = open_store(key)
    store.save(record)
    windows_keyring.entries.pop(next(name for name in windows_keyring.entries if name != key.digest()))
    assert "is not used, so sign in again: it is not whole" in refusal(store.load)


@pytest.mark.parametrize("text", ["", "nonsense", "5", '{"schema": 2}', '["missing"]'])
def test_an_entry_that_is_no_record_is_refused_and_can_be_replaced(desktop_keyring, key, record, text):
    desktop_keyring.entries[key.digest()] = text
    store = open_store(key)
    assert "is not used, so sign in again" in refusal(store.load)
    store.save(record)
    assert store.load() == record


def test_a_keyring_that_stays_locked_is_a_store_error(
    machine, use_keyring, fake_keyring_class, key, record, monkeypatch
):
    unlocked = threading.Event()

    class Locked(fake_keyring_class):
        def get_password(self, service, username):
            unlocked.wait()

    use_keyring("keyring.backends.SecretService", Locked)
    monkeypatch.setattr(nbauth.stores.keyring, "_WAIT", 0.0)
    store = open_store(key)
    for call, *args in ((store.load,), (store.save, record), (store.forget,)):
        assert "does not answer: unlock it" in refusal(call, *args)
    unlocked.set()
