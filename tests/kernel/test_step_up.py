"""`%%aws_session --step-up`: the user proves it anew in the panel under the cell, which then goes on."""

from datetime import UTC, datetime

import pytest

from nbauth.testing import totp

SETTINGS = {
    "NBAUTH_CLIENT_ID": "exampleclient",
    "NBAUTH_IDENTITY_POOL_ID": "eu-west-1:00000000-0000-4000-8000-000000000002",
    "NBAUTH_REGION": "eu-west-1",
    "NBAUTH_USER_POOL_ID": "eu-west-1_Example01",
}
LOAD = "import faked; faked.stand_in_for_aws()\n%config NbAuth.show_panel = False\n%load_ext nbauth"
TOTP_SECRET = "JBSWY3DPEHPK3PXP"  # carol's, in faked.py
CELL = "%%aws_session --step-up --max-age 0\nprint('body'); ran = True"


def code() -> str:
    return totp(TOTP_SECRET, datetime.now(UTC))


@pytest.fixture(params=[False, True], ids=["plain", "subshell"])
def page(open_page, request):
    """A page on which carol is signed in, who has an authenticator app."""
    page = open_page(environment=SETTINGS, subshell=request.param)
    assert page.run(LOAD).status == "ok"
    assert not page.run(f"auth.sign_in('carol', 'right'); auth.confirm_sign_in({code()!r})").error
    return page


@pytest.fixture
def asked(page):
    """The cell that waits for carol's code."""
    cell = page.start(CELL)
    page.panel(title="How do you want to sign in?", under=cell)
    page.submit(answer="PASSWORD")
    page.panel(title="Enter your password", under=cell)
    page.submit(password="right")
    screen = page.panel(title="authenticator code", under=cell)
    assert screen["hint"].startswith("You are signed in. Confirm once more that it is you.")
    assert not page.outcome(cell).printed
    return cell


def test_the_body_runs_once_everything_is_proved_anew(page, asked):
    page.submit(code="000000")
    page.panel(error="not right", under=asked)
    page.submit(code=code())

    outcome = page.finish(asked)

    assert (outcome.status, outcome.printed) == ("ok", "body\n")
    assert [shown["text/plain"] for shown in outcome.shown] == ["Signed in as carol."]


def test_cancel_ends_it_with_one_line_and_the_user_stays_signed_in(page, asked):
    page.press("cancel")

    outcome = page.finish(asked)

    assert outcome.error == "SignInReleased: The step-up was given up"
    assert not outcome.printed
    assert page.run("auth.username, auth.challenge, 'ran' in dir()").value == "('carol', None, False)"


def test_stop_ends_it_with_one_line_and_the_user_stays_signed_in(page, asked):
    page.interrupt()

    assert page.finish(asked).error == "KeyboardInterrupt: The wait for a step-up was interrupted"
    assert page.run("auth.username, auth.challenge, 'ran' in dir()").value == "('carol', None, False)"
