"""Listeners: told what they were added for, and nothing after they were removed."""

import pytest

from nbauth.core.user_state import UserState


@pytest.mark.parametrize("how", ["by what adding it returned", "by name"])
def test_51_a_listener_that_was_removed_is_told_nothing(how, auth, told, password):
    silent = []
    remove = auth.add_user_state_listener(silent.append)
    auth.add_user_state_listener(told)
    if how == "by name":
        auth.remove_user_state_listener(silent.append)
    else:
        remove()
    auth.sign_in("ada", password)
    assert told.states == [UserState.SIGNED_IN]
    assert silent == []


def test_52_over_a_sign_in_and_a_sign_out_two_things_are_told(auth, told, password, totp_secret):
    remove = auth.add_user_state_listener(told)
    auth.sign_in("ada", password)
    auth.get_credentials()
    auth.get_tokens(force_refresh=True)
    auth.sign_out()
    assert told.states == [UserState.SIGNED_IN, UserState.SIGNED_OUT]
    remove()
    remove()
    auth.sign_in("ada", password)
    assert len(told.details) == 2
