"""What every token store does, whichever file of nbauth.stores it is in."""

import threading
from dataclasses import replace
from importlib import import_module

import keyring
import pytest
from keyring.backend import KeyringBackend

import nbauth.stores
from nbauth.core.device import RememberedDevice
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.errors import StoreError
from nbauth.stores import StoreKey, _siblings, kept_accounts, names, open_store, siblings_of
from nbauth.testing import tokens

IN_TIME = 60  # seconds; what a test waits for comes at once or never
POOL, ANOTHER_POOL = "us-east-1:identities", "us-east-1:others"
KEY = StoreKey("us-east-1_AbC", "client", "default", POOL)
RECORD = Record(
    username="ann",
    sub="1234",
    issuer="https://issuer",
    refresh_token=Secret("r" * 3000),
    identity_id="us-east-1:1",
)
GUEST = Record(identity_id="us-east-1:2")
DEVICE = RememberedDevice("ann", "us-east-1_key", "group", Secret("device-password"))


class DesktopKeyring(KeyringBackend):
    """The operating system's keyring, as far as nbauth can tell."""

    __module__ = "keyring.backends.SecretService"
    priority = 1

    def __init__(self):
        self.entries = {}

    def get_password(self, service, username):
        return self.entries.get((service, username))

    def set_password(self, service, username, password):
        self.entries[service, username] = password

    def delete_password(self, service, username):
        del self.entries[service, username]


@pytest.fixture(params=names())
def name(request, tmp_path, monkeypatch):
    for variable in ("HOME", "USERPROFILE", "LOCALAPPDATA", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    tmp_path.chmod(0o700)
    before = keyring.get_keyring()
    keyring.set_keyring(DesktopKeyring())
    yield request.param
    keyring.set_keyring(before)


@pytest.fixture
def store(name):
    return open_store(name, KEY)


@pytest.fixture
def answering(store, monkeypatch):
    """Answers for the tokens it is given, until the test is over, however slow the machine."""
    monkeypatch.setattr(_siblings, "_ASKING_TAKES", IN_TIME)
    monkeypatch.setattr(_siblings, "_ANSWERING_TAKES", IN_TIME)
    siblings = siblings_of(store)
    yield siblings.answer_with
    siblings.answer_with(None)


@pytest.fixture
def no_patience(monkeypatch):
    monkeypatch.setattr(nbauth.stores, "LOCK_WAIT", 0.0)


def locked_out(store):
    """Whether another thread finds the store's lock taken."""
    outcome = []

    def attempt():
        try:
            with store.lock():
                outcome.append(False)
        except StoreError:
            outcome.append(True)

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    return outcome[0]


def test_a_store_is_opened_by_its_file(name, store):
    assert isinstance(store, type(import_module(f"nbauth.stores.{name}").open_store(KEY)))


def test_there_is_nothing_to_begin_with(store):
    assert store.load() is None


def test_what_is_saved_is_loaded(store):
    store.save(RECORD)
    assert store.load() == RECORD


def test_what_is_saved_last_is_loaded(store):
    store.save(RECORD)
    store.save(GUEST)
    assert store.load() == GUEST
    store.save(RECORD)
    assert store.load() == RECORD


def test_a_device_that_outlasts_the_sign_in_is_kept(store):
    store.save(Record(device=DEVICE))
    assert store.load() == Record(device=DEVICE)


def test_what_is_forgotten_is_gone(store):
    store.save(RECORD)
    store.forget()
    assert store.load() is None


def test_forgetting_nothing_is_fine(store):
    store.forget()
    store.forget()


def test_a_store_opened_later_has_the_record_unless_it_is_memory(name, store):
    store.save(RECORD)
    assert open_store(name, KEY).load() == (None if name == "memory" else RECORD)


@pytest.mark.parametrize(
    "other",
    [
        StoreKey("us-east-1_AbC", "client", "work"),
        StoreKey("us-east-1_AbC", "other", "default"),
        StoreKey("us-east-1_Other", "client", "default"),
        StoreKey("us-east-1_AbCclient", "", "default"),
    ],
)
def test_accounts_lie_side_by_side(name, store, other):
    another = open_store(name, other)
    another.save(GUEST)
    assert store.load() is None
    store.save(RECORD)
    store.forget()
    assert another.load() == GUEST


def test_the_version_is_the_same_while_nothing_happens(store):
    before = store.version()
    store.load()
    assert store.version() == before
    store.save(RECORD)
    kept = store.version()
    store.load()
    assert store.version() == kept


def test_the_version_is_another_one_after_each_change(store):
    versions = [store.version()]
    for change in (lambda: store.save(RECORD), lambda: store.save(RECORD), lambda: store.save(GUEST), store.forget):
        change()
        versions.append(store.version())
        assert versions[-1] != versions[-2]


def test_a_store_opened_elsewhere_tells_by_the_version_unless_it_is_memory(name, store):
    another = open_store(name, KEY)
    for change in (lambda: another.save(RECORD), lambda: another.save(RECORD), another.forget):
        before = store.version()
        change()
        assert (store.version() != before) == (name != "memory")


def test_other_accounts_do_not_change_the_version(name, store):
    store.save(RECORD)
    before = store.version()
    open_store(name, StoreKey("us-east-1_AbC", "client", "work")).save(GUEST)
    assert store.version() == before


def test_the_lock_keeps_other_threads_out(store, no_patience):
    with store.lock():
        assert locked_out(store)
    assert not locked_out(store)


def test_the_lock_keeps_other_stores_of_the_same_account_out(name, store, no_patience):
    with store.lock():
        assert locked_out(open_store(name, KEY)) == (name != "memory")


def test_the_lock_leaves_other_accounts_alone(name, store, no_patience):
    with store.lock():
        assert not locked_out(open_store(name, StoreKey("us-east-1_AbC", "client", "work")))


def test_the_thread_inside_may_enter_again_and_stays_inside(store, no_patience):
    with store.lock():
        with store.lock():
            store.save(RECORD)
        assert locked_out(store)
        assert store.load() == RECORD


def test_the_lock_is_free_after_an_error_inside(store, no_patience):
    with pytest.raises(OSError, match="from inside"), store.lock():
        raise OSError("from inside")
    assert not locked_out(store)


def test_reading_leaves_no_trace(store, tmp_path):
    store.load()
    assert list(tmp_path.rglob("*")) == []


# Which accounts there are.


def test_accounts_are_those_of_the_pool_and_the_app_client_unless_it_is_memory(name, store):
    for other in ("work", "home", "Zoë's / 2nd"):
        open_store(name, StoreKey("us-east-1_AbC", "client", other)).save(RECORD)
    open_store(name, StoreKey("us-east-1_AbC", "another", "elsewhere")).save(RECORD)
    open_store(name, StoreKey("us-east-1_Another", "client", "elsewhere")).save(RECORD)
    assert kept_accounts(name, KEY) == ([] if name == "memory" else ["Zoë's / 2nd", "home", "work"])


def test_a_guest_is_an_account_and_somebody_who_has_signed_out_is_none(name, store):
    store.save(GUEST)
    assert kept_accounts(name, KEY) == ([] if name == "memory" else ["default"])
    store.save(Record(device=DEVICE))
    assert kept_accounts(name, KEY) == []


def test_an_account_is_listed_until_it_is_forgotten(name, store):
    assert kept_accounts(name, KEY) == []
    store.save(RECORD)
    store.forget()
    assert kept_accounts(name, KEY) == []


# Whose the identity is.


def test_an_identity_of_another_identity_pool_is_left_out_and_the_rest_stays_unless_it_is_memory(name, store):
    store.save(RECORD)
    there = open_store(name, replace(KEY, identity_pool_id=ANOTHER_POOL))
    assert there.load() == (None if name == "memory" else replace(RECORD, identity_id=None))
    assert store.load() == RECORD


def test_whoever_has_no_identity_pool_has_no_identity_unless_it_is_memory(name, store):
    store.save(RECORD)
    there = open_store(name, replace(KEY, identity_pool_id=""))
    assert there.load() == (None if name == "memory" else replace(RECORD, identity_id=None))


# The kernels that share it.


def test_tokens_pass_between_stores_of_one_account_unless_it_is_memory(name, answering):
    issued = tokens()
    answering(issued)
    assert siblings_of(open_store(name, KEY)).ask(issued.refresh_token) == (None if name == "memory" else issued)


def test_tokens_do_not_pass_to_another_account(name, answering):
    issued = tokens()
    answering(issued)
    assert siblings_of(open_store(name, replace(KEY, account="work"))).ask(issued.refresh_token) is None


def test_what_passes_between_kernels_is_kept_nowhere(answering, tmp_path):
    issued = tokens(refresh_token="hunter2")
    answering(issued)
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert not any(
        token.reveal().encode() in kept for token in (issued.id_token, issued.access_token, Secret("hunter2"))
    )
