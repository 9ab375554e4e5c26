import json
from pathlib import Path

import pytest

from nbauth.demo.seed import DEMO_BUCKET, DEMO_KEY, DEMO_USERS

NOTEBOOK = Path(__file__).parents[3] / "notebooks" / "quickstart.ipynb"


@pytest.fixture(scope="module")
def cells() -> list[dict]:
    return json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]


def test_the_quickstart_is_saved_without_outputs(cells):
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert [(cell["outputs"], cell["execution_count"]) for cell in code] == [([], None)] * len(code)


def test_the_quickstart_says_what_to_type_and_reads_what_there_is(cells):
    text = "".join("".join(cell["source"]) for cell in cells)
    alice = DEMO_USERS[0]
    for name in (alice.username, alice.password, DEMO_BUCKET, DEMO_KEY):
        assert name in text
