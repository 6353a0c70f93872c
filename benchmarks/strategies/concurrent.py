"""One, two, four and eight writers at once, on subscriptions of their own and on the same ones."""

import multiprocessing
import time

from benchmarks.strategies import writer
from benchmarks.strategies.figures import NONE, Table
from benchmarks.strategies.state import assert_exact, start
from wingtel.aggregates import strategies

WRITERS = (1, 2, 4, 8)
_TIMEOUT_SECONDS = 120  # a process that fails never reaches the barrier


def measure(records: int) -> Table:
    """Measure the records a second of all writers together, in batches of 1 000."""
    table = Table(
        "Writers at once",
        "Records a second of all together, each a process that sends batches of 1 000: by COPY, and by `ingest_usage`"
        " where COPY is not counted.",
    )
    for writers in WRITERS:
        for same in (False, True):
            work = f"{writers} on {'the same' if same else 'different'} subscriptions"
            for variant in (NONE, *(name for name in strategies.NAMES if name != "view")):
                by_copy = start(variant).counts_sql
                table.add(work, variant, _seconds(records // writers, writers, same, by_copy), records)
                assert_exact()
    return table


def _seconds(records: int, writers: int, same: bool, by_copy: bool) -> float:
    spawning = multiprocessing.get_context("spawn")
    barrier = spawning.Barrier(writers + 1)
    processes = [
        spawning.Process(target=writer.write, args=(barrier, number, writers, records, same, by_copy))
        for number in range(writers)
    ]
    for process in processes:
        process.start()
    barrier.wait(_TIMEOUT_SECONDS)
    started = time.perf_counter()
    barrier.wait(_TIMEOUT_SECONDS)
    seconds = time.perf_counter() - started
    for process in processes:
        process.join()
        if process.exitcode:
            raise RuntimeError(f"a writer ended with {process.exitcode}")
    return seconds
