"""What the stand-in was asked, in order, without the secrets that came with it."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_SHOWN = frozenset(
    {
        "ANSWER",
        "AnalyticsEndpointId",
        "AttributeName",
        "AuthFlow",
        "CHALLENGE_NAME",
        "ChallengeName",
        "ClientId",
        "CustomRoleArn",
        "DEVICE_KEY",
        "DeviceKey",
        "DeviceName",
        "DeviceRememberedStatus",
        "EncodedData",
        "ForceAliasCreation",
        "FriendlyDeviceName",
        "IdentityId",
        "IdentityPoolId",
        "IpAddress",
        "MAX_AGE",
        "PREFERRED_CHALLENGE",
        "TARGET_ACR_VALUES",
        "TIMESTAMP",
        "USERNAME",
        "Username",
    }
)
"""The members whose values are no secrets; of all others only the names are kept."""

_SHOWN_WHOLE = frozenset({"ClientMetadata"})
"""The members that hold no secrets at all: Cognito keeps and checks nothing of what is in them."""

_MASK = "***"


@dataclass(frozen=True, slots=True)
class Call:
    """One request.

    Attributes:
        operation: The operation's name.
        parameters: What came with it; ``***`` for whatever may be a secret.
        at: When it came, by the stand-in's clock.
    """

    operation: str
    parameters: Mapping[str, Any]
    at: datetime


class Calls:
    """The requests that came, in order."""

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._changed = threading.Condition()

    def __iter__(self) -> Iterator[Call]:
        return iter(tuple(self._calls))

    def __len__(self) -> int:
        return len(self._calls)

    def of(self, operation: str) -> list[Call]:
        """Return the requests for one operation."""
        return [call for call in self if call.operation == operation]

    def wait_for(self, operation: str, count: int = 1, *, timeout: float = 20.0) -> None:
        """Wait until an operation has been asked for so many times.

        Args:
            operation: The operation's name.
            count: How often, in all.
            timeout: How many seconds to wait.

        Raises:
            TimeoutError: It was not.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.of(operation)) >= count, timeout):
                raise TimeoutError(f"{operation} was asked for {len(self.of(operation))} times, not {count}")

    def clear(self) -> None:
        """Forget what came so far."""
        with self._changed:
            self._calls.clear()

    def add(self, operation: str, request: Mapping[str, Any], at: datetime) -> None:
        """Keep a request."""
        with self._changed:
            self._calls.append(Call(operation, _masked(request), at))
            self._changed.notify_all()


def _masked(value: Any, name: str = "") -> Any:
    if name in _SHOWN_WHOLE:
        return value
    if isinstance(value, Mapping):
        return {part: _masked(inner, part) for part, inner in value.items()}
    return value if name in _SHOWN else _MASK
