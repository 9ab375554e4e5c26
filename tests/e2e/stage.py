"""A notebook on whose stage the panel of one session after the other is shown, and pictures of what is seen there."""

import base64
import os
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from nbauth.testing import Cognito
from nbauth.testing.stand_in import AppClient
from tests.e2e.notebook import Notebook

PASSWORD = "Curious-Horse-6"
CELL = "exec(compile(open('next.py').read(), 'next.py', 'exec'))"
SHOW = """
import nbauth
from nbauth.widgets import PanelPrompt
session = nbauth.AuthSession({config!r}, store="memory")
{before}
PanelPrompt(session).show_sign_in()
"""
SHEETS = Path(__file__).parents[2] / ".github" / "images"
WIDTHS = {"light": 1280, "dark": 1280, "390": 390, "320": 320}


class Album:
    """Pictures of the screens, where they are wanted: each light and dark, and on a telephone."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._wanted = os.environ.get("NBAUTH_SCREENSHOTS") == "1"
        self.pictures: dict[str, dict[str, bytes]] = {}

    def take(self, panel: Locator, name: str) -> None:
        if not self._wanted:
            return
        taken = self.pictures.setdefault(name, {})
        for look, width in WIDTHS.items():
            colors = "dark" if look == "dark" else "light"
            self._page.emulate_media(color_scheme=colors)
            expect(self._page.locator("body")).to_have_attribute("data-jp-theme-light", str(colors == "light").lower())
            expect(self._page.locator("#jupyterlab-splash")).to_have_count(0)
            self._page.set_viewport_size({"width": width, "height": 1400})
            taken[look] = panel.screenshot()
        self._page.emulate_media(color_scheme="light")
        self._page.set_viewport_size({"width": 1280, "height": 1400})

    def paste(self, browser: Browser) -> None:
        """Make a sheet of each look."""
        for look in WIDTHS if self.pictures else ():
            figures = "".join(
                f'<figure><img src="data:image/png;base64,{base64.b64encode(taken[look]).decode()}">'
                f"<figcaption>{name}</figcaption></figure>"
                for name, taken in self.pictures.items()
            )
            background, text = ("#111", "#bbb") if look == "dark" else ("#fff", "#555")
            sheet = browser.new_page(viewport={"width": 1720, "height": 800})
            sheet.set_content(
                f"<!doctype html><style>body{{background:{background};color:{text};font:13px sans-serif}}"
                "body{columns:4;margin:16px}figure{margin:0 0 16px;break-inside:avoid}"
                f"img{{max-width:100%;display:block}}</style>{figures}"
            )
            sheet.screenshot(path=SHEETS / f"screens-{look}.png", full_page=True)
            sheet.close()


class Stage(Notebook):
    """A notebook whose one cell shows the panel of another session each time it is run."""

    album: Album

    @property
    def panel(self) -> Locator:
        return self.page.locator("form.nbauth-panel")

    @property
    def said(self) -> Locator:
        return self.panel.get_by_role("status")

    def show(self, cognito: Cognito, *, before: str = "", client: AppClient | None = None, **settings: Any) -> None:
        """Show the panel of a new session with a pool."""
        config = cognito.config_of(client or cognito.client) | {"identity_pool_id": None} | settings
        cell = self.path.with_name("next.py")
        cell.write_text(SHOW.format(config=config, before=before))
        self.run(0)
        cell.unlink()  # it may hold a password
        expect(self.panel).to_be_visible()

    def title(self, text: str) -> None:
        expect(self.panel.get_by_role("heading", level=2)).to_have_text(text)

    def field(self, label: str) -> Locator:
        return self.panel.get_by_label(label, exact=True)

    def enter(self, **values: str) -> None:
        """Fill in fields by their labels, with an underscore for a blank, and press Enter in the last."""
        for label, value in values.items():
            self.field(label.replace("_", " ")).fill(value)
        self.page.keyboard.press("Enter")

    def is_in(self, name: str = "ada") -> None:
        expect(self.bar).to_contain_text(f"Signed in as {name}")
        expect(self.panel).to_have_count(0)

    def press(self, name: str) -> None:
        self.button(name).click()
