"""The life of a day, measured: `make bench-lifecycle`; `ARGS="--scale 0.02"` tries it out.

Each result stands beside a baseline of the same run. Dropping a day is compared with deleting it, while a writer goes
on. Reconciling a day is compared with the bare GROUP BY of it. One late record is timed until both answers are exact,
and so are a year of aggregates and its answers.
"""

import argparse
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial

from django.db import connection

from benchmarks.measuring import execute, timed
from benchmarks.report import Row, print_table
from benchmarks.server import benchmark_server

DAY = date(2026, 3, 1)
RECORDS, SUBSCRIPTIONS = 5_000_000, 100_000
RECONCILED = 1_000_000
ROUNDS = 5
LIMIT = Decimal("250.00")


def run(scale: float) -> None:
    """Measure and print."""
    subscriptions = max(100, int(SUBSCRIPTIONS * scale))
    _prepare(subscriptions)
    rows = [
        *_late(),
        *_reconcile(max(1000, int(RECONCILED * scale)), subscriptions),
        *_expire(max(1000, int(RECORDS * scale)), subscriptions),
        *_year(subscriptions),
    ]
    print_table("The life of a day", ("work", "beside", "ours", "ratio", ""), rows)


def _prepare(subscriptions: int) -> None:
    execute(
        """INSERT INTO wingtel_subscription (id, carrier, status, device_id, phone_number, phone_model, network_type,
               sprint_id)
           SELECT id, 'att', 'active', '', '', '', '', '' FROM generate_series(1, %s) AS id""",
        [subscriptions],
    )


def _fill(day: date, records: int, subscriptions: int) -> None:
    """Insert the records of a day, under the active strategy.

    Two thirds of what a subscription does is data.
    """
    from wingtel.usage import partitions  # noqa: PLC0415 - needs Django set up

    partitions.ensure([day])
    for table, first, last in (("data", 1, records * 7 // 10), ("voice", records * 7 // 10 + 1, records)):
        execute(
            f"""INSERT INTO wingtel_{table}_usage_record
                SELECT 'att-' || lpad(n::text, 9, '0'), %s::date + interval '12 hours', 1 + (random() * %s)::bigint,
                       (random() / 10)::numeric(14, 4), (random() * 10000)::bigint
                FROM generate_series(%s::bigint, %s) AS n""",
            [day, subscriptions - 1, first, last],
        )
    execute(
        "VACUUM ANALYZE wingtel_data_usage_record, wingtel_voice_usage_record, wingtel_daily_usage, "
        "wingtel_monthly_usage"
    )


def _late() -> Iterator[Row]:
    """Ingest one record for a day of last week, and wait until the day and the month include it."""
    from wingtel.aggregates.filters import SubscriptionFilter  # noqa: PLC0415 - needs Django set up
    from wingtel.aggregates.periods import Period  # noqa: PLC0415 - as above
    from wingtel.aggregates.queries import metrics  # noqa: PLC0415 - as above
    from wingtel.ingest.inputs import UsageRecordInput  # noqa: PLC0415 - as above
    from wingtel.ingest.service import ingest_usage  # noqa: PLC0415 - as above
    from wingtel.usage.models import UsageType  # noqa: PLC0415 - as above

    _fill(DAY, 10_000, 1000)
    day, month = Period(DAY, DAY), Period(DAY, date(2026, 3, 31))
    taken: list[float] = []
    ingesting: list[float] = []
    timestamp = datetime(2026, 3, 1, 9, tzinfo=UTC)
    expected = metrics(period=day, only=SubscriptionFilter([7]), usage_types=[UsageType.DATA]).results[0].records
    for number in range(50):
        started = time.perf_counter()
        ingest_usage([UsageRecordInput(UsageType.DATA, timestamp, 7, 5, Decimal("0.01"), f"late-{number}")])
        ingesting.append(time.perf_counter() - started)
        answers = [
            metrics(period=period, only=SubscriptionFilter([7]), usage_types=[UsageType.DATA])
            for period in (day, month)
        ]
        taken.append(time.perf_counter() - started)
        expected += 1
        if [answer.results[0].records for answer in answers] != [expected] * 2:
            raise AssertionError(answers)
    yield Row(
        "one late record until it is committed, and so exact",
        "TimescaleDB's refresh: 630 ms (published)",
        f"{statistics.median(ingesting) * 1000:.2f} ms",
        "",
        f"slowest {max(ingesting) * 1000:.1f} ms",
    )
    yield Row(
        "... and both grains were read and say so",
        "TimescaleDB's refresh: 630 ms (published)",
        f"{statistics.median(taken) * 1000:.2f} ms",
        "",
        f"slowest {max(taken) * 1000:.1f} ms",
    )


def _reconcile(records: int, subscriptions: int) -> Iterator[Row]:
    from wingtel.lifecycle.reconciliation import reconcile  # noqa: PLC0415 - needs Django set up

    day = DAY + timedelta(days=40)  # a month of its own
    _fill(day, records, subscriptions)
    grouped, reconciled = [], []
    for _ in range(ROUNDS):
        grouped.append(timed(lambda: _group(day)))
        reconciled.append(timed(lambda: _assert_right(reconcile(day, day).drift_keys)))
    bare, ours = statistics.median(grouped), statistics.median(reconciled)
    yield Row(
        f"reconcile a day of {records:,}",
        f"bare GROUP BY {bare * 1000:.0f} ms",
        f"{ours * 1000:.0f} ms",
        f"{ours / bare:.2f} x",
        "",
    )


def _group(day: date) -> None:
    for table, quantity in (("data", "kilobytes_used"), ("voice", "seconds_used")):
        execute(
            f"""SELECT count(*), sum(used), sum(price), sum(records) FROM (
                    SELECT subscription_id, usage_business_day(usage_date), sum({quantity}) AS used,
                           sum(price) AS price, count(*) AS records
                    FROM wingtel_{table}_usage_record
                    WHERE usage_date >= usage_day_start(%s) AND usage_date < usage_day_start(%s)
                    GROUP BY 1, 2) AS grouped""",
            [day, day + timedelta(days=1)],
        )


def _expire(records: int, subscriptions: int) -> Iterator[Row]:
    from wingtel.aggregates import strategies  # noqa: PLC0415 - needs Django set up
    from wingtel.lifecycle import expiry  # noqa: PLC0415 - as above
    from wingtel.lifecycle.seals import seal  # noqa: PLC0415 - as above

    dropped, deleted = DAY + timedelta(days=80), DAY + timedelta(days=81)
    for day in (dropped, deleted):
        _fill(day, records, subscriptions)
    sealing = timed(lambda: seal(dropped))
    with _writer() as pauses, _watch_drop(dropped) as gone:
        # These are the two parts of `expire`, measured separately.
        started = time.perf_counter()
        proof = expiry._prove(dropped)
        proving = time.perf_counter() - started
        started = time.perf_counter()
        freeing = timed(lambda: expiry._drop_with_retry(dropped, proof))
    strategies.use("view")  # for the plain DELETE, without aggregation
    deleting = timed(lambda: _delete(deleted))
    vacuuming = timed(lambda: execute("VACUUM wingtel_data_usage_record, wingtel_voice_usage_record"))
    strategies.use("triggers")
    dropping = gone[0] - started
    yield Row(
        f"drop a sealed day of {records:,}, until nobody sees it",
        f"DELETE {deleting:.2f} s",
        f"{dropping * 1000:.1f} ms",
        f"{deleting / dropping:,.0f} x faster",
        f"a writer waited {max(pauses) * 1000:.0f} ms at most, {statistics.median(pauses) * 1000:.1f} ms in the median",
    )
    yield Row(
        "... and the disk freed",
        f"DELETE and VACUUM {deleting + vacuuming:.2f} s",
        f"{freeing * 1000:.1f} ms",
        f"{(deleting + vacuuming) / freeing:,.0f} x faster",
        "",
    )
    yield Row("prove each key before, while others write", "", f"{proving:.2f} s", "", "")
    yield Row("seal it first: proof, sums and fingerprint", "", f"{sealing:.2f} s", "", "")


def _delete(day: date) -> None:
    for table in ("data", "voice"):
        execute(
            f"""DELETE FROM wingtel_{table}_usage_record
                WHERE usage_date >= usage_day_start(%s) AND usage_date < usage_day_start(%s)""",
            [day, day + timedelta(days=1)],
        )


@contextmanager
def _watch_drop(day: date) -> Iterator[list[float]]:
    """Poll until the day's records are gone for all sessions; yield a list that gets the time."""
    gone_at: list[float] = []

    def poll() -> None:
        with connection.cursor() as cursor:
            there = True
            while there:
                time.sleep(0.001)  # do not slow down the others
                cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"wingtel_data_usage_record_{day:%Y%m%d}"])
                (there,) = cursor.fetchone()
        gone_at.append(time.perf_counter())
        connection.close()

    thread = threading.Thread(target=poll)
    thread.start()
    yield gone_at
    thread.join()


@contextmanager
def _writer() -> Iterator[list[float]]:
    """Ingest usage of another day, one record after the other; yield the seconds of each."""
    pauses: list[float] = []
    stop, warm = threading.Event(), threading.Event()

    def write() -> None:
        from wingtel.ingest.inputs import UsageRecordInput  # noqa: PLC0415 - needs Django set up
        from wingtel.ingest.service import ingest_usage  # noqa: PLC0415 - needs Django set up
        from wingtel.usage.models import UsageType  # noqa: PLC0415 - as above

        timestamp = datetime(2026, 3, 1, 9, tzinfo=UTC)
        while not stop.is_set():
            record = UsageRecordInput(UsageType.VOICE, timestamp, 1 + len(pauses) % 100, 1, Decimal(1))
            pauses.append(timed(partial(ingest_usage, [record])))
            if len(pauses) == 200:
                warm.set()
        connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    warm.wait()
    del pauses[:200]
    yield pauses
    stop.set()
    thread.join()


def _year(subscriptions: int) -> Iterator[Row]:
    """Measure the daily aggregates of a year, and the answers over it."""
    from benchmarks.reading import explain  # noqa: PLC0415 - needs Django set up
    from wingtel.aggregates.filters import SubscriptionFilter  # noqa: PLC0415 - as above
    from wingtel.aggregates.periods import Period  # noqa: PLC0415 - as above
    from wingtel.aggregates.queries import exceeding, metrics  # noqa: PLC0415 - as above
    from wingtel.aggregates.rebuild import store_months  # noqa: PLC0415 - as above

    execute(
        "TRUNCATE wingtel_data_usage_record, wingtel_voice_usage_record, wingtel_daily_usage, "
        "wingtel_monthly_usage, wingtel_lifetime_usage, wingtel_usage_delta"
    )
    for month in range(1, 13):
        execute(
            """INSERT INTO wingtel_daily_usage (subscription_id, usage_type, day, used, price, records)
               SELECT id, usage_type, day::date, 1000,
                      (0.05 + 0.6 * random() * exp(random() * 2) * (1 + (id %% 97 = 0)::int * 4))::numeric(20, 4), 7
               FROM generate_series(make_date(2025, %s, 1),
                                    make_date(2025, %s, 1) + interval '1 month - 1 day', '1 day') AS day
               CROSS JOIN generate_series(1, %s) AS id CROSS JOIN (VALUES ('data'), ('voice')) AS usage (usage_type)
               ORDER BY day, id, usage_type""",
            [month, month, subscriptions],
        )
    store_months(date(2025, 1, 1), date(2025, 12, 31))
    execute("VACUUM ANALYZE wingtel_daily_usage, wingtel_monthly_usage, wingtel_lifetime_usage")
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*), pg_size_pretty(pg_total_relation_size('wingtel_daily_usage')),
                      pg_size_pretty(pg_total_relation_size('wingtel_monthly_usage') +
                          pg_total_relation_size('wingtel_lifetime_usage'))
               FROM wingtel_daily_usage"""
        )
        rows, daily, monthly = cursor.fetchone()
    yield Row(
        f"a year of {subscriptions:,} subscriptions: {rows:,} daily rows", "", daily, "", f"months, totals {monthly}"
    )
    year = Period(date(2025, 1, 1), date(2025, 12, 31))
    mid = Period(date(2025, 1, 15), date(2025, 12, 14))
    answers: dict[str, Callable[[], object]] = {
        "exceeding over the 12 months, first page": lambda: exceeding(price_limit=LIMIT, period=year),
        "exceeding from mid-January to mid-December": lambda: exceeding(price_limit=LIMIT, period=mid),
        "metrics of one subscription over the 12 months": lambda: metrics(period=year, only=SubscriptionFilter([7])),
        "metrics of everybody over the 12 months, first page": lambda: metrics(period=year),
    }
    for name, answer in answers.items():
        times = [explain(answer)[0] for _ in range(ROUNDS)]
        yield Row(name, "", f"{statistics.median(times):.2f} ms", "", f"slowest {max(times):.1f} ms")


def _assert_right(drift_keys: int) -> None:
    if drift_keys:
        raise AssertionError(f"{drift_keys} keys differ")


def main() -> None:
    """Measure on a server of its own."""
    parser = argparse.ArgumentParser(prog="make bench-lifecycle", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="a fraction of the sizes")
    options = parser.parse_args()
    with benchmark_server():
        run(options.scale)


if __name__ == "__main__":
    main()
