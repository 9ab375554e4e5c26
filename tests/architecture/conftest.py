import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def root() -> Path:
    """The folder that pyproject.toml is in."""
    return ROOT


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package, for tests that add something to it."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "nbauth", tmp_path / "nbauth", ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.fixture
def run_in(monkeypatch: pytest.MonkeyPatch) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs this Python with some options in a folder whose packages come before all others."""

    def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
        monkeypatch.setenv("PYTHONPATH", str(folder))
        return subprocess.run([sys.executable, *options], cwd=folder, capture_output=True, text=True, check=False)

    return run


@pytest.fixture
def fresh_python() -> Callable[[str], str]:
    """Runs code in an interpreter that has loaded nothing yet, and returns what it printed."""

    def run(code: str) -> str:
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
