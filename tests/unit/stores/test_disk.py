"""A disk that is full or read-only: what was kept stays, and a sentence says what is wrong.

The disks are real where this user may mount one, and a limit or a refusal of the system's stands for them everywhere.
"""

import errno
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress

import pytest

from nbauth.core.record import Record
from nbauth.errors import StoreError
from nbauth.stores import siblings_of
from nbauth.stores.file import FileStore
from nbauth.testing import tokens

pytestmark = pytest.mark.skipif(not hasattr(os, "getuid"), reason="these are POSIX file systems")

OTHER = Record(identity_id="us-east-1:1")
LIMITED = """
import resource, sys
from pathlib import Path
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.stores import StoreKey
from nbauth.stores.file import FileStore

resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
store = FileStore(Path(sys.argv[1]), StoreKey("us-east-1_AbC", "client", "default"))
store.save(Record("ann", "1234", "https://issuer", Secret("x" * 3000)))
"""


@pytest.fixture
def disk(tmp_path):
    """A disk of 16 KiB of its own."""
    path = tmp_path / "disk"
    path.mkdir()
    mount = shutil.which("mount")
    options = ("-t", "tmpfs", "-o", "size=16k,mode=0700", "tmpfs", str(path))
    if not mount or subprocess.run([mount, *options], capture_output=True).returncode:
        pytest.skip("this user may not mount anything here")
    yield path
    subprocess.run(["umount", str(path)], check=True)


@pytest.fixture
def store(disk, key, record):
    """A store on the disk, with a record that was kept while all was well."""
    kept = FileStore(disk / "nbauth", key)
    kept.save(record)
    with kept.lock():
        pass
    return kept


def fill(disk):
    filler = disk / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(b"x" * 4096):
            pass
    return filler


def make_read_only(disk):
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)


def test_on_a_full_disk_what_was_kept_stays(store, disk, record):
    filler = fill(disk)
    with pytest.raises(StoreError, match=r"The sign-in could not be kept in .*\.json: No space left on device$"):
        store.save(OTHER)
    assert store.load() == record
    assert store.accounts() == ["default"]
    assert [path.suffix for path in sorted((disk / "nbauth").iterdir())] == [".json", ".lock"]
    filler.unlink()
    store.save(OTHER)
    assert store.load() == OTHER


def test_on_a_full_disk_a_sign_in_can_be_forgotten_and_locked(store, disk):
    fill(disk)
    with store.lock():
        store.forget()
    assert store.load() is None


def test_on_a_full_disk_kernels_are_on_their_own(store, disk, key):
    fill(disk)
    issued, siblings = tokens(), siblings_of(store)
    siblings.answer_with(issued)
    assert siblings_of(FileStore(disk / "nbauth", key)).ask(issued.refresh_token) is None


def test_on_a_disk_that_has_become_read_only_a_sign_in_is_found(store, disk, record):
    make_read_only(disk)
    assert store.load() == record
    assert store.accounts() == ["default"]
    with pytest.raises(StoreError, match=r"could not be kept in .*: Read-only file system$"):
        store.save(OTHER)
    with pytest.raises(StoreError, match=r"could not be deleted: Read-only file system$"):
        store.forget()
    with pytest.raises(StoreError, match=r"cannot be had: Read-only file system$"), store.lock():
        pass
    assert store.load() == record


def test_on_a_read_only_disk_that_nothing_was_kept_on_nobody_is_signed_in(disk, key, record):
    make_read_only(disk)
    store = FileStore(disk / "nbauth", key)
    assert store.load() is None
    with pytest.raises(StoreError, match=r"the folder .* cannot be made: Read-only file system$"):
        store.save(record)


def test_a_file_that_may_not_grow_leaves_what_was_kept(tmp_path, key):
    store = FileStore(tmp_path / "nbauth", key)
    store.save(OTHER)
    arguments = [sys.executable, "-c", LIMITED, str(tmp_path / "nbauth")]
    said = subprocess.run(arguments, capture_output=True, text=True)
    assert said.stderr.splitlines()[-1].endswith(".json: File too large")
    assert "x" * 10 not in said.stderr
    assert store.load() == OTHER
    assert [path.suffix for path in (tmp_path / "nbauth").iterdir()] == [".json"]


@pytest.mark.parametrize("number", [errno.EROFS, errno.EDQUOT, errno.EIO, errno.EMFILE])
def test_whatever_the_system_says_is_said_and_what_was_kept_stays(tmp_path, key, record, monkeypatch, number):
    def refuse(*args, **options):
        raise OSError(number, os.strerror(number))

    store = FileStore(tmp_path / "nbauth", key)
    store.save(record)
    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "mkstemp", refuse)
        with pytest.raises(StoreError, match=f"could not be kept in .*: {os.strerror(number)}"):
            store.save(OTHER)
    assert store.load() == record
