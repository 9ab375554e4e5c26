"""The verbs that sign in and out, mixed into `AuthSession`.

Each takes one step of the flow and returns once everybody has been told what came of it.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nbauth.core import arguments
from nbauth.core.secret import Secret
from nbauth.errors import AlreadySignedIn, Rejected, ServiceUnavailable

if TYPE_CHECKING:
    from nbauth.core.challenges import Answers, Challenge
    from nbauth.core.config import AuthConfig
    from nbauth.core.results import SignInResult, SignOutReport
    from nbauth.engine import Engine


class SignInVerbs:
    """Mixin of the verbs of `AuthSession` that sign in and out."""

    if TYPE_CHECKING:
        # What they need of the session.
        config: AuthConfig
        challenge: Challenge | None

        def _ready(self) -> Engine: ...

    def sign_in(
        self,
        username: str,
        password: "str | Secret | None" = None,
        *,
        flow: str | None = None,
        client_metadata: Mapping[str, str] | None = None,
        preferred_challenge: str | None = None,
        analytics: Mapping[str, str] | None = None,
        user_context: Mapping[str, str] | None = None,
    ) -> "SignInResult":
        """Begin a sign-in.

        Args:
            username: User name, or an alias that the pool accepts.
            password: The password; left out in flows without one.
            flow: Cognito's name for the flow, such as ``USER_PASSWORD_AUTH``; None for the configured one.
            client_metadata: Passed on to the pool's Lambda triggers.
            preferred_challenge: In the flow ``USER_AUTH``, the way to sign in, such as ``EMAIL_OTP``; None for a
                choice among those that the pool offers.
            analytics: Passed on as AnalyticsMetadata (Amazon Pinpoint).
            user_context: Passed on as UserContextData (threat protection).

        Raises:
            AlreadySignedIn: Somebody is signed in.
            Rejected: Cognito refused; each reason a user can mend has a class of its own.
            ServiceUnavailable: Cognito could not be asked.
        """
        from nbauth.core.events import SignIn
        from nbauth.core.states import SignedIn, standing

        password = None if password is None else Secret.of(password)
        event = SignIn(
            arguments.username(username),
            password,
            flow,
            arguments.texts(client_metadata, "client_metadata"),
            preferred_challenge=preferred_challenge,
            analytics=arguments.texts(analytics, "analytics"),
            user_context=arguments.texts(user_context, "user_context"),
        )
        engine = self._ready()
        if isinstance(state := standing(engine.runtime.flow.state), SignedIn):
            raise AlreadySignedIn.named(state.record.username)
        return engine.take_step(event)

    def confirm_sign_in(
        self,
        answer: "str | Secret | Answers",
        *,
        user_attributes: Mapping[str, str] | None = None,
        client_metadata: Mapping[str, str] | None = None,
    ) -> "SignInResult":
        """Answer the challenge that stands.

        Args:
            answer: The code, the new password or the choice; or a mapping of field names to values.
            user_attributes: Attributes that the pool requires with a new password.
            client_metadata: Passed on to the pool's Lambda triggers.

        Raises:
            Rejected: The answer is wrong or incomplete; the challenge stands, unless it is `ChallengeExpired`.
            ServiceUnavailable: Cognito could not be asked; the challenge stands.
        """
        from nbauth.core.events import Respond
        from nbauth.core.states import Challenged

        if isinstance(answer, Mapping):
            given: dict[str | None, Secret] = {name: Secret.of(value) for name, value in answer.items()}
        else:
            given = {None: Secret.of(answer)}
        answer = ""
        attributes = arguments.texts(user_attributes, "user_attributes")
        metadata = arguments.texts(client_metadata, "client_metadata")
        engine = self._ready()
        state = engine.runtime.flow.state
        if not isinstance(state, Challenged):
            raise Rejected("There is no challenge to answer: call sign_in() first", case="no_challenge")
        answers = {name or state.challenge.fields[0].name: value for name, value in given.items()}
        answers |= {f"userAttributes.{name}": Secret.of(value) for name, value in attributes.items()}
        return engine.take_step(Respond(answers, metadata))

    def resend_code(self) -> "SignInResult":
        """Have a new code sent for the challenge that stands, and return that challenge anew.

        Raises:
            Rejected: There is no challenge, or it is none with a code that is sent.
            LimitExceeded: Too many codes were asked for.
            ServiceUnavailable: Cognito could not be asked; the challenge stands.
        """
        from nbauth.core.events import ResendWanted

        engine = self._ready()
        if self.challenge is None:
            raise Rejected("There is no challenge with a code to send again: call sign_in() first", case="no_resend")
        return engine.take_step(ResendWanted())

    def cancel_sign_in(self) -> None:
        """Give up the sign-in that is under way, if one is."""
        from nbauth.core.events import Cancel

        self._ready().dispatch(Cancel())

    def sign_out(self, *, everywhere: bool = False, revoke: bool = True) -> "SignOutReport":
        """Sign out on this machine, in any case, and make the tokens worthless at Cognito where it can be reached.

        Args:
            everywhere: End the user's sign-ins on all machines.
            revoke: Have Cognito revoke the tokens of this one.
        """
        from nbauth.core.events import SignOut
        from nbauth.core.results import SignOutReport

        if self.config.is_empty:
            return SignOutReport()  # nobody can have signed in
        flights = self._ready().dispatch(SignOut(everywhere=everywhere, revoke=revoke))
        if not flights:
            return SignOutReport()
        error = flights[0].error
        return SignOutReport(error is None, error, will_retry=isinstance(error, ServiceUnavailable))
