"""The role that credentials are of, and a boto3 session for another one that they may assume."""

import re
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, cast

from nbauth import process
from nbauth.aws.session import boto3_session
from nbauth.core.credentials import AwsCredentials
from nbauth.core.freshness import Freshness
from nbauth.core.secret import Secret
from nbauth.errors import AuthError, ConfigError, NotAuthorized, Rejected, ServiceUnavailable
from nbauth.pace import Pace

if TYPE_CHECKING:
    import boto3

_SESSION_NAME = "nbauth"
_ROLE = re.compile(r"arn:[\w-]+:iam::\d{12}:role/\S+")
"""The ARN of an IAM role (IAM User Guide, IAM identifiers)."""
_PATIENCE = 5  # seconds for the name of a role, which nobody waits for


class Account(Protocol):
    """Whose credentials assume a role."""

    def get_credentials(self, *, wait: bool | None = None) -> AwsCredentials:
        """Return credentials that are good now; `wait` is False for a call that asks nobody to sign in."""


class AssumedRole:
    """Credentials of a role, assumed anew before they end (STS AssumeRole).

    Nobody waits for that while they are good, and where AWS cannot be reached they are given out until they end.

    Args:
        account: Whose credentials assume the role.
        role_arn: The role.
        region_name: Where STS is asked.
        now: Tells the time.
    """

    def __init__(
        self,
        account: Account,
        role_arn: str,
        region_name: str | None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._account = account
        self._role_arn = role_arn
        self._region_name = region_name
        self._now = now
        self._assuming = process.Lock()
        self._tending = process.Lock()
        self._pace = Pace()
        self._renewal: threading.Thread | None = None
        self._held: AwsCredentials | None = None

    def get_credentials(self) -> AwsCredentials:
        """Return credentials of the role that are good now."""
        held = self._held
        if held is None or held.freshness(self._now()) is Freshness.EXPIRED:
            return self._renewed(held)
        if held.freshness(self._now()) is Freshness.STALE:
            self._tend(held)
        return held

    def _renewed(self, held: AwsCredentials | None, wait: bool | None = None) -> AwsCredentials:
        with self._assuming:
            if self._held is None or self._held is held:
                self._held = self._assume(wait)
                if self._held.freshness(self._now()) is Freshness.FRESH:
                    self._pace.reset()
            return self._held

    def _tend(self, held: AwsCredentials) -> None:
        """Begin to renew in the background what ends soon, unless somebody is at it or has just failed."""
        with self._tending:
            under_way = self._renewal is not None and self._renewal.is_alive()
            if under_way or self._pace.pause(self._now()):
                return
            self._pace.attempted(self._now())
            self._renewal = threading.Thread(target=self._renew, args=(held,), name="nbauth-role", daemon=True)
            with suppress(RuntimeError):  # an interpreter that is shutting down starts no threads
                self._renewal.start()

    def _renew(self, held: AwsCredentials) -> None:
        with suppress(Exception):  # what is held is good for now; once it has ended, whoever asks is told
            self._renewed(held, wait=False)

    def _assume(self, wait: bool | None) -> AwsCredentials:
        own = _Held(self._account.get_credentials(wait=wait))
        given = _given_by(boto3_session(own, self._region_name).client("sts"), self._role_arn)
        return AwsCredentials(
            access_key_id=given["AccessKeyId"],
            secret_access_key=Secret(given["SecretAccessKey"]),
            session_token=Secret(given["SessionToken"]),
            issued_at=self._now(),
            expires_at=given["Expiration"],
            identity_id=self._role_arn,
        )


def assumed_role_session(account: Account, role_arn: str, region_name: str | None) -> "boto3.Session":
    """Return a boto3 session whose credentials are those of a role, assumed with those of an account.

    Raises:
        ConfigError: That is no ARN of a role.
        NotAuthorized: The account's credentials may not assume it.
        Rejected: STS refused for another reason.
        ServiceUnavailable: STS could not be asked.
    """
    if not _ROLE.fullmatch(role_arn):
        raise ConfigError(f"{role_arn[:60]!r} is no IAM role: one is written arn:aws:iam::123456789012:role/NAME")
    source = AssumedRole(account, role_arn, region_name)
    # Assumed now: what is wrong with the role shows before anything is done with it.
    source.get_credentials()
    return boto3_session(source, region_name)


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


def _given_by(sts: Any, role_arn: str) -> Mapping[str, Any]:
    from botocore.exceptions import BotoCoreError, ClientError

    problem: AuthError
    try:
        answer = sts.assume_role(RoleArn=role_arn, RoleSessionName=_SESSION_NAME)
        return cast("Mapping[str, Any]", answer["Credentials"])
    except ClientError as refusal:
        problem = _refused(role_arn, refusal.response["Error"])
    except BotoCoreError as failure:
        problem = ServiceUnavailable(f"{role_arn} cannot be assumed now: {failure}", reason="offline")
    raise problem


def _refused(role_arn: str, error: Mapping[str, Any]) -> AuthError:
    code = error["Code"]
    if code == "AccessDenied":
        advice = "its trust policy must name the role of the account, whose policy must allow sts:AssumeRole on it"
        return NotAuthorized(f"{role_arn} may not be assumed with this account: {advice}", code=code)
    return Rejected(f"{role_arn} cannot be assumed: {error.get('Message', code)}", code=code)


@dataclass(frozen=True, slots=True)
class _Held:
    credentials: AwsCredentials

    def get_credentials(self) -> AwsCredentials:
        return self.credentials
