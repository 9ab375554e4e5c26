"""The command `python -m nbauth.testing`: runs the stand-in until Ctrl-C, and says how to sign in to it.

The settings and the user come first; whatever codes it sends are shown as they go out.
"""

import argparse
import json
import secrets
import sys
import threading
from collections.abc import Mapping, Sequence

from nbauth.testing.stand_in import Cognito, SentCode

_LOOK_EVERY = 0.2  # seconds


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m nbauth.testing", description="Run a stand-in for Amazon Cognito on this machine, for tests."
    )
    parser.add_argument("--json", action="store_true", help="print the settings and the user as one line of JSON")
    parser.add_argument("--username", default="ada", help="who can sign in; %(default)s if left out")
    parser.add_argument("--password", help="the user's password; a new one if left out")
    chosen = parser.parse_args(arguments)
    with Cognito() as cognito:
        password = chosen.password or f"{secrets.token_urlsafe(12)}-Aa1"
        cognito.users.add(chosen.username, password, email=f"{chosen.username}@example.com")
        user = {"username": chosen.username, "password": password}
        print(json.dumps({**cognito.config, **user}) if chosen.json else _lines(cognito.config, user), flush=True)
        return _run(cognito)


def _lines(config: Mapping[str, str | None], user: Mapping[str, str]) -> str:
    settings = [f"NBAUTH_{name.upper()}={value}" for name, value in config.items() if value]
    return "\n".join([*settings, f"# Sign in as {user['username']} with the password {user['password']}"])


def _run(cognito: Cognito) -> int:
    seen, stopped = 0, threading.Event()
    try:
        while not stopped.wait(_LOOK_EVERY):
            for code in list(cognito.codes)[seen:]:
                print(_line(code), file=sys.stderr, flush=True)
                seen += 1
    except KeyboardInterrupt:
        pass
    return 0


def _line(sent: SentCode) -> str:
    return f"# {sent.medium} to {sent.destination}: {sent.code} ({sent.purpose} of {sent.username})"


if __name__ == "__main__":
    raise SystemExit(main())
