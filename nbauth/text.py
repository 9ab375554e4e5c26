"""What nbauth says in plain text, in a notebook's output as in a terminal."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from nbauth.core.conversation import status

if TYPE_CHECKING:
    from nbauth.accounts import Account
    from nbauth.auth_session import AuthSession
    from nbauth.core.results import SignOutReport


class Text(str):
    """A text that shows as itself when it is a cell's value."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def whoami_text(auth: "AuthSession") -> Text:
    """Return who is signed in, as which identity, and until when."""
    lines = [_status(auth)]
    if auth.identity_id:
        lines.append(f"Identity {auth.identity_id}.")
    if auth.credentials_expire_at:
        lines.append(f"AWS credentials until {_clock_time(auth.credentials_expire_at)}; they renew themselves.")
    return Text("\n".join(lines))


def accounts_text(accounts: "Iterable[Account]") -> Text:
    """Return the accounts, a line each."""
    return Text("\n".join(f"{known.name}{' (current)' if known.current else ''}: {known.status}" for known in accounts))


def sign_out_text(report: "SignOutReport") -> Text:
    """Return what came of a sign-out."""
    if report.error is not None:
        later = " It is tried again for as long as this kernel runs." if report.will_retry else ""
        why = str(report.error).rstrip(".")
        return Text(f"Signed out on this machine. Cognito could not be told: {why}.{later}")
    return Text("Signed out.")


def config_text(auth: "AuthSession") -> Text:
    """Return the settings and where each comes from; the client secret only as set or not, a logo by its size."""
    from nbauth import companies
    from nbauth.core.config import SETTINGS

    config = auth.config
    values = ((name, getattr(config, name), config.sources.get(name)) for name in SETTINGS)
    made = [setting for setting in values if setting[1] not in (None, ())]
    look = [*auth.appearance.shown(), *companies.shown(auth.companies)]
    lines = (f"{name} = {value}{f'   (from {source})' if source else ''}" for name, value, source in (*made, *look))
    return Text("\n".join(lines))


def _status(auth: "AuthSession") -> str:
    return status(auth.state, auth.state_reason, auth.display_name)


def _clock_time(moment: datetime) -> str:
    return f"{moment.astimezone():%H:%M}"
