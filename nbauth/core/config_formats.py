"""Reads what AWS tools write about pools into the settings of AuthConfig: five formats, and our own.

Pure functions on text and dicts. Reading is lenient: unknown keys are skipped, empty values count as not set, and
whether a value fits is AuthConfig's business. JavaScript is never evaluated.

To teach nbauth a format, add one entry to `FORMATS`.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from nbauth.core.config import check_name
from nbauth.errors import ConfigError

Settings = dict[str, Any]

OVERLAY = (
    *("endpoint_url", "issuer", "client_secret", "custom_role_arn", "guest_access", "auth_flow"),
    *("self_sign_up", "sign_up_attributes"),
)
"""What ``custom.nbauth`` in amplify_outputs.json may add to what the format can say."""


def parse(text: str, source: str) -> Settings:
    """Return the one object in a JSON text, or in the JavaScript module that the Amplify CLI writes around it.

    Comments and trailing commas are skipped.

    Args:
        text: The whole file.
        source: Its name, for messages.

    Raises:
        ConfigError: It is something else; the message names the line.
    """
    clean = _blank(_TRAILING_COMMA, _blank(_COMMENT, text.removeprefix("\ufeff")))
    start = _OBJECT.match(clean) or _ASSIGNED_OBJECT.search(clean)
    line, problem = 1, "there is no object in it"
    if start:
        try:
            values, end = json.JSONDecoder().raw_decode(clean, start.end() - 1)
        except json.JSONDecodeError as error:
            line, problem = error.lineno, f"it is not JSON ({error.msg})"
        except (ValueError, RecursionError):
            problem = "it is not JSON that can be read"
        else:
            rest = clean[end:].lstrip()
            if start.re is _ASSIGNED_OBJECT or not rest:
                return dict(values)
            line, problem = clean.removesuffix(rest).count("\n") + 1, "there is something after its end"
    raise ConfigError(f"{source}, line {line}: {problem}")


def detect(values: Mapping[str, Any]) -> str | None:
    """Return the name of the format that `values` is in, None where it is none of those in `FORMATS`."""
    return next((name for name, (recognises, _) in FORMATS.items() if recognises(values)), None)


def read(values: Mapping[str, Any], source: str) -> Settings:
    """Return the settings in `values`, whichever format it is in; those it leaves open are not in the answer.

    Args:
        values: What the file holds, or a dict with AuthConfig's own names.
        source: Where it came from, for messages.

    Raises:
        ConfigError: It is in no format that nbauth knows, or has settings that there are not.
    """
    name = detect(values)
    settings = FORMATS[name][1](values, source) if name else _read_own(values, source)
    return {key: value for key, value in settings.items() if value is not None and value != "" and value != []}


def _read_own(values: Mapping[str, Any], source: str) -> Settings:
    for name in values:
        check_name(name, source)
    return dict(values)


def _read_outputs(values: Mapping[str, Any], source: str) -> Settings:
    auth = _section(values, "auth")
    overlay = _section(values, "custom", "nbauth")
    for name in overlay:
        check_name(name, f"custom.nbauth in {source}", OVERLAY)
    passwordless = _section(auth, "passwordless")
    return {
        "region": auth.get("aws_region"),
        "user_pool_id": auth.get("user_pool_id"),
        "client_id": auth.get("user_pool_client_id"),
        "identity_pool_id": auth.get("identity_pool_id"),
        "guest_access": _guests(auth.get("unauthenticated_identities_enabled")),
        "username_attributes": auth.get("username_attributes"),
        "sign_up_attributes": auth.get("standard_required_attributes"),
        "password_policy": _outputs_policy(_section(auth, "password_policy")),
        "passkey_domain": _section(passwordless, "web_authn").get("relying_party_id"),
        # Only this flow lets people choose what to begin with.
        "auth_flow": "USER_AUTH" if any(passwordless.values()) else None,
        **overlay,
    }


def _read_exports(values: Mapping[str, Any], source: str) -> Settings:
    return {
        "region": values.get("aws_cognito_region") or values.get("aws_project_region"),
        "user_pool_id": values.get("aws_user_pools_id"),
        "client_id": values.get("aws_user_pools_web_client_id"),
        "identity_pool_id": values.get("aws_cognito_identity_pool_id"),
        "guest_access": _guests(values.get("aws_mandatory_sign_in") != "enable"),
        "username_attributes": values.get("aws_cognito_username_attributes"),
        "sign_up_attributes": _attributes(values.get("aws_cognito_signup_attributes")),
        "password_policy": _gen_1_policy(_section(values, "aws_cognito_password_protection_settings")),
    }


def _read_native(values: Mapping[str, Any], source: str) -> Settings:
    return _read_awsconfiguration(_section(values, "auth", "plugins", "awsCognitoAuthPlugin"), source)


def _read_awsconfiguration(values: Mapping[str, Any], source: str) -> Settings:
    user_pool = _default(_section(values, "CognitoUserPool"))
    identity_pool = _default(_section(values, "CredentialsProvider", "CognitoIdentity"))
    auth = _default(_section(values, "Auth"))
    return {
        "region": user_pool.get("Region") or identity_pool.get("Region"),
        "user_pool_id": user_pool.get("PoolId"),
        "client_id": user_pool.get("AppClientId"),
        "client_secret": user_pool.get("AppClientSecret"),
        "identity_pool_id": identity_pool.get("PoolId"),
        "endpoint_url": _endpoint(user_pool.get("Endpoint"), None, identity_pool.get("PoolId"), source),
        "auth_flow": auth.get("authenticationFlowType"),
        "username_attributes": auth.get("usernameAttributes"),
        "sign_up_attributes": _attributes(auth.get("signupAttributes")),
        "password_policy": _gen_1_policy(_section(auth, "passwordProtectionSettings")),
    }


def _read_resources(values: Mapping[str, Any], source: str) -> Settings:
    auth = _section(values, "Auth", "Cognito")
    names = {"username": "username", "email": "email", "phone": "phone_number"}
    sign_in_with = _section(auth, "loginWith")
    return {
        "user_pool_id": auth.get("userPoolId"),
        "client_id": auth.get("userPoolClientId"),
        "identity_pool_id": auth.get("identityPoolId"),
        "endpoint_url": _endpoint(
            auth.get("userPoolEndpoint"), auth.get("identityPoolEndpoint"), auth.get("identityPoolId"), source
        ),
        "guest_access": _guests(auth.get("allowGuestAccess")),
        "username_attributes": [ours for theirs, ours in names.items() if sign_in_with.get(theirs) is True],
        "sign_up_attributes": _required(_section(auth, "userAttributes")),
        "password_policy": _resources_policy(_section(auth, "passwordFormat")),
        "passkey_domain": _section(auth, "passwordless", "webAuthn").get("relyingPartyId"),
        "auth_flow": "USER_AUTH" if any(_section(auth, "passwordless").values()) else None,
    }


FORMATS: Mapping[str, tuple[Callable[[Mapping[str, Any]], bool], Callable[[Mapping[str, Any], str], Settings]]] = {
    "amplify-js ResourcesConfig": (lambda values: bool(_section(values, "Auth", "Cognito")), _read_resources),
    "Amplify Gen 1 for JavaScript": (lambda values: "aws_project_region" in values, _read_exports),
    "Amplify Gen 1 for Android and iOS": (lambda values: bool(_section(values, "auth", "plugins")), _read_native),
    "awsconfiguration.json": (
        lambda values: any(name in values for name in ("CognitoUserPool", "CredentialsProvider", "UserAgent")),
        _read_awsconfiguration,
    ),
    "amplify_outputs.json": (lambda values: "version" in values, _read_outputs),
}
"""Each format by name: how it is recognised, tried in this order, and how it is read."""


def _section(values: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    for name in path:
        inner = values.get(name)
        if not isinstance(inner, Mapping):
            return {}
        values = inner
    return values


def _default(section: Mapping[str, Any]) -> Mapping[str, Any]:
    return _section(section, "Default") or section


def _attributes(names: object) -> object:
    # Gen 1 writes EMAIL for email; attributes of the pool's own keep their spelling.
    if not isinstance(names, list):
        return None
    return [name.lower() if isinstance(name, str) and name.isupper() else name for name in names]


def _required(attributes: Mapping[str, Any]) -> list[str]:
    return [name for name in attributes if _section(attributes, name).get("required") is True]


def _outputs_policy(settings: Mapping[str, Any]) -> object:
    return _policy(settings.get("min_length"), lambda kind: settings.get(f"require_{kind}") is True, bool(settings))


def _gen_1_policy(settings: Mapping[str, Any]) -> object:
    characters = settings.get("passwordPolicyCharacters")
    required = characters if isinstance(characters, list) else []
    return _policy(
        settings.get("passwordPolicyMinLength"), lambda kind: f"REQUIRES_{kind.upper()}" in required, bool(settings)
    )


def _resources_policy(settings: Mapping[str, Any]) -> object:
    theirs = {"symbols": "requireSpecialCharacters"}
    return _policy(
        settings.get("minLength"),
        lambda kind: settings.get(theirs.get(kind, f"require{kind.capitalize()}")) is True,
        bool(settings),
    )


def _policy(least: object, requires: Callable[[str], bool], is_set: bool) -> object:
    if not is_set:
        return None
    length = {} if least is None else {"min_length": least}
    return length | {f"require_{kind}": requires(kind) for kind in ("lowercase", "uppercase", "numbers", "symbols")}


def _guests(permitted: object) -> bool | None:
    # That a pool permits guests does not make anybody one: being a guest is a choice.
    return False if permitted is False else None


def _endpoint(user_pool: object, identity_pool: object, identity_pool_id: object, source: str) -> object:
    ours, theirs = _with_scheme(user_pool), _with_scheme(identity_pool)
    if identity_pool_id and ours != theirs:
        raise ConfigError(
            f"{source} gives the user pool and the identity pool different endpoints:"
            " nbauth uses one for both, so leave them out and set endpoint_url (NBAUTH_ENDPOINT_URL)"
        )
    return ours


def _with_scheme(endpoint: object) -> object:
    return f"https://{endpoint}" if isinstance(endpoint, str) and endpoint and "://" not in endpoint else endpoint


# What never ends counts as ending with the text, so that no input makes the search go back and forth.
_STRING = r'"(?:\\.|[^"\\])*(?:"|\Z)'
_COMMENT = re.compile(rf"{_STRING}|(?P<blank>//[^\n]*|/\*.*?(?:\*/|\Z))", re.DOTALL)
_TRAILING_COMMA = re.compile(rf"{_STRING}|(?P<blank>,(?=\s*[}}\]]))", re.DOTALL)
_OBJECT = re.compile(r"\s*\{")
_ASSIGNED_OBJECT = re.compile(r"(?:=|\bdefault\b)\s*\{")


def _blank(pattern: re.Pattern[str], text: str) -> str:
    # Line breaks stay: messages count lines.
    return pattern.sub(lambda found: re.sub(r"[^\n]", " ", found[0]) if found["blank"] else found[0], text)
