"""What runs behind one session: its flow, its supply, its refresher, and who learns of a change in which order.

Rule: after every change first the calls that wait are woken, then observers and listeners are told, and only then the
verb that caused it returns.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from nbauth import process, stores
from nbauth.cognito.accounts import CognitoUserAccounts
from nbauth.cognito.client import Clients
from nbauth.cognito.clock import ServerClock
from nbauth.cognito.identity_pool import CognitoIdentityPool
from nbauth.cognito.pool_keys import PoolKeys
from nbauth.cognito.user_pool import CognitoUserPool
from nbauth.cognito.verify import CognitoVerifier
from nbauth.core.config import AuthConfig, GuestAccess
from nbauth.core.events import Cancel, Event, Opened, SignIn, SignOut, TokensIssued
from nbauth.core.flow import Flow
from nbauth.core.results import SignInResult, UserStateDetails
from nbauth.core.states import SignedIn, TokensInvalid, is_step_up, known_user, user_state
from nbauth.core.user_state import UserState
from nbauth.core.view import error_after, observed, online_after
from nbauth.dispatcher import Dispatcher
from nbauth.errors import AuthError, InvalidTransition, SignInReleased, StoreError, UserNotConfirmed
from nbauth.newcomer import Means, Newcomer
from nbauth.performer import Flight
from nbauth.ports import Ports
from nbauth.refresher import Refresher
from nbauth.runtime import Runtime, SystemClock
from nbauth.supply import Supply
from nbauth.verification import Verification
from nbauth.waiting import Outcome, Waiters


def connect(config: AuthConfig, *, store: str, account: str) -> Ports:
    """Return the ports to AWS, or to what the configuration's endpoint stands for; no network."""
    clock = ServerClock(SystemClock())
    clients = Clients(config, clock)
    kept = stores.open_store(store, stores.StoreKey.of(config, account))
    keys = PoolKeys(clients)
    return Ports(
        user_pool=CognitoUserPool(config, clients, clock, keys) if config.user_pool_id else None,
        accounts=CognitoUserAccounts(config, clients) if config.user_pool_id else None,
        identity_pool=CognitoIdentityPool(config, clients, clock) if config.identity_pool_id else None,
        store=kept,
        clock=clock,
        siblings=stores.siblings_of(kept),
        verifier=CognitoVerifier(config, clients, clock, keys) if config.user_pool_id else None,
    )


class Engine:
    """The moving parts of one session.

    Attributes:
        endings: How often people have given up or signed out: what was begun before that is not wanted any more.

    Args:
        ports: What it talks to.
        guests: Whether somebody who is signed out gets a guest's credentials: on demand, or at once ("eager").
        waiters: The calls that wait for a sign-in.
        dispatcher: Delivers to observers and listeners.
        publish: Takes the values that people observe, under the flow's lock; what it sets off goes to the dispatcher.
        tell: Takes a change of the user state, from the dispatcher.
    """

    def __init__(
        self,
        ports: Ports,
        *,
        guests: GuestAccess,
        waiters: Waiters,
        dispatcher: Dispatcher,
        publish: Callable[[dict[str, Any]], None],
        tell: Callable[[UserStateDetails], None],
    ) -> None:
        self.ports = ports
        self.runtime = Runtime(ports, dispatcher, self._on_change)
        self.supply = Supply(self.runtime, ports.clock, guests=guests)
        self.verification = Verification(self.runtime, ports.verifier)
        self.newcomer = Newcomer(ports.clock)
        self.step_ups = Waiters()
        self._refresher = Refresher(self.runtime, self.supply)
        self._waiters = waiters
        self._dispatcher = dispatcher
        self._publish = publish
        self._tell = tell
        self.endings = 0
        self._error: AuthError | None = None
        self._online = True
        process.in_child(self._forked)

    def open(self) -> StoreError | None:
        """Read the token store, and return what was wrong with it; no network, and nobody is told."""
        return self.runtime.open()

    def take_step(self, event: Event) -> SignInResult:
        """Take a step of a sign-in and return what came of it.

        Raises:
            AuthError: It was refused, or did not get through.
            SignInReleased: Another sign-in, or a sign-out, took its place.
        """
        flight = self.dispatch(event)[0]
        if isinstance(event, SignIn) and isinstance(flight.error, UserNotConfirmed):
            self.newcomer.keep(event.username, Means(event.password))
        if flight.error is not None:
            raise flight.error
        if flight.late:
            raise SignInReleased("The sign-in was given up: another one, or a sign-out, took its place")
        state = self.runtime.flow.state
        return SignInResult(None if isinstance(state, SignedIn) else getattr(flight.reply, "challenge", None))

    def dispatch(self, event: Event) -> tuple[Flight, ...]:
        """Take an event, and return the requests it set off once they have been answered and everybody was told.

        Raises:
            SignInReleased: The state has moved on, so that the event has no place any more.
        """
        if isinstance(event, Cancel | SignOut):
            self.endings += 1
        flights: tuple[Flight, ...] | None = None
        with suppress(InvalidTransition):
            flights = self.runtime.dispatch(event)
        if flights is None:
            raise SignInReleased("Somebody else signed in, or out, at the same moment")
        for flight in flights:
            flight.wait()
        self._dispatcher.settle()
        return flights

    def _forked(self) -> None:
        self.runtime.forked()
        self.supply.changed(self.runtime.flow.state)
        self._publish(observed(self.runtime.flow, self.ports.clock.now()))

    def _on_change(self, before: Flow, after: Flow, event: Event) -> None:
        if after.state is not before.state:  # a late reply is no news about the sign-in that is under way
            self._error = error_after(event, self._error)
        self._online = online_after(event, self._online)
        values = observed(after, self.ports.clock.now()) | {"error": self._error, "online": self._online}
        self.supply.changed(after.state)
        self.verification.changed(after.state)
        self.newcomer.changed(event)
        self._publish(values)
        if isinstance(event, SignOut) or (known_user(before.state) and values["state"] is UserState.SIGNED_OUT):
            self._waiters.wake(Outcome.SIGNED_OUT)
        elif isinstance(after.state, SignedIn):
            self._waiters.wake(Outcome.SIGNED_IN)
        if is_step_up(before.state) and not is_step_up(after.state):
            self.step_ups.wake(Outcome.SIGNED_IN if isinstance(event, TokensIssued) else Outcome.RELEASED)
        if _news(before) != _news(after) and not isinstance(event, Opened):
            previous, error = user_state(before.state), getattr(event, "error", None)
            details = UserStateDetails(values["state"], previous, values["state_reason"], values["username"], error)
            self._dispatcher.post(lambda: self._tell(details))
        self._refresher.wake()


def _news(flow: Flow) -> tuple[UserState, bool]:
    # Whoever was told that the network is away must still hear that only a sign-in helps.
    user = known_user(flow.state)
    return user_state(flow.state), isinstance(user, TokensInvalid) and user.reason == "refused"
