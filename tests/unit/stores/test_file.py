"""The file store keeps a record whole and private, or says why it does not."""

import errno
import json
import logging
import os
import shutil
import stat
import subprocess
import sys
from dataclasses import replace

import pytest

import nbauth.stores
from nbauth.core.record import Record
from nbauth.errors import ConfigError, StoreError, StoreGone
from nbauth.stores import StoreKey
from nbauth.stores.file import FileStore, open_store, state_folder

pytestmark = pytest.mark.skipif(not hasattr(os, "getuid"), reason="these are POSIX permissions")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "state" / "nbauth"


@pytest.fixture
def store(folder, key):
    return FileStore(folder, key)


@pytest.fixture
def path(store, folder, record, key):
    """The file of a record that has been saved."""
    store.save(record)
    return folder / f"{key.digest()}.json"


def refusal(call, *args):
    with pytest.raises(StoreError) as caught:
        call(*args)
    message = str(caught.value)
    assert "\n" not in message
    assert "hunter2" not in message
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    frame = caught.value.__traceback__
    while frame := frame.tb_next:
        assert "hunter2" not in repr(frame.tb_frame.f_locals)
    return message


def disk_full(*args):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_by_its_name_it_is_in_the_users_state_folder(machine, key, record):
    open_store(key).save(record)
    assert state_folder().is_relative_to(machine / "home")
    assert [path.name for path in state_folder().iterdir()] == [f"{key.digest()}.json"]


def test_that_a_file_which_lasts_is_not_encrypted_is_said_once(machine, key, record, caplog):
    caplog.set_level(logging.INFO)
    store = open_store(key)
    store.save(record)
    store.save(replace(record, identity_id="us-east-1:2"))
    open_store(key).load()
    assert caplog.messages == [
        f"nbauth: the sign-in is kept in {state_folder() / key.digest()}.json, which is not encrypted"
    ]


def test_of_a_file_that_dies_with_the_machine_nothing_is_said(store, record, caplog):
    caplog.set_level(logging.INFO)
    store.save(record)
    assert caplog.messages == []


def test_a_user_without_a_home_is_told_what_to_do(monkeypatch, key):
    def no_home(*_names, **_options):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr("platformdirs.user_state_path", no_home)
    with pytest.raises(ConfigError, match=r"no folder to keep a sign-in in .*: set HOME, or use store='memory'$"):
        open_store(key)


def test_a_folder_that_disappears_is_no_sign_out(store, folder, record, key):
    store.save(record)
    another = FileStore(folder, key)
    another.load()
    shutil.rmtree(folder)
    for one in (store, another):
        with pytest.raises(StoreGone):
            one.load()
    store.save(record)
    assert another.load() == record


def test_a_sign_out_is_one_also_once_the_folder_has_disappeared(store, folder, record, key):
    store.save(record)
    another = FileStore(folder, key)
    another.forget()
    assert store.load() is None
    shutil.rmtree(folder)
    assert store.load() is None
    assert another.load() is None


def test_what_another_kernel_deletes_of_a_write_is_written_again(store, folder, record, key, monkeypatch):
    store.save(record)
    sync = os.fsync

    def sign_out_elsewhere(descriptor):
        monkeypatch.setattr(os, "fsync", sync)
        FileStore(folder, key).forget()

    monkeypatch.setattr(os, "fsync", sign_out_elsewhere)
    store.save(record)
    assert store.load() == record


def test_folder_and_file_are_for_this_user_alone_whatever_the_umask(store, folder, record, key):
    before = os.umask(0)
    try:
        store.save(record)
        with store.lock():
            pass
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_the_files_name_says_nothing_about_the_person(path):
    assert not any(word in path.name for word in ("us-east-1", "client", "default", "ann"))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o602, 0o660])
def test_a_file_that_others_may_touch_is_refused_with_what_to_do(store, path, mode):
    path.chmod(mode)
    assert f"other users may read or change it: chmod go= '{path}'" in refusal(store.load)


@pytest.mark.parametrize("mode", [0o750, 0o701, 0o777])
def test_a_folder_that_others_may_enter_is_refused_with_what_to_do(store, folder, path, record, mode):
    folder.chmod(mode)
    for call, *args in ((store.load,), (store.save, record)):
        assert f"other users may read or change it: chmod go= '{folder}'" in refusal(call, *args)


def test_somebody_elses_folder_is_refused(store, path, record, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: path.stat().st_uid + 1)
    assert "belongs to another user" in refusal(store.load)
    assert "belongs to another user" in refusal(store.save, record)


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can give files away")
def test_somebody_elses_file_is_refused_and_can_be_replaced(store, path, record):
    os.chown(path, 12345, -1)
    assert "belongs to another user (uid 12345)" in refusal(store.load)
    store.save(record)
    assert store.load() == record


def test_a_symbolic_link_is_not_followed(store, path, tmp_path, record):
    elsewhere = tmp_path / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    assert "it is a symbolic link" in refusal(store.load)
    store.save(Record(identity_id="us-east-1:1"))
    assert not path.is_symlink()
    assert "hunter2" in elsewhere.read_text()


def test_a_folder_that_is_a_symbolic_link_is_not_followed(store, folder, tmp_path, record):
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    folder.parent.mkdir()
    folder.symlink_to(tmp_path / "elsewhere")
    assert "it is a symbolic link" in refusal(store.save, record)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_pipe_in_place_of_the_file_does_not_stop_the_kernel(store, path):
    path.unlink()
    os.mkfifo(path, 0o600)
    assert "it is no file" in refusal(store.load)


def test_a_folder_in_place_of_the_file_is_refused(store, path, record):
    path.unlink()
    path.mkdir(mode=0o700)
    assert "is not used" in refusal(store.load)
    assert "could not be kept" in refusal(store.save, record)
    assert "could not be deleted" in refusal(store.forget)


def test_a_file_in_place_of_the_folder_is_refused(store, folder, record):
    folder.parent.mkdir()
    folder.write_text("")
    folder.chmod(0o600)
    assert "it is no folder" in refusal(store.load)
    assert "it is no folder" in refusal(store.save, record)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 100,
        b"\xff\xfe",
        b"[]",
        b'{"schema": 1, "refresh_token": "hunter2',
        b"[" * 100_000,
        b'{"schema": 1, "refresh_token": ["hunter2"]}',
        b'{"schema": 1}' + b" " * (1 << 20),
    ],
)
def test_a_damaged_file_is_refused_and_can_be_replaced(store, path, record, content):
    path.write_bytes(content)
    assert f"The sign-in kept in {path} is not used, so sign in again: " in refusal(store.load)
    store.save(record)
    assert store.load() == record


def test_a_file_cut_short_anywhere_is_refused(store, path):
    whole = path.read_bytes()
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        assert "it is not whole" in refusal(store.load)


@pytest.mark.parametrize("schema", [0, 2, "1", None])
def test_a_file_of_another_schema_is_refused_and_can_be_replaced(store, path, record, schema):
    path.write_text(json.dumps(record.to_dict() | {"schema": schema}))
    assert f"so sign in again: it has schema {schema!r}, and this nbauth reads 1" in refusal(store.load)
    store.save(record)
    assert store.load() == record


def test_a_full_disk_leaves_what_was_kept_and_no_litter(store, path, record, monkeypatch):
    monkeypatch.setattr(os, "fsync", disk_full)
    assert "No space left" in refusal(store.save, Record(identity_id="us-east-1:1"))
    assert store.load() == record
    assert list(path.parent.iterdir()) == [path]


def test_a_disk_that_takes_no_folder_is_a_store_error(store, record, monkeypatch):
    monkeypatch.setattr(os, "mkdir", disk_full)
    assert "cannot be made: No space left" in refusal(store.save, record)


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_to_is_a_store_error(store, path, record):
    path.parent.chmod(0o500)
    try:
        assert "Permission denied" in refusal(store.save, record)
        assert "Permission denied" in refusal(store.forget)
    finally:
        path.parent.chmod(0o700)


def test_a_reader_sees_the_old_record_or_the_new_one(store, path, record, monkeypatch):
    replace = os.replace
    seen = []

    def watched(source, target):
        seen.append(store.load())
        replace(source, target)
        seen.append(store.load())

    monkeypatch.setattr(os, "replace", watched)
    new = Record(identity_id="us-east-1:1")
    store.save(new)
    assert seen == [record, new]


def test_forgetting_takes_along_what_a_crash_left_behind(store, path, key):
    left = path.with_name(f"{key.digest()}.abc.tmp")
    left.write_text("hunter2")
    other = path.with_name(f"{'0' * 64}.abc.tmp")
    other.write_text("somebody's save under way")
    store.forget()
    assert list(path.parent.iterdir()) == [other]


def test_forgetting_works_where_reading_is_refused(store, path):
    path.chmod(0o644)
    path.parent.chmod(0o755)
    store.forget()
    assert not path.exists()


# What is written beside a record.


def test_a_file_of_an_earlier_nbauth_is_read_and_is_listed_once_it_is_saved_again(store, path, record):
    old = replace(record, identity_id="us-east-1:1")
    path.write_text(json.dumps(old.to_dict()))
    assert store.load() == old
    assert store.accounts() == []
    store.save(old)
    assert store.accounts() == ["default"]


def test_a_record_is_read_by_an_earlier_nbauth(path, record):
    assert Record.from_dict(json.loads(path.read_text())) == record


def test_an_account_speaks_for_its_own_file_only(store, path, folder):
    values = json.loads(path.read_text())
    path.write_text(json.dumps(values | {"account": "work"}))
    (folder / f"{'0' * 64}.json").write_text(json.dumps(values))
    (folder / f"{'0' * 64}.json").chmod(0o600)
    assert store.accounts() == []


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b'{"account": 5}', b'{"account": ["work"]}', b"[" * 100_000])
def test_a_file_that_cannot_be_read_is_passed_over(store, path, folder, record, content):
    FileStore(folder, StoreKey("us-east-1_AbC", "client", "work")).save(record)
    path.write_bytes(content)
    assert store.accounts() == ["work"]


def test_a_file_that_others_may_touch_is_passed_over(store, path):
    path.chmod(0o644)
    assert store.accounts() == []


def test_a_folder_that_others_may_enter_has_no_accounts(store, path, folder):
    folder.chmod(0o755)
    assert store.accounts() == []


def test_what_is_no_record_is_no_account(store, path, folder):
    for name in ("notes.json", f"{'1' * 64}.lock", f"{'1' * 64}.abc.tmp"):
        (folder / name).touch(mode=0o600)
    (folder / f"{'2' * 64}.json").mkdir(mode=0o700)
    assert store.accounts() == ["default"]


def test_the_lock_keeps_another_kernel_out_until_it_ends(store, path, monkeypatch):
    monkeypatch.setattr(nbauth.stores, "LOCK_WAIT", 0.0)
    script = (
        "import sys; from pathlib import Path\n"
        "from nbauth.stores import StoreKey; from nbauth.stores.file import FileStore\n"
        "lock = FileStore(Path(sys.argv[1]), StoreKey(*sys.argv[2:])).lock()\n"
        "lock.__enter__(); print('locked', flush=True); sys.stdin.read()"
    )
    arguments = [str(path.parent), "us-east-1_AbC", "client", "default"]
    with subprocess.Popen(
        [sys.executable, "-c", script, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as kernel:
        assert kernel.stdout.readline() == "locked\n"
        with pytest.raises(StoreError, match="another kernel holds it"), store.lock():
            pass
        kernel.kill()
        kernel.wait()
    with store.lock():
        pass


def test_two_sessions_in_one_thread_do_not_wait_for_each_other_for_ever(store, folder, key, monkeypatch):
    monkeypatch.setattr(nbauth.stores, "LOCK_WAIT", 0.0)
    with store.lock(), pytest.raises(StoreError, match="cannot be had"), FileStore(folder, key).lock():
        pass


def test_a_lock_that_cannot_be_made_is_a_store_error(store, path, key):
    (path.parent / f"{key.digest()}.lock").mkdir()
    with pytest.raises(StoreError, match="cannot be had"), store.lock():
        pass


@pytest.mark.parametrize(("age", "is_left"), [(0, True), (3600, False)], ids=["may be written to", "is abandoned"])
def test_what_a_kernel_left_that_was_killed_while_writing_goes_with_the_next_save(store, record, age, is_left):
    store.save(record)
    left = store._path.with_name(f"{store._path.stem}.killed.tmp")
    left.write_bytes(b"half a record")
    os.utime(left, (left.stat().st_atime, left.stat().st_mtime - age))
    store.save(record)
    assert left.exists() == is_left
    assert store.load() == record
