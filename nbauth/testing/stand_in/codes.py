"""The codes that were sent: to whom, where and what for; each is random, good for a while, and good once."""

import hmac
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from nbauth.testing.stand_in.clock import ShiftedClock
from nbauth.testing.stand_in.requests import Answer, Refused
from nbauth.testing.stand_in.users import User

_MEDIA = {"email": "EMAIL", "phone_number": "SMS"}


@dataclass(frozen=True, slots=True)
class SentCode:
    """A code that was sent.

    Attributes:
        code: The code.
        username: The real name of whom it is for.
        purpose: ``sign-up``, ``password`` or ``sign-in``; or the attribute that it verifies.
        medium: ``EMAIL`` or ``SMS``.
        destination: The address or the number.
        sent_at: When.
    """

    code: str = field(repr=False)
    username: str
    purpose: str
    medium: str
    destination: str
    sent_at: datetime


class Codes:
    """All codes that were sent, the oldest first; ``codes["ada"]`` is the last one that ada got.

    Attributes:
        delivers: Whether messages arrive; where they do not, whoever asks for one is told.
    """

    def __init__(self, clock: ShiftedClock) -> None:
        self.delivers = True
        self._clock = clock
        self._sent: list[SentCode] = []
        self._good: dict[tuple[str, str], SentCode] = {}

    def __getitem__(self, username: str) -> str:
        found = self.of(username)
        if not found:
            raise KeyError(username)
        return found[-1].code

    def __iter__(self) -> Iterator[SentCode]:
        return iter(tuple(self._sent))

    def __len__(self) -> int:
        return len(self._sent)

    def of(self, username: str) -> list[SentCode]:
        """Return the codes that were sent to a user."""
        return [sent for sent in self if sent.username == username]

    def send(self, user: User, purpose: str, attribute: str, *, to: str | None = None, digits: int = 6) -> SentCode:
        """Send a new code, which takes the place of the one before it for the same purpose.

        Args:
            user: Whom to.
            purpose: What for, as in `SentCode`.
            attribute: ``email`` or ``phone_number``.
            to: The address or number; the user's own where it is None.
            digits: How long the code is.

        Raises:
            Refused: It does not arrive.
        """
        if not self.delivers:
            raise Refused("CodeDeliveryFailureException", "Unable to deliver the verification code.")
        code, where = f"{secrets.randbelow(10**digits):0{digits}d}", to or user.attributes[attribute]
        sent = SentCode(code, user.username, purpose, _MEDIA[attribute], where, self._clock.now())
        self._sent.append(sent)
        self._good[user.sub, purpose] = sent
        user.sent_code = code
        return sent

    def use(self, user: User, purpose: str, code: str, lifetime: timedelta) -> None:
        """Use up the code that a user was sent for a purpose.

        Raises:
            Refused: It is another, too old, or there is none.
        """
        self.check(user, purpose, code, lifetime)
        del self._good[user.sub, purpose]

    def forget(self, user: User, purpose: str) -> None:
        """Let a code that was sent be good no more."""
        self._good.pop((user.sub, purpose), None)

    def check(self, user: User, purpose: str, code: str, lifetime: timedelta) -> None:
        """Check what `use` would, without using it up.

        Raises:
            Refused: It is another, too old, or there is none.
        """
        sent = self._good.get((user.sub, purpose))
        if sent is None or self._clock.now() >= sent.sent_at + lifetime:
            raise unasked()
        if not hmac.compare_digest(sent.code.encode(), code.encode()):
            raise mismatch()


def unasked() -> Refused:
    """Return the refusal of a code that was never asked for, was used, or has expired."""
    return Refused("ExpiredCodeException", "Invalid code provided, please request a code again.")


def mismatch() -> Refused:
    """Return the refusal of another code than the one that was sent."""
    return Refused("CodeMismatchException", "Invalid verification code provided, please try again.")


def delivery(attribute: str, destination: str) -> Answer:
    """Return how an answer says where a code went (CodeDeliveryDetails)."""
    return {
        "AttributeName": attribute,
        "DeliveryMedium": _MEDIA[attribute],
        "Destination": masked(destination),
    }


def pretended(name: str) -> tuple[str, str]:
    """Return where a code would go to somebody who does not exist: the attribute, and a value that fits the name."""
    if name.startswith("+"):
        return "phone_number", name
    return "email", name if "@" in name else f"{name}@example.com"


def masked(destination: str) -> str:
    """Return an address or a number as an answer shows it."""
    if "@" in destination:
        name, _, domain = destination.partition("@")
        return f"{name[:1]}***@{domain[:1]}***"
    return f"+{'*' * (len(destination) - 5)}{destination[-4:]}"
