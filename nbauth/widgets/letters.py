"""What one view of the panel and the kernel write each other and nobody else may read: answers, and keys to be shown.

All that the kernel sends goes to every page of the kernel, and what pages send may stand in its logs. So a view in a
browser that can seal sends its half of a key as soon as it shows a form, and from then on all of this is sealed. A
browser cannot on a page that is served over plain HTTP: there, it is written in clear.

Rule: nothing in clear is taken from, or sent to, a view that has sent its half, for as long as the panel lives: also
where its key is not made yet, could not be made, or has been dropped. Handlers call this, so nothing waits.
"""

import threading
from collections.abc import Callable
from typing import Any

from nbauth.background import begin
from nbauth.errors import AuthError
from nbauth.widgets.errand import outcome_of
from nbauth.widgets.seal import BROKEN, Seal

_MOST = 64  # keys; a page that is loaded anew is a new view, and nobody says when the one before is gone
_IN_CLEAR = "What came from the page was not sealed as agreed, so nothing was done: reload the page"


class Letters:
    """Reads and writes the letters of one panel's views.

    Args:
        send: Sends a message to all pages.
    """

    def __init__(self, send: Callable[[dict[str, Any]], object]) -> None:
        self._send = send
        self._sealing: set[str] = set()  # the views that have sent their half: names alone, which are kept
        self._seals: dict[str, Seal] = {}  # by view, the one used last at the end
        self._lock = threading.Lock()

    def agree(self, view: str, page_key: str) -> None:
        """Agree on a key with a view, in the background: the arithmetic has to be loaded first.

        Args:
            view: The view; what it has agreed on stands, and is not made anew.
            page_key: Its half of the key.
        """
        if view not in self._sealing:
            self._sealing.add(view)
            begin(lambda: self._agree(view, page_key))

    def answers_in(self, message: dict[str, Any]) -> dict[str, Any]:
        """Return what was filled in, and leave nothing of it in the message, which the kernel keeps until the next.

        Args:
            message: What a view has sent, sealed or in clear.

        Raises:
            AuthError: It cannot be opened, or had to be sealed and was not.
        """
        match message:
            case {"view": str(view), "screen": str(screen), "sealed": str(letter)}:
                seal = self._seal_of(view)
                if seal is None:
                    raise AuthError(BROKEN, case="seal_broken")
                answers = seal.open(screen, letter)
                return answers if isinstance(answers, dict) else {}
            case {"values": dict(values)}:
                answers = dict(values)
                values.clear()
                if message.get("view") in self._sealing:
                    raise AuthError(_IN_CLEAR, case="seal_missing")
                return answers
            case _:
                return {}

    def show(self, view: str, screen: str, material: object) -> None:
        """Send a view what its screen shows beside the form.

        Args:
            view: The view that asked.
            screen: Its screen.
            material: What is shown.
        """
        message = {"type": "material", "view": view, "screen": screen}
        if view not in self._sealing:
            self._send({**message, "material": material})
        elif seal := self._seal_of(view):
            self._send({**message, "sealed": seal.close(screen, material)})

    def _agree(self, view: str, page_key: str) -> None:
        seal: Seal | None = outcome_of(lambda: Seal(view, page_key)).value
        if seal:
            self._keep(view, seal)
        self._send({"type": "key", "view": view, "key": seal.public_key if seal else ""})

    def _keep(self, view: str, seal: Seal) -> None:
        with self._lock:
            self._seals[view] = seal
            while len(self._seals) > _MOST:
                del self._seals[next(iter(self._seals))]

    def _seal_of(self, view: str) -> Seal | None:
        with self._lock:
            seal = self._seals.pop(view, None)
            if seal:
                self._seals[view] = seal
            return seal
