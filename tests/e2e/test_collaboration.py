"""With jupyter-collaboration a notebook lives on the server, as one document and as all that was ever changed in it.

Its pages' half is an extension of JupyterLab, so it has a JupyterLab of its own here.
"""

import re

import pyotp
import pytest
from playwright.sync_api import expect

from tests.e2e.sentinels import Wire, files_with, found_in
from tests.e2e.stage import CELL, PASSWORD, SHOW

pytestmark = pytest.mark.xdist_group("browser")

WRONG = "Wrong-Sentinel-4711"
DECOY = "Decoy-which-must-be-found"
COLLABORATION = (
    "jupyter-collaboration==5.0.4",
    "jupyter-collaboration-ui==3.0.4",
    "jupyter-docprovider==3.0.4",
    "jupyter-server-ydoc==3.0.4",
    "jupyter-server-fileid==0.10.0",
    "jupyter-ydoc==4.2.1",
    "pycrdt==0.14.13",
    "pycrdt-store==0.1.5",
    "pycrdt-websocket==0.16.5",
    "sqlite-anyio==0.2.10",
)


@pytest.fixture(scope="module")
def lab(run_lab, pip):
    """A JupyterLab whose notebooks several people can have open."""
    folder = pip(*COLLABORATION)
    with run_lab(
        PYTHONPATH=str(folder),
        JUPYTER_PATH=str(folder / "share" / "jupyter"),
        JUPYTER_CONFIG_PATH=str(folder / "etc" / "jupyter"),
    ) as lab:
        lab.set("@jupyter-widgets/jupyterlab-manager:plugin", saveState=True)
        yield lab


def test_the_documents_that_people_share_hold_no_secret_and_neither_does_what_a_second_person_is_sent(
    lab, cognito, write_notebook, open_page
):
    cognito.settings.mfa = "ON"
    path = write_notebook(CELL, f"import ipywidgets\nipywidgets.Text({DECOY[::-1]!r}[::-1])")
    notebook, second = open_page(path), open_page(path)
    wire = Wire()
    wire.watch(second.page)
    config = cognito.config_of(cognito.client) | {"identity_pool_id": None}
    (notebook.path.parent / "next.py").write_text(SHOW.format(config=config, before="", patched={}))
    notebook.run(0)
    second.reload()
    expect(second.panel).to_be_visible()  # as it has the same document and the same kernel

    notebook.sign_in("ada", WRONG)
    expect(notebook.alert).to_have_text("Incorrect user name or password")
    notebook.password.fill(PASSWORD)
    notebook.save()  # with a password in the field
    notebook.button("Sign in").click()
    panel = notebook.page.locator("form.nbauth-panel")
    panel.get_by_label("Authenticator app", exact=True).check()
    notebook.button("Continue").click()
    key = panel.locator("code")
    expect(key).to_have_text(re.compile(r"^([A-Z2-7]{4} )+"))
    notebook.save()  # with a key in the form
    secret = key.inner_text().replace(" ", "")
    picture = panel.locator("figure path").get_attribute("d")
    panel.get_by_label("Code", exact=True).fill(pyotp.TOTP(secret).now())
    notebook.button("Continue").click()
    expect(notebook.bar).to_contain_text("Signed in as ada")
    expect(second.bar).to_contain_text("Signed in as ada")
    notebook.run(1)
    notebook.save()

    secrets = [WRONG, PASSWORD, secret, key_in_groups(secret), picture]
    assert {".jupyter_ystore.db", "test.ipynb"} <= set(files_with([DECOY], lab.folder))
    assert files_with(secrets, lab.folder) == []
    heard = wire.heard_by(second.page)
    assert '"SIGNED_IN"' in heard
    assert found_in(heard, secrets) == []


def key_in_groups(secret):
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
