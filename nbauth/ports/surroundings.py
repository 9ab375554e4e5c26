"""What surrounds a session: who asks it for credentials, what time it is, and whom it may ask."""

from datetime import datetime
from threading import Event
from typing import Protocol

from nbauth.core.credentials import AwsCredentials


class CredentialSource(Protocol):
    """Where AWS adapters get credentials from, each time they need some."""

    def get_credentials(self) -> AwsCredentials:
        """Return credentials that are good now; refreshes or waits for a sign-in as needed.

        Raises:
            AuthError: There are none to be had.
        """


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the time now (aware, UTC)."""


class Prompt(Protocol):
    """How a person is asked to sign in, wherever that person sits."""

    def available(self) -> bool:
        """Return whether somebody could answer now."""

    def ask(self, done: Event, timeout: float | None) -> None:
        """Show the sign-in where the person is looking, and wait.

        Returns when `done` is set, when `timeout` seconds are over, or when the person gave up.
        """

    def show_sign_in(self) -> None:
        """Show the sign-in and return at once, where a front end can."""

    def show_status(self) -> None:
        """Show who is signed in, and until when."""
