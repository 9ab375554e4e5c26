"""What a user pool asks of passwords: one value, and the rules it is made of as patterns that a page can tick off.

The service has the last word: a policy in a configuration file may be older than the pool's. What counts as a special
character is written in the Amazon Cognito developer guide, "Adding user pool password requirements".
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

_SYMBOL = r"[\^$*.\[\]{}()?\"!@#%&\/\\,><':;|_~`+=\-]|\S \S"


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordPolicy:
    """A password policy; the names are those of `amplify_outputs.json`.

    Attributes:
        min_length: The fewest characters.
        require_lowercase: Whether there must be one of a to z.
        require_uppercase: Whether there must be one of A to Z.
        require_numbers: Whether there must be one of 0 to 9.
        require_symbols: Whether there must be a special character, or a space inside.
    """

    min_length: int = 8
    require_lowercase: bool = False
    require_uppercase: bool = False
    require_numbers: bool = False
    require_symbols: bool = False

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Return the policy in a mapping.

        Raises:
            ValueError: A name is unknown, or a value does not fit.
        """
        kinds = {"min_length": int} | {field.name: bool for field in fields(cls) if field.name != "min_length"}
        if any(type(value) is not kinds.get(name) for name, value in values.items()):
            raise ValueError("it is no password policy")
        return cls(**values)

    @property
    def rules(self) -> tuple[tuple[str, str], ...]:
        """The name of each rule, and the pattern that is found in passwords that keep it, for JavaScript and Python."""
        wanted = {
            "lowercase": ("[a-z]", self.require_lowercase),
            "uppercase": ("[A-Z]", self.require_uppercase),
            "number": ("[0-9]", self.require_numbers),
            "symbol": (_SYMBOL, self.require_symbols),
        }
        kept = ((name, pattern) for name, (pattern, is_wanted) in wanted.items() if is_wanted)
        return (("length", rf"^[\s\S]{{{self.min_length},}}$"), *kept)

    def __str__(self) -> str:
        return ", ".join([f"at least {self.min_length} characters", *(name for name, _ in self.rules[1:])])
