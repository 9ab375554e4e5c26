"""Setting up an authenticator app in the middle of a sign-in: MFA_SETUP with SOFTWARE_TOKEN_MFA.

Each request takes the challenge session that the one before has returned.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from nbauth.cognito.client import call, host_of
from nbauth.cognito.faults import odd_answer
from nbauth.core.account import TotpSetup
from nbauth.core.challenges import Challenge
from nbauth.core.secret import Secret
from nbauth.errors import CodeMismatch


def associate(operations: Any, challenge: Challenge, *, account: str, issuer: str, expires_at: datetime) -> Challenge:
    """Return the challenge with what to set the app up with.

    Args:
        operations: The operations of the user pool.
        challenge: MFA_SETUP.
        account: Whom the app shows the codes for.
        issuer: What it shows them under.
        expires_at: When the new challenge session ends.

    Raises:
        ServiceUnavailable: Nothing came to set an app up with.
    """
    answer = call(operations.associate_software_token, Session=challenge.session)
    secret = answer.get("SecretCode")
    if not isinstance(secret, Secret):
        raise odd_answer(host_of(operations))
    return replace(
        challenge,
        session=answer.get("Session") or challenge.session,
        expires_at=expires_at,
        totp_secret=secret,
        totp_uri=TotpSetup(account, secret, replaces_existing=False).uri(issuer),
    )


def verify(operations: Any, challenge: Challenge, code: Secret) -> Secret | None:
    """Return the session to answer the challenge with, once the app has shown the right code.

    Raises:
        CodeMismatch: It has not.
    """
    answer = call(operations.verify_software_token, Session=challenge.session, UserCode=code)
    if answer.get("Status") == "ERROR":
        raise CodeMismatch("That code is not right: try again")
    return answer.get("Session") or challenge.session
