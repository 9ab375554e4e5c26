"""JupyterLab with a kernel and an AWS behind it, and Chromium in front of it.

All tests of this folder run in one xdist worker (`xdist_group`), because JupyterLab and Chromium are heavy. Each test
has user pools, a notebook, a kernel and a browser context of its own. A page is waited for, never slept for.
"""

import json
import os
import re
import shutil
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nbformat
import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from nbauth.demo.lab import prepare_work_folder, running_lab
from nbauth.demo.scene import Scene
from nbauth.demo.seed import seed

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/apputils-extension:themes": {"adaptive-theme": True},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}
KERNEL_IS_IDLE = """() => {
    const indicator = document.querySelector('.jp-Notebook-ExecutionIndicator');
    const name = document.querySelector('.jp-Toolbar-kernelName');
    return indicator?.dataset.status === 'idle' && name && !/No Kernel/.test(name.innerText);
}"""
PATIENCE = 20_000  # milliseconds, for what takes a fraction of one on an idle machine
KEY_PATIENCE = 2_000  # milliseconds until a key press that JupyterLab ignored while it connected is repeated

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

    def stop_kernels(self) -> None:
        for kernel in self._ask("api/kernels"):
            self._ask(f"api/kernels/{kernel['id']}", "DELETE")

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
        prompt = self.cell(index).locator(".jp-InputPrompt")
        before = prompt.inner_text()
        for _ in range(10):
            self.cell(index).locator(".cm-content").click()
            self.page.keyboard.press("Control+Enter")
            try:
                expect(prompt).not_to_have_text(before, timeout=KEY_PATIENCE)
            except AssertionError:
                continue
            return
        pytest.fail(f"cell {index} cannot be run")

    def wait_for(self, index: int) -> None:
        """Wait until a cell is done."""
        expect(self.cell(index).locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d+\]"))

    def run(self, index: int) -> None:
        self.start(index)
        self.wait_for(index)

    def wait_for_kernel(self) -> None:
        # The indicator says idle for a moment before there is a kernel, so the kernel's name is waited for, too.
        self.page.wait_for_function(KERNEL_IS_IDLE, timeout=2 * PATIENCE)

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


@pytest.fixture(scope="session")
def chromium() -> str:
    found = [path for path in map(shutil.which, CHROMIUM) if path]
    if found:
        return found[0]
    problem = "no Chromium is on the PATH: apt-get install chromium"
    return pytest.fail(problem) if os.environ.get("CI") else pytest.skip(problem)


# Not longer than a module: while Playwright is up, its event loop counts as running, and other tests need their own.
@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def scene(ministack: str) -> Scene:
    """What `nbauth demo` offers: alice, bob, carol, and a bucket."""
    return seed(ministack)


@pytest.fixture(scope="session")
def lab(chromium: str, scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("lab")
    places = {
        "HOME": "home",
        "XDG_RUNTIME_DIR": "run",
        "IPYTHONDIR": "ipython",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
    }
    for name in ("root", "private", *places.values()):
        (folder / name).mkdir(mode=0o700)
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
    own = {variable: str(folder / name) for variable, name in places.items()}
    environment = scene.environment(kept | own, kept_sign_ins=folder / "state")
    root = prepare_work_folder(folder / "root", scene)
    with running_lab(root, folder / "private", environment, port=None, browser=False) as (url, _):
        where = urlsplit(url)
        base = f"{where.scheme}://{where.netloc}/"
        lab = Lab(base, where.query.removeprefix("token="), folder)
        for plugin, values in SETTINGS.items():
            lab.set(plugin, **values)
        yield lab


@pytest.fixture
def open_page(lab: Lab, browser: Browser) -> Iterator[Callable[..., Notebook]]:
    """Open a notebook of the lab by its path in a new browser context; `options` are the context's."""
    contexts: list[BrowserContext] = []

    def open_page(path: str, *, app: str = "lab/tree", width: int = 1280, **options: Any) -> Notebook:
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, **options))
        page = contexts[-1].new_page()
        page.goto(f"{lab.url}{app}/{path}?reset&token={lab.token}")
        return Notebook(page, lab.root / path)

    yield open_page
    for context in contexts:
        context.close()
    lab.stop_kernels()


@pytest.fixture
def open_notebook(lab: Lab, pool: Any, open_page: Callable[..., Notebook]) -> Callable[..., Notebook]:
    """Open a new notebook with some cells, beside a configuration that names the test's own pools."""

    def open_notebook(*cells: str, **options: Any) -> Notebook:
        folder = lab.root / pool.user_pool_id
        folder.mkdir()
        of_the_pool = Scene(
            endpoint_url=pool.endpoint_url,
            region=pool.region,
            user_pool_id=pool.user_pool_id,
            client_id=pool.client_id,
            identity_pool_id=pool.identity_pool_id,
            bucket=pool.bucket,
            keys=(),
            users=(),
        )
        (folder / "amplify_outputs.json").write_text(json.dumps(of_the_pool.amplify_outputs()))
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        nbformat.write(notebook, folder / "test.ipynb")
        return open_page(f"{pool.user_pool_id}/test.ipynb", **options)

    return open_notebook


@pytest.fixture
def read_data(pool: Any) -> str:
    """A cell that needs a signed-in user's AWS credentials, and its output then."""
    return f"aws.client('s3').get_object(Bucket={pool.bucket!r}, Key={pool.private_key!r})['Body'].read().decode()"


@pytest.fixture
def totp(pool: Any) -> pyotp.TOTP:
    """The authenticator of the user who has one."""
    return pyotp.TOTP(pool.totp_secret)


def _ends_saving(request: Any) -> bool:
    return request.method == "POST" and request.url.partition("?")[0].endswith("/checkpoints")
