"""The sign-in flow: the one function that moves between its states.

Every transition stands in this file. `step` is pure: it reads no clock, does no I/O and knows no thread. Time and
answers arrive as events; what is to be done leaves as effects.

Three rules shape it:

* A reply to a sign-in carries the attempt it belongs to, and a reply to a refresh the refresh token it spent. A late
  one is dropped and the tokens that came with it are revoked, so it never signs anybody in, or out.
* A password passes from an event into an effect and is in no state.
* The network never signs anybody out: only `RefreshRefused`, the service's own definitive word, ends a sign-in.
"""

from dataclasses import dataclass, field, replace
from typing import TypeAlias, assert_never

from nbauth.core.credentials import AwsCredentials
from nbauth.core.device import RememberedDevice
from nbauth.core.events import (
    Cancel,
    ChallengeIssued,
    CredentialsFailed,
    CredentialsIssued,
    CredentialsWanted,
    DeviceForgotten,
    Effect,
    Event,
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
from nbauth.core.federation import Federation
from nbauth.core.record import Record
from nbauth.core.states import (
    Base,
    Challenged,
    Federating,
    Guest,
    SignedIn,
    SignedOut,
    SigningIn,
    State,
    TokensInvalid,
    UnderWay,
    Unknown,
    beside_step_up,
    device_of,
    fallen_back,
    is_same_user,
    is_step_up,
    known_user,
    record_of,
    standing,
    state_of,
    with_user,
    without_fetch,
)
from nbauth.core.tokens import TokenSet
from nbauth.errors import (
    AuthError,
    ChallengeExpired,
    IdentityGone,
    InvalidTransition,
    RefreshRefused,
    ServiceUnavailable,
    TokensNotGenuine,
)

_OF_A_SIGN_IN = (
    Opened,
    SignIn,
    FederatedSignIn,
    Respond,
    ResendWanted,
    Cancel,
    ChallengeIssued,
    TokensIssued,
    SignInFailed,
)
"""What happens to a sign-in that is under way, or would begin another; all else happens to the user."""

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
        begins = isinstance(event, SignIn | FederatedSignIn | SignOut)
        under_way = isinstance(state, UnderWay)
        ends = isinstance(self.state, UnderWay) and not under_way
        # What was asked for in the name of whoever was here before is not the newcomer's.
        may_replace = isinstance(event, RecordChanged | TokensDisproved | RefreshFailed)
        replaced = may_replace and not under_way and not is_same_user(self.state, state)
        return Flow(state, self.attempt + (begins or ends or replaced)), effects


def step(state: State, event: Event) -> Step:
    """Return the state after `event` and the effects to perform, in order.

    Raises:
        InvalidTransition: `state` does not know `event`.
    """
    if is_step_up(state) and not isinstance(event, _OF_A_SIGN_IN):
        return _happens_beside_step_up(state, event)
    match event:
        case Opened():
            return _opened(state, event)
        case RecordChanged():
            return _record_changed(state, event)
        case SignIn():
            return _begin(state, event)
        case FederatedSignIn():
            return _begin_federated(state, event)
        case Respond():
            return _respond(state, event)
        case ResendWanted():
            return _resend(state, event)
        case Cancel():
            return fallen_back(state), ()
        case SignOut():
            return _sign_out(state, event)
        case DeviceForgotten():
            return _forget_device(state, event)
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
        case TokensDisproved():
            return _disproved(state, event)
        case SignInFailed():
            return _sign_in_failed(state, event)
        case RefreshFailed():
            return _refresh_failed(state, event)
        case LoginsRenewed():
            return _logins_renewed(state, event)
        case LoginsFailed():
            return _logins_failed(state, event)
        case CredentialsIssued():
            return _credentials_issued(state, event)
        case CredentialsFailed():
            return _credentials_failed(state, event)
        case _:
            assert_never(event)


# -- opening and signing in


def _opened(state: State, event: Opened) -> Step:
    if not isinstance(state, Unknown):
        raise _unknown(state, event)
    return state_of(event.record), ()


def _begin(state: State, event: SignIn) -> Step:
    base = standing(state)
    if isinstance(base, Unknown) or not _may_begin(base, event):
        raise _unknown(state, event)
    base = without_fetch(base)
    return SigningIn(event.username, base), (InitiateAuth(event, device_of(base)),)


def _may_begin(base: Base | SignedIn, event: SignIn) -> bool:
    if event.step_up is None:
        return not isinstance(base, SignedIn)
    return isinstance(base, SignedIn) and not base.federation and base.record.username == event.username


def _begin_federated(state: State, event: FederatedSignIn) -> Step:
    base, federation, identity_id = standing(state), event.federation, event.identity_id
    match base:
        case SignedIn(federation=Federation() as before):
            federation = before.joined_by(federation)
            identity_id = identity_id or base.record.identity_id
        case Guest() | TokensInvalid():
            identity_id = identity_id or _identity_to_link(base, federation)
        case SignedOut():
            pass
        case _:
            raise _unknown(state, event)
    return Federating(federation, without_fetch(base)), (FetchCredentials(identity_id, None, federation),)


def _identity_to_link(base: Guest | TokensInvalid, federation: Federation) -> str | None:
    if isinstance(base, Guest):
        return base.identity_id
    return base.record.identity_id if base.record.provider == federation.logins[0].provider else None


def _respond(state: State, event: Respond) -> Step:
    if not isinstance(state, Challenged) or state.responding:
        raise _unknown(state, event)
    request = RespondToAuthChallenge(state.challenge, event.answers, event.client_metadata)
    return replace(state, responding=True), (request,)


def _resend(state: State, event: ResendWanted) -> Step:
    if not isinstance(state, Challenged) or state.responding:
        raise _unknown(state, event)
    return replace(state, responding=True), (ResendCode(state.challenge),)


def _challenged(state: State, event: ChallengeIssued) -> Step:
    if not isinstance(state, SigningIn | Challenged):
        raise _unknown(state, event)
    return Challenged(event.challenge, state.base), ()


def _signed_in(state: State, event: TokensIssued) -> Step:
    if not isinstance(state, SigningIn | Challenged):
        raise _unknown(state, event)
    if isinstance(state.base, SignedIn):
        return _stepped_up(state.base, event.tokens)
    tokens = event.tokens
    record = Record.signed_in(tokens, _known_identity(state.base, tokens), _known_device(state.base, tokens))
    # Passed on with the user's token, a guest's identity is linked to the user and keeps what the guest made.
    guest_identity_id = state.base.identity_id if isinstance(state.base, Guest) else None
    return SignedIn(record, tokens, guest_identity_id=guest_identity_id), (SaveRecord(record), *_replaced(state.base))


def _stepped_up(user: SignedIn, tokens: TokenSet) -> Step:
    if tokens.sub != user.record.sub:
        return without_fetch(user), _disown(tokens)
    record = user.record.renewed(tokens)
    # Credentials for what has been proved now are asked for anew.
    stepped_up = SignedIn(
        record,
        tokens,
        guest_identity_id=user.guest_identity_id,
        refreshing=user.refreshing and record.refresh_token == user.record.refresh_token,
    )
    return stepped_up, (*_changed(user.record, record), *_superseded(user, tokens))


def _superseded(user: SignedIn, tokens: TokenSet) -> tuple[Effect, ...]:
    """The refresh token before a step-up must not stay good, unless what came hangs on it (`origin_jti`)."""
    before, after = (held.claims.get("origin_jti") if held else None for held in (user.tokens, tokens))
    is_apart = before is not None and after is not None and before != after
    superseded = user.record.refresh_token if tokens.refresh_token and is_apart else None
    return (RevokeTokens(superseded),) if superseded else ()


def _replaced(base: Base | SignedIn) -> tuple[Effect, ...]:
    """A sign-in that another one takes the place of must not stay good."""
    replaced = base.record.refresh_token if isinstance(base, TokensInvalid) else None
    return (RevokeTokens(replaced),) if replaced else ()


def _federated(state: Federating, credentials: AwsCredentials) -> Step:
    record = Record.federated(state.federation.logins[0], credentials.identity_id, device_of(state.base))
    signed_in = SignedIn(record, credentials=credentials, federation=state.federation)
    return signed_in, (SaveRecord(record), *_replaced(state.base))


def _known_identity(base: Base | SignedIn, tokens: TokenSet) -> str | None:
    return base.record.identity_id if isinstance(base, TokensInvalid) and base.record.sub == tokens.sub else None


def _known_device(base: Base | SignedIn, tokens: TokenSet) -> RememberedDevice | None:
    device = device_of(base)
    return device if device and device.username == tokens.username else None


def _sign_in_failed(state: State, event: SignInFailed) -> Step:
    match state:
        case SigningIn():
            return fallen_back(state), ()
        case Challenged():
            over = isinstance(event.error, ChallengeExpired)
            return (fallen_back(state) if over else replace(state, responding=False)), ()
        case _:
            raise _unknown(state, event)


def _happens_beside_step_up(state: State, event: Event) -> Step:
    """Have an event happen to the user who steps up; the step-up goes on for as long as that user is known."""
    before = beside_step_up(state)
    after, effects = step(before, event)
    user = known_user(after)
    if user is None or not isinstance(state, SigningIn | Challenged) or not is_same_user(before, after):
        return after, effects
    return replace(state, base=user), effects


def _disproved(state: State, event: TokensDisproved) -> Step:
    user = known_user(state)
    return _forgotten(state) if isinstance(user, SignedIn) and user.tokens == event.tokens else (state, ())


def _forgotten(state: State) -> Step:
    """Nothing is kept of a user whose tokens are not the pool's."""
    nobody = SignedOut()
    return (replace(state, base=nobody) if isinstance(state, UnderWay) else nobody), (ForgetRecord(),)


# -- staying and leaving


def _sign_out(state: State, event: SignOut) -> Step:
    if isinstance(state, Unknown):
        raise _unknown(state, event)
    device = None if event.forget_device else device_of(state)
    effects: list[Effect] = [_keep_only(device)]
    user = known_user(state)
    if user and user.record.refresh_token:
        tokens = user.tokens if isinstance(user, SignedIn) else None
        if event.everywhere:
            effects.append(SignOutEverywhere(user.record, tokens))
        elif event.revoke:
            effects.append(RevokeTokens(user.record.refresh_token))
    return SignedOut(device=device), tuple(effects)


def _keep_only(device: RememberedDevice | None) -> Effect:
    return SaveRecord(Record(device=device)) if device else ForgetRecord()


def _forget_device(state: State, event: DeviceForgotten) -> Step:
    user = known_user(state)
    if user is None or user.record.device is None or user.record.device.key != event.key:
        return state, ()
    record = replace(user.record, device=None)
    return with_user(state, replace(user, record=record)), (SaveRecord(record),)


def _want_refresh(state: State, event: RefreshWanted) -> Step:
    user = known_user(state)
    if user is None:
        raise _unknown(state, event)
    if user.refreshing:
        return state, ()
    if user.federation:
        return with_user(state, replace(user, refreshing=True)), (RenewLogins(user.federation),)
    if user.record.refresh_token:
        return with_user(state, replace(user, refreshing=True)), (RefreshTokens(user.record, event.newer_than),)
    # There is nothing to renew the tokens with: once they have ended, only the person can help.
    over = isinstance(user, SignedIn) and not user.has_valid_tokens(event.now)
    return (TokensInvalid(user.record, "refused") if over else state), ()


def _refreshed(state: State, event: TokensRefreshed) -> Step:
    user = known_user(state)
    if user is None or user.record.refresh_token != event.spent:
        return state, _disown(event.tokens)
    record = user.record.renewed(event.tokens)
    if isinstance(user, SignedIn):
        renewed = replace(user, record=record, tokens=event.tokens, refreshing=False)
    else:
        renewed = SignedIn(record, event.tokens, user.credentials)
    return renewed, _changed(user.record, record)


def _refresh_failed(state: State, event: RefreshFailed) -> Step:
    user = known_user(state)
    if user is None or user.record.refresh_token != event.spent:
        return state, ()
    if isinstance(event.error, RefreshRefused):
        record = replace(user.record, refresh_token=None)
        return with_user(state, TokensInvalid(record, "refused")), (SaveRecord(record),)
    if isinstance(user, SignedIn) and user.has_valid_tokens(event.now):
        return replace(user, refreshing=False), ()
    if isinstance(event.error, TokensNotGenuine):
        return _forgotten(state)
    return with_user(state, TokensInvalid(user.record, _reason(event.error), user.credentials)), ()


def _logins_renewed(state: State, event: LoginsRenewed) -> Step:
    user = known_user(state)
    if user is None or user.federation != event.asked:
        return state, ()
    fetching = isinstance(user, SignedIn) and user.fetching
    renewed = SignedIn(user.record, credentials=user.credentials, fetching=fetching, federation=event.federation)
    return with_user(state, renewed), ()


def _logins_failed(state: State, event: LoginsFailed) -> Step:
    user = known_user(state)
    if user is None or user.federation != event.asked:
        return state, ()
    if isinstance(event.error, RefreshRefused):
        return with_user(state, TokensInvalid(user.record, "refused")), ()
    if isinstance(user, SignedIn) and not user.federation.has_expired(event.now):
        return with_user(state, replace(user, refreshing=False)), ()
    invalid = TokensInvalid(user.record, _reason(event.error), user.credentials, federation=user.federation)
    return with_user(state, invalid), ()


def _reason(error: AuthError) -> str:
    return error.reason if isinstance(error, ServiceUnavailable) else "unavailable"


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
    found = state_of(record)
    if user and isinstance(found, Guest):
        # Nobody becomes a guest without asking for it.
        found = SignedOut(device=found.device)
    if isinstance(state, UnderWay) and not isinstance(found, SignedIn):
        return replace(state, base=found), ()
    return found, ()


def _adopt(state: State, user: SignedIn | TokensInvalid, record: Record) -> State:
    # The reply to a refresh under way is matched by the token that it was begun with. And what another kernel was
    # refused says nothing about the token here: the next refresh finds out.
    if user.refreshing or not record.refresh_token:
        return state
    if isinstance(user, TokensInvalid) and record.refresh_token != user.record.refresh_token:
        return SignedIn(record, credentials=user.credentials)
    return with_user(state, replace(user, record=record))


# -- AWS credentials


def _want_credentials(state: State, event: CredentialsWanted) -> Step:
    match state:
        case SignedOut(fetching=False):
            return replace(state, fetching=True), (FetchCredentials(None, None),)
        case Guest(fetching=False):
            return replace(state, fetching=True), (FetchCredentials(state.identity_id, None),)
        case SignedIn(record, tokens, fetching=False) if tokens or state.federation:
            identity_id = record.identity_id or state.guest_identity_id
            return replace(state, fetching=True), (FetchCredentials(identity_id, tokens, state.federation),)
        case SignedOut() | Guest() | SignedIn(fetching=True):
            return state, ()
        case _:
            # Never a guest's credentials for somebody who is signing in or known: they would be another identity's.
            raise _unknown(state, event)


def _credentials_issued(state: State, event: CredentialsIssued) -> Step:
    credentials = event.credentials
    match state:
        case SignedOut() | Guest():
            guest = Guest(credentials.identity_id, credentials, device=state.device)
            known = isinstance(state, Guest) and state.identity_id == credentials.identity_id
            effects = () if known else (SaveRecord(Record(identity_id=guest.identity_id, device=guest.device)),)
            return guest, effects
        case SignedIn(record):
            kept = replace(record, identity_id=credentials.identity_id)
            signed_in = replace(state, record=kept, credentials=credentials, guest_identity_id=None, fetching=False)
            return signed_in, _changed(record, kept)
        case Federating():
            return _federated(state, credentials)
        case TokensInvalid():
            return state, ()
        case _:
            raise _unknown(state, event)


def _credentials_failed(state: State, event: CredentialsFailed) -> Step:
    gone = isinstance(event.error, IdentityGone)
    match state:
        case Federating(base=base):
            return base, ()
        case SignedOut():
            return replace(state, fetching=False), ()
        case Guest(device=device):
            return (SignedOut(device=device), (_keep_only(device),)) if gone else (replace(state, fetching=False), ())
        case SignedIn(record):
            kept = replace(record, identity_id=None) if gone else record
            guest_identity_id = None if gone else state.guest_identity_id
            signed_in = replace(state, record=kept, guest_identity_id=guest_identity_id, fetching=False)
            return signed_in, _changed(record, kept)
        case TokensInvalid():
            return state, ()
        case _:
            raise _unknown(state, event)


def _changed(before: Record, after: Record) -> tuple[Effect, ...]:
    return (SaveRecord(after),) if after != before else ()


def _disown(tokens: TokenSet) -> tuple[Effect, ...]:
    """Tokens nobody waits for any more must not stay good."""
    return (RevokeTokens(tokens.refresh_token),) if tokens.refresh_token else ()


def _unknown(state: State, event: Event) -> InvalidTransition:
    return InvalidTransition(f"{type(event).__name__} cannot happen in {type(state).__name__}")
