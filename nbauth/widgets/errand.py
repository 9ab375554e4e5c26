"""One verb at a time, run in a thread of its own for a person who clicked.

The kernel must go on reading messages while a verb talks to AWS, and a person who clicks twice means it once.
"""

import logging
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nbauth.errors import AuthError

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a verb: what it returned, or the error it ended with."""

    value: Any = None
    error: Exception | None = None


class Errand:
    """Runs verbs for one widget.

    Args:
        ended: Called in the verb's thread with the name of an errand that ended, and what came of it.
    """

    def __init__(self, ended: Callable[[str, Outcome], None]) -> None:
        self._ended = ended
        self._lock = threading.Lock()
        self._running: tuple[str, object] | None = None

    @property
    def name(self) -> str | None:
        """What is under way."""
        running = self._running
        return running[0] if running else None

    def begin(self, name: str, verb: Callable[[], object]) -> bool:
        """Run `verb` and return at once; do nothing and return false while another verb runs."""
        running = (name, object())
        with self._lock:
            if self._running is not None:
                return False
            self._running = running
        threading.Thread(target=self._run, args=(running, verb), name=f"nbauth-{name}", daemon=True).start()
        return True

    def give_up(self) -> None:
        """Let what runs end unnoticed."""
        with self._lock:
            self._running = None

    def _run(self, running: tuple[str, object], verb: Callable[[], object]) -> None:
        outcome = outcome_of(verb)
        with self._lock:
            if self._running is not running:
                return
            self._running = None
        self._ended(running[0], outcome)


def outcome_of(verb: Callable[[], object]) -> Outcome:
    """Call `verb`, and return what came of it; an error that is not ours is logged."""
    try:
        return Outcome(verb())
    except AuthError as error:
        return Outcome(error=error.with_traceback(None))
    except Exception as error:  # noqa: BLE001 - in a thread or a handler nobody would ever see it
        # Where, and not what: the message of an error that is not ours may quote what was typed.
        frames = "".join(traceback.format_tb(error.__traceback__))
        _log.error("nbauth: unexpected %s\n%s", type(error).__name__, frames)
        return Outcome(error=error.with_traceback(None))
