"""What `import nbauth` and `%load_ext nbauth` cost a kernel, beside importing what they stand on."""

from tests.benchmarks.table import Row, Table, in_a_new_process, in_turn, median

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
PEERS = ("import boto3", "import pycognito")


def cost(code: str) -> tuple[float, float]:
    """Return the CPU in ms that a statement costs in a process like a kernel, and how many modules it loads."""
    cpu, modules = in_a_new_process(MEASURED.format(code=code), **POOLS)
    return cpu, modules


def table() -> Table:
    statements = ("import nbauth", 'shell.extension_manager.load_extension("nbauth")', *PEERS)
    runs = in_turn(TIMES, *(lambda statement=statement: cost(statement) for statement in statements))
    imported, loaded, *peers = [tuple(median(figures) for figures in zip(*one, strict=True)) for one in runs]
    rows = []
    for what, ours in (("import nbauth", imported), ("%load_ext nbauth", loaded)):
        for column, (measure, unit) in enumerate((("CPU", "ms"), ("modules", ""))):
            figures = tuple(one[column] for one in (ours, *peers))
            rows.append(Row(f"{what}: {measure}", unit, figures))
    return Table("loading", PEERS, tuple(rows))
