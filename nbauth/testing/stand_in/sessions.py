"""Challenge sessions: opaque, each for one user, one app client and one challenge, for a while, and for one answer.

A password proof is the exception: its session is its secret block, and it may be attempted until it expires.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime

from nbauth.testing.stand_in.app_client import AppClient
from nbauth.testing.stand_in.clock import ShiftedClock
from nbauth.testing.stand_in.requests import not_authorized
from nbauth.testing.stand_in.srp import Handshake
from nbauth.testing.stand_in.users import User


@dataclass
class Session:
    """A challenge that waits for its answer."""

    challenge: str
    user: User
    client_id: str
    ends_at: datetime
    code: str | None = field(default=None, repr=False)
    spent: bool = False


@dataclass(frozen=True)
class Proof:
    """A password proof that waits for its answer; `user` is None where nobody has that name."""

    username: str
    user: User | None
    client_id: str
    handshake: Handshake
    ends_at: datetime


class Sessions:
    """All challenges that were issued."""

    def __init__(self, clock: ShiftedClock) -> None:
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._proofs: dict[str, Proof] = {}

    def open(self, challenge: str, user: User, client: AppClient, code: str | None = None) -> str:
        """Return the session of a new challenge."""
        session = secrets.token_urlsafe(600)
        ends_at = self._clock.now() + client.session_lifetime
        self._sessions[session] = Session(challenge, user, client.client_id, ends_at, code)
        return session

    def find(self, session: str, challenge: str, username: str, client: AppClient) -> Session:
        """Return the challenge that a session is of.

        Raises:
            Refused: It is nobody's, another's, too old, or has been answered.
        """
        found = self._sessions.get(session)
        wanted = (challenge, username, client.client_id)
        if found is None or (found.challenge, found.user.username, found.client_id) != wanted:
            raise not_authorized("Invalid session for the user.")
        if found.spent:
            raise not_authorized("Invalid session for the user, session can only be used once.")
        if self._clock.now() >= found.ends_at:
            raise not_authorized("Invalid session for the user, session is expired.")
        return found

    def open_proof(self, username: str, user: User | None, client: AppClient, handshake: Handshake) -> None:
        """Let a handshake wait for its answer."""
        ends_at = self._clock.now() + client.session_lifetime
        self._proofs[handshake.secret_block] = Proof(username, user, client.client_id, handshake, ends_at)

    def find_proof(self, secret_block: str, username: str, client: AppClient) -> Proof | None:
        """Return the handshake with a secret block; None where it is nobody's, another's or too old."""
        found = self._proofs.get(secret_block)
        if found is None or (found.username, found.client_id) != (username, client.client_id):
            return None
        return found if self._clock.now() < found.ends_at else None
