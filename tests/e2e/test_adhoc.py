import pytest
from playwright.sync_api import expect
def test_x(open_notebook, read_data, pool):
    nb = open_notebook("%config NbAuth.show_panel = False\n%load_ext nbauth", read_data, "auth.status_bar()", app="notebooks", width=390, device_scale_factor=2)
    nb.run(0); nb.start(1)
    expect(nb.username).to_be_focused()
    nb.page.screenshot(path="/tmp/x-narrow-wait.png")
    nb.username.fill("ada"); nb.button("Sign in").click()
    nb.page.screenshot(path="/tmp/x-narrow-missing.png")
    nb.sign_in(pool.username, pool.password)
    nb.wait_for(1)
    nb.run(2)
    nb.page.screenshot(path="/tmp/x-narrow-bar.png")
    nb.button("Sign out").click()
    expect(nb.bar).to_contain_text("Signed out.")
    nb.page.screenshot(path="/tmp/x-narrow-out.png")
