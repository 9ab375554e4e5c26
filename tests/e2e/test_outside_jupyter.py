"""The panel on a page that is no JupyterLab's: VS Code's colours, and a content security policy."""

import pytest
from playwright.sync_api import expect

from nbauth import AuthSession
from tests.e2e.axe import Axe
from tests.e2e.front_end import TalkingPanel, front_end
from tests.e2e.stage import PASSWORD

pytestmark = pytest.mark.xdist_group("browser")

# Of VS Code 1.105: Light Modern, Dark Modern, and the two themes with high contrast.
THEMES = {
    "light": {
        "foreground": "#3b3b3b",
        "editor-background": "#ffffff",
        "editorWidget-background": "#f8f8f8",
        "input-background": "#ffffff",
        "focusBorder": "#005fb8",
        "button-background": "#005fb8",
        "button-foreground": "#ffffff",
        "button-hoverBackground": "#0258a8",
        "errorForeground": "#f85149",
    },
    "dark": {
        "foreground": "#cccccc",
        "editor-background": "#1f1f1f",
        "editorWidget-background": "#202020",
        "input-background": "#313131",
        "focusBorder": "#0078d4",
        "button-background": "#0078d4",
        "button-foreground": "#ffffff",
        "button-hoverBackground": "#026ec1",
        "errorForeground": "#f85149",
    },
    "high contrast": {
        "foreground": "#ffffff",
        "editor-background": "#000000",
        "editorWidget-background": "#0c141f",
        "input-background": "#000000",
        "focusBorder": "#f38518",
        "button-foreground": "#ffffff",
        "errorForeground": "#f48771",
    },
    "light, high contrast": {
        "foreground": "#292929",
        "editor-background": "#ffffff",
        "editorWidget-background": "#ffffff",
        "input-background": "#ffffff",
        "focusBorder": "#006bbd",
        "button-background": "#0f4a85",
        "button-foreground": "#ffffff",
        "button-hoverBackground": "#0f4a85",
        "errorForeground": "#b5200d",
    },
}


def style_sheet(theme: str) -> str:
    variables = "".join(f"--vscode-{name}: {value};" for name, value in THEMES[theme].items())
    body = "background: var(--vscode-editor-background); color: var(--vscode-foreground)"
    return f":root {{ {variables} }} body {{ {body} }}"


@pytest.fixture
def panel(cognito):
    panel = TalkingPanel(AuthSession(cognito.config | {"identity_pool_id": None}, store="memory"))
    yield panel
    panel.close()


@pytest.mark.parametrize("theme", THEMES)
def test_the_panel_signs_in_and_can_be_read_in_the_colours_of_vs_code(browser, panel, npm, theme):
    with front_end(browser, panel, style=style_sheet(theme)) as shown:
        page = shown.page
        axe, form = Axe(npm), page.get_by_role("form", name="Sign in to AWS")
        password, bar = form.get_by_label("Password", exact=True), page.get_by_role("region", name="AWS sign-in")
        form.get_by_label("User name").fill("ada")
        password.fill("Wrong-Horse-7")
        password.press("Enter")
        expect(form.get_by_role("alert")).to_have_text("Incorrect user name or password")
        assert axe.complaints(page) == []
        password.fill(PASSWORD)
        password.press("Enter")
        expect(bar).to_contain_text("Signed in as ada")
        bar.get_by_role("button", name="More").click()
        expect(bar.get_by_role("menuitem").first).to_be_focused()
        assert axe.complaints(page) == []
        assert shown.refused == []
