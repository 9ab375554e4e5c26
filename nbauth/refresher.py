"""Keeps one session's tokens and credentials fresh while nobody asks for them.

It is one daemon thread that sleeps until something is due. It looks again at least twice a minute, because a machine
that was asleep wakes up later than any timer of its own knows.
"""

import threading
import weakref

from nbauth.supply import Supply

_LONGEST_SLEEP = 30.0


class Refresher:
    """A thread that tends a supply for as long as anybody else holds it."""

    def __init__(self, supply: Supply) -> None:
        self._supply = weakref.ref(supply)
        self._woken = threading.Event()
        self._started = threading.Lock()

    def wake(self) -> None:
        """Look now at what is due; the first call starts the thread."""
        if self._started.acquire(blocking=False):
            threading.Thread(target=self._run, name="nbauth-refresher", daemon=True).start()
        self._woken.set()

    def _run(self) -> None:
        while True:
            self._woken.clear()
            supply = self._supply()
            if supply is None:
                return
            pause = supply.tend()
            del supply
            self._woken.wait(min(pause, _LONGEST_SLEEP))
