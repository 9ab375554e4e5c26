"""What is left behind by a thousand renewals."""

from tests.benchmarks.subjects import KINDS, PEERS, is_there
from tests.benchmarks.table import Row, Table, in_a_new_process

REFRESHES = 1000

MEASURED = f"""
import gc, json, tracemalloc
from tests.benchmarks import subjects
subject = subjects.{{kind}}()
def renew(times):
    for _ in range(times):
        subject.renew()
    gc.collect()
    return tracemalloc.get_traced_memory()[0]
tracemalloc.start()
before = renew(100)
print(json.dumps((renew({REFRESHES}) - before) / 1000))
"""


def table() -> Table:
    figures = [in_a_new_process(MEASURED.format(kind=kind.__name__)) if is_there(kind) else None for kind in KINDS]
    return Table("memory", PEERS, (Row(f"kept after {REFRESHES:,} renewals", "KB", tuple(figures)),))
