"""A front end that is no JupyterLab: a page that shows one panel of this process, by the rules of anywidget alone.

The page loads the module as anywidget does, out of a blob, and the style sheet as an element.
"""

import json
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Browser, Locator, Page, Route, expect

from nbauth import AuthSession
from nbauth.widgets.panel import Panel

HOST = "front-end.example"
ORIGIN = f"https://{HOST}"
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
globalThis.takeAway = module.default.render({ model, el: document.getElementById("output") });
globalThis.listeners = () => Object.values(listeners).reduce((count, { size }) => count + size, 0);
setInterval(async () => {
    for (const [name, value] of JSON.parse(await fromKernel("news"))) {
        if (name === "message") emit("msg:custom", value);
        else { traits[name] = value; emit(`change:${name}`); }
    }
}, 20);
"""


class TalkingPanel(Panel):
    """A panel that keeps for the page what it would send it, and what the page has sent.

    Attributes:
        news: What the page has not fetched yet.
        heard: What the page has sent.
        withhold: The type of messages that are kept back until they are released.
    """

    def __init__(self, session: AuthSession, *, form: bool = True) -> None:
        self.news: deque[tuple[str, object]] = deque()
        self.heard: list[dict[str, Any]] = []
        self.withhold = ""
        self._withheld: list[tuple[str, object]] = []
        super().__init__(session, form=form)
        self.observe(lambda change: self.news.append((change["name"], change["new"])), self.keys)

    def send(self, content: Any, buffers: object = None) -> None:
        held = self.withhold and content["type"] == self.withhold
        (self._withheld if held else self.news).append(("message", content))

    def release(self) -> None:
        """Let the page have what was kept back."""
        self.withhold = ""
        self.news.extend(self._withheld)

    def tell(self, what: str) -> str:
        told = self.get_state() if what == "state" else [self.news.popleft() for _ in range(len(self.news))]
        return json.dumps(told)

    def hear(self, message: str) -> None:
        self.heard.append(json.loads(message))
        self._handle_custom_msg(self.heard[-1], [])


class FrontEnd:
    """A page that shows a panel, and what a person sees there.

    Attributes:
        page: The page.
        panel: What it shows.
        refused: What the page's policy has kept from it.
    """

    def __init__(self, page: Page, panel: TalkingPanel, refused: list[str]) -> None:
        self.page = page
        self.panel = panel
        self.refused = refused

    @property
    def form(self) -> Locator:
        return self.page.locator("form.nbauth-panel")

    @property
    def bar(self) -> Locator:
        return self.page.locator("section.nbauth-bar")

    def field(self, label: str) -> Locator:
        return self.form.get_by_label(label, exact=True)

    def button(self, name: str) -> Locator:
        return self.page.locator(".nbauth").get_by_role("button", name=name, exact=True)

    def sign_in(self, username: str, password: str) -> None:
        self.field("User name").fill(username)
        self.field("Password").fill(password)
        self.field("Password").press("Enter")

    def close(self) -> list[dict[str, Any]]:
        """Take the panel off the page; returns what the page sends from now on."""
        self.page.evaluate("takeAway()")
        self.panel.heard.clear()
        return self.panel.heard


@contextmanager
def front_end(
    browser: Browser,
    panel: TalkingPanel,
    *,
    ahead: timedelta | None = None,
    script: str = "",
    style: str = "",
    **options: Any,
) -> Iterator[FrontEnd]:
    """Open a page that shows a panel.

    Args:
        browser: Where.
        panel: What is shown.
        ahead: How far the browser's clock is ahead of the kernel's; None for a clock that cannot be moved.
        script: What runs in the page before anything else.
        style: The style sheet of the front end.
        options: Those of the browser's context.
    """
    context = browser.new_context(**{"viewport": {"width": 600, "height": 600}} | options)
    try:
        if ahead is not None:
            context.clock.install(time=datetime.now(UTC) + ahead)
        context.add_init_script(
            f"addEventListener('securitypolicyviolation', (event) => refused(event.blockedURI));{script}"
        )
        shown = FrontEnd(context.new_page(), panel, [])
        shown.page.expose_function("fromKernel", panel.tell)
        shown.page.expose_function("toKernel", panel.hear)
        shown.page.expose_function("refused", lambda uri: shown.refused.append(uri))
        shown.page.route(f"{ORIGIN}/**", _serving(style))
        shown.page.goto(f"{ORIGIN}/")
        expect(shown.page.locator(".nbauth")).to_be_visible()
        yield shown
    finally:
        context.close()


def _serving(style: str) -> Callable[[Route], None]:
    files = {
        "/": ("text/html", PAGE),
        "/theme.css": ("text/css", style),
        "/front-end.js": ("text/javascript", FRONT_END),
    }

    def serve(route: Route) -> None:
        kind, body = files.get(route.request.url.removeprefix(ORIGIN), ("text/plain", ""))
        headers = {"Content-Type": f"{kind}; charset=utf-8", "Content-Security-Policy": POLICY}
        route.fulfill(body=body, headers=headers)

    return serve
