"""Every language on a narrow page: what people read first, what they read most, and the widest forms.

All of it is shown at once, so that a language costs one run of a cell. `NBAUTH_LANGUAGE_PICTURES` names a folder for
pictures of it.
"""

import os
from importlib import resources
from pathlib import Path

import pytest
from playwright.sync_api import expect

from nbauth.widgets.words import Words, languages
from tests.e2e.layout import complaints
from tests.e2e.stage import PASSWORD

pytestmark = pytest.mark.xdist_group("browser")

NARROW, USUAL = 320, 390
RULES = ("lowercase", "uppercase", "numbers", "symbols")
POSES = """
import nbauth
from IPython.display import display
from nbauth.widgets.panel import Panel
from nbauth.widgets.screens import Go

guest = nbauth.AuthSession({config!r}, store="memory")
ada = nbauth.AuthSession({config!r}, store="memory", account="a project with a long name")
ada.sign_in("ada", {password!r})


shown = []


def pose(language):
    while shown:
        shown.pop().close()
    guest.language = ada.language = language
    shown[:] = [Panel(guest, form=True), Panel(guest, form=True), Panel(ada), Panel(ada), Panel(ada)]
    setup = ada.set_up_totp()
    for panel, *page in ((shown[1], "sign_up"), (shown[2], "account"), (shown[3], "account_app", {{"setup": setup}})):
        panel._begin("lead", lambda page=page: Go(*page))
    for panel in shown:
        display(panel)
"""
# In one go: a menu closes when the page scrolls, as it does while it is made narrow.
EDGES_OF_MENU = """(button) => {
    button.click();
    const { left, right } = document.querySelector('.nbauth-menu:popover-open').getBoundingClientRect();
    button.click();
    return [left, right];
}"""
LEAST = 70  # pixels, in which a few letters of a password can be seen
PASSWORDS = 3  # of the first two panels
SHOWN = ["sign_in.title", "sign_up.title", "account.title", "account.mfa_set_up"]


@pytest.fixture(scope="module")
def poses(stage):
    """Show people's way in and their account, in a language."""
    from nbauth.testing import Cognito

    cell = stage.path.with_name("next.py")
    with Cognito() as cognito:
        cognito.users.add("ada", PASSWORD, email="ada@example.com")
        rules = {"min_length": 8} | {f"require_{name}": True for name in RULES}
        config = cognito.config_of(cognito.client) | {
            "identity_pool_id": None,
            "username_attributes": ["email", "phone_number"],
            "sign_up_attributes": ["name", "birthdate"],
            "password_policy": rules,
        }
        before = POSES.format(config=config, password=PASSWORD)

        def show(language):
            cell.write_text(f"{'' if show.begun else before}\npose({language!r})")
            show.begun = True
            stage.run(0)
            cell.unlink()
            expect(stage.page.locator(".nbauth-bar")).to_have_count(1)
            expect(stage.panel).to_have_count(len(SHOWN))
            expect(stage.panel.locator("svg")).to_be_visible()
            return stage

        show.begun = False
        yield show


@pytest.mark.parametrize("language", sorted(languages()))
def test_everything_fits_on_a_narrow_page_in_every_language(poses, language):
    stage, words = poses(language), Words(language)
    roots = stage.page.locator(f"[lang={language}][dir={words.direction}]:has(> * > .nbauth)")
    expect(roots).to_have_count(len(SHOWN) + 1)
    for panel, title in zip(stage.panel.all(), SHOWN, strict=True):
        expect(panel.get_by_role("heading")).to_have_text(words(title))
    bar = stage.page.get_by_role("region", name=words("bar.label"), exact=True)
    expect(bar).to_contain_text(words("bar.signed_in_as", name="ada"))
    stage.dress("light", NARROW)
    try:
        for part in (*stage.panel.all(), bar):
            assert [amiss for amiss in complaints(part) if stands_for(amiss, words)] == []
        assert cramped_by_buttons(stage) == []
        dot, line = (bar.locator(part).bounding_box() for part in (".nbauth-dot", ".nbauth-line >> nth=0"))
        assert (dot["x"] > line["x"]) is (words.direction == "rtl")
        left, right = bar.get_by_role("button", name=words("bar.more"), exact=True).evaluate(EDGES_OF_MENU)
        assert 0 <= left < right <= NARROW
    finally:
        take_pictures(stage, (*stage.panel.all(), bar), language)
        stage.dress("light", 1280)


def cramped_by_buttons(stage):
    """Return the words on buttons that stand over what is typed into a field, or leave it no room."""
    buttons = stage.panel.locator(".nbauth-control > .nbauth-reveal")
    expect(buttons).to_have_count(PASSWORDS)
    return buttons.evaluate_all(
        """(buttons, least) => buttons.filter((button) => {
            const input = button.parentElement.querySelector('input');
            const [at, field] = [button, input].map((node) => node.getBoundingClientRect());
            const isOver = at.left < field.right && field.left < at.right;
            return isOver || field.width < least;
        }).map((button) => `${button.textContent} ${button.previousSibling.offsetWidth}`)""",
        LEAST,
    )


def stands_for(complaint, words):
    # The order of the keys is looked at from the left.
    return words.direction == "ltr" or not complaint.startswith("is come to too late")


def take_pictures(stage, parts, language):
    if folder := os.environ.get("NBAUTH_LANGUAGE_PICTURES"):
        stage.dress("light", USUAL)
        for number, part in enumerate(parts):
            part.screenshot(path=Path(folder) / f"{language}-{number}.png")


# --- a label in the middle of a text ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def insider(browser):
    """What the page makes of labels in a language."""
    scripts = resources.files("nbauth.widgets").joinpath("page.js").read_text("utf-8")
    page = browser.new_page()
    page.add_script_tag(content=scripts.partition("export default")[0])
    yield lambda lang, labels: page.evaluate(
        "([lang, labels]) => labels.map(insider({ get: () => ({ lang }) }))", [lang, labels]
    )
    page.close()


@pytest.mark.parametrize("language", sorted(languages()))
def test_the_page_writes_a_label_in_the_middle_of_a_text_as_the_kernel_does(insider, language):
    words = Words(language)
    labels = [*words.group("").values(), "AWS account", "ID", "X", "ß", ""]
    assert insider(language, labels) == [words.inside(label) for label in labels]
