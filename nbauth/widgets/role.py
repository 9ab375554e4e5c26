"""The IAM role that the bar names: found out with one call to AWS, once somebody opens the bar's menu.

Rule: nothing asks AWS for it unasked. A bar that is only looked at costs no call. What was found holds for the
credentials that were asked with: the next ones of the same identity may be of another role.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from nbauth.background import begin

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession


class Role:
    """Knows the role of the last credentials of each identity that were asked with.

    Args:
        found: Called from a thread of its own when there is one more.
    """

    def __init__(self, found: Callable[[], None]) -> None:
        self._found = found
        self._asking = threading.Lock()
        self._known: dict[str, tuple[datetime, str]] = {}  # by identity: when its credentials end, and their role

    def name(self, session: "AuthSession") -> str:
        """Return the role of a session's credentials; empty where it is not known."""
        return self._of(session.identity_id, session.credentials_expire_at) or ""

    def find(self, session: "AuthSession") -> None:
        """Find out in the background which role it is, unless that is known or there are no credentials."""
        identity_id, ends_at = session.identity_id, session.credentials_expire_at
        if identity_id and ends_at and self._of(identity_id, ends_at) is None:
            begin(lambda: self._find(session))

    def _find(self, session: "AuthSession") -> None:
        from nbauth.aws.role import name_of_role

        # Who cannot reach STS does without; who asks about the same credentials meanwhile waits for the one answer.
        with suppress(Exception), self._asking:
            credentials = session.get_credentials(wait=False)
            identity_id, ends_at = credentials.identity_id, credentials.expires_at
            if self._of(identity_id, ends_at) is None:
                self._known[identity_id] = ends_at, name_of_role(credentials, session.config.region)
                self._found()

    def _of(self, identity_id: str | None, ends_at: datetime | None) -> str | None:
        """Return the role of these credentials; None where it was not asked for."""
        known = self._known.get(identity_id or "")
        return known[1] if known and known[0] == ends_at else None
