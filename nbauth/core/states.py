"""The states of the sign-in flow, what follows from each of them, and what stays of one in another.

A password is in none of them. What leads from one to another stands in `nbauth.core.flow`.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias, TypeVar, assert_never

from nbauth.core.challenges import Challenge
from nbauth.core.credentials import AwsCredentials
from nbauth.core.device import RememberedDevice
from nbauth.core.federation import Federation
from nbauth.core.record import Record
from nbauth.core.tokens import TokenSet
from nbauth.core.user_state import UserState


@dataclass(frozen=True, slots=True)
class Unknown:
    """The token store has not been read yet."""


@dataclass(frozen=True, slots=True)
class SignedOut:
    """Nobody is signed in; `fetching` while guest credentials are asked for."""

    fetching: bool = False
    device: RememberedDevice | None = None


@dataclass(frozen=True, slots=True)
class Guest:
    """A guest with an identity, and credentials once they were asked for."""

    identity_id: str
    credentials: AwsCredentials | None = None
    fetching: bool = False
    device: RememberedDevice | None = None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A user with a refresh token, and with tokens and credentials once they were asked for.

    `guest_identity_id` is the identity of the guest who signed in, until the identity pool has said whose it is now.
    A user for whom other providers vouch has a `federation` and neither a refresh token nor tokens.
    """

    record: Record
    tokens: TokenSet | None = None
    credentials: AwsCredentials | None = None
    guest_identity_id: str | None = None
    refreshing: bool = False
    fetching: bool = False
    federation: Federation | None = None

    @property
    def vouched(self) -> TokenSet | Federation | None:
        """What says who the user is, where it was asked for: the pool's tokens, or those of other providers."""
        return self.tokens or self.federation

    def has_valid_tokens(self, now: datetime) -> bool:
        """Return whether there are tokens, whoever they are of, that have not expired."""
        return self.vouched is not None and not self.vouched.has_expired(now)


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
    federation: Federation | None = None


Base: TypeAlias = SignedOut | Guest | TokensInvalid
"""Where a sign-in starts, and where it falls back to. That of a step-up starts from a user who is signed in."""


@dataclass(frozen=True, slots=True)
class SigningIn:
    """Waiting for the pool's first answer."""

    username: str
    base: Base | SignedIn


@dataclass(frozen=True, slots=True)
class Challenged:
    """The pool asked for something more; `responding` while an answer is on its way."""

    challenge: Challenge
    base: Base | SignedIn
    responding: bool = False


@dataclass(frozen=True, slots=True)
class Federating:
    """Waiting for the identity pool's word on what other providers say."""

    federation: Federation
    base: Base | SignedIn


State: TypeAlias = Unknown | SignedOut | Guest | SigningIn | Challenged | Federating | SignedIn | TokensInvalid
UnderWay: TypeAlias = SigningIn | Challenged | Federating
"""A sign-in that has begun and not ended."""

_B = TypeVar("_B", bound=Base | SignedIn)


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
        case TokensInvalid(record) if record.provider:
            return UserState.SIGNED_OUT_FEDERATED_TOKENS_INVALID
        case TokensInvalid():
            return UserState.SIGNED_OUT_USER_POOLS_TOKENS_INVALID
        case SigningIn(base=base) | Challenged(base=base) | Federating(base=base):
            return user_state(base)
        case _:
            assert_never(state)


def standing(state: State) -> Base | SignedIn | Unknown:
    """Return what holds while a sign-in is under way, and after it should it fail."""
    return state.base if isinstance(state, UnderWay) else state


def is_step_up(state: State) -> bool:
    """Return whether a user who is signed in proves something anew."""
    return isinstance(state, SigningIn | Challenged) and isinstance(state.base, SignedIn)


def beside_step_up(state: State) -> State:
    """Return what goes on unchanged while a user who is signed in steps up; any other state as it is."""
    return standing(state) if is_step_up(state) else state


def known_user(state: State) -> SignedIn | TokensInvalid | None:
    """Return the part of `state` that knows a user, also while that user is signing in again."""
    here = standing(state)
    return here if isinstance(here, SignedIn | TokensInvalid) else None


def is_same_user(before: State, after: State) -> bool:
    """Return whether both know one user; two that know none are the same only if they are one state."""
    was, now = known_user(before), known_user(after)
    return before is after or (was is not None and now is not None and was.record.sub == now.record.sub)


def with_user(state: State, user: SignedIn | TokensInvalid) -> State:
    """Return `state` with what is known of its user from now on; a sign-in under way goes on where it can."""
    match state:
        case Federating():
            return replace(state, base=user)
        case SigningIn() | Challenged() if isinstance(user, TokensInvalid):
            return replace(state, base=user)
        case _:
            return user


def without_fetch(here: _B) -> _B:
    """Return `here` for the next attempt, which does not take the reply to a fetch that is under way."""
    return here if isinstance(here, TokensInvalid) else replace(here, fetching=False)


def fallen_back(state: State) -> State:
    """Return where a sign-in began, which is over; any other state as it is."""
    return without_fetch(state.base) if isinstance(state, UnderWay) else state


def in_child(state: State) -> State:
    """Return what holds of `state` in a forked process: requests under way are answered in the parent only."""
    here = standing(state)
    match here:
        case SignedOut() | Guest():
            return replace(here, fetching=False)
        case SignedIn():
            return replace(here, refreshing=False, fetching=False)
        case TokensInvalid():
            return replace(here, refreshing=False)
        case Unknown():
            return here
        case _:
            assert_never(here)


def record_of(state: State) -> Record | None:
    """Return what is to be kept of `state`, None where that is nothing."""
    here = standing(state)
    match here:
        case Guest(identity_id=identity_id, device=device):
            return Record(identity_id=identity_id, device=device)
        case SignedIn(record=record) | TokensInvalid(record=record):
            return record
        case SignedOut(device=device) if device:
            return Record(device=device)
        case _:
            return None


def state_of(record: Record | None) -> Base | SignedIn:
    """Return the state that is left of one of which `record` was kept."""
    if record is None:
        return SignedOut()
    if record.refresh_token:
        return SignedIn(record)
    if record.username or record.provider:
        return TokensInvalid(record, "refused")
    if record.identity_id:
        return Guest(record.identity_id, device=record.device)
    return SignedOut(device=record.device)


def device_of(state: State) -> RememberedDevice | None:
    """Return what the user pool knows this machine by, also while nobody is signed in."""
    record = record_of(state)
    return record.device if record else None


def tokens_of(state: State) -> TokenSet | None:
    """Return the tokens that `state` holds."""
    here = beside_step_up(state)
    return here.tokens if isinstance(here, SignedIn) else None


def credentials_of(state: State) -> AwsCredentials | None:
    """Return the credentials that `state` gives out; never a guest's to somebody who is signing in."""
    here = known_user(state) or state
    return here.credentials if isinstance(here, SignedIn | Guest | TokensInvalid) else None
