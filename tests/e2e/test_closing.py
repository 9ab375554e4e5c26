"""A view that is taken off its page: what comes late for it changes nothing, and nothing of it goes on."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from nbauth import AuthSession
from tests.e2e.front_end import HOST, TalkingPanel, front_end
from tests.e2e.stage import PASSWORD

pytestmark = pytest.mark.xdist_group("browser")

# A function of the browser's own that waits until it is let go on; `given` is what it was called with.
SLOW = """
const free = new Promise((resolve) => (globalThis.letGo = resolve));
const real = {place}.{name};
{place}.{name} = async function (...args) {{
    globalThis.given = args;
    await free;
    return {instead} ?? real.apply(this, args);
}};
"""
# The intervals that go on; the page that shows the view has one itself.
COUNT = """
globalThis.intervals = new Set();
const { setInterval: begin, clearInterval: end } = globalThis;
globalThis.setInterval = (...args) => {
    const interval = begin(...args);
    intervals.add(interval);
    return interval;
};
globalThis.clearInterval = (interval) => {
    intervals.delete(interval);
    end(interval);
};
"""
IS_CALLED = "() => 'given' in globalThis"
IS_DONE = "() => { letGo(); return new Promise((resolve) => setTimeout(resolve, 100)); }"


def slow(place, name, instead="null"):
    return SLOW.format(place=place, name=name, instead=instead)


SLOW_PASSKEY = slow("CredentialsContainer.prototype", "create", "({ toJSON: () => ({}) })")


@pytest.fixture
def open_panel(browser, cognito, passwordless):
    """Open a page that shows the form of a pool in which passkeys can be made."""
    cognito.settings.relying_party = HOST
    config = cognito.config_of(passwordless) | {"identity_pool_id": None, "auth_flow": "USER_AUTH"}
    panel = TalkingPanel(AuthSession(config | {"passkey_domain": HOST}, store="memory"))
    yield lambda script="": front_end(browser, panel, ahead=timedelta(), script=COUNT + script)
    panel.close()


def sends(shown):
    """Submit the form."""
    shown.field("User name").fill("ada")
    shown.field("Password (optional)").fill(PASSWORD)
    shown.field("Password (optional)").press("Enter")


def wants_a_passkey(shown):
    sends(shown)
    expect(shown.form.get_by_role("heading")).to_have_text("Sign in without a password next time")
    shown.button("Create a passkey").click()


def stays_silent(shown, heard):
    """Make sure that nothing more is sent, whatever there was to wait for."""
    shown.page.evaluate(IS_DONE)
    shown.page.clock.fast_forward("01:00:00")
    shown.page.evaluate(IS_DONE)
    assert heard == []


def goes_on_with_nothing(shown):
    """Take the view off its page, and make sure that nothing of it is left there."""
    assert shown.page.evaluate("intervals.size") > 1
    heard = shown.close()
    stays_silent(shown, heard)
    assert shown.page.evaluate("listeners()") == 0
    assert shown.page.evaluate("intervals.size") == 1


def test_a_form_that_is_closed_while_answers_are_sealed_sends_nothing(open_panel):
    with open_panel(slow("SubtleCrypto.prototype", "encrypt")) as shown:
        sends(shown)
        shown.page.wait_for_function(IS_CALLED)
        goes_on_with_nothing(shown)


def test_a_form_that_is_closed_before_its_key_is_made_agrees_on_none(open_panel):
    with open_panel(slow("SubtleCrypto.prototype", "generateKey")) as shown:
        shown.page.wait_for_function(IS_CALLED)
        goes_on_with_nothing(shown)


def test_a_passkey_that_is_made_after_its_form_was_closed_is_sent_to_nobody(open_panel):
    with open_panel(SLOW_PASSKEY) as shown:
        wants_a_passkey(shown)
        shown.page.wait_for_function(IS_CALLED)
        goes_on_with_nothing(shown)
        assert shown.page.evaluate("given[0].signal.aborted")


def test_who_leaves_the_form_is_not_asked_for_a_passkey_any_more(open_panel):
    with open_panel(SLOW_PASSKEY) as shown:
        wants_a_passkey(shown)
        shown.page.wait_for_function(IS_CALLED)
        assert not shown.page.evaluate("given[0].signal.aborted")
        shown.page.keyboard.press("Escape")
        expect(shown.bar).to_contain_text("Signed in as ada")
        assert shown.page.evaluate("given[0].signal.aborted")
        shown.panel.heard.clear()
        stays_silent(shown, shown.panel.heard)


def test_who_leaves_the_form_before_it_knows_what_to_ask_for_is_asked_for_no_passkey(open_panel):
    create = "CredentialsContainer.prototype.create = async () => (globalThis.created = true);"
    with open_panel(create + slow("SubtleCrypto.prototype", "decrypt")) as shown:
        wants_a_passkey(shown)
        shown.page.wait_for_function(IS_CALLED)
        shown.page.keyboard.press("Escape")
        expect(shown.bar).to_contain_text("Signed in as ada")
        shown.page.evaluate(IS_DONE)
        assert not shown.page.evaluate("'created' in globalThis")


@pytest.mark.parametrize("signed_in", [False, True], ids=["the form", "the bar"])
def test_a_view_that_is_closed_listens_and_counts_no_more(open_panel, signed_in):
    with open_panel("globalThis.letGo = () => {};") as shown:
        if signed_in:
            shown.panel.session.sign_in("ada", PASSWORD)
            expect(shown.bar).to_contain_text("Signed in as ada")
            shown.panel._handle_custom_msg = lambda *_: None  # the kernel is busy
            shown.button("Refresh").click()
            expect(shown.button("Refresh")).to_have_class(re.compile("nbauth-working"))
        goes_on_with_nothing(shown)
