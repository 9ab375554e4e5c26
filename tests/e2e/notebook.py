"""JupyterLab as tests use it, and a notebook that is open in one of its pages: what a person sees and does there."""

import json
import re
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest
from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as TimedOut

KERNEL_IS_IDLE = """() => {
    const indicator = document.querySelector('.jp-Notebook-ExecutionIndicator');
    const name = document.querySelector('.jp-Toolbar-kernelName');
    return indicator?.dataset.status === 'idle' && name && !/No Kernel/.test(name.innerText);
}"""
PATIENCE = 20_000  # milliseconds, for what takes a fraction of one on an idle machine
KEY_PATIENCE = 2_000  # milliseconds until a key press that JupyterLab may have ignored is looked into
RELOADS = 3
KEEP_WATCH = """(prompt) => {
    const seen = { running: false };
    const look = () => (seen.running ||= prompt.textContent.includes('*'));
    new MutationObserver(look).observe(prompt, { childList: true, characterData: true, subtree: true });
    return seen;
}"""
IS_RUNNING = "(seen) => seen.running"

expect.set_options(timeout=PATIENCE)


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab."""

    url: str
    token: str
    folder: Path  # of all that it and its kernels write

    @property
    def root(self) -> Path:
        """Where the notebooks are."""
        return self.folder / "root"

    def set(self, plugin: str, **values: Any) -> Path:
        """Change a plugin's settings for pages that are opened from now on; returns the file that holds them."""
        package, _, name = plugin.partition(":")
        path = self.folder / "settings" / package / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
        return path

    def stop_kernel_of(self, notebook: Path) -> None:
        for session in self._ask("api/sessions"):
            if self.root / session["path"] == notebook:
                self._ask(f"api/sessions/{session['id']}", "DELETE")

    def stop_kernels(self) -> None:
        for kernel in self._ask("api/kernels"):
            self._ask(f"api/kernels/{kernel['id']}", "DELETE")

    def restart_kernels(self) -> None:
        for kernel in self._ask("api/kernels"):
            self._ask(f"api/kernels/{kernel['id']}/restart", "POST")

    def _ask(self, path: str, method: str = "GET") -> Any:
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(self.url + path, method=method, headers=headers)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
            return json.loads(answer.read() or "null")


class Notebook:
    """A notebook that is open in a page, and what a person sees and does there."""

    def __init__(self, page: Page, path: Path) -> None:
        self.page = page
        self.path = path
        self.wait_for_kernel()

    @classmethod
    def open(cls, lab: Lab, page: Page, address: str, path: Path) -> Self:
        """Open a notebook of the lab in a page, with another kernel where nothing is ever heard of the first."""
        page.goto(address)
        with suppress(TimedOut):
            return cls(page, path)
        lab.stop_kernel_of(path)
        page.goto(address)
        return cls(page, path)

    @property
    def panel(self) -> Locator:
        return self.page.get_by_role("form", name=re.compile("Sign in|password|code", re.IGNORECASE))

    @property
    def bar(self) -> Locator:
        return self.page.get_by_role("region", name="AWS sign-in")

    @property
    def username(self) -> Locator:
        return self.panel.get_by_label("User name", exact=True)

    @property
    def password(self) -> Locator:
        return self.panel.get_by_label("Password", exact=True)

    @property
    def alert(self) -> Locator:
        return self.panel.get_by_role("alert")

    def button(self, name: str) -> Locator:
        return self.page.locator(".nbauth").get_by_role("button", name=name, exact=True)

    def cell(self, index: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index)

    def output(self, index: int) -> Locator:
        return self.cell(index).locator(".jp-Cell-outputArea")

    def start(self, index: int) -> None:
        """Run a cell and wait until it is running, or done."""
        seen = self.cell(index).locator(".jp-InputPrompt").evaluate_handle(KEEP_WATCH)
        for _ in range(10):
            self.cell(index).locator(".cm-content").click()
            self.page.keyboard.press("Control+Enter")
            with suppress(TimedOut):
                self.page.wait_for_function(IS_RUNNING, arg=seen, timeout=KEY_PATIENCE)
            # JupyterLab ignores keys while it connects; a cell that is only slow to begin must not run twice.
            self.page.wait_for_function(f"(seen) => seen.running || ({KERNEL_IS_IDLE})()", arg=seen, timeout=PATIENCE)
            if seen.evaluate(IS_RUNNING):
                return
        pytest.fail(f"cell {index} cannot be run")

    def wait_for(self, index: int) -> None:
        """Wait until a cell is done."""
        expect(self.cell(index).locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d+\]"))

    def run(self, index: int) -> None:
        self.start(index)
        self.wait_for(index)

    def wait_for_kernel(self) -> None:
        """Wait for a kernel that is idle; now and then JupyterLab misses its first word, and people reload the page."""
        # The indicator says idle for a moment before there is a kernel, so the kernel's name is waited for, too.
        for _ in range(RELOADS):
            with suppress(TimedOut):
                self.page.wait_for_function(KERNEL_IS_IDLE, timeout=PATIENCE)
                return
            self.page.reload()
        self.page.wait_for_function(KERNEL_IS_IDLE, timeout=PATIENCE)

    def sign_in(self, username: str, password: str) -> None:
        """Fill in the first form and send it."""
        self.username.fill(username)
        self.password.fill(password)
        self.button("Sign in").click()

    def save(self) -> dict[str, Any]:
        """Press Ctrl+S where the cursor is, and return what is in the file then."""
        with self.page.expect_response(lambda answer: _ends_saving(answer.request), timeout=PATIENCE):
            self.page.keyboard.press("Control+s")
        return json.loads(self.path.read_text())

    def reload(self) -> None:
        self.page.reload()
        self.wait_for_kernel()


def _ends_saving(request: Any) -> bool:
    return request.method == "POST" and request.url.partition("?")[0].endswith("/checkpoints")
