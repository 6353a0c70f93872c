"""Limits, measured: `make bench-limits`; `ARGS="--scale 0.1"` tries it out.

Evaluation after some of a million subscriptions changed is compared with the bare GROUP BY of all subscriptions that
finds the same. Writes while changes are logged are compared with the same writes while they are not.
"""

import argparse
import random
import statistics
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal

from django.db import connection

from benchmarks import drawing
from benchmarks.measuring import execute, timed
from benchmarks.report import Row, print_table
from benchmarks.server import benchmark_server

TODAY = datetime.now(UTC).date()
"""The day of the benchmark: limits are mostly about changes of this month and the one before."""
MONTH = TODAY.replace(day=1)
NOON = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
SUBSCRIPTIONS = 1_000_000
BY_CYCLE = 100_000
"""Subscriptions with daily aggregates, from which billing cycles are summed."""

PARTS = ("writers", "evaluating", "cycles")
CHANGED = (1_000, 10_000)
ROUNDS = 7
LIMIT = Decimal("60.00")
DEAR = Decimal("0.50")
"""Twenty times the usual price of a record, so that most prices leave their upper bounds."""

BARE = f"""SELECT count(*) FROM (
    SELECT subscription_id FROM wingtel_monthly_usage WHERE month = '{MONTH}'
    GROUP BY subscription_id HAVING sum(price) >= %s) AS reached"""


class Feed:
    """Records of today with new ids, from the same random numbers in each run."""

    def __init__(self, subscriptions: int, prefix: str) -> None:
        self.subscriptions, self.prefix = subscriptions, prefix
        self.rng, self.number = random.Random(1), 0

    def copy(self, records: int, price: Decimal | None = None) -> None:
        """COPY one record of each of so many subscriptions, in one statement.

        Without a price, each record has a usual one.
        """
        ids = self.rng.sample(range(1, self.subscriptions + 1), records)
        statement = (
            "COPY wingtel_data_usage_record (record_id, usage_date, subscription_id, price, kilobytes_used) FROM STDIN"
        )
        with connection.cursor() as cursor, cursor.copy(statement) as copying:
            for subscription_id in ids:
                self.number += 1
                copying.write_row(
                    (
                        f"att-{self.prefix}-{self.number:09}",
                        NOON,
                        subscription_id,
                        price or drawing.price(self.rng),
                        1000,
                    )
                )

    def one(self) -> None:
        """Ingest one record."""
        from wingtel.ingest.inputs import UsageRecordInput  # noqa: PLC0415 - needs Django set up
        from wingtel.ingest.service import ingest_usage  # noqa: PLC0415 - needs Django set up
        from wingtel.usage.models import UsageType  # noqa: PLC0415 - as above

        self.number += 1
        subscription_id = self.rng.randint(1, self.subscriptions)
        ingest_usage(
            [
                UsageRecordInput(
                    UsageType.DATA,
                    NOON,
                    subscription_id,
                    1000,
                    drawing.price(self.rng),
                    f"{self.prefix}-{self.number:09}",
                )
            ]
        )


def run(scale: float, parts: list[str]) -> None:
    """Measure and print."""
    subscriptions = int(SUBSCRIPTIONS * scale)
    _prepare(subscriptions)
    feed = Feed(subscriptions, "month")
    measures: dict[str, Callable[[], Iterator[Row]]] = {
        "writers": lambda: _writers(feed),
        "evaluating": lambda: _evaluating(feed, scale),
        "cycles": lambda: _by_cycle(int(BY_CYCLE * scale), scale),
    }
    rows = [row for part in parts for row in measures[part]()]
    print_table(f"Limits: {subscriptions:,} subscriptions", ("work", "beside", "ours", "ratio", ""), rows)


def _prepare(subscriptions: int) -> None:
    from wingtel.usage import partitions  # noqa: PLC0415 - needs Django set up

    partitions.ensure([TODAY])
    execute(
        """INSERT INTO wingtel_subscription (id, carrier, status, device_id, phone_number, phone_model, network_type,
               sprint_id,
                                     effective_date)
           SELECT id, 'att', 'active', '', '', '', '', '', timestamptz '2024-01-01' + (id %% 700) * interval '1 day'
           FROM generate_series(1, %s) AS id""",
        [subscriptions],
    )
    execute(
        """INSERT INTO wingtel_monthly_usage (subscription_id, usage_type, month, used, price, records,
               price_upper_bound)
           SELECT id, usage_type, %s, 1000, price, 700, price + way * (usage_price_upper_bound(price) - price)
           FROM generate_series(1, %s) AS id CROSS JOIN (VALUES ('data'), ('voice')) AS usage (usage_type)
           CROSS JOIN LATERAL (
               SELECT (random() * 30 + 0 * id)::numeric(20, 4) AS price, (random() + 0 * id)::numeric AS way
           ) AS drawn""",
        [MONTH, subscriptions],
    )
    execute("VACUUM ANALYZE wingtel_subscription, wingtel_monthly_usage")


def _writers(feed: Feed) -> Iterator[Row]:
    """Measure the same writes with change capture disabled and enabled, in turns."""
    from wingtel.aggregates import changes  # noqa: PLC0415 - needs Django set up

    feed.copy(10_000)
    works: dict[str, tuple[Callable[[], None], int]] = {
        "COPY a batch of 10 000 under triggers": (lambda: feed.copy(10_000), 6),
        "record one": (feed.one, 300),
    }
    for name, (work, times) in works.items():
        taken: dict[bool, list[float]] = {False: [], True: []}
        for _ in range(4):
            for captured in (False, True):
                (changes.enable if captured else changes.disable)()
                work()
                taken[captured] += [timed(work) for _ in range(times)]
        bare, ours = (statistics.median(taken[captured]) for captured in (False, True))
        yield Row(
            name,
            f"not logged {bare * 1000:.2f} ms",
            f"logged {ours * 1000:.2f} ms",
            f"{ours / bare:.2f} x",
            "",
        )
    changes.disable()


def _evaluating(feed: Feed, scale: float) -> Iterator[Row]:
    from wingtel.aggregates import strategies  # noqa: PLC0415 - needs Django set up
    from wingtel.limits.evaluation import evaluate  # noqa: PLC0415 - as above
    from wingtel.limits.services import make_limit  # noqa: PLC0415 - as above

    make_limit(amount=LIMIT, thresholds=[80, 90], starts=MONTH)
    bare = statistics.median(timed(lambda: execute(BARE, [LIMIT])) for _ in range(3))
    first = timed(evaluate)
    yield Row(
        "a new limit, for everybody", f"bare GROUP BY {bare:.2f} s", f"{first:.2f} s", f"{first / bare:.1f} x", ""
    )
    execute("VACUUM ANALYZE wingtel_alert, wingtel_usage_change, wingtel_daily_usage")
    yield from _after_changes(feed, scale, bare, "")
    yield from _after_changes(feed, scale, bare, f", by {DEAR} each", price=DEAR)
    yield Row("nothing changed", "", f"{statistics.median(timed(evaluate) for _ in range(20)) * 1000:.1f} ms", "", "")
    strategies.named("incremental").install()  # its triggers and views, without a rebuild of the filled tables
    with connection.cursor() as cursor:
        cursor.execute(strategies.named("incremental").views)
    yield from _after_changes(feed, scale, bare, ", not merged yet", after=strategies.named("incremental").merge)
    strategies.named("triggers").install()
    with connection.cursor() as cursor:
        cursor.execute(strategies.named("triggers").views)


def _after_changes(
    feed: Feed,
    scale: float,
    bare: float,
    note: str,
    *,
    price: Decimal | None = None,
    after: Callable[[], object] = lambda: None,
) -> Iterator[Row]:
    """Measure rounds of each size in turns."""
    from wingtel.limits.evaluation import evaluate  # noqa: PLC0415 - needs Django set up

    taken: dict[int, list[float]] = {changed: [] for changed in CHANGED}
    for _ in range(ROUNDS):
        for changed in CHANGED:
            feed.copy(int(changed * scale), price)
            taken[changed].append(timed(evaluate))
            after()
            evaluate()
    few, many = (statistics.median(taken[changed]) for changed in CHANGED)
    for changed, ours in zip(CHANGED, (few, many), strict=True):
        yield Row(
            f"{changed * scale:,.0f} changed{note}",
            f"bare GROUP BY {bare * 1000:.0f} ms",
            f"{ours * 1000:.1f} ms",
            f"{ours / bare:.2f} x",
            f"slowest {max(taken[changed]) * 1000:.0f} ms",
        )
    yield Row(f"ten times as many changed{note}", "", "", f"{many / few:.2f} x", "")


def _by_cycle(subscriptions: int, scale: float) -> Iterator[Row]:
    """Measure limits by billing cycle, whose totals are sums of days."""
    from wingtel.limits.evaluation import evaluate  # noqa: PLC0415 - as above
    from wingtel.limits.services import make_limit  # noqa: PLC0415 - needs Django set up

    execute(
        """INSERT INTO wingtel_daily_usage (subscription_id, usage_type, day, used, price, records)
           SELECT id, usage_type, day::date, 1000, (random() * 1.5)::numeric(20, 4), 7
           FROM generate_series(%s::date - 33, %s::date - 1, '1 day') AS day
           CROSS JOIN generate_series(1, %s) AS id CROSS JOIN (VALUES ('data'), ('voice')) AS usage (usage_type)
           ORDER BY day, id""",
        [TODAY, TODAY, subscriptions],
    )
    execute("VACUUM ANALYZE wingtel_daily_usage")
    make_limit(amount=LIMIT, period="cycle", starts=TODAY)
    evaluate()
    yield from _after_changes(
        Feed(subscriptions, "cycle"), scale, timed(lambda: execute(BARE, [LIMIT])), ", by month and by cycle"
    )


def main() -> None:
    """Measure on a server of its own."""
    parser = argparse.ArgumentParser(prog="make bench-limits", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="a fraction of the sizes")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part alone; repeatable")
    options = parser.parse_args()
    with benchmark_server():
        run(options.scale, options.only or list(PARTS))


if __name__ == "__main__":
    main()
