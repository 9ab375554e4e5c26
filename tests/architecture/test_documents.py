"""What the documents say of the code is so: dependencies, version, settings, commands, states."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from nbauth import UserState
from nbauth.magics import _COMMANDS, _OPTIONS
from nbauth.settings import ENVIRONMENT

ROOT = Path(__file__).parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT, CONTRACTS = SETTINGS["project"], SETTINGS["tool"]["importlinter"]["contracts"]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / ".github/CONTRIBUTING.md").read_text(encoding="utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

EXTRAS = PROJECT["optional-dependencies"]
BROUGHT = {
    "botocore": "boto3",
    "comm": "ipywidgets",
    "ipython": "ipywidgets",
    "jupyter-client": "ipykernel",
    "jupyter-server": "jupyterlab",
    "nbformat": "jupyterlab",
    "pyzmq": "ipykernel",
    "urllib3": "boto3",
}
"""Packages that are imported, and which of ours they always come with."""

A_KERNELS = {"ipykernel"}
"""What is there wherever nbauth imports it."""


IF_THERE = {"gmpy2"}
"""What is used where somebody has installed it, and not missed where not."""


def names_of(requirements: Iterable[str]) -> set[str]:
    names = (re.match(r"[\w.-]+", requirement).group() for requirement in requirements)
    return {name.lower().replace("_", "-") for name in names} - {"nbauth"}


DEPENDENCIES = names_of(PROJECT["dependencies"])
ALL = DEPENDENCIES.union(*(names_of(extra) for extra in EXTRAS.values()))


def imported_by(files: Iterable[Path]) -> set[str]:
    """Return the distributions that Python files import, at the top or inside."""
    roots: set[str] = set()
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                roots |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                roots.add(node.module.partition(".")[0])
    foreign = roots - sys.stdlib_module_names - {"nbauth"}
    installed = packages_distributions()
    distributions = {installed[name][0].lower().replace("_", "-") for name in foreign if name in installed}
    return {BROUGHT.get(name, name) for name in distributions}


def test_every_dependency_has_its_line_in_the_table_and_the_other_way_round():
    table = re.findall(r"^\| `([\w.-]+)`", CONTRIBUTING.partition("## Dependencies")[2], re.MULTILINE)
    assert len(table) == len(set(table))
    assert {name.lower().replace("_", "-") for name in table} == ALL


def test_the_floors_are_drawn_as_they_are():
    drawing = CONTRIBUTING.partition("## The floors")[2].split("```")[1]
    drawn = [re.split(r"\s{2,}", line)[0].split(" · ") for line in drawing.strip().splitlines()]
    floors = next(contract for contract in CONTRACTS if contract["type"] == "layers")["layers"]
    assert drawn == [floor.split(" | ") for floor in floors]


def test_the_library_depends_on_what_it_imports_and_on_nothing_else():
    library = imported_by(path for path in (ROOT / "nbauth").rglob("*.py") if "demo" not in path.parts)
    assert library - A_KERNELS - IF_THERE - names_of(EXTRAS["keyring"]) == DEPENDENCIES


def test_what_the_tests_import_comes_with_the_extra_for_development():
    assert imported_by((ROOT / "tests").rglob("*.py")) <= ALL


def test_the_newest_version_in_the_changelog_is_the_packages():
    versions = re.findall(r"^## \[?(\d+\.\d+\.\d+)\]?", CHANGELOG, re.MULTILINE)
    assert versions[0] == PROJECT["version"]


def test_the_readme_names_only_settings_of_the_environment_that_there_are():
    named = set(re.findall(r"NBAUTH_[A-Z_]+[A-Z]", README))
    assert named
    assert named <= set(ENVIRONMENT)


@pytest.mark.parametrize("state", UserState)
def test_the_readme_explains_every_state(state):
    assert re.search(rf"^\| `{state.name}` \|", README, re.MULTILINE)


@pytest.mark.parametrize("word", [*_OPTIONS, *_COMMANDS])
def test_the_readme_names_every_option_and_command(word):
    assert re.search(rf"`[^`]*\b{word.lstrip('-')}\b[^`]*`", README)


@pytest.mark.parametrize("command", ['pip install -e ".[dev]" && pytest', 'pip install -e ".[demo]" && nbauth demo'])
def test_the_readme_has_the_two_commands(command):
    assert command in README


def test_ci_runs_what_the_readme_says():
    assert 'pip install -q -e ".[dev]" && pytest' in (ROOT / ".ci/run").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["ruff check", "ruff format --check", "mypy", "lint-imports"])
def test_ci_and_contributors_run_the_same(command):
    assert f"check {command}\n" in (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert command.removesuffix(" --check") in CONTRIBUTING
