"""The panel and the bar as people meet them who enlarge, recolour, calm or print the page, or have it read out."""

import pytest
from playwright.sync_api import expect

from nbauth.testing import Fault
from tests.e2e import layout
from tests.e2e.stage import LOOKS, PASSWORD

pytestmark = pytest.mark.xdist_group("browser")

SPACING = """.nbauth * {
    line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important;
}
.nbauth p { margin-bottom: 2em !important }"""
# What is written into regions that were there before. A region that comes with its text is not read out.
HEAR = """() => {
    window.heard = [];
    const regions = '[role=status], [role=alert], [aria-live]';
    new MutationObserver((changes) => {
        const added = changes.flatMap(({addedNodes}) => [...addedNodes]);
        const spoken = new Set(changes.map(({target}) => target.closest?.(regions)).filter((region) =>
            region?.textContent && !added.some((node) => node.contains(region))));
        window.heard.push(...[...spoken].map((region) => region.textContent));
    }).observe(document.querySelector('.nbauth').parentElement.parentElement, {childList: true, subtree: true});
}"""
WHERE_IT_IS_SLOW = ("Waiting for Amazon Cognito…", "The kernel is busy. This goes on when it is free.")
MOVING = "document.getAnimations().filter(({effect}) => effect.target.closest('.nbauth')).length"
IN_SIGHT = """() => {
    const {left, right, top, bottom} = document.activeElement.getBoundingClientRect();
    return document.activeElement.contains(document.elementFromPoint((left + right) / 2, (top + bottom) / 2));
}"""


@pytest.fixture
def page(stage):
    """The stage's page, which is afterwards as it was."""
    stage.dress(*LOOKS["light"])
    yield stage.page
    stage.page.emulate_media(media="screen", reduced_motion="no-preference", forced_colors="none")
    stage.dress(*LOOKS["light"])


def test_what_keeps_people_out_is_found(stage, cognito, page):
    stage.show(cognito)
    assert stage.axe.complaints(page) + layout.complaints(stage.panel) == []
    stage.field("Password").evaluate("(node) => node.labels[0].remove()")
    style = page.add_style_tag(content=".nbauth-title { color: #999 } .nbauth-reveal { zoom: 0.5 }")
    found = [complaint.partition(":")[0] for complaint in stage.axe.complaints(page) + layout.complaints(stage.panel)]
    style.evaluate("(node) => node.remove()")
    assert set(found) >= {"color-contrast", "is hard to hit"}


@pytest.mark.parametrize("colors", ["light", "dark"])
def test_the_menu_of_the_bar_keeps_nobody_out(stage, cognito, page, colors):
    stage.show(cognito)
    stage.sign_in("ada", PASSWORD)
    stage.is_in()
    stage.dress(colors, 1280)
    stage.press("More")
    expect(stage.bar.get_by_role("menuitem").first).to_be_focused()
    assert stage.axe.complaints(page) == []


def test_who_enlarges_the_page_sees_where_the_cursor_is_and_what_is_amiss(stage, cognito, page):
    stage.show(cognito, sign_up_attributes=["email"], self_sign_up=True)
    stage.press("Create an account")
    stage.title("Create an account")
    page.set_viewport_size({"width": 640, "height": 360})  # of 1280 by 720, twice as large
    assert layout.complaints(stage.panel) == []
    for label in ("Confirm password", "User name"):
        stage.go_to(stage.field(label))
        assert page.evaluate(IN_SIGHT)
    stage.press("Create account")
    expect(stage.field("User name")).to_be_focused()
    page.wait_for_function(IN_SIGHT)


@pytest.mark.parametrize("width", [1280, 320])
def test_there_is_room_for_text_that_is_set_wider(stage, cognito, page, width):
    stage.show(cognito, sign_up_attributes=["email"])
    stage.press("Create an account")
    stage.title("Create an account")
    style = page.add_style_tag(content=SPACING)
    stage.dress("light", width)
    assert layout.complaints(stage.panel) == []
    style.evaluate("(node) => node.remove()")


@pytest.mark.parametrize(("wish", "moves"), [("no-preference", True), ("reduce", False)])
def test_nothing_moves_for_who_wants_it_calm(stage, cognito, page, wish, moves):
    cognito.faults.add(Fault.HANG, on="InitiateAuth", times=1)
    page.emulate_media(reduced_motion=wish)
    stage.show(cognito, patched={"nbauth.cognito.client._READ_TIMEOUT": 600})
    stage.sign_in("ada", PASSWORD)
    expect(stage.button("Signing in…")).to_have_attribute("aria-busy", "true")
    assert bool(page.evaluate(MOVING)) == moves
    page.keyboard.press("Escape")
    expect(stage.bar).to_contain_text("Signed out.")


def test_colours_of_the_system_leave_nothing_without_an_edge(stage, cognito, page):
    page.emulate_media(forced_colors="active")
    stage.show(cognito)
    stage.go_to(stage.button("Sign in"))
    for name in ("Sign in", "Cancel"):
        edge = stage.button(name).evaluate("(node) => getComputedStyle(node).borderColor")
        assert edge != stage.panel.evaluate("(node) => getComputedStyle(node).backgroundColor")
    assert stage.axe.complaints(page) == []
    colors = stage.button("Sign in").evaluate("""(node) => ['false', 'true'].map((disabled) => {
        node.setAttribute('aria-disabled', disabled);
        return getComputedStyle(node).color;
    })""")
    assert colors[0] != colors[1]


def test_paper_has_dark_text_and_nothing_to_press(stage, cognito, page):
    stage.dress("dark", 1280)
    stage.show(cognito)
    stage.type("User name", "ada")
    page.emulate_media(media="print")
    for text in (stage.panel.get_by_role("heading"), stage.field("User name")):
        expect(text).to_have_css("color", "rgb(0, 0, 0)")
    expect(stage.panel.get_by_role("button")).to_have_count(0)


def test_what_happens_is_read_out_once_and_what_counts_down_is_not(stage, cognito, page):
    cognito.users.add("eve", PASSWORD, phone_number="+447700900123")
    stage.show(cognito)
    page.evaluate(HEAR)
    stage.enter(User_name="eve", Password="Wrong-Horse-7")
    expect(stage.alert).to_have_text("Incorrect user name or password")
    stage.enter(Password=PASSWORD)
    stage.title("Enter the code we sent you")
    timer = stage.panel.get_by_role("timer")
    first = timer.inner_text()
    expect(timer).not_to_have_text(first)
    stage.enter(Code=cognito.codes["eve"])
    stage.is_in("eve")
    assert [words for words in page.evaluate("window.heard") if words not in WHERE_IT_IS_SLOW] == [
        "Signing in…",
        "Incorrect user name or password",
        "Signing in…",
        "We sent a code by text message to +********0123.",
        "Checking…",
        "Signed in as eve",
    ]
