"""Step-up authentication: what a user who is signed in is to prove anew, and to which level.

Levels are names: those of Amazon Cognito user pools are ``urn:cognito:loa:1`` to ``urn:cognito:loa:4``, and a pool may
have others. The one that was reached stands in the access token's `acr` claim.
"""

from dataclasses import dataclass

from nbauth.core.secret import Secret


@dataclass(frozen=True, slots=True)
class StepUp:
    """What is to be proved.

    Attributes:
        access_token: Says who is signed in.
        acr: The levels that will do, the highest first, with spaces between them; None for the pool's own choice.
        max_age: How long ago the last proof may be, in seconds; None for as long as the pool allows.
    """

    access_token: Secret
    acr: str | None = None
    max_age: int | None = None
