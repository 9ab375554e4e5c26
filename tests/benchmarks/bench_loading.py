"""What `%load_ext nbauth` costs a kernel, beside importing what it stands on."""

from collections.abc import Iterator

from table import Row, in_a_new_process, in_turn, median

TIMES = 9

MEASURED = """
import json, sys, time
import ipykernel.ipkernel, ipykernel.kernelapp
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
already, cpu = set(sys.modules), time.process_time()
{code}
cpu = time.process_time() - cpu
print(json.dumps([cpu * 1000, len(set(sys.modules) - already)]))
"""

POOLS = {"NBAUTH_USER_POOL_ID": "us-east-1_Example01", "NBAUTH_CLIENT_ID": "exampleclient", "NBAUTH_STORE": "memory"}


def cost(code: str) -> tuple[float, float]:
    """Return the CPU in ms that a statement costs in a process like a kernel, and how many modules it loads."""
    cpu, modules = in_a_new_process(MEASURED.format(code=code), **POOLS)
    return cpu, modules


def rows() -> Iterator[Row]:
    ours, boto3, pycognito = in_turn(
        TIMES,
        lambda: cost('shell.extension_manager.load_extension("nbauth")'),
        lambda: cost("import boto3"),
        lambda: cost("import pycognito"),
    )
    for peer, theirs in (("import boto3", boto3), ("import pycognito", pycognito)):
        yield Row("%load_ext nbauth: CPU", "ms", median(c for c, _ in ours), median(c for c, _ in theirs), peer)
        yield Row("%load_ext nbauth: modules", "", median(m for _, m in ours), median(m for _, m in theirs), peer)
