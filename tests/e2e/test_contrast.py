"""Every text in the panel and the bar can be read, in JupyterLab's light and dark themes (WCAG 2.2, 1.4.3)."""

import pytest
from playwright.sync_api import expect

from tests.e2e.axe import Axe
from tests.e2e.browser import SETTINGS

pytestmark = pytest.mark.xdist_group("browser")

THEMES = "@jupyterlab/apputils-extension:themes"
HIGH_CONTRAST = "JupyterLab Dark High Contrast"

# The texts, and how much lighter or darker than what is behind them they are. A canvas turns any CSS colour into bytes.
CONTRASTS = """(root) => {
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
    const texts = [...root.querySelectorAll('*')].filter((node) =>
        node.checkVisibility() && [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()));
    return texts.map((node) => {
        const colors = behind(node);
        const [low, high] = [light(paint(colors)), light(paint([...colors, getComputedStyle(node).color]))]
            .sort((a, b) => a - b);
        return [node.textContent, (high + 0.05) / (low + 0.05)];
    });
}"""


def too_faint(part) -> list[str]:
    contrasts = part.evaluate(CONTRASTS)
    assert contrasts
    return [text for text, contrast in contrasts if contrast < 4.5]


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
