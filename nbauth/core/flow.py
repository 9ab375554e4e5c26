"""The sign-in flow: its states, and the one function that moves between them.

Every transition stands in this file. `step` is pure: it reads no clock, does no I/O and knows no thread. Time and
answers arrive as events; what is to be done leaves as effects.

Three rules shape it:

* A reply to a sign-in carries the attempt it belongs to, and a reply to a refresh the refresh token it spent. A late
  one is dropped and the tokens that came with it are revoked, so it never signs anybody in, or out.
* A password passes from an event into an effect and is in no state.
* The network never signs anybody out: only `RefreshRefused`, the service's own definitive word, ends a sign-in.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias, assert_never

from nbauth.core.challenges import Challenge
from nbauth.core.credentials import AwsCredentials
from nbauth.core.events import (
    Cancel,
    ChallengeIssued,
    CredentialsFailed,
    CredentialsIssued,
    CredentialsWanted,
    Effect,
    Event,
    FetchCredentials,
    ForgetRecord,
    InitiateAuth,
    Opened,
    RecordChanged,
    RefreshFailed,
    RefreshTokens,
    RefreshWanted,
    Respond,
    RespondToAuthChallenge,
    RevokeTokens,
    SaveRecord,
    SignIn,
    SignInFailed,
    SignOut,
    SignOutEverywhere,
    TokensIssued,
    TokensRefreshed,
)
from nbauth.core.freshness import Freshness
from nbauth.core.record import Record
from nbauth.core.tokens import TokenSet
from nbauth.core.user_state import UserState
from nbauth.errors import (
    ChallengeExpired,
    IdentityGone,
    InvalidTransition,
    RefreshRefused,
    ServiceUnavailable,
)


@dataclass(frozen=True, slots=True)
class Unknown:
    """The token store has not been read yet."""


@dataclass(frozen=True, slots=True)
class SignedOut:
    """Nobody is signed in; `fetching` while guest credentials are asked for."""

    fetching: bool = False


@dataclass(frozen=True, slots=True)
class Guest:
    """A guest with an identity, and credentials once they were asked for."""

    identity_id: str
    credentials: AwsCredentials | None = None
    fetching: bool = False


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A user with a refresh token, and with tokens and credentials once they were asked for.

    `guest_identity_id` is the identity of the guest who signed in, until the identity pool has said whose it is now.
    """

    record: Record
    tokens: TokenSet | None = None
    credentials: AwsCredentials | None = None
    guest_identity_id: str | None = None
    refreshing: bool = False
    fetching: bool = False


@dataclass(frozen=True, slots=True)
class TokensInvalid:
    """A user who stays known but whose tokens can, for now or for good, not be renewed.

    `reason` is ``refused`` when the person must sign in again; ``offline`` or ``unavailable`` when a refresh that gets
    through puts everything right by itself. Until then credentials that were there are as good as ever.
    """

    record: Record
    reason: str
    credentials: AwsCredentials | None = None
    refreshing: bool = False


Base: TypeAlias = SignedOut | Guest | TokensInvalid
"""Where a sign-in starts, and where it falls back to."""


@dataclass(frozen=True, slots=True)
class SigningIn:
    """Waiting for the pool's first answer."""

    username: str
    base: Base


@dataclass(frozen=True, slots=True)
class Challenged:
    """The pool asked for something more; `responding` while an answer is on its way."""

    challenge: Challenge
    base: Base
    responding: bool = False


State: TypeAlias = Unknown | SignedOut | Guest | SigningIn | Challenged | SignedIn | TokensInvalid
Step: TypeAlias = tuple[State, tuple[Effect, ...]]


@dataclass(frozen=True, slots=True)
class Flow:
    """The state, and which attempt it belongs to."""

    state: State = field(default_factory=Unknown)
    attempt: int = 0

    def take(self, event: Event, attempt: int | None = None) -> "tuple[Flow, tuple[Effect, ...]]":
        """Return the flow after `event`, and what is to be done.

        Args:
            event: What happened.
            attempt: For the reply to a sign-in or to a fetch of credentials, the attempt it belongs to.

        Raises:
            InvalidTransition: The state does not know the event.
        """
        if attempt is not None and attempt != self.attempt:
            return self, _disown(event.tokens) if isinstance(event, TokensIssued) else ()
        state, effects = step(self.state, event)
        begins = isinstance(event, SignIn | SignOut)
        under_way = isinstance(state, SigningIn | Challenged)
        ends = isinstance(self.state, SigningIn | Challenged) and not under_way
        # What was asked for in the name of whoever was here before is not the newcomer's.
        replaced = isinstance(event, RecordChanged) and not under_way and not _is_same(self.state, state)
        return Flow(state, self.attempt + (begins or ends or replaced)), effects


def step(state: State, event: Event) -> Step:
    """Return the state after `event` and the effects to perform, in order.

    Raises:
        InvalidTransition: `state` does not know `event`.
    """
    match event:
        case Opened():
            return _opened(state, event)
        case RecordChanged():
            return _record_changed(state, event)
        case SignIn():
            return _begin(state, event)
        case Respond():
            return _respond(state, event)
        case Cancel():
            return (state.base, ()) if isinstance(state, SigningIn | Challenged) else (state, ())
        case SignOut():
            return _sign_out(state, event)
        case RefreshWanted():
            return _want_refresh(state, event)
        case CredentialsWanted():
            return _want_credentials(state, event)
        case ChallengeIssued():
            return _challenged(state, event)
        case TokensIssued():
            return _signed_in(state, event)
        case TokensRefreshed():
            return _refreshed(state, event)
        case SignInFailed():
            return _sign_in_failed(state, event)
        case RefreshFailed():
            return _refresh_failed(state, event)
        case CredentialsIssued():
            return _credentials_issued(state, event)
        case CredentialsFailed():
            return _credentials_failed(state, event)
        case _:
            assert_never(event)


def user_state(state: State) -> UserState:
    """Return what people and programs see of `state`: a sign-in under way is seen as what it started from."""
    match state:
        case Unknown():
            return UserState.UNKNOWN
        case SignedOut():
            return UserState.SIGNED_OUT
        case Guest():
            return UserState.GUEST
        case SignedIn():
            return UserState.SIGNED_IN
        case TokensInvalid():
            return UserState.SIGNED_OUT_USER_POOLS_TOKENS_INVALID
        case SigningIn(base=base) | Challenged(base=base):
            return user_state(base)
        case _:
            assert_never(state)


def known_user(state: State) -> SignedIn | TokensInvalid | None:
    """Return the part of `state` that knows a user, also while that user is signing in again."""
    here = state.base if isinstance(state, SigningIn | Challenged) else state
    return here if isinstance(here, SignedIn | TokensInvalid) else None


def record_of(state: State) -> Record | None:
    """Return what is to be kept of `state`, None where that is nothing."""
    here = state.base if isinstance(state, SigningIn | Challenged) else state
    if isinstance(here, Guest):
        return Record(identity_id=here.identity_id)
    return here.record if isinstance(here, SignedIn | TokensInvalid) else None


def tokens_of(state: State) -> TokenSet | None:
    """Return the tokens that `state` holds."""
    return state.tokens if isinstance(state, SignedIn) else None


def credentials_of(state: State) -> AwsCredentials | None:
    """Return the credentials that `state` gives out; never a guest's to somebody who is signing in."""
    here = known_user(state) or state
    return here.credentials if isinstance(here, SignedIn | Guest | TokensInvalid) else None


# -- opening and signing in


def _opened(state: State, event: Opened) -> Step:
    if not isinstance(state, Unknown):
        raise _unknown(state, event)
    return _found(event.record), ()


def _found(record: Record | None) -> SignedIn | Base:
    if record is None:
        return SignedOut()
    if record.refresh_token:
        return SignedIn(record)
    if record.username:
        return TokensInvalid(record, "refused")
    return Guest(record.identity_id) if record.identity_id else SignedOut()


def _begin(state: State, event: SignIn) -> Step:
    match state:
        case SignedOut() | Guest() | TokensInvalid():
            base: Base = state
        case SigningIn() | Challenged():
            base = state.base
        case _:
            raise _unknown(state, event)
    if isinstance(base, SignedOut | Guest):
        # The reply to a fetch under way belongs to the attempt before and will not be taken.
        base = replace(base, fetching=False)
    request = InitiateAuth(event.username, event.password, event.auth_flow, event.client_metadata)
    return SigningIn(event.username, base), (request,)


def _respond(state: State, event: Respond) -> Step:
    if not isinstance(state, Challenged) or state.responding:
        raise _unknown(state, event)
    request = RespondToAuthChallenge(state.challenge, event.answers, event.client_metadata)
    return replace(state, responding=True), (request,)


def _challenged(state: State, event: ChallengeIssued) -> Step:
    if not isinstance(state, SigningIn | Challenged):
        raise _unknown(state, event)
    return Challenged(event.challenge, state.base), ()


def _signed_in(state: State, event: TokensIssued) -> Step:
    if not isinstance(state, SigningIn | Challenged):
        raise _unknown(state, event)
    tokens = event.tokens
    record = Record(
        username=tokens.username,
        sub=tokens.sub,
        issuer=tokens.issuer,
        refresh_token=tokens.refresh_token,
        identity_id=_known_identity(state.base, tokens),
    )
    # Passed on with the user's token, a guest's identity is linked to the user and keeps what the guest made.
    guest_identity_id = state.base.identity_id if isinstance(state.base, Guest) else None
    effects: list[Effect] = [SaveRecord(record)]
    if isinstance(state.base, TokensInvalid) and state.base.record.refresh_token:
        effects.append(RevokeTokens(state.base.record.refresh_token))
    return SignedIn(record, tokens, guest_identity_id=guest_identity_id), tuple(effects)


def _known_identity(base: Base, tokens: TokenSet) -> str | None:
    return base.record.identity_id if isinstance(base, TokensInvalid) and base.record.sub == tokens.sub else None


def _sign_in_failed(state: State, event: SignInFailed) -> Step:
    match state:
        case SigningIn(base=base):
            return base, ()
        case Challenged(base=base):
            over = isinstance(event.error, ChallengeExpired)
            return (base, ()) if over else (replace(state, responding=False), ())
        case _:
            raise _unknown(state, event)


# -- staying and leaving


def _sign_out(state: State, event: SignOut) -> Step:
    if isinstance(state, Unknown):
        raise _unknown(state, event)
    effects: list[Effect] = [ForgetRecord()]
    user = known_user(state)
    if user and user.record.refresh_token:
        tokens = user.tokens if isinstance(user, SignedIn) else None
        if event.everywhere:
            effects.append(SignOutEverywhere(user.record, tokens))
        elif event.revoke:
            effects.append(RevokeTokens(user.record.refresh_token))
    return SignedOut(), tuple(effects)


def _want_refresh(state: State, event: RefreshWanted) -> Step:
    user = known_user(state)
    if user is None:
        raise _unknown(state, event)
    if user.refreshing:
        return state, ()
    if user.record.refresh_token:
        return _with_user(state, replace(user, refreshing=True)), (RefreshTokens(user.record),)
    # There is nothing to renew the tokens with: once they have ended, only the person can help.
    over = isinstance(user, SignedIn) and not _has_valid_tokens(user, event.now)
    return (TokensInvalid(user.record, "refused") if over else state), ()


def _refreshed(state: State, event: TokensRefreshed) -> Step:
    user = known_user(state)
    if user is None or user.record.refresh_token != event.spent:
        return state, _disown(event.tokens)
    record = replace(user.record, refresh_token=event.tokens.refresh_token or event.spent)
    effects = (SaveRecord(record),) if record != user.record else ()
    if isinstance(user, SignedIn):
        return replace(user, record=record, tokens=event.tokens, refreshing=False), effects
    return SignedIn(record, event.tokens, user.credentials), effects


def _refresh_failed(state: State, event: RefreshFailed) -> Step:
    user = known_user(state)
    if user is None or user.record.refresh_token != event.spent:
        return state, ()
    if isinstance(event.error, RefreshRefused):
        record = replace(user.record, refresh_token=None)
        return _with_user(state, TokensInvalid(record, "refused")), (SaveRecord(record),)
    if isinstance(user, SignedIn) and _has_valid_tokens(user, event.now):
        return replace(user, refreshing=False), ()
    reason = event.error.reason if isinstance(event.error, ServiceUnavailable) else "unavailable"
    return _with_user(state, TokensInvalid(user.record, reason, user.credentials)), ()


def _has_valid_tokens(user: SignedIn, now: datetime) -> bool:
    return user.tokens is not None and user.tokens.freshness(now) is not Freshness.EXPIRED


def _with_user(state: State, user: SignedIn | TokensInvalid) -> State:
    if isinstance(state, SigningIn | Challenged) and isinstance(user, TokensInvalid):
        return replace(state, base=user)
    return user


# -- what other kernels do


def _record_changed(state: State, event: RecordChanged) -> Step:
    """Follow another kernel; it has kept, or revoked, what there is to keep or revoke."""
    if isinstance(state, Unknown):
        raise _unknown(state, event)
    record, user = event.record, known_user(state)
    if record == record_of(state):
        return state, ()
    if user and record and record.sub == user.record.sub:
        return _adopt(state, user, record), ()
    found = _found(record)
    if user and isinstance(found, Guest):
        # Nobody becomes a guest without asking for it.
        found = SignedOut()
    if isinstance(state, SigningIn | Challenged) and not isinstance(found, SignedIn):
        return replace(state, base=found), ()
    return found, ()


def _adopt(state: State, user: SignedIn | TokensInvalid, record: Record) -> State:
    # The reply to a refresh under way is matched by the token that it was begun with. And what another kernel was
    # refused says nothing about the token here: the next refresh finds out.
    if user.refreshing or not record.refresh_token:
        return state
    if isinstance(user, TokensInvalid) and record.refresh_token != user.record.refresh_token:
        return SignedIn(record, credentials=user.credentials)
    return _with_user(state, replace(user, record=record))


def _is_same(before: State, after: State) -> bool:
    was, now = known_user(before), known_user(after)
    return before is after or (was is not None and now is not None and was.record.sub == now.record.sub)


# -- AWS credentials


def _want_credentials(state: State, event: CredentialsWanted) -> Step:
    match state:
        case SignedOut(fetching=False):
            return replace(state, fetching=True), (FetchCredentials(None, None),)
        case Guest(fetching=False):
            return replace(state, fetching=True), (FetchCredentials(state.identity_id, None),)
        case SignedIn(record, tokens, fetching=False) if tokens:
            identity_id = record.identity_id or state.guest_identity_id
            return replace(state, fetching=True), (FetchCredentials(identity_id, tokens),)
        case SignedOut() | Guest() | SignedIn(fetching=True):
            return state, ()
        case _:
            # Never a guest's credentials for somebody who is signing in or known: they would be another identity's.
            raise _unknown(state, event)


def _credentials_issued(state: State, event: CredentialsIssued) -> Step:
    credentials = event.credentials
    match state:
        case SignedOut() | Guest():
            known = isinstance(state, Guest) and state.identity_id == credentials.identity_id
            effects = () if known else (SaveRecord(Record(identity_id=credentials.identity_id)),)
            return Guest(credentials.identity_id, credentials), effects
        case SignedIn(record):
            kept = replace(record, identity_id=credentials.identity_id)
            effects = (SaveRecord(kept),) if kept != record else ()
            return SignedIn(kept, state.tokens, credentials, refreshing=state.refreshing), effects
        case TokensInvalid():
            return state, ()
        case _:
            raise _unknown(state, event)


def _credentials_failed(state: State, event: CredentialsFailed) -> Step:
    gone = isinstance(event.error, IdentityGone)
    match state:
        case SignedOut():
            return SignedOut(), ()
        case Guest():
            return (SignedOut(), (ForgetRecord(),)) if gone else (replace(state, fetching=False), ())
        case SignedIn(record):
            kept = replace(record, identity_id=None) if gone else record
            effects = (SaveRecord(kept),) if kept != record else ()
            guest_identity_id = None if gone else state.guest_identity_id
            return replace(state, record=kept, guest_identity_id=guest_identity_id, fetching=False), effects
        case TokensInvalid():
            return state, ()
        case _:
            raise _unknown(state, event)


def _disown(tokens: TokenSet) -> tuple[Effect, ...]:
    """Tokens nobody waits for any more must not stay good."""
    return (RevokeTokens(tokens.refresh_token),) if tokens.refresh_token else ()


def _unknown(state: State, event: Event) -> InvalidTransition:
    return InvalidTransition(f"{type(event).__name__} cannot happen in {type(state).__name__}")
