"""A notebook on whose stage the panel of one session after the other is shown, worked with the keyboard alone.

There is no mouse here: who uses a stage comes to every field and button as people without one do, or the test fails.
"""

import base64
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from nbauth.testing import Cognito
from nbauth.testing.stand_in import AppClient
from tests.e2e.axe import Axe
from tests.e2e.layout import CURSOR, complaints
from tests.e2e.notebook import Notebook

PASSWORD = "Curious-Horse-6"
CELL = "exec(compile(open('next.py').read(), 'next.py', 'exec'))"
SHOW = """
import datetime
from unittest.mock import patch
import nbauth
from nbauth.widgets import PanelPrompt
patch.stopall()
for name, value in {patched!r}.items():
    patch(name, value).start()
session = nbauth.AuthSession({config!r}, store="memory")
{before}
PanelPrompt(session).show_sign_in()
"""
WHERE_IT_IS = """() => ({
    cursor: document.activeElement.outerHTML.slice(0, 300),
    dialogs: Array.from(document.querySelectorAll('.jp-Dialog'), (dialog) => dialog.textContent),
})"""
SHEETS = Path(__file__).parents[2] / "build" / "screens"
LOOKS = {"320": ("light", 320), "390": ("light", 390), "light": ("light", 1280), "dark": ("dark", 1280)}
HEIGHT = 1400
STEPS = 40  # presses of the Tab key after which a thing counts as out of reach


class Album:
    """Pictures of the screens, where they are wanted: CI keeps them, and people ask for them.

    Args:
        name: What its sheets are called.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self.wanted = "CI" in os.environ or os.environ.get("NBAUTH_SCREENSHOTS") == "1"
        self._pictures: dict[str, dict[str, bytes]] = {}

    def keep(self, name: str, look: str, picture: bytes) -> None:
        self._pictures.setdefault(name, {})[look] = picture

    def paste(self, browser: Browser) -> None:
        """Make a sheet of each look."""
        if not self._pictures:
            return
        SHEETS.mkdir(parents=True, exist_ok=True)
        for look in LOOKS:
            figures = "".join(
                f'<figure><img src="data:image/png;base64,{base64.b64encode(taken[look]).decode()}">'
                f"<figcaption>{name}</figcaption></figure>"
                for name, taken in self._pictures.items()
            )
            background, text = ("#111", "#bbb") if look == "dark" else ("#fff", "#555")
            sheet = browser.new_page(viewport={"width": 1720, "height": 800})
            sheet.set_content(
                f"<!doctype html><style>body{{background:{background};color:{text};font:13px sans-serif}}"
                "body{columns:4;margin:16px}figure{margin:0 0 16px;break-inside:avoid}"
                f"img{{max-width:100%;display:block}}</style>{figures}"
            )
            sheet.screenshot(path=SHEETS / f"{self._name}-{look}.png", full_page=True)
            sheet.close()


class Stage(Notebook):
    """A notebook whose one cell shows the panel of another session each time it is run."""

    axe: Axe
    album: Album

    @property
    def panel(self) -> Locator:
        return self.page.locator("form.nbauth-panel")

    @property
    def said(self) -> Locator:
        return self.panel.locator(".nbauth-said")

    def show(
        self,
        cognito: Cognito,
        *,
        before: str = "",
        patched: Mapping[str, object] | None = None,
        client: AppClient | None = None,
        is_in: bool = False,
        **settings: Any,
    ) -> None:
        """Show the panel of a new session with a pool, or the bar of one in which the code before has signed in.

        What is patched, by its name, stays so in the kernel until the next panel is shown.
        """
        config = cognito.config_of(client or cognito.client) | {"identity_pool_id": None} | settings
        cell = self.path.with_name("next.py")
        cell.write_text(SHOW.format(config=config, before=before, patched=dict(patched or {})))
        self.run(0)
        cell.unlink()  # it may hold a password
        expect(self.bar if is_in else self.panel).to_be_visible()

    # --- what people see

    def title(self, text: str) -> None:
        expect(self.panel.get_by_role("heading", level=2)).to_have_text(text)

    def field(self, label: str) -> Locator:
        return self.panel.get_by_label(label, exact=True)

    def is_in(self, name: str = "ada") -> None:
        expect(self.bar).to_contain_text(f"Signed in as {name}")
        expect(self.panel).to_have_count(0)
        self.has_cursor()

    def has_cursor(self) -> None:
        """Make sure that the cursor is somewhere in the notebook; else tell where it is."""
        try:
            expect(self.page.locator(".jp-Notebook:focus-within")).to_have_count(1)
        except AssertionError:
            pytest.fail(f"the cursor has left the notebook: {self.page.evaluate(WHERE_IT_IS)}")

    def look(self, name: str, part: Locator | None = None) -> None:
        """Make sure that everybody can use the screen that is shown, in each of its looks, and keep pictures of it."""
        part = part or self.panel
        self.has_cursor()
        amiss: list[str] = []
        worn = self.page.locator("body").get_attribute("data-jp-theme-light") == "true"
        # To change a theme takes the longest.
        for look in sorted(LOOKS, key=lambda look: (LOOKS[look][0] == "light") != worn):
            self.dress(*LOOKS[look])
            amiss += complaints(part)
            if look in ("light", "dark"):
                amiss += self.axe.complaints(self.page)
            if self.album.wanted:
                self.album.keep(name, look, part.screenshot())
        if amiss:
            pytest.fail("\n".join([f"{name}:", *amiss]))

    def dress(self, colors: str, width: int) -> None:
        """Give the page a theme and a width."""
        self.page.set_viewport_size({"width": width, "height": HEIGHT})
        self.page.emulate_media(color_scheme=colors)
        expect(self.page.locator("body")).to_have_attribute("data-jp-theme-light", str(colors == "light").lower())
        expect(self.page.locator("#jupyterlab-splash")).to_have_count(0)

    # --- what people do

    def go_to(self, target: Locator) -> None:
        """Bring the cursor to a field or a button with the Tab key, and make sure that one sees it there."""
        expect(self.page.locator(".nbauth [aria-busy=true]")).to_have_count(0)
        expect(target).to_be_visible()
        for _ in range(STEPS):
            self.has_cursor()
            cursor = target.evaluate(CURSOR)
            if cursor["here"]:
                assert cursor["seen"], f"nobody sees that the cursor is in {target}"
                return
            self.page.keyboard.press("Tab" if cursor["later"] else "Shift+Tab")
        pytest.fail(f"the Tab key does not come to {target}")

    def press(self, name: str) -> None:
        self.go_to(self.button(name))
        self.page.keyboard.press("Enter")

    def type(self, label: str, text: str) -> None:
        """Put a text into a field, in the place of what was there."""
        field = self.field(label)
        self.go_to(field)
        if field.input_value():
            self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def enter(self, **values: str) -> None:
        """Fill in fields by their labels, with an underscore for a blank, and press Enter in the last."""
        for label, value in values.items():
            self.type(label.replace("_", " "), value)
        self.page.keyboard.press("Enter")

    def sign_in(self, username: str, password: str) -> None:
        self.enter(User_name=username, Password=password)

    def choose(self, label: str) -> None:
        """Choose one of several with the arrow keys."""
        choice = self.field(label)
        choices = self.panel.locator("fieldset").filter(has=self.page.get_by_label(label, exact=True))
        self.go_to(choices.locator(":checked"))
        for _ in range(choices.get_by_role("radio").count()):
            if choice.is_checked():
                break
            self.page.keyboard.press("ArrowDown")
        expect(choice).to_be_focused()

    def choose_from_menu(self, menu: str, item: str) -> None:
        self.press(menu)
        wanted = self.bar.get_by_role("menuitem", name=item)
        for _ in range(self.bar.get_by_role("menuitem").count()):
            if wanted.evaluate("(node) => node === document.activeElement"):
                break
            self.page.keyboard.press("ArrowDown")
        expect(wanted).to_be_focused()
        self.page.keyboard.press("Enter")
