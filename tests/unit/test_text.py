from datetime import UTC, datetime

import pytest
from traitlets.config import Config

from nbauth.accounts import Account
from nbauth.auth_session import AuthSession
from nbauth.core.config import AuthConfig
from nbauth.core.results import SignOutReport
from nbauth.errors import ServiceUnavailable, SignInRequired
from nbauth.text import Text, accounts_text, config_text, sign_out_text, whoami_text
from nbauth.traits import NbAuth

OFFLINE = ServiceUnavailable("no network", reason="offline")


def test_a_text_shows_as_itself():
    assert repr(Text("two\nlines")) == "two\nlines"
    assert Text("a") == "a"


def test_nobody_is_nobody(session):
    assert whoami_text(session) == "Signed out."


def test_a_user_is_named_with_the_identity_and_how_long_credentials_last(session, password, clock):
    session.sign_in("ada", password)
    assert whoami_text(session) == "Signed in as ada."
    keys = session.get_credentials()
    until = datetime(2026, 5, 4, 13, 0, tzinfo=UTC).astimezone()
    assert whoami_text(session).splitlines() == [
        "Signed in as ada.",
        f"Identity {keys.identity_id}.",
        f"AWS credentials until {until:%H:%M}; they renew themselves.",
    ]


def test_a_guest_is_not_signed_in(session):
    guest = session.guest()
    guest.get_credentials()
    assert whoami_text(guest).startswith("Guest access. Nobody is signed in.\nIdentity ")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OFFLINE, "Offline. The sign-in of ada is kept; AWS calls wait for the network."),
        (ServiceUnavailable("busy"), "Amazon Cognito does not answer. The sign-in of ada is kept; AWS calls wait."),
        (None, "The sign-in of ada has expired. Sign in again to go on."),
    ],
)
def test_a_user_whose_tokens_are_invalid_reads_why(session, users, clock, password, error, line):
    session.sign_in("ada", password)
    clock.advance(session.tokens_expire_at - clock.now())
    if error:
        users.fail_next(error, on="refresh")
    else:
        users._refresh_tokens.clear()
    with pytest.raises((ServiceUnavailable, SignInRequired)):
        session.get_tokens(wait=False)
    assert whoami_text(session) == line


def test_without_pools_that_is_said(nobody_to_ask):
    assert (
        whoami_text(AuthSession(AuthConfig(), store="memory"))
        == "Not configured: nbauth knows no user pool and no identity pool."
    )


def test_accounts_are_a_line_each_and_the_current_one_is_marked():
    accounts = [Account("default", "Signed in as ada.", "ada", current=True), Account("work", "Signed out.")]
    assert accounts_text(accounts) == "default (current): Signed in as ada.\nwork: Signed out."


def test_a_sign_out_says_whether_cognito_knows():
    assert sign_out_text(SignOutReport()) == "Signed out."
    assert sign_out_text(SignOutReport(revoked=True)) == "Signed out."
    told = sign_out_text(SignOutReport(revoked=False, error=OFFLINE))
    assert told == "Signed out on this machine. Cognito could not be told: no network."
    told = sign_out_text(SignOutReport(revoked=False, error=OFFLINE, will_retry=True))
    assert told.endswith("no network. It is tried again for as long as this kernel runs.")


def test_settings_are_listed_with_where_they_come_from_and_no_secret():
    config = AuthConfig.from_dict(
        {"user_pool_id": "eu-west-1_Example01", "client_id": "abc", "client_secret": "sentinel"}, source="the test"
    )
    auth = AuthSession(config, store="memory")
    lines = config_text(auth).splitlines()
    assert "user_pool_id = eu-west-1_Example01   (from the test)" in lines
    assert "region = eu-west-1   (from user_pool_id)" in lines
    assert "auth_flow = USER_SRP_AUTH" in lines
    assert "client_secret = •••   (from the test)" in lines
    assert not any(line.startswith(("identity_pool_id", "username_attributes")) for line in lines)
    assert "sentinel" not in config_text(auth)


def test_what_a_platform_has_made_its_own_is_listed_and_a_logo_by_its_size(monkeypatch):
    monkeypatch.setenv("NBAUTH_LOGO", "data:,<svg>" + 2048 * "x")
    look = {"title": "Ours", "company_sign_in": {"google": {"label": "Google", "token": "sentinel:function"}}}
    auth = AuthSession({"region": "eu-west-1"}, store="memory", defaults=NbAuth(config=Config(NbAuth=Config(look))))
    assert config_text(auth).splitlines()[-3:] == [
        "title = Ours   (from c.NbAuth.title)",
        "logo = SVG, 2 KB   (from NBAUTH_LOGO)",
        "company_sign_in = Google (accounts.google.com)   (from c.NbAuth.company_sign_in)",
    ]
