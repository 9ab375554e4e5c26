"""What each dependency costs to import in a process like a kernel; prints the figures for CONTRIBUTING's table."""

from bench_loading import cost
from table import in_turn, median

NAMES = [
    "anywidget",
    "boto3",
    "filelock",
    "ipywidgets",
    "nest_asyncio",
    "platformdirs",
    "pycognito",
    "traitlets",
    "keyring",
]

if __name__ == "__main__":
    for name, figures in zip(
        NAMES, in_turn(7, *(lambda name=name: cost(f"import {name}") for name in NAMES)), strict=True
    ):
        print(
            f"{name:15} {median(cpu for cpu, _ in figures):6.1f} ms {median(modules for _, modules in figures):5.0f} modules"
        )
