"""What keeps the code readable: every file says what it owns, and nothing grows too long."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "nbauth").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

LONGEST_MODULE = 450
LONGEST_FUNCTION = 60
LEFTOVER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
DRAWERS = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def lines_of_code(source: str) -> int:
    """Count the lines that are neither empty, nor comments, nor docstrings."""
    described: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            described |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = enumerate(source.splitlines(), start=1)
    return sum(
        number not in described and not line.lstrip().startswith("#") and bool(line.strip()) for number, line in lines
    )


def long_functions(source: str, longest: int) -> list[str]:
    functions = (
        node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return [node.name for node in functions if (node.end_lineno or 0) - node.lineno + 1 > longest]


def sleeps(source: str) -> list[int]:
    """Return the lines that call `time.sleep`; a cell in a string may, as it is run by somebody else."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("time.sleep", "sleep"):
            found.append(node.lineno)
    return found


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_says_first_what_it_owns(path):
    docstring = ast.get_docstring(tree_of(path))
    assert docstring, "it has no docstring"
    first = re.split(r"\n\n", docstring)[0].replace("\n", " ")
    assert re.search(r"[.:]$|[.:] ", first), "the first line is no sentence"
    assert len(first.split()) >= 3


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_is_short(path):
    source = path.read_text(encoding="utf-8")
    assert lines_of_code(source) <= LONGEST_MODULE
    assert long_functions(source, LONGEST_FUNCTION) == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_is_left_over_and_nothing_is_a_drawer(path):
    assert not LEFTOVER.search(path.read_text(encoding="utf-8"))
    assert not DRAWERS & {part.strip("_") for part in path.relative_to(ROOT).with_suffix("").parts}


@pytest.mark.parametrize("path", TESTS, ids=name_of)
def test_no_test_sleeps(path):
    assert sleeps(path.read_text(encoding="utf-8")) == []


def test_the_tree_is_no_deeper_than_three_folders():
    assert max(len(path.relative_to(ROOT).parts) - 1 for path in MODULES) <= 3


def test_length_is_counted_without_what_explains():
    source = (
        '"""What it owns.\n\nAnd why.\n"""\n\n# a reason\nx = 1\n\n\ndef f():\n    """Return one."""\n    return x\n'
    )
    assert lines_of_code(source) == 3
    assert long_functions(source, 2) == ["f"]
    assert sleeps("import time\ntime.sleep(1)\n'time.sleep(1)'\n") == [2]
