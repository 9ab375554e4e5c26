"""The verbs and properties of a session that are about proof: verified claims, groups, and stepping up.

Rule: `claims` alone is verified. What is shown to people may be read without; nothing may be granted on its strength.
"""

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nbauth.core import arguments
from nbauth.core.arguments import Wait
from nbauth.errors import Rejected, SignInInterrupted, SignInReleased, SignInTimeout

if TYPE_CHECKING:
    from nbauth.core.results import SignInResult
    from nbauth.core.secret import Secret
    from nbauth.core.tokens import TokenSet
    from nbauth.engine import Engine
    from nbauth.ports import Prompt
    from nbauth.waiting import Waiter


class ProofVerbs:
    """Mixin of what `AuthSession` has to do with proof."""

    _called: tuple[str, str] = ("", "")
    """Whose tokens came last, and what people call them: so it is known when the tokens have ended, too."""

    if TYPE_CHECKING:
        # What it needs of the session.
        sign_in_wait: float

        @property
        def user_sub(self) -> str | None:
            """The user's unchanging id."""

        @property
        def username(self) -> str | None:
            """The user's name in the pool."""

        @property
        def prompt(self) -> Prompt | None:
            """Who asks the person."""

        def get_tokens(self, *, force_refresh: bool = False, wait: Wait = None) -> TokenSet:
            """Return the user's tokens."""

        def cancel_sign_in(self) -> None:
            """Give up the sign-in that is under way."""

        def _open(self) -> Engine | None: ...

        def _ready(self) -> Engine: ...

    @property
    def claims(self) -> Mapping[str, Any]:
        """The claims of the newest ID token, verified against the user pool's keys, read-only.

        It waits as `get_tokens` does, and the first time for the keys where nobody has fetched them yet.

        Raises:
            TokensNotGenuine: The tokens are not the user pool's; nobody is signed in any more.
            TokensNotCurrent: The tokens are not valid at this time.
            SignInRequired: Nobody signed in.
            ServiceUnavailable: Cognito could not be reached for new tokens or for its keys.
        """
        return self._ready().verification.claims(self.get_tokens())

    @property
    def groups(self) -> tuple[str, ...]:
        """The user's groups in the pool, as the newest ID token has them; empty before the first one has come.

        They are read and not verified, without network, to be shown; ``claims["cognito:groups"]`` is verified.
        """
        tokens = self._newest_tokens()
        groups = tokens.claims.get("cognito:groups") if tokens else None
        return tuple(str(group) for group in groups) if isinstance(groups, list) else ()

    @property
    def display_name(self) -> str | None:
        """What people call the user: `username`, or what they sign in with where the pool has made that up.

        It is read from the newest ID token and not verified, without network, to be shown; until that has come for the
        first time it is `username`.
        """
        tokens = self._newest_tokens()
        if tokens is not None:
            self._called = tokens.sub, tokens.display_name
        sub, name = self._called
        return name if sub and sub == self.user_sub else self.username

    def step_up(self, acr: str | None = None, max_age: int | None = None, *, wait: Wait = None) -> "SignInResult":
        """Have the user who is signed in prove it anew, or to a higher level; the user stays signed in meanwhile.

        Where somebody can be asked, what the pool asks for is shown, and this call waits for the answer. The level that
        was reached stands in the new access token's `acr` claim; AWS credentials are asked for anew.

        Args:
            acr: The levels that will do, the highest first, with spaces between them, such as ``urn:cognito:loa:2``;
                None for the pool's own choice.
            max_age: How long ago the last proof may be, in seconds; 0 for a proof in any case, None for what the pool
                allows.
            wait: How long to wait for the person, in seconds; None for `sign_in_wait`, False for not.

        Returns:
            What `confirm_sign_in` is to answer, where nobody could be asked here, or `wait` is False.

        Raises:
            ConfigError: The pool's feature plan has no step-up, or the app client does not allow USER_AUTH.
            SignInReleased: It was given up.
            SignInTimeout: Nobody answered in time.
            SignInRequired: Nobody signed in.
        """
        from nbauth.access import with_access

        if acr is not None and not isinstance(acr, str):
            raise Rejected("The level (acr) is text, such as urn:cognito:loa:2")
        levels = " ".join(acr.split()) if acr is not None else None
        if levels == "":
            raise Rejected("The level (acr) is empty: name one, such as urn:cognito:loa:2, or leave it out")
        if max_age is not None and (type(max_age) is not int or max_age < 0):
            raise Rejected("The age (max_age) is a number of seconds, 0 or more")
        arguments.wait(wait)
        engine = self._ready()
        waiter = engine.step_ups.join(engine.step_ups.ticket())
        try:
            result = with_access(self, lambda token: _begin(engine, token, levels, max_age), wait=wait)
            limit = self.sign_in_wait if wait is None or wait is True else float(wait)
            prompt = self.prompt if limit > 0 else None
            if result.done or prompt is None or not prompt.available():
                return result
            return self._answered(prompt, waiter, limit)
        finally:
            engine.step_ups.leave(waiter)

    def _newest_tokens(self) -> "TokenSet | None":
        """Return the tokens there are, valid or not, without network; None where none have come."""
        from nbauth.core.states import tokens_of

        engine = self._open()
        return tokens_of(engine.runtime.flow.state) if engine else None

    def _answered(self, prompt: "Prompt", waiter: "Waiter", limit: float) -> "SignInResult":
        from nbauth.core.results import SignInResult
        from nbauth.waiting import Outcome

        try:
            prompt.ask(waiter.done, min(limit, threading.TIMEOUT_MAX))
            outcome = waiter.outcome
        except KeyboardInterrupt:
            raise SignInInterrupted("The wait for a step-up was interrupted") from None
        finally:
            if not waiter.done.is_set():
                self.cancel_sign_in()
        match outcome:
            case Outcome.SIGNED_IN:
                return SignInResult()
            case Outcome.RELEASED:
                raise SignInReleased("The step-up was given up")
            case _:
                raise SignInTimeout(f"Nobody answered within {limit:g} seconds")


def _begin(engine: "Engine", access_token: "Secret", acr: str | None, max_age: int | None) -> "SignInResult":
    from nbauth.core.events import SignIn
    from nbauth.core.states import known_user
    from nbauth.core.step_up import StepUp

    user = known_user(engine.runtime.flow.state)
    username = user.record.username if user else ""
    return engine.take_step(SignIn(username, None, "USER_AUTH", step_up=StepUp(access_token, acr, max_age)))
