"""Every transition of the sign-in flow, then what must hold on every way through it."""

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from nbauth.core.challenges import Challenge
from nbauth.core.device import RememberedDevice
from nbauth.core.events import (
    Cancel,
    ChallengeIssued,
    CredentialsFailed,
    CredentialsIssued,
    CredentialsWanted,
    DeviceForgotten,
    FederatedSignIn,
    FetchCredentials,
    ForgetRecord,
    InitiateAuth,
    LoginsFailed,
    LoginsRenewed,
    Opened,
    RecordChanged,
    RefreshFailed,
    RefreshTokens,
    RefreshWanted,
    RenewLogins,
    ResendCode,
    ResendWanted,
    Respond,
    RespondToAuthChallenge,
    RevokeTokens,
    SaveRecord,
    SignIn,
    SignInFailed,
    SignOut,
    SignOutEverywhere,
    TokensDisproved,
    TokensIssued,
    TokensRefreshed,
)
from nbauth.core.federation import FederatedLogin, Federation
from nbauth.core.flow import Flow, step
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
    UnderWay,
    Unknown,
    beside_step_up,
    credentials_of,
    device_of,
    is_step_up,
    known_user,
    record_of,
    standing,
    tokens_of,
    user_state,
)
from nbauth.core.step_up import StepUp
from nbauth.core.user_state import UserState
from nbauth.errors import (
    ChallengeExpired,
    CodeMismatch,
    ConfigError,
    IdentityGone,
    InvalidTransition,
    NotAuthorized,
    RefreshRefused,
    ServiceUnavailable,
    TokensNotGenuine,
)
from nbauth.testing import credentials, tokens

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
SPENT = Secret("sentinel-refresh-1")
IDENTITY, GUEST_IDENTITY = "eu-west-1:user", "eu-west-1:guest"
TOKENS = tokens("ada", issued_at=NOON, refresh_token="sentinel-refresh-1")
RENEWED = tokens("ada", issued_at=NOON, refresh_token="sentinel-refresh-2")
ADA = Record("ada", TOKENS.sub, TOKENS.issuer, SPENT, IDENTITY)
REFUSED_ADA = dataclasses.replace(ADA, refresh_token=None)
RENEWED_ADA = dataclasses.replace(ADA, refresh_token=RENEWED.refresh_token)
BOBS = tokens("bob", issued_at=NOON, refresh_token="sentinel-refresh-bob")
BOB = Record("bob", BOBS.sub, BOBS.issuer, BOBS.refresh_token)
KEYS = credentials(IDENTITY, issued_at=NOON)
GUEST_KEYS = credentials(GUEST_IDENTITY, issued_at=NOON)
PASSWORD = Secret("sentinel-password")
DEVICE = RememberedDevice("ada", "eu-west-1_device", "-group", Secret("sentinel-device"))
CODE = Challenge("SMS_MFA", "ada", Secret("sentinel-session"))
NEXT_CODE = Challenge("SOFTWARE_TOKEN_MFA", "ada", Secret("sentinel-session"))
GOOGLE = FederatedLogin("accounts.google.com", Secret("sentinel-google-1"), "g-1", "eve@example.com", NOON)
FACEBOOK = FederatedLogin("graph.facebook.com", Secret("sentinel-facebook-1"))
VOUCHED = Federation((GOOGLE,))
REVOUCHED = Federation((dataclasses.replace(GOOGLE, token=Secret("sentinel-google-2")),))
EVE = Record("eve@example.com", "g-1", identity_id=IDENTITY, provider=GOOGLE.provider)
WRONG = NotAuthorized("wrong")
OFFLINE = ServiceUnavailable("no network", reason="offline")
AWAY = ServiceUnavailable("overloaded", reason="unavailable")
REFUSED = RefreshRefused("over")

FORGED = TokensNotGenuine("forged")

SIGN_IN = SignIn("ada", PASSWORD)
STEP_UP = SignIn("ada", None, "USER_AUTH", step_up=StepUp(TOKENS.access_token, "urn:cognito:loa:2", 300))
WANT_REFRESH = RefreshWanted(NOON)
INITIATE = InitiateAuth(SIGN_IN)

STATES = {
    "Unknown": Unknown(),
    "SignedOut": SignedOut(),
    "Guest": Guest(GUEST_IDENTITY, GUEST_KEYS),
    "SigningIn": SigningIn("eve", SignedOut()),
    "Challenged": Challenged(CODE, SignedOut()),
    "Federating": Federating(VOUCHED, SignedOut()),
    "SignedIn": SignedIn(ADA, TOKENS, KEYS),
    "TokensInvalid": TokensInvalid(ADA, "offline", KEYS),
    "Federated": SignedIn(EVE, credentials=KEYS, federation=VOUCHED),
    "SteppingUp": Challenged(CODE, SignedIn(ADA, TOKENS, KEYS)),
}
EVENTS = (
    Opened(ADA),
    RecordChanged(BOB),
    RecordChanged(None),
    SIGN_IN,
    STEP_UP,
    FederatedSignIn(VOUCHED),
    Respond({"code": "123456"}),
    ResendWanted(),
    Cancel(),
    SignOut(),
    DeviceForgotten("eu-west-1_device"),
    WANT_REFRESH,
    CredentialsWanted(),
    ChallengeIssued(NEXT_CODE),
    TokensIssued(TOKENS),
    TokensRefreshed(RENEWED, SPENT),
    TokensDisproved(TOKENS, FORGED),
    SignInFailed(WRONG),
    RefreshFailed(AWAY, SPENT, NOON),
    LoginsRenewed(REVOUCHED, VOUCHED),
    LoginsFailed(REFUSED, VOUCHED, NOON),
    CredentialsIssued(GUEST_KEYS),
    CredentialsFailed(OFFLINE),
)
# Where each event leads from each state: "=" where it changes nothing, "-" where it is a bug in nbauth.
MATRIX = """
                  Unknown  SignedOut  Guest      SigningIn  Challenged Federating SignedIn  TokensInvalid Federated     SteppingUp
Opened            SignedIn -          -          -          -          -          -         -             -             -
RecordChanged     -        SignedIn   SignedIn   SignedIn   SignedIn   SignedIn   SignedIn  SignedIn      SignedIn      SignedIn
RecordChanged     -        =          SignedOut  =          =          =          SignedOut SignedOut     SignedOut     SignedOut
SignIn            -        SigningIn  SigningIn  SigningIn  SigningIn  SigningIn  -         SigningIn     -             -
SignIn            -        -          -          -          -          -          SigningIn -             -             SigningIn
FederatedSignIn   -        Federating Federating Federating Federating =          -         Federating    Federating    -
Respond           -        -          -          -          Challenged -          -         -             -             Challenged
ResendWanted      -        -          -          -          Challenged -          -         -             -             Challenged
Cancel            =        =          =          SignedOut  SignedOut  SignedOut  =         =             =             SignedIn
SignOut           -        =          SignedOut  SignedOut  SignedOut  SignedOut  SignedOut SignedOut     SignedOut     SignedOut
DeviceForgotten   =        =          =          =          =          =          =         =             =             =
RefreshWanted     -        -          -          -          -          -          SignedIn  TokensInvalid SignedIn      Challenged
CredentialsWanted -        SignedOut  Guest      -          -          -          SignedIn  -             SignedIn      Challenged
ChallengeIssued   -        -          -          Challenged Challenged -          -         -             -             Challenged
TokensIssued      -        -          -          SignedIn   SignedIn   -          -         -             -             SignedIn
TokensRefreshed   =        =          =          =          =          =          SignedIn  SignedIn      =             Challenged
TokensDisproved   =        =          =          =          =          =          SignedOut =             =             SignedOut
SignInFailed      -        -          -          SignedOut  =          -          -         -             -             =
RefreshFailed     =        =          =          =          =          =          =         TokensInvalid =             =
LoginsRenewed     =        =          =          =          =          =          =         =             SignedIn      =
LoginsFailed      =        =          =          =          =          =          =         =             TokensInvalid =
CredentialsIssued -        Guest      =          -          -          SignedIn   SignedIn  =             SignedIn      Challenged
CredentialsFailed -        =          =          -          -          SignedOut  =         =             =             =
"""  # noqa: E501 - a table is read by its columns


def outcome(state, event):
    try:
        after, _ = step(state, event)
    except InvalidTransition:
        return "-"
    return "=" if after == state else type(after).__name__


def test_every_event_has_a_place_or_none_in_every_state():
    header, *lines = [line.split() for line in MATRIX.strip().splitlines()]
    assert header == list(STATES)
    found = [[type(event).__name__, *(outcome(state, event) for state in STATES.values())] for event in EVENTS]
    assert found == lines, "\n" + "\n".join(" ".join(f"{cell:17}" for cell in row) for row in found)


def test_an_event_without_a_place_is_named_with_the_state_and_nothing_else():
    with pytest.raises(InvalidTransition, match=r"^SignIn cannot happen in SignedIn$"):
        step(SignedIn(ADA, TOKENS), SIGN_IN)


# Opening.


@pytest.mark.parametrize(
    ("record", "state"),
    [
        (None, SignedOut()),
        (Record(), SignedOut()),
        (ADA, SignedIn(ADA)),
        (REFUSED_ADA, TokensInvalid(REFUSED_ADA, "refused")),
        (Record(identity_id=GUEST_IDENTITY), Guest(GUEST_IDENTITY)),
    ],
)
def test_opening_goes_on_where_the_record_ends_and_asks_nobody(record, state):
    assert step(Unknown(), Opened(record)) == (state, ())


# Signing in.


def test_a_sign_in_begins_with_a_request_and_keeps_no_password():
    assert step(SignedOut(), SIGN_IN) == (SigningIn("ada", SignedOut()), (INITIATE,))


@pytest.mark.parametrize("base", [SignedOut(), Guest(GUEST_IDENTITY), TokensInvalid(ADA, "offline")], ids=repr)
@pytest.mark.parametrize("under_way", [lambda base: SigningIn("eve", base), lambda base: Challenged(CODE, base)])
def test_another_sign_in_takes_the_place_of_the_one_under_way(base, under_way):
    assert step(under_way(base), SIGN_IN) == (SigningIn("ada", base), (INITIATE,))


@pytest.mark.parametrize("base", [SignedOut(fetching=True), Guest(GUEST_IDENTITY, fetching=True)], ids=repr)
def test_a_sign_in_gives_up_a_guests_request_for_credentials(base):
    assert step(base, SIGN_IN)[0].base == dataclasses.replace(base, fetching=False)


@pytest.mark.parametrize("base", [SignedOut(), Guest(GUEST_IDENTITY), TokensInvalid(ADA, "refused")], ids=repr)
@pytest.mark.parametrize("error", [WRONG, OFFLINE, ConfigError("no pool")], ids=lambda error: type(error).__name__)
def test_a_sign_in_that_fails_falls_back_to_where_it_began(base, error):
    assert step(SigningIn("ada", base), SignInFailed(error)) == (base, ())


def test_an_answer_goes_out_with_the_challenge_it_answers():
    answered, effects = step(Challenged(CODE, SignedOut()), Respond({"code": "123456"}, {"key": "value"}))
    assert answered == Challenged(CODE, SignedOut(), responding=True)
    assert effects == (RespondToAuthChallenge(CODE, {"code": "123456"}, {"key": "value"}),)


def test_an_answer_is_not_given_twice_at_once():
    with pytest.raises(InvalidTransition):
        step(Challenged(CODE, SignedOut(), responding=True), Respond({"code": "123456"}))


def test_a_new_code_is_asked_for_with_the_challenge_it_is_for():
    asking, effects = step(Challenged(CODE, SignedOut()), ResendWanted())
    assert (asking, effects) == (Challenged(CODE, SignedOut(), responding=True), (ResendCode(CODE),))
    assert step(asking, ChallengeIssued(NEXT_CODE)) == (Challenged(NEXT_CODE, SignedOut()), ())
    assert step(asking, SignInFailed(AWAY)) == (Challenged(CODE, SignedOut()), ())


def test_one_challenge_may_follow_another():
    before = Challenged(CODE, Guest(GUEST_IDENTITY), responding=True)
    assert step(before, ChallengeIssued(NEXT_CODE)) == (Challenged(NEXT_CODE, Guest(GUEST_IDENTITY)), ())


@pytest.mark.parametrize(
    "error", [CodeMismatch("wrong code"), OFFLINE, ConfigError("no")], ids=lambda e: type(e).__name__
)
def test_a_wrong_answer_keeps_the_challenge(error):
    before = Challenged(CODE, SignedOut(), responding=True)
    assert step(before, SignInFailed(error)) == (Challenged(CODE, SignedOut()), ())


def test_a_challenge_that_has_expired_ends_the_sign_in():
    before = Challenged(CODE, Guest(GUEST_IDENTITY), responding=True)
    assert step(before, SignInFailed(ChallengeExpired("over"))) == (Guest(GUEST_IDENTITY), ())


def test_a_sign_in_is_kept():
    record = dataclasses.replace(ADA, identity_id=None)
    assert step(SigningIn("ada", SignedOut()), TokensIssued(TOKENS)) == (
        SignedIn(record, TOKENS),
        (SaveRecord(record),),
    )


def test_a_guests_identity_is_passed_on_to_the_user():
    state, _ = step(SigningIn("ada", Guest(GUEST_IDENTITY, GUEST_KEYS)), TokensIssued(TOKENS))
    assert (state.record.identity_id, state.guest_identity_id) == (None, GUEST_IDENTITY)
    assert state.credentials is None
    _, (fetch,) = step(state, CredentialsWanted())
    assert fetch == FetchCredentials(GUEST_IDENTITY, TOKENS)


def test_the_identity_that_comes_back_is_adopted():
    unknown = dataclasses.replace(ADA, identity_id=None)
    before = SignedIn(unknown, TOKENS, guest_identity_id=GUEST_IDENTITY, fetching=True)
    assert step(before, CredentialsIssued(KEYS)) == (SignedIn(ADA, TOKENS, KEYS), (SaveRecord(ADA),))


def test_an_identity_that_is_known_is_not_saved_again():
    assert step(SignedIn(ADA, TOKENS, fetching=True), CredentialsIssued(KEYS))[1] == ()


def test_signing_in_again_keeps_the_identity_and_revokes_what_it_replaces():
    state, effects = step(SigningIn("ada", TokensInvalid(ADA, "offline", KEYS)), TokensIssued(RENEWED))
    record = dataclasses.replace(ADA, refresh_token=RENEWED.refresh_token)
    assert state == SignedIn(record, RENEWED)
    assert effects == (SaveRecord(record), RevokeTokens(SPENT))


def test_somebody_elses_sign_in_inherits_nothing():
    state, effects = step(SigningIn("bob", TokensInvalid(REFUSED_ADA, "refused")), TokensIssued(BOBS))
    assert (state.record.username, state.record.identity_id, state.credentials) == ("bob", None, None)
    assert effects == (SaveRecord(state.record),)


# Leaving.


@pytest.mark.parametrize("user", [SignedIn(ADA, TOKENS), TokensInvalid(ADA, "offline")], ids=lambda s: type(s).__name__)
def test_signing_out_forgets_and_revokes(user):
    assert step(user, SignOut()) == (SignedOut(), (ForgetRecord(), RevokeTokens(SPENT)))


def test_signing_out_everywhere_asks_for_that_instead():
    held = TOKENS, None
    for user, given in zip((SignedIn(ADA, TOKENS), TokensInvalid(ADA, "offline")), held, strict=True):
        assert step(user, SignOut(everywhere=True))[1] == (ForgetRecord(), SignOutEverywhere(ADA, given))


@pytest.mark.parametrize(
    ("state", "event"),
    [
        (SignedOut(), SignOut()),
        (Guest(GUEST_IDENTITY), SignOut()),
        (SigningIn("ada", SignedOut()), SignOut(everywhere=True)),
        (SignedIn(ADA, TOKENS), SignOut(revoke=False)),
        (SignedIn(REFUSED_ADA, TOKENS), SignOut()),
        (TokensInvalid(REFUSED_ADA, "refused"), SignOut(everywhere=True)),
    ],
)
def test_where_there_is_nothing_to_revoke_signing_out_only_forgets(state, event):
    assert step(state, event) == (SignedOut(), (ForgetRecord(),))


def test_signing_out_in_the_middle_of_signing_in_again_revokes_the_old_tokens():
    before = Challenged(CODE, TokensInvalid(ADA, "offline"), responding=True)
    assert step(before, SignOut()) == (SignedOut(), (ForgetRecord(), RevokeTokens(SPENT)))


# Refreshing.


@pytest.mark.parametrize(
    "user", [SignedIn(ADA, TOKENS, KEYS), TokensInvalid(ADA, "offline", KEYS)], ids=lambda s: type(s).__name__
)
def test_one_refresh_is_begun_at_a_time(user):
    refreshing, effects = step(user, WANT_REFRESH)
    assert refreshing == dataclasses.replace(user, refreshing=True)
    assert effects == (RefreshTokens(ADA),)
    assert step(refreshing, WANT_REFRESH) == (refreshing, ())


def test_a_refresh_goes_on_while_the_user_signs_in_again():
    before = SigningIn("ada", TokensInvalid(ADA, "offline"))
    refreshing, effects = step(before, WANT_REFRESH)
    assert refreshing == SigningIn("ada", TokensInvalid(ADA, "offline", refreshing=True))
    assert effects == (RefreshTokens(ADA),)


def test_without_a_refresh_token_valid_tokens_are_used_to_their_end():
    user = SignedIn(REFUSED_ADA, TOKENS, KEYS)
    assert step(user, WANT_REFRESH) == (user, ())


@pytest.mark.parametrize("held", [TOKENS, None])
def test_without_a_refresh_token_only_a_sign_in_follows_tokens_that_have_ended(held):
    wanted = RefreshWanted(TOKENS.expires_at)
    assert step(SignedIn(REFUSED_ADA, held, KEYS), wanted) == (TokensInvalid(REFUSED_ADA, "refused"), ())


def test_tokens_that_were_refused_are_not_tried_again():
    user = TokensInvalid(REFUSED_ADA, "refused")
    assert step(user, WANT_REFRESH) == (user, ())


def test_a_refresh_keeps_the_credentials_and_saves_the_new_refresh_token():
    record = dataclasses.replace(ADA, refresh_token=RENEWED.refresh_token)
    before = SignedIn(ADA, TOKENS, KEYS, refreshing=True, fetching=True)
    after = SignedIn(record, RENEWED, KEYS, fetching=True)
    assert step(before, TokensRefreshed(RENEWED, SPENT)) == (after, (SaveRecord(record),))


@pytest.mark.parametrize("same", [TOKENS, dataclasses.replace(TOKENS, refresh_token=None)])
def test_a_pool_that_does_not_rotate_costs_no_write(same):
    assert step(SignedIn(ADA, refreshing=True), TokensRefreshed(same, SPENT)) == (SignedIn(ADA, same), ())


def test_the_refresh_that_gets_through_puts_everything_right():
    before = TokensInvalid(ADA, "offline", KEYS, refreshing=True)
    assert step(before, TokensRefreshed(TOKENS, SPENT)) == (SignedIn(ADA, TOKENS, KEYS), ())


def test_a_refresh_that_gets_through_ends_a_sign_in_that_was_begun_meanwhile():
    flow = Flow(Challenged(CODE, TokensInvalid(ADA, "offline", refreshing=True)), attempt=3)
    assert flow.take(TokensRefreshed(TOKENS, SPENT)) == (Flow(SignedIn(ADA, TOKENS), attempt=4), ())


@pytest.mark.parametrize(
    "state", [SignedOut(), Guest(GUEST_IDENTITY), SignedIn(dataclasses.replace(ADA, refresh_token=BOBS.refresh_token))]
)
def test_what_a_refresh_brings_too_late_is_revoked(state):
    assert step(state, TokensRefreshed(RENEWED, SPENT)) == (state, (RevokeTokens(RENEWED.refresh_token),))


def test_where_nothing_came_too_late_nothing_is_revoked():
    unrenewable = dataclasses.replace(RENEWED, refresh_token=None)
    assert step(SignedOut(), TokensRefreshed(unrenewable, SPENT)) == (SignedOut(), ())


@pytest.mark.parametrize("error", [OFFLINE, AWAY, ConfigError("secret"), REFUSED], ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("state", [SignedOut(), SignedIn(dataclasses.replace(ADA, refresh_token=BOBS.refresh_token))])
def test_a_refresh_that_fails_too_late_changes_nothing(state, error):
    assert step(state, RefreshFailed(error, SPENT, NOON)) == (state, ())


@pytest.mark.parametrize("error", [OFFLINE, AWAY, ConfigError("secret")], ids=lambda e: type(e).__name__)
def test_a_failing_refresh_costs_nothing_while_tokens_are_valid(error):
    before = SignedIn(ADA, TOKENS, KEYS, refreshing=True, fetching=True)
    assert step(before, RefreshFailed(error, SPENT, NOON)) == (SignedIn(ADA, TOKENS, KEYS, fetching=True), ())


@pytest.mark.parametrize(
    ("error", "reason"), [(OFFLINE, "offline"), (AWAY, "unavailable"), (ConfigError("secret"), "unavailable")]
)
@pytest.mark.parametrize("held", [TOKENS, None])
def test_a_failing_refresh_of_tokens_that_have_ended_says_why_and_drops_nothing(held, error, reason):
    before = SignedIn(ADA, held, KEYS, refreshing=True)
    after, effects = step(before, RefreshFailed(error, SPENT, TOKENS.expires_at))
    assert (after, effects) == (TokensInvalid(ADA, reason, KEYS), ())


def test_the_reason_follows_the_last_failure():
    before = TokensInvalid(ADA, "offline", KEYS, refreshing=True)
    assert step(before, RefreshFailed(AWAY, SPENT, NOON)) == (TokensInvalid(ADA, "unavailable", KEYS), ())


@pytest.mark.parametrize(
    "before", [SignedIn(ADA, TOKENS, KEYS), TokensInvalid(ADA, "offline", KEYS)], ids=lambda s: type(s).__name__
)
def test_only_a_refusal_ends_a_sign_in_and_that_is_kept(before):
    after = TokensInvalid(REFUSED_ADA, "refused")
    assert step(before, RefreshFailed(REFUSED, SPENT, NOON)) == (after, (SaveRecord(REFUSED_ADA),))


def test_a_refusal_does_not_end_the_sign_in_that_replaces_it():
    before = SigningIn("ada", TokensInvalid(ADA, "offline", refreshing=True))
    after, _ = step(before, RefreshFailed(REFUSED, SPENT, NOON))
    assert after == SigningIn("ada", TokensInvalid(REFUSED_ADA, "refused"))


# Other kernels.


@pytest.mark.parametrize("state", [SignedIn(ADA, TOKENS, KEYS), TokensInvalid(ADA, "offline"), Guest(GUEST_IDENTITY)])
def test_a_sign_out_elsewhere_is_one_here_and_leaves_nothing_to_do(state):
    assert step(state, RecordChanged(None)) == (SignedOut(), ())


@pytest.mark.parametrize("state", [SignedOut(), Guest(GUEST_IDENTITY, GUEST_KEYS), SignedIn(ADA, TOKENS, KEYS)])
def test_a_sign_in_elsewhere_is_one_here_without_tokens(state):
    assert step(state, RecordChanged(BOB)) == (SignedIn(BOB), ())


def test_the_refresh_token_of_another_kernel_is_adopted_and_all_else_kept():
    before = SignedIn(ADA, TOKENS, KEYS, fetching=True)
    after = SignedIn(RENEWED_ADA, TOKENS, KEYS, fetching=True)
    assert step(before, RecordChanged(RENEWED_ADA)) == (after, ())


@pytest.mark.parametrize("before", [TokensInvalid(ADA, "offline", KEYS), TokensInvalid(REFUSED_ADA, "refused", KEYS)])
def test_another_refresh_token_makes_invalid_tokens_good(before):
    assert step(before, RecordChanged(RENEWED_ADA)) == (SignedIn(RENEWED_ADA, credentials=KEYS), ())


def test_another_identity_alone_makes_no_invalid_tokens_good():
    record = dataclasses.replace(ADA, identity_id=None)
    assert step(TokensInvalid(ADA, "offline"), RecordChanged(record)) == (TokensInvalid(record, "offline"), ())


def test_a_refresh_under_way_still_finds_the_token_it_was_begun_with():
    before = SignedIn(ADA, TOKENS, refreshing=True)
    assert step(before, RecordChanged(RENEWED_ADA)) == (before, ())


def test_what_another_kernel_was_refused_ends_nothing_here():
    before = SignedIn(ADA, TOKENS, KEYS)
    assert step(before, RecordChanged(REFUSED_ADA)) == (before, ())


def test_a_user_becomes_no_guest_by_another_kernel():
    assert step(SignedIn(ADA, TOKENS), RecordChanged(Record(identity_id=GUEST_IDENTITY))) == (SignedOut(), ())


def test_a_guest_of_another_kernel_is_one_here_where_nobody_is_known():
    assert step(SignedOut(), RecordChanged(Record(identity_id=GUEST_IDENTITY))) == (Guest(GUEST_IDENTITY), ())


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_what_is_known_already_changes_nothing(state):
    if not isinstance(state, Unknown):
        flow = Flow(state, attempt=7)
        assert flow.take(RecordChanged(record_of(state))) == (flow, ())


@pytest.mark.parametrize("base", [Guest(GUEST_IDENTITY), TokensInvalid(ADA, "offline")], ids=repr)
def test_a_sign_in_goes_on_after_a_sign_out_elsewhere(base):
    flow = Flow(Challenged(CODE, base), attempt=3)
    assert flow.take(RecordChanged(None)) == (Flow(Challenged(CODE, SignedOut()), attempt=3), ())


@pytest.mark.parametrize("record", [BOB, RENEWED_ADA], ids=lambda record: record.username)
def test_a_sign_in_elsewhere_takes_the_place_of_the_one_under_way(record):
    flow, effects = Flow(SigningIn("ada", TokensInvalid(ADA, "offline")), attempt=3).take(RecordChanged(record))
    assert (flow, effects) == (Flow(SignedIn(record), attempt=4), ())
    assert flow.take(TokensIssued(BOBS), 3) == (flow, (RevokeTokens(BOBS.refresh_token),))


@pytest.mark.parametrize("record", [None, BOB], ids=["nobody", "bob"])
def test_credentials_that_were_asked_for_before_are_not_those_of_who_comes(record):
    flow, _ = Flow(SignedIn(ADA, TOKENS, fetching=True), attempt=3).take(RecordChanged(record))
    assert flow.take(CredentialsIssued(KEYS), 3) == (flow, ())


def test_credentials_that_were_asked_for_before_another_kernel_refreshed_are_taken():
    flow, _ = Flow(SignedIn(ADA, TOKENS, fetching=True), attempt=3).take(RecordChanged(RENEWED_ADA))
    assert flow.take(CredentialsIssued(KEYS), 3)[0].state == SignedIn(RENEWED_ADA, TOKENS, KEYS)


# Credentials.


def test_a_guest_has_an_identity_from_the_first_credentials_on():
    fetching, effects = step(SignedOut(), CredentialsWanted())
    assert effects == (FetchCredentials(None, None),)
    record = Record(identity_id=GUEST_IDENTITY)
    assert step(fetching, CredentialsIssued(GUEST_KEYS)) == (Guest(GUEST_IDENTITY, GUEST_KEYS), (SaveRecord(record),))


def test_a_guest_stays_the_same_guest():
    fetching, effects = step(Guest(GUEST_IDENTITY), CredentialsWanted())
    assert effects == (FetchCredentials(GUEST_IDENTITY, None),)
    assert step(fetching, CredentialsIssued(GUEST_KEYS)) == (Guest(GUEST_IDENTITY, GUEST_KEYS), ())


@pytest.mark.parametrize(
    "state", [SignedOut(), Guest(GUEST_IDENTITY), SignedIn(ADA, TOKENS)], ids=lambda s: type(s).__name__
)
def test_credentials_are_asked_for_once_at_a_time(state):
    fetching, _ = step(state, CredentialsWanted())
    assert step(fetching, CredentialsWanted()) == (fetching, ())


@pytest.mark.parametrize(
    "state",
    [
        SignedIn(ADA),
        TokensInvalid(ADA, "offline"),
        TokensInvalid(REFUSED_ADA, "refused"),
        SigningIn("ada", Guest(GUEST_IDENTITY)),
        Challenged(CODE, SignedOut()),
    ],
    ids=lambda state: type(state).__name__,
)
def test_nobody_who_is_known_or_signing_in_gets_a_guests_credentials(state):
    with pytest.raises(InvalidTransition):
        step(state, CredentialsWanted())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (SignedOut(fetching=True), SignedOut()),
        (Guest(GUEST_IDENTITY, GUEST_KEYS, fetching=True), Guest(GUEST_IDENTITY, GUEST_KEYS)),
        (SignedIn(ADA, TOKENS, KEYS, fetching=True), SignedIn(ADA, TOKENS, KEYS)),
        (TokensInvalid(ADA, "offline", KEYS), TokensInvalid(ADA, "offline", KEYS)),
    ],
    ids=lambda state: type(state).__name__,
)
@pytest.mark.parametrize("error", [OFFLINE, AWAY, WRONG], ids=lambda e: type(e).__name__)
def test_a_failing_fetch_keeps_what_there_is(before, after, error):
    assert step(before, CredentialsFailed(error)) == (after, ())


def test_a_guest_whose_identity_is_gone_is_nobody():
    before = Guest(GUEST_IDENTITY, fetching=True)
    assert step(before, CredentialsFailed(IdentityGone("gone"))) == (SignedOut(), (ForgetRecord(),))


def test_a_user_whose_identity_is_gone_forgets_it_and_stays():
    record = dataclasses.replace(ADA, identity_id=None)
    before = SignedIn(ADA, TOKENS, fetching=True)
    assert step(before, CredentialsFailed(IdentityGone("gone"))) == (SignedIn(record, TOKENS), (SaveRecord(record),))


# Attempts.


# Stepping up.

STEPPING_UP = SignedIn(ADA, TOKENS, KEYS)
APART = tokens("ada", issued_at=NOON, refresh_token="sentinel-refresh-2", origin_jti="2")


def test_a_step_up_is_a_sign_in_that_starts_from_a_user_who_is_signed_in():
    known = dataclasses.replace(ADA, device=DEVICE)
    state, effects = step(SignedIn(known, TOKENS, KEYS), STEP_UP)
    assert state == SigningIn("ada", SignedIn(known, TOKENS, KEYS))
    assert effects == (InitiateAuth(STEP_UP, DEVICE),)
    assert (user_state(state), tokens_of(state), credentials_of(state)) == (UserState.SIGNED_IN, TOKENS, KEYS)


@pytest.mark.parametrize(
    "state",
    [SignedOut(), Guest(GUEST_IDENTITY), TokensInvalid(ADA, "offline"), SignedIn(BOB), STATES["Federated"]],
    ids=lambda state: type(state).__name__,
)
def test_nobody_else_steps_up(state):
    with pytest.raises(InvalidTransition):
        step(state, STEP_UP)


def test_nobody_signs_in_while_a_user_steps_up_and_another_step_up_takes_its_place():
    before = Challenged(CODE, STEPPING_UP)
    for event in (SIGN_IN, FederatedSignIn(VOUCHED)):
        with pytest.raises(InvalidTransition):
            step(before, event)
    flow, effects = Flow(before, attempt=3).take(STEP_UP)
    assert (flow, effects) == (Flow(SigningIn("ada", STEPPING_UP), attempt=4), (InitiateAuth(STEP_UP),))


@pytest.mark.parametrize(
    ("before", "event"),
    [
        (SigningIn("ada", STEPPING_UP), SignInFailed(ConfigError("not in this tier"))),
        (SigningIn("ada", STEPPING_UP), SignInFailed(OFFLINE)),
        (SigningIn("ada", STEPPING_UP), Cancel()),
        (Challenged(CODE, STEPPING_UP), Cancel()),
        (Challenged(CODE, STEPPING_UP, responding=True), SignInFailed(ChallengeExpired("over"))),
    ],
    ids=repr,
)
def test_a_step_up_that_ends_otherwise_leaves_the_user_signed_in_as_before(before, event):
    assert step(before, event) == (STEPPING_UP, ())


def test_a_step_up_brings_new_tokens_and_has_credentials_asked_for_anew():
    state, effects = step(Challenged(CODE, STEPPING_UP), TokensIssued(RENEWED))
    assert (state, effects) == (SignedIn(RENEWED_ADA, RENEWED), (SaveRecord(RENEWED_ADA),))
    _, (fetch,) = step(state, CredentialsWanted())
    assert fetch == FetchCredentials(IDENTITY, RENEWED)


def test_a_step_up_without_a_refresh_token_goes_on_with_the_one_there_is():
    before = SigningIn("ada", SignedIn(ADA, TOKENS, KEYS, refreshing=True))
    stepped_up = dataclasses.replace(RENEWED, refresh_token=None)
    assert step(before, TokensIssued(stepped_up)) == (SignedIn(ADA, stepped_up, refreshing=True), ())


@pytest.mark.parametrize(("origin", "revoked"), [("1", True), ("2", False), (None, False)])
def test_the_refresh_token_before_a_step_up_is_revoked_unless_the_new_tokens_may_hang_on_it(origin, revoked):
    held = tokens("ada", issued_at=NOON, refresh_token="sentinel-refresh-1", origin_jti=origin)
    _, effects = step(SigningIn("ada", SignedIn(ADA, held)), TokensIssued(APART))
    assert effects[1:] == ((RevokeTokens(SPENT),) if revoked else ())


def test_a_step_up_never_makes_another_user_of_somebody():
    state, effects = step(SigningIn("ada", STEPPING_UP), TokensIssued(BOBS))
    assert (state, effects) == (STEPPING_UP, (RevokeTokens(BOBS.refresh_token),))


@pytest.mark.parametrize(
    ("event", "after"),
    [
        (TokensRefreshed(RENEWED, SPENT), SignedIn(RENEWED_ADA, RENEWED, KEYS)),
        (RefreshFailed(OFFLINE, SPENT, TOKENS.expires_at), TokensInvalid(ADA, "offline", KEYS)),
        (RefreshFailed(REFUSED, SPENT, NOON), TokensInvalid(REFUSED_ADA, "refused")),
        (CredentialsWanted(), SignedIn(ADA, TOKENS, KEYS, fetching=True)),
        (CredentialsIssued(KEYS), STEPPING_UP),
        (RecordChanged(RENEWED_ADA), SignedIn(RENEWED_ADA, TOKENS, KEYS)),
    ],
    ids=lambda part: type(part).__name__,
)
@pytest.mark.parametrize("under_way", [lambda base: SigningIn("ada", base), lambda base: Challenged(CODE, base)])
def test_what_happens_meanwhile_happens_to_the_user_and_the_step_up_goes_on(under_way, event, after):
    state, effects = step(under_way(STEPPING_UP), event)
    assert state == under_way(after)
    assert effects == step(STEPPING_UP, event)[1]


def test_credentials_of_a_user_who_steps_up_are_those_of_the_attempt():
    flow, _ = Flow(SignedIn(ADA, TOKENS, fetching=True), attempt=3).take(STEP_UP)
    assert flow.take(CredentialsIssued(KEYS), 3) == (flow, ())
    fetching, effects = flow.take(CredentialsWanted())
    assert effects == (FetchCredentials(IDENTITY, TOKENS),)
    assert fetching.take(CredentialsIssued(KEYS), 4)[0].state.base == STEPPING_UP
    assert fetching.take(Cancel())[0].state == SignedIn(ADA, TOKENS)


def test_a_sign_out_ends_a_step_up():
    flow, effects = Flow(Challenged(CODE, STEPPING_UP), attempt=3).take(SignOut())
    assert (flow, effects) == (Flow(SignedOut(), attempt=4), (ForgetRecord(), RevokeTokens(SPENT)))


# Forged tokens.


def test_tokens_that_are_not_the_pools_end_the_sign_in_and_nothing_is_kept():
    known = dataclasses.replace(ADA, device=DEVICE)
    flow = Flow(SignedIn(known, TOKENS, KEYS, fetching=True), attempt=3)
    gone, effects = flow.take(TokensDisproved(TOKENS, FORGED))
    assert (gone, effects) == (Flow(SignedOut(), attempt=4), (ForgetRecord(),))
    assert gone.take(CredentialsIssued(KEYS), 3) == (gone, ())


@pytest.mark.parametrize("state", [SignedIn(ADA, RENEWED), SignedIn(ADA), TokensInvalid(ADA, "offline"), SignedOut()])
def test_a_proof_against_tokens_that_have_been_replaced_changes_nothing(state):
    flow = Flow(state, attempt=3)
    assert flow.take(TokensDisproved(TOKENS, FORGED)) == (flow, ())


def test_a_refresh_that_brings_forged_tokens_is_as_if_there_had_been_none_while_the_old_ones_last():
    before = SignedIn(ADA, TOKENS, KEYS, refreshing=True)
    assert step(before, RefreshFailed(FORGED, SPENT, NOON)) == (SignedIn(ADA, TOKENS, KEYS), ())


@pytest.mark.parametrize("held", [TOKENS, None])
def test_a_refresh_that_brings_forged_tokens_ends_a_sign_in_that_has_no_others(held):
    flow = Flow(SignedIn(ADA, held, KEYS, refreshing=True), attempt=3)
    after = flow.take(RefreshFailed(FORGED, SPENT, TOKENS.expires_at))
    assert after == (Flow(SignedOut(), attempt=4), (ForgetRecord(),))


def test_a_sign_in_that_is_under_way_goes_on_after_a_refresh_that_brings_forged_tokens():
    flow = Flow(Challenged(CODE, TokensInvalid(ADA, "offline", refreshing=True)), attempt=3)
    after = flow.take(RefreshFailed(FORGED, SPENT, NOON))
    assert after == (Flow(Challenged(CODE, SignedOut()), attempt=3), (ForgetRecord(),))


# Other identity providers.


def test_a_federated_sign_in_asks_the_identity_pool_and_keeps_no_token():
    asking, effects = step(SignedOut(), FederatedSignIn(VOUCHED))
    assert (asking, effects) == (Federating(VOUCHED, SignedOut()), (FetchCredentials(None, None, VOUCHED),))
    state, effects = step(asking, CredentialsIssued(KEYS))
    assert state == SignedIn(EVE, credentials=KEYS, federation=VOUCHED)
    assert effects == (SaveRecord(EVE),)
    assert not any(isinstance(part, Secret) for part in parts(EVE))


@pytest.mark.parametrize(
    "base",
    [SignedOut(), Guest(GUEST_IDENTITY, GUEST_KEYS), TokensInvalid(EVE, "refused"), TokensInvalid(ADA, "offline")],
)
def test_a_token_that_is_not_taken_leaves_everything_as_it_was(base):
    asking, _ = step(base, FederatedSignIn(VOUCHED))
    assert user_state(asking) is user_state(base)
    assert step(asking, CredentialsFailed(WRONG)) == (base, ())


@pytest.mark.parametrize(
    ("base", "given", "asked"),
    [
        (SignedOut(), None, None),
        (SignedOut(), IDENTITY, IDENTITY),
        (Guest(GUEST_IDENTITY), None, GUEST_IDENTITY),
        (Guest(GUEST_IDENTITY), IDENTITY, IDENTITY),
        (TokensInvalid(EVE, "refused"), None, IDENTITY),
        (TokensInvalid(ADA, "refused"), None, None),
    ],
)
def test_a_federated_sign_in_is_for_the_identity_that_is_meant(base, given, asked):
    _, (fetch,) = step(base, FederatedSignIn(VOUCHED, given))
    assert fetch.identity_id == asked


def test_a_second_provider_is_linked_to_the_identity_of_the_first():
    federated = STATES["Federated"]
    asking, (fetch,) = step(federated, FederatedSignIn(Federation((FACEBOOK,))))
    assert fetch == FetchCredentials(IDENTITY, None, Federation((GOOGLE, FACEBOOK)))
    assert step(asking, CredentialsFailed(WRONG)) == (federated, ())
    state, _ = step(asking, CredentialsIssued(KEYS))
    assert state == dataclasses.replace(federated, federation=Federation((GOOGLE, FACEBOOK)))


def test_whom_a_provider_does_not_name_is_known_by_the_identity():
    asking, _ = step(SignedOut(), FederatedSignIn(Federation((FACEBOOK,))))
    state, _ = step(asking, CredentialsIssued(KEYS))
    assert (state.record.sub, state.record.username) == (IDENTITY, "")


def test_somebody_else_at_the_same_provider_is_linked_to_nothing():
    mallory = Federation((dataclasses.replace(GOOGLE, sub="g-2"),))
    asking, _ = step(STATES["Federated"], FederatedSignIn(mallory))
    assert asking.federation == mallory


def test_a_federated_sign_in_revokes_the_refresh_token_it_takes_the_place_of():
    asking, _ = step(TokensInvalid(ADA, "unavailable"), FederatedSignIn(VOUCHED))
    assert step(asking, CredentialsIssued(KEYS))[1] == (SaveRecord(EVE), RevokeTokens(SPENT))


def test_a_token_that_has_ended_is_asked_for_anew_and_credentials_stay():
    asking, effects = step(STATES["Federated"], WANT_REFRESH)
    assert effects == (RenewLogins(VOUCHED),)
    assert step(asking, WANT_REFRESH) == (asking, ())
    state, _ = step(asking, LoginsRenewed(REVOUCHED, VOUCHED))
    assert state == SignedIn(EVE, credentials=KEYS, federation=REVOUCHED)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (REFUSED, TokensInvalid(EVE, "refused")),
        (OFFLINE, TokensInvalid(EVE, "offline", KEYS, federation=VOUCHED)),
        (AWAY, TokensInvalid(EVE, "unavailable", KEYS, federation=VOUCHED)),
    ],
)
def test_a_provider_that_gives_no_token_makes_the_sign_in_invalid_as_a_pool_does(error, state):
    asking, _ = step(STATES["Federated"], WANT_REFRESH)
    assert step(asking, LoginsFailed(error, VOUCHED, NOON)) == (state, ())
    assert user_state(state) is UserState.SIGNED_OUT_FEDERATED_TOKENS_INVALID


def test_a_provider_that_cannot_be_asked_costs_nothing_while_its_token_lasts():
    asking, _ = step(STATES["Federated"], WANT_REFRESH)
    before_its_end = NOON - timedelta(minutes=1)
    assert step(asking, LoginsFailed(OFFLINE, VOUCHED, before_its_end)) == (STATES["Federated"], ())


def test_the_provider_that_can_be_asked_again_puts_everything_right():
    invalid = TokensInvalid(EVE, "offline", KEYS, federation=VOUCHED)
    asking, effects = step(invalid, WANT_REFRESH)
    assert effects == (RenewLogins(VOUCHED),)
    assert step(asking, LoginsRenewed(REVOUCHED, VOUCHED))[0] == SignedIn(EVE, credentials=KEYS, federation=REVOUCHED)


def test_after_a_restart_a_federated_user_is_known_and_has_to_bring_a_token():
    assert step(Unknown(), Opened(EVE)) == (TokensInvalid(EVE, "refused"), ())


def test_what_a_provider_says_too_late_changes_nothing():
    for event in (LoginsRenewed(REVOUCHED, REVOUCHED), LoginsFailed(REFUSED, REVOUCHED, NOON)):
        assert step(STATES["Federated"], event) == (STATES["Federated"], ())


# Devices.


@pytest.mark.parametrize(
    ("record", "state"),
    [
        (Record(device=DEVICE), SignedOut(device=DEVICE)),
        (Record(identity_id=GUEST_IDENTITY, device=DEVICE), Guest(GUEST_IDENTITY, device=DEVICE)),
        (dataclasses.replace(ADA, device=DEVICE), SignedIn(dataclasses.replace(ADA, device=DEVICE))),
    ],
)
def test_a_device_that_was_kept_is_known_from_the_opening_on(record, state):
    assert step(Unknown(), Opened(record)) == (state, ())
    assert device_of(state) is DEVICE
    assert record_of(state) == record


def test_a_device_that_the_pool_makes_known_is_kept():
    state, effects = step(SigningIn("ada", SignedOut()), TokensIssued(dataclasses.replace(TOKENS, device=DEVICE)))
    assert device_of(state) is DEVICE
    assert effects[0] == SaveRecord(state.record)


@pytest.mark.parametrize(
    "base",
    [
        SignedOut(device=DEVICE),
        Guest(GUEST_IDENTITY, device=DEVICE),
        TokensInvalid(dataclasses.replace(REFUSED_ADA, device=DEVICE), "refused"),
    ],
)
def test_a_sign_in_says_which_device_it_comes_from_and_the_same_users_stays(base):
    state, effects = step(base, SIGN_IN)
    assert effects == (dataclasses.replace(INITIATE, device=DEVICE),)
    assert device_of(step(state, TokensIssued(TOKENS))[0]) is DEVICE
    assert device_of(step(state, TokensIssued(BOBS))[0]) is None


@pytest.mark.parametrize("event", [SignOut(), SignOut(everywhere=True), SignOut(revoke=False)])
def test_a_device_outlasts_a_sign_out(event):
    state, effects = step(SignedIn(dataclasses.replace(ADA, device=DEVICE), TOKENS), event)
    assert state == SignedOut(device=DEVICE)
    assert effects[0] == SaveRecord(Record(device=DEVICE))


def test_the_device_of_a_user_who_was_deleted_is_forgotten():
    state, effects = step(SignedIn(dataclasses.replace(ADA, device=DEVICE)), SignOut(revoke=False, forget_device=True))
    assert (state, effects) == (SignedOut(), (ForgetRecord(),))


@pytest.mark.parametrize("here", [SignedIn, lambda record: TokensInvalid(record, "offline")])
def test_a_device_that_the_pool_does_not_know_any_more_is_forgotten(here):
    state, effects = step(here(dataclasses.replace(ADA, device=DEVICE)), DeviceForgotten(DEVICE.key))
    assert (state, effects) == (here(ADA), (SaveRecord(ADA),))


def test_another_device_that_is_forgotten_is_not_this_one():
    state = SignedIn(dataclasses.replace(ADA, device=DEVICE))
    assert step(state, DeviceForgotten("eu-west-1_other")) == (state, ())


@pytest.mark.parametrize("tell", [TokensIssued, lambda issued: TokensRefreshed(issued, SPENT)])
def test_a_pool_that_says_the_device_is_gone_is_believed(tell):
    gone = dataclasses.replace(TOKENS, device_gone=True)
    known = dataclasses.replace(ADA, device=DEVICE)
    state = SignedIn(known) if tell is not TokensIssued else SigningIn("ada", TokensInvalid(known, "offline"))
    assert device_of(step(state, tell(gone))[0]) is None


def test_a_guest_keeps_the_device_of_the_user_who_was_there():
    guest, effects = step(SignedOut(fetching=True, device=DEVICE), CredentialsIssued(GUEST_KEYS))
    assert effects == (SaveRecord(Record(identity_id=GUEST_IDENTITY, device=DEVICE)),)
    assert step(guest, CredentialsFailed(IdentityGone("gone"))) == (
        SignedOut(device=DEVICE),
        (SaveRecord(Record(device=DEVICE)),),
    )


@pytest.mark.parametrize(
    "event",
    [
        TokensIssued(TOKENS),
        ChallengeIssued(CODE),
        SignInFailed(WRONG),
        CredentialsIssued(KEYS),
        CredentialsFailed(OFFLINE),
    ],
    ids=lambda e: type(e).__name__,
)
@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_a_reply_to_another_attempt_never_wins(state, event):
    flow = Flow(state, attempt=7)
    revoked = (RevokeTokens(SPENT),) if isinstance(event, TokensIssued) else ()
    assert flow.take(event, attempt=6) == (flow, revoked)


def test_a_new_sign_in_a_cancelled_one_and_a_sign_out_each_end_an_attempt():
    flow, _ = Flow(SignedOut()).take(SIGN_IN)
    again, _ = flow.take(SIGN_IN)
    cancelled, _ = again.take(Cancel())
    out, _ = cancelled.take(SignOut())
    assert [flow.attempt, again.attempt, cancelled.attempt, out.attempt] == [1, 2, 3, 4]


def test_the_steps_of_one_sign_in_belong_to_one_attempt():
    flow, _ = Flow(SignedOut()).take(SIGN_IN)
    asked, _ = flow.take(ChallengeIssued(CODE), flow.attempt)
    answered, _ = asked.take(Respond({"code": "1"}))
    assert asked.attempt == answered.attempt == flow.attempt
    done, _ = answered.take(TokensIssued(TOKENS), flow.attempt)
    assert isinstance(done.state, SignedIn)


# What people see.


SEEN = {
    "Unknown": "UNKNOWN",
    "SignedOut": "SIGNED_OUT",
    "Guest": "GUEST",
    "SignedIn": "SIGNED_IN",
    "TokensInvalid": "SIGNED_OUT_USER_POOLS_TOKENS_INVALID",
    "Federated": "SIGNED_IN",
    "SteppingUp": "SIGNED_IN",
}


@pytest.mark.parametrize(("name", "seen"), SEEN.items(), ids=list(SEEN))
def test_people_see_one_of_their_own_words(name, seen):
    assert user_state(STATES[name]) is UserState[seen]


@pytest.mark.parametrize("name", ["SignedOut", "Guest", "TokensInvalid"])
def test_a_sign_in_under_way_is_seen_as_what_it_started_from(name):
    base = STATES[name]
    assert user_state(SigningIn("ada", base)) is user_state(Challenged(CODE, base)) is UserState[SEEN[name]]


def test_a_user_stays_known_while_signing_in_again():
    user = TokensInvalid(ADA, "refused")
    assert known_user(SigningIn("ada", user)) == known_user(Challenged(CODE, user)) == known_user(user) == user
    assert known_user(Guest(GUEST_IDENTITY)) is None


# Every way through.


def parts(value):
    """Everything that can be reached from a value."""
    yield value
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from parts(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for item in value.items():
            yield from parts(item)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from parts(item)


def without_fetch(state):
    return state if isinstance(state, TokensInvalid) else dataclasses.replace(state, fetching=False)


def has_pool_tokens(state):
    return isinstance(state, SignedIn) and state.tokens is not None


def has_federation(state):
    return isinstance(standing(state), SignedIn) and standing(state).federation is not None


class EveryWay(RuleBasedStateMachine):
    """People and programs do anything at any time; the services answer anything, in any order, or late."""

    def __init__(self):
        super().__init__()
        self.flow = Flow()
        self.now = NOON
        self.numbers = count(10)  # past the refresh tokens that a record may hold from the start
        self.under_way = []
        self.passwords = set()
        self.owners = {}
        self.kept = None
        self.differs = False

    def take(self, event, attempt=None):
        before = self.flow
        self.flow, effects = before.take(event, attempt)
        for effect in effects:
            self.perform(effect)
        return before, effects

    def perform(self, effect):
        match effect:
            case SaveRecord(record):
                self.kept, self.differs = record, False
            case ForgetRecord():
                self.kept, self.differs = None, False
            case InitiateAuth() | RespondToAuthChallenge() | RefreshTokens() | RenewLogins() | FetchCredentials():
                if isinstance(effect, FetchCredentials):
                    user = known_user(self.flow.state)
                    vouched = effect.tokens or effect.federation
                    assert vouched or user is None, "a guest's credentials for a known user"
                self.under_way.append((effect, self.flow.attempt))

    def secret(self, kind):
        return f"sentinel-{kind}-{next(self.numbers)}"

    def tokens(self, username):
        lifetime = timedelta(minutes=5)
        return tokens(username, issued_at=self.now, lifetime=lifetime, refresh_token=self.secret("refresh"))

    @initialize(record=st.sampled_from([None, ADA, REFUSED_ADA, Record(identity_id=GUEST_IDENTITY)]))
    def open(self, record):
        self.take(Opened(record))

    @rule(minutes=st.integers(1, 10))
    def wait(self, minutes):
        self.now += timedelta(minutes=minutes)

    @precondition(lambda self: not isinstance(standing(self.flow.state), SignedIn))
    @rule(username=st.sampled_from(["ada", "bob"]))
    def sign_in(self, username):
        password = Secret(self.secret("password"))
        self.passwords.add(password)
        self.take(SignIn(username, password))

    @precondition(lambda self: has_pool_tokens(standing(self.flow.state)))
    @rule()
    def step_up(self):
        user = standing(self.flow.state)
        self.take(SignIn(user.record.username, None, "USER_AUTH", step_up=StepUp(user.tokens.access_token)))
        assert known_user(self.flow.state) == dataclasses.replace(user, fetching=False)

    @rule()
    def tokens_are_disproved(self):
        held = tokens_of(self.flow.state)
        before, _ = self.take(TokensDisproved(held or TOKENS, FORGED))
        if held is not None:
            assert (self.flow.state, self.kept) == (SignedOut(), None)
        else:
            assert self.flow is before or self.flow == before

    @precondition(lambda self: not isinstance(standing(self.flow.state), SignedIn) or has_federation(self.flow.state))
    @rule(provider=st.sampled_from(["google", "facebook"]))
    def federated_sign_in(self, provider):
        login = FederatedLogin.read(provider, self.secret(provider))
        before, _ = self.take(FederatedSignIn(Federation((login,))))
        assert login in self.flow.state.federation.logins
        linked = standing(before.state).federation if isinstance(standing(before.state), SignedIn) else None
        assert linked is None or {had.provider for had in linked.logins} <= {
            has.provider for has in self.flow.state.federation.logins
        }

    @precondition(lambda self: isinstance(self.flow.state, Challenged) and not self.flow.state.responding)
    @rule()
    def answer(self):
        password = Secret(self.secret("password"))
        self.passwords.add(password)
        self.take(Respond({"new_password": password}))

    @rule()
    def cancel(self):
        before, effects = self.take(Cancel())
        assert effects == ()
        if isinstance(before.state, UnderWay):
            assert self.flow.state == without_fetch(before.state.base)

    @rule(username=st.sampled_from(["ada", "bob", "", None]), renewed=st.booleans())
    def another_kernel_keeps(self, username, renewed):
        user = known_user(self.flow.state)
        record = None
        if username:
            issued = self.tokens(username)
            record = Record(username, issued.sub, issued.issuer, issued.refresh_token if renewed else None)
        elif username is not None:
            record = Record(identity_id=self.secret("identity"))
        before, effects = self.take(RecordChanged(record))
        assert effects == ()
        same = user is not None and record is not None and record.sub == user.record.sub
        assert same or known_user(self.flow.state) is None or known_user(self.flow.state).record == record
        assert not same or known_user(self.flow.state).credentials == user.credentials
        goes_on = same if is_step_up(before.state) else not isinstance(self.flow.state, SignedIn)
        if isinstance(before.state, UnderWay) and goes_on:
            assert self.flow.attempt == before.attempt
        self.kept = record
        self.differs = record != record_of(self.flow.state)

    @rule(everywhere=st.booleans(), revoke=st.booleans())
    def sign_out(self, everywhere, revoke):
        self.take(SignOut(everywhere, revoke))
        assert self.flow.state == SignedOut()
        assert self.kept is None

    @precondition(lambda self: known_user(self.flow.state))
    @rule()
    def want_refresh(self):
        before, _ = self.take(RefreshWanted(self.now))
        user = known_user(before.state)
        self.tokens_end_for_good_only_if(before, not user.record.refresh_token and not user.federation)

    @rule()
    def want_credentials(self):
        state = self.flow.state
        here = beside_step_up(state)
        vouched = isinstance(here, SignedIn) and (here.tokens or here.federation)
        if isinstance(state, SignedOut | Guest) or vouched:
            self.take(CredentialsWanted())
        else:
            with pytest.raises(InvalidTransition):
                self.take(CredentialsWanted())

    def reply(self, data, kinds):
        waiting = [entry for entry in self.under_way if isinstance(entry[0], kinds)]
        entry = data.draw(st.sampled_from(waiting))
        self.under_way.remove(entry)
        return entry

    def awaits(self, *kinds):
        return any(isinstance(effect, kinds) for effect, _ in self.under_way)

    @precondition(lambda self: self.awaits(InitiateAuth, RespondToAuthChallenge))
    @rule(data=st.data(), username=st.sampled_from(["ada", "bob"]))
    def sign_in_succeeds(self, data, username):
        _, attempt = self.reply(data, (InitiateAuth, RespondToAuthChallenge))
        issued = self.tokens(username)
        before, effects = self.take(TokensIssued(issued), attempt)
        if attempt != before.attempt:
            assert self.flow is before
            assert effects == (RevokeTokens(issued.refresh_token),)
        elif is_step_up(before.state) and issued.sub != before.state.base.record.sub:
            assert self.flow.state == without_fetch(before.state.base)
            assert effects == (RevokeTokens(issued.refresh_token),)
        else:
            assert self.flow.state.tokens is issued
            base = before.state.base
            guest = base.identity_id if isinstance(base, Guest) else getattr(base, "guest_identity_id", None)
            assert self.flow.state.guest_identity_id == guest

    @precondition(lambda self: self.awaits(InitiateAuth, RespondToAuthChallenge))
    @rule(data=st.data())
    def sign_in_goes_on(self, data):
        _, attempt = self.reply(data, (InitiateAuth, RespondToAuthChallenge))
        asked = Challenge("SMS_MFA", "ada", Secret(self.secret("session")), {"hidden": self.secret("parameter")})
        before, _ = self.take(ChallengeIssued(asked), attempt)
        if attempt != before.attempt:
            assert self.flow is before
        else:
            assert self.flow.state == Challenged(asked, before.state.base)

    @precondition(lambda self: self.awaits(InitiateAuth, RespondToAuthChallenge))
    @rule(data=st.data(), error=st.sampled_from([WRONG, OFFLINE, AWAY, ChallengeExpired("over"), REFUSED]))
    def sign_in_fails(self, data, error):
        _, attempt = self.reply(data, (InitiateAuth, RespondToAuthChallenge))
        before, effects = self.take(SignInFailed(error), attempt)
        assert effects == ()
        if attempt != before.attempt:
            assert self.flow is before
        elif isinstance(before.state, SigningIn) or isinstance(error, ChallengeExpired):
            assert self.flow.state == without_fetch(before.state.base)
        else:
            assert self.flow.state == dataclasses.replace(before.state, responding=False)

    @precondition(lambda self: self.awaits(RefreshTokens))
    @rule(data=st.data(), rotates=st.booleans())
    def refresh_succeeds(self, data, rotates):
        effect, _ = self.reply(data, RefreshTokens)
        issued, spent = self.tokens(effect.record.username), effect.record.refresh_token
        issued = issued if rotates else dataclasses.replace(issued, refresh_token=spent)
        before, effects = self.take(TokensRefreshed(issued, spent))
        user = known_user(before.state)
        if user is None or user.record.refresh_token != spent:
            assert self.flow.state is before.state
            assert effects == (RevokeTokens(issued.refresh_token),)
        else:
            assert tokens_of(self.flow.state) is issued
            assert known_user(self.flow.state).record.refresh_token == issued.refresh_token

    @precondition(lambda self: self.awaits(RefreshTokens))
    @rule(data=st.data(), error=st.sampled_from([OFFLINE, AWAY, ConfigError("secret"), WRONG]))
    def refresh_fails(self, data, error):
        effect, _ = self.reply(data, RefreshTokens)
        before, effects = self.take(RefreshFailed(error, effect.record.refresh_token, self.now))
        assert effects == ()
        user, same = known_user(before.state), known_user(self.flow.state)
        assert (user and user.record) == (same and same.record)
        assert (user and user.credentials) == (same and same.credentials)
        self.tokens_end_for_good_only_if(before, False)

    @precondition(lambda self: self.awaits(RefreshTokens))
    @rule(data=st.data())
    def refresh_brings_forged_tokens(self, data):
        effect, _ = self.reply(data, RefreshTokens)
        before, _ = self.take(RefreshFailed(FORGED, effect.record.refresh_token, self.now))
        held = tokens_of(before.state)
        if held is not None and not held.has_expired(self.now):
            assert tokens_of(self.flow.state) is held

    @precondition(lambda self: self.awaits(RefreshTokens))
    @rule(data=st.data())
    def refresh_is_refused(self, data):
        effect, _ = self.reply(data, RefreshTokens)
        spent = effect.record.refresh_token
        before, _ = self.take(RefreshFailed(REFUSED, spent, self.now))
        user = known_user(before.state)
        self.tokens_end_for_good_only_if(before, user is not None and user.record.refresh_token == spent)

    @precondition(lambda self: self.awaits(RenewLogins))
    @rule(data=st.data())
    def logins_are_renewed(self, data):
        effect, _ = self.reply(data, RenewLogins)
        renewed = [dataclasses.replace(login, token=Secret(self.secret("login"))) for login in effect.federation.logins]
        federation = effect.federation.having(renewed)
        before, effects = self.take(LoginsRenewed(federation, effect.federation))
        user, same = known_user(before.state), known_user(self.flow.state)
        assert effects == ()
        assert (user and user.credentials) == (same and same.credentials)
        if user and user.federation == effect.federation:
            assert same.federation == federation

    @precondition(lambda self: self.awaits(RenewLogins))
    @rule(data=st.data(), error=st.sampled_from([OFFLINE, AWAY, WRONG, REFUSED]))
    def logins_are_not_renewed(self, data, error):
        effect, _ = self.reply(data, RenewLogins)
        before, effects = self.take(LoginsFailed(error, effect.federation, self.now))
        assert effects == ()
        user = known_user(before.state)
        refused = error is REFUSED and user is not None and user.federation == effect.federation
        self.tokens_end_for_good_only_if(before, refused)

    @precondition(lambda self: self.awaits(FetchCredentials))
    @rule(data=st.data())
    def credentials_come(self, data):
        effect, attempt = self.reply(data, FetchCredentials)
        issued = credentials(
            effect.identity_id or self.secret("identity"), issued_at=self.now, number=next(self.numbers)
        )
        first = effect.federation.logins[0] if effect.federation else None
        user = None if isinstance(self.flow.state, Federating) else known_user(self.flow.state)
        # Whoever a provider does not name is known by the identity that the token bought first.
        unnamed = user.record.sub if user else issued.identity_id
        vouched = (first.sub or unnamed) if first else effect.tokens.sub if effect.tokens else None
        self.owners[issued] = vouched
        self.take(CredentialsIssued(issued), attempt)

    @precondition(lambda self: self.awaits(FetchCredentials))
    @rule(data=st.data(), error=st.sampled_from([OFFLINE, AWAY, WRONG, IdentityGone("gone")]))
    def no_credentials_come(self, data, error):
        _, attempt = self.reply(data, FetchCredentials)
        before, _ = self.take(CredentialsFailed(error), attempt)
        assert known_user(before.state) is None or known_user(self.flow.state) is not None

    def tokens_end_for_good_only_if(self, before, refused):
        def over(flow):
            user = known_user(flow.state)
            return isinstance(user, TokensInvalid) and user.reason == "refused"

        assert refused or over(before) or not over(self.flow)

    @invariant()
    def no_secret_shows(self):
        assert "sentinel" not in repr(self.flow).replace("sentinel-identity", "")

    @invariant()
    def no_state_holds_a_password(self):
        assert not any(isinstance(part, Secret) and part in self.passwords for part in parts(self.flow))

    @invariant()
    def every_state_can_be_left_by_signing_out_or_in(self):
        if isinstance(self.flow.state, Unknown):
            return
        after, effects = self.flow.take(SignOut())
        assert after.state == SignedOut()
        assert effects[0] == ForgetRecord()
        assert isinstance(after.take(SIGN_IN)[0].state, SigningIn)
        assert isinstance(after.take(FederatedSignIn(VOUCHED))[0].state, Federating)

    @invariant()
    def whoever_is_busy_has_a_reply_to_come(self):
        state, user = self.flow.state, known_user(self.flow.state)
        now = [type(effect) for effect, attempt in self.under_way if attempt == self.flow.attempt]
        if isinstance(state, SigningIn):
            assert InitiateAuth in now
        if isinstance(state, Challenged) and state.responding:
            assert RespondToAuthChallenge in now
        if isinstance(state, Federating) or getattr(standing(state), "fetching", False):
            assert FetchCredentials in now
        if user and user.refreshing and user.federation:
            asked = [effect.federation for effect, _ in self.under_way if isinstance(effect, RenewLogins)]
            assert asked.count(user.federation) == 1
        elif user and user.refreshing:
            spent = [effect.record.refresh_token for effect, _ in self.under_way if isinstance(effect, RefreshTokens)]
            assert spent.count(user.record.refresh_token) == 1

    @invariant()
    def credentials_are_those_of_whoever_is_there(self):
        state, user = self.flow.state, known_user(self.flow.state)
        here = standing(state)
        if isinstance(here, Guest | SignedIn | TokensInvalid) and here.credentials:
            assert self.owners[here.credentials] == (user.record.sub if user else None)

    @invariant()
    def what_is_kept_is_what_is_known(self):
        state, user = self.flow.state, known_user(self.flow.state)
        here = standing(state)
        if self.kept is not None and not self.differs:
            assert self.kept == (user.record if user else Record(identity_id=here.identity_id))


EveryWay.TestCase.settings = settings(max_examples=150, stateful_step_count=40)
TestEveryWay = EveryWay.TestCase
