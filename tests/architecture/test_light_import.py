"""What is loaded when: nothing foreign with the package, nothing heavy before somebody signs in."""

import json

import pytest

HEAVY = {
    "anywidget",
    "boto3",
    "botocore",
    "cryptography",
    "filelock",
    "ipywidgets",
    "jwt",
    "keyring",
    "nest_asyncio",
    "platformdirs",
    "pycognito",
    "requests",
    "urllib3",
}

LOADED_BY = """
import json, sys
{before}
already = set(sys.modules)
{code}
new = {{name.partition(".")[0] for name in set(sys.modules) - already}}
print(json.dumps(sorted(new - sys.stdlib_module_names)))
"""

MAKE_A_SESSION = """
import nbauth
auth = nbauth.AuthSession({"user_pool_id": "us-east-1_Example01", "client_id": "exampleclient"}, store="memory")
assert auth.config.user_pool_id
"""

LOAD_IN_A_SHELL = """
shell.extension_manager.load_extension("nbauth")
assert shell.user_ns["auth"] and "aws" in shell.user_ns
"""
A_SHELL = """
import os
from IPython.core.interactiveshell import InteractiveShell
os.environ |= {"NBAUTH_USER_POOL_ID": "us-east-1_Example01", "NBAUTH_CLIENT_ID": "exampleclient"}
shell = InteractiveShell.instance()
"""


@pytest.fixture
def loaded_by(fresh_python):
    def loaded(code: str, before: str = "") -> set[str]:
        return set(json.loads(fresh_python(LOADED_BY.format(before=before, code=code)).splitlines()[-1]))

    return loaded


def test_the_package_loads_nothing_foreign(loaded_by):
    assert loaded_by("import nbauth") == {"nbauth"}


@pytest.mark.parametrize("name", ["AuthConfig", "AuthError", "Secret", "TokenSet", "UserState", "testing"])
def test_a_value_loads_nothing_foreign(loaded_by, name):
    assert loaded_by(f"import nbauth; nbauth.{name}") == {"nbauth"}


def test_a_session_loads_nothing_heavy(loaded_by):
    loaded = loaded_by(MAKE_A_SESSION)
    assert "traitlets" in loaded
    assert not loaded & HEAVY


def test_loading_the_extension_loads_nothing_heavy(loaded_by):
    loaded = loaded_by(LOAD_IN_A_SHELL, before=A_SHELL)
    assert "nbauth" in loaded
    assert not loaded & HEAVY


def test_loading_the_extension_looks_at_no_looks(fresh_python):
    seen = "print([name for name in sys.modules if name in ('nbauth.appearance', 'nbauth.companies')])"
    assert fresh_python(f"import sys\n{A_SHELL}{LOAD_IN_A_SHELL}{seen}").splitlines()[-1] == "[]"


def test_what_is_heavy_would_be_seen(loaded_by):
    assert {"boto3", "botocore", "urllib3"} <= loaded_by("import nbauth.cognito.client, boto3")


def test_a_panel_is_drawn_before_what_seals_its_answers_is_loaded(loaded_by):
    loaded = loaded_by(MAKE_A_SESSION + "from nbauth.widgets.panel import Panel\nPanel(auth, form=True)")
    assert "anywidget" in loaded
    assert "cryptography" not in loaded


@pytest.mark.parametrize(
    "touch", ["isinstance(aws, boto3.Session)", "aws.region_name == 'eu-west-1'", "repr(aws).startswith('Session(')"]
)
def test_the_boto3_session_of_a_notebook_is_one_from_its_first_touch(fresh_python, touch):
    code = """
import sys
from nbauth.namespace import LateSession
def make():
    import boto3
    return boto3.Session(region_name="eu-west-1")
aws = LateSession(make)
assert "boto3" not in sys.modules
"""
    assert fresh_python(
        f"{code}\nimport boto3\nprint({touch})\naws.events\nprint(type(aws) is boto3.Session)"
    ).split() == [
        "True",
        "True",
    ]
