"""A browser whose clock is off: what is counted down is counted by the kernel's clock, on the page of each view."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from nbauth import AuthSession
from nbauth.widgets import lockout
from tests.e2e.front_end import TalkingPanel, front_end
from tests.e2e.stage import PASSWORD

pytestmark = pytest.mark.xdist_group("browser")

TIME_LEFT = re.compile(r"^(3:00|2:[345]\d) left$")
RESEND = re.compile(r"^Send a new code in \d+\ss$")
TIME_IS_UP = "The time for this step is up. Go back and start again."


@pytest.fixture(params=[-10, 10], ids=["behind", "ahead"])
def ahead(request):
    """How far the browser's clock is ahead of the kernel's."""
    return timedelta(minutes=request.param)


@pytest.fixture
def panel(cognito):
    """The form, for somebody who is sent codes by e-mail."""
    cognito.users["ada"].email_mfa = True
    panel = TalkingPanel(AuthSession(cognito.config | {"identity_pool_id": None}, store="memory"))
    yield panel
    panel.close()


def asks_for_a_code(shown):
    shown.sign_in("ada", PASSWORD)
    expect(shown.form.get_by_role("heading")).to_have_text("Enter the code we sent you")


def counts_rightly(shown):
    expect(shown.form.get_by_role("timer")).to_have_text(TIME_LEFT)
    expect(shown.form.get_by_role("alert")).to_have_text("")


def test_a_challenge_ends_when_the_kernel_says(browser, panel, ahead):
    with front_end(browser, panel, ahead=ahead) as shown:
        asks_for_a_code(shown)
        counts_rightly(shown)
        shown.page.clock.fast_forward("03:00")  # as for a laptop that has slept
        expect(shown.form.get_by_role("timer")).to_have_count(0)
        expect(shown.form.get_by_role("alert")).to_have_text(TIME_IS_UP)


def test_a_code_is_sent_anew_when_the_kernel_allows_it(browser, panel, ahead):
    with front_end(browser, panel, ahead=ahead) as shown:
        asks_for_a_code(shown)
        resend = shown.form.get_by_role("button", name=re.compile("Send a new code"))
        expect(resend).to_have_text(RESEND)
        expect(resend).to_have_attribute("aria-disabled", "true")
        shown.page.clock.fast_forward("00:30")
        expect(resend).to_have_text("Send a new code")
        expect(resend).to_have_attribute("aria-disabled", "false")


def test_who_is_locked_out_waits_as_long_as_the_kernel_says(browser, panel, cognito, ahead, monkeypatch):
    monkeypatch.setattr(lockout, "_SHORTEST", timedelta(minutes=1))
    cognito.faults.refuse("NotAuthorizedException", "Password attempts exceeded", on="InitiateAuth", times=1)
    with front_end(browser, panel, ahead=ahead) as shown:
        shown.sign_in("ada", PASSWORD)
        timer, submit = shown.form.get_by_role("timer"), shown.button("Sign in")
        expect(timer).to_have_text(re.compile(r"^Try again in (1:00|\d\d\ss)\.$"))
        expect(submit).to_have_attribute("aria-disabled", "true")
        shown.page.clock.fast_forward("01:00")
        expect(timer).to_have_text("You can try again now.")
        expect(submit).to_have_attribute("aria-disabled", "false")


def test_the_bar_counts_by_the_kernels_clock(browser, cognito, ahead):
    session = AuthSession(cognito.config, store="memory")
    session.sign_in("ada", PASSWORD)
    session.get_credentials()
    with front_end(browser, TalkingPanel(session, form=False), ahead=ahead) as shown:
        expect(shown.bar).to_contain_text(re.compile(r"AWS credentials until .+ \((59|60)\smin\)"))
        shown.page.clock.fast_forward("30:00")
        expect(shown.bar).to_contain_text(re.compile(r"AWS credentials until .+ \((29|30)\smin\)"))


def test_a_clock_that_comes_late_puts_right_what_was_said(browser, panel, ahead):
    panel.withhold = "clock"
    with front_end(browser, panel, ahead=ahead) as shown:
        asks_for_a_code(shown)
        timer, alert = shown.form.get_by_role("timer"), shown.form.get_by_role("alert")
        if ahead > timedelta():
            expect(alert).to_have_text(TIME_IS_UP)
        else:
            expect(timer).to_have_text(re.compile(r"^1[23]:\d\d left$"))
        panel.release()
        counts_rightly(shown)


def test_the_clock_of_another_view_changes_nothing(browser, panel):
    with front_end(browser, panel, ahead=timedelta()) as shown:
        asks_for_a_code(shown)
        panel.send({"type": "clock", "view": "another", "now": 0})
        said = panel.view["screen"] | {"said": "What came after it is read."}
        panel.view = panel.view | {"screen": said}
        expect(shown.form.locator(".nbauth-said")).to_have_text(said["said"])
        counts_rightly(shown)


def test_in_jupyterlab_time_is_counted_by_the_kernels_clock(stage, cognito):
    cognito.users["ada"].email_mfa = True
    stage.page.add_init_script("const { now } = Date; Date.now = () => now() + 600_000;")
    stage.reload()
    stage.show(cognito)
    stage.sign_in("ada", PASSWORD)
    timer = stage.panel.get_by_role("timer")
    expect(timer).to_have_text(TIME_LEFT)
    expect(stage.alert).to_have_text("")
    stage.save()
    stage.reload()
    expect(timer).to_have_text(TIME_LEFT)
    expect(stage.alert).to_have_text("")
