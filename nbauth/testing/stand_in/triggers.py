"""What sign-ins ask beside the usual, as the Lambda triggers of a pool would have it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nbauth.testing.stand_in.challenges import Attempt, Challenges, Parameters
from nbauth.testing.stand_in.requests import Answer, Over, parameter


@dataclass(frozen=True, slots=True)
class CustomChallenge:
    """A question of the pool's own.

    Attributes:
        answer: What is right: the ANSWER, or what judges all responses and the ClientMetadata with them.
        parameters: What the client is told (publicChallengeParameters).
        name: The challenge's name; any other but ``CUSTOM_CHALLENGE`` is one of a Cognito to come.
        tries: How often it is asked before the sign-in has failed.
    """

    answer: str | Callable[[Mapping[str, str], Mapping[str, Any]], bool]
    parameters: Mapping[str, str] = field(default_factory=dict)
    name: str = "CUSTOM_CHALLENGE"
    tries: int = 3

    def is_answered(self, responses: Parameters, metadata: Mapping[str, Any]) -> bool:
        """Return whether the answer is right."""
        if callable(self.answer):
            return self.answer(responses, metadata)
        return parameter(responses, "ANSWER") == self.answer


@dataclass
class Triggers:
    """The questions.

    Attributes:
        custom: What the flow CUSTOM_AUTH asks, one after the other; without any, there is no such flow.
        later: What every sign-in asks after everything else.
    """

    custom: list[CustomChallenge] = field(default_factory=list)
    later: list[CustomChallenge] = field(default_factory=list)


def ask_all(
    questions: list[CustomChallenge],
    attempt: Attempt,
    challenges: Challenges,
    then: Callable[[Attempt], Answer],
    tried: int = 0,
) -> Answer:
    """Ask questions one after the other, each again while the answer is wrong, and go on after the last."""
    if not questions:
        return then(attempt)
    question, *others = questions

    def take(responses: Parameters) -> Answer:
        if attempt.user and question.is_answered(responses, attempt.metadata):
            return ask_all(others, attempt, challenges, then)
        if tried + 1 >= question.tries:
            raise Over("NotAuthorizedException", "Incorrect username or password.")
        return ask_all(questions, attempt, challenges, then, tried + 1)

    return challenges.ask(question.name, attempt, question.parameters, take, locks=False)
