"""A day's records by COPY in batches, by the recording service, and folded."""

import time
from collections.abc import Sequence

from django.db import connection

from benchmarks.strategies.feed import Row, rows
from benchmarks.strategies.figures import NONE, Table, interleaved
from benchmarks.strategies.state import assert_exact, start
from wingtel.aggregates import strategies
from wingtel.recording import UsageEntry, record_usage
from wingtel.usage.models import UsageType

COPY = "COPY data_usage_record (record_id, usage_date, subscription_id, price, kilobytes_used) FROM STDIN"


def measure(records: int, batches: Sequence[int], rounds: int) -> Table:
    """COPY of the same bytes under every strategy that counts SQL."""
    table = Table(
        f"COPY of {records:,} records of 20 000 subscriptions on one day",
        "Records a second, and in brackets the share of *no aggregation*. `inline` and `signals` do not count COPY.",
    )
    lines = [("\t".join(map(str, row)) + "\n").encode() for row in rows(records)]

    def measure_variant(variant: str) -> None:
        for size in batches:
            strategy = start(variant)
            if not strategy.counts_sql:
                return
            work = "in one batch" if size >= records else f"in batches of {size:,}"
            started = time.perf_counter()
            for first in range(0, records, size):
                with connection.cursor() as cursor, cursor.copy(COPY) as copy:
                    copy.write(b"".join(lines[first : first + size]))
            table.add(work, variant, time.perf_counter() - started, records)
            if strategy.folds:
                deltas = strategy.lag().deltas
                folding = time.perf_counter()
                strategy.fold()
                table.add(work, f"{variant}, folded", time.perf_counter() - started, records)
                print(f"{variant}: folded {deltas:,} deltas at {deltas / (time.perf_counter() - folding):,.0f}/s")
            assert_exact()

    interleaved(rounds, [NONE, *(name for name in strategies.NAMES if name != "view")], measure_variant)
    return table


def measure_recording(records: int, calls: Sequence[int], subscriptions: Sequence[int], rounds: int) -> Table:
    """`record_usage` beside a bare COPY of the same Python values into the same table."""
    table = Table(
        f"The recording service: {records:,} records",
        "*No aggregation* is a bare COPY of the same Python values, row by row. What `record_usage` does besides: it"
        " checks every value, looks up subscriptions, refuses duplicates, says what became of each record.",
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO subscription
                   (id, carrier, status, device_id, phone_number, phone_model, network_type, sprint_id)
               SELECT id, 'att', 'active', '', '', '', '', '' FROM generate_series(1, 20000) AS id
               ON CONFLICT DO NOTHING"""
        )
        cursor.execute("ANALYZE subscription")

    def measure_variant(variant: str) -> None:
        for among in subscriptions:
            given = rows(records, among)
            for size in calls:
                start(variant)
                work = f"{size:,} a call, {among:,} subscriptions"
                table.add(work, variant, _copied(given, size) if variant == NONE else _recorded(given, size), records)
                assert_exact()

    interleaved(rounds, [NONE, *strategies.NAMES], measure_variant)
    return table


def _copied(given: Sequence[Row], size: int) -> float:
    started = time.perf_counter()
    for first in range(0, len(given), size):
        with connection.cursor() as cursor, cursor.copy(COPY) as copy:
            for row in given[first : first + size]:
                copy.write_row(row)
    return time.perf_counter() - started


def _recorded(given: Sequence[Row], size: int) -> float:
    entries = [
        UsageEntry(UsageType.DATA, moment, subscription, kilobytes, price, record_id)
        for record_id, moment, subscription, price, kilobytes in given
    ]
    started = time.perf_counter()
    for first in range(0, len(entries), size):
        recorded = record_usage(entries[first : first + size])
        if recorded.refused or recorded.duplicates:
            raise AssertionError(recorded.refused[:3])
    return time.perf_counter() - started
