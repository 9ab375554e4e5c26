"""Tests that share a browser run in one worker: two of them at once are too much for two cores."""

import os
from pathlib import Path

import pytest

BROWSER_TESTS = sorted((Path(__file__).parents[1] / "e2e").glob("test_*.py"))


@pytest.mark.parametrize("path", BROWSER_TESTS, ids=lambda path: path.name)
def test_browser_tests_are_in_one_group(path):
    assert 'pytestmark = pytest.mark.xdist_group("browser")' in path.read_text(encoding="utf-8")


@pytest.mark.xdist_group("together")
@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="there are no workers")
def test_a_group_is_kept_together(request):
    """pytest-xdist does that by the ends of the tests' names, and without a word where it cannot write them."""
    assert request.node.nodeid.endswith("@together")
