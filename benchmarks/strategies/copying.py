"""A day's records by COPY in batches, by `ingest_usage`, and merged."""

import time
from collections.abc import Sequence

from django.db import connection

from benchmarks.strategies.feed import DAY, Row, rows
from benchmarks.strategies.figures import NONE, TRIGGERS_OFF, Table, interleave
from benchmarks.strategies.state import assert_exact, start, switch_triggers
from wingtel.aggregates import strategies
from wingtel.ingest.inputs import UsageRecordInput
from wingtel.ingest.service import ingest_usage
from wingtel.usage.models import UsageType

COPY_INTO = "COPY {} (record_id, usage_date, subscription_id, price, kilobytes_used) FROM STDIN"
RAW = "wingtel_data_usage_record"
PARTITION = f"{RAW}_{DAY:%Y%m%d}"
COPY = COPY_INTO.format(RAW)


def measure(records: int, batches: Sequence[int], rounds: int) -> Table:
    """Measure COPY of the same bytes under every strategy that counts SQL."""
    table = Table(
        f"COPY of {records:,} records of 20 000 subscriptions on one day",
        "Records a second, and in brackets the share of *no aggregation*, under which the raw tables have no triggers"
        f" at all. *{TRIGGERS_OFF.capitalize()}* has those of `triggers`, disabled: COPY into a partitioned table that"
        " has a trigger with a transition table inserts row by row, not many at once, which naming the partition"
        " avoids. `inline` and `signals` do not count COPY.",
    )
    lines = [("\t".join(map(str, row)) + "\n").encode() for row in rows(records)]
    works = [(f"in batches of {size:,}" if size < records else "in one batch", RAW, size) for size in batches]
    works += [(f"into the partition, {work}", PARTITION, size) for work, _, size in works if size < records]

    def measure_variant(variant: str) -> None:
        for work, target, size in works:
            strategy = start(variant)
            if not strategy.counts_sql:
                return
            if variant == TRIGGERS_OFF:
                switch_triggers(PARTITION, on=False)
            started = time.perf_counter()
            for first in range(0, records, size):
                with connection.cursor() as cursor, cursor.copy(COPY_INTO.format(target)) as copy:
                    copy.write(b"".join(lines[first : first + size]))
            table.add(work, variant, time.perf_counter() - started, records)
            if variant == TRIGGERS_OFF:
                switch_triggers(PARTITION, on=True)
                continue
            if strategy.has_deltas:
                pending = strategy.backlog().records
                merging = time.perf_counter()
                strategy.merge()
                table.add(work, f"{variant}, merged", time.perf_counter() - started, records)
                print(f"{variant}: merged {pending:,} records at {pending / (time.perf_counter() - merging):,.0f}/s")
            assert_exact()

    variants = [NONE, TRIGGERS_OFF, *(name for name in strategies.NAMES if name != "view")]
    interleave(rounds, variants, measure_variant)
    return table


def measure_ingestion(records: int, calls: Sequence[int], subscriptions: Sequence[int], rounds: int) -> Table:
    """Measure `ingest_usage` beside a bare COPY of the same Python values into the same table."""
    table = Table(
        f"The recording service: {records:,} records",
        "*No aggregation* is a bare COPY of the same Python values, row by row. What `ingest_usage` does besides: it"
        " checks every value, looks up subscriptions, skips duplicates, reports the outcome of each record.",
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO wingtel_subscription
                   (id, carrier, status, device_id, phone_number, phone_model, network_type, sprint_id)
               SELECT id, 'att', 'active', '', '', '', '', '' FROM generate_series(1, 20000) AS id
               ON CONFLICT DO NOTHING"""
        )
        cursor.execute("ANALYZE wingtel_subscription")

    def measure_variant(variant: str) -> None:
        for number in subscriptions:
            given = rows(records, number)
            for size in calls:
                start(variant)
                work = f"{size:,} a call, {number:,} subscriptions"
                table.add(work, variant, _copy_rows(given, size) if variant == NONE else _ingest(given, size), records)
                assert_exact()

    interleave(rounds, [NONE, *strategies.NAMES], measure_variant)
    return table


def _copy_rows(given: Sequence[Row], size: int) -> float:
    started = time.perf_counter()
    for first in range(0, len(given), size):
        with connection.cursor() as cursor, cursor.copy(COPY) as copy:
            for row in given[first : first + size]:
                copy.write_row(row)
    return time.perf_counter() - started


def _ingest(given: Sequence[Row], size: int) -> float:
    inputs = [
        UsageRecordInput(UsageType.DATA, timestamp, subscription, kilobytes, price, record_id)
        for record_id, timestamp, subscription, price, kilobytes in given
    ]
    started = time.perf_counter()
    for first in range(0, len(inputs), size):
        result = ingest_usage(inputs[first : first + size])
        if result.rejected or result.duplicates:
            raise AssertionError(result.rejected[:3])
    return time.perf_counter() - started
