"""Keeps one session up to date while nobody asks: its tokens and credentials fresh, its sign-in that of other kernels.

It is one daemon thread that looks once a second at what is due and at the token store's version, which costs next to
nothing. It plans no longer sleep, because a machine that was asleep wakes up later than any timer of its own knows. And
it makes nobody's calls, because a listener that takes its time must not keep it from looking.
"""

import threading
import weakref

from nbauth import process
from nbauth.dispatcher import elsewhere
from nbauth.runtime import Runtime
from nbauth.supply import Supply

_PAUSE = 1.0  # seconds


class Refresher:
    """A thread that looks after a runtime and its supply for as long as anybody else holds them.

    Args:
        runtime: Follows what other kernels do.
        supply: Renews what is due.
        pause: The seconds between two looks.
    """

    def __init__(self, runtime: Runtime, supply: Supply, pause: float = _PAUSE) -> None:
        self._runtime = weakref.ref(runtime)
        self._supply = weakref.ref(supply)
        self._pause = pause
        self._woken = threading.Event()
        self._started = threading.Lock()
        process.in_child(self._forked)

    def wake(self) -> None:
        """Look now at what is due; the first call in this process starts the thread."""
        if self._started.acquire(blocking=False):
            threading.Thread(target=self._run, name="nbauth-refresher", daemon=True).start()
        self._woken.set()

    def _run(self) -> None:
        while True:
            self._woken.clear()
            runtime, supply = self._runtime(), self._supply()
            if runtime is None or supply is None:
                return
            with elsewhere():
                runtime.look()
                supply.tend()
            del runtime, supply
            self._woken.wait(self._pause)

    def _forked(self) -> None:
        self._woken = threading.Event()
        self._started = threading.Lock()
