"""What JupyterLab writes to disk while people sign in holds nothing that must not leak, widget state included."""

import json

import pytest
from playwright.sync_api import expect

from tests.e2e.sentinels import files_with

pytestmark = pytest.mark.xdist_group("browser")

WRONG, RIGHT = "Wrong-Sentinel-4711", "Right-Sentinel-4711"  # no notebook of ours speaks of them
LOAD = "%load_ext nbauth"
# Straight to a file: what a cell shows is saved on purpose.
CONFESS = """
import json, pathlib
tokens, keys = auth.get_tokens(), auth.get_credentials()
secrets = [tokens.id_token, tokens.access_token, tokens.refresh_token, keys.secret_access_key, keys.session_token]
pathlib.Path({path!r}).write_text(json.dumps([*(secret.reveal() for secret in secrets), keys.access_key_id]))
"""
LEAK = "import ipywidgets\nipywidgets.Password(value=pathlib.Path({path!r}).read_text())"


@pytest.fixture
def widgets_are_saved(lab):
    """The setting "Save Widget State Automatically" is on."""
    changed = lab.set("@jupyter-widgets/jupyterlab-manager:plugin", saveState=True)
    yield
    changed.unlink()


@pytest.fixture
def password(pool):
    """A password of the user that stands nowhere else."""
    who = {"UserPoolId": pool.user_pool_id, "Username": pool.username}
    pool.admin("cognito-idp").admin_set_user_password(**who, Password=RIGHT, Permanent=True)
    return RIGHT


@pytest.mark.usefixtures("widgets_are_saved")
def test_neither_notebooks_nor_the_server_keep_what_was_typed_or_got(
    open_notebook, lab, pool, password, read_data, tmp_path
):
    confession, leak = tmp_path / "secrets.json", tmp_path / "leak"
    leak.write_text(leaked := "Sentinel-that-leaks-0815")
    notebook = open_notebook(LOAD, read_data, CONFESS.format(path=str(confession)), LEAK.format(path=str(leak)))
    folder = notebook.path.parent
    notebook.run(0)
    notebook.sign_in(pool.username, WRONG)
    expect(notebook.alert).not_to_have_text("")
    notebook.password.fill(password)
    notebook.save()  # with a password in the field
    assert files_with([password, WRONG], folder) == []
    notebook.button("Sign in").click()
    expect(notebook.bar).to_contain_text("Signed in as ada")
    for index in (1, 2, 3):
        notebook.run(index)
    saved = notebook.save()
    assert '"view"' in json.dumps(saved["metadata"]["widgets"])  # ours are among them
    assert files_with([WRONG, password], lab.folder) == []
    store = {path.name for path in (lab.folder / "state" / "nbauth").iterdir()}
    assert set(files_with(json.loads(confession.read_text()), lab.folder)) <= store  # which keeps refresh tokens
    assert files_with([leaked], folder) == ["test-checkpoint.ipynb", "test.ipynb"]
