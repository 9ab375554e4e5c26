"""An identity pool: whose word it takes for who somebody is, and the AWS credentials that it gives for that."""

from collections.abc import Mapping
from typing import Protocol

from nbauth.core.credentials import AwsCredentials
from nbauth.core.secret import Secret

Logins = Mapping[str, Secret]
"""Tokens by provider name, as an identity pool wants them; empty for a guest."""


class IdentityPool(Protocol):
    """An Amazon Cognito identity pool."""

    def get_id(self, logins: Logins) -> str:
        """Return the identity id for these logins.

        Raises:
            Rejected: The pool does not accept the logins, or does not accept guests.
            ServiceUnavailable: The service could not be reached or could not answer.
        """

    def get_credentials(self, identity_id: str, logins: Logins, custom_role_arn: str | None = None) -> AwsCredentials:
        """Return AWS credentials for an identity; the identity id in the answer is the one to keep.

        Args:
            identity_id: Whose they are to be.
            logins: Who vouches for that.
            custom_role_arn: The role to get them for; the configured one, or else the pool's choice, where it is None.

        Raises:
            IdentityGone: The identity has been deleted or merged: drop its id.
            Rejected: The pool does not accept the logins.
            ServiceUnavailable: The service could not be reached or could not answer.
        """
