"""Every text in the panel and the bar can be read, and every edge seen, in JupyterLab's light and dark themes.

WCAG 2.2: 1.4.3 for texts, 1.4.11 for what is filled in and pressed.
"""

import pytest
from playwright.sync_api import expect

from tests.e2e.axe import Axe
from tests.e2e.browser import SETTINGS

pytestmark = pytest.mark.xdist_group("browser")

THEMES = "@jupyterlab/apputils-extension:themes"
HIGH_CONTRAST = "JupyterLab Dark High Contrast"

# How much lighter or darker than what is behind it a colour is. A canvas turns any CSS colour into bytes.
CONTRAST = """
const canvas = Object.assign(document.createElement('canvas'), {width: 1, height: 1});
const brush = canvas.getContext('2d', {willReadFrequently: true});
const paint = (colors) => {
    for (const color of colors) { brush.fillStyle = color; brush.fillRect(0, 0, 1, 1); }
    return [...brush.getImageData(0, 0, 1, 1).data].slice(0, 3);
};
const light = (color) => {
    const [r, g, b] = color.map((byte) => byte / 255)
        .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (node) => node ? [...behind(node.parentElement), getComputedStyle(node).backgroundColor] : ['white'];
const contrast = (color, colors) => {
    const [low, high] = [light(paint(colors)), light(paint([...colors, color]))].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
};
"""

TEXTS = f"""(root) => {{
    {CONTRAST}
    const texts = [...root.querySelectorAll('*')].filter((node) =>
        node.checkVisibility() && [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()));
    return texts.map((node) => [node.textContent, contrast(getComputedStyle(node).color, behind(node))]);
}}"""

# What shows where there is something to fill in or to press: its edge or its surface, and the ring where the cursor is.
EDGES = f"""(root) => {{
    {CONTRAST}
    const name = (node) => node.querySelector('input')?.name ?? node.textContent;
    const edge = (node) => {{
        const {{borderTopColor: line, backgroundColor: surface}} = getComputedStyle(node);
        return contrast(line === 'rgba(0, 0, 0, 0)' ? surface : line, behind(node.parentElement));
    }};
    const ring = root.querySelector('.nbauth-control:focus-within, :focus-visible');
    return [...[...root.querySelectorAll('.nbauth-control, .nbauth-button')].filter((node) => node.checkVisibility())
        .map((node) => [name(node), edge(node)]),
        ['the ring', contrast(getComputedStyle(ring).outlineColor, behind(ring.parentElement))]];
}}"""


def too_faint(part, what=TEXTS, least=4.5) -> list[str]:
    contrasts = part.evaluate(what)
    assert contrasts
    return [name for name, contrast in contrasts if contrast < least]


@pytest.mark.parametrize("colors", ["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(open_notebook, pool, colors):
    notebook = open_notebook("%load_ext nbauth", color_scheme=colors)
    expect(notebook.page.locator("body")).to_have_attribute("data-jp-theme-light", str(colors == "light").lower())
    notebook.run(0)
    notebook.sign_in(pool.username, "Wrong-Horse-7")
    expect(notebook.alert).not_to_have_text("")
    notebook.button("Sign in").hover()
    assert too_faint(notebook.panel) == []
    notebook.sign_in(pool.username, pool.password)
    expect(notebook.bar).to_contain_text("Signed in as ada")
    notebook.button("More").click()
    expect(notebook.bar.get_by_role("menuitem")).to_have_count(4)
    assert too_faint(notebook.bar) == []
    notebook.page.add_style_tag(content=".nbauth-bar strong { color: gray }")
    assert too_faint(notebook.bar) == ["ada"]


@pytest.mark.parametrize("colors", ["light", "dark"])
def test_every_field_and_button_has_an_edge_that_is_seen(open_notebook, colors):
    notebook = open_notebook("%load_ext nbauth", color_scheme=colors)
    notebook.run(0)
    expect(notebook.username).to_be_focused()
    assert too_faint(notebook.panel, EDGES, 3) == []
    notebook.page.keyboard.press("Tab")
    notebook.page.keyboard.press("Tab")  # past the button that shows the password
    notebook.page.keyboard.press("Tab")
    expect(notebook.button("Sign in")).to_be_focused()
    assert too_faint(notebook.panel, EDGES, 3) == []
    notebook.page.add_style_tag(content=".nbauth { --nbauth-field-line: var(--nbauth-line) }")
    assert too_faint(notebook.panel, EDGES, 3)[0] == "username"


@pytest.fixture
def high_contrast(lab, open_notebook):
    """A notebook in JupyterLab's theme of that name."""
    lab.set(THEMES, **SETTINGS[THEMES], **{"preferred-dark-theme": HIGH_CONTRAST})
    notebook = open_notebook("%load_ext nbauth", color_scheme="dark")
    expect(notebook.page.locator("body")).to_have_attribute("data-jp-theme-name", HIGH_CONTRAST)
    notebook.run(0)
    yield notebook
    lab.set(THEMES, **SETTINGS[THEMES])


def test_the_theme_of_high_contrast_has_it_here_too(high_contrast, npm, pool):
    axe = Axe(npm)
    high_contrast.sign_in(pool.username, "Wrong-Horse-7")
    expect(high_contrast.alert).not_to_have_text("")
    assert too_faint(high_contrast.panel) + axe.complaints(high_contrast.page) == []
    high_contrast.sign_in(pool.username, pool.password)
    expect(high_contrast.bar).to_contain_text("Signed in as ada")
    assert too_faint(high_contrast.bar) + axe.complaints(high_contrast.page) == []
