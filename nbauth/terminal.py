"""Asks people in text: the sign-in in a terminal, in a script, and where a notebook shows no panel.

Passwords are read by `getpass` and nowhere else: what `input` reads is echoed, and saved with a notebook. What comes
from the service or the user is printed without its control characters: some of them give orders to a terminal.
"""

import getpass
import sys
import textwrap
import time
from collections.abc import Mapping
from threading import Event
from typing import TYPE_CHECKING

from nbauth import kernel
from nbauth.companies import named
from nbauth.core.challenges import METHOD, Field
from nbauth.core.conversation import (
    CANCELLED,
    password_is_optional,
    signed_in_as,
    status,
    username_label,
    waits_for_network,
)
from nbauth.core.secret import Secret
from nbauth.core.user_state import UserState
from nbauth.errors import AuthError

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession
    from nbauth.companies import Company
    from nbauth.core.challenges import Challenge


_USER_POOL = "user pool"


class TerminalPrompt:
    """Asks with `input` and `getpass`.

    Args:
        session: The session to sign in to.
    """

    def __init__(self, session: "AuthSession") -> None:
        self._session = session

    def available(self) -> bool:
        """Return whether somebody could answer now."""
        if kernel.current_kernel() is not None:
            return kernel.somebody_there()
        return sys.stdin is not None and sys.stdin.isatty()

    def ask(self, done: Event, timeout: float | None) -> None:
        """Ask until somebody is signed in or gives up: with Ctrl-C, or with an empty user name.

        Args:
            done: Ends the conversation.
            timeout: When to ask no more, in seconds. A question that has been asked stands until it is answered. That
                nobody has signed in is for the caller to say, who alone knows since when it was waited for.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        try:
            if waits_for_network(self._session.state_reason):
                self.show_status()
                kernel.wait(done, timeout)
                return
            while not done.is_set() and (deadline is None or time.monotonic() < deadline):
                if self._step():
                    return
        except (KeyboardInterrupt, EOFError, _GivenUp):
            self._session.cancel_sign_in()
            self._session.release_sign_in_wait()
            _say(CANCELLED)

    def show_sign_in(self) -> None:
        """Hold the whole conversation: text has no other way to show a sign-in."""
        if self._session.state is UserState.SIGNED_IN and self._session.challenge is None:
            self.show_status()
        else:
            self.ask(Event(), None)

    def show_status(self) -> None:
        """Print who is signed in, and until when."""
        session = self._session
        line = status(session.state, session.state_reason, session.display_name)
        if session.credentials_expire_at:
            line += f" AWS credentials until {session.credentials_expire_at.astimezone():%H:%M}."
        _say(line)

    def _step(self) -> bool:
        """Ask one screen's worth of questions; return whether there is no more to ask."""
        challenge = self._session.challenge
        if challenge is None and self._session.state is UserState.SIGNED_IN:
            return True
        try:
            if challenge is None:
                self._sign_in()
            else:
                self._session.confirm_sign_in(self._answers(challenge))
        except AuthError as error:
            _say(str(error))
            return False
        if self._session.challenge is not None:
            return False
        _say(signed_in_as(self._session.display_name))
        return True

    def _sign_in(self) -> None:
        if company := self._company():
            self._session.federated_sign_in(company.provider, company.token)
            return
        config = self._session.config
        username = _ask(username_label(config.username_attributes))
        if not username:
            raise _GivenUp
        optional = password_is_optional(config.auth_flow)
        password = _ask_secret("Password (optional)" if optional else "Password")
        self._session.sign_in(username, password or None)

    def _company(self) -> "Company | None":
        """Ask whose account to sign in with, where there is a choice; None for the user pool's own."""
        companies = self._session.companies
        choices = [(company.provider, f"Continue with {company.label}") for company in companies]
        if not choices:
            return None
        if self._session.config.user_pool_id:
            choices.append((_USER_POOL, "Sign in with a user name"))
        return named(companies, str(_answer(Field(METHOD, "Number", "choice", tuple(choices)))))

    def _answers(self, challenge: "Challenge") -> Mapping[str, str | Secret]:
        _say(challenge.title)
        if any(field.kind == "passkey" for field in challenge.fields):
            return {METHOD: _another_way(challenge)}
        if challenge.totp_secret:
            _show_key(challenge)
        elif challenge.hint:
            _say(challenge.hint)
        return {field.name: _answer(field) for field in challenge.fields}


class _GivenUp(Exception):
    """The person wants no sign-in."""


def _another_way(challenge: "Challenge") -> str | Secret:
    """Ask for another way than one that only a browser can take."""
    _say("Only a browser can do that, and this is text.")
    if not challenge.alternatives:
        raise _GivenUp
    return _answer(Field(METHOD, "Another way", "choice", challenge.alternatives))


def _show_key(challenge: "Challenge") -> None:
    """Print what to set an authenticator app up with, unless what is printed is kept."""
    if kernel.current_kernel() is not None:
        _say("An authenticator app cannot be set up here, because what stands under a cell is saved with the notebook.")
        _say("Sign in once in a terminal (nbauth sign-in), or where the sign-in panel is shown.")
        raise _GivenUp
    if challenge.totp_secret and challenge.totp_uri:
        import segno

        segno.make(challenge.totp_uri.reveal(), micro=False).terminal(out=sys.stdout, compact=True)
        _say(f"Key: {' '.join(textwrap.wrap(challenge.totp_secret.reveal(), 4))}")
        _say("Scan the picture with an authenticator app, or type the key there.")


def _answer(field: Field) -> str | Secret:
    """Ask for a field until there is an answer."""
    for number, (_, label) in enumerate(field.choices, start=1):
        _say(f"  {number}  {label}")
    while True:
        answer = _ask_secret(field.label) if field.kind == "password" else _read(field)
        if answer:
            return answer


def _read(field: Field) -> str:
    answer = _ask(field.label)
    if field.kind != "choice":
        return "".join(answer.split()) if field.kind == "code" else answer
    by_number = {str(number): value for number, (value, _) in enumerate(field.choices, start=1)}
    return by_number.get(answer, answer if answer in by_number.values() else "")


def _ask(label: str) -> str:
    return input(f"{_plain(label)}: ").strip()


def _ask_secret(label: str) -> Secret:
    return Secret(getpass.getpass(f"{_plain(label)}: "))


def _say(line: str) -> None:
    sys.stdout.write(f"{_plain(line)}\n")


def _plain(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)
