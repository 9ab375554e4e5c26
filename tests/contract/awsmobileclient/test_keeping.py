"""What is kept on the disk: found again, lost, unreadable, and never somebody else's."""

import dataclasses
import logging

import pytest

from nbauth.core.user_state import UserState
from nbauth.errors import SignInRequired
from nbauth.stores import StoreKey, open_store
from nbauth.stores.file import FileStore


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "kept"


@pytest.fixture
def store(folder, config):
    return FileStore(folder, StoreKey.of(config, "default"))


@pytest.fixture
def lose(folder):
    """Makes what is kept unreadable."""

    def overwrite():
        (path,) = folder.glob("*.json")
        path.write_bytes(b"\0" * 100)

    return overwrite


def test_06_what_is_kept_is_read_back_as_it_was(ada, store, folder, config):
    ada.get_credentials()
    kept = FileStore(folder, StoreKey.of(config, "default")).load()
    assert kept == store.load()
    assert (kept.username, kept.sub, kept.identity_id) == (ada.username, ada.user_sub, ada.identity_id)
    assert (kept.issuer, kept.refresh_token) == (ada.get_tokens().issuer, ada.get_tokens().refresh_token)


def test_37_a_store_that_is_lost_costs_nothing_while_the_kernel_runs(session_of, guests, lose, identities):
    auth = session_of(guests)
    before = auth.get_credentials()
    lose()
    identities.calls.clear()
    assert auth.get_credentials() is before
    assert identities.calls == []


def test_37_after_a_restart_a_lost_guest_is_a_new_one(session_of, guests, lose, caplog):
    before = session_of(guests).get_credentials()
    lose()
    restarted = session_of(guests)
    assert restarted.get_credentials().identity_id != before.identity_id
    assert session_of(guests).identity_id == restarted.identity_id
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_47_after_a_restart_an_unreadable_store_means_signed_out_and_a_sign_in_repairs_it(
    ada, session_of, lose, caplog, password
):
    credentials = ada.get_credentials()
    lose()
    assert ada.get_credentials() is credentials
    restarted = session_of()
    assert (restarted.state, restarted.is_signed_in) == (UserState.SIGNED_OUT, False)
    assert (restarted.username, restarted.identity_id) == (None, None)
    for verb in (restarted.get_tokens, restarted.get_credentials, restarted.get_identity_id):
        with pytest.raises(SignInRequired):
            verb()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    restarted.sign_in("ada", password)
    assert restarted.get_identity_id() == credentials.identity_id
    assert (session_of().username, session_of().identity_id) == ("ada", credentials.identity_id)


def test_47_an_unreadable_store_is_no_hindrance_while_the_kernel_runs(ada, session_of, lose, password):
    lose()
    assert ada.get_tokens(force_refresh=True).username == "ada"
    assert ada.sign_out().revoked
    assert session_of().state is UserState.SIGNED_OUT
    assert ada.sign_in("ada", password).done
    assert session_of().username == "ada"


def test_48_accounts_are_kept_apart_and_each_is_forgotten_alone(session_of, ports, folder, config, password):
    accounts = {name: FileStore(folder, StoreKey.of(config, name)) for name in ("ada", "grace")}
    first, second = (session_of(ports=dataclasses.replace(ports, store=store)) for store in accounts.values())
    first.sign_in("ada", password)
    second.sign_in("grace", password)
    assert [store.load().username for store in accounts.values()] == ["ada", "grace"]
    first.sign_out()
    assert accounts["ada"].load() is None
    assert (second.get_tokens(force_refresh=True).username, accounts["grace"].load().username) == ("grace", "grace")


def test_48_what_is_kept_in_memory_is_not_on_the_disk(session_of, ports, config, tmp_path, password):
    in_memory = [dataclasses.replace(ports, store=open_store("memory", StoreKey.of(config, "ada"))) for _ in range(2)]
    auth = session_of(ports=in_memory[0])
    auth.sign_in("ada", password)
    auth.get_credentials()
    assert session_of(ports=in_memory[0]).username == "ada"
    assert session_of(ports=in_memory[1]).state is UserState.SIGNED_OUT
    assert list(tmp_path.iterdir()) == []
