"""Dates and times as people write them where they are: in their language, of their region, in their browser's zone."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from nbauth import AuthSession
from nbauth.testing.stand_in import DeviceTracking
from nbauth.widgets.words import Words
from tests.e2e.front_end import TalkingPanel, front_end
from tests.e2e.stage import PASSWORD

pytestmark = pytest.mark.xdist_group("browser")

MOMENT = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)
LONDON, NEW_YORK, TOKYO = "Europe/London", "America/New_York", "Asia/Tokyo"
# What browsers ask for, where they are, the language that is spoken there; the date, and the time.
WRITTEN = [
    ("en-US", NEW_YORK, "en", "Mar 4, 2026", "6:30 PM"),
    ("en-GB", LONDON, "en", "4 Mar 2026", "23:30"),
    ("de-DE", "Europe/Berlin", "de", "05.03.2026", "00:30"),
    ("ja-JP", TOKYO, "ja", "2026/03/05", "8:30"),
    ("ar-EG", "Africa/Cairo", "ar", "05\u200f/03\u200f/2026", "1:30 ص"),
    ("en-GB", TOKYO, "en", "5 Mar 2026", "08:30"),
]


@pytest.fixture
def panel(cognito):
    """The bar of somebody who is signed in on a device that was used at the moment, and whose sign-in ends then."""
    cognito.settings.devices = DeviceTracking()
    session = AuthSession(cognito.config | {"identity_pool_id": None}, store="memory")
    session.sign_in("ada", PASSWORD)
    (device,) = cognito.users["ada"].devices.values()
    device.used_at = MOMENT
    panel = TalkingPanel(session, form=False)
    yield panel
    panel.close()


@pytest.mark.parametrize(("locale", "zone", "language", "date", "time"), WRITTEN)
def test_a_point_in_time_is_written_as_it_is_where_people_are(browser, panel, locale, zone, language, date, time):
    words = Words(language)
    with front_end(browser, panel, locale=locale, timezone_id=zone) as shown:
        expect(shown.bar).to_have_accessible_name(words("bar.label"))
        panel.view = panel.view | {"renews": False, "tokens_expire_at": MOMENT.timestamp()}
        expect(shown.bar).to_contain_text(words("bar.ends", time=time))
        shown.bar.get_by_role("button", name=words("bar.more")).click()
        shown.bar.get_by_role("menuitem", name=words("account.menu")).click()
        shown.form.get_by_role("button", name=words("account.devices")).click()
        expect(shown.form.get_by_role("heading")).to_have_text(words("account.devices"))
        expect(shown.form.get_by_role("listitem")).to_contain_text(words("account.device_used", date=date))


def test_who_reads_another_language_than_the_browsers_reads_dates_in_it(browser, panel):
    words = Words("de")
    panel.session.language = "de"
    panel = TalkingPanel(panel.session, form=False)
    with front_end(browser, panel, locale="en-US", timezone_id=TOKYO) as shown:
        panel.view = panel.view | {"renews": False, "tokens_expire_at": MOMENT.timestamp()}
        expect(shown.bar).to_contain_text(words("bar.ends", time="08:30"))
    panel.close()
