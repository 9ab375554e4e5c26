"""What `nest_asyncio` is for: ipykernel 5, which reads messages on the very loop that a waiting cell holds up."""

import pytest

PATCHED = "import asyncio, sys; hasattr(asyncio, '_nest_patched')"


@pytest.fixture
def old_page(open_page):
    page = open_page("5.5.6")
    page.run("import faked; auth = faked.session()")
    return page


def wait_and_sign_in(page):
    cell = page.start("auth.get_credentials().identity_id")
    page.panel()
    page.submit(username="ada", password="right")
    assert page.finish(cell).status == "ok"


def test_without_it_a_click_stays_unread_until_the_cell_has_ended(old_page):
    old_page.run(
        "import ipywidgets, threading\n"
        "button, clicked = ipywidgets.Button(), threading.Event()\n"
        "button.on_click(lambda _: clicked.set())"
    )
    button = old_page.run("print(button.comm.comm_id)").printed.strip()
    cell = old_page.start("print('waiting', flush=True); clicked.wait(1)")
    old_page.wait_until(lambda: old_page.published("waiting\n"))

    old_page.send(button, {"event": "click"})

    assert old_page.finish(cell).value == "False"
    assert old_page.run("clicked.is_set()").value == "True"


def test_without_it_the_kernels_loop_does_not_run_in_a_cell(old_page):
    outcome = old_page.run("import asyncio; asyncio.get_event_loop().run_until_complete(asyncio.sleep(0))")

    assert "This event loop is already running" in outcome.error


def test_it_is_loaded_by_the_first_wait_and_not_before(old_page):
    old_page.run("%load_ext nbauth")
    assert old_page.run(PATCHED).value == "False"

    wait_and_sign_in(old_page)

    assert old_page.run(PATCHED).value == "True"


def test_with_it_the_users_own_tasks_go_on_while_a_cell_waits(old_page):
    old_page.run(
        "import asyncio\nasync def sign_in_later():\n    await asyncio.sleep(0)\n    auth.sign_in('ada', 'right')"
    )

    outcome = old_page.run("task = asyncio.ensure_future(sign_in_later()); auth.get_credentials(); task.done()")

    assert (outcome.error, outcome.value) == ("", "True")


def test_an_awaiting_cell_does_without_it(old_page):
    cell = old_page.start("await auth.signed_in()")
    old_page.panel()
    old_page.submit(username="ada", password="right")

    assert old_page.finish(cell).status == "ok"
    assert old_page.run(PATCHED).value == "False"


def test_later_kernels_never_see_it(page):
    page.run("import faked; auth = faked.session()")

    wait_and_sign_in(page)

    assert page.run(PATCHED).value == "False"
    assert page.run("'nest_asyncio' in sys.modules").value == "False"
