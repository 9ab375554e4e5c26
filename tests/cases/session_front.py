"""A program, or a person who writes one, signs in with the verbs of an `AuthSession`."""

from collections.abc import Callable, Mapping

from nbauth.auth_session import AuthSession
from nbauth.core.challenges import Challenge
from nbauth.core.user_state import UserState
from nbauth.errors import AuthError
from tests.cases.model import USERNAME, Journey, Step


class SessionFront:
    """The verbs of a session.

    Args:
        auth: The session.
        journey: What it is begun with.
    """

    def __init__(self, auth: AuthSession, journey: Journey) -> None:
        self._auth = auth
        self._journey = journey
        self._error: AuthError | None = None

    def begin(self, password: str | None) -> None:
        journey = self._journey
        self._do(
            lambda: self._auth.sign_in(
                journey.typed, password, flow=journey.flow, preferred_challenge=journey.preferred
            )
        )

    def answer(self, answers: Mapping[str, str]) -> None:
        self._do(lambda: self._auth.confirm_sign_in(answers))

    def cancel(self) -> None:
        self._do(self._auth.cancel_sign_in)

    def asks(self, step: Step) -> Challenge:
        assert self._error is None
        return self._standing(step)

    def refuses(self, kind: type[AuthError], step: Step | None) -> None:
        assert isinstance(self._error, kind)
        if step:
            self._standing(step)
        else:
            assert self._auth.challenge is None

    def is_over(self, kind: type[AuthError] | None) -> None:
        assert type(self._error) is (kind or type(None))
        assert (self._auth.state, self._auth.challenge) == (UserState.SIGNED_OUT, None)

    def is_in(self) -> None:
        assert self._error is None
        assert (self._auth.state, self._auth.username, self._auth.challenge) == (UserState.SIGNED_IN, USERNAME, None)
        assert self._auth.get_tokens(wait=False).username == USERNAME

    def _standing(self, step: Step) -> Challenge:
        challenge = self._auth.challenge
        assert isinstance(challenge, Challenge)
        assert (challenge.name, challenge.username) == (step.challenge, USERNAME)
        return challenge

    def _do(self, verb: Callable[[], object]) -> None:
        self._error = None
        try:
            verb()
        except AuthError as error:
            self._error = error
