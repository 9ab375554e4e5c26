"""Which behaviours of AWSMobileClient nbauth shows: each of the 56 that its own tests assert, by number.

A behaviour is a test in the folder `awsmobileclient`, named `test_<number>_...`, or it stands in one of the two tables
below. A test moves there from `NOT_YET` together with the verb that it needs.
"""

import ast
from pathlib import Path

import pytest

from nbauth.auth_session import AuthSession

BEHAVIOURS = range(1, 57)

NOT_YET = {
    49: "sign_in_with_redirect",
    50: "sign_in_with_redirect",
}
"""The verb that is missing."""

NOT_IN_A_NOTEBOOK: dict[int, str] = {}
"""Why it does not apply."""


def numbers_in_names() -> set[int]:
    """Return the behaviours that are tested."""
    files = (Path(__file__).parent / "awsmobileclient").glob("test_*.py")
    parsed = (ast.parse(path.read_text(encoding="utf-8")) for path in files)
    functions = (node.name for tree in parsed for node in tree.body if isinstance(node, ast.FunctionDef))
    return {int(name.split("_")[1]) for name in functions if name.startswith("test_")}


def test_every_behaviour_is_tested_or_has_a_reason_not_to_be_and_never_both():
    assert sorted([*numbers_in_names(), *NOT_YET, *NOT_IN_A_NOTEBOOK]) == list(BEHAVIOURS)


@pytest.mark.parametrize("verb", sorted(set(NOT_YET.values())))
def test_what_is_not_yet_tested_is_not_yet_there(verb):
    assert not hasattr(AuthSession, verb)
