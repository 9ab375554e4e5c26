"""What JupyterLab writes to disk while people sign in holds nothing that must not leak, widget state included."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("browser")

WRONG = "Wrong-Sentinel-4711"
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


def parts(secret: str) -> set[str]:
    """Pieces of a secret of which none may be found: half a token is one too many."""
    return {secret[start : start + 24] for start in range(0, max(1, len(secret) - 23), 24)}


def files_with(secrets: list[str], folder: Path) -> list[str]:
    """The files in which any piece of any of the secrets stands."""
    wanted = [part.encode() for secret in secrets for part in parts(secret)]
    files = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(path.name for path in files if any(part in path.read_bytes() for part in wanted))


@pytest.mark.usefixtures("widgets_are_saved")
def test_neither_notebooks_nor_the_server_keep_what_was_typed_or_got(open_notebook, lab, pool, read_data, tmp_path):
    confession, leak = tmp_path / "secrets.json", tmp_path / "leak"
    leak.write_text(leaked := "Sentinel-that-leaks-0815")
    notebook = open_notebook(LOAD, read_data, CONFESS.format(path=str(confession)), LEAK.format(path=str(leak)))
    folder = notebook.path.parent
    notebook.run(0)
    notebook.sign_in(pool.username, WRONG)
    expect(notebook.alert).not_to_have_text("")
    notebook.password.fill(pool.password)
    notebook.save()  # with a password in the field
    assert files_with([pool.password, WRONG], folder) == []
    notebook.button("Sign in").click()
    expect(notebook.bar).to_contain_text("Signed in as ada")
    for index in (1, 2, 3):
        notebook.run(index)
    saved = notebook.save()
    assert '"view"' in json.dumps(saved["metadata"]["widgets"])  # ours are among them
    assert files_with([WRONG, pool.password], lab.folder) == []
    store = {path.name for path in (lab.folder / "state" / "nbauth").iterdir()}
    assert set(files_with(json.loads(confession.read_text()), lab.folder)) <= store  # which keeps refresh tokens
    assert files_with([leaked], folder) == ["test-checkpoint.ipynb", "test.ipynb"]
