"""The panel on a page that is no JupyterLab's: VS Code's colours, and a content security policy.

The page loads the module as anywidget does, out of a blob, and the style sheet as an element. It talks to a panel in
this process.
"""

import json
from collections import deque

import pytest
from playwright.sync_api import expect

from nbauth import AuthSession
from nbauth.widgets.panel import Panel
from tests.e2e.axe import Axe
from tests.e2e.stage import PASSWORD

pytestmark = pytest.mark.xdist_group("browser")

ORIGIN = "https://front-end.example"
# What anywidget itself needs, and nothing more.
POLICY = "default-src 'none'; script-src 'self' blob:; style-src 'self' 'unsafe-inline'"
PAGE = """<!doctype html>
<html lang="en"><title>A notebook</title><link rel="stylesheet" href="theme.css">
<main><h1>A notebook</h1><div id="output"></div></main><script type="module" src="front-end.js"></script></html>"""
FRONT_END = """
const { _esm, _css, ...traits } = JSON.parse(await fromKernel("state"));
const listeners = {};
const model = {
    get: (name) => traits[name],
    on: (event, listener) => ((listeners[event] ??= new Set()).add(listener)),
    off: (event, listener) => listeners[event]?.delete(listener),
    send: (content) => toKernel(JSON.stringify(content)),
};
const emit = (event, ...args) => listeners[event]?.forEach((listener) => listener(...args));
const style = document.createElement("style");
style.textContent = _css;
document.head.append(style);
const module = await import(URL.createObjectURL(new Blob([_esm], { type: "text/javascript" })));
module.default.render({ model, el: document.getElementById("output") });
setInterval(async () => {
    for (const [name, value] of JSON.parse(await fromKernel("news"))) {
        if (name === "message") emit("msg:custom", value);
        else { traits[name] = value; emit(`change:${name}`); }
    }
}, 20);
"""
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


class TalkingPanel(Panel):
    """A panel that keeps for the page what it would send it."""

    def __init__(self, session: AuthSession) -> None:
        self.news: deque[tuple[str, object]] = deque()
        super().__init__(session, form=True)
        self.observe(lambda change: self.news.append((change["name"], change["new"])), self.keys)

    def send(self, content: object, buffers: object = None) -> None:
        self.news.append(("message", content))

    def tell(self, what: str) -> str:
        told = self.get_state() if what == "state" else [self.news.popleft() for _ in range(len(self.news))]
        return json.dumps(told)

    def hear(self, message: str) -> None:
        self._handle_custom_msg(json.loads(message), [])


@pytest.fixture
def panel(cognito):
    panel = TalkingPanel(AuthSession(cognito.config | {"identity_pool_id": None}, store="memory"))
    yield panel
    panel.close()


@pytest.fixture
def open_page(browser, panel):
    """Open a page that shows the panel in a theme; `refused` is what the policy has kept from it."""
    contexts = []

    def open_page(theme: str):
        refused = []
        contexts.append(browser.new_context(viewport={"width": 600, "height": 600}))
        page = contexts[-1].new_page()
        page.expose_function("fromKernel", panel.tell)
        page.expose_function("toKernel", panel.hear)
        page.expose_function("refused", lambda uri: refused.append(uri))
        page.add_init_script("addEventListener('securitypolicyviolation', (event) => refused(event.blockedURI))")
        files = {
            "/": ("text/html", PAGE),
            "/theme.css": ("text/css", style_sheet(theme)),
            "/front-end.js": ("text/javascript", FRONT_END),
        }

        def serve(route, request):
            kind, body = files.get(request.url.removeprefix(ORIGIN), ("text/plain", ""))
            headers = {"Content-Type": f"{kind}; charset=utf-8", "Content-Security-Policy": POLICY}
            route.fulfill(body=body, headers=headers)

        page.route(f"{ORIGIN}/**", serve)
        page.goto(f"{ORIGIN}/")
        return page, refused

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("theme", THEMES)
def test_the_panel_signs_in_and_can_be_read_in_the_colours_of_vs_code(open_page, npm, theme):
    page, refused = open_page(theme)
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
    assert refused == []
