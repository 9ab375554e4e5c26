"""Giving out AWS credentials: at once from memory, at the end of their life, and while the network is down."""

import os
import signal
import subprocess
import threading
import time
import timeit
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

from tests.benchmarks import subjects
from tests.benchmarks.subjects import KINDS, PEERS, Subject, is_there
from tests.benchmarks.table import Figure, Row, Table, in_a_new_process, in_turn, milliseconds

LATENCY = 0.2  # seconds that a renewal takes, also one that fails
THREADS = 16
CALLS = 20
OPERATIONS = 16_000
PATIENCE = 20.0  # seconds, after which a process is taken to hang


def nanoseconds(get: Callable[[], Any], threads: int = 1) -> float:
    """Return the time that passes for a call while so many threads make one after the other."""
    each = OPERATIONS // threads
    if threads == 1:
        return timeit.timeit(get, number=each) / each * 1e9
    together = threading.Barrier(threads + 1)

    def work() -> None:
        together.wait()
        timeit.timeit(get, number=each)
        together.wait()

    for _ in range(threads):
        threading.Thread(target=work).start()
    together.wait()
    return milliseconds(together.wait) / (each * threads) * 1e6


def at_once(subject: Subject) -> float:
    """Ask from many threads at once; return the time in ms until the last one has its answer."""
    together = threading.Barrier(THREADS)

    def ask() -> None:
        together.wait()
        with suppress(Exception):
            subject.get()

    threads = [threading.Thread(target=ask) for _ in range(THREADS)]

    def run() -> None:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return milliseconds(run)


def failures(subject: Subject) -> int:
    """Ask many times, one after the other; return how many calls raise."""
    failed = 0
    for _ in range(CALLS):
        try:
            subject.get()
        except Exception:
            failed += 1
    return failed


def made(kind: type[Subject], left: timedelta, *, down: bool = False, lifetime: timedelta | None = None) -> Subject:
    subject = kind(left)
    subject.renewal.latency, subject.renewal.down = LATENCY, down
    subject.renewal.lifetime = lifetime or subject.renewal.lifetime
    return subject


def expired(kind: type[Subject], *, down: bool) -> tuple[float, float]:
    """Return how many renewals there are when many threads ask at the end, and how long the last one waits."""
    subject = made(kind, timedelta(minutes=-1), down=down)
    waited = at_once(subject)
    return subject.renewal.times, waited


def running_out(kind: type[Subject], minutes: int) -> tuple[float, float]:
    """Return how long many calls take in all while the network is down, and how many of them fail."""
    subject = made(kind, timedelta(minutes=minutes), down=True)
    began = time.perf_counter()
    failed = failures(subject)
    return (time.perf_counter() - began) * 1000, failed


def short_lived(kind: type[Subject]) -> int:
    subject = made(kind, timedelta(minutes=-1), lifetime=timedelta(minutes=9))
    subject.renewal.latency = 0
    failures(subject)
    return subject.renewal.times


def forked(kind: str) -> str:
    """Fork while credentials are renewed; return whether the child gets some."""
    subject, parent = made(getattr(subjects, kind), timedelta(minutes=-1)), os.getpid()
    begun = threading.Event()

    def stay() -> None:
        begun.set()
        if os.getpid() == parent:
            threading.Event().wait(2)

    subject.renewal.then = stay
    threading.Thread(target=subject.get, daemon=True).start()
    begun.wait()
    child = os.fork()
    if not child:
        signal.alarm(5)
        subject.get()
        os._exit(0)
    return "hangs" if os.WIFSIGNALED(os.waitpid(child, 0)[1]) else "goes on"


def reentered(kind: str) -> str:
    """Ask for the credentials in the middle of renewing them; return what comes of it."""
    subject = made(getattr(subjects, kind), timedelta(minutes=-1))

    def ask_again() -> None:
        subject.renewal.then = lambda: None
        with suppress(Exception):
            subject.get()

    subject.renewal.then = ask_again
    subject.get()
    return "goes on"


def fate(kind: type[Subject], trial: Callable[[str], str]) -> str:
    code = f"import json; from tests.benchmarks import bench_credentials as b; print(json.dumps(b.{trial.__name__}"
    try:
        return str(in_a_new_process(f"{code}({kind.__name__!r})))", patience=PATIENCE))
    except subprocess.TimeoutExpired:
        return "hangs"


def table() -> Table:
    rows = [*from_memory(), *at_the_end(), *while_down(), *fates()]
    return Table("AWS credentials", PEERS, tuple(rows))


def from_memory() -> Iterator[Row]:
    for threads, how in ((1, ""), (THREADS, f", {THREADS} threads")):
        gets = [kind().get for kind in KINDS if is_there(kind)]
        runs = in_turn(9, *(partial(nanoseconds, get, threads) for get in gets))
        yield row(f"from memory{how}", "ns", [min(figures) for figures in runs])


def at_the_end() -> Iterator[Row]:
    figures = [expired(kind, down=False) for kind in KINDS if is_there(kind)]
    yield row(f"expired, {THREADS} threads: renewals", "", [renewals for renewals, _ in figures])
    figures = [expired(kind, down=True) for kind in KINDS if is_there(kind)]
    yield row(f"expired, {THREADS} threads, network down: renewals tried", "", [renewals for renewals, _ in figures])
    yield row(f"expired, {THREADS} threads, network down: the last one waits", "ms", [waited for _, waited in figures])
    short = [short_lived(kind) for kind in KINDS if is_there(kind)]
    yield row(f"credentials that last 9 minutes, {CALLS} calls: renewals", "", short)


def while_down() -> Iterator[Row]:
    for minutes in (12, 9):
        figures = [running_out(kind, minutes) for kind in KINDS if is_there(kind)]
        when = f"{minutes} minutes left, network down, {CALLS} calls"
        yield row(f"{when}: all wait", "ms", [waited for waited, _ in figures])
        yield row(f"{when}: errors", "", [failed for _, failed in figures])


def fates() -> Iterator[Row]:
    for what, trial in (("a process forked", forked), ("credentials asked for", reentered)):
        yield row(f"{what} in the middle of a renewal", "", [fate(kind, trial) for kind in KINDS if is_there(kind)])


def row(what: str, unit: str, figures: Sequence[Figure]) -> Row:
    """Return a row, with a blank where the last peer is not installed."""
    return Row(what, unit, (*figures, *[None] * (len(KINDS) - len(figures))))
