"""The tour of the panel, taken by somebody who does what its text says."""

import re

import nbformat
import pytest
from playwright.sync_api import Locator, expect

from nbauth.demo.lab import TOUR

pytestmark = pytest.mark.xdist_group("browser")

PASSWORD, FRESH = "Correct-Horse-7", "Brand-New-Saddle-8"


class Tour:
    """The notebook, cell by cell as they are called in its file."""

    def __init__(self, notebook) -> None:
        self._notebook = notebook
        cells = nbformat.read(notebook.path, as_version=4).cells
        self._index = {cell.id: index for index, cell in enumerate(cells)}
        self._place: Locator | None = None

    def run(self, cell: str) -> Locator:
        index = self._index[cell]
        self._notebook.run(index)
        return self._notebook.output(index)

    def show(self, cell: str) -> None:
        self._place = self.run(cell)

    def code(self, cell: str) -> str:
        output = self.run(cell)
        expect(output).to_have_text(re.compile(r"\d{6,8}\s*$"))
        return re.findall(r"\d{6,8}", output.inner_text())[-1]

    def put(self, cell: str, old: str, new: str) -> None:
        """Put something into the text of a cell."""
        editor = self._notebook.cell(self._index[cell]).locator(".cm-content")
        editor.fill(editor.inner_text().replace(old, new))

    def key(self) -> str:
        return self._place.locator("code").inner_text()

    def see(self, text: str) -> None:
        expect(self._place).to_contain_text(text)

    def miss(self, text: str) -> None:
        expect(self._place.get_by_role("region")).not_to_contain_text(text)

    def press(self, name: str) -> None:
        self._place.get_by_role("button", name=name, exact=True).click()

    def field(self, label: str) -> Locator:
        return self._place.get_by_label(label, exact=True)

    def enter(self, **values: str) -> None:
        """Fill in fields by their labels, with an underscore for a blank, and press Enter in the last."""
        for label, value in values.items():
            self.field(label.replace("_", " ")).fill(value)
        self._notebook.page.keyboard.press("Enter")


@pytest.fixture
def tour(open_page):
    tour = Tour(open_page(TOUR))
    tour.run("setup")
    return tour


def test_every_panel_of_the_tour_lets_in_who_does_what_the_text_says(tour):
    tour.show("show-password")
    tour.enter(User_name="ada", Password="wrong")
    tour.see("Incorrect user name or password")
    tour.enter(User_name="ada", Password=PASSWORD)
    tour.see("Signed in as ada")

    tour.show("show-sign-up")
    tour.press("Create an account")
    tour.field("E-mail address").fill("me@example.com")
    tour.enter(User_name="me", Password=FRESH, Confirm_password=FRESH)
    tour.see("Confirm your account")
    tour.enter(Code=tour.code("inbox-sign-up"))
    tour.see("Signed in as me")

    tour.show("show-forgotten")
    tour.press("Forgot your password?")
    tour.see("Reset your password")
    tour.enter(User_name="ada")
    tour.see("Choose a new password")
    tour.enter(Code=tour.code("inbox-forgotten"), New_password=FRESH, Confirm_password=FRESH)
    tour.see("Signed in as ada")

    tour.show("show-temporary")
    tour.enter(User_name="alan", Password="Temporary-1")
    tour.see("Choose a new password")
    tour.enter(New_password=FRESH, Confirm_password=FRESH)
    tour.see("Signed in as alan")


def test_so_does_every_one_that_asks_for_more_than_a_password(tour):
    tour.show("show-app")
    tour.enter(User_name="ada", Password=PASSWORD)
    tour.see("Set up a second step")
    tour.put("app-code", 'key = ""', f'key = "{tour.key()}"')
    tour.enter(Code=tour.code("app-code"))
    tour.see("Signed in as ada")

    tour.show("show-choice")
    tour.enter(User_name="grace", Password=PASSWORD)
    tour.see("How do you want to confirm it is you?")
    tour.field("Text message").check()
    tour.press("Continue")
    tour.see("by text message")
    tour.enter(Code=tour.code("inbox-choice"))
    tour.see("Signed in as grace")

    tour.show("show-passwordless")
    tour.enter(User_name="ada")
    tour.see("How do you want to sign in?")
    tour.field("E-mail").check()
    tour.press("Continue")
    tour.see("by e-mail")
    tour.enter(Code=tour.code("inbox-passwordless"))
    tour.see("Signed in as ada")

    tour.show("show-custom")
    tour.enter(User_name="ada", Password=PASSWORD)
    tour.see("What is your favourite colour?")
    tour.enter(Answer="blue")
    tour.see("Signed in as ada")

    tour.show("show-offline")
    tour.see("Offline")
    tour.run("online")
    tour.see("Signed in as ada")
    tour.miss("Offline")

    tour.show("show-arabic")
    tour.see("تسجيل الدخول")
    tour.show("show-looks")
    tour.see("Sign in to Example Research")
