"""The page that the kernel's tests stand on."""


def test_it_gets_on_with_a_kernel_that_overlooks_a_request(open_page):
    page = open_page("7.3.0")
    page.run(
        "import time\n"
        "manager = get_ipython().kernel.shell_channel_thread.manager\n"
        "class Slow:\n"
        "    def send_multipart(self, frames, socket=manager._shell_socket):\n"
        "        time.sleep(0.3)\n"
        "        socket.send_multipart(frames)\n"
        "manager._shell_socket = Slow()"
    )

    first = page.start("pass")
    page.wait_until(lambda: page.is_idle(first))
    second = page.start("pass")

    assert page.finish(first).status == page.finish(second).status == "ok"
