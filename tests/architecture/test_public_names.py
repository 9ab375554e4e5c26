"""What users may rely on: names, parameters, and which of these go by keyword only."""

import ast
import dataclasses
import inspect
import re

import pytest
from traitlets import HasTraits

import nbauth

NAMES = [
    "AccessTokenRefused",
    "AliasExists",
    "AlreadyConfirmed",
    "AlreadySignedIn",
    "AuthConfig",
    "AuthError",
    "AuthSession",
    "AwsCredentials",
    "Challenge",
    "ChallengeExpired",
    "CodeDelivery",
    "CodeDeliveryFailure",
    "CodeMismatch",
    "ConfigError",
    "Device",
    "DeviceGone",
    "ExpiredCode",
    "IdentityGone",
    "InvalidParameter",
    "InvalidPassword",
    "InvalidTransition",
    "LimitExceeded",
    "MfaPreference",
    "NotAuthorized",
    "Passkey",
    "PasswordResetRequired",
    "PasswordResetResult",
    "RefreshRefused",
    "Rejected",
    "Secret",
    "ServiceUnavailable",
    "SignInInterrupted",
    "SignInReleased",
    "SignInRequired",
    "SignInResult",
    "SignInTimeout",
    "SignOutReport",
    "SignUpResult",
    "StoreBusy",
    "StoreError",
    "StoreGone",
    "TokenSet",
    "TokensNotCurrent",
    "TokensNotGenuine",
    "TotpSetup",
    "UserNotConfirmed",
    "UserNotFound",
    "UserSession",
    "UserState",
    "UserStateDetails",
    "UsernameExists",
    "errors",
    "session",
    "testing",
]

SESSION = {
    "add_user_state_listener": "(listener)",
    "boto3_session": "(region_name=None)",
    "cancel_sign_in": "()",
    "change_password": "(old, new, *, wait=None)",
    "client": "(service, **options)",
    "confirm_forgot_password": "(username, code, new_password, *, client_metadata=None)",
    "confirm_sign_in": "(answer, *, user_attributes=None, client_metadata=None)",
    "confirm_sign_up": "(username, code, *, take_over_alias=False, client_metadata=None)",
    "confirm_user_attribute": "(name, code, *, wait=None)",
    "delete_user": "(*, wait=None)",
    "delete_user_attributes": "(names, *, wait=None)",
    "doctor": "()",
    "forgot_password": "(username, *, client_metadata=None)",
    "get_credentials": "(*, force_refresh=False, wait=None)",
    "get_identity_id": "()",
    "get_mfa_preference": "(*, wait=None)",
    "federated_sign_in": "(provider, token, *, identity_id=None, custom_role_arn=None)",
    "resend_code": "()",
    "get_tokens": "(*, force_refresh=False, wait=None)",
    "get_user_attributes": "(*, wait=None)",
    "guest": "()",
    "release_sign_in_wait": "()",
    "remove_user_state_listener": "(listener)",
    "resend_sign_up_code": "(username, *, client_metadata=None)",
    "set_mfa_preference": "(*, totp=None, sms=None, email=None, preferred=None, wait=None)",
    "set_up_totp": "(*, wait=None)",
    "show_sign_in": "()",
    "sign_in": "(username, password=None, *, flow=None, client_metadata=None, preferred_challenge=None, analytics=None,"
    " user_context=None)",
    "sign_out": "(*, everywhere=False, revoke=True)",
    "sign_up": "(username, password, *, attributes=None, client_metadata=None)",
    "signed_in": "(timeout=None)",
    "status_bar": "()",
    "step_up": "(acr=None, max_age=None, *, wait=None)",
    "update_user_attributes": "(attributes, *, client_metadata=None, wait=None)",
    "verify_totp": "(code, device_name=None, *, wait=None)",
    "verify_user_attribute": "(name, *, client_metadata=None, wait=None)",
    "wait_for_sign_in": "(timeout=None)",
    "warm": "(*, connect=False)",
}

BELONGINGS = {
    "devices": {
        "forget": "(key=None, *, wait=None)",
        "get": "(key=None, *, wait=None)",
        "list": "(*, wait=None)",
        "remember": "(key=None, *, remembered=True, wait=None)",
    },
    "passkeys": {
        "complete": "(credential, *, wait=None)",
        "delete": "(credential_id, *, wait=None)",
        "list": "(*, wait=None)",
        "start": "(*, wait=None)",
    },
    "sessions": {"list": "(*, wait=None)", "revoke": "(session_id, *, wait=None)"},
}

TRAITS = {
    "busy",
    "challenge",
    "credentials_expire_at",
    "error",
    "has_valid_tokens",
    "identity_id",
    "is_signed_in",
    "online",
    "sign_in_wait",
    "state",
    "state_reason",
    "tokens_expire_at",
    "user_sub",
    "username",
    "waiting",
}

FIELDS = {
    "AwsCredentials": {
        "access_key_id",
        "expires_at",
        "identity_id",
        "issued_at",
        "secret_access_key",
        "session_token",
    },
    "Challenge": {
        "chosen",
        "expires_at",
        "name",
        "parameters",
        "session",
        "totp_secret",
        "totp_uri",
        "username",
    },
    "CodeDelivery": {"attribute", "destination", "medium"},
    "Device": {"attributes", "created_at", "key", "last_used_at", "modified_at", "name"},
    "MfaPreference": {"email", "preferred", "sms", "totp"},
    "Passkey": {"attachment", "created_at", "credential_id", "name", "relying_party_id", "transports"},
    "PasswordResetResult": {"error", "sign_in"},
    "SignInResult": {"challenge"},
    "SignUpResult": {"confirmed", "delivery", "error", "sign_in", "user_sub"},
    "TotpSetup": {"replaces_existing", "secret", "username"},
    "UserSession": {
        "client_id",
        "created_at",
        "device",
        "ip_address",
        "is_current",
        "kind",
        "last_used_at",
        "location",
        "session_id",
    },
    "SignOutReport": {"error", "revoked", "will_retry"},
    "TokenSet": {
        "access_token",
        "claims",
        "device",
        "device_gone",
        "expires_at",
        "id_token",
        "issued_at",
        "refresh_token",
    },
    "UserStateDetails": {"error", "previous", "reason", "state", "username"},
}

STATES = {
    "GUEST",
    "SIGNED_IN",
    "SIGNED_OUT",
    "SIGNED_OUT_FEDERATED_TOKENS_INVALID",
    "SIGNED_OUT_USER_POOLS_TOKENS_INVALID",
    "UNKNOWN",
}


def without_types(signature: inspect.Signature) -> str:
    parameters = [parameter.replace(annotation=parameter.empty) for parameter in signature.parameters.values()]
    if parameters and parameters[0].name == "self":
        del parameters[0]
    return str(signature.replace(parameters=parameters, return_annotation=signature.empty))


def test_the_public_names_are_these():
    assert nbauth.__all__ == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_loads(name):
    assert getattr(nbauth, name) is not None
    assert name in dir(nbauth)


def test_no_module_takes_the_place_of_a_public_name(fresh_python):
    """Python binds a module to its package when it is first imported, over whatever has its name there."""
    code = """
import pkgutil, nbauth
from importlib import import_module
before = {name: getattr(nbauth, name) for name in nbauth.__all__}
for module in pkgutil.walk_packages(nbauth.__path__, "nbauth."):
    import_module(module.name)
print([name for name in nbauth.__all__ if getattr(nbauth, name) is not before[name]])
"""
    assert fresh_python(code).strip() == "[]"


def test_type_checkers_see_the_same_names(root):
    tree = ast.parse((root / "nbauth/__init__.py").read_text(encoding="utf-8"))
    seen = [alias.asname for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert sorted(name for name in seen if name) == NAMES


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'login'"):
        _ = nbauth.login


def test_the_verbs_of_a_session_are_these():
    inherited = {*dir(HasTraits)}
    verbs = {
        name: without_types(inspect.signature(value))
        for name, value in inspect.getmembers(nbauth.AuthSession, inspect.isfunction)
        if not name.startswith("_") and name not in inherited | {"defaults_here", "prompt_for"}
    }
    assert verbs == SESSION


@pytest.mark.parametrize("name", BELONGINGS)
def test_the_verbs_of_what_belongs_to_a_user_are_these(name):
    auth = nbauth.AuthSession({"user_pool_id": "eu-west-1_Example01", "client_id": "exampleclient"}, store="memory")
    verbs = inspect.getmembers(type(getattr(auth, name)), inspect.isfunction)
    assert {
        verb: without_types(inspect.signature(value)) for verb, value in verbs if not verb.startswith("_")
    } == BELONGINGS[name]


def test_a_session_is_made_with_these():
    signature = without_types(inspect.signature(nbauth.AuthSession))
    assert signature == "(config=None, *, account=None, store=None, defaults=None, ports=None)"
    assert without_types(inspect.signature(nbauth.session)) == "()"


def test_the_traits_of_a_session_are_these_and_only_one_can_be_set():
    assert set(nbauth.AuthSession.class_trait_names()) == TRAITS
    assert [name for name, trait in nbauth.AuthSession.class_traits().items() if not trait.read_only] == [
        "sign_in_wait"
    ]


@pytest.mark.parametrize("name", FIELDS)
def test_a_value_has_these_fields_and_is_frozen(name):
    kind = getattr(nbauth, name)
    assert {field.name for field in dataclasses.fields(kind)} == FIELDS[name]
    assert kind.__dataclass_params__.frozen


def test_the_user_states_are_these():
    assert {state.name for state in nbauth.UserState} == STATES


def test_the_tree_of_errors_is_as_it_is_drawn():
    """Each line of the drawing hangs on the nearest line above it that is further to the left."""
    drawn: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for branch, name in re.findall(r"^([\s│├└─]*)([A-Z]\w+)(?=\s{2}|$)", inspect.getdoc(nbauth.errors), re.MULTILINE):
        indent = len(branch.rpartition("\n")[2])
        above = [line for line in above if line[0] < indent]
        if above:
            drawn[name] = above[-1][1]
        above.append((indent, name))
    ours = {
        name: kind.__base__.__name__
        for name, kind in inspect.getmembers(nbauth.errors, inspect.isclass)
        if issubclass(kind, BaseException) and kind.__module__ == "nbauth.errors" and name != "AuthError"
    }
    assert drawn == ours
