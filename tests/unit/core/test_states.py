"""What follows from a state: for a record that is kept of it, and for a forked process."""

from dataclasses import replace

import pytest

from nbauth.core.challenges import Challenge
from nbauth.core.device import RememberedDevice
from nbauth.core.federation import Federation
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.states import (
    Challenged,
    Federating,
    Guest,
    SignedIn,
    SignedOut,
    SigningIn,
    TokensInvalid,
    Unknown,
    in_child,
    record_of,
    state_of,
)

DEVICE = RememberedDevice("ada", "key", "group", Secret("password"))
ADA = Record("ada", "1", "https://issuer", Secret("refresh"), "an identity")
EVE = Record("eve", "2", provider="accounts.google.com")
CODE = Challenge("SMS_MFA", "ada", Secret("session"))
AT_REST = [Unknown(), SignedOut(), Guest("an identity"), SignedIn(ADA), TokensInvalid(ADA, "offline")]


@pytest.mark.parametrize(
    "state",
    [
        SignedOut(),
        SignedOut(device=DEVICE),
        Guest("an identity", device=DEVICE),
        SignedIn(ADA),
        TokensInvalid(EVE, "refused"),
    ],
    ids=lambda state: type(state).__name__,
)
def test_a_state_comes_back_from_what_is_kept_of_it(state):
    assert state_of(record_of(state)) == state


@pytest.mark.parametrize("state", AT_REST, ids=lambda state: type(state).__name__)
def test_what_is_known_is_known_in_a_forked_process_too(state):
    assert in_child(state) == state


@pytest.mark.parametrize(
    ("state", "under_way"),
    [
        (SignedOut(), {"fetching": True}),
        (Guest("an identity"), {"fetching": True}),
        (SignedIn(ADA), {"fetching": True, "refreshing": True}),
        (TokensInvalid(ADA, "offline"), {"refreshing": True}),
    ],
    ids=["signed out", "guest", "signed in", "tokens invalid"],
)
def test_requests_are_under_way_in_the_parent_only(state, under_way):
    assert in_child(replace(state, **under_way)) == state


@pytest.mark.parametrize("base", AT_REST[1:3] + AT_REST[4:], ids=lambda state: type(state).__name__)
def test_a_sign_in_that_is_under_way_falls_back_to_where_it_began(base):
    for begun in (SigningIn("ada", base), Challenged(CODE, base), Federating(Federation(()), base)):
        assert in_child(begun) == base
