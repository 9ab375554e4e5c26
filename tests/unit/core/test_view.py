from datetime import UTC, datetime, timedelta

import pytest

from nbauth.core.challenges import Challenge
from nbauth.core.events import (
    Cancel,
    CredentialsFailed,
    CredentialsIssued,
    CredentialsWanted,
    RecordChanged,
    RefreshFailed,
    Respond,
    SignIn,
    SignInFailed,
    SignOut,
    TokensDisproved,
    TokensIssued,
    TokensRefreshed,
)
from nbauth.core.flow import Flow
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.states import (
    Challenged,
    Guest,
    SignedIn,
    SignedOut,
    SigningIn,
    TokensInvalid,
    Unknown,
)
from nbauth.core.user_state import UserState
from nbauth.core.view import error_after, observed, online_after
from nbauth.errors import CodeMismatch, NotAuthorized, ServiceUnavailable, TokensNotGenuine
from nbauth.testing import credentials, tokens

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
ADA = Record("ada", "1234", "https://issuer", Secret("refresh"), "eu-west-1:1")
TOKENS = tokens("ada", issued_at=NOON)
KEYS = credentials(issued_at=NOON, lifetime=timedelta(hours=2))
CODE = Challenge("SMS_MFA", "ada", None)
NOTHING = {
    "state": UserState.SIGNED_OUT,
    "state_reason": None,
    "is_signed_in": False,
    "has_valid_tokens": False,
    "username": None,
    "user_sub": None,
    "identity_id": None,
    "challenge": None,
    "tokens_expire_at": None,
    "credentials_expire_at": None,
    "busy": False,
}
KNOWN = {"is_signed_in": True, "username": "ada", "user_sub": "1234", "identity_id": "eu-west-1:1"}
INVALID = KNOWN | {"state": UserState.SIGNED_OUT_USER_POOLS_TOKENS_INVALID}
OFFLINE = ServiceUnavailable("no network", reason="offline")
AWAY = ServiceUnavailable("busy", reason="unavailable")
WRONG = NotAuthorized("wrong")
FORGED = TokensNotGenuine("forged")


@pytest.mark.parametrize(
    ("state", "differs"),
    [
        (Unknown(), {"state": UserState.UNKNOWN}),
        (SignedOut(), {}),
        (SignedOut(fetching=True), {}),
        (Guest("eu-west-1:2"), {"state": UserState.GUEST, "identity_id": "eu-west-1:2"}),
        (
            Guest("eu-west-1:2", KEYS),
            {"state": UserState.GUEST, "identity_id": "eu-west-1:2", "credentials_expire_at": KEYS.expires_at},
        ),
        (SigningIn("ada", SignedOut()), {"busy": True}),
        (SigningIn("ada", TokensInvalid(ADA, "refused")), INVALID | {"state_reason": "refused", "busy": True}),
        (Challenged(CODE, SignedOut()), {"challenge": CODE}),
        (Challenged(CODE, SignedOut(), responding=True), {"challenge": CODE, "busy": True}),
        (
            Challenged(CODE, Guest("eu-west-1:2", KEYS)),
            {
                "state": UserState.GUEST,
                "identity_id": "eu-west-1:2",
                "credentials_expire_at": KEYS.expires_at,
                "challenge": CODE,
            },
        ),
        (SignedIn(ADA), KNOWN | {"state": UserState.SIGNED_IN}),
        (
            SignedIn(ADA, TOKENS, KEYS),
            KNOWN
            | {
                "state": UserState.SIGNED_IN,
                "has_valid_tokens": True,
                "tokens_expire_at": TOKENS.expires_at,
                "credentials_expire_at": KEYS.expires_at,
            },
        ),
        (TokensInvalid(ADA, "refused"), INVALID | {"state_reason": "refused"}),
        (
            TokensInvalid(ADA, "offline", KEYS),
            INVALID | {"state_reason": "offline", "credentials_expire_at": KEYS.expires_at},
        ),
    ],
    ids=repr,
)
def test_people_see(state, differs):
    assert observed(Flow(state), NOON) == NOTHING | differs


def test_tokens_that_have_ended_are_not_valid_but_still_known():
    seen = observed(Flow(SignedIn(ADA, TOKENS)), TOKENS.expires_at)
    assert not seen["has_valid_tokens"]
    assert seen["tokens_expire_at"] == TOKENS.expires_at


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        (SignInFailed(WRONG), WRONG),
        (TokensDisproved(TOKENS, FORGED), FORGED),
        (RefreshFailed(FORGED, Secret("refresh"), NOON), FORGED),
        (SignIn("ada", None), None),
        (Respond({}), None),
        (SignOut(), None),
        (TokensIssued(TOKENS), None),
        (TokensRefreshed(TOKENS, Secret("refresh")), None),
        (RecordChanged(ADA), None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_error_shown_is_that_of_the_last_step_of_a_sign_in(event, shown):
    assert error_after(event, CodeMismatch("before")) is shown


@pytest.mark.parametrize(
    "event",
    [Cancel(), CredentialsWanted(), CredentialsFailed(WRONG), RefreshFailed(OFFLINE, Secret("refresh"), NOON)],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_step_of_a_sign_in_leaves_the_error(event):
    before = CodeMismatch("before")
    assert error_after(event, before) is before


@pytest.mark.parametrize("was", [True, False])
@pytest.mark.parametrize(
    "event",
    [
        TokensIssued(TOKENS),
        TokensRefreshed(TOKENS, Secret("refresh")),
        CredentialsIssued(KEYS),
        SignInFailed(WRONG),
        SignInFailed(AWAY),
        RefreshFailed(AWAY, Secret("refresh"), NOON),
        CredentialsFailed(AWAY),
    ],
    ids=lambda value: type(value).__name__,
)
def test_any_answer_of_the_service_shows_that_it_can_be_reached(event, was):
    assert online_after(event, was)


@pytest.mark.parametrize("was", [True, False])
@pytest.mark.parametrize(
    "event",
    [SignInFailed(OFFLINE), RefreshFailed(OFFLINE, Secret("refresh"), NOON), CredentialsFailed(OFFLINE)],
    ids=lambda value: type(value).__name__,
)
def test_no_answer_at_all_shows_that_it_cannot(event, was):
    assert not online_after(event, was)


@pytest.mark.parametrize("was", [True, False])
def test_what_needs_no_service_says_nothing_about_it(was):
    assert online_after(SignOut(), was) is was
