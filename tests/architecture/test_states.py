"""The README's table and diagram of states are what the flow does, not what somebody remembers of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from nbauth.core.events import (
    CredentialsIssued,
    CredentialsWanted,
    FederatedSignIn,
    LoginsFailed,
    LoginsRenewed,
    Opened,
    RecordChanged,
    RefreshFailed,
    RefreshWanted,
    SignIn,
    SignInFailed,
    SignOut,
    TokensIssued,
    TokensRefreshed,
)
from nbauth.core.federation import FederatedLogin, Federation
from nbauth.core.flow import step
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.states import Guest, SignedIn, SignedOut, TokensInvalid, Unknown, user_state
from nbauth.core.user_state import UserState
from nbauth.errors import InvalidTransition, NotAuthorized, RefreshRefused, ServiceUnavailable
from nbauth.testing import credentials, tokens

README = Path(__file__).parents[2] / "README.md"

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
ENDED = NOW - timedelta(minutes=1)
TOKENS = tokens("ada", issued_at=NOW)
OLD_TOKENS = tokens("ada", issued_at=NOW - timedelta(hours=2))
KEYS = credentials(issued_at=NOW)
SPENT = TOKENS.refresh_token
ADA = Record("ada", TOKENS.sub, TOKENS.issuer, SPENT)
VOUCHED = Federation((FederatedLogin("accounts.google.com", Secret("token"), expires_at=ENDED),))
EVE = Record("eve", "1", provider="accounts.google.com")
OFFLINE = ServiceUnavailable("no network", reason="offline")
REFUSED = RefreshRefused("over")

STATES = {
    "`SIGNED_OUT`": SignedOut(),
    "`GUEST`": Guest(KEYS.identity_id),
    "`SIGNED_IN`": SignedIn(ADA, OLD_TOKENS),
    "`SIGNED_IN` through another provider": SignedIn(EVE, federation=VOUCHED),
    "`…USER_POOLS_TOKENS_INVALID`": TokensInvalid(ADA, "offline"),
    "`…FEDERATED_TOKENS_INVALID`": TokensInvalid(EVE, "offline", federation=VOUCHED),
}
HAPPENINGS = {
    "a user signs in": [[SignIn("ada", Secret("password")), TokensIssued(TOKENS)]],
    "another provider's token is taken": [[FederatedSignIn(VOUCHED), CredentialsIssued(KEYS)]],
    "a sign-in is refused, cancelled, or does not get through": [
        [SignIn("ada", Secret("password")), SignInFailed(NotAuthorized("wrong"))]
    ],
    "AWS credentials are asked for": [[CredentialsWanted(), CredentialsIssued(KEYS)]],
    "what had ended is renewed": [
        [RefreshWanted(NOW), TokensRefreshed(TOKENS, SPENT)],
        [RefreshWanted(NOW), LoginsRenewed(VOUCHED, VOUCHED)],
    ],
    "a renewal fails before the end of what there is": [
        [RefreshWanted(NOW), RefreshFailed(OFFLINE, SPENT, NOW - timedelta(hours=2))],
        [RefreshWanted(NOW), LoginsFailed(OFFLINE, VOUCHED, NOW - timedelta(hours=2))],
    ],
    "what has ended cannot be renewed for now": [
        [RefreshWanted(NOW), RefreshFailed(OFFLINE, SPENT, NOW)],
        [RefreshWanted(NOW), LoginsFailed(OFFLINE, VOUCHED, NOW)],
    ],
    "the renewal is refused": [
        [RefreshWanted(NOW), RefreshFailed(REFUSED, SPENT, NOW)],
        [RefreshWanted(NOW), LoginsFailed(REFUSED, VOUCHED, NOW)],
    ],
    "a user signs in in another kernel": [[RecordChanged(Record("bob", "2", "https://issuer", Secret("refresh")))]],
    "somebody signs out in another kernel": [[RecordChanged(None)]],
    "`sign_out()`": [[SignOut()]],
}
BEGINNINGS = {
    "a stored sign-in": ADA,
    "one whose renewal was refused": Record("ada", "1", "https://issuer"),
    "one with another provider": EVE,
    "a guest's identity": Record(identity_id=KEYS.identity_id),
    "nothing": None,
}


def after(state, events):
    """Return the user state after events, None where they have no place."""
    try:
        for event in events:
            before = state
            state, _ = step(state, event)
            if state == before and len(events) > 1:
                return None  # the answer to a question that this state does not ask
    except InvalidTransition:
        return None
    return user_state(state)


def outcome(state, happening):
    """Return the user state that a happening leads to, None where it cannot happen."""
    return next((end for events in HAPPENINGS[happening] if (end := after(state, events))), None)


def cell(state, happening):
    end = outcome(state, happening)
    if end is None:
        return ""
    return "stays" if end is user_state(state) else f"`{end.value.replace('SIGNED_OUT_', '…')}`"


def table():
    lines = ["| | " + " | ".join(STATES) + " |", "|---" * (len(STATES) + 1) + "|"]
    for happening in HAPPENINGS:
        cells = (cell(state, happening) for state in STATES.values())
        lines.append(f"| {happening} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def diagram():
    edges = {}
    for words, record in BEGINNINGS.items():
        edges.setdefault((UserState.UNKNOWN, after(Unknown(), [Opened(record)])), []).append(f"opened with {words}")
    for state in STATES.values():
        for happening in HAPPENINGS:
            end = outcome(state, happening)
            labels = edges.setdefault((user_state(state), end), [])
            if happening not in labels:
                labels.append(happening)
    lines = [
        f"    {start.value} --> {end.value}: {'<br>'.join(labels).replace('`', '')}"
        for (start, end), labels in edges.items()
        if end not in (None, start)
    ]
    return "\n".join(["```mermaid", "stateDiagram-v2", "    [*] --> UNKNOWN", *lines, "```"])


def test_the_readme_has_the_table_that_the_flow_makes():
    assert table() in README.read_text(encoding="utf-8"), f"put this into README.md:\n{table()}"


def test_the_readme_has_the_diagram_that_the_flow_makes():
    assert diagram() in README.read_text(encoding="utf-8"), f"put this into README.md:\n{diagram()}"
