"""The command `nbauth`: demo, status, sign-in, sign-out, doctor.

It says what a person wants to know in a line or two, and exits with 1 where the answer is no.
"""

import argparse
import io
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from nbauth import settings
from nbauth.errors import AuthError, ConfigError
from nbauth.text import config_text, sign_out_text, whoami_text

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession

_Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    _print_what_the_terminal_can()
    chosen = _parser().parse_args(arguments)
    command: _Command = chosen.command
    try:
        return command(chosen)
    except AuthError as error:
        print(f"nbauth: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _print_what_the_terminal_can() -> None:
    # A name may be in any script, and a secret is shown as dots, whatever the terminal's encoding is.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _parser() -> argparse.ArgumentParser:
    from nbauth.demo import main as demo

    parser = argparse.ArgumentParser(prog="nbauth", description="Sign in to AWS with Amazon Cognito.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: _Command, help_text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help_text, description=help_text)
        sub.set_defaults(command=command)
        return sub

    demo.add_arguments(add("demo", demo.run, "try nbauth in JupyterLab, with an AWS of your own on this machine"))
    for name, command, help_text in (
        ("status", _status, "say who is signed in; exits with 1 if nobody is"),
        ("sign-in", _sign_in, "sign in, in this terminal"),
        ("sign-out", _sign_out, "sign out on this machine, and have Cognito revoke the tokens"),
        ("doctor", _doctor, "find out why a sign-in would not work"),
    ):
        sub = add(name, command, help_text)
        sub.add_argument("--account", help="the account; 'default' if left out")
        sub.add_argument("--config", metavar="FILE", help="a configuration file; found by itself if left out")
        if command is _sign_out:
            sub.add_argument("--everywhere", action="store_true", help="end the user's sign-ins on all machines")
    return parser


def _status(arguments: argparse.Namespace) -> int:
    from nbauth.accounts import kept_names

    store = settings.resolve_session(account=arguments.account).store
    auth = _session(arguments, store)
    auth.config.require_pool()
    print(whoami_text(auth))
    print(config_text(auth))
    if others := [name for name in kept_names(auth.config, store) if name != auth.account]:
        print(f"Other accounts kept on this machine: {', '.join(others)}")
    return 0 if auth.is_signed_in else 1


def _sign_in(arguments: argparse.Namespace) -> int:
    auth = _session(arguments)
    if not auth.is_signed_in:
        auth.show_sign_in()
    print(whoami_text(auth))
    return 0 if auth.is_signed_in else 1


def _sign_out(arguments: argparse.Namespace) -> int:
    auth = _session(arguments)
    auth.config.require_pool()
    print(sign_out_text(auth.sign_out(everywhere=arguments.everywhere)))
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    from nbauth.doctor import diagnose

    try:
        chosen = settings.resolve_session(account=arguments.account)
        diagnosis = diagnose(settings.resolve(arguments.config), store=chosen.store, account=chosen.account)
    except ConfigError as error:
        diagnosis = diagnose(error)
    print(diagnosis)
    return 0 if diagnosis.healthy else 1


def _session(arguments: argparse.Namespace, store: str | None = None) -> "AuthSession":
    from nbauth.extension import AuthSession

    return AuthSession(arguments.config, account=arguments.account, store=store)
