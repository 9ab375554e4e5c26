"""A cell that needs AWS while nobody is signed in: on every ipykernel, with and without subshells."""

import pytest

# JupyterLab and Notebook 7 talk through a subshell, VS Code, Voilà and Colab do not.
KERNELS = [
    (None, False),
    (None, True),
    ("7.3.0", False),
    ("7.3.0", True),
    ("6.31.0", False),
    ("6.29.5", False),
    ("6.17.1", False),
    ("5.5.6", False),
]
NEEDS_AWS = "auth.get_credentials().access_key_id"

pytestmark = pytest.mark.parametrize(
    ("version", "subshell"),
    KERNELS,
    ids=[f"{version or 'newest'}-{'subshell' if subshell else 'plain'}" for version, subshell in KERNELS],
)


@pytest.fixture
def page(open_page, version, subshell):
    page = open_page(version, subshell=subshell)
    assert not page.run("import faked; auth = faked.session()").error
    return page


def test_the_panel_stands_under_the_cell_that_waits(page):
    cell = page.start(NEEDS_AWS)

    page.panel(title="Sign in")

    assert page.cell_of_view() == cell
    assert not page.outcome(cell).status


def test_the_same_cell_goes_on_after_a_wrong_and_a_right_password(page):
    cell = page.start(f"print('before'); key = {NEEDS_AWS}; print('after'); key")
    screen = page.panel()

    page.submit(username="ada", password="wrong")
    refused = page.panel(error="Incorrect user name or password")

    assert refused["id"] == screen["id"]
    assert not page.outcome(cell).status

    page.submit(username="ada", password="right")
    outcome = page.finish(cell)

    assert outcome.printed == "before\nafter\n"
    assert outcome.value == "'ASIAEXAMPLE000000001'"
    assert not page.published("wrong")


def test_one_line_is_left_of_the_panel(page):
    cell = page.start(NEEDS_AWS)
    page.panel()
    page.submit(username="ada", password="right")

    [left] = page.finish(cell).shown

    assert left["text/plain"] == "Signed in as ada."
    assert sorted(left) == ["text/html", "text/plain"]
    assert not page.has_view()


def test_cells_behind_the_one_that_waits_run_after_it_in_order(page):
    waiting = page.start(f"order = ['waited']; {NEEDS_AWS}")
    behind = [page.start(f"order.append({number})") for number in (1, 2, 3)]
    page.panel()

    page.submit(username="ada", password="right")

    assert page.finish(waiting).status == "ok"
    assert [page.finish(cell).status for cell in behind] == ["ok", "ok", "ok"]
    assert page.run("order").value == "['waited', 1, 2, 3]"


def test_cancel_ends_the_wait_with_one_line_and_stops_the_cells_behind_it(page):
    cell = page.start(NEEDS_AWS)
    behind = page.start("late = True")
    page.panel()

    page.press("cancel")
    outcome = page.finish(cell)

    assert outcome.error == "SignInReleased: The wait for a sign-in was given up"
    assert [output["text/plain"] for output in outcome.shown] == ["Sign-in cancelled."]
    assert page.finish(behind).status == "aborted"


def test_stop_ends_the_wait_with_one_line_and_the_kernel_is_fine_after_it(page):
    cell = page.start(NEEDS_AWS)
    page.wait_until(lambda: page.told("focus"))  # the cell waits, and has answered the page

    page.interrupt()

    assert page.finish(cell).error == "KeyboardInterrupt: The wait for a sign-in was interrupted"
    assert page.outcome(cell).shown[0]["text/plain"] == "Sign-in cancelled."
    again = page.start(NEEDS_AWS)
    page.panel()
    page.submit(username="ada", password="right")
    assert page.finish(again).status == "ok"


def test_stop_in_the_middle_of_a_message_ends_the_wait_and_loses_no_cell(page):
    page.run(
        "import signal\n"
        "kernel = get_ipython().kernel\n"
        "publish = kernel._publish_status\n"
        "def strike(status, *channel):\n"
        "    publish(status, *channel)\n"
        "    if status == 'idle' and kernel.shell.user_ns.pop('waiting', False):\n"
        "        signal.raise_signal(signal.SIGINT)\n"
        "kernel._publish_status = strike"
    )
    cell = page.start(f"waiting = True; {NEEDS_AWS}")
    behind = page.start("late = True")

    assert page.finish(cell).error == "KeyboardInterrupt: The wait for a sign-in was interrupted"
    assert page.finish(behind).status == "aborted"


def test_a_page_that_is_reloaded_during_the_wait_gets_its_panel_back(page):
    cell = page.start(NEEDS_AWS)
    screen = page.panel()

    assert page.ask("kernel_info_request")["status"] == "ok"
    comms = page.ask("comm_info_request", target_name="jupyter.widget")["comms"]
    states = page.widget_states()

    [panel] = [comm_id for comm_id, widget in states.items() if "view" in widget["state"]]
    assert panel in comms
    assert states[panel]["state"]["view"]["screen"] == screen
    page.submit(username="ada", password="right")
    assert page.finish(cell).status == "ok"


def test_an_awaiting_cell_goes_on_after_the_sign_in(page):
    cell = page.start("await auth.signed_in(); auth.username")
    page.panel()

    page.submit(username="ada", password="right")

    assert page.finish(cell).value == "'ada'"


def test_other_widgets_work_during_the_wait_and_keep_what_they_print_to_themselves(page):
    page.run(
        "import ipywidgets\n"
        "button = ipywidgets.Button()\n"
        "@button.on_click\n"
        "def clicked(_):\n"
        "    print('clicked')\n"
        "    auth.sign_in('ada', 'right')"
    )
    button = page.run("print(button.comm.comm_id)").printed.strip()
    cell = page.start(f"print('before'); key = {NEEDS_AWS}; print('after')")
    page.panel()

    page.send(button, {"event": "click"})

    assert page.finish(cell).printed == "before\nafter\n"
    assert page.published("clicked")


def test_a_click_may_wait_for_the_same_sign_in_as_the_cell(page):
    page.run(
        "import ipywidgets, threading\n"
        "button, done = ipywidgets.Button(), threading.Event()\n"
        "@button.on_click\n"
        "def clicked(_):\n"
        "    button.description = 'a click that waits'\n"
        f"    {NEEDS_AWS}; done.set()"
    )
    button = page.run("print(button.comm.comm_id)").printed.strip()
    cell = page.start(NEEDS_AWS)
    page.panel()
    page.send(button, {"event": "click"})
    page.wait_until(lambda: page.published("a click that waits"))

    page.submit(username="ada", password="right")

    assert page.finish(cell).status == "ok"
    assert page.run("done.wait(10)").value == "True"


def test_a_click_alone_waits_for_the_panel_that_is_on_the_page_and_goes_on(page):
    page.run(
        "import ipywidgets, threading\n"
        "button, done = ipywidgets.Button(), threading.Event()\n"
        "@button.on_click\n"
        "def clicked(_):\n"
        f"    {NEEDS_AWS}; done.set()"
    )
    button = page.run("print(button.comm.comm_id)").printed.strip()
    home = page.start("auth.status_bar()")
    page.bar("SIGNED_OUT")

    page.send(button, {"event": "click"})
    page.panel(title="Sign in", under=home)
    page.submit(username="ada", password="right")

    assert page.bar("SIGNED_IN")["username"] == "ada"
    assert page.run("done.wait(10)").value == "True"


def test_a_wait_has_an_end(page):
    page.run("auth.sign_in_wait = 0.2")

    outcome = page.run(NEEDS_AWS)

    assert outcome.error == "SignInTimeout: Nobody signed in within 0.2 seconds"


def test_where_nobody_can_be_asked_no_cell_waits(open_page, version, subshell):
    page = open_page(version, subshell=subshell, stdin=False)
    page.run("import faked; auth = faked.session()")

    outcome = page.run(NEEDS_AWS)

    assert outcome.error.startswith("SignInRequired: Nobody is signed in to AWS; nobody is there to sign in")
    assert not page.has_view()
