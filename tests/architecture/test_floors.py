"""The contracts in pyproject.toml hold, and each of them can fail."""

import pytest

LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"

CORE = "The core does no I/O, knows no clock and no framework BROKEN"
DEMO = "The demo stands outside the building BROKEN"
FLOORS = "Floors: imports only point down BROKEN"
PLANTED = [
    ("core/config.py", "import os", CORE),
    ("core/flow.py", "import time", CORE),
    ("errors.py", "import logging", CORE),
    ("core/tokens.py", "from nbauth.ports import Clock", FLOORS),
    ("aws/session.py", "from nbauth.cognito.client import Clients", FLOORS),
    ("runtime.py", "from nbauth.widgets.panel import SignInPanel", FLOORS),
    ("terminal.py", "from nbauth import magics", FLOORS),
    ("helpers.py", "", FLOORS),
    ("aws/session.py", "import pycognito", "pycognito has one home BROKEN"),
    ("engine.py", "import nest_asyncio", "nest_asyncio has one home BROKEN"),
    ("demo/seed.py", "from nbauth.core.config import AuthConfig", DEMO),
    ("extension.py", "from nbauth.demo import seed", "Only the command line starts the demo BROKEN"),
]


@pytest.fixture
def lint(run_in):
    return lambda folder: run_in(folder, "-c", LINT, "--no-cache")


def test_the_contracts_hold(lint, copy):
    done = lint(copy)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(("file", "line", "broken"), PLANTED)
def test_a_breach_is_found(lint, copy, file, line, broken):
    path = copy / "nbauth" / file
    path.write_text((path.read_text(encoding="utf-8") if path.exists() else "") + f"\n{line}\n", encoding="utf-8")
    done = lint(copy)
    assert done.returncode == 1
    assert broken in done.stdout
