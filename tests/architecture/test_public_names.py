"""What users may rely on: names, parameters, and which of these go by keyword only."""

import ast
import dataclasses
import inspect
import re

import pytest
from traitlets import HasTraits

import nbauth

NAMES = [
    "AlreadySignedIn",
    "AuthConfig",
    "AuthError",
    "AuthSession",
    "AwsCredentials",
    "Challenge",
    "ConfigError",
    "Rejected",
    "Secret",
    "ServiceUnavailable",
    "SignInReleased",
    "SignInRequired",
    "SignInResult",
    "SignInTimeout",
    "SignOutReport",
    "StoreError",
    "TokenSet",
    "UserState",
    "UserStateDetails",
    "errors",
    "session",
    "testing",
]

SESSION = {
    "add_user_state_listener": "(listener)",
    "boto3_session": "(region_name=None)",
    "cancel_sign_in": "()",
    "client": "(service, **options)",
    "confirm_sign_in": "(answer, *, user_attributes=None, client_metadata=None)",
    "doctor": "()",
    "get_credentials": "(*, force_refresh=False, wait=None)",
    "get_identity_id": "()",
    "get_tokens": "(*, force_refresh=False, wait=None)",
    "guest": "()",
    "release_sign_in_wait": "()",
    "remove_user_state_listener": "(listener)",
    "show_sign_in": "()",
    "sign_in": "(username, password=None, *, flow=None, client_metadata=None)",
    "sign_out": "(*, everywhere=False, revoke=True)",
    "signed_in": "(timeout=None)",
    "status_bar": "()",
    "wait_for_sign_in": "(timeout=None)",
    "warm": "()",
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
    "Challenge": {"expires_at", "name", "parameters", "session", "username"},
    "SignInResult": {"challenge"},
    "SignOutReport": {"error", "revoked"},
    "TokenSet": {"access_token", "claims", "expires_at", "id_token", "issued_at", "refresh_token"},
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
    inherited = dir(HasTraits)
    verbs = {
        name: without_types(inspect.signature(value))
        for name, value in inspect.getmembers(nbauth.AuthSession, inspect.isfunction)
        if not name.startswith("_") and name not in inherited and name != "prompt_for"
    }
    assert verbs == SESSION


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
