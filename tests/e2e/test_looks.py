"""The panel as platforms make it their own, and signing in with the account at a company, in JupyterLab.

`NBAUTH_SCREENSHOTS=1 pytest -n0 tests/e2e/test_looks.py` renews the pictures of it in the README.
"""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from nbauth.testing import Cognito
from tests.e2e.layout import complaints
from tests.e2e.stage import LOOKS, PASSWORD, Stage
from tests.e2e.test_contrast import too_faint

pytestmark = pytest.mark.xdist_group("browser")

PICTURES = Path(__file__).parents[2] / ".github" / "images"
PROVIDER = "login.example.com"
COMPANY, BUTTON = "Example Corp", "Continue with \u2068Example Corp\u2069"
MARKUP = "<img src=x onerror=window.broken=1><b>&amp;</b>"

LOGO = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="4 0 150 36" font-family="sans-serif" font-weight="700">
<path d="M4 18a14 14 0 0 1 28 0Z" fill="#0b7285"/><path d="M8 21h20a10 10 0 0 1-20 0Z" fill="#f59f00"/>
<text x="42" y="25" font-size="20" fill="{ink}">Tidewater</text></svg>"""
BRAND = {
    "title": "Sign in to Tidewater Labs",
    "logo": "data:image/svg+xml," + LOGO.format(ink="%23123").replace("#", "%23").replace("\n", ""),
    "logo_dark": "data:image/svg+xml," + LOGO.format(ink="%23eef").replace("#", "%23").replace("\n", ""),
    "accent_color": "#0b7285",
    "help_url": "https://example.com/help",
    "help_label": "Get help",
    "terms_url": "https://example.com/terms",
    "privacy_url": "https://example.com/privacy",
}
BRANDED = """
from nbauth.traits import NbAuth
from traitlets.config import Config
{code}
settings = NbAuth(config=Config(NbAuth=Config({settings})))
session = nbauth.AuthSession(session.config, store=globals().pop("store", "memory"), defaults=settings)
"""


def show(stage: Stage, cognito: Cognito, settings: object = None, *, code: str = "", **config: object) -> None:
    """Show the panel of a platform that has made these settings, written as Python."""
    pools = {"identity_pool_id": cognito.identities.pool_id, **config}
    stage.show(cognito, before=BRANDED.format(code=code, settings=settings or BRAND), **pools)


def company(source: str, label: str = COMPANY, provider: str = PROVIDER) -> str:
    """One company, as Python: `source` is what its `token` is."""
    return f"{provider!r}: {{'label': {label!r}, 'token': {source}}}"


def with_companies(*entries: str, **more: str) -> str:
    settings = ", ".join(f"{name!r}: {value!r}" for name, value in more.items())
    return f"{{'company_sign_in': {{{', '.join(entries)}}}, {settings}}}"


@pytest.fixture
def folder(tmp_path) -> Path:
    """Where pictures go: into the tree only when that is asked for."""
    return PICTURES if os.environ.get("NBAUTH_SCREENSHOTS") == "1" else tmp_path


@pytest.fixture
def provider(cognito):
    """A company whose word the identity pool takes."""
    return cognito.identities.add_provider(PROVIDER)


def can_be_used(stage: Stage) -> None:
    """Make sure that everybody can use what is shown, light and dark and on a telephone."""
    for colors, width in LOOKS.values():
        stage.dress(colors, width)
        assert complaints(stage.panel) == []
        assert too_faint(stage.panel) == []
        assert stage.axe.complaints(stage.page) == []
    stage.dress("light", 1280)


# --- looks ------------------------------------------------------------------------------------------------------------


def test_a_platforms_own_panel_is_as_good_as_ours(stage, cognito, folder):
    show(stage, cognito, with_companies(company("lambda: ''"), **BRAND))
    stage.title("Sign in to Tidewater Labs")
    expect(stage.panel).not_to_contain_text(cognito.user_pool_id)
    can_be_used(stage)
    for name, (colors, width) in LOOKS.items():
        stage.dress(colors, width)
        shown = stage.panel.locator("img:visible")
        expect(shown).to_have_class(f"nbauth-logo nbauth-on-{colors}")
        assert shown.evaluate("(image) => image.naturalWidth") > 0
        if name in ("light", "dark"):
            stage.panel.screenshot(path=folder / f"company-{name}.png")
    stage.dress("light", 1280)
    for label, href in {"Get help": "help", "Terms of use": "terms", "Privacy": "privacy"}.items():
        link = stage.panel.get_by_role("link", name=label)
        stage.go_to(link)
        expect(link).to_have_attribute("href", f"https://example.com/{href}")
        expect(link).to_have_attribute("rel", "noopener noreferrer")
        expect(link).to_have_attribute("target", "_blank")


def test_who_makes_an_account_reads_of_the_terms_before_the_button(stage, cognito):
    show(stage, cognito)
    stage.press("Create an account")
    stage.title("Create an account")
    expect(stage.panel).to_contain_text("By creating an account you agree to the terms of use.")
    expect(stage.panel.get_by_role("link", name="terms of use")).to_have_attribute("href", "https://example.com/terms")
    expect(stage.panel.get_by_role("img", name="Sign in to Tidewater Labs")).to_be_visible()
    can_be_used(stage)


@pytest.mark.parametrize("accent", ["#ffffff", "#000000", "#ffd43b", "#767676", "#0000ff"])
def test_whatever_the_colour_is_the_button_can_be_read_and_seen(stage, cognito, accent):
    show(stage, cognito, {"accent_color": accent})
    for colors, width in list(LOOKS.values())[:2]:
        stage.dress(colors, width)
        assert too_faint(stage.panel) == []
        stage.button("Sign in").hover()
        assert too_faint(stage.panel) == []
        stage.page.mouse.move(0, 0)
        stage.go_to(stage.button("Sign in"))
    stage.dress("light", 1280)


def test_the_panel_is_mirrored_where_people_write_from_the_right(stage, cognito):
    show(stage, cognito, with_companies(company("lambda: ''"), language="he", **BRAND))
    expect(stage.page.locator("[dir=rtl] form.nbauth-panel")).to_be_visible()
    edges, logo = stage.panel.bounding_box(), stage.panel.locator("img:visible").bounding_box()
    assert edges["x"] + edges["width"] - (logo["x"] + logo["width"]) < 30
    # A name is written from where its own letters are, and what is no prose from the left.
    expect(stage.panel.locator("[name=username]")).to_have_css("unicode-bidi", "plaintext")
    expect(stage.panel.locator("[name=password]")).to_have_css("direction", "ltr")
    assert stage.axe.complaints(stage.page) == []


# --- what is hostile --------------------------------------------------------------------------------------------------


def test_markup_in_texts_is_text(stage, cognito):
    show(
        stage,
        cognito,
        with_companies(
            company("lambda: ''", label=MARKUP), title=MARKUP, help_label=MARKUP, help_url="https://example.com"
        ),
    )
    stage.title(MARKUP)
    expect(stage.panel.get_by_role("link", name=MARKUP)).to_be_visible()
    expect(stage.button(f"Continue with \u2068{MARKUP}\u2069")).to_be_visible()
    assert stage.panel.locator("img, b").count() == 0
    assert stage.page.evaluate("window.broken") is None
    can_be_used(stage)


def test_a_script_in_a_logo_does_not_run_and_loads_nothing(stage, cognito):
    script = "parent.broken = top.broken = window.broken = 1; fetch('https://evil.example.com/')"
    onload = script.replace("'", '"')
    svg = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9' onload='{onload}'><script>{script}</script>"
        "<image href='https://evil.example.com/x.png' width='9' height='9'/><rect width='5' height='5'/></svg>"
    )
    asked: list[str] = []
    stage.page.on("request", lambda request: asked.append(request.url))
    show(stage, cognito, {"logo": f"data:,{svg}", "title": "Ours"})
    logo = stage.panel.locator("img")
    logo.evaluate("(image) => image.decode()")
    assert logo.evaluate("(image) => image.naturalWidth") > 0
    assert stage.page.evaluate("window.broken") is None
    assert [url for url in asked if "evil" in url] == []


def test_a_logo_that_cannot_be_shown_is_not_there(stage, cognito):
    show(stage, cognito, {"logo": "data:image/png;base64,iVBORw0KGgoAAAAA", "title": "Ours"})
    expect(stage.panel.locator("img")).to_have_count(0)
    stage.title("Ours")


def test_what_is_wrong_is_said_under_the_cell_and_people_sign_in_all_the_same(stage, cognito):
    (stage.path.parent / "logo.png").write_text("I am no picture")
    wrong = {
        "title": 10_000 * "x",
        "help_url": "javascript:alert(1)",
        "logo": "logo.png",
        "terms_url": "https://example.com",
    }
    show(stage, cognito, wrong)
    stage.title("Sign in to AWS")
    expect(stage.panel.get_by_role("link")).to_have_text(["Terms of use"])
    for name, why in {
        "title": "it has 10000 characters",
        "help_url": "it begins with 'javascript'",
        "logo": "it is no such image",
    }.items():
        said = f"nbauth: {name} from c.NbAuth.{name} is left out, because {why}"
        assert stage.output(0).inner_text().count(said) == 1
    stage.sign_in("ada", PASSWORD)
    stage.is_in()


# --- companies --------------------------------------------------------------------------------------------------------


def test_the_account_at_a_company_is_enough(stage, cognito, provider):
    """The platform's function takes its time: it reads what the test writes."""
    gate = stage.path.parent / "gate"
    os.mkfifo(gate)
    (stage.path.parent / "corp_sign_in.py").write_text("def token():\n    return open('gate').read()\n")
    show(
        stage,
        cognito,
        with_companies(company("'corp_sign_in:token'"), company("print", label="Other", provider="google")),
    )
    can_be_used(stage)
    names = stage.panel.locator("button[type=button][data-action], button[type=submit]").all_inner_texts()
    assert names == [
        BUTTON,
        "Continue with \u2068Other\u2069",
        "Sign in",
        "Cancel",
        "Forgot your password?",
        "Create an account",
    ]
    stage.press(BUTTON)
    expect(stage.panel.locator(".nbauth-working")).to_have_text(BUTTON)
    expect(stage.button("Sign in")).to_have_attribute("aria-disabled", "true")
    expect(stage.alert).to_have_text("Waiting for \u2068Example Corp\u2069…")
    gate.write_text(provider.token("eve", email="eve@example.com"))
    stage.is_in("eve@example.com")
    (identity,) = cognito.identities.identities.values()
    assert identity.logins == {PROVIDER: "eve"}


def test_a_token_that_is_refused_is_said_and_the_button_keeps_the_cursor(stage, cognito, provider):
    tokens = [provider.token("eve", audience="somebody-else"), provider.token("eve", email="eve@example.com")]
    show(stage, cognito, with_companies(company(f"iter({tokens!r}).__next__")))
    stage.press(BUTTON)
    expect(stage.alert).to_contain_text(f"The identity pool does not take this token of {PROVIDER}")
    expect(stage.button(BUTTON)).to_be_focused()
    stage.page.keyboard.press("Enter")
    stage.is_in("eve@example.com")


def test_what_a_function_fails_with_is_said_without_its_words(stage, cognito, provider):
    show(stage, cognito, with_companies(company("lambda: 1 / 0")))
    stage.press(BUTTON)
    expect(stage.alert).to_have_text(
        f"{PROVIDER} gave no token: the function that asks it failed with ZeroDivisionError"
    )
    stage.sign_in("ada", PASSWORD)
    stage.is_in()


def test_without_a_user_pool_the_button_is_all_there_is(stage, cognito, provider):
    token = provider.token("eve", email="eve@example.com")
    pools = {"user_pool_id": None, "client_id": None, "client_secret": None}
    show(stage, cognito, with_companies(company(f"lambda: {token!r}"), **BRAND), **pools)
    expect(stage.button(BUTTON)).to_be_focused()
    expect(stage.panel.get_by_role("textbox")).to_have_count(0)
    expect(stage.button("Sign in")).to_have_count(0)
    expect(stage.panel).not_to_contain_text(re.compile(r"\bor\b"))
    can_be_used(stage)
    stage.press(BUTTON)
    stage.is_in("eve@example.com")


def test_somebody_whose_companys_word_has_ended_is_welcomed_back(stage, cognito, provider):
    kept = f"""
from nbauth.core.record import Record
from nbauth.stores.memory import MemoryStore
def kept_eve(key):
    store = MemoryStore()
    store.save(Record("eve@example.com", "eve", provider={PROVIDER!r}))
    return store
store = "__main__:kept_eve"
"""
    token = provider.token("eve", email="eve@example.com")
    show(stage, cognito, with_companies(company(f"lambda: {token!r}"), **BRAND), code=kept)
    stage.title("Welcome back, eve@example.com")
    expect(stage.button(BUTTON)).to_be_focused()
    expect(stage.panel.get_by_role("textbox")).to_have_count(0)
    can_be_used(stage)
    stage.press("Sign in as somebody else")
    expect(stage.field("User name")).to_have_value("")
    stage.press(BUTTON)
    stage.is_in("eve@example.com")
