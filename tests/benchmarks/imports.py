"""What each dependency costs to import in a process like a kernel: `python -m tests.benchmarks.imports`.

The figures are those of the table in CONTRIBUTING.
"""

from tests.benchmarks.bench_loading import cost
from tests.benchmarks.table import in_turn, median

NAMES = [
    "anywidget",
    "boto3",
    "cryptography.hazmat.primitives.asymmetric.ec, cryptography.hazmat.primitives.ciphers.aead",
    "filelock",
    "ipywidgets",
    "nest_asyncio",
    "platformdirs",
    "pycognito",
    "jwt",
    "segno",
    "traitlets",
    "keyring",
]

if __name__ == "__main__":
    runs = in_turn(7, *(lambda name=name: cost(f"import {name}") for name in NAMES))
    for name, figures in zip(NAMES, runs, strict=True):
        cpu, modules = (median(figure) for figure in zip(*figures, strict=True))
        print(f"{name:15} {cpu:6.1f} ms {modules:5.0f} modules")
