"""How much there is to download and to keep."""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tests.benchmarks.table import Row, Table

ROOT = Path(__file__).parents[2]


def table() -> Table:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--wheel-dir", folder, str(ROOT)]
        subprocess.run(command, check=True)
        wheel = next(Path(folder).glob("nbauth-*.whl"))
        unpacked = sum(entry.file_size for entry in zipfile.ZipFile(wheel).infolist())
        rows = (Row("wheel", "KB", (wheel.stat().st_size / 1000,)), Row("unpacked", "KB", (unpacked / 1000,)))
        return Table("size", (), rows)
