"""How a row of the table is played, whoever asks the person and whoever is the pool."""

from collections.abc import Mapping
from typing import Protocol

from nbauth.core.challenges import Challenge
from nbauth.errors import AuthError, ChallengeExpired, NotAuthorized, ServiceUnavailable
from tests.cases.model import Case, Journey, Outcome, Step, Tells


class Scene(Tells, Protocol):
    """A pool with ada in it, and what may happen to it meanwhile."""

    def let_challenges_expire(self) -> None:
        """Let so much time pass that every challenge is over."""

    def lose_challenges(self) -> None:
        """Have the pool know nothing any more of the sign-ins that are under way."""

    def throttle_next(self) -> None:
        """Have the pool turn the next request away as one too many."""


class Front(Protocol):
    """Whom the person talks to. What is said of it is asserted."""

    def begin(self, password: str | None) -> None:
        """Fill in the first form and send it."""

    def answer(self, answers: Mapping[str, str]) -> None:
        """Fill in the form that stands, and send it."""

    def cancel(self) -> None:
        """Give the sign-in up."""

    def asks(self, step: Step) -> Challenge | None:
        """Assert that this is asked, and nothing was wrong; return the challenge where it can be had."""

    def refuses(self, kind: type[AuthError], step: Step | None) -> None:
        """Assert that something was wrong, and that the form still stands; None is the first form."""

    def is_over(self, kind: type[AuthError] | None) -> None:
        """Assert that the sign-in must start over, and why; None for no error at all."""

    def is_in(self) -> None:
        """Assert that ada is signed in."""


def play(case: Case, scene: Scene, front: Front) -> None:
    """Play a row; whatever happens on the way, ada is signed in at the end."""
    journey = case.journey
    match case.outcome:
        case Outcome.RIGHT:
            pass
        case Outcome.WRONG_THEN_RIGHT:
            _slip(journey, scene, front)
            return
        case Outcome.THROTTLED:
            _hurry(journey, scene, front)
            return
        case Outcome.EXPIRED:
            answers = _come_to_the_last(journey, scene, front)
            scene.let_challenges_expire()
            front.answer(answers)
            front.is_over(ChallengeExpired)
        case Outcome.SESSION_LOST:
            answers = _come_to_the_last(journey, scene, front)
            scene.lose_challenges()
            front.answer(answers)
            front.is_over(ChallengeExpired)
        case Outcome.CANCELLED:
            _come_to_the_last(journey, scene, front)
            front.cancel()
            front.is_over(None)
    if case.outcome is not Outcome.RIGHT:
        journey = journey.once_more()
    answers = _come_to_the_last(journey, scene, front)
    if journey.steps:
        front.answer(answers)
    front.is_in()


def _come_to_the_last(journey: Journey, scene: Scene, front: Front) -> Mapping[str, str]:
    """Go on until the last thing is asked, and return what is right then."""
    front.begin(journey.given)
    answers: Mapping[str, str] = {}
    for number, step in enumerate(journey.steps):
        if number:
            front.answer(answers)
        answers = step.right(scene, front.asks(step))
    return answers


def _slip(journey: Journey, scene: Scene, front: Front) -> None:
    """Say something wrong first, wherever something can be wrong."""
    if journey.given:
        front.begin("wrong")
        front.refuses(NotAuthorized, None)
    front.begin(journey.given)
    for step in journey.steps:
        challenge = front.asks(step)
        if step.wrong:
            front.answer(step.wrong(scene, challenge))
            if step.refusal:
                front.refuses(step.refusal, step)
            else:
                challenge = front.asks(step)
        front.answer(step.right(scene, challenge))
    front.is_in()


def _hurry(journey: Journey, scene: Scene, front: Front) -> None:
    """Say everything twice, because the first time there was one request too many."""
    scene.throttle_next()
    front.begin(journey.given)
    front.refuses(ServiceUnavailable, None)
    front.begin(journey.given)
    for step in journey.steps:
        answers = step.right(scene, front.asks(step))
        if step.is_sent:
            scene.throttle_next()
            front.answer(answers)
            front.refuses(ServiceUnavailable, step)
        front.answer(answers)
    front.is_in()
