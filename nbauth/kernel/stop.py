"""Stop (SIGINT), held back from the lines of the main thread that it must not strike between."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from nbauth.kernel.threads import in_main_thread


class Stop:
    """Stop (SIGINT), which can strike between any two lines of the main thread.

    In the middle of a gate's work it would lose messages of the page, or leave the kernel answering the wrong one.
    """

    def __init__(self) -> None:
        self._handler: Any = None
        self._struck: tuple[Any, ...] | None = None

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Let Stop strike at the end of a `with` block, or where a part of it lets it through."""
        handler = signal.getsignal(signal.SIGINT)
        if not callable(handler) or not in_main_thread():
            yield
            return
        before, self._handler = self._handler, handler
        signal.signal(signal.SIGINT, self._hold_back)
        try:
            yield
        finally:
            self._handler = before
            signal.signal(signal.SIGINT, handler)
            self._strike(handler)

    @contextmanager
    def let_through(self) -> Iterator[None]:
        """Let Stop strike within a `with` block."""
        if signal.getsignal(signal.SIGINT) != self._hold_back or not in_main_thread():
            yield
            return
        handler = self._handler
        signal.signal(signal.SIGINT, handler)
        try:
            self._strike(handler)
            yield
        finally:
            signal.signal(signal.SIGINT, self._hold_back)

    def _hold_back(self, *signal_and_frame: Any) -> None:
        self._struck = signal_and_frame

    def _strike(self, handler: Callable[..., Any]) -> None:
        if self._struck is not None:
            struck, self._struck = self._struck, None
            handler(*struck)


stop = Stop()
