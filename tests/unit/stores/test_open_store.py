"""Stores are found by name, somebody else's by its path."""

from pathlib import Path

import pytest

import nbauth.stores
from nbauth.core.config import AuthConfig
from nbauth.errors import ConfigError
from nbauth.stores import StoreKey, kept_accounts, names, open_store
from nbauth.stores.memory import MemoryStore


def test_the_stores_are_the_public_files_present():
    files = {path.stem for path in Path(nbauth.stores.__file__).parent.glob("*.py")}
    assert names() == sorted(name for name in files if not name.startswith("_"))
    assert {"auto", "file", "keyring", "memory"} <= set(names())


def test_an_unknown_name_is_met_with_those_there_are(key):
    with pytest.raises(ConfigError, match=f"store is 'disk': it is one of {', '.join(names())}, or a path like"):
        open_store("disk", key)


@pytest.mark.parametrize("name", ["_folder", "", "memory.", "../memory"])
def test_what_is_no_store_is_not_opened(name, key):
    with pytest.raises(ConfigError, match="it is one of"):
        open_store(name, key)


def test_somebody_elses_store_is_called_with_the_key(key):
    store = open_store("nbauth.stores.memory:open_store", key)
    assert isinstance(store, MemoryStore)
    assert isinstance(open_store("nbauth.stores.memory.open_store", key), MemoryStore)
    assert open_store("nbauth.stores:StoreKey.digest", key) == key.digest()


def test_what_goes_wrong_in_somebody_elses_store_is_said_in_one_line(key):
    with pytest.raises(ConfigError) as caught:
        open_store("pathlib.Path.iterdir", key)
    assert str(caught.value).startswith("store 'pathlib.Path.iterdir' cannot be used: ")
    with pytest.raises(ConfigError, match=r"^store 'fractions.Fraction' cannot be used: TypeError: "):
        open_store("fractions.Fraction", key)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "path",
    ["nowhere.to.be.found:Store", "nbauth.stores.memory:Nothing", "nbauth.stores:LOCK_WAIT", ":", "a b:c", "nbauth:"],
)
def test_a_path_that_leads_nowhere_is_named(path, key):
    with pytest.raises(ConfigError) as caught:
        open_store(path, key)
    assert str(caught.value).startswith(f"store {path!r} cannot be used: ")
    assert caught.value.__context__ is None


def test_the_key_of_a_user_is_made_of_pool_client_and_account():
    config = AuthConfig(user_pool_id="us-east-1_AbC", client_id="abc", identity_pool_id="us-east-1:1")
    assert StoreKey.of(config, "work") == StoreKey("us-east-1_AbC", "abc", "work")


def test_the_key_of_a_guest_is_made_of_the_identity_pool():
    assert StoreKey.of(AuthConfig(identity_pool_id="us-east-1:1"), "work") == StoreKey("us-east-1:1", "", "work")


def test_a_key_knows_the_identity_pool_and_is_the_same_for_all():
    config = AuthConfig(user_pool_id="us-east-1_AbC", client_id="abc", identity_pool_id="us-east-1:1")
    key = StoreKey.of(config, "work")
    assert key.identity_pool_id == "us-east-1:1"
    assert key == StoreKey("us-east-1_AbC", "abc", "work", "us-east-1:2")
    assert key.digest() == StoreKey("us-east-1_AbC", "abc", "work").digest()


def test_a_store_of_somebody_elses_may_list_accounts_and_need_not(key, monkeypatch):
    assert kept_accounts("nbauth.stores.memory:open_store", key) == []
    monkeypatch.setattr(MemoryStore, "accounts", lambda store: ["home", "work"], raising=False)
    assert kept_accounts("nbauth.stores.memory:open_store", key) == ["home", "work"]


def test_accounts_of_no_store_are_a_config_error(key):
    with pytest.raises(ConfigError, match="store is 'disk'"):
        kept_accounts("disk", key)


def test_a_digest_tells_neighbours_apart():
    digests = {
        StoreKey(*parts).digest() for parts in (("a", "b", "c"), ("ab", "", "c"), ("a", "bc", ""), ("a", "", "bc"))
    }
    assert len(digests) == 4
    assert all(digest.isalnum() for digest in digests)
