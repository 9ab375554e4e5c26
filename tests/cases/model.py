"""What a row of the sign-in table is made of: a person and a pool, what is asked on the way in, and how it ends."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Literal, Protocol

from nbauth.core.challenges import Challenge
from nbauth.errors import AuthError, CodeMismatch
from nbauth.testing import CustomChallenge, DeviceTracking

USERNAME = "ada"
PASSWORD = "Correct-Horse-7"
NEW_PASSWORD = "Brand-New-Saddle-7"
EMAIL = "ada@example.com"
PHONE = "+15555550100"
APP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

FLOWS = frozenset({"USER_SRP_AUTH", "USER_PASSWORD_AUTH", "CUSTOM_AUTH", "USER_AUTH"})
SECOND_FACTORS = frozenset({"SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"})


class Outcome(Enum):
    """How a row ends."""

    RIGHT = "right"
    WRONG_THEN_RIGHT = "wrong, then right"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SESSION_LOST = "session lost"
    THROTTLED = "throttled"


@dataclass(frozen=True)
class Who:
    """Who signs in: ada.

    Attributes:
        password: The password; None for somebody who has none.
        temporary: Whether it must be changed.
        email: Whether there is a verified address, which is another name to sign in with.
        phone: Whether there is a verified number.
        second_factors: What is asked for beside the password.
        passkey: Whether there is a passkey.
        device: Whether the machine is one that the pool knows, or one that it knew once.
    """

    password: str | None = PASSWORD
    temporary: bool = False
    email: bool = False
    phone: bool = False
    second_factors: tuple[str, ...] = ()
    passkey: bool = False
    device: Literal["", "known", "forgotten"] = ""


@dataclass(frozen=True)
class Pool:
    """The pool's settings, as in `nbauth.testing.stand_in.settings`; the questions are its triggers'."""

    mfa: str = "OPTIONAL"
    second_factors: frozenset[str] = SECOND_FACTORS
    first_factors: frozenset[str] = frozenset({"PASSWORD"})
    required_attributes: tuple[str, ...] = ()
    questions: tuple[CustomChallenge, ...] = ()
    later: tuple[CustomChallenge, ...] = ()
    devices: DeviceTracking | None = None


class Tells(Protocol):
    """What a person looks at to know what to answer."""

    def sent_code(self) -> str:
        """Return the code that was sent last."""

    def app_code(self, secret: str = APP_SECRET) -> str:
        """Return what an authenticator app shows."""

    def passkey(self, options: str) -> str:
        """Return what a browser makes of the person's passkey."""


Answer = Callable[[Tells, Challenge | None], Mapping[str, str]]
"""Returns what is filled in, by field; the challenge is None where only its screen is to be seen."""


@dataclass(frozen=True)
class Step:
    """One thing that a person is asked.

    Attributes:
        challenge: Cognito's name for it.
        right: What is right.
        wrong: What is not; None where a form does not let anybody say anything else.
        refusal: What comes of that; None where the pool asks once more.
        is_sent: Whether the pool hears of it at once; what is chosen may have to wait for what belongs to it.
    """

    challenge: str
    right: Answer
    wrong: Answer | None = None
    refusal: type[AuthError] | None = CodeMismatch
    is_sent: bool = True


@dataclass(frozen=True)
class Journey:
    """One way in.

    Attributes:
        flow: Cognito's name for how it begins.
        calls: What the protocol takes when all goes well: the flow, the challenges, other operations by their names.
        steps: What the person is asked after the first form.
        who: The person.
        pool: The pool.
        typed: The user name that is typed.
        given: The password that is typed into the first form; None for none.
        preferred: The challenge that is asked for beforehand.
        also_on: Where it can be played beside the stand-in: ``fake``, ``ministack``, ``panel``.
    """

    flow: str
    calls: tuple[str, ...]
    steps: tuple[Step, ...] = ()
    who: Who = Who()
    pool: Pool = Pool()
    typed: str = USERNAME
    given: str | None = PASSWORD
    preferred: str | None = None
    also_on: frozenset[str] = frozenset()

    def once_more(self) -> "Journey":
        """Return the way in after one that ended before its last step; a new password that was set by then stays."""
        if [step.challenge for step in self.steps[:-1]][:1] != ["NEW_PASSWORD_REQUIRED"]:
            return self
        return replace(self, given=NEW_PASSWORD, steps=self.steps[1:])

    def outcomes(self) -> tuple[Outcome, ...]:
        """Return how it can end."""
        can_be_wrong = self.given or any(step.wrong for step in self.steps)
        ends: dict[Outcome, object] = {
            Outcome.RIGHT: True,
            Outcome.WRONG_THEN_RIGHT: can_be_wrong,
            Outcome.EXPIRED: self.steps,
            Outcome.CANCELLED: self.steps,
            Outcome.SESSION_LOST: self.steps,
            Outcome.THROTTLED: True,
        }
        return tuple(outcome for outcome, is_one in ends.items() if is_one)


@dataclass(frozen=True)
class Case:
    """One row.

    Attributes:
        number: The journey's number.
        journey: The way in.
        outcome: How it ends.
        secret: Whether the app client has a secret.
    """

    number: int
    journey: Journey
    outcome: Outcome
    secret: bool = False

    def __str__(self) -> str:
        way = " ".join([self.journey.flow, *(step.challenge for step in self.journey.steps)])
        return f"{self.number} {way}: {self.outcome.value}{', with a client secret' if self.secret else ''}"
