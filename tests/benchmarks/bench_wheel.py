"""How much there is to download and to keep."""

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from table import Row

ROOT = Path(__file__).parents[2]


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--wheel-dir", folder, str(ROOT)]
        subprocess.run(command, check=True)
        wheel = next(Path(folder).glob("nbauth-*.whl"))
        unpacked = sum(entry.file_size for entry in zipfile.ZipFile(wheel).infolist())
        yield Row("wheel", "KB", wheel.stat().st_size / 1000)
        yield Row("unpacked", "KB", unpacked / 1000)
