"""Every notebook in `notebooks/` runs from top to bottom: the quickstart also as a person runs it.

What people meet in the panels of the tour is tested in the browser.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from nbauth.demo.check import check_quickstart
from nbauth.demo.errors import DemoError
from nbauth.demo.lab import NOTEBOOK, TOUR, prepare_work_folder
from nbauth.demo.scene import Scene, User
from nbauth.demo.seed import seed
from tests import services

CHECKOUT = Path(__file__).parents[2]
NOTEBOOKS = sorted((CHECKOUT / "notebooks").rglob("*.ipynb"))
WIDGET = "application/vnd.jupyter.widget-view+json"
PATIENCE = 120  # seconds; what does not end at all must not hang the tests

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
# They share an emulator, which is started once.
pytestmark = pytest.mark.xdist_group("notebooks")


@pytest.fixture(scope="module")
def scene(tmp_path_factory) -> Iterator[Scene]:
    with services.ministack(tmp_path_factory.mktemp("ministack")) as endpoint_url:
        yield seed(endpoint_url)


@pytest.fixture
def environment(scene, tmp_path) -> dict[str, str]:
    """A kernel's environment in which the demo is the only AWS, and nothing of this machine's user is there."""
    places = {"HOME": "home", "XDG_RUNTIME_DIR": "run", "IPYTHONDIR": "ipython", "JUPYTER_CONFIG_DIR": "config"}
    for name in places.values():
        (tmp_path / name).mkdir(mode=0o700)
    own = {variable: str(tmp_path / name) for variable, name in places.items()}
    return scene.environment({"PATH": os.environ["PATH"]} | own, kept_sign_ins=tmp_path / "state")


@pytest.fixture
def work(scene, tmp_path) -> Path:
    """A folder with the quickstart and the configuration, as `nbauth demo` makes it."""
    (tmp_path / "work").mkdir()
    return prepare_work_folder(tmp_path / "work", scene)


@pytest.fixture
def check(work, tmp_path, environment):
    def check(user: User) -> None:
        (tmp_path / "private").mkdir()
        check_quickstart(work, tmp_path / "private", environment, user)

    return check


def cells(path: Path) -> list[dict[str, Any]]:
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


@pytest.fixture
def run_with_nobody_there(work, environment):
    """Run a notebook; what it has put out stays in it, also where a cell fails."""

    def run_with_nobody_there(notebook: nbformat.NotebookNode) -> None:
        # Far less than `sign_in_wait`: a cell that waits ends in CellTimeoutError.
        place = {"metadata": {"path": work}}
        NotebookClient(notebook, timeout=PATIENCE, kernel_name="python3", resources=place).execute(env=environment)

    return run_with_nobody_there


def test_these_are_the_notebooks():
    assert {path.name for path in NOTEBOOKS} == {NOTEBOOK, TOUR}


@each_notebook
def test_it_is_saved_as_nobody_has_run_it(path):
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert "widgets" not in notebook.metadata
    ran = [cell for cell in notebook.cells if cell.cell_type == "code" and (cell.outputs or cell.execution_count)]
    assert ran == []


def test_the_quickstart_runs_to_its_end_with_somebody_in_front_of_it(check, scene, capsys):
    check(scene.users[0])
    assert "Sign in as alice in the panel" in capsys.readouterr().out


def test_a_wrong_password_in_the_real_panel_fails_and_is_named(check):
    with pytest.raises(DemoError, match=r"^Sign in as alice in the panel: the panel says: Incorrect user name"):
        check(User("alice", "not her password"))


def test_with_nobody_there_the_quickstart_says_so_at_its_first_aws_call_and_does_not_wait(run_with_nobody_there):
    notebook = nbformat.read(CHECKOUT / "notebooks" / NOTEBOOK, as_version=4)
    with pytest.raises(CellExecutionError) as raised:
        run_with_nobody_there(notebook)
    assert raised.value.ename == "SignInRequired"
    assert "nobody is there to sign in" in raised.value.evalue
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    errors = [output for output in outputs if output.output_type == "error"]
    assert [error.traceback for error in errors] == [[f"SignInRequired: {raised.value.evalue}"]]


def test_with_nobody_there_the_tour_shows_its_panels_and_goes_on(run_with_nobody_there):
    notebook = nbformat.read(CHECKOUT / "notebooks" / TOUR, as_version=4)
    run_with_nobody_there(notebook)
    code_cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    shown = [cell.id for cell in code_cells if any(WIDGET in output.get("data", {}) for output in cell.outputs)]
    assert shown == [cell.id for cell in code_cells if cell.id.startswith("show-")]


@pytest.fixture
def checked(tmp_path):
    """Run `nbauth demo --check` as it is in a checkout; nothing may be left of it."""
    home, temporary = tmp_path / "home", tmp_path / "tmp"

    def checked(checkout: Path) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-c", "import sys; from nbauth.cli import main; sys.exit(main())", "demo", "--check"]
        own = {"PYTHONPATH": str(checkout), "HOME": str(home), "TMPDIR": str(temporary)}
        for folder in (home, temporary):
            folder.mkdir()
        ended = subprocess.run(
            command, cwd=home, env=os.environ | own, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert list(temporary.iterdir()) == []
        return ended

    return checked


def test_nbauth_demo_check_says_every_step_and_ok(checked):
    ended = checked(CHECKOUT)
    assert (ended.returncode, ended.stderr) == (0, "")
    *steps, last = ended.stdout.splitlines()
    assert last == "ok"
    code_cells = [cell for cell in cells(CHECKOUT / "notebooks" / NOTEBOOK) if cell["cell_type"] == "code"]
    assert len(steps) == len(code_cells) + len(("an AWS", "a kernel", "the sign-in"))


def test_nbauth_demo_check_fails_and_names_the_step_that_is_broken(checked, tmp_path):
    checkout = tmp_path / "checkout"
    shutil.copytree(CHECKOUT / "nbauth", checkout / "nbauth", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(CHECKOUT / "notebooks", checkout / "notebooks")
    path = checkout / "notebooks" / NOTEBOOK
    path.write_text(path.read_text().replace("rides-2025.csv", "rides-1925.csv"))
    ended = checked(checkout)
    assert ended.returncode == 1
    assert ended.stderr.startswith("nbauth demo: Read the data: ")
    assert "NoSuchKey" in ended.stderr
    assert "ok" not in ended.stdout.splitlines()
