"""Gives out tokens and AWS credentials that are good now: from memory, renewed, or after a sign-in.

What is fresh is returned at once. What is stale is returned at once too, and renewed in the background. Only what has
expired makes a caller wait, and however many callers there are, one request serves them all.
"""

import random
from collections.abc import Callable
from datetime import datetime

from nbauth.core.config import GuestAccess
from nbauth.core.credentials import AwsCredentials
from nbauth.core.events import LoginsFailed
from nbauth.core.freshness import Freshness, stale_at
from nbauth.core.states import (
    Guest,
    SignedIn,
    SignedOut,
    State,
    TokensInvalid,
    beside_step_up,
    credentials_of,
    known_user,
    tokens_of,
)
from nbauth.core.tokens import TokenSet
from nbauth.errors import AuthError, InvalidTransition, NotAuthorized, RefreshRefused, Rejected
from nbauth.pace import Pace
from nbauth.performer import Flight
from nbauth.ports import Clock
from nbauth.runtime import Runtime

WaitForSignIn = Callable[[], None]
"""Returns after a sign-in; raises where nobody signed in, and when the sign-in it waited for did not help."""


class Supply:
    """Tokens and credentials of one session.

    Args:
        runtime: Where they come from.
        clock: Tells what has expired.
        guests: Whether somebody who is signed out gets a guest's credentials: on demand, or at once ("eager").
    """

    def __init__(self, runtime: Runtime, clock: Clock, *, guests: GuestAccess) -> None:
        self._runtime = runtime
        self._clock = clock
        self._guests = guests
        self._tokens: tuple[TokenSet, datetime] | None = None
        self._credentials: tuple[AwsCredentials, datetime] | None = None
        self._token_pace = Pace()
        self._credential_pace = Pace()
        self._eager_fetch: Flight | None = None
        self._revocation_pace = Pace()

    def tokens(self, wait_for_sign_in: WaitForSignIn, *, force: bool = False) -> TokenSet:
        """Return tokens that are good now, or just renewed with `force`.

        Raises:
            AuthError: There are none to be had.
        """
        renewed = False
        while True:
            user = self._user(force)
            if user is None:
                wait_for_sign_in()
                force = False  # what the sign-in brought is new
                continue
            if user.federation:
                raise Rejected(f"{user.record.provider} signs this user in, so there are no tokens of a user pool")
            held = tokens_of(user)
            # What was issued a moment ago is good, whatever this machine's clock says: to ask again would never end.
            valid = held if held and (renewed or self._is_valid(held)) else None
            if valid and not force:
                self.tend()
                return valid
            error = self._refresh(held, force=force)
            force, renewed = False, error is None
            if error and not isinstance(error, RefreshRefused) and (valid or not error.retryable):
                raise error

    def credentials(self, wait_for_sign_in: WaitForSignIn, *, force: bool = False) -> AwsCredentials:
        """Return AWS credentials that are good now, or just renewed with `force`.

        Raises:
            AuthError: There are none to be had.
        """
        fresh = self._credentials
        if fresh is not None and not force and self._clock.now() < fresh[1]:
            return fresh[0]
        renewed = tokens_renewed = False
        while True:
            state = beside_step_up(self._runtime.flow.state)
            held = credentials_of(state)
            if held and (renewed or self._is_valid(held)) and not force:
                self.tend()
                return held
            if not isinstance(state, Guest) and not (isinstance(state, SignedOut) and self._guests):
                self._be_vouched_for(wait_for_sign_in, force=force and _is_cut_off(state))
            flight = self._fetch(held)
            force = False
            if flight is None or flight.late:
                continue
            if isinstance(flight.error, NotAuthorized) and isinstance(state, SignedIn) and not tokens_renewed:
                # Revoked, or ended by the identity pool's clock: whether the sign-in lasts is for the user pool to say.
                self._be_vouched_for(wait_for_sign_in, force=True)
                force = tokens_renewed = True
            elif isinstance(flight.error, NotAuthorized) and isinstance(state, SignedIn) and state.federation:
                refused = RefreshRefused(str(flight.error))
                self._runtime.dispatch(LoginsFailed(refused, state.federation, self._clock.now()))
            elif flight.error is not None:
                raise flight.error
            else:
                renewed = True

    def _be_vouched_for(self, wait_for_sign_in: WaitForSignIn, *, force: bool = False) -> None:
        """Return once there is something that an identity pool takes for a user; as `tokens` does."""
        while True:
            user = self._user(force)
            if user is None:
                wait_for_sign_in()
                force = False  # what the sign-in brought is new
            elif user.federation is None:
                self.tokens(wait_for_sign_in, force=force)
                return
            else:
                valid = _is_vouched_for(user, self._clock.now())
                if valid and not force:
                    return
                error = self._refresh(None, force=force)
                if error is None:
                    return
                force = False
                if not isinstance(error, RefreshRefused) and (valid or not error.retryable):
                    raise error

    def _user(self, force: bool) -> SignedIn | TokensInvalid | None:
        """Return whose sign-in can be renewed now: one that is cut off is left to the background, but for `force`."""
        user = known_user(self._runtime.flow.state)
        if user is None or isinstance(user, SignedIn):
            return user
        return user if force and _is_cut_off(user) else None

    def changed(self, state: State) -> None:
        """Take note of a new state."""
        tokens = tokens_of(state)
        if tokens is not (self._tokens[0] if self._tokens else None):
            self._tokens = (tokens, _stale_at(tokens)) if tokens else None
            self._token_pace.is_owed = False
            self._settle(self._token_pace, self._tokens)
        credentials = credentials_of(state)
        if credentials is not (self._credentials[0] if self._credentials else None):
            self._credentials = (credentials, _stale_at(credentials)) if credentials else None
            self._credential_pace.is_owed = False
            self._settle(self._credential_pace, self._credentials)

    def tend(self) -> None:
        """Begin in the background whatever is due."""
        now, state = self._clock.now(), beside_step_up(self._runtime.flow.state)
        tokens, credentials = self._tokens, self._credentials
        if _is_due(now, now if _is_cut_off(state) else tokens and tokens[1], self._token_pace):
            self._token_pace.attempted(now)
            self._runtime.refresh(tokens and tokens[0])
        can_fetch = isinstance(state, Guest) or _is_vouched_for(state, now)
        if can_fetch and _is_due(now, credentials and credentials[1], self._credential_pace):
            self._credential_pace.attempted(now)
            self._begin_fetch(credentials and credentials[0])
        elif credentials is None and self._is_eager(state) and not self._credential_pace.pause(now):
            self._credential_pace.attempted(now)
            self._eager_fetch = self._begin_fetch(None)
        if not self._runtime.is_revoking():
            self._revocation_pace.reset()
        elif not self._revocation_pace.pause(now):
            self._revocation_pace.attempted(now)
            self._runtime.revoke_again()

    def _is_eager(self, state: State) -> bool:
        error = self._eager_fetch.error if self._eager_fetch else None
        given_up = error is not None and not error.retryable
        return self._guests == "eager" and isinstance(state, SignedOut | Guest) and not given_up

    def _settle(self, pace: Pace, held: tuple[object, datetime] | None) -> None:
        # What is stale on arrival is no success: this machine's clock is off, and asking again at once would not help.
        if held and self._clock.now() < held[1]:
            pace.reset()

    def _refresh(self, held: TokenSet | None, *, force: bool) -> AuthError | None:
        self._token_pace.attempted(self._clock.now())
        flight = self._runtime.refresh(held, force=force)
        if flight is None:
            return None
        flight.wait()
        self._token_pace.is_owed = _is_owed(flight)
        return flight.error

    def _fetch(self, held: AwsCredentials | None) -> Flight | None:
        if linking := self._runtime.linking:
            linking.wait()
            if linking.error is None:
                return None
        self._credential_pace.attempted(self._clock.now())
        flight = self._begin_fetch(held)
        if flight is not None:
            flight.wait()
            self._credential_pace.is_owed = _is_owed(flight)
        return flight

    def _begin_fetch(self, held: AwsCredentials | None) -> Flight | None:
        try:
            return self._runtime.fetch_credentials(held)
        except InvalidTransition:  # signed out, or signing in, since the caller looked
            return None

    def _is_valid(self, held: TokenSet | AwsCredentials) -> bool:
        return held.freshness(self._clock.now()) is not Freshness.EXPIRED


def _is_due(now: datetime, due: datetime | None, pace: Pace) -> bool:
    return (pace.is_owed or (due is not None and due <= now)) and not pace.pause(now)


def _is_owed(flight: Flight) -> bool:
    return flight.error is not None and flight.error.retryable


def _is_cut_off(state: State) -> bool:
    # The first refresh that gets through puts it right.
    user = known_user(state)
    return isinstance(user, TokensInvalid) and bool(user.record.refresh_token or user.federation)


def _is_vouched_for(state: State, now: datetime) -> bool:
    vouched = (state.tokens or state.federation) if isinstance(state, SignedIn) else None
    return vouched is not None and not vouched.has_expired(now)


def _stale_at(held: TokenSet | AwsCredentials) -> datetime:
    return stale_at(held.issued_at, held.expires_at, random.random())  # noqa: S311 - jitter is no secret
