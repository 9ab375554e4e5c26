"""`nbauth demo --check`: the quickstart, run to its end by nobody.

Every step is what a person would do: the cells in order, in a real kernel, and the sign-in panel filled in when it
appears. Nothing is called behind the notebook's back.
"""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbauth.demo.errors import DemoError
from nbauth.demo.front_end import FrontEnd
from nbauth.demo.lab import NOTEBOOK
from nbauth.demo.scene import User

_TIME_LIMIT = 50.0  # seconds, from starting the kernel to the last cell


def check_quickstart(work: Path, private: Path, environment: Mapping[str, str], user: User) -> None:
    """Run the quickstart as `user`; prints one line a step.

    Args:
        work: The folder with the quickstart and the configuration.
        private: An empty folder for what the kernel writes.
        environment: The kernel's environment.
        user: Somebody who can sign in with a user name and a password.

    Raises:
        DemoError: A step failed; the message says which and why.
    """
    limit = time.monotonic() + _TIME_LIMIT
    with _running_kernel(work, private, environment, limit) as client:
        page = FrontEnd(client, limit)
        for title, code in _cells(work / NOTEBOOK):
            with _step(title):
                page.run(code)
            if "%load_ext nbauth" in code:
                with _step(f"Sign in as {user.username} in the panel"):
                    page.sign_in(user.username, user.password)


@contextmanager
def _step(title: str) -> Iterator[None]:
    reason = None
    started = time.monotonic()
    try:
        yield
    except DemoError as error:
        reason = str(error)
    if reason is not None:
        raise DemoError(f"{title}: {reason}")
    print(f"  {title} ({time.monotonic() - started:.1f} s)", flush=True)


def _cells(notebook: Path) -> Iterator[tuple[str, str]]:
    title = "the first cell"
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "code":
            yield title, text
        else:
            headings = [line.lstrip("# ") for line in text.splitlines() if line.startswith("#")]
            title = headings[-1] if headings else title


@contextmanager
def _running_kernel(work: Path, private: Path, environment: Mapping[str, str], limit: float) -> Iterator[Any]:
    from jupyter_client.manager import KernelManager

    manager = KernelManager(kernel_name="python3", connection_file=str(private / "connection.json"))
    try:
        with (private / "kernel.log").open("wb") as log:
            own = {"IPYTHONDIR": str(private)}  # without the person's start-up files
            manager.start_kernel(cwd=str(work), env={**environment, **own}, stdout=log, stderr=log)
        client = manager.client()
        client.start_channels()
        try:
            _wait_until_ready(client, limit)
            yield client
        finally:
            client.stop_channels()
    finally:
        manager.shutdown_kernel(now=True)


def _wait_until_ready(client: Any, limit: float) -> None:
    with _step("Start a kernel"):
        try:
            client.wait_for_ready(timeout=limit - time.monotonic())
        except RuntimeError as error:  # jupyter_client's, for a dead kernel and for a slow one
            raise DemoError(str(error)) from error
