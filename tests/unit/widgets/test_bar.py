"""The status bar: every state has a clear sentence, and something that can be done about it."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from nbauth.accounts import Account
from nbauth.companies import Company
from nbauth.core.user_state import UserState
from nbauth.widgets import bar

INVALID = UserState.SIGNED_OUT_USER_POOLS_TOKENS_INVALID
MOMENT = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
ADA, BOB = Account("default", "Signed in as ada.", "ada", current=True), Account("work", "Signed in as bob.", "bob")


def drawn(state, reason=None, *, accounts=(), doing=None, message="", waiting=False, calls=(), **traits):
    session = SimpleNamespace(
        state=state,
        state_reason=reason,
        is_signed_in=state in (UserState.SIGNED_IN, INVALID),
        display_name="ada",
        account="default",
        groups=(),
        identity_id="eu-west-1:1",
        provider=None,
        companies=(),
        renews_itself=True,
        clock_offset=timedelta(),
        tokens_expire_at=None,
        credentials_expire_at=MOMENT,
        online=True,
        busy=False,
        waiting=calls,
        config=SimpleNamespace(user_pool_id="eu-west-1_Example01"),
    )
    vars(session).update(traits)
    return bar.draw(session, accounts=accounts, doing=doing, message=message, waiting=waiting)


def actions(view, where="actions"):
    return [action["action"] for action in view[where]]


@pytest.mark.parametrize(
    ("state", "reason", "message", "offered"),
    [
        (UserState.SIGNED_IN, None, "", ["refresh", "sign_out"]),
        (UserState.GUEST, None, "Guest access. Nobody is signed in.", ["sign_in"]),
        (UserState.SIGNED_OUT, None, "Signed out.", ["sign_in"]),
        (UserState.UNKNOWN, None, "Not configured: nbauth knows no user pool and no identity pool.", []),
        (
            INVALID,
            "offline",
            "Offline. The sign-in of ada is kept; AWS calls wait for the network. Reconnecting by itself.",
            ["refresh", "sign_in", "sign_out"],
        ),
        (
            INVALID,
            "unavailable",
            "Amazon Cognito does not answer. The sign-in of ada is kept; AWS calls wait. Reconnecting by itself.",
            ["refresh", "sign_in", "sign_out"],
        ),
        (INVALID, "refused", "The sign-in of ada has expired. Sign in again to go on.", ["sign_in", "sign_out"]),
    ],
)
def test_each_state_is_said_and_can_be_acted_on(state, reason, message, offered):
    view = drawn(state, reason)
    assert (view["message"], actions(view)) == (message, offered)


def test_every_state_there_is_has_a_bar():
    assert all(drawn(state)["state"] == state.value for state in UserState)


def test_offline_with_valid_tokens_is_said_without_alarm():
    assert drawn(UserState.SIGNED_IN, online=False)["message"] == (
        "Offline, reconnecting by itself. What is still valid goes on working."
    )


@pytest.mark.parametrize(
    ("state", "reason", "traits"),
    [(UserState.SIGNED_IN, None, {"online": False}), (INVALID, "offline", {}), (INVALID, "unavailable", {})],
)
def test_cut_off_that_is_said_and_not_what_could_therefore_not_be_done(state, reason, traits):
    assert drawn(state, reason, message="No answer.", **traits) == drawn(state, reason, **traits)


def test_points_in_time_are_seconds_since_the_epoch():
    view = drawn(UserState.SIGNED_IN)
    assert (view["credentials_expire_at"], view["tokens_expire_at"]) == (1777896000.0, None)


def test_the_button_says_what_it_is_doing():
    view = drawn(UserState.SIGNED_IN, doing="refresh")
    assert view["busy"]
    assert [action["label"] for action in view["actions"]] == ["Refreshing…", "Sign out"]


def test_what_came_of_an_action_is_said_in_place_of_the_state():
    assert drawn(UserState.SIGNED_OUT, message="No answer.")["message"] == "No answer."
    assert drawn(INVALID, "refused", message="No answer.")["message"] == "No answer."


def test_a_cell_that_waits_for_the_network_can_stop_waiting():
    view = drawn(INVALID, "offline", waiting=True)
    assert actions(view) == ["refresh", "sign_in", "release"]
    assert (view["waiting"], view["menu"]) == ("This cell waits for the network.", [])


@pytest.mark.parametrize(
    ("waiting", "sentence"),
    [
        ((), ""),
        (("cell [7]",), "Cell [7] waits for the sign-in."),
        (("thread fetch-1",), "Thread fetch-1 waits for the sign-in."),
        (("cell [7]", "thread a"), "Cell [7] and thread a wait for the sign-in."),
        (("thread a", "cell [7]", "thread b"), "2 threads and cell [7] wait for the sign-in."),
        (("cell [7]", "thread a", "task x"), "Cell [7], thread a and task x wait for the sign-in."),
        (("thread " + 10_000 * "x",), f"Thread {53 * 'x'} waits for the sign-in."),
        (("widget",), "Widget waits for the sign-in."),
        (("cell", "cell"), "2 cells wait for the sign-in."),
    ],
)
def test_what_waits_is_named_or_counted(waiting, sentence):
    view = drawn(UserState.SIGNED_OUT, calls=waiting)
    assert view["waiting"] == sentence
    assert actions(view) == (["sign_in", "release"] if waiting else ["sign_in"])


def test_several_accounts_are_a_choice_and_one_is_none():
    several = drawn(UserState.SIGNED_IN, accounts=(ADA, BOB))
    assert several["accounts"] == [
        {"name": "default", "username": "ada", "current": True},
        {"name": "work", "username": "bob", "current": False},
    ]
    assert drawn(UserState.SIGNED_IN, accounts=(ADA,))["accounts"] == []


@pytest.mark.parametrize(
    ("state", "accounts", "offered"),
    [
        (UserState.SIGNED_IN, (), ["account", "sign_out", "sign_out_everywhere"]),
        (UserState.SIGNED_IN, (ADA,), ["account", "sign_out", "sign_out_everywhere", "another"]),
        (UserState.SIGNED_IN, (ADA, BOB), ["account", "sign_out", "sign_out_everywhere"]),
        (INVALID, (), ["sign_out", "sign_out_everywhere"]),
        (UserState.SIGNED_OUT, (ADA,), ["another"]),
        (UserState.SIGNED_OUT, (), []),
    ],
)
def test_the_menu_offers_what_is_rarely_wanted(state, accounts, offered):
    assert actions(drawn(state, accounts=accounts), "menu") == offered


def test_who_is_vouched_for_by_another_provider_is_offered_no_account_in_the_user_pool():
    assert "account" not in actions(drawn(UserState.SIGNED_IN, provider="accounts.google.com"), "menu")


@pytest.mark.parametrize(
    ("renews", "offered"), [(False, ["company", "refresh", "sign_out"]), (True, ["refresh", "sign_out"])]
)
def test_a_sign_in_that_comes_to_an_end_is_made_again_with_the_company_it_is_from(renews, offered):
    known = (
        Company("login.example.com", "Example Corp", "corp:token"),
        Company("accounts.google.com", "Other", "g:token"),
    )
    view = drawn(UserState.SIGNED_IN, provider="login.example.com", companies=known, renews_itself=renews)
    assert actions(view) == offered
    assert (view["actions"][0]["label"] == "Continue with \u2068Example Corp\u2069") is not renews


def test_groups_are_shown_as_they_are():
    assert drawn(UserState.SIGNED_IN, groups=("admins", "<b>"))["groups"] == ["admins", "<b>"]


@pytest.mark.parametrize(
    ("offset", "warning"),
    [
        (timedelta(), ""),
        (timedelta(minutes=4), ""),
        (timedelta(minutes=-20), "This machine's clock is off by 20 minutes: set it right."),
        (timedelta(hours=1), "This machine's clock is off by 60 minutes: set it right."),
    ],
)
def test_a_clock_that_is_off_is_said(offset, warning):
    assert drawn(UserState.SIGNED_IN, clock_offset=offset)["warning"] == warning


def test_a_sign_in_that_does_not_go_on_by_itself_says_who_vouches_for_it_and_until_when():
    view = drawn(UserState.SIGNED_IN, provider="accounts.google.com", renews_itself=False, tokens_expire_at=MOMENT)
    assert (view["provider"], view["renews"]) == ("accounts.google.com", False)
    assert view["tokens_expire_at"] == MOMENT.timestamp()
    assert drawn(UserState.SIGNED_IN)["renews"]
