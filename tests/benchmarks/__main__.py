"""Measures nbauth beside its peers in one run, and prints tables: `python -m tests.benchmarks [NAME ...]`.

Figures of two runs, or of two machines, are not to be compared; the ratios of one run are.
"""

import sys
from importlib import import_module
from pathlib import Path

BENCHMARKS = ("credentials", "sign_in", "loading", "cells", "memory", "panel", "wheel")


def main(names: list[str]) -> None:
    if unknown := set(names) - set(BENCHMARKS):
        sys.exit(f"no benchmark: {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    for name in names or BENCHMARKS:
        print(f"{name} …", file=sys.stderr)
        print(import_module(f"tests.benchmarks.bench_{name}").table(), end="\n\n", flush=True)


if __name__ == "__main__":
    if not Path("nbauth").is_dir():
        sys.exit("run this from the root of a checkout")
    main(sys.argv[1:])
