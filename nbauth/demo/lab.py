"""The work folder a person is given, and JupyterLab opened on it."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import util
from pathlib import Path

from nbauth.demo.errors import DemoError
from nbauth.demo.processes import LOOPBACK, free_port, last_words, running
from nbauth.demo.scene import Scene

NOTEBOOK = "quickstart.ipynb"
TOUR = "panel-tour.ipynb"
_START_LIMIT = 60.0  # seconds


def prepare_work_folder(folder: Path, scene: Scene) -> Path:
    """Put the notebooks and the configuration that nbauth discovers into `folder`; returns the folder."""
    for name in (NOTEBOOK, TOUR):
        shutil.copyfile(_found(name), folder / name)
    outputs = json.dumps(scene.amplify_outputs(), indent=2)
    (folder / "amplify_outputs.json").write_text(outputs + "\n", encoding="utf-8")
    return folder


def _found(name: str) -> Path:
    here = Path(__file__).parent
    for path in (here / name, here.parents[1] / "notebooks" / name):  # in a wheel, in a checkout
        if path.is_file():
            return path
    raise DemoError(f"{name} is missing from this installation of nbauth: install it again")


@contextmanager
def running_lab(
    work: Path, private: Path, environment: Mapping[str, str], *, port: int | None, browser: bool
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run JupyterLab for the length of a `with` block; yields the quickstart's URL, token included, and the process.

    The person's own Jupyter settings hold; what JupyterLab writes while it runs goes to `private`.

    Raises:
        DemoError: JupyterLab is not installed or did not start.
    """
    if util.find_spec("jupyterlab") is None:
        raise DemoError('JupyterLab is not installed: pip install "nbauth[demo]"')
    runtime, log = private / "runtime", private / "jupyterlab.log"
    own = {"JUPYTER_RUNTIME_DIR": str(runtime), "JUPYTERLAB_WORKSPACES_DIR": str(private / "workspaces")}
    command = _command(work, free_port(port), browser=browser)
    with running(command, environment={**environment, **own}, folder=work, log=log) as process:
        yield _wait_for_url(process, runtime, log), process


def _command(work: Path, port: int, *, browser: bool) -> list[str]:
    command = [sys.executable, "-m", "jupyterlab", str(work / NOTEBOOK)]
    command += [f"--ServerApp.ip={LOOPBACK}", f"--ServerApp.port={port}", f"--ServerApp.root_dir={work}"]
    if not browser:
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # whoever runs the demo as root, in a container say, has chosen so
    return command


def _wait_for_url(process: subprocess.Popen[bytes], runtime: Path, log: Path) -> str:
    from jupyter_server.serverapp import list_running_servers

    limit = time.monotonic() + _START_LIMIT
    while not (servers := list(list_running_servers(str(runtime)))):
        if process.poll() is not None:
            raise DemoError(f"JupyterLab stopped while starting: {last_words(log)}")
        if time.monotonic() > limit:
            raise DemoError(f"JupyterLab did not start within {_START_LIMIT:.0f} seconds: {last_words(log)}")
        time.sleep(0.1)
    server = servers[0]
    token = f"?token={server['token']}" if server["token"] else ""
    return f"{server['url']}lab/tree/{NOTEBOOK}{token}"
