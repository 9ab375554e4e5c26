"""Challenges that wait for their answers; each session is opaque and bound to one user, app client and challenge.

A session is good for one right answer, for a while, and for three wrong ones. A password proof is the exception: its
session is its secret block, and it may be attempted until it expires.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from nbauth.testing.stand_in.app_client import AppClient
from nbauth.testing.stand_in.clock import ShiftedClock
from nbauth.testing.stand_in.requests import Answer, Over, Refused, WrongAnswer, not_authorized
from nbauth.testing.stand_in.users import User

_TRIES = 3

Parameters = Mapping[str, str]
Take = Callable[[Parameters], Answer]


@dataclass
class Attempt:
    """A sign-in on its way.

    Attributes:
        username: The name that its answers must bear: the real one, where there is such a user.
        user: Who it is; None where nobody has that name, and nobody is to notice.
        client: The app client.
        device_key: The device it comes from, as far as it was said.
        methods: What has been proved so far.
        acr: The levels of assurance that are wanted, the highest first.
        metadata: The ClientMetadata of the last request.
    """

    username: str
    user: User | None
    client: AppClient
    device_key: str | None = None
    methods: list[str] = field(default_factory=list)
    acr: Sequence[str] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def known(self) -> User:
        """Who it is.

        Raises:
            Refused: Nobody.
        """
        if self.user is None:
            raise incorrect()
        return self.user


@dataclass
class _Open:
    """A challenge that waits."""

    name: str
    attempt: Attempt
    take: Take
    ends_at: datetime
    locks: bool
    spent: bool = False
    failures: int = 0


class Challenges:
    """All challenges that were issued.

    Args:
        clock: Tells the time.
    """

    def __init__(self, clock: ShiftedClock) -> None:
        self._clock = clock
        self._open: dict[str, _Open] = {}

    def ask(self, name: str, attempt: Attempt, parameters: Parameters, take: Take, *, locks: bool = True) -> Answer:
        """Return the answer that asks for something.

        Args:
            name: The challenge.
            attempt: The sign-in it belongs to.
            parameters: What the client is told.
            take: Takes the client's answer.
            locks: Whether wrong answers count towards the lock.
        """
        about = {"USER_ID_FOR_SRP": attempt.username} if attempt.user else {}
        return {
            "ChallengeName": name,
            "Session": self.open(name, attempt, take, locks=locks),
            "ChallengeParameters": {**about, **parameters},
        }

    def open(self, name: str, attempt: Attempt, take: Take, *, locks: bool = True) -> str:
        """Return the session of a challenge that now waits for its answer."""
        session = secrets.token_urlsafe(600)
        ends_at = self._clock.now() + attempt.client.session_lifetime
        self._open[session] = _Open(name, attempt, take, ends_at, locks)
        return session

    def knows(self, name: str) -> bool:
        """Return whether a challenge of this name was ever issued."""
        return any(waiting.name == name for waiting in self._open.values())

    def latest(self, name: str, username: str, client: AppClient) -> str | None:
        """Return the session of the last challenge of this name that waits for a user."""
        sessions = (
            session
            for session, waiting in reversed(self._open.items())
            if (waiting.name, waiting.attempt.username, waiting.attempt.client) == (name, username, client)
            if not waiting.spent
        )
        return next(sessions, None)

    def attempt(self, session: str, name: str) -> Attempt:
        """Return the sign-in that a session belongs to, without answering it.

        Raises:
            Refused: It is nobody's, another challenge's, too old, or has been answered.
        """
        return self._find(session, name).attempt

    def renew(self, session: str, name: str) -> tuple[Attempt, str]:
        """Return the sign-in that a session belongs to, and another session in its place.

        Raises:
            Refused: It is nobody's, another challenge's, too old, or has been answered.
        """
        found = self._find(session, name)
        found.spent = True
        return found.attempt, self.open(name, found.attempt, found.take, locks=found.locks)

    def spend(self, session: str, name: str) -> Attempt:
        """Return the sign-in that a session belongs to, and let the session be used up.

        Raises:
            Refused: It is nobody's, another challenge's, too old, or has been answered.
        """
        found = self._find(session, name)
        found.spent = True
        return found.attempt

    def take(
        self, name: str, session: str, responses: Parameters, client: AppClient, metadata: Mapping[str, Any]
    ) -> Answer:
        """Take the answer to a challenge; a wrong one leaves the challenge as it is, twice.

        Raises:
            Refused: The answer, or its session, is not right.
        """
        found = self._find(session, name)
        attempt, now = found.attempt, self._clock.now()
        if (attempt.username, attempt.client.client_id) != (responses["USERNAME"], client.client_id):
            raise not_authorized("Invalid session for the user.")
        if attempt.user:
            attempt.user.admit()
            if found.locks:
                attempt.user.lock.check(now)
        attempt.metadata = metadata
        attempt.device_key = responses.get("DEVICE_KEY") or attempt.device_key
        try:
            answer = found.take(responses)
        except WrongAnswer:
            self._failed(found)
            raise
        except Over:
            found.spent = True
            raise
        found.spent = True
        return answer

    def _failed(self, found: _Open) -> None:
        found.failures += 1
        found.spent = found.failures >= _TRIES
        if found.locks and found.attempt.user:
            found.attempt.user.lock.failed(self._clock.now())

    def _find(self, session: str, name: str) -> _Open:
        found = self._open.get(session)
        if found is None or found.name != name:
            raise not_authorized("Invalid session for the user.")
        if found.spent:
            raise not_authorized("Invalid session for the user, session can only be used once.")
        if self._clock.now() >= found.ends_at:
            raise not_authorized("Invalid session for the user, session is expired.")
        return found


def incorrect() -> Refused:
    """Return the refusal of a wrong name or password, which does not say which."""
    return WrongAnswer("NotAuthorizedException", "Incorrect username or password.")
