"""The magics: `%nbauth`, and `%%aws_session` with its options.

`%%aws_session` is an input transformer: its line becomes a call on the same line, and the body stays the cell. So
top-level await, tracebacks, line numbers, the last value and a final semicolon are those of a plain cell. A registered
magic of the same name gives help, completion and `run_cell_magic`.

Loaded by IPython only, which is why IPython may be imported here at the top.
"""

import re
import shlex
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError  # noqa: TID253
from IPython.core.inputtransformer2 import cell_magic as cell_magic_transform  # noqa: TID253
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand  # noqa: TID253
from IPython.core.magic_arguments import argument, magic_arguments  # noqa: TID253

from nbauth.errors import SignInRequired
from nbauth.namespace import CellSession
from nbauth.renewal import renew
from nbauth.text import Text, accounts_text, config_text, sign_out_text, whoami_text

if TYPE_CHECKING:
    import boto3

    from nbauth.accounts import Accounts
    from nbauth.auth_session import AuthSession

_MAGIC_LINE = re.compile(r"^%%aws_session(?P<options>(?:[ \t].*)?)$")
_OPTIONS = ("--account", "--acr", "--guest", "--max-age", "--name", "--no-wait", "--region", "--role-arn", "--step-up")
_COMMANDS = ("accounts", "config", "doctor", "refresh", "sign-in", "sign-out", "status", "switch", "whoami")
_OPTIONS_OF_NBAUTH = ("--account", "--everywhere")
_OF_ALL_ACCOUNTS = ("accounts", "switch")


@magics_class
class AwsMagics(Magics):
    """The magics of one shell.

    Args:
        shell: The IPython shell.
        accounts: The accounts of this kernel.
        boto3_name: The name that `%%aws_session` binds where no other is given.
    """

    def __init__(self, shell: Any, accounts: "Accounts", *, boto3_name: str) -> None:
        super().__init__(shell=shell)
        self.shell: Any = shell
        self._boto3_name = boto3_name
        self._accounts = accounts
        self._running: list[object] = []  # the cell that runs, after those that run it
        self._open: list[tuple[int, CellSession]] = []

    def register(self) -> None:
        """Make the magics known to the shell."""
        self.shell.register_magics(self)
        transforms = self.shell.input_transformer_manager.cleanup_transforms
        standard = transforms.index(cell_magic_transform) if cell_magic_transform in transforms else len(transforms)
        transforms.insert(standard, _transform)
        self.shell.events.register("pre_run_cell", self._enter_cell)
        self.shell.events.register("post_run_cell", self._leave_cell)
        self._add_matcher()

    def unregister(self) -> None:
        """Remove the magics from the shell."""
        with suppress(ValueError):
            self.shell.input_transformer_manager.cleanup_transforms.remove(_transform)
        for event, callback in (("pre_run_cell", self._enter_cell), ("post_run_cell", self._leave_cell)):
            with suppress(ValueError):
                self.shell.events.unregister(event, callback)
        with suppress(ValueError):
            self.shell.configurables.remove(self)
        with suppress(AttributeError, ValueError):
            self.shell.Completer.custom_matchers.remove(self._matcher)
        for kind, functions in self.magics.items():
            for name in functions:
                self.shell.magics_manager.magics[kind].pop(name, None)

    @magic_arguments()
    @argument("--account", help="the account to use, as named in AuthSession(account=...); the current one if left out")
    @argument("--region", help="the region of the session; the configured one if left out")
    @argument("--role-arn", help="a role to assume with the account's credentials")
    @argument("--guest", action="store_true", help="use a guest's credentials, whoever is signed in")
    @argument("--no-wait", action="store_true", help="fail at once where somebody would have to sign in")
    @argument("--step-up", action="store_true", help="have the user prove anew who it is before the cell runs")
    @argument("--acr", help="with --step-up: the levels that will do, the highest first, such as urn:cognito:loa:2")
    @argument("--max-age", type=int, help="with --step-up: how many seconds ago the last proof may be")
    @argument("--name", help="the name of the boto3 session in the cell; 'aws' if left out")
    @no_var_expand
    @cell_magic
    def aws_session(self, line: str, cell: str) -> None:
        """Run the cell with AWS credentials that are fresh.

        In the cell, `aws` (or --name NAME) is a boto3 session with these credentials, and boto3's default session is
        the same one, so that boto3.client("s3") works. Both are put back when the cell ends, also after an error.
        Where nobody is signed in, the sign-in is shown first, and the cell goes on after it.
        """
        # Typed cells go through the input transformer, and so does this one, which run_cell_magic has brought here.
        self.shell.run_cell(f"%%aws_session {line}\n{cell}").raise_error()

    @line_magic
    def aws_session_begin_(self, line: str) -> None:
        """Begin what `%%aws_session` stands for; written by its input transformer."""
        self._begin(line)

    @magic_arguments()
    @argument("command", nargs="?", default="", help="what to do; the panel or the bar, whichever fits, if left out")
    @argument("name", nargs="?", help="the account to switch to")
    @argument("--account", help="the account that it is about; the current one if left out")
    @argument("--everywhere", action="store_true", help="with sign-out: end the user's sign-ins on all machines")
    @line_magic
    def nbauth(self, line: str) -> Text | None:
        """Show and change who is signed in to AWS.

            %nbauth               the sign-in panel, or the status bar when somebody is signed in
            %nbauth status        the status bar
            %nbauth sign-in       the sign-in panel
            %nbauth sign-out      sign out here, or with --everywhere on all machines
            %nbauth whoami        who is signed in, as text
            %nbauth refresh       renew tokens and AWS credentials now
            %nbauth accounts      the accounts of this kernel, and those kept on this machine
            %nbauth switch NAME   use another account from now on: auth, aws and the status bar follow
            %nbauth doctor        settings, reachability and clock
            %nbauth config        the settings, and where each comes from

        An account is a sign-in of its own, kept under a name that you choose.
        """
        options = _parsed(self.nbauth, line)
        _check(line, options)
        if options.command == "accounts":
            self._accounts.look()
            return accounts_text(self._accounts.known())
        if options.command == "switch":
            self._show(self._accounts.switch(options.name))
            return None
        return self._answer(options.command, self._accounts.session(options.account), everywhere=options.everywhere)

    def _answer(self, command: str, auth: "AuthSession", *, everywhere: bool) -> Text | None:
        match command:
            case "status":
                auth.status_bar()
            case "sign-in":
                auth.show_sign_in()
            case "sign-out":
                return sign_out_text(auth.sign_out(everywhere=everywhere))
            case "whoami":
                return whoami_text(auth)
            case "refresh":
                renew(auth)
                return whoami_text(auth)
            case "doctor":
                return Text(auth.doctor())
            case "config":
                return config_text(auth)
            case _:
                self._show(auth)
        return None

    def _show(self, auth: "AuthSession") -> None:
        if auth.is_signed_in and auth.challenge is None:
            auth.status_bar()
        else:
            auth.show_sign_in()

    def _begin(self, line: str) -> None:
        options = _parsed(self.aws_session, line)
        _check_step_up(line, options)
        cell = CellSession(self.shell, options.name or self._boto3_name, self._boto3_session(options))
        cell.enter()
        self._open.append((len(self._running), cell))

    def _boto3_session(self, options: Any) -> "boto3.Session":
        auth = self._accounts.session(options.account)
        if options.guest:
            auth = auth.guest()
        elif options.step_up:
            _step_up(auth, options)
        # Asked for here, before the body runs: a wait for a sign-in must not begin half way through it.
        auth.get_credentials(wait=False if options.no_wait else None)
        session = auth.boto3_session(options.region)
        if options.role_arn:
            from nbauth.aws.role import assumed_role_session

            return assumed_role_session(auth, options.role_arn, session.region_name)
        return session

    def _enter_cell(self, info: object) -> None:
        self._running.append(info)

    def _leave_cell(self, result: Any = None) -> None:
        # Without a result for a cell that was cancelled. An empty cell ends without having begun, and so does the cell
        # that loads the extension.
        if not self._running or (result is not None and result.info is not self._running[-1]):
            return
        while self._open and self._open[-1][0] >= len(self._running):
            self._open.pop()[1].leave()
        self._running.pop()

    def _add_matcher(self) -> None:
        try:
            from IPython.core.completer import context_matcher
        except ImportError:  # before IPython 8.6 there are no matchers to add to
            return
        self._matcher = context_matcher()(_complete)
        self.shell.Completer.custom_matchers.append(self._matcher)


def _parsed(magic: Any, line: str) -> Any:
    """Return the options in a line; unlike IPython's own parsing, without the quotes around a name."""
    problem = ""
    words: list[str] = []
    try:
        words = shlex.split(line)
    except ValueError as error:
        problem = str(error)
    if problem:
        raise UsageError(f"{line.strip()}: {problem}")
    return magic.parser.parse_args(words)


def _check(line: str, options: Any) -> None:
    """Refuse what `%nbauth` cannot make sense of."""
    command = options.command
    problem = ""
    if command not in ("", *_COMMANDS):
        problem = f"choose one of {', '.join(_COMMANDS)}"
    elif command == "switch" and not options.name:
        problem = "name the account to switch to"
    elif options.name and command != "switch":
        problem = f"{command} takes no name; --account NAME says whose it is"
    elif options.account and command in _OF_ALL_ACCOUNTS:
        problem = f"{command} takes no --account"
    elif options.everywhere and command != "sign-out":
        problem = "--everywhere goes with sign-out"
    if problem:
        raise UsageError(f"%nbauth {line.strip()}: {problem}")


def _check_step_up(line: str, options: Any) -> None:
    """Refuse what `%%aws_session` cannot make sense of."""
    problem = ""
    if options.step_up and options.guest:
        problem = "a guest has nothing to prove: --step-up goes without --guest"
    elif not options.step_up and (options.acr is not None or options.max_age is not None):
        problem = "--acr and --max-age go with --step-up"
    if problem:
        raise UsageError(f"%%aws_session {line.strip()}: {problem}")


def _step_up(auth: "AuthSession", options: Any) -> None:
    if not auth.step_up(options.acr, options.max_age, wait=False if options.no_wait else None).done:
        auth.cancel_sign_in()
        raise SignInRequired("The user pool asks for a proof before this cell may run, and nobody is asked for it here")


def _transform(lines: list[str]) -> list[str]:
    found = _MAGIC_LINE.match(lines[0].rstrip("\n")) if lines else None
    if not found or found["options"].rstrip().endswith("?"):
        return lines
    body = lines[1:]
    if body and body[0].startswith("%%"):
        inner = _transform(body)
        body = inner if inner is not body else cell_magic_transform(body)
    begin = f"get_ipython().run_line_magic('aws_session_begin_', {found['options'].strip()!r})\n"
    return [begin, *body]


def _complete(context: Any) -> Any:
    """Complete the options of `%%aws_session` and the commands of `%nbauth`."""
    line = context.line_with_cursor[: context.cursor_position]
    if line.startswith("%%aws_session "):
        words: tuple[str, ...] = _OPTIONS
    elif re.match(r"%nbauth \S*$", line):
        words = _COMMANDS
    elif re.match(r"%nbauth \S+ ", line):
        words = _OPTIONS_OF_NBAUTH
    else:
        return {"completions": []}
    from IPython.core.completer import SimpleCompletion

    typed = line.rpartition(" ")[2]
    completions = [SimpleCompletion(text=word, type="param") for word in words if word.startswith(typed)]
    return {"completions": completions, "matched_fragment": typed, "suppress": bool(completions)}
