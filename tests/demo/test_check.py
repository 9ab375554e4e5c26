"""The check against a notebook whose panel is a stand-in that speaks the panel's protocol."""

import json
import os

import pytest

from nbauth.demo.check import check_quickstart
from nbauth.demo.errors import DemoError
from nbauth.demo.scene import User

PANEL = """
# stands in for %load_ext nbauth
from ipywidgets import DOMWidget
from traitlets import Dict

class View(DOMWidget):
    view = Dict().tag(sync=True)

FIELDS = [{"name": "username"}, {"name": "password"}]

def panel_of(*fields, error=None):
    return {"kind": "panel", "screen": {"id": "sign-in", "fields": list(fields), "error": error}}

def receive(widget, content, buffers):
    if content["type"] == "ready":
        heard.append("ready")
    elif content["screen"] == "sign-in" and content["values"] == {"username": "alice", "password": "right"}:
        bar.view = {"kind": "bar", "state": "SIGNED_IN"}
    else:
        panel.view = panel_of(*FIELDS, error="Incorrect user name or password")

heard = []
bar = View(view={"kind": "bar", "state": "SIGNED_OUT"})
"""
SIGN_IN = PANEL + "panel = View(view=panel_of(*FIELDS)); panel.on_msg(receive)"


@pytest.fixture
def check(tmp_path):
    def check_cells(*cells: str, password: str = "right") -> None:
        work, private = tmp_path / "work", tmp_path / "private"
        work.mkdir()
        private.mkdir()
        headed = [
            ("markdown", f"## Step {number}") if kind else ("code", cell)
            for number, cell in enumerate(cells, 1)
            for kind in (1, 0)
        ]
        notebook = {"cells": [{"cell_type": kind, "source": [source]} for kind, source in headed]}
        (work / "quickstart.ipynb").write_text(json.dumps(notebook))
        check_quickstart(work, private, os.environ, User("alice", password))

    return check_cells


def test_every_step_is_said(check, capsys):
    check("1 + 1", SIGN_IN, "assert heard == ['ready'] and bar.view['state'] == 'SIGNED_IN'")
    steps = [line.strip().rpartition(" (")[0] for line in capsys.readouterr().out.splitlines()]
    assert steps == ["Start a kernel", "Step 1", "Step 2", "Sign in as alice in the panel", "Step 3"]


def test_a_failing_cell_is_named_and_shown_and_ends_the_check(check, capsys):
    with pytest.raises(DemoError, match=r"(?s)^Step 2: .*ZeroDivisionError"):
        check("1 + 1", "1 / 0", "print('never')")
    assert "Step 2" not in capsys.readouterr().out


def test_a_wrong_password_fails_with_what_the_panel_says(check):
    with pytest.raises(DemoError, match="the panel says: Incorrect user name or password"):
        check(SIGN_IN, password="wrong")


def test_a_panel_that_asks_for_something_else_fails(check):
    with pytest.raises(DemoError, match="the sign-in panel asks for code"):
        check(PANEL + "panel = View(view=panel_of({'name': 'code'}))")


def test_no_panel_fails(check):
    with pytest.raises(DemoError, match="no sign-in panel has appeared"):
        check("# %load_ext nbauth")


def test_a_kernel_that_dies_fails(check):
    with pytest.raises(DemoError, match="the kernel has died"):
        check("import os; os._exit(1)")
