"""How a call waits for a sign-in: who asks the person, for how long, and what came of it.

Rule: where nobody can answer, nothing waits. A call that asked for a time of its own is the exception: then somebody
else, in another thread, is expected to sign in. In a forked process there is neither a page nor another thread.
"""

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, assert_never

from nbauth import kernel
from nbauth.core import arguments
from nbauth.core.arguments import Wait
from nbauth.core.user_state import UserState
from nbauth.errors import (
    AuthError,
    ServiceUnavailable,
    SignInInterrupted,
    SignInReleased,
    SignInRequired,
    SignInTimeout,
)
from nbauth.waiting import Outcome, Waiter, Waiters

if TYPE_CHECKING:
    from nbauth.ports import Prompt

_FEDERATED = UserState.SIGNED_OUT_FEDERATED_TOKENS_INVALID


class Waited(Protocol):
    """What is waited for: the part of a session that says who is signed in, and whom to ask."""

    @property
    def state(self) -> UserState:
        """Who is signed in."""

    @property
    def state_reason(self) -> str | None:
        """Why tokens are invalid."""

    @property
    def username(self) -> str | None:
        """The user's name in the pool."""

    @property
    def sign_in_wait(self) -> float:
        """How long a call waits that does not say."""

    @property
    def prompt(self) -> "Prompt | None":
        """Who asks the person; None where nobody can be asked."""


class SignInWait:
    """Waits for the sign-in of one session.

    Args:
        session: Whose sign-in.
        waiters: Everybody who waits for it.
    """

    def __init__(self, session: Waited, waiters: Waiters) -> None:
        self._session = session
        self._waiters = waiters
        self._process = os.getpid()

    def once(self, seconds: Wait) -> Callable[[], None]:
        """Return what a call that begins now does where only a sign-in helps.

        It waits, and returns after a sign-in. When it is called a second time, that sign-in did not last.
        """
        ticket = self._waiters.ticket()
        waited = False

        def wait_for_sign_in() -> None:
            nonlocal waited
            if waited:
                raise self._not_signed_in("the sign-in did not last")
            waited = True
            self._wait(ticket, seconds)

        return wait_for_sign_in

    def wait(self, seconds: Wait) -> None:
        """Return once a user is signed in.

        Raises:
            SignInRequired: Nobody signed in.
            ServiceUnavailable: Signing in would not help: the network is away.
        """
        ticket = self._waiters.ticket()
        if self._session.state is not UserState.SIGNED_IN:
            self._wait(ticket, seconds)

    async def wait_async(self, seconds: Wait) -> None:
        """Do as `wait` does, without blocking the event loop."""
        ticket = self._waiters.ticket()
        if self._session.state is UserState.SIGNED_IN:
            return
        prompt, limit = self._how(seconds)
        waiter = self._join(ticket, kernel.label_async())
        try:
            if prompt is not None and not waiter.done.is_set():
                prompt.show_sign_in()
            await kernel.wait_async(waiter.done, limit)
        finally:
            self._waiters.leave(waiter)
        _conclude(waiter, limit)

    def _wait(self, ticket: int, seconds: Wait) -> None:
        prompt, limit = self._how(seconds)
        waiter = self._join(ticket, kernel.label())
        try:
            if prompt is None:
                waiter.done.wait(limit)
            elif not waiter.done.is_set():
                prompt.ask(waiter.done, limit)
        except KeyboardInterrupt:
            raise SignInInterrupted("The wait for a sign-in was interrupted") from None
        finally:
            self._waiters.leave(waiter)
        _conclude(waiter, limit)

    def _how(self, seconds: Wait) -> "tuple[Prompt | None, float]":
        """Return who asks the person, if anybody can, and for how long to wait."""
        arguments.wait(seconds)
        as_the_session_says = seconds is None or seconds is True
        limit = min(self._session.sign_in_wait if as_the_session_says else float(seconds or 0), threading.TIMEOUT_MAX)
        if limit <= 0:
            raise self._not_signed_in("this call does not wait for a sign-in")
        if os.getpid() != self._process:
            raise self._not_signed_in("nobody can be asked in a forked process: sign in before it begins")
        prompt = self._session.prompt
        if prompt is not None and not prompt.available():
            raise self._not_signed_in("nobody is there to sign in; sign in beforehand, in an interactive session")
        if prompt is None and seconds is None:
            verb = "federated_sign_in" if self._session.state is _FEDERATED else "sign_in"
            raise self._not_signed_in(f"call {verb}() first")
        return prompt, limit

    def _join(self, ticket: int, label: str) -> Waiter:
        waiter = self._waiters.join(ticket, label)
        if self._session.state is UserState.SIGNED_IN:  # since the caller looked
            waiter.wake(Outcome.SIGNED_IN)
        return waiter

    def _not_signed_in(self, why: str) -> AuthError:
        username = self._session.username
        sign_in = f"The sign-in of {username}" if username else "The sign-in"
        match self._session.state_reason:
            case "offline" | "unavailable" as reason:
                away = "its provider or Cognito" if self._session.state is _FEDERATED else "Cognito"
                return ServiceUnavailable(
                    f"{sign_in} could not be renewed: {away} cannot be reached; nothing is lost",
                    reason=reason,
                    case="not_renewed",
                )
            case "refused":
                return SignInRequired(f"{sign_in} has ended; {why}")
            case _:
                return SignInRequired(f"Nobody is signed in to AWS; {why}")


def _conclude(waiter: Waiter, limit: float) -> None:
    match waiter.outcome:
        case Outcome.SIGNED_IN:
            return
        case Outcome.SIGNED_OUT:
            raise SignInReleased("Signed out while waiting for a sign-in")
        case Outcome.RELEASED:
            raise SignInReleased("The wait for a sign-in was given up")
        case None:
            raise SignInTimeout(f"Nobody signed in within {limit:g} seconds")
        case _:
            assert_never(waiter.outcome)
