"""A notebook page without a browser: runs cells in a real kernel and fills in nbauth's sign-in panel.

The one place in the demo that knows how the panel and its page talk to each other.
"""

import queue
import time
from collections.abc import Callable
from typing import Any

from nbauth.demo.errors import DemoError

Message = dict[str, Any]
View = dict[str, Any]


class FrontEnd:
    """Plays the page of one kernel.

    Args:
        client: A started blocking client of `jupyter_client`.
        limit: When to give up, on the monotonic clock.
    """

    def __init__(self, client: Any, limit: float) -> None:
        self._client = client
        self._limit = limit
        self._views: dict[str, View] = {}

    def run(self, code: str) -> None:
        """Run a cell to its end.

        Raises:
            DemoError: The cell raised; the message is its traceback.
        """
        cell = self._client.execute(code, allow_stdin=True)
        problem: list[str] = []

        def is_done(message: Message) -> bool:
            if message["parent_header"].get("msg_id") != cell:
                return False
            if message["msg_type"] == "error":
                problem.append("\n".join(message["content"]["traceback"]))
            return message["msg_type"] == "status" and bool(message["content"]["execution_state"] == "idle")

        self._pump(is_done, "the cell did not end")
        if problem:
            raise DemoError(problem[0])

    def sign_in(self, username: str, password: str) -> None:
        """Fill in the panel that is on the page, and wait until the status bar says that somebody is signed in.

        Raises:
            DemoError: There is no panel, it asks for something else, or it does not accept what was typed.
        """
        panel, screen = self._panel()
        fields = {field["name"] for field in screen.get("fields", ())}
        if not {"username", "password"} <= fields:
            raise DemoError(f"the sign-in panel asks for {', '.join(sorted(fields)) or 'nothing'}")
        values = {"username": username, "password": password}
        self._send(panel, {"type": "submit", "screen": screen["id"], "values": values})
        self._pump(lambda _: self._is_answered(), "the status bar does not say that anybody is signed in")

    def _panel(self) -> tuple[str, View]:
        for comm_id, view in self._views.items():
            if view.get("kind") == "panel":
                return comm_id, view["screen"]
        raise DemoError("no sign-in panel has appeared")

    def _is_answered(self) -> bool:
        for view in self._views.values():
            if view.get("kind") == "panel" and (error := view["screen"].get("error")):
                raise DemoError(f"the panel says: {error}")
            if view.get("kind") == "bar" and view.get("state") == "SIGNED_IN":
                return True
        return False

    def _pump(self, is_done: Callable[[Message], bool], problem: str) -> None:
        while (patience := self._limit - time.monotonic()) > 0:
            try:
                message: Message = self._client.get_iopub_msg(timeout=min(patience, 1))
            except queue.Empty:
                if not self._client.is_alive():
                    raise DemoError("the kernel has died") from None
                continue
            self._take(message)
            if is_done(message):
                return
        raise DemoError(problem)

    def _take(self, message: Message) -> None:
        content = message["content"]
        match message["msg_type"]:
            case "comm_open":
                self._show(content["comm_id"], content["data"].get("state", {}))
            case "comm_msg" if content["data"].get("method") == "update":
                self._show(content["comm_id"], content["data"]["state"])
            case "comm_close":
                self._views.pop(content["comm_id"], None)

    def _show(self, comm_id: str, state: dict[str, Any]) -> None:
        view = state.get("view")
        if not isinstance(view, dict):
            return
        is_new = comm_id not in self._views
        self._views[comm_id] = view
        if is_new:
            self._send(comm_id, {"type": "ready"})

    def _send(self, comm_id: str, content: dict[str, Any]) -> None:
        data = {"comm_id": comm_id, "data": {"method": "custom", "content": content}}
        self._client.shell_channel.send(self._client.session.msg("comm_msg", data))
