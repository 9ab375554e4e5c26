"""JupyterLab with a kernel and an AWS behind it, and Chromium in front of it.

All tests of this folder run in one xdist worker (`xdist_group`), because JupyterLab and Chromium are heavy. Each test
has user pools, a notebook, a kernel and a browser context of its own. A page is waited for, never slept for.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nbformat
import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from nbauth.demo.lab import prepare_work_folder, running_lab
from nbauth.demo.scene import Scene
from nbauth.demo.seed import seed
from nbauth.testing import Cognito
from nbauth.testing.stand_in import AppClient
from tests.e2e.axe import Axe
from tests.e2e.browser import OPTIONS, PAGE_CONFIG, SETTINGS, path_of_chromium
from tests.e2e.notebook import Lab, Notebook
from tests.e2e.stage import CELL, PASSWORD, Album, Stage

RunLab = Callable[..., AbstractContextManager[Lab]]
PATIENT_KERNEL = """
from nbauth.widgets import prompt
prompt._READY_WITHIN = 60  # seconds; browsers on slow machines show a panel, too
del prompt
"""


@pytest.fixture(scope="session")
def chromium() -> str:
    if path := path_of_chromium():
        return path
    problem = "no Chromium is on the PATH: apt-get install chromium"
    return pytest.fail(problem) if os.environ.get("CI") else pytest.skip(problem)


# Not longer than a module: while Playwright is up, its event loop counts as running, and other tests need their own.
@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def scene(ministack: str) -> Scene:
    """What `nbauth demo` offers: alice, bob, carol, and a bucket."""
    return seed(ministack)


@pytest.fixture(scope="session")
def run_lab(chromium: str, scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> RunLab:
    """Run a JupyterLab of its own for the length of a `with` block, with more variables in its environment."""
    return contextmanager(lambda **more: _run_lab(tmp_path_factory.mktemp("lab"), scene, more))


@pytest.fixture(scope="session")
def lab(run_lab: RunLab) -> Iterator[Lab]:
    """The JupyterLab that the tests share."""
    with run_lab() as lab:
        yield lab


def _run_lab(folder: Path, scene: Scene, more: dict[str, str]) -> Iterator[Lab]:
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
    (folder / "config" / "labconfig").mkdir()
    (folder / "config" / "labconfig" / "page_config.json").write_text(json.dumps(PAGE_CONFIG))
    startup = folder / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "patience.py").write_text(PATIENT_KERNEL)
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
    own = {variable: str(folder / name) for variable, name in places.items()}
    environment = scene.environment(kept | own | more, kept_sign_ins=folder / "state")
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
    """Open a notebook of the lab by its path in a new browser context, `without` what some URLs bring.

    `options` are the context's.
    """
    contexts: list[BrowserContext] = []
    opened: set[Path] = set()

    def open_page(
        path: str, *, app: str = "lab/tree", width: int = 1280, without: str = "", **options: Any
    ) -> Notebook:
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, **options))
        page = contexts[-1].new_page()
        if without:
            page.route(without, lambda route: route.abort())
        opened.add(lab.root / path)
        return Notebook.open(lab, page, f"{lab.url}{app}/{path}?reset&token={lab.token}", lab.root / path)

    yield open_page
    for context in contexts:
        context.close()
    for notebook in opened:
        lab.stop_kernel_of(notebook)


@pytest.fixture
def write_notebook(lab: Lab, pool: Any) -> Callable[..., str]:
    """Write a new notebook with some cells, beside a configuration of the test's own pools; returns its path."""

    def write_notebook(*cells: str) -> str:
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
        return f"{pool.user_pool_id}/test.ipynb"

    return write_notebook


@pytest.fixture
def open_notebook(write_notebook: Callable[..., str], open_page: Callable[..., Notebook]) -> Callable[..., Notebook]:
    """Open a new notebook with some cells."""
    return lambda *cells, **options: open_page(write_notebook(*cells), **options)


@pytest.fixture
def read_data(pool: Any) -> str:
    """A cell that needs a signed-in user's AWS credentials, and its output then."""
    return f"aws.client('s3').get_object(Bucket={pool.bucket!r}, Key={pool.private_key!r})['Body'].read().decode()"


@pytest.fixture
def totp(pool: Any) -> pyotp.TOTP:
    """The authenticator of the user who has one."""
    return pyotp.TOTP(pool.totp_secret)


@pytest.fixture(scope="module")
def stage(request: pytest.FixtureRequest, lab: Lab, browser: Browser, npm: Callable[..., Path]) -> Iterator[Stage]:
    """One page and one kernel for all tests of a module: each has another session shown."""
    folder = lab.root / request.module.__name__.rpartition(".")[2]
    folder.mkdir()
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(CELL)],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    nbformat.write(notebook, folder / "test.ipynb")
    context = browser.new_context(viewport={"width": 1280, "height": 1400}, device_scale_factor=1)
    page = context.new_page()
    # Browsers know passkeys of names only, and of no addresses.
    address = f"{lab.url.replace('127.0.0.1', 'localhost')}lab/tree/{folder.name}/test.ipynb?reset&token={lab.token}"
    stage = Stage.open(lab, page, address, folder / "test.ipynb")
    page.keyboard.press("Control+b")
    stage.axe = Axe(npm)
    stage.album = Album(folder.name.removeprefix("test_"))
    yield stage
    stage.album.paste(browser)
    context.close()
    lab.stop_kernel_of(stage.path)


@pytest.fixture
def cognito() -> Iterator[Cognito]:
    with Cognito() as cognito:
        cognito.users.add("ada", PASSWORD, email="ada@example.com")
        yield cognito


@pytest.fixture
def passwordless(cognito: Cognito) -> AppClient:
    """An app client that lets people choose what to begin with."""
    cognito.settings.mfa = "OFF"
    cognito.settings.first_factors = frozenset({"PASSWORD", "EMAIL_OTP", "WEB_AUTHN"})
    cognito.settings.relying_party = "localhost"
    flows = frozenset({"USER_AUTH", "USER_SRP_AUTH", "REFRESH_TOKEN_AUTH"})
    return cognito.add_client(AppClient(flows=flows))


@pytest.fixture
def authenticator(stage: Stage) -> Iterator[Any]:
    """A device that has passkeys and a person who always says yes."""
    session = stage.page.context.new_cdp_session(stage.page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    always = {"isUserVerified": True, "automaticPresenceSimulation": True}
    device = session.send("WebAuthn.addVirtualAuthenticator", {"options": options | always})["authenticatorId"]
    yield lambda consents: session.send(
        "WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": consents}
    )
    session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": device})
    session.detach()
