"""The same notebook in Notebook 7, and on a narrow page."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("browser")

LOAD = "%load_ext nbauth"


def test_notebook_7_shows_panel_and_bar_and_a_waiting_cell_goes_on(open_notebook, read_data, pool):
    notebook = open_notebook("%config NbAuth.show_panel = False\n%load_ext nbauth", read_data, app="notebooks")
    notebook.run(0)
    notebook.start(1)
    expect(notebook.username).to_be_focused()
    notebook.sign_in(pool.username, pool.password)
    notebook.wait_for(1)
    expect(notebook.output(1)).to_contain_text("'for users'")


def overflowing(notebook) -> list[str]:
    """What stands out of the output it is in, to the right."""
    return notebook.page.locator(".nbauth").evaluate_all(
        """(roots) => roots.flatMap((root) => {
            const edge = root.closest('.jp-OutputArea-output').getBoundingClientRect().right;
            return [root, ...root.querySelectorAll('*')]
                .filter((node) => node.getBoundingClientRect().right > edge + 1)
                .map((node) => node.outerHTML.slice(0, 80));
        })"""
    )


@pytest.mark.parametrize("width", [320, 390])
def test_on_a_narrow_page_nothing_is_cut_off_and_buttons_begin_where_texts_do(open_notebook, pool, width):
    notebook = open_notebook(LOAD, app="notebooks", width=width)
    notebook.run(0)
    notebook.sign_in(pool.username, "Wrong-Horse-7")
    expect(notebook.alert).not_to_have_text("")
    assert overflowing(notebook) == []
    notebook.password.fill(pool.password)
    notebook.password.press("Enter")
    expect(notebook.bar).to_contain_text("Signed in as ada")
    assert overflowing(notebook) == []
    parts = (notebook.bar.get_by_role("status").first, notebook.button("Refresh"))
    assert len({part.bounding_box()["x"] for part in parts}) == 1
    notebook.page.add_style_tag(content=".nbauth { min-width: 600px }")
    assert overflowing(notebook) != []
