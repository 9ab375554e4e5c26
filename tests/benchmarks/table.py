"""What a benchmark brings back, and the table it is printed in."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One measurement beside the same measurement of a peer, made in the same run.

    Attributes:
        what: What was measured.
        unit: In what.
        ours: nbauth's figure.
        theirs: The peer's figure; None where there is no peer.
        peer: Who the peer is.
    """

    what: str
    unit: str
    ours: float
    theirs: float | None = None
    peer: str = ""

    def cells(self) -> tuple[str, ...]:
        theirs = "" if self.theirs is None else f"{_figure(self.theirs)} {self.unit}"
        return self.what, f"{_figure(self.ours)} {self.unit}", theirs, self._ratio(), self.peer

    def _ratio(self) -> str:
        if self.theirs is None:
            return ""
        return "same" if self.ours == self.theirs else f"{self.ours / self.theirs:.2f}"


HEAD = ("what", "nbauth", "peer", "ratio", "who the peer is")


def printed(rows: Iterable[Row]) -> str:
    cells = [row.cells() for row in rows]
    widths = [max(len(line[column]) for line in [HEAD, *cells]) for column in range(len(HEAD))]
    rule = tuple("-" * width for width in widths)
    lines = [
        " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in [HEAD, rule, *cells]
    ]
    return "\n".join(f"| {line} |" for line in lines)


def median(figures: Iterable[float]) -> float:
    return statistics.median(figures)


def in_turn(times: int, *measure: Callable[[], Any]) -> list[list[Any]]:
    """Call each in turn, `times` times over, so that a busy moment of the machine falls on all; one list for each."""
    rounds = [[one() for one in measure] for _ in range(times)]
    return [list(figures) for figures in zip(*rounds, strict=True)]


def in_a_new_process(code: str, **environment: str) -> Any:
    """Run code in an interpreter of its own, and return what it printed last, read as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2g}" if value < 10 else f"{value:.1f}"
