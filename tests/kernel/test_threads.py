"""A thread that waits for a sign-in: while a cell blocks on it, while none does, and when the kernel is shut down."""

import pytest

# Where the page is answered while a cell blocks on a thread that waits: on 7.4 and later in a subshell of nbauth's,
# before that in one that the page itself has made, as JupyterLab does.
ANSWERING = [(None, False), (None, True), ("7.3.0", True)]
SILENT = [("7.3.0", False), ("6.31.0", False), ("6.29.5", False), ("5.5.6", False)]
NEEDS_AWS = "auth.get_credentials().access_key_id"
IN_A_POOL = f"pool.submit(lambda: {NEEDS_AWS})"


def kernels(*which):
    names = [f"{version or 'newest'}-{'subshell' if subshell else 'plain'}" for version, subshell in which]
    return pytest.mark.parametrize(("version", "subshell"), which, ids=names)


@pytest.fixture
def page(open_page, version, subshell):
    page = open_page(version, subshell=subshell)
    assert not page.run("import faked; auth = faked.session()").error
    page.run("from concurrent.futures import ThreadPoolExecutor; pool = ThreadPoolExecutor()")
    return page


@kernels(*ANSWERING)
def test_a_cell_that_blocks_on_a_thread_goes_on_after_a_sign_in_in_the_panel(page):
    cell = page.start(f"{IN_A_POOL}.result()")
    page.panel(title="Sign in")
    page.submit(username="ada", password="wrong")
    page.panel(error="Incorrect user name or password")

    page.submit(username="ada", password="right")

    assert page.finish(cell).value == "'ASIAEXAMPLE000000001'"
    assert not page.has_view()


@kernels((None, False), (None, True))
def test_nothing_is_left_of_the_thread_that_answered(page):
    subshells = "get_ipython().kernel.shell_channel_thread.manager.list_subshell()"
    before = page.run(subshells).value
    cell = page.start(f"{IN_A_POOL}.result()")
    page.panel()
    page.submit(username="ada", password="right")
    page.finish(cell)

    assert page.run(subshells).value == before


@kernels(*SILENT)
def test_where_the_panel_cannot_answer_one_sentence_says_so_and_the_wait_has_an_end(page):
    page.run("from nbauth.widgets import prompt; prompt._READY_WITHIN = 0.1; auth.sign_in_wait = 3.5")

    outcome = page.run(f"{IN_A_POOL}.result()")

    assert "SignInTimeout: Nobody signed in within 3.5 seconds" in outcome.error
    assert outcome.warned.count("as long as a cell is busy with it the panel cannot answer") == 1


@kernels(*ANSWERING, *SILENT)
def test_a_thread_that_no_cell_blocks_on_is_answered_everywhere(page):
    page.run(f"future = {IN_A_POOL}")
    page.panel(title="Sign in")

    page.submit(username="ada", password="right")

    assert page.run("future.result(20)").value == "'ASIAEXAMPLE000000001'"


@kernels(*ANSWERING, *SILENT)
def test_the_kernel_ends_while_a_thread_waits_and_says_goodbye(page, tmp_path):
    page.run("import atexit, pathlib\natexit.register(pathlib.Path('goodbye').touch)")
    page.run(IN_A_POOL)
    page.panel(title="Sign in")

    page.shut_down()

    assert (tmp_path / "goodbye").exists()


@kernels(*ANSWERING, *SILENT)
def test_a_person_can_be_told_what_waits(page):
    page.run(
        "import asyncio, ipywidgets, threading\n"
        "from nbauth import kernel\n"
        "button, heard = ipywidgets.Button(), []\n"
        "button.on_click(lambda _: setattr(button, 'description', kernel.label()))\n"
        "async def label_of_task(): return kernel.label_async()"
    )
    cell = page.start("kernel.label(), await asyncio.create_task(label_of_task())")
    labels = page.finish(cell).value
    assert labels == f"('cell [{page.number(cell)}]', 'task')"

    cell = page.start("await label_of_task()")
    assert page.finish(cell).value == f"'cell [{page.number(cell)}]'"

    page.run("thread = threading.Thread(target=lambda: print(kernel.label()), name='upload')")
    assert page.run("thread.start(); thread.join()").printed == "thread upload\n"

    page.send(page.run("print(button.comm.comm_id)").printed.strip(), {"event": "click"})
    page.wait_until(lambda: page.published("widget"))


@kernels(*ANSWERING)
def test_fifty_threads_that_wait_share_one_panel_and_one_sign_in(page):
    page.run("pool = ThreadPoolExecutor(50)")
    cell = page.start(f"len({{one.result() for one in [{IN_A_POOL} for _ in range(50)]}})")
    page.panel()

    page.submit(username="ada", password="right")

    assert page.finish(cell).value == "1"
    assert len(page.outcome(cell).shown) == 1


@kernels(*ANSWERING)
def test_cancel_releases_fifty_threads_and_the_cell_that_blocks_on_them(page):
    page.run("pool = ThreadPoolExecutor(50)")
    page.run(
        "import threading\n"
        "all_wait = threading.Event()\n"
        "auth._waiters._on_change = lambda: len(auth._waiters) == 50 and all_wait.set()"
    )
    cell = page.start(
        f"waiting = [{IN_A_POOL} for _ in range(50)]\n"
        "all_wait.wait(); print('all', flush=True)\n"
        "sorted({type(one.exception()).__name__ for one in waiting})"
    )
    page.panel()
    page.wait_until(lambda: page.published("all\n"))
    page.press("cancel")

    assert page.finish(cell).value == "['SignInReleased']"


IN_A_CHILD = """
import os, sys
answers, write = os.pipe()
if not os.fork():
    try:
        {call}
    except Exception as error:
        os.write(write, str(error).encode())
    finally:
        os._exit(0)
os.wait()
os.read(answers, 1000).decode()
"""


@kernels(*ANSWERING, *SILENT)
@pytest.mark.parametrize("call", [NEEDS_AWS, "auth.get_tokens(wait=600)", "faked.session().get_tokens()"])
def test_what_a_cell_has_forked_waits_for_nobody(page, call):
    page.run("auth.state")

    outcome = page.run(IN_A_CHILD.format(call=call))

    assert "Nobody is signed in to AWS" in outcome.value
    assert not page.has_view()
