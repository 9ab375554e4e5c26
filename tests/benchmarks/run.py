"""Measures nbauth beside its peers in one run, and prints a table: `python tests/benchmarks/run.py [NAME ...]`.

Figures of two runs, or of two machines, are not to be compared; the ratios of one run are.
"""

import sys
from importlib import import_module
from pathlib import Path

from table import printed

BENCHMARKS = sorted(path.stem for path in Path(__file__).parent.glob("bench_*.py"))


def main(names: list[str]) -> None:
    wanted = [name for name in BENCHMARKS if not names or name.removeprefix("bench_") in names]
    rows = []
    for name in wanted:
        print(f"{name} …", file=sys.stderr)
        rows += import_module(name).rows()
    print(printed(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
