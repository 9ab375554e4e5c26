"""The IAM role that the bar names: found out with one call to AWS, once somebody opens the bar's menu.

Rule: nothing asks AWS for it unasked. A bar that is only looked at costs no call.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from nbauth.background import begin

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession


class Role:
    """Knows the roles of the identities that were asked for.

    Args:
        found: Called from a thread of its own when there is one more.
    """

    def __init__(self, found: Callable[[], None]) -> None:
        self._found = found
        self._names: dict[str | None, str] = {None: ""}

    def name(self, session: "AuthSession") -> str:
        """Return the role of a session's credentials; empty where it is not known."""
        return self._names.get(session.identity_id, "") if session.credentials_expire_at else ""

    def find(self, session: "AuthSession") -> None:
        """Find out in the background which role it is, unless that is known or there are no credentials."""
        if session.credentials_expire_at and session.identity_id not in self._names:
            begin(lambda: self._find(session))

    def _find(self, session: "AuthSession") -> None:
        from nbauth.aws.role import name_of_role

        with suppress(Exception):  # who cannot reach STS does without
            credentials = session.get_credentials(wait=False)
            self._names[credentials.identity_id] = name_of_role(credentials, session.config.region)
            self._found()
