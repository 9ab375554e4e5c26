"""What the panel shows of a row, and which rows are played there."""

from collections.abc import Mapping

from nbauth.core.challenges import Challenge
from nbauth.errors import AuthError, ChallengeExpired, CodeMismatch, InvalidPassword, NotAuthorized, ServiceUnavailable
from tests.cases.model import USERNAME, Case, Outcome, Step
from tests.cases.table import CASES

FIRST_FORM = "Sign in"

WORDS: Mapping[type[AuthError], str] = {
    ChallengeExpired: "start it over",
    CodeMismatch: "not right",
    InvalidPassword: "does not fit",
    NotAuthorized: "Incorrect user name or password",
    ServiceUnavailable: "try again in a moment",
}
"""What is in the error line, for each kind of error."""

_PLAYED = {
    (2, Outcome.WRONG_THEN_RIGHT),
    (3, Outcome.CANCELLED),
    (3, Outcome.EXPIRED),
    (4, Outcome.WRONG_THEN_RIGHT),
    (5, Outcome.SESSION_LOST),
    (8, Outcome.THROTTLED),
    (9, Outcome.WRONG_THEN_RIGHT),
    (16, Outcome.RIGHT),
    (22, Outcome.RIGHT),
}


def title_of(step: Step | None) -> str:
    """Return the title of a step's screen; None is the first form."""
    return Challenge(step.challenge, USERNAME, None).title if step else FIRST_FORM


def cases_in_the_panel() -> list[Case]:
    """Return a few rows, among them every outcome."""
    return [case for case in CASES if (case.number, case.outcome) in _PLAYED and not case.secret]
