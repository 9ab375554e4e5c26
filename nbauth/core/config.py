"""AuthConfig: which pools to sign in to, as one frozen value that is right or does not exist.

A value is checked where it enters, so nothing past this file asks whether a setting is there or makes sense. A region
is never matched against a list or a pattern of regions: AWS adds some, and emulators invent theirs.
"""

import reprlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from re import ASCII, fullmatch
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from nbauth.core.password_policy import PasswordPolicy
from nbauth.core.secret import Secret
from nbauth.core.sign_up_attribute import SignUpAttribute
from nbauth.errors import ConfigError

GuestAccess = bool | Literal["eager"]

AUTH_FLOWS = ("USER_SRP_AUTH", "USER_PASSWORD_AUTH", "CUSTOM_AUTH", "USER_AUTH")


@dataclass(frozen=True, slots=True, init=False, repr=False)
class AuthConfig:
    """The pools, the app client and the way to sign in.

    Everything is optional: a user pool (with an app client), an identity pool, or both. Without a user pool there are
    guests only; without any pool there is nothing to sign in to (`is_empty`).

    Attributes:
        region: Where AWS calls go; taken from a pool's id where it is not given.
        user_pool_id: The user pool.
        client_id: The app client of the user pool.
        client_secret: The app client's secret, where it has one.
        identity_pool_id: The identity pool that turns tokens into AWS credentials.
        custom_role_arn: The IAM role to ask the identity pool for, of those that it offers the user.
        endpoint_url: Where both Cognito services are, if not at AWS.
        issuer: The `iss` of the pool's tokens, where it is not what AWS would write.
        auth_flow: Cognito's name for how a sign-in begins.
        guest_access: False for no guests, None for guests only on request, True for being one while nobody is signed in
            as soon as AWS is used, ``"eager"`` for being one at once.
        username_attributes: What people type as their user name, such as ``email``; empty for a user name.
        self_sign_up: False where only an administrator makes accounts, so that nobody is offered to make one.
        sign_up_attributes: What the pool must know of somebody who signs up: names, such as ``email``, and mappings
            that say more, such as ``{"name": "custom:team", "label": "Team", "optional": True}``.
        password_policy: What the pool asks of passwords; None where that is not known.
        passkey_domain: The domain that the pool takes passkeys for (relying party); None where it is not known.
        sources: Where each value came from, for messages; no part of what the configuration is.

    Raises:
        ConfigError: A value does not fit or is missing.
    """

    region: str | None
    user_pool_id: str | None
    client_id: str | None
    client_secret: Secret | None
    identity_pool_id: str | None
    custom_role_arn: str | None
    endpoint_url: str | None
    issuer: str | None
    auth_flow: str
    guest_access: GuestAccess | None
    username_attributes: tuple[str, ...]
    self_sign_up: bool | None
    sign_up_attributes: tuple[SignUpAttribute, ...]
    password_policy: PasswordPolicy | None
    passkey_domain: str | None
    sources: Mapping[str, str] = field(compare=False)

    # Written out because it takes more than it keeps: a str for the secret, any iterable for the attributes, names and
    # mappings in it, a mapping for the policy.
    def __init__(
        self,
        *,
        region: str | None = None,
        user_pool_id: str | None = None,
        client_id: str | None = None,
        client_secret: str | Secret | None = None,
        identity_pool_id: str | None = None,
        custom_role_arn: str | None = None,
        endpoint_url: str | None = None,
        issuer: str | None = None,
        auth_flow: str | None = None,
        guest_access: GuestAccess | None = None,
        username_attributes: Iterable[str] | None = None,
        self_sign_up: bool | None = None,
        sign_up_attributes: Iterable[str | Mapping[str, Any] | SignUpAttribute] | None = None,
        password_policy: PasswordPolicy | Mapping[str, Any] | None = None,
        passkey_domain: str | None = None,
        sources: Mapping[str, str] | None = None,
    ) -> None:
        origins = dict(sources or {})
        values: dict[str, Any] = {
            "region": region,
            "user_pool_id": user_pool_id,
            "client_id": client_id,
            "client_secret": Secret(client_secret) if isinstance(client_secret, str) else client_secret,
            "identity_pool_id": identity_pool_id,
            "custom_role_arn": custom_role_arn,
            "endpoint_url": endpoint_url,
            "issuer": issuer,
            "auth_flow": "USER_SRP_AUTH" if auth_flow is None else auth_flow,
            "guest_access": guest_access,
            "username_attributes": () if username_attributes is None else _lowered(username_attributes),
            "self_sign_up": self_sign_up,
            "sign_up_attributes": _described(sign_up_attributes, origins.get("sign_up_attributes")),
            "password_policy": _policy(password_policy),
            "passkey_domain": passkey_domain,
        }
        for name, value in values.items():
            _check(name, value, origins)
        _fill_in_region(values, origins)
        _check_that_nothing_is_missing(values, origins)
        for name, value in values.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "sources", origins)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], *, source: str | Mapping[str, str] = "the configuration") -> Self:
        """Build a configuration from a mapping with the same keys; None counts as not given.

        Args:
            values: Settings by name.
            source: Where the values came from, for messages: one text for all of them, or one for each name.

        Raises:
            ConfigError: A name is unknown, or a value does not fit or is missing.
        """
        sources = dict.fromkeys(values, source) if isinstance(source, str) else source
        for name in values:
            check_name(name, sources.get(name, ""))
        return cls(**{name: value for name, value in values.items() if value is not None}, sources=sources)

    def replace(self, **changes: Any) -> Self:
        """Return a configuration with some settings changed; a region that came from a pool's id follows the new id.

        Raises:
            ConfigError: A name is unknown, or a value does not fit or is missing.
        """
        kept = {name: getattr(self, name) for name in SETTINGS if name not in changes}
        if self.sources.get("region") in _POOL_IDS:
            kept.pop("region", None)
        sources = {name: source for name, source in self.sources.items() if name in kept}
        return type(self).from_dict(kept | changes, source=sources)

    @property
    def is_empty(self) -> bool:
        """Whether there is no pool at all, so nothing to sign in to."""
        return not (self.user_pool_id or self.identity_pool_id)

    def require_pool(self) -> None:
        """Say what to set where there is nothing to sign in to.

        Raises:
            ConfigError: No pool is named.
        """
        if self.is_empty:
            raise ConfigError(
                "There is nothing to sign in to: set user_pool_id and client_id (NBAUTH_USER_POOL_ID and"
                " NBAUTH_CLIENT_ID), or put amplify_outputs.json beside the notebook"
            )

    @property
    def user_pool_region(self) -> str | None:
        """Where the user pool is: what its id says, whatever region AWS calls go to."""
        return _region_in(self.user_pool_id) or self.region

    @property
    def identity_pool_region(self) -> str | None:
        """Where the identity pool is: what its id says, whatever region AWS calls go to."""
        return _region_in(self.identity_pool_id) or self.region

    def __repr__(self) -> str:
        shown = ((name, getattr(self, name)) for name in SETTINGS)
        return f"AuthConfig({', '.join(f'{name}={value!r}' for name, value in shown if value not in (None, ()))})"


SETTINGS: tuple[str, ...] = tuple(setting.name for setting in fields(AuthConfig) if setting.name != "sources")
"""The names of all settings, in the order they are shown."""


def check_name(name: object, source: str, known: Iterable[str] = SETTINGS) -> None:
    """Refuse a name that is not among those `known`, and suggest the one that was probably meant.

    Raises:
        ConfigError: There is no such setting.
    """
    names = tuple(known)
    if name in names:
        return
    import difflib

    near = difflib.get_close_matches(str(name).lower(), names, n=1)
    advice = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}"
    raise ConfigError(f"There is no setting {_SHORT.repr(name)}{_from(source)}: {advice}")


def _matches(pattern: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and fullmatch(pattern, value, ASCII) is not None


def _is_url(value: Any) -> bool:
    if not isinstance(value, str) or not value.isprintable() or " " in value:
        return False
    try:
        url = urlsplit(value)
        complete = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        return False
    return complete and "@" not in url.netloc and not url.query and not url.fragment


def _is_secret(value: Any) -> bool:
    return isinstance(value, Secret) and fullmatch(r"[!-~]+", value.reveal()) is not None


def _is_names(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(name, str) and name.isprintable() for name in value)


# The part of a host name between two dots (RFC 1123 §2.1): all that may stand where a region goes in an address.
_HOST_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"

# The ids are as the API references of Amazon Cognito user pools and identity pools have them, and as emulators write.
_RULES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "region": (_matches(_HOST_LABEL), "a region looks like 'eu-west-1'"),
    "user_pool_id": (_matches(r"[\w-]+_[0-9a-zA-Z]+"), "a user pool id looks like 'us-east-1_AbCdEfGhI'"),
    "client_id": (_matches(r"[\w+-]+"), "an app client id is one word of letters and digits"),
    "client_secret": (_is_secret, "an app client's secret is one word of printable ASCII (not shown here)"),
    "identity_pool_id": (
        _matches(r"[\w-]+:[0-9a-zA-Z-]+"),
        "an identity pool id looks like 'us-east-1:00000000-0000-0000-0000-000000000000'",
    ),
    "custom_role_arn": (
        _matches(r"arn:[\w-]+:iam::[0-9]{12}:role/[!-~]+"),
        "a role looks like 'arn:aws:iam::123456789012:role/Analyst'",
    ),
    "endpoint_url": (_is_url, "an endpoint looks like 'http://127.0.0.1:4566'"),
    "issuer": (_is_url, "an issuer looks like 'https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI'"),
    "auth_flow": (lambda value: value in AUTH_FLOWS, f"it is one of {', '.join(AUTH_FLOWS)}"),
    "guest_access": (lambda value: isinstance(value, bool) or value == "eager", "it is true, false or 'eager'"),
    "username_attributes": (_is_names, "it is a list of names such as 'email'"),
    "self_sign_up": (lambda value: isinstance(value, bool), "it is true or false"),
    "sign_up_attributes": (
        lambda value: isinstance(value, tuple),
        "it is a list of names, such as 'email', or mappings",
    ),
    "password_policy": (
        lambda value: isinstance(value, PasswordPolicy),
        "it looks like {'min_length': 8, 'require_numbers': True}, with require_lowercase, require_uppercase and"
        " require_symbols",
    ),
    "passkey_domain": (_matches(rf"{_HOST_LABEL}(\.{_HOST_LABEL})*"), "a domain looks like 'example.com'"),
}
_POOL_IDS = ("user_pool_id", "identity_pool_id")
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 60


def _check(name: str, value: Any, sources: Mapping[str, str]) -> None:
    fits, hint = _RULES[name]
    if value is None or fits(value):
        return
    # A URL with an "@" may hold a password.
    hidden = name == "client_secret" or (isinstance(value, str) and "@" in value)
    raise ConfigError(
        f"{name}{_from(sources.get(name))} {'is wrong' if hidden else f'is {_SHORT.repr(value)}'}: {hint}"
    )


def _fill_in_region(values: dict[str, Any], sources: dict[str, str]) -> None:
    for name in _POOL_IDS:
        if values["region"] is None and (region := _region_in(values[name])):
            values["region"], sources["region"] = region, name


def _check_that_nothing_is_missing(values: Mapping[str, Any], sources: Mapping[str, str]) -> None:
    def check(needed: str, by: str, why: str) -> None:
        if values[by] and not values[needed]:
            raise ConfigError(
                f"{needed} is missing: {by}{_from(sources.get(by))} {why}; set {needed} (NBAUTH_{needed.upper()})"
            )

    check("client_id", "user_pool_id", "needs one of its app clients")
    check("user_pool_id", "client_id", "belongs to a user pool")
    check("user_pool_id", "client_secret", "belongs to an app client of a user pool")
    check("identity_pool_id", "custom_role_arn", "is for an identity pool to give")
    check("region", "user_pool_id", "does not begin with a region")
    check("region", "identity_pool_id", "does not begin with a region")


def _region_in(pool_id: str | None) -> str | None:
    prefix = (pool_id or "").replace(":", "_").rpartition("_")[0]
    # Emulators write ids such as local_1abc: a single word is no region.
    return prefix if "-" in prefix and fullmatch(_HOST_LABEL, prefix) else None


def _lowered(names: Any) -> Any:
    if isinstance(names, str | bytes) or not isinstance(names, Iterable):
        return names
    return tuple(name.lower() if isinstance(name, str) else name for name in names)


def _described(attributes: Any, source: str | None) -> Any:
    if attributes is None:
        return ()
    if isinstance(attributes, str | bytes | Mapping) or not isinstance(attributes, Iterable):
        return attributes
    return tuple({found.name: found for found in (_attribute(given, source) for given in attributes)}.values())


def _attribute(given: object, source: str | None) -> SignUpAttribute:
    problem = ""
    try:
        return SignUpAttribute.of(given)
    except ValueError as error:
        problem = str(error)
    raise ConfigError(f"sign_up_attributes{_from(source)} has {_SHORT.repr(given)}: {problem}")


def _policy(values: Any) -> Any:
    if isinstance(values, Mapping):
        with suppress(ValueError):
            return PasswordPolicy.of(values)
    return values


def _from(source: str | None) -> str:
    return f" from {source}" if source else ""
