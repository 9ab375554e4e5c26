"""The status bar: every state has a clear sentence, and something that can be done about it."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from nbauth.core.user_state import UserState
from nbauth.widgets import bar

INVALID = UserState.SIGNED_OUT_USER_POOLS_TOKENS_INVALID
MOMENT = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def drawn(state, reason=None, *, online=True, busy=False, **options):
    session = SimpleNamespace(
        state=state,
        state_reason=reason,
        username="ada",
        account="default",
        identity_id="eu-west-1:1",
        tokens_expire_at=None,
        credentials_expire_at=MOMENT,
        online=online,
        busy=busy,
    )
    return bar.draw(session, **options)


def actions(view):
    return [action["action"] for action in view["actions"]]


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
            "Offline. The sign-in of ada is kept; AWS calls wait for the network.",
            ["refresh", "sign_in", "sign_out"],
        ),
        (
            INVALID,
            "unavailable",
            "Amazon Cognito does not answer. The sign-in of ada is kept; AWS calls wait.",
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
        "Offline. Everything that is still valid goes on working."
    )


def test_points_in_time_are_seconds_since_the_epoch():
    view = drawn(UserState.SIGNED_IN)
    assert (view["credentials_expire_at"], view["tokens_expire_at"]) == (1777896000.0, None)


def test_the_button_says_what_it_is_doing():
    view = drawn(UserState.SIGNED_IN, doing="refresh")
    assert view["busy"]
    assert [action["label"] for action in view["actions"]] == ["Refreshing…", "Sign out"]


def test_what_came_of_an_action_is_said_in_place_of_the_state():
    assert drawn(UserState.SIGNED_OUT, message="No answer.")["message"] == "No answer."


def test_a_cell_that_waits_for_the_network_can_stop_waiting():
    assert actions(drawn(INVALID, "offline", waiting=True)) == ["refresh", "sign_in", "cancel"]
