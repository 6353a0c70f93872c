"""The cost of aggregation for the writer: COPY in batches and single creates, beside the same without aggregation.

One million data records of 20 000 subscriptions are written on one business day, for both grains. The rounds of all
variants are interleaved, so that a machine that gets slower or faster meanwhile does not decide. Each result is the
median.
"""

import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.db import connection

from benchmarks import drawing
from benchmarks.report import Row, print_table

RECORDS, SUBSCRIPTIONS, DAY = 1_000_000, 20_000, date(2026, 3, 1)
BATCHES = (10_000, 100_000, RECORDS)
ROUNDS = 3
CREATES = 400


def run(records: int = RECORDS, rounds: int = ROUNDS) -> None:
    """Measure and print."""
    from wingtel.usage import partitions  # noqa: PLC0415 - needs Django set up

    partitions.ensure([DAY])
    lines = _feed(records)
    cases: dict[str, Callable[[], float]] = {}
    for target, table in (
        ("day's partition", f"wingtel_data_usage_record_{DAY:%Y%m%d}"),
        ("parent", "wingtel_data_usage_record"),
    ):
        for size in BATCHES:
            batches = [b"".join(lines[start : start + size]) for start in range(0, len(lines), size)]
            cases[f"COPY into the {target}, {size:,} a batch"] = lambda table=table, batches=batches: _copy(
                table, batches
            )
    cases[f"{CREATES} x Model.objects.create()"] = _create
    seconds: dict[tuple[str, bool], list[float]] = {(name, on): [] for name in cases for on in (False, True)}
    for _ in range(rounds):
        for name, work in cases.items():
            for with_triggers in (False, True):
                with _aggregation(on=with_triggers):
                    seconds[name, with_triggers].append(work())
    rows = []
    for name in cases:
        bare, aggregated = (statistics.median(seconds[name, on]) for on in (False, True))
        count = CREATES if "create" in name else records
        rows.append(
            Row(
                name,
                f"{count / bare:,.0f}/s",
                f"{count / aggregated:,.0f}/s",
                f"{bare / aggregated:.3f}",
                f"{aggregated / bare:.2f} x",
            )
        )
    print_table("Writing", ("work", "no aggregation", "triggers", "speed ratio", "time ratio"), rows)


def _feed(records: int) -> list[bytes]:
    rng = random.Random(1)
    midnight = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC)
    lines = []
    for number in range(records):
        timestamp = midnight + timedelta(seconds=number * 86_399 // records)
        price = drawing.price(rng)
        fields = (
            f"att-20260301-{number:09}",
            timestamp,
            1 + int(rng.random() * SUBSCRIPTIONS),
            price,
            int(rng.lognormvariate(8, 1.5)),
        )
        lines.append(("\t".join(map(str, fields)) + "\n").encode())
    return lines


@contextmanager
def _aggregation(*, on: bool) -> Iterator[None]:
    """Empty the tables, and enable or disable the triggers of the parent and of the partition."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE wingtel_data_usage_record, wingtel_daily_usage, wingtel_monthly_usage")
        for table in ("wingtel_data_usage_record", f"wingtel_data_usage_record_{DAY:%Y%m%d}"):
            cursor.execute(f"ALTER TABLE ONLY {table} {'ENABLE' if on else 'DISABLE'} TRIGGER USER")
        cursor.execute("CHECKPOINT")
        yield
        if on:
            _assert_exact()


def _assert_exact() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), sum(price) FROM wingtel_data_usage_record")
        expected = cursor.fetchone()
        for view in ("usage_daily", "usage_monthly"):
            cursor.execute(f"SELECT sum(records), sum(price) FROM {view}")
            found = cursor.fetchone()
            if found != expected:
                raise AssertionError(f"{view} holds {found}, the raw table {expected}")


def _copy(table: str, batches: list[bytes]) -> float:
    started = time.perf_counter()
    with connection.cursor() as cursor:
        for batch in batches:
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                copy.write(batch)
    return time.perf_counter() - started


def _create() -> float:
    from wingtel.usage.models import DataUsageRecord  # noqa: PLC0415 - needs Django set up

    midnight = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC)
    started = time.perf_counter()
    for number in range(CREATES):
        DataUsageRecord.objects.create(
            subscription_id=1 + number % 50,
            usage_date=midnight + timedelta(seconds=number),
            kilobytes_used=number,
            price=Decimal("0.0150"),
        )
    return time.perf_counter() - started
