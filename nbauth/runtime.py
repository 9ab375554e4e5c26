"""One flow for all threads: takes events in, performs effects through the ports, says what changed.

Rule: the flow changes only in `Runtime.dispatch`, under one lock, in one order: new state, then the token store, then
`on_change` (who wakes waiters and posts to listeners). Network effects run after that, each on a daemon thread of its
own, so that a Stop in the notebook interrupts the person's wait and never a request that may spend a refresh token.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import assert_never

from nbauth.core.challenges import Challenge
from nbauth.core.credentials import AwsCredentials
from nbauth.core.events import (
    ChallengeIssued,
    CredentialsFailed,
    CredentialsIssued,
    CredentialsWanted,
    FetchCredentials,
    ForgetRecord,
    InitiateAuth,
    NetworkEffect,
    Opened,
    RecordChanged,
    RefreshFailed,
    RefreshTokens,
    RefreshWanted,
    RespondToAuthChallenge,
    RevokeTokens,
    SaveRecord,
    SignInFailed,
    SignOut,
    SignOutEverywhere,
    StoreEffect,
    TokensIssued,
    TokensRefreshed,
)
from nbauth.core.events import Event as FlowEvent
from nbauth.core.flow import Flow, credentials_of, known_user, record_of, tokens_of
from nbauth.core.freshness import Freshness
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.tokens import TokenSet
from nbauth.dispatcher import Dispatcher
from nbauth.errors import AuthError, ConfigError, IdentityGone, RefreshRefused, StoreError
from nbauth.ports import Clock, Credential, IdentityPool, Logins, TokenStore, UserPool

_log = logging.getLogger(__name__)

_POLL = 0.05  # seconds


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the time now (aware, UTC)."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Ports:
    """What one session talks to; a pool is None where none is configured."""

    user_pool: UserPool | None
    identity_pool: IdentityPool | None
    store: TokenStore
    clock: Clock

    def require_identity_pool(self) -> IdentityPool:
        """Return the identity pool.

        Raises:
            ConfigError: None is configured.
        """
        if self.identity_pool is None:
            raise ConfigError("no identity pool is configured (identity_pool_id), so there are no AWS credentials")
        return self.identity_pool


class Flight:
    """One request under way, which any number of threads may wait for."""

    def __init__(self, effect: NetworkEffect, attempt: int) -> None:
        self.effect = effect
        self.attempt = attempt
        self.landed = threading.Event()
        self.reply: FlowEvent | None = None
        self.error: AuthError | None = None
        self.late = False

    def wait(self) -> None:
        """Wait for the answer; in short steps, or Stop would have to wait for it too on some systems."""
        while not self.landed.wait(_POLL):
            pass


class Runtime:
    """Holds the flow of one session and carries it from event to event."""

    def __init__(
        self, ports: Ports, dispatcher: Dispatcher, on_change: Callable[[Flow, Flow, FlowEvent], None]
    ) -> None:
        self._ports = ports
        self._dispatcher = dispatcher
        self._on_change = on_change
        self._lock = threading.RLock()
        self._refresh: Flight | None = None
        self._fetch: Flight | None = None
        self._seen: object = None
        self.flow = Flow()

    def open(self) -> StoreError | None:
        """Read the token store, and return what was wrong with it; no network."""
        # Before the record is read: what is kept in between is then seen as a change.
        self._seen = self._version()
        record, problem = self._load()
        self.dispatch(Opened(record))
        return problem

    def look(self) -> None:
        """Follow what other kernels have kept in the token store, or forgotten, since the last look; no network."""
        if self._version() == self._seen:
            return
        with self._lock:
            version = self._version()
            record, problem = self._load()
            user = known_user(self.flow.state)
            if user and user.refreshing and record and record.sub == user.record.sub:
                return  # the refresh reads the record itself; what it leaves is for the next look
            self._seen = version
            # What cannot be read signs nobody out; what is known already is this kernel's own doing.
            if problem is None and record != record_of(self.flow.state):
                self._take(RecordChanged(record))
        self._dispatcher.deliver()

    def dispatch(self, event: FlowEvent) -> tuple[Flight, ...]:
        """Take one event, and return the requests that it set off.

        Raises:
            InvalidTransition: The state does not know the event.
        """
        flights = self._take(event)
        self._follow_up(flights)
        return flights

    def refresh(self, held: TokenSet | None) -> Flight | None:
        """Return the one refresh under way, begun now if there was none.

        Args:
            held: The tokens that the caller found wanting, None where it found none.

        Returns:
            None where there is nothing to refresh, or where somebody else has just done it.
        """
        with self._lock:
            if known_user(self.flow.state) is None or tokens_of(self.flow.state) is not held:
                return None
            begun = self._take(RefreshWanted(self._ports.clock.now()))
            self._refresh = begun[0] if begun else self._refresh
            user = known_user(self.flow.state)
            flight = self._refresh if user and user.refreshing else None
        self._follow_up(begun)
        return flight

    def fetch_credentials(self, held: AwsCredentials | None) -> Flight | None:
        """Return the one fetch of AWS credentials under way, begun now if there was none.

        Args:
            held: The credentials that the caller found wanting, None where it found none.

        Returns:
            None where somebody else has just done it.

        Raises:
            InvalidTransition: Nobody is signed in with tokens, and it is no guest's turn either.
        """
        with self._lock:
            if credentials_of(self.flow.state) is not held:
                return None
            begun = self._take(CredentialsWanted())
            self._fetch = begun[0] if begun else self._fetch
            flight = self._fetch
        self._follow_up(begun)
        return flight

    def _take(self, event: FlowEvent, attempt: int | None = None) -> tuple[Flight, ...]:
        with self._lock:
            before = self.flow
            self.flow, effects = before.take(event, attempt)
            flights = []
            for effect in effects:
                if isinstance(effect, SaveRecord | ForgetRecord):
                    if self._may_keep(effect, event):
                        self._keep(effect)
                else:
                    flights.append(Flight(effect, self.flow.attempt))
            self._on_change(before, self.flow, event)
            return tuple(flights)

    def _follow_up(self, flights: tuple[Flight, ...]) -> None:
        # Outside the lock: a listener may wait for a request, whose reply needs the lock.
        for flight in flights:
            try:
                threading.Thread(target=self._fly, args=(flight,), name="nbauth-request", daemon=True).start()
            except RuntimeError:  # an interpreter that is shutting down starts no threads
                self._fly(flight)
        self._dispatcher.deliver()

    def _may_keep(self, effect: StoreEffect, event: FlowEvent) -> bool:
        """Return whether `effect` is this kernel's to perform: only a person puts an end to somebody else's sign-in."""
        if isinstance(event, TokensIssued | SignOut) or self._version() == self._seen:
            return True
        kept, ours = self._kept() or Record(), effect.record if isinstance(effect, SaveRecord) else Record()
        return kept.sub == ours.sub

    def _keep(self, effect: StoreEffect) -> None:
        try:
            match effect:
                case SaveRecord(record):
                    self._ports.store.save(record)
                case ForgetRecord():
                    self._ports.store.forget()
                case _:
                    assert_never(effect)
        except Exception as error:  # noqa: BLE001 - a store of somebody else's may fail in ways of its own
            # The sign-in goes on in memory; only the next kernel will miss it. What could not be replaced is no news.
            self._seen = self._version()
            _log.warning("nbauth: %s", _store_problem(error))

    def _fly(self, flight: Flight) -> None:
        try:
            with self._alone() if isinstance(flight.effect, RefreshTokens) else nullcontext():
                begun = self._land(flight)
            # Past the lock: a listener may take its time, and may want a refresh itself.
            self._follow_up(begun)
        finally:
            flight.landed.set()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the account's lock: until the new refresh token is kept, no other kernel may spend the old one."""
        with ExitStack() as held:
            try:
                held.enter_context(self._ports.store.lock())
            except Exception as error:  # noqa: BLE001 - a store of somebody else's may fail in ways of its own
                # Where nothing can be kept, nothing can be locked either, and still the sign-in goes on.
                _log.warning("nbauth: %s", _store_problem(error))
            yield

    def _land(self, flight: Flight) -> tuple[Flight, ...]:
        try:
            return self._take_reply(flight, self._perform(flight.effect))
        except AuthError as error:
            flight.error = error.with_traceback(None)
        except Exception as bug:  # noqa: BLE001 - whatever it is, the flow must not wait for a reply for ever
            # Its text is left out: a library's complaint about a parameter quotes the parameter.
            flight.error = AuthError(f"nbauth failed with {type(bug).__name__}; please report it")
        return self._take_reply(flight, self._failure(flight.effect, flight.error))

    def _take_reply(self, flight: Flight, reply: FlowEvent | None) -> tuple[Flight, ...]:
        if reply is None:
            return ()
        flight.reply = reply
        # What a refresh brought is matched by the token it spent: it counts also if a sign-in has begun meanwhile.
        attempt = None if isinstance(reply, TokensRefreshed | RefreshFailed) else flight.attempt
        with self._lock:
            flight.late = attempt not in (None, self.flow.attempt)
            return self._take(reply, attempt)

    def _perform(self, effect: NetworkEffect) -> FlowEvent | None:
        match effect:
            case InitiateAuth(username, password, auth_flow, metadata):
                return _answered(self._pool.initiate_auth(Credential(username, password, auth_flow, metadata)))
            case RespondToAuthChallenge(challenge, answers, metadata):
                return _answered(self._pool.respond(challenge, answers, metadata))
            case RefreshTokens(record):
                return self._refresh_tokens(record)
            case FetchCredentials(identity_id, tokens):
                return CredentialsIssued(self._fetch_credentials(identity_id, tokens))
            case RevokeTokens(refresh_token):
                self._pool.revoke(refresh_token)
            case SignOutEverywhere(record, tokens):
                self._sign_out_everywhere(record, tokens)
            case _:
                assert_never(effect)
        return None

    def _failure(self, effect: NetworkEffect, error: AuthError) -> FlowEvent | None:
        match effect:
            case InitiateAuth() | RespondToAuthChallenge():
                return SignInFailed(error)
            case RefreshTokens(record):
                return RefreshFailed(error, _spent(record), self._ports.clock.now())
            case FetchCredentials():
                return CredentialsFailed(error)
            case RevokeTokens() | SignOutEverywhere():
                return None
            case _:
                assert_never(effect)

    def _refresh_tokens(self, record: Record) -> FlowEvent:
        current = self._newest(record)
        try:
            return TokensRefreshed(self._pool.refresh(current), _spent(record))
        except RefreshRefused:
            newest = self._newest(record)
            if newest.refresh_token in (current.refresh_token, record.refresh_token):
                raise
        # Another kernel has signed in meanwhile, which takes no lock.
        return TokensRefreshed(self._pool.refresh(newest), _spent(record))

    def _newest(self, record: Record) -> Record:
        """Return what is kept of the same user with a refresh token, else `record`."""
        kept = self._kept()
        return kept if kept and kept.sub == record.sub and kept.refresh_token else record

    def _kept(self) -> Record | None:
        return self._load()[0]

    def _load(self) -> tuple[Record | None, StoreError | None]:
        try:
            return self._ports.store.load(), None
        except Exception as error:  # noqa: BLE001 - a store of somebody else's may fail in ways of its own
            return None, _store_problem(error)

    def _version(self) -> object:
        try:
            return self._ports.store.version()
        except Exception:  # noqa: BLE001 - a store of somebody else's may fail in ways of its own
            return None

    def _fetch_credentials(self, identity_id: str | None, tokens: TokenSet | None) -> AwsCredentials:
        pool = self._ports.require_identity_pool()
        logins: Logins = {tokens.issuer.partition("://")[2]: tokens.id_token} if tokens else {}
        if identity_id:
            try:
                return pool.get_credentials(identity_id, logins)
            except IdentityGone:
                # Deleted, or merged into another: asked for again once.
                pass
        return pool.get_credentials(pool.get_id(logins), logins)

    def _sign_out_everywhere(self, record: Record, tokens: TokenSet | None) -> None:
        if tokens is None or tokens.freshness(self._ports.clock.now()) is Freshness.EXPIRED:
            tokens = self._pool.refresh(record)
        self._pool.sign_out_everywhere(tokens.access_token)

    @property
    def _pool(self) -> UserPool:
        if self._ports.user_pool is None:
            raise ConfigError("no user pool is configured (user_pool_id and client_id), so nobody can sign in")
        return self._ports.user_pool


def _answered(answer: Challenge | TokenSet) -> FlowEvent:
    return ChallengeIssued(answer) if isinstance(answer, Challenge) else TokensIssued(answer)


def _store_problem(error: Exception) -> StoreError:
    # The text of what is no StoreError is left out: it may quote what is kept.
    return error if isinstance(error, StoreError) else StoreError(f"the token store failed with {type(error).__name__}")


def _spent(record: Record) -> Secret:
    return record.refresh_token or Secret("")
