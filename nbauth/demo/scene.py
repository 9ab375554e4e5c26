"""What the demo's AWS holds, and how that is told: to nbauth, to boto3, to a person."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyotp import TOTP


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who can sign in.

    Attributes:
        username: What to type as the user name.
        password: What to type as the password.
        challenge: What Cognito asks for next, in its spelling; None when the password is enough.
        totp_secret: The key of the user's authenticator, base32; None without one.
    """

    username: str
    password: str
    challenge: str | None = None
    totp_secret: str | None = None

    def code(self) -> str:
        """Return the authenticator's code of now (RFC 6238)."""
        return self._authenticator().now()

    def authenticator_uri(self) -> str:
        """Return what an authenticator app scans or imports."""
        return self._authenticator().provisioning_uri(name=self.username, issuer_name="nbauth demo")

    def _authenticator(self) -> "TOTP":
        from pyotp import TOTP

        if self.totp_secret is None:
            raise ValueError(f"{self.username} has no authenticator")
        return TOTP(self.totp_secret)


@dataclass(frozen=True, slots=True)
class Scene:
    """The demo's pools, users and data.

    Attributes:
        endpoint_url: Where every AWS service of the demo answers.
        keys: The objects in the bucket.
    """

    endpoint_url: str
    region: str
    user_pool_id: str
    client_id: str
    identity_pool_id: str
    bucket: str
    keys: tuple[str, ...]
    users: tuple[User, ...]

    def nbauth_settings(self) -> dict[str, str]:
        """Return nbauth's configuration as environment variables."""
        return {
            "NBAUTH_USER_POOL_ID": self.user_pool_id,
            "NBAUTH_CLIENT_ID": self.client_id,
            "NBAUTH_IDENTITY_POOL_ID": self.identity_pool_id,
            "NBAUTH_REGION": self.region,
            "NBAUTH_ENDPOINT_URL": self.endpoint_url,
        }

    def aws_settings(self) -> dict[str, str]:
        """Return the environment in which boto3 talks to the demo and reads nobody's configuration or credentials."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def amplify_outputs(self) -> dict[str, object]:
        """Return the configuration as Amplify Gen 2 writes it; `custom` says what that format has no field for."""
        return {
            "version": "1.4",
            "auth": {
                "aws_region": self.region,
                "user_pool_id": self.user_pool_id,
                "user_pool_client_id": self.client_id,
                "identity_pool_id": self.identity_pool_id,
                "unauthenticated_identities_enabled": True,
                "mfa_configuration": "OPTIONAL",
                "mfa_methods": ["TOTP"],
                "password_policy": {
                    "min_length": 8,
                    "require_lowercase": True,
                    "require_numbers": True,
                    "require_symbols": True,
                    "require_uppercase": True,
                },
            },
            "storage": {"aws_region": self.region, "bucket_name": self.bucket},
            "custom": {"nbauth": {"endpoint_url": self.endpoint_url}},
        }

    def as_json(self) -> dict[str, object]:
        """Return everything, for programs."""
        return {
            "settings": self.nbauth_settings() | self.aws_settings(),
            "users": [asdict(user) for user in self.users],
            "bucket": self.bucket,
            "keys": list(self.keys),
            "amplify_outputs": self.amplify_outputs(),
        }

    def environment(self, base: Mapping[str, str], kept_sign_ins: Path) -> dict[str, str]:
        """Return `base` for a process in which the demo is the only AWS there is.

        Args:
            base: The environment of the person who runs the demo.
            kept_sign_ins: Folder in which all kernels keep their sign-ins, to be removed with the demo's user pool.
        """
        kept = {name: value for name, value in base.items() if not name.startswith(("AWS_", "NBAUTH_"))}
        direct = ",".join(filter(None, (base.get("NO_PROXY", base.get("no_proxy")), "127.0.0.1")))
        store = {"NBAUTH_STORE": "file", "XDG_STATE_HOME": str(kept_sign_ins)}
        return kept | self.aws_settings() | store | {"NO_PROXY": direct, "no_proxy": direct}
