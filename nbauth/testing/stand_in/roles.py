"""Which IAM role an identity pool gives to somebody who is signed in.

See "Using role-based access control" in the Amazon Cognito developer guide.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nbauth.testing.stand_in.providers import SAML_ROLES
from nbauth.testing.stand_in.requests import Refused, invalid

AUTHENTICATED = "arn:aws:iam::123456789012:role/authenticated"
UNAUTHENTICATED = "arn:aws:iam::123456789012:role/unauthenticated"


@dataclass(frozen=True, slots=True)
class Rule:
    """A role for everybody whose claim fits.

    Attributes:
        claim: The claim's name.
        match: ``Equals``, ``NotEqual``, ``StartsWith`` or ``Contains``.
        value: What it is compared with.
        role: The role.
    """

    claim: str
    match: str
    value: str
    role: str

    def fits(self, claims: Mapping[str, Any]) -> bool:
        """Return whether somebody with these claims gets the role."""
        if self.claim not in claims:
            return False
        value = str(claims[self.claim])
        return {
            "Equals": value == self.value,
            "NotEqual": value != self.value,
            "StartsWith": value.startswith(self.value),
            "Contains": self.value in value,
        }[self.match]


@dataclass(frozen=True, slots=True)
class RoleMapping:
    """How a role is chosen.

    Attributes:
        rules: The first that fits decides; none for going by the roles in the token: a user pool's
            ``cognito:roles``, or those of a SAML assertion.
        denies: Whether somebody whom nothing fits is turned away, rather than given the usual role.
    """

    rules: Sequence[Rule] = field(default_factory=tuple)
    denies: bool = False

    def choose(self, claims: Mapping[str, Any], wanted: str | None) -> str:
        """Return the role for these claims.

        Raises:
            Refused: There is none, or not the one that is wanted.
        """
        asserted = claims.get(SAML_ROLES, [])
        offered = (
            [rule.role for rule in self.rules if rule.fits(claims)]
            if self.rules
            else asserted or claims.get("cognito:roles", [])
        )
        if wanted is not None:
            if wanted not in offered:
                raise invalid("Please provide a valid role.")
            return wanted
        if len(asserted) > 1 and not self.rules:
            raise invalid("Multiple roles were received. Please provide a valid role.")
        preferred = None if self.rules else claims.get("cognito:preferred_role")
        if preferred:
            return str(preferred)
        if offered and (self.rules or len(offered) == 1):
            return str(offered[0])
        if self.denies:
            raise Refused("NotAuthorizedException", "Role mapping is ambiguous, and the identity pool denies access.")
        return AUTHENTICATED
