"""One flow for all threads: takes events in, performs effects through the ports, says what changed.

Rule: the flow changes only in `Runtime.dispatch`, under one lock, in one order: new state, then the token store, then
`on_change` (who wakes waiters and posts to listeners). Network effects run after that, each on a daemon thread of its
own, so that a Stop in the notebook interrupts the person's wait and never a request that may spend a refresh token.
"""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial

from nbauth import process
from nbauth.background import begin, named
from nbauth.core.credentials import AwsCredentials
from nbauth.core.events import (
    CredentialsWanted,
    FederatedSignIn,
    ForgetRecord,
    LoginsFailed,
    LoginsRenewed,
    Opened,
    RecordChanged,
    RefreshFailed,
    RefreshTokens,
    RefreshWanted,
    RevokeTokens,
    SaveRecord,
    SignOut,
    SignOutEverywhere,
    StoreEffect,
    TokensIssued,
    TokensRefreshed,
)
from nbauth.core.events import Event as FlowEvent
from nbauth.core.flow import Flow
from nbauth.core.record import Record
from nbauth.core.states import (
    Federating,
    credentials_of,
    in_child,
    known_user,
    record_of,
    tokens_of,
)
from nbauth.core.tokens import TokenSet
from nbauth.dispatcher import Dispatcher
from nbauth.errors import AuthError, StoreError, StoreGone
from nbauth.kept import Kept
from nbauth.performer import Flight, Performer
from nbauth.ports import Ports

_REVOCATIONS = (RevokeTokens, SignOutEverywhere)
_MATCHED_BY_TOKEN = (TokensRefreshed, RefreshFailed, LoginsRenewed, LoginsFailed)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the time now (aware, UTC)."""
        return datetime.now(UTC)


class Runtime:
    """Holds the flow of one session and carries it from event to event."""

    def __init__(
        self, ports: Ports, dispatcher: Dispatcher, on_change: Callable[[Flow, Flow, FlowEvent], None]
    ) -> None:
        self._ports = ports
        self._kept = Kept(ports.store)
        self._performer = Performer(ports, self._kept)
        self._dispatcher = dispatcher
        self._on_change = on_change
        self._lock = process.Lock()
        self._refresh: Flight | None = None
        self._fetch: Flight | None = None
        self._federated: Flight | None = None
        self._seen: object = None
        self._revocations: list[Flight] = []
        self._flow = Flow()

    @property
    def flow(self) -> Flow:
        """The flow as everybody has been told of it: never half way through a change."""
        with self._lock:
            return self._flow

    def open(self) -> StoreError | None:
        """Read the token store, and return what was wrong with it; no network."""
        # Before the record is read: what is kept in between is then seen as a change.
        self._seen = self._kept.version()
        record, problem = self._kept.load()
        self.dispatch(Opened(record))
        return problem

    def look(self) -> None:
        """Follow what other kernels have kept in the token store, or forgotten, since the last look; no network."""
        if self._kept.version() == self._seen:
            return
        with self._lock:
            version = self._kept.version()
            record, problem = self._kept.load()
            user = known_user(self._flow.state)
            if user and user.refreshing and record and record.sub == user.record.sub:
                return  # the refresh reads the record itself; what it leaves is for the next look
            self._seen = version
            known = record_of(self._flow.state)
            # What cannot be read signs nobody out; what is known already is this kernel's own doing.
            if problem is None and record != known:
                self._take(RecordChanged(record))
            elif isinstance(problem, StoreGone) and known:
                self._kept.perform(SaveRecord(known))
                self._seen = self._kept.version()
        self._dispatcher.deliver()

    def forked(self) -> None:
        """Go on in a forked process, without the requests that are the parent's to finish."""
        self._refresh = self._fetch = None
        self._revocations = []
        self._flow = Flow(in_child(self._flow.state), self._flow.attempt + 1)

    def dispatch(self, event: FlowEvent) -> tuple[Flight, ...]:
        """Take one event, and return the requests that it set off.

        Raises:
            InvalidTransition: The state does not know the event.
        """
        flights = self._take(event)
        self._follow_up(flights)
        return flights

    def refresh(self, held: TokenSet | None, *, force: bool = False) -> Flight | None:
        """Return the one refresh under way, begun now if there was none.

        Args:
            held: The tokens that the caller found wanting, None where it found none.
            force: Whether the tokens of another kernel will not do.

        Returns:
            None where there is nothing to refresh, or where somebody else has just done it.
        """
        with self._lock:
            if known_user(self._flow.state) is None or tokens_of(self._flow.state) is not held:
                return None
            now = self._ports.clock.now()
            newer_than = None if force else held.issued_at if held else _LONG_AGO
            begun = self._take(RefreshWanted(now, newer_than))
            self._refresh = begun[0] if begun else self._refresh
            user = known_user(self._flow.state)
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
            if credentials_of(self._flow.state) is not held:
                return None
            begun = self._take(CredentialsWanted())
            self._fetch = begun[0] if begun else self._fetch
            flight = self._fetch
        self._follow_up(begun)
        return flight

    @property
    def linking(self) -> Flight | None:
        """The sign-in with another provider's token that is under way, and brings credentials; None for none."""
        with self._lock:
            return self._federated if isinstance(self.flow.state, Federating) else None

    def is_renewed(self, provider: str) -> bool:
        """Return whether there is who gives the next token of another provider."""
        user = known_user(self.flow.state)
        return user is not None and user.federation is not None and user.federation.is_renewed(provider)

    def is_revoking(self) -> bool:
        """Return whether there is something to revoke that Cognito has not been told of."""
        with self._lock:
            self._revocations = [flight for flight in self._revocations if not flight.is_over()]
            return bool(self._revocations)

    def revoke_again(self) -> None:
        """Try once more, in the background, to revoke what could not be revoked."""
        with self._lock:
            failed = [flight for flight in self._revocations if flight.landed.is_set()]
            again = tuple(Flight(flight.effect, flight.attempt) for flight in failed)
            self._revocations = [flight for flight in self._revocations if flight not in failed] + list(again)
        self._follow_up(again)

    def _take(self, event: FlowEvent, attempt: int | None = None) -> tuple[Flight, ...]:
        with self._lock:
            before = self._flow
            self._flow, effects = before.take(event, attempt)
            flights = []
            for effect in effects:
                if isinstance(effect, SaveRecord | ForgetRecord):
                    if self._may_keep(effect, event, before) and not self._kept.perform(effect):
                        self._seen = self._kept.version()  # what could not be replaced is no news
                else:
                    flights.append(Flight(effect, self._flow.attempt))
            if isinstance(event, FederatedSignIn):
                self._federated = flights[0]
            self._revocations += [flight for flight in flights if isinstance(flight.effect, _REVOCATIONS)]
            self._share(before, event)
            self._on_change(before, self._flow, event)
            return tuple(flights)

    def _share(self, before: Flow, event: FlowEvent) -> None:
        """Let other kernels have the tokens that are new, unless they are another kernel's."""
        tokens = tokens_of(self._flow.state)
        if tokens is not tokens_of(before.state) and not (isinstance(event, TokensRefreshed) and event.shared):
            self._ports.siblings.answer_with(tokens)

    def _follow_up(self, flights: tuple[Flight, ...]) -> None:
        # Outside the lock: a listener may wait for a request, whose reply needs the lock.
        for flight in flights:
            begin(partial(self._fly, flight))
        self._dispatcher.deliver()

    def _may_keep(self, effect: StoreEffect, event: FlowEvent, before: Flow) -> bool:
        """Return whether `effect` is this kernel's to perform: only a person puts an end to somebody else's sign-in."""
        by_a_person = isinstance(event, TokensIssued | SignOut) or isinstance(before.state, Federating)
        if by_a_person or self._kept.version() == self._seen:
            return True
        kept, was = self._kept.load()[0] or Record(), known_user(before.state)
        if isinstance(effect, SaveRecord):
            return kept.sub == effect.record.sub
        return kept == was.record if was else kept.sub == ""

    def _fly(self, flight: Flight) -> None:
        flight.thread = threading.get_ident()
        try:
            with ExitStack() as held:
                begun = self._land(flight, held)
            # Past the lock: a listener may take its time, and may want a refresh itself.
            self._follow_up(begun)
        finally:
            flight.landed.set()

    def _land(self, flight: Flight, held: ExitStack) -> tuple[Flight, ...]:
        try:
            if isinstance(flight.effect, RefreshTokens):
                # Until the new refresh token is kept, no other kernel may spend the old one.
                held.enter_context(self._kept.alone())
            return self._take_reply(flight, self._performer.perform(flight))
        except AuthError as error:
            flight.error = error.with_traceback(None)
        except Exception as bug:  # noqa: BLE001 - whatever it is, the flow must not wait for a reply for ever
            flight.error = named(bug)
        return self._take_reply(flight, self._performer.failure(flight.effect, flight.error))

    def _take_reply(self, flight: Flight, reply: FlowEvent | None) -> tuple[Flight, ...]:
        if reply is None:
            return ()
        flight.reply = reply
        # What a refresh brought is matched by the token it spent: it counts also if a sign-in has begun meanwhile.
        attempt = None if isinstance(reply, _MATCHED_BY_TOKEN) else flight.attempt
        with self._lock:
            flight.late = attempt not in (None, self._flow.attempt)
            return self._take(reply, attempt)
