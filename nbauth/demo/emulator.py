"""ministack as the demo's AWS: version, settings, start.

ministack is only as strict as its settings: without `AUTH` it accepts any token, without `BIND_HOST` and
`IOT_MTLS_ENABLED` it listens on every interface, without cryptography it checks no signature. So its environment is
made here from nothing, and its own report is compared with it before anything is put in.
"""

import http.client
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata, util
from pathlib import Path

from nbauth.demo.errors import DemoError
from nbauth.demo.processes import LOOPBACK, free_port, last_words, running

REGION = "eu-west-1"
_OLDEST, _TOO_NEW = (1, 5, 33), (1, 6)
_INSTALL = 'pip install "nbauth[demo]"'
_START_LIMIT = 30.0  # seconds


@contextmanager
def running_emulator(folder: Path, port: int | None = None) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run ministack for the length of a `with` block; yields its endpoint URL and its process.

    Args:
        folder: Private folder for its signing keys; other users must not be able to read it.
        port: Port to listen on at the loopback address; a free one when None.

    Raises:
        DemoError: It is not installed, too old, or did not start.
    """
    _check_installed()
    port, run_id, log = free_port(port), secrets.token_hex(8), folder / "ministack.log"
    environment = _environment(folder, port, run_id)
    with running([sys.executable, "-m", "ministack"], environment=environment, folder=folder, log=log) as process:
        _wait_until_ready(process, port, run_id, log)
        yield f"http://{LOOPBACK}:{port}", process


def _check_installed() -> None:
    try:
        version = metadata.version("ministack")
    except metadata.PackageNotFoundError:
        version = None
    if version is None or util.find_spec("cryptography") is None or util.find_spec("pyotp") is None:
        raise DemoError(f"the demo's own packages are not installed: {_INSTALL}")
    release = tuple(int(part) for part in version.split(".")[:3] if part.isdecimal())
    if not _OLDEST <= release < _TOO_NEW:
        raise DemoError(f"ministack {version} is installed, the demo needs 1.5.33 or a later 1.5: {_INSTALL}")


def _environment(folder: Path, port: int, run_id: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "SYSTEMROOT") if name in os.environ}
    return kept | {
        "AUTH": "true",
        "BIND_HOST": LOOPBACK,
        "DOCKER_HOST": f"unix://{folder / 'no-docker'}",  # it would remove containers of other ministacks
        "GATEWAY_PORT": str(port),
        "HOME": str(folder),
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "MINISTACK_EDITION": run_id,
        "MINISTACK_REGION": REGION,
        "SERVICES": "cognito-idp,cognito-identity,iam,sts,s3",
        "SFTP_ENABLED": "0",
        "STATE_DIR": str(folder),
        "TMPDIR": str(folder),
    }


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, run_id: str, log: Path) -> None:
    limit = time.monotonic() + _START_LIMIT
    while (report := _report(port)) is None:
        if process.poll() is not None:
            raise DemoError(f"ministack stopped while starting: {last_words(log)}")
        if time.monotonic() > limit:
            raise DemoError(f"ministack did not answer within {_START_LIMIT:.0f} seconds: {last_words(log)}")
        time.sleep(0.05)
    if report.get("edition") != run_id:
        raise DemoError(f"another process answers on port {port}: start the demo again")
    if report.get("auth") != "enabled" or report.get("iot_mtls") != "disabled":
        raise DemoError("this ministack ignores the settings that make it safe: " + _INSTALL)


def _report(port: int) -> dict[str, object] | None:
    # http.client, not urllib: a proxy of the environment has no business here.
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", "/_ministack/health")
        report: dict[str, object] = json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return report
