"""What a password must be like."""

from dataclasses import dataclass

from nbauth.testing.stand_in.requests import Refused


@dataclass
class PasswordPolicy:
    """What a password must be like; the defaults are those of a new user pool."""

    shortest: int = 8
    kinds: frozenset[str] = frozenset({"lowercase", "uppercase", "numeric", "symbol"})

    def check(self, password: str) -> None:
        """Refuse a password that does not conform.

        Raises:
            Refused: It does not.
        """
        has = {
            "lowercase": any(character.islower() for character in password),
            "uppercase": any(character.isupper() for character in password),
            "numeric": any(character.isdigit() for character in password),
            "symbol": any(not character.isalnum() and not character.isspace() for character in password),
        }
        missing = [f"Password must have {kind} characters" for kind in has if kind in self.kinds and not has[kind]]
        problems = ["Password not long enough"] * (len(password) < self.shortest) + missing
        if problems:
            raise Refused("InvalidPasswordException", f"Password did not conform with policy: {problems[0]}")
