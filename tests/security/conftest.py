"""Looks for secrets where they must not be. What it cannot find when it is there, it cannot miss either: so each place
that is searched is also given a decoy, and the decoy must be found."""

import base64
import json
import queue
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pyotp
import pytest

PIECE = 24  # characters
PATIENCE = 60.0  # seconds; what does not come at all must not hang the tests

Message = dict[str, Any]


def forms(secret: str) -> Iterator[str]:
    """The ways in which a piece of a secret may stand in a text."""
    yield from {secret, quote(secret, safe=""), json.dumps(secret)[1:-1]}
    for before in range(3):
        # The same bytes look different in base64 at each offset; what depends on the neighbours is left out.
        encoded = base64.b64encode(b"?" * before + secret.encode()).decode()
        yield encoded[4 if before else 0 : -4]


def found(secrets: dict[str, str], text: str) -> list[str]:
    """The names of the secrets of which any piece stands in `text`: half a token is one too many."""

    def stands(secret: str) -> bool:
        starts = range(0, max(1, len(secret) - PIECE + 1), PIECE)
        return any(form in text for start in starts for form in forms(secret[start : start + PIECE]))

    return [name for name, secret in secrets.items() if stands(secret)]


@pytest.fixture(scope="session")
def find() -> Callable[[dict[str, str], str], list[str]]:
    return found


class Page:
    """A notebook page without a browser; it fills in the sign-in panel, and keeps all that the kernel publishes.

    Args:
        client: A started blocking client of `jupyter_client`.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._views: dict[str, dict[str, Any]] = {}
        self.comms: dict[str, str] = {}  # model name to comm
        self.heard: list[Message] = []

    def run(self, code: str) -> None:
        """Run a cell to its end, however it ends."""
        cell = self._client.execute(code, allow_stdin=True, stop_on_error=False)
        self._listen(lambda message: _ends(message, cell))

    def submit(self, **values: str) -> dict[str, Any]:
        """Fill in the panel and send it; returns what is shown when the answer has come."""
        comm, view = next((comm, view) for comm, view in self._views.items() if view["kind"] == "panel")
        self.send(comm, {"type": "submit", "screen": view["screen"]["id"], "values": values})
        self._listen(lambda _: _is_busy(self._views[comm]))
        self._listen(lambda _: not _is_busy(self._views[comm]))
        return self._views[comm]

    def send(self, comm: str, content: dict[str, Any]) -> None:
        data = {"comm_id": comm, "data": {"method": "custom", "content": content}}
        self._client.shell_channel.send(self._client.session.msg("comm_msg", data))

    def _listen(self, is_done: Callable[[Message], bool]) -> None:
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            try:
                message = self._client.get_iopub_msg(timeout=1)
            except queue.Empty:
                continue
            self.heard.append(message)
            self._take(message)
            if is_done(message):
                return
        pytest.fail("the kernel does not answer")

    def _take(self, message: Message) -> None:
        content = message["content"]
        match message["msg_type"]:
            case "comm_open":
                state = content["data"]["state"]
                self.comms[state.get("_model_name", "")] = content["comm_id"]
                if "view" in state:
                    self._views[content["comm_id"]] = state["view"]
                    self.send(content["comm_id"], {"type": "ready"})
            case "comm_msg" if "view" in content["data"].get("state", {}):
                self._views[content["comm_id"]] = content["data"]["state"]["view"]
            case "comm_close":
                self._views.pop(content["comm_id"], None)


@pytest.fixture(scope="session")
def page_of() -> type[Page]:
    return Page


def _ends(message: Message, cell: str) -> bool:
    is_idle = message["msg_type"] == "status" and message["content"]["execution_state"] == "idle"
    return is_idle and message["parent_header"].get("msg_id") == cell


def _is_busy(view: dict[str, Any]) -> bool:
    return bool(view["screen"]["busy"] if view["kind"] == "panel" else view["busy"])


@pytest.fixture
def totp(pool: Any) -> pyotp.TOTP:
    """The authenticator of the user who has one."""
    return pyotp.TOTP(pool.totp_secret)
