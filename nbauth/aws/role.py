"""The role that credentials are of, and a boto3 session for another one that they may assume."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nbauth import process
from nbauth.aws.session import boto3_session
from nbauth.core.credentials import AwsCredentials
from nbauth.core.freshness import Freshness
from nbauth.core.secret import Secret

if TYPE_CHECKING:
    import boto3

_SESSION_NAME = "nbauth"
_PATIENCE = 5  # seconds for the name of a role, which nobody waits for


class AssumedRole:
    """Credentials of a role, assumed anew whenever they are about to end (STS AssumeRole).

    Args:
        session: Whose credentials assume the role.
        role_arn: The role.
        now: Tells the time.
    """

    def __init__(
        self, session: "boto3.Session", role_arn: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._session = session
        self._role_arn = role_arn
        self._now = now
        self._lock = process.Lock()
        self._held: AwsCredentials | None = None

    def get_credentials(self) -> AwsCredentials:
        """Return credentials of the role that are good now."""
        held = self._held
        if held is not None and held.freshness(self._now()) is Freshness.FRESH:
            return held
        with self._lock:
            if self._held is None or self._held is held:
                self._held = self._assume()
            return self._held

    def _assume(self) -> AwsCredentials:
        answer = self._session.client("sts").assume_role(RoleArn=self._role_arn, RoleSessionName=_SESSION_NAME)
        given = answer["Credentials"]
        return AwsCredentials(
            access_key_id=given["AccessKeyId"],
            secret_access_key=Secret(given["SecretAccessKey"]),
            session_token=Secret(given["SessionToken"]),
            issued_at=self._now(),
            expires_at=given["Expiration"],
            identity_id=self._role_arn,
        )


def assumed_role_session(session: "boto3.Session", role_arn: str) -> "boto3.Session":
    """Return a boto3 session whose credentials are those of a role, assumed with those of `session`."""
    source = AssumedRole(session, role_arn)
    # Assumed now: what is wrong with the role shows before anything is done with it.
    source.get_credentials()
    return boto3_session(source, session.region_name)


def name_of_role(credentials: AwsCredentials, region_name: str | None) -> str:
    """Return the name of the IAM role that credentials are of; empty where they are of none.

    Asks STS (GetCallerIdentity), which takes no permission.

    Args:
        credentials: The credentials.
        region_name: Where STS is asked.
    """
    from botocore.config import Config

    patience = Config(connect_timeout=_PATIENCE, read_timeout=_PATIENCE, retries={"total_max_attempts": 1})
    sts = boto3_session(_Held(credentials), region_name).client("sts", config=patience)
    # arn:aws:sts::123456789012:assumed-role/name-of-the-role/name-of-the-session (IAM User Guide, IAM identifiers)
    kind, _, names = sts.get_caller_identity()["Arn"].rpartition(":")[2].partition("/")
    return names.partition("/")[0] if kind == "assumed-role" else ""


@dataclass(frozen=True, slots=True)
class _Held:
    credentials: AwsCredentials

    def get_credentials(self) -> AwsCredentials:
        return self.credentials
