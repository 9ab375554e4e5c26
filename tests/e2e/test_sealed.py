"""Who reads the kernel's messages along reads no secret: not on the wire, not on a second page, not in a debug log.

The same journeys on a page whose browser cannot seal show that they work there, too, and what would be found.
"""

import json
import os
import re

import pyotp
import pytest
from playwright.sync_api import expect

from tests.e2e.sentinels import Wire, files_with, found_in
from tests.e2e.stage import PASSWORD, Stage

pytestmark = pytest.mark.xdist_group("browser")

WRONG, FRESH = "Wrong-Sentinel-1207", "Fresh-Sentinel-1852"
WRONG_CODE = "493817"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

# Everything that logs in a kernel, at its loudest, into a file.
TALK = """
import logging
from pathlib import Path
to_file = logging.FileHandler(Path("log"))
logging.basicConfig(level=logging.DEBUG, handlers=[to_file], force=True)
for logger in (logging.getLogger("Comm"), logging.getLogger("ipykernel"), get_ipython().kernel.log):
    logger.setLevel(logging.DEBUG)
    logger.addHandler(to_file)
"""
CONFESS = """
import json, pathlib
tokens = session.get_tokens()
secrets = [tokens.id_token, tokens.access_token, tokens.refresh_token]
pathlib.Path("tokens").write_text(json.dumps([secret.reveal() for secret in secrets]))
"""
# For the next view that wants to agree on a key, and for no later one.
INSTEAD = """
from nbauth.widgets import letters
def instead(*args, seal=letters.Seal):
    letters.Seal = seal
    {do}
letters.Seal = instead
"""


# --- journeys: each returns what must stay secret ---------------------------------------------------------------------


def signs_in(stage, cognito):
    cognito.users.add("eve", PASSWORD, totp_secret=SECRET)
    stage.show(cognito, before=TALK)
    stage.sign_in("eve", WRONG)
    expect(stage.alert).to_have_text("Incorrect user name or password")
    stage.enter(Password=PASSWORD)
    stage.title("Enter your authenticator code")
    stage.enter(Code=WRONG_CODE)
    expect(stage.alert).to_have_text("That code is not right: try again")
    code = pyotp.TOTP(SECRET).now()
    stage.enter(Code=f"{code[:3]} {code[3:]}")
    stage.is_in("eve")
    return [PASSWORD, WRONG, WRONG_CODE, code]


def sets_up_an_app(stage, cognito):
    cognito.settings.mfa = "ON"
    stage.show(cognito, before=TALK)
    stage.sign_in("ada", PASSWORD)
    stage.choose("Authenticator app")
    stage.press("Continue")
    key = stage.panel.locator("code")
    expect(key).to_have_text(re.compile(r"^([A-Z2-7]{4} )+"))
    secret, picture = key.inner_text(), stage.panel.locator("figure path").get_attribute("d")
    code = pyotp.TOTP(secret.replace(" ", "")).now()
    stage.enter(Code=code)
    stage.is_in()
    return [PASSWORD, secret, picture, code]


def forgets_the_password(stage, cognito):
    stage.show(cognito, before=TALK)
    stage.press("Forgot your password?")
    stage.enter(User_name="ada")
    stage.title("Choose a new password")
    code = cognito.codes["ada"]
    stage.enter(Code=code, New_password=FRESH, Confirm_password=FRESH)
    stage.is_in()
    return [FRESH, code]


def makes_an_account(stage, cognito):
    stage.show(cognito, before=TALK, sign_up_attributes=["email"])
    stage.press("Create an account")
    stage.enter(User_name="grace", **{"E-mail_address": "grace@example.com"}, Password=FRESH, Confirm_password=FRESH)
    stage.title("Confirm your account")
    code = cognito.codes["grace"]
    stage.enter(Code=code)
    stage.is_in("grace")
    return [FRESH, code]


def changes_the_password_and_an_attribute(stage, cognito):
    stage.show(cognito, before=TALK)
    stage.sign_in("ada", PASSWORD)
    stage.is_in()
    stage.choose_from_menu("More", "Your account…")
    stage.press("Open: Profile")
    stage.enter(Name="Ada Lovelace")
    expect(stage.said).to_have_text("Saved.")
    stage.press("Back")
    stage.press("Open: Password")
    stage.enter(Current_password=WRONG, New_password=FRESH, Confirm_password=FRESH)
    expect(stage.alert).to_have_text("The current password is not right")
    stage.enter(Current_password=PASSWORD, New_password=FRESH, Confirm_password=FRESH)
    expect(stage.said).to_have_text("The password is changed.")
    return [PASSWORD, WRONG, FRESH]


JOURNEYS = [
    signs_in,
    sets_up_an_app,
    forgets_the_password,
    makes_an_account,
    changes_the_password_and_an_attribute,
]


# --- who reads along --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wire(stage):
    """All that the stage sends and is sent."""
    wire = Wire()
    wire.watch(stage.page)
    stage.reload()
    return wire


@pytest.fixture(scope="module")
def open_again(stage, browser, lab, wire):
    """Open the stage's notebook, with its kernel, in another browser."""
    contexts = []

    def open_again(init_script=""):
        contexts.append(browser.new_context(viewport={"width": 1280, "height": 1400}))
        contexts[-1].add_init_script(init_script)
        page = contexts[-1].new_page()
        wire.watch(page)
        page.goto(f"{lab.url}lab/tree/{stage.path.relative_to(lab.root)}?reset&token={lab.token}")
        return Stage(page, stage.path)

    yield open_again
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def second(open_again):
    """A second page that shows the same notebook with the same kernel."""
    return open_again()


@pytest.fixture(scope="module")
def unable(open_again):
    """The same in a browser that cannot seal."""
    return open_again("Object.defineProperty(Crypto.prototype, 'subtle', { get: () => undefined })")


def tokens_of(stage):
    """What the session on the stage has got."""
    cell = stage.path.with_name("next.py")
    cell.write_text(CONFESS)
    stage.run(0)
    cell.unlink()
    told = stage.path.with_name("tokens")
    tokens = json.loads(told.read_text())
    told.unlink()
    return tokens


def log_of(stage):
    return stage.path.with_name("log").read_text()


@pytest.mark.parametrize("journey", JOURNEYS)
def test_a_secret_shows_to_nobody_who_reads_along(stage, second, wire, cognito, journey):
    wire.clear()
    secrets = journey(stage, cognito)
    secrets += tokens_of(stage)
    sent, copied, logged = wire.heard_by(stage.page), wire.heard_by(second.page), log_of(stage)
    assert '"sealed":' in sent
    assert '"SIGNED_IN"' in copied
    assert "comm_msg" in logged
    assert [found_in(text, secrets) for text in (sent, copied, logged)] == [[], [], []]
    stage.save()
    assert files_with([secret for secret in secrets if not secret.isdigit()], stage.path.parent) == []


@pytest.mark.parametrize("journey", [signs_in, sets_up_an_app])
def test_where_the_browser_cannot_seal_everything_works_and_would_be_found(unable, wire, cognito, journey):
    wire.clear()
    secrets = journey(unable, cognito)
    assert sorted(found_in(wire.heard_by(unable.page), secrets)) == sorted(secrets)
    assert PASSWORD in found_in(log_of(unable), secrets)


def test_a_second_view_has_a_seal_of_its_own_and_sees_nothing_of_the_firsts(stage, second, wire, cognito):
    cognito.settings.mfa = "ON"
    stage.show(cognito)
    stage.save()
    second.reload()
    wire.clear()
    second.sign_in("ada", PASSWORD)
    stage.title("Set up a second step")
    stage.choose("Authenticator app")
    stage.press("Continue")
    keys = [view.panel.locator("code") for view in (stage, second)]
    expect(keys[0]).to_have_text(re.compile(r"^([A-Z2-7]{4} )+"))
    expect(keys[1]).to_have_text(keys[0].inner_text())
    secret = keys[0].inner_text()
    second.enter(Code=pyotp.TOTP(secret.replace(" ", "")).now())
    stage.is_in()
    for page in (stage.page, second.page):
        assert found_in(wire.heard_by(page), [PASSWORD, secret]) == []


def test_who_is_quicker_than_the_key_waits_for_it_and_is_in(stage, cognito):
    gate = stage.path.with_name("gate")
    os.mkfifo(gate)
    stage.show(cognito, before=INSTEAD.format(do=f"open({str(gate)!r}).read(); return seal(*args)"))
    stage.sign_in("ada", PASSWORD)
    expect(stage.button("Signing in…")).to_have_attribute("aria-disabled", "true")
    expect(stage.alert).to_have_text("The kernel is busy. This goes on when it is free.")
    gate.write_text("open")
    stage.is_in()
    gate.unlink()


def test_what_was_changed_on_the_way_is_said_in_the_form_and_the_next_try_is_in(stage, cognito):
    spoil = "made = seal(*args); real = made.open; made.open = spoil; return made"
    once = "    def spoil(screen, letter): made.open = real; return real(screen, 'AAAA' + letter)\n"
    stage.show(cognito, before=INSTEAD.format(do=f"\n{once}    {spoil}"))
    stage.sign_in("ada", PASSWORD)
    expect(stage.alert).to_have_text(re.compile("cannot be opened, so nothing was done"))
    expect(stage.field("User name")).to_have_value("ada")
    stage.enter(Password=PASSWORD)
    stage.is_in()


def test_where_the_kernel_fails_to_seal_nothing_is_sent_in_clear(stage, wire, cognito):
    wire.clear()
    stage.show(cognito, before=INSTEAD.format(do="raise ImportError"))
    expect(stage.alert).to_have_text(re.compile("cannot be sealed"))
    stage.sign_in("ada", PASSWORD)
    expect(stage.alert).to_have_text(re.compile("cannot be sealed"))
    assert found_in(wire.heard_by(stage.page), [PASSWORD]) == []
    stage.show(cognito)
    stage.sign_in("ada", PASSWORD)
    stage.is_in()
