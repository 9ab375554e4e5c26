"""What platforms make of the panel, and the buttons of companies: what the page is told, and what a click does."""

import base64
import json
import logging
import threading
from datetime import timedelta

import pytest
from traitlets.config import Config

from nbauth.appearance import Appearance
from nbauth.auth_session import AuthSession
from nbauth.companies import Company
from nbauth.core.user_state import UserState
from nbauth.errors import NotAuthorized, RefreshRefused, SignInRequired
from nbauth.ports import Ports
from nbauth.stores.memory import MemoryStore
from nbauth.traits import NbAuth
from nbauth.widgets import looks
from nbauth.widgets.panel import Panel
from nbauth.widgets.screens import Asked
from nbauth.widgets.words import Words, languages
from tests.unit.widgets.drawn import screen_for

POOL, OIDC, SAML = "eu-west-1_Ab", "login.example.com", "arn:aws:iam::123456789012:saml-provider/Corp"
TOKEN = "sentinel-token-77aa"
EXAMPLE = Company(OIDC, "Example Corp", lambda: TOKEN)
PLATFORM = Appearance(
    title="Ours",
    help_url="mailto:help@example.com",
    terms_url="https://example.com/terms",
    privacy_url="https://example.com/privacy",
)


def token_of_eve(clock):
    """A token that nobody has signed."""
    claims = {"sub": "eve", "email": "eve@example.com", "exp": int(clock.now().timestamp()) + 600}
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.{TOKEN}"


# --- what is drawn


def test_the_title_takes_the_place_of_ours_and_of_the_pools_id():
    screen = screen_for(Asked(look=PLATFORM, user_pool_id=POOL, account="research"))
    assert (screen["title"], screen["subtitle"]) == ("Ours", "Account research")
    assert screen_for(Asked(look=PLATFORM), "forgot_password")["title"] == "Reset your password"


def test_the_foot_of_the_first_form_has_the_links_that_there_are():
    assert screen_for(Asked(look=PLATFORM))["foot"] == [
        {"label": "Help", "href": "mailto:help@example.com"},
        {"label": "Terms of use", "href": "https://example.com/terms"},
        {"label": "Privacy", "href": "https://example.com/privacy"},
    ]
    labelled = Appearance(help_url="https://example.com", help_label="<b>Ask</b>")
    assert screen_for(Asked(look=labelled))["foot"] == [{"label": "<b>Ask</b>", "href": "https://example.com"}]
    assert screen_for(Asked())["foot"] == []


def test_who_makes_an_account_is_told_of_the_terms():
    screen = screen_for(Asked(look=PLATFORM), "sign_up")
    agreed = screen["agreement"]
    assert (
        agreed["before"] + agreed["label"] + agreed["after"] == "By creating an account you agree to the terms of use."
    )
    assert agreed["href"] == "https://example.com/terms"
    assert [link["label"] for link in screen["foot"]] == ["Help", "Privacy"]
    assert screen_for(Asked(), "sign_up")["agreement"] is None


@pytest.mark.parametrize("language", sorted(languages()))
def test_the_terms_are_a_link_in_every_language(language):
    agreed = looks.agreement(Asked(look=PLATFORM, words=Words(language)))
    assert agreed["label"]
    assert not set("[]") & set(agreed["before"] + agreed["label"] + agreed["after"])


def test_the_colours_of_a_platform_come_with_those_that_go_with_it():
    page = looks.of_page(Appearance(accent_color="#ffd43b", logo="data:x"))
    assert page["colors"]["accent"] == "#ffd43b"
    assert page["colors"]["accent-text"] == "#000000"
    assert page["colors"]["edge-on-light"] != page["colors"]["edge-on-dark"] == "#ffd43b"
    assert (page["logo"], page["logo_dark"]) == ("data:x", "data:x")
    assert looks.of_page(Appearance()) == {"title": "", "logo": "", "logo_dark": "", "colors": {}}


def test_a_logo_for_dark_themes_alone_is_shown_in_all():
    assert looks.of_page(Appearance(logo_dark="data:x"))["logo"] == "data:x"


def test_companies_come_before_the_name_and_the_password():
    screen = screen_for(Asked(companies=(EXAMPLE, Company(SAML, "<b>", print)), user_pool_id=POOL))
    assert [(button["action"], button["item"], button["label"]) for button in screen["companies"]] == [
        ("company", OIDC, "Continue with \u2068Example Corp\u2069"),
        ("company", SAML, "Continue with \u2068<b>\u2069"),
    ]
    assert [field["name"] for field in screen["fields"]] == ["username", "password"]


def test_without_a_user_pool_there_are_companies_and_nothing_to_fill_in():
    screen = screen_for(Asked(companies=(EXAMPLE,), password_optional=True))
    assert (screen["fields"], screen["submit"], screen["links"], screen["hint"]) == ([], "", [], "")
    assert len(screen["companies"]) == 1


def test_without_companies_the_form_is_as_it_was():
    screen = screen_for(Asked())
    assert screen["companies"] == []
    assert (len(screen["fields"]), screen["submit"]) == (2, "Sign in")


def test_somebody_of_a_company_is_welcomed_back_with_its_button_alone():
    other = Company(SAML, "Other", print)
    asked = Asked(companies=(other, EXAMPLE), provider=OIDC, username="eve", user_pool_id=POOL)
    screen = screen_for(asked, "welcome_back")
    assert screen["title"] == "Welcome back, eve"
    assert [button["item"] for button in screen["companies"]] == [OIDC]
    assert "Continue with \u2068Example Corp\u2069 to go on" in screen["hint"]
    assert (screen["fields"], [link["action"] for link in screen["links"]]) == ([], ["somebody_else"])
    assert screen_for(asked)["fields"][0]["value"] == ""  # what a company calls people is no name in the pool


def test_somebody_of_the_pool_is_welcomed_back_with_the_password_alone():
    screen = screen_for(Asked(companies=(EXAMPLE,), username="ada", user_pool_id=POOL), "welcome_back")
    assert screen["companies"] == []
    assert [field["name"] for field in screen["fields"]] == ["password"]


# --- what a click does


def is_bar(view):
    return view["kind"] == "bar" and not view["busy"]


def has_error(view):
    return view["kind"] == "panel" and bool(view["screen"]["error"])


@pytest.fixture
def vouched(identities, clock):
    """Makes a session whose platform has made some settings."""

    def make(users=None, **settings):
        ports = Ports(user_pool=users, identity_pool=identities, store=MemoryStore(), clock=clock)
        pools = {"identity_pool_id": "eu-west-1:00000000-0000-4000-8000-000000000000"}
        pools |= {"user_pool_id": POOL, "client_id": "abc"} if users else {}
        defaults = NbAuth(config=Config(NbAuth=Config(settings)))
        return AuthSession(pools, store="memory", ports=ports, defaults=defaults)

    return make


@pytest.fixture
def at_example(vouched, page, users):
    """Makes a panel with a company whose function is this."""

    def make(token, **settings):
        companies = {OIDC: {"label": "Example Corp", "token": token}}
        return Panel(vouched(users, company_sign_in=companies, **settings), form=True)

    return make


def test_a_click_signs_in_with_the_companys_token_which_the_page_never_sees(at_example, page, clock):
    panel = at_example(lambda: token_of_eve(clock))
    page.act(panel, "company", item=OIDC)
    view = page.wait_for(panel, is_bar)
    assert view["state"] == "SIGNED_IN"
    assert panel.session.provider == OIDC
    assert TOKEN not in page.everything() + json.dumps(panel.get_state(), default=str)


def test_the_function_is_asked_again_when_the_token_has_ended(at_example, page, clock):
    asked = []

    def token():
        asked.append(clock.now())
        return token_of_eve(clock)

    panel = at_example(token)
    page.act(panel, "company", item=OIDC)
    page.wait_for(panel, is_bar)
    clock.advance(timedelta(hours=2))
    panel.session.get_credentials()
    assert len(asked) == 2


def test_a_click_while_the_function_runs_means_nothing_and_the_screen_stands(at_example, page, clock):
    entered, go_on, asked = threading.Event(), threading.Event(), []

    def token():
        asked.append(1)
        entered.set()
        assert go_on.wait(10)
        return token_of_eve(clock)

    panel = at_example(token)
    screen = panel.view["screen"]["id"]
    page.act(panel, "company", item=OIDC)
    assert entered.wait(10)
    assert panel.view["screen"]["busy"]
    page.act(panel, "company", item=OIDC)
    assert panel.view["screen"]["id"] == screen
    go_on.set()
    page.wait_for(panel, is_bar)
    assert len(asked) == 1


@pytest.mark.parametrize("item", [SAML, "", "os:abort", "google"])
def test_a_page_can_name_no_company_that_is_not_offered(at_example, page, item):
    panel = at_example(lambda: pytest.fail("nobody asked for it"))
    page.act(panel, "company", item=item)
    assert not panel.view["screen"]["busy"]
    assert panel.session.state is UserState.SIGNED_OUT


class _CorpError(Exception):
    """What a platform's own code fails with."""


def fails_with(error):
    def token():
        raise error

    return token


@pytest.mark.parametrize(
    ("token", "error"),
    [
        (
            fails_with(ValueError(TOKEN)),
            "login.example.com gave no token: the function that asks it failed with ValueError",
        ),
        (fails_with(_CorpError(TOKEN)), f"{__name__}._CorpError"),
        (fails_with(TimeoutError(TOKEN)), "The identity provider could not be reached: try again in a moment"),
        (lambda: None, "login.example.com gave no token"),
        (lambda: 7, "login.example.com gave no token"),
        ("no_such_package_anywhere:token", "names 'no_such_package_anywhere:token', which cannot be imported"),
    ],
)
def test_what_a_function_fails_with_is_said_by_its_kind_and_never_in_its_words(at_example, page, caplog, token, error):
    panel = at_example(token)
    page.act(panel, "company", item=OIDC)
    assert error in page.wait_for(panel, has_error)["screen"]["error"]
    assert not panel.view["screen"]["busy"]
    assert TOKEN not in page.everything() + caplog.text


def test_a_token_that_is_refused_is_said_in_the_form(at_example, page, identities):
    panel = at_example(lambda: TOKEN)
    identities.fail_next(NotAuthorized("Invalid login token."))
    page.act(panel, "company", item=OIDC)
    assert page.wait_for(panel, has_error)["screen"]["error"]
    assert panel.session.state is UserState.SIGNED_OUT


def test_without_an_identity_pool_it_is_said_what_is_missing(page, users, clock):
    companies = {OIDC: {"label": "Example Corp", "token": lambda: TOKEN}}
    defaults = NbAuth(config=Config(NbAuth=Config(company_sign_in=companies)))
    ports = Ports(user_pool=users, identity_pool=None, store=MemoryStore(), clock=clock)
    session = AuthSession({"user_pool_id": POOL, "client_id": "abc"}, store="memory", ports=ports, defaults=defaults)
    panel = Panel(session, form=True)
    page.act(panel, "company", item=OIDC)
    assert "identity_pool_id" in page.wait_for(panel, has_error)["screen"]["error"]


def test_somebody_whose_token_has_ended_for_good_is_welcomed_back(at_example, page, clock):
    def token():
        if ended:
            raise RefreshRefused("It is over")
        return token_of_eve(clock)

    ended = []
    panel = at_example(token)
    page.act(panel, "company", item=OIDC)
    page.wait_for(panel, is_bar)
    ended.append(True)
    clock.advance(timedelta(hours=2))
    with pytest.raises(SignInRequired):
        panel.session.get_credentials(force_refresh=True, wait=False)
    page.wait_for(panel, lambda view: view.get("state") == "SIGNED_OUT_FEDERATED_TOKENS_INVALID" and is_bar(view))
    page.act(panel, "sign_in")
    assert panel.view["screen"]["title"] == "Welcome back, eve@example.com"
    ended.clear()
    page.act(panel, "company", item=OIDC)
    assert page.wait_for(panel, is_bar)["state"] == "SIGNED_IN"


def test_somebody_of_a_company_that_is_not_set_up_here_finds_the_first_form(vouched, page, users, clock):
    session = vouched(users)
    session.federated_sign_in(OIDC, token_of_eve(clock))
    clock.advance(timedelta(hours=2))
    with pytest.raises(SignInRequired):
        session.get_credentials(force_refresh=True, wait=False)
    panel = Panel(session, form=True)
    assert panel.view["screen"]["title"] == "Sign in to AWS"


# --- what is wrong


def test_what_is_wrong_in_the_settings_is_said_once_and_the_panel_is_there(vouched, page, users, caplog, password):
    companies = {OIDC: {"label": "Example Corp"}}
    session = vouched(users, title="Ours", logo="/nowhere.png", company_sign_in=companies)
    with caplog.at_level(logging.WARNING, "nbauth"):
        panels = [Panel(session, form=True), Panel(session, form=True)]
    assert [record.getMessage().partition(" is left out")[0] for record in caplog.records] == [
        "nbauth: logo from c.NbAuth.logo",
        "nbauth: company_sign_in['login.example.com'] from c.NbAuth.company_sign_in",
    ]
    assert (panels[0].look["logo"], panels[0].view["screen"]["title"]) == ("", "Ours")
    page.submit(panels[0], username="ada", password=password)
    page.wait_for(panels[0], is_bar)
