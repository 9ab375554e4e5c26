"""The clock by which every point in time is told that a page counts down to: the service's, as far as it is known.

Tokens, credentials and challenges end by that clock, and a page is told what it shows. Rule: no point in time goes to a
page by another one, not by this machine's either.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession


def now(session: "AuthSession") -> datetime:
    """Return the time by a session's clock (aware, UTC)."""
    return datetime.now(UTC) + session.clock_offset
