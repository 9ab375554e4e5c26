"""The accounts of a kernel: one session each, one of them current, and those that are only kept."""

import pytest
from traitlets.config import Config

from nbauth import stores
from nbauth.accounts import Account, Accounts, kept_names
from nbauth.auth_session import AuthSession
from nbauth.core.config import AuthConfig
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.errors import ConfigError, StoreError
from nbauth.settings import resolve
from nbauth.stores.memory import MemoryStore
from nbauth.traits import NbAuth

POOL = {"user_pool_id": "eu-west-1_Example01", "client_id": "exampleclient"}
OTHER_POOL = {"user_pool_id": "us-east-1_Another01", "client_id": "another", "client_secret": "sentinel"}
ADA = Record("ada", "1", "https://issuer", Secret("refresh"))


@pytest.fixture
def settings(nobody_to_ask, tmp_path, monkeypatch):
    """What a person has set: a pool, and another one for the account "club"."""
    monkeypatch.chdir(tmp_path)
    return NbAuth(config=Config(NbAuth=Config({**POOL, "store": "memory", "accounts": {"club": OTHER_POOL}})))


@pytest.fixture
def kept(monkeypatch):
    """What the token store keeps, by account."""
    records = {}

    def open_store(name, key):
        store = MemoryStore()
        record = records.get(key.account)
        if isinstance(record, Exception):
            raise record
        if record is not None:
            store.save(record)
        return store

    monkeypatch.setattr(stores, "open_store", open_store)
    monkeypatch.setattr(stores, "kept_accounts", lambda name, key: list(records))
    return records


@pytest.fixture
def accounts(settings, kept):
    return Accounts(settings)


def test_the_current_account_is_at_first_the_one_of_the_settings(settings, kept, monkeypatch):
    assert Accounts(settings).current.account == "default"
    monkeypatch.setenv("NBAUTH_ACCOUNT", "home")
    assert Accounts(settings).current.account == "home"


def test_an_account_has_one_session(accounts):
    work = accounts.session("work")
    assert accounts.session(" work ") is work is not accounts.session()
    assert accounts.session() is accounts.session("default") is accounts.current
    assert work in accounts
    assert AuthSession(AuthConfig(**POOL), account="work", store="memory") not in accounts


def test_an_account_may_have_a_pool_of_its_own(accounts):
    club = accounts.session("club").config
    assert (club.user_pool_id, club.region, club.client_id) == ("us-east-1_Another01", "us-east-1", "another")
    assert club.sources["user_pool_id"] == "c.NbAuth.accounts['club']"
    assert accounts.session("work").config.user_pool_id == "eu-west-1_Example01"


def test_the_client_secret_of_an_account_does_not_show_itself(settings):
    assert "sentinel" not in repr(settings.accounts) + repr(settings.config)
    assert resolve(traits=settings, account="club").client_secret.reveal() == "sentinel"


@pytest.mark.parametrize("values", [None, "eu-west-1_Example01", {"user_pool": "x"}])
def test_settings_of_an_account_that_make_no_sense_are_told_with_their_place(accounts, settings, values):
    settings.accounts = {"club": values}
    with pytest.raises(ConfigError, match=r"c\.NbAuth\.accounts\['club'\]"):
        accounts.session("club")


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\u202eb", 129 * "x"])
def test_what_is_no_name_is_no_account(accounts, name):
    with pytest.raises(ConfigError, match="it is a name of up to 128 characters"):
        accounts.switch(name)
    assert accounts.current.account == "default"


def test_a_switch_is_told_to_everybody_whoever_fails(accounts, caplog):
    before, told = accounts.current, []

    def broken(before, after):
        raise RuntimeError("broken")

    accounts.observe(broken)
    accounts.observe(lambda *switched: told.append(switched))
    work = accounts.switch("work")
    assert accounts.current is accounts.session() is work
    assert told == [(before, work)]
    assert "an observer of the accounts failed" in caplog.text


def test_who_does_not_want_to_be_told_any_more_is_not(accounts):
    told = []
    remove = accounts.observe(lambda *switched: told.append(switched))
    remove()
    remove()
    accounts.switch("work")
    assert told == []


def test_accounts_that_are_used_have_settings_or_are_kept_are_known(accounts, kept):
    kept.update(home=ADA, default=None, work=None)
    accounts.session("work")
    accounts.look()
    assert accounts.known() == [
        Account("club", "Signed out."),
        Account("default", "Signed out.", current=True),
        Account("home", "Signed in as ada.", "ada"),
        Account("work", "Signed out."),
    ]


def test_an_account_that_nobody_signed_in_to_is_forgotten_once_another_is_used(accounts, kept):
    accounts.switch("typo")
    assert "typo" in [known.name for known in accounts.known()]
    accounts.switch("default")
    assert "typo" not in [known.name for known in accounts.known()]
    kept.update(typo=None)
    accounts.look()
    assert "typo" in [known.name for known in accounts.known()]


def test_nothing_is_known_of_what_is_kept_before_a_look(accounts, kept):
    kept.update(home=ADA)
    assert [(known.name, known.status) for known in accounts.known()] == [("club", ""), ("default", "Signed out.")]


def test_a_look_makes_no_session(settings, kept):
    made = []
    accounts = Accounts(settings, make_session=lambda *args, **more: made.append(more["account"]) or AuthSession(*args))
    kept.update(home=ADA)
    accounts.look()
    assert made == ["default"]


def test_a_look_tells_only_what_is_new(accounts, kept):
    told = []
    accounts.look()
    accounts.observe(lambda *switched: told.append(switched))
    accounts.look()
    assert told == []
    kept.update(home=ADA)
    accounts.look()
    assert told == [(accounts.current, accounts.current)]


def test_a_record_that_cannot_be_read_is_said_in_its_line(accounts, kept):
    kept.update(home=StoreError("the sign-in kept for home is not used: it is damaged"))
    accounts.look()
    assert Account("home", "the sign-in kept for home is not used: it is damaged") in accounts.known()


def test_a_name_in_the_store_that_is_none_is_passed_over(kept):
    kept.update({"home": None, "a\u202eb": None, "": None})
    assert kept_names(AuthConfig(**POOL), "memory") == ["home"]


def test_a_store_that_cannot_tell_keeps_nobody(kept, monkeypatch):
    def fail(name, key):
        raise StoreError("the keyring does not answer")

    monkeypatch.setattr(stores, "kept_accounts", fail)
    assert kept_names(AuthConfig(**POOL), "memory") == []
    assert kept_names(AuthConfig(), "memory") == []


def test_without_any_pool_the_accounts_are_known_all_the_same(nobody_to_ask, tmp_path, monkeypatch, kept):
    monkeypatch.chdir(tmp_path)
    accounts = Accounts(NbAuth(config=Config(NbAuth=Config({"accounts": {"club": {}}}))))
    accounts.look()
    assert [known.name for known in accounts.known()] == ["club", "default"]
