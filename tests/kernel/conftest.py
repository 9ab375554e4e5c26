"""A notebook page without a browser, and real kernels of several versions behind it."""

import json
import os
import re
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import zmq
from jupyter_client import BlockingKernelClient, KernelManager

START_LIMIT = 60.0  # seconds until a kernel that does not answer is given up
PATIENCE = 20.0  # seconds until a page that waits gives up
SILENCE = 2.0  # seconds until a page connects once more to a kernel that may have overlooked a request
WIDGET = "application/vnd.jupyter.widget-view+json"

# What a kernel of that version needs in front of what is installed here.
IPYKERNELS = {
    "5.5.6": (
        "ipykernel==5.5.6",
        "ipython==7.34.0",
        "backcall==0.2.0",
        "decorator==5.1.1",
        "ipython-genutils==0.2.0",
        "pickleshare==0.7.5",
    ),
    # What Colab has had since 2023.
    "6.17.1": (
        "ipykernel==6.17.1",
        "ipython==7.34.0",
        "ipywidgets==7.7.1",
        "backcall==0.2.0",
        "decorator==5.1.1",
        "ipython-genutils==0.2.0",
        "nest-asyncio==1.6.0",
        "pickleshare==0.7.5",
    ),
    "6.29.5": ("ipykernel==6.29.5", "nest-asyncio==1.6.0"),
    "6.31.0": ("ipykernel==6.31.0", "nest-asyncio==1.6.0"),
    "7.3.0": ("ipykernel==7.3.0", "nest-asyncio2==1.7.4"),
}

# ipykernel 7 before 7.4 may leave a request unread that comes while it sends a reply, and all that follow, until a page
# connects (ipython/ipykernel#1529).
OVERLOOKS_REQUESTS = {"7.3.0"}

Message = dict[str, Any]
View = dict[str, Any]


@dataclass
class Outcome:
    """What a cell has under it once it is done.

    Attributes:
        status: ``ok``, ``error`` or ``aborted``.
        printed: What it wrote to standard output.
        warned: What it wrote to standard error.
        value: The last value, as text.
        error: The traceback, without colours.
        shown: The outputs that it displayed, by MIME type, as they stand now.
        paged: The help that it opened.
    """

    status: str = ""
    printed: str = ""
    warned: str = ""
    value: str | None = None
    error: str = ""
    shown: list[dict[str, Any]] = field(default_factory=list)
    paged: str = ""


class Page:
    """Runs cells, shows widgets, answers questions, as the page of a notebook does.

    Attributes:
        answers: What is typed into the input boxes that come, in order.
        questions: The input boxes that came: the prompt, and whether it hides what is typed.
        messages: All that the kernel has published.

    Args:
        manager: The kernel.
        client: A client of its own, with channels open.
        subshell: Whether widgets talk through a subshell, as in JupyterLab.
        stdin: Whether people can be asked.
        widgets: Whether the page can show widgets.
        reconnects: Whether it connects once more where it hears nothing.
    """

    def __init__(
        self,
        manager: KernelManager,
        client: BlockingKernelClient,
        *,
        subshell: bool,
        stdin: bool,
        widgets: bool,
        reconnects: bool,
    ) -> None:
        self.answers: deque[str] = deque()
        self.questions: list[tuple[str, bool]] = []
        self.messages: list[Message] = []
        self._manager = manager
        self._client = client
        self._stdin = stdin
        self._widgets = widgets
        self._reconnects = reconnects
        self._replies: dict[str, Message] = {}
        self._views: dict[str, View] = {}
        self._shown: dict[str, str] = {}
        self._cells: set[str] = set()
        self._poller = zmq.Poller()
        for channel in (client.iopub_channel, client.shell_channel, client.control_channel, client.stdin_channel):
            self._poller.register(channel.socket, zmq.POLLIN)
        self._subshell = self._create_subshell() if subshell else None

    # ---------------------------------------------------------------------------------------------------------- cells

    def run(self, code: str) -> Outcome:
        """Run a cell to its end."""
        return self.finish(self.start(code))

    def start(self, code: str) -> str:
        """Begin to run a cell; return its id."""
        cell = str(self._client.execute(code, allow_stdin=self._stdin))
        self._cells.add(cell)
        return cell

    def finish(self, cell: str) -> Outcome:
        """Wait for the end of a cell."""
        self.wait_until(lambda: cell in self._replies and self.is_idle(cell))
        outcome = self.outcome(cell)
        if outcome.status == "error":
            # A kernel aborts cells for a moment after an error; people are slower than that.
            self.ask("kernel_info_request")
        return outcome

    def is_idle(self, cell: str) -> bool:
        """Return whether the kernel has said that a cell is done."""
        return any(
            message["msg_type"] == "status"
            and message["content"]["execution_state"] == "idle"
            and message["parent_header"].get("msg_id") == cell
            for message in reversed(self.messages)
        )

    def outcome(self, cell: str) -> Outcome:
        """Return what a cell has under it by now."""
        reply = self._replies[cell]["content"] if cell in self._replies else {}
        outcome = Outcome(reply.get("status", ""))
        outcome.paged = without_colours("".join(item["data"]["text/plain"] for item in reply.get("payload", ())))
        shown: dict[str, dict[str, Any]] = {}
        for message in self.messages:
            content = message["content"]
            if message["msg_type"] == "update_display_data":
                shown.get(content["transient"]["display_id"], {}).clear()
                shown.get(content["transient"]["display_id"], {}).update(content["data"])
            if message["parent_header"].get("msg_id") != cell:
                continue
            match message["msg_type"]:
                case "stream" if content["name"] == "stdout":
                    outcome.printed += content["text"]
                case "stream":
                    outcome.warned += content["text"]
                case "execute_result":
                    outcome.value = content["data"]["text/plain"]
                case "error":
                    outcome.error += without_colours("\n".join(content["traceback"]))
                case "display_data":
                    outcome.shown.append(dict(content["data"]))
                    shown[content.get("transient", {}).get("display_id")] = outcome.shown[-1]
        return outcome

    def interrupt(self) -> None:
        """Press Stop."""
        self._manager.interrupt_kernel()

    # -------------------------------------------------------------------------------------------------------- widgets

    def panel(self, *, title: str = "", error: str = "", under: str | None = None) -> View:
        """Wait for the sign-in panel: with this in its title, this in its error line, under this cell."""

        def is_it(comm_id: str, view: View) -> bool:
            screen = view.get("screen", {"busy": True})
            is_there = under in (None, self._shown[comm_id])
            return is_there and not screen["busy"] and title in screen["title"] and error in screen["error"]

        return dict(self._view(is_it)["screen"])

    def bar(self, state: str) -> View:
        """Wait until the status bar says `state`, and that nothing is under way."""
        return self._view(lambda _, view: view.get("state") == state and not view["busy"])

    def has_view(self) -> bool:
        """Return whether there is a panel or a bar on the page."""
        return bool(self._shown.keys() & self._views.keys())

    def cell_of_view(self) -> str:
        """Return the id of the cell that the newest panel or bar stands under."""
        return self._shown[self._newest()]

    def submit(self, **values: str) -> None:
        """Fill in the newest panel and press its button."""
        comm_id = self._newest()
        screen = self._views[comm_id]["screen"]
        self.send(comm_id, {"type": "submit", "screen": screen["id"], "values": values})

    def press(self, action: str, **more: str) -> None:
        """Press another button of the newest panel or bar."""
        self.send(self._newest(), {"type": "action", "action": action, **more})

    def send(self, comm_id: str, content: dict[str, Any]) -> None:
        """Send a custom message to a widget."""
        self._send_comm("comm_msg", {"comm_id": comm_id, "data": {"method": "custom", "content": content}})

    # ------------------------------------------------------------------------------------------------------- messages

    def ask(self, message_type: str, **content: Any) -> dict[str, Any]:
        """Send a request to the shell and wait for its reply."""
        message = self._client.session.msg(message_type, content)
        self._client.shell_channel.send(message)
        return dict(self.wait_until(lambda: self._replies.get(message["header"]["msg_id"]))["content"])

    def widget_states(self) -> dict[str, Any]:
        """Ask for the state of all widgets, as a page does that has been reloaded; return it by comm id."""
        comm_id = self._client.session.msg_id
        opening = {"comm_id": comm_id, "target_name": "jupyter.widget.control", "data": {}}
        self._send_comm("comm_open", opening, metadata={"version": "1.0.0"})
        self._send_comm("comm_msg", {"comm_id": comm_id, "data": {"method": "request_states"}})
        answer = self.wait_until(
            lambda: next((m for m in self.messages if m["content"].get("comm_id") == comm_id), None)
        )
        return dict(answer["content"]["data"]["states"])

    def published(self, text: str) -> bool:
        """Return whether the kernel has published a text anywhere but in the code of a cell."""
        outputs = (message["content"] for message in self.messages if message["msg_type"] != "execute_input")
        return any(json.dumps(text)[1:-1] in json.dumps(content) for content in outputs)

    def told(self, kind: str) -> bool:
        """Return whether a widget has sent a custom message of this type."""
        sent = (message["content"]["data"] for message in self.messages if message["msg_type"] == "comm_msg")
        return any(data.get("method") == "custom" and data["content"].get("type") == kind for data in sent)

    def wait_until(self, is_so: Callable[[], Any]) -> Any:
        """Take messages until `is_so` returns something; return that."""
        deadline = time.monotonic() + PATIENCE
        while not (found := is_so()):
            left = max(0.0, deadline - time.monotonic())
            ready = self._poller.poll(1000 * (min(left, SILENCE) if self._reconnects else left))
            if not ready and left and self._reconnects:
                self._reconnect()
                continue
            assert ready, "waited in vain; the last messages:\n" + "\n".join(map(_brief, self.messages[-12:]))
            for channel in ("iopub", "shell", "control", "stdin"):
                self._take_from(channel)
        return found

    def number(self, cell: str) -> int:
        """Return the number that stands before a cell that has run."""
        return int(self._replies[cell]["content"]["execution_count"])

    def shut_down(self) -> None:
        """Ask the kernel to end, and end it only where it does not."""
        self._manager.shutdown_kernel(now=False)

    def close(self) -> None:
        """End the kernel."""
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def _reconnect(self) -> None:
        with self._manager.connect_shell() as shell:
            self._client.session.send(shell, "kernel_info_request")
            shell.poll(1000 * SILENCE)

    def _take_from(self, channel: str) -> None:
        socket = getattr(self._client, f"{channel}_channel").socket
        while socket.poll(0, zmq.POLLIN):
            _, message = self._client.session.recv(socket)
            getattr(self, f"_take_{'reply' if channel in ('shell', 'control') else channel}")(message)

    def _take_reply(self, message: Message) -> None:
        self._replies[message["parent_header"]["msg_id"]] = message

    def _take_stdin(self, message: Message) -> None:
        self.questions.append((message["content"]["prompt"], message["content"]["password"]))
        if self.answers:
            self._client.input(self.answers.popleft())

    def _take_iopub(self, message: Message) -> None:
        self.messages.append(message)
        content = message["content"]
        match message["msg_type"]:
            case "comm_open" if "view" in content["data"].get("state", {}):
                self._views[content["comm_id"]] = content["data"]["state"]["view"]
            case "comm_msg" if "view" in content["data"].get("state", {}) and content["comm_id"] in self._views:
                self._views[content["comm_id"]] = content["data"]["state"]["view"]
            case "comm_close":
                self._views.pop(content["comm_id"], None)
            case "display_data" if WIDGET in content["data"] and self._widgets:
                comm_id, cell = content["data"][WIDGET]["model_id"], message["parent_header"]["msg_id"]
                if cell not in self._cells:
                    return  # what a click shows stands nowhere
                self._shown.pop(comm_id, None)
                self._shown[comm_id] = cell
                self.send(comm_id, {"type": "ready", "view": "a-view"})

    def _view(self, is_it: Callable[[str, View], bool]) -> View:
        found: View = self.wait_until(
            lambda: next(
                (self._views[id_] for id_ in self._shown if id_ in self._views and is_it(id_, self._views[id_])), None
            )
        )
        return found

    def _newest(self) -> str:
        return next(comm_id for comm_id in reversed(self._shown) if comm_id in self._views)

    def _send_comm(self, message_type: str, content: dict[str, Any], metadata: dict[str, str] | None = None) -> None:
        message = self._client.session.msg(message_type, content, metadata=metadata)
        if self._subshell:
            message["header"]["subshell_id"] = self._subshell
        self._client.shell_channel.send(message)

    def _create_subshell(self) -> str:
        message = self._client.session.msg("create_subshell_request")
        self._client.control_channel.send(message)
        reply = self.wait_until(lambda: self._replies.get(message["header"]["msg_id"]))
        return str(reply["content"]["subshell_id"])


def without_colours(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def _brief(message: Message) -> str:
    return f"{message['msg_type']} {message['content']} for {message['parent_header'].get('msg_id')}"[:300]


# ---------------------------------------------------------------------------------------------------------- fixtures


@pytest.fixture
def open_page(tmp_path: Path, ipykernel: Callable[[str], Path]) -> Iterator[Callable[..., Page]]:
    """Start a kernel that knows nothing of this machine, and open a page on it."""
    with ExitStack() as stack:
        # Short, because the addresses of the kernel's sockets go in there.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nbauth-", dir="/tmp")))

        def open_page(
            version: str | None = None,
            *,
            subshell: bool = False,
            stdin: bool = True,
            widgets: bool = True,
            environment: dict[str, str] | None = None,
        ) -> Page:
            path = [str(ipykernel(version))] if version else []
            manager = KernelManager(
                kernel_name="python3", transport="ipc", ip=str(folder / "k"), connection_file=str(folder / "k.json")
            )
            log = stack.enter_context((tmp_path / "kernel.log").open("w"))
            manager.start_kernel(
                env=_environment(tmp_path, path) | (environment or {}),
                extra_arguments=["--HistoryManager.enabled=False"],
                cwd=str(tmp_path),
                stdout=log,
                stderr=log,
            )
            client = manager.blocking_client()
            client.start_channels()
            try:
                client.wait_for_ready(timeout=START_LIMIT)
                reconnects = version in OVERLOOKS_REQUESTS
                page = Page(manager, client, subshell=subshell, stdin=stdin, widgets=widgets, reconnects=reconnects)
            except BaseException:
                client.stop_channels()
                manager.shutdown_kernel(now=True)
                raise
            stack.callback(page.close)
            if version:
                assert page.run("import ipykernel; print(ipykernel.__version__)").printed == f"{version}\n"
            return page

        yield open_page


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """A page on the newest kernel, without an AWS."""
    return open_page()


@pytest.fixture(scope="session")
def ipykernel(pip: Callable[..., Path]) -> Callable[[str], Path]:
    """Return the folder with an older ipykernel, installed there once."""

    def install(version: str) -> Path:
        if version == "5.5.6" and sys.version_info >= (3, 12):
            pytest.skip("ipykernel 5 needs Python 3.11: it imports the module imp")
        return pip(*IPYKERNELS[version])

    return install


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What a process finds that knows nothing of this machine."""
    return _environment(tmp_path, [])


def _environment(folder: Path, path: list[str]) -> dict[str, str]:
    foreign = ("AWS_", "IPYTHON", "JPY_", "JUPYTER", "NBAUTH_", "PYTHON", "XDG_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    return kept | {
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": str(folder),
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_CONFIG_DIR": str(folder / "jupyter"),
        "JUPYTER_DATA_DIR": str(folder / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "NBAUTH_STORE": "memory",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PYTHONPATH": os.pathsep.join([*path, str(Path(__file__).parent)]),
        "XDG_RUNTIME_DIR": str(runtime),
    }


@pytest.fixture
def aws_page(open_page: Callable[..., Page], pool: Any) -> Page:
    """A page on a kernel whose settings name the emulator's pools, and where all of AWS is the emulator."""
    environment = {
        "AWS_ENDPOINT_URL": pool.endpoint_url,
        "AWS_MAX_ATTEMPTS": "1",
        "NBAUTH_CLIENT_ID": pool.client_id,
        "NBAUTH_ENDPOINT_URL": pool.endpoint_url,
        "NBAUTH_IDENTITY_POOL_ID": pool.identity_pool_id,
        "NBAUTH_REGION": pool.region,
        "NBAUTH_USER_POOL_ID": pool.user_pool_id,
        "NO_PROXY": "*",
    }
    return open_page(environment=environment)
