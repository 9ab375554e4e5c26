"""The auth session: one account, opened when it is first looked at, and the verbs that give out what it has.

It knows a prompt, never a widget, and the services only through the ports. Making one costs no network and loads
nothing heavy.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from nbauth import process, settings
from nbauth.account_verbs import AccountVerbs
from nbauth.aws_clients import AwsClients
from nbauth.errors import AuthError, ConfigError, InvalidTransition, SignInRequired
from nbauth.federation_verbs import FederationVerbs
from nbauth.observed import Observed
from nbauth.proof_verbs import ProofVerbs
from nbauth.sign_in_verbs import SignInVerbs
from nbauth.sign_in_wait import SignInWait
from nbauth.waiting import Outcome

if TYPE_CHECKING:
    import boto3

    from nbauth.appearance import Appearance
    from nbauth.companies import Company
    from nbauth.core.config import AuthConfig
    from nbauth.core.credentials import AwsCredentials
    from nbauth.core.tokens import TokenSet
    from nbauth.doctor import Diagnosis
    from nbauth.engine import Engine
    from nbauth.ports import Ports, Prompt
    from nbauth.traits import NbAuth

_log = logging.getLogger(__name__)


def _say(problems: Iterable[AuthError]) -> None:
    for problem in problems:
        _log.warning("nbauth: %s", problem)


class AuthSession(Observed, SignInVerbs, AccountVerbs, FederationVerbs, ProofVerbs):
    """One account's sign-in: who is signed in, with which tokens and AWS credentials, and the verbs to change it.

    Every trait but `sign_in_wait` is read-only, and every one can be observed. The verbs block, may be called from any
    thread, and raise `nbauth.AuthError`.

    Args:
        config: The pools to sign in to: an `AuthConfig`, a mapping with the same keys, the path of a configuration
            file, or None for what the settings, the environment and the files around the working directory say.
        account: The name under which this sign-in is kept; several accounts live side by side.
        store: Where it is kept: ``"auto"``, ``"memory"``, ``"file"``, ``"keyring"`` or a dotted path.
        defaults: Settings that come before the environment; None for those of the shell that this code runs in.
        ports: What to talk to in place of AWS, for tests.

    Raises:
        ConfigError: A setting is wrong.
    """

    prompt_for: ClassVar[Callable[["AuthSession"], "Prompt | None"]] = staticmethod(lambda session: None)
    """How a person is asked; set where a kernel or a terminal is wired together."""

    defaults_here: ClassVar[Callable[[], "NbAuth | None"]] = staticmethod(lambda: None)
    """The settings of the shell that code runs in; set there, too."""

    def __init__(
        self,
        config: "AuthConfig | Mapping[str, Any] | str | Path | None" = None,
        *,
        account: str | None = None,
        store: str | None = None,
        defaults: "NbAuth | None" = None,
        ports: "Ports | None" = None,
    ) -> None:
        super().__init__()
        defaults = type(self).defaults_here() if defaults is None else defaults
        chosen = settings.resolve_session(account=account, store=store, traits=defaults)
        self.config = settings.resolve(config, traits=defaults)
        self.account = chosen.account
        self.sign_in_wait = chosen.sign_in_wait
        self.language = chosen.language
        self._defaults = defaults
        self._store = chosen.store
        self._ports = ports
        self._waits = SignInWait(self, self._waiters)
        self._aws = AwsClients(self, self.config.region)
        self._making = process.Lock()
        self._engine: Engine | None = None
        self._guest: AuthSession | None = None
        self._prompt: Prompt | None = None
        process.in_child(self._forked)

    # -- tokens and credentials

    def get_tokens(self, *, force_refresh: bool = False, wait: float | bool | None = None) -> "TokenSet":
        """Return the user's tokens: from memory while they are valid, renewed when they are not.

        Args:
            force_refresh: Renew them in any case.
            wait: How long to wait where only a sign-in helps, in seconds; None for `sign_in_wait`, False for not.

        Raises:
            SignInRequired: Nobody signed in.
            ServiceUnavailable: The tokens have expired, and Cognito could not be reached to renew them.
        """
        return self._ready().supply.tokens(self._waits.once(wait), force=force_refresh)

    def get_credentials(self, *, force_refresh: bool = False, wait: float | bool | None = None) -> "AwsCredentials":
        """Return AWS credentials: from memory while they are valid, renewed when they are not.

        Args:
            force_refresh: Renew them in any case.
            wait: How long to wait where only a sign-in helps, in seconds; None for `sign_in_wait`, False for not.

        Raises:
            SignInRequired: Nobody signed in, and being a guest is not wanted.
            ServiceUnavailable: There are no valid credentials, and the identity pool could not be reached.
            Rejected: The identity pool has none for this user.
            ConfigError: No identity pool is configured.
        """
        engine = self._ready()
        engine.ports.require_identity_pool()  # before anybody is asked to sign in for nothing
        return engine.supply.credentials(self._waits.once(wait), force=force_refresh)

    def get_identity_id(self) -> str:
        """Return the identity id, which is asked for where it is not known yet.

        Raises:
            AuthError: As `get_credentials`.
        """
        return self.identity_id or self.get_credentials().identity_id

    def guest(self) -> "AuthSession":
        """Return a session of a guest in the same identity pool, whoever is signed in here.

        Raises:
            ConfigError: There is no identity pool, or the settings allow no guests.
        """
        if self.config.identity_pool_id is None or self.config.guest_access is False:
            why = "no identity pool is configured" if not self.config.identity_pool_id else "guest_access is false"
            raise ConfigError(f"There are no guests here: {why}")
        with self._making:
            if self._guest is None:
                config = self.config.replace(user_pool_id=None, client_id=None, client_secret=None, guest_access=True)
                ports = self._ports_of_guest()
                self._guest = AuthSession(
                    config, account=self.account, store=self._store, defaults=self._defaults, ports=ports
                )
            return self._guest

    # -- AWS

    def boto3_session(self, region_name: str | None = None) -> "boto3.Session":
        """Return the boto3 session of this account: its clients follow refreshes, sign-ins and sign-outs.

        Args:
            region_name: The region of its clients; None for the configured one.
        """
        return self._aws.session(region_name)

    def client(self, service: str, **options: Any) -> Any:
        """Return a boto3 client, the same one for the same arguments.

        Args:
            service: boto3's name for the service, such as ``"s3"``.
            options: What `boto3.Session.client` takes. A client with options that cannot be compared is not kept, and a
                botocore `Config` equals no other one.
        """
        return self._aws.client(service, options)

    # -- waiting

    def wait_for_sign_in(self, timeout: float | None = None) -> None:
        """Wait until a user is signed in; return at once where one is.

        Args:
            timeout: The most to wait, in seconds; None for `sign_in_wait`.

        Raises:
            SignInRequired: Nobody signed in.
        """
        self._ready()
        self._waits.wait(timeout)

    async def signed_in(self, timeout: float | None = None) -> None:
        """Wait until a user is signed in, without blocking the event loop.

        Args:
            timeout: The most to wait, in seconds; None for `sign_in_wait`.

        Raises:
            SignInRequired: Nobody signed in.
        """
        self._ready()
        await self._waits.wait_async(timeout)

    def release_sign_in_wait(self) -> None:
        """End every wait for a sign-in with `SignInReleased`, and change nothing else."""
        self._waiters.wake(Outcome.RELEASED)
        if self._engine is not None:
            self._engine.step_ups.wake(Outcome.RELEASED)

    # -- what it says beside its traits

    @property
    def clock_offset(self) -> timedelta:
        """How far AWS's clock is ahead of this machine's, as Cognito's answers show it; zero where they agree."""
        engine = self._open()
        return getattr(engine.ports.clock, "offset", timedelta()) if engine else timedelta()

    @property
    def provider(self) -> str | None:
        """Who vouches for the user in place of the user pool, as the identity pool names it; None where nobody does."""
        from nbauth.core.states import known_user

        engine = self._open()
        user = known_user(engine.runtime.flow.state) if engine else None
        return (user.record.provider or None) if user else None

    @property
    def renews_itself(self) -> bool:
        """Whether the sign-in goes on by itself: one by a provider's token does if there is who gives the next one."""
        engine, provider = self._open(), self.provider
        return engine is None or provider is None or engine.runtime.is_renewed(provider)

    @cached_property
    def appearance(self) -> "Appearance":
        """What the sign-in looks like, as the settings have it; what is wrong there is said once, and left out."""
        found, problems = settings.resolve_appearance(traits=self._defaults)
        _say(problems)
        return found

    @cached_property
    def companies(self) -> "tuple[Company, ...]":
        """The companies whose people may sign in with their account there; what is wrong there is said and left out."""
        found, problems = settings.resolve_companies(self._defaults)
        _say(problems)
        return found

    # -- asking and showing

    @property
    def prompt(self) -> "Prompt | None":
        """Who asks the person to sign in; None where nobody can be asked."""
        if self._prompt is None:
            prompt = type(self).prompt_for(self)
            with self._making:  # many threads may ask at once, and must share one
                if self._prompt is None:
                    self._prompt = prompt
        return self._prompt

    def show_sign_in(self) -> None:
        """Show the sign-in, and return at once where there is a front end."""
        self._prompt_or_error().show_sign_in()

    def status_bar(self) -> None:
        """Show who is signed in, and until when."""
        self._prompt_or_error().show_status()

    def warm(self, *, connect: bool = False) -> None:
        """Load in the background what the first sign-in and the first AWS call will need.

        Args:
            connect: Open connections to Cognito, too: for when somebody is about to sign in.
        """
        threading.Thread(target=self._warm, args=(connect,), name="nbauth-warm", daemon=True).start()

    def doctor(self) -> "Diagnosis":
        """Return what was found out about the settings, the service's reachability and this machine's clock."""
        from nbauth.doctor import diagnose

        return diagnose(self.config, store=self._store, account=self.account, traits=self._defaults)

    # -- internals

    def _open(self) -> "Engine | None":
        """Read the token store, the first time; there is nothing to read where no pool is configured."""
        if self._is_open or self.config.is_empty:
            return self._engine
        with self._making:
            if self._engine is None:
                self._engine = self._make_engine()
                problem = self._engine.open()
                self._is_open = True
                if problem is not None:
                    _log.warning("nbauth: %s", problem)
            return self._engine

    def _make_engine(self) -> "Engine":
        from nbauth.engine import Engine, connect

        return Engine(
            self._ports or connect(self.config, store=self._store, account=self.account),
            guests=self.config.guest_access or self.config.user_pool_id is None,
            waiters=self._waiters,
            dispatcher=self._dispatcher,
            publish=self._publish,
            tell=self._tell,
        )

    def _forked(self) -> None:
        """Leave to the parent who watches, and what is half opened."""
        self._leave_watchers()
        self._engine = self._engine if self._is_open else None

    def _ready(self) -> "Engine":
        self.config.require_pool()
        engine = self._open()
        if engine is None or not self._is_open:
            raise InvalidTransition("A session cannot be used while it is being opened")
        return engine

    def _warm(self, connect: bool) -> None:
        with suppress(AuthError):  # what is wrong is said to whoever uses the session
            engine = self._open()
            if engine is not None and engine.ports.user_pool is not None:
                engine.ports.user_pool.warm(connect=connect)
            self.boto3_session()

    def _ports_of_guest(self) -> "Ports | None":
        if self._ports is None:
            return None
        from dataclasses import replace

        from nbauth.stores.memory import MemoryStore

        return replace(self._ports, user_pool=None, store=MemoryStore())

    def _prompt_or_error(self) -> "Prompt":
        self.config.require_pool()
        if self.prompt is None:
            raise SignInRequired("There is no notebook and no terminal to show a sign-in in: call sign_in()")
        return self.prompt

    # -- being a value

    def __repr__(self) -> str:
        who = f" as {self.username}" if self.username else ""
        return f"<AuthSession {self.account!r}: {self.state.value}{who}>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(
            "an AuthSession cannot be pickled or copied: make one where it is needed, with the same account it finds"
            " the same sign-in"
        )
