"""What a benchmark brings back, the table it is printed in, and how to measure so that it can be compared."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Figure = float | str | None
"""A figure, or a word such as "hangs"; None for what was not measured."""


@dataclass(frozen=True)
class Row:
    """The same thing measured of nbauth and of its peers, in the same run.

    Attributes:
        what: What was measured.
        unit: In what; empty for what is counted.
        figures: nbauth's figure, and that of each peer.
    """

    what: str
    unit: str
    figures: tuple[Figure, ...]

    def cells(self) -> tuple[str, ...]:
        ours, *theirs = self.figures
        return self.what, self._cell(ours), *(self._cell(figure) + self._ratio(figure) for figure in theirs)

    def _cell(self, figure: Figure) -> str:
        if figure is None:
            return ""
        if isinstance(figure, str):
            return figure
        return f"{_rounded(figure)} {self.unit}".strip()

    def _ratio(self, figure: Figure) -> str:
        ours = self.figures[0]
        if not self.unit or isinstance(ours, str) or isinstance(figure, str) or not ours or figure is None:
            return ""
        return f" ({_rounded(figure / ours)} ×)"


@dataclass(frozen=True)
class Table:
    """Rows that have their peers in common.

    Attributes:
        title: What they are about.
        peers: Who is measured beside nbauth.
        rows: The rows.
    """

    title: str
    peers: tuple[str, ...]
    rows: tuple[Row, ...]

    def __str__(self) -> str:
        head = (self.title, "nbauth", *self.peers)
        lines = [head, *(row.cells() for row in self.rows)]
        widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
        lines.insert(1, tuple("-" * width for width in widths))
        padded = (" | ".join(c.ljust(width) for c, width in zip(line, widths, strict=True)) for line in lines)
        return "\n".join(f"| {line} |" for line in padded)


def median(figures: Iterable[float]) -> float:
    return statistics.median(figures)


def milliseconds(call: Callable[[], Any]) -> float:
    """Return how long a call takes."""
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def in_turn(times: int, *measure: Callable[[], Any]) -> list[list[Any]]:
    """Call each in turn, `times` times over, so that a busy moment of the machine falls on all; one list for each."""
    rounds = [[one() for one in measure] for _ in range(times)]
    return [list(figures) for figures in zip(*rounds, strict=True)]


def in_a_new_process(
    code: str, *, patience: float | None = None, when_ready: Callable[[], object] | None = None, **environment: str
) -> Any:
    """Run code in an interpreter of its own, and return what it printed last, read as JSON.

    Args:
        code: What to run.
        patience: How many seconds to wait.
        when_ready: Called when the code has printed a line; the code then reads one, and goes on.
        environment: What is added to the environment.

    Raises:
        subprocess.TimeoutExpired: It has not ended.
    """
    # Where no bytecode is kept every import compiles, and that is all one would measure.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", code], env=inherited | environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True
    ) as process:
        try:
            if when_ready and process.stdout and process.stdout.readline():
                when_ready()
            printed, complaints = process.communicate("\n", timeout=patience)
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise RuntimeError(complaints)
    return json.loads(printed.splitlines()[-1])


def _rounded(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2g}" if value < 10 else f"{value:.0f}"
