"""Subscriptions over a limit in any period of days, page by page, compared with a plain GROUP BY of the sources."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from tests.capabilities import under_strategies
from tests.conformance.conftest import ways
from tests.conformance.oracle import RECORDS
from tests.conformance.writing import DELETE, MODELS, WRITE
from wingtel.aggregates import strategies
from wingtel.aggregates.periods import Period
from wingtel.aggregates.queries import ExceedingPosition, exceeding
from wingtel.aggregates.shapes import ExceedingSubscription
from wingtel.aggregates.strategies import Strategy
from wingtel.subscriptions.models import Subscription
from wingtel.usage import partitions

MONTHS = [date(2026, month, 1) for month in range(1, 7)]
DAYS = [month + timedelta(days=n) for month in MONTHS for n in (0, 1, 9, 14, 19, 26, 27)]
OWNERS = 150

PERIODS = {
    "a month": Period(date(2026, 3, 1), date(2026, 3, 31)),
    "a cycle": Period(date(2026, 2, 15), date(2026, 3, 14)),
    "days of one month": Period(date(2026, 3, 10), date(2026, 3, 20)),
    "one day": Period(date(2026, 3, 15), date(2026, 3, 15)),
    "two months": Period(date(2026, 2, 1), date(2026, 3, 31)),
    "three months and edges": Period(date(2026, 1, 20), date(2026, 4, 15)),
    "most of all months": Period(date(2026, 1, 1), date(2026, 5, 31)),
    "from a day on": Period(date(2026, 4, 28), None),
    "up to a day": Period(None, date(2026, 2, 10)),
    "all that is known": Period(date(2025, 12, 31), date(2026, 7, 1)),
    "all months, two in part": Period(date(2026, 1, 10), date(2026, 6, 15)),
    "all time": Period(),
    "before anything is known": Period(date(2025, 2, 3), date(2025, 3, 4)),
}

TOTALS = f"""
    SELECT subscription_id, usage_type, sum(record.price)
    FROM ({RECORDS}) AS record
    WHERE day BETWEEN %(first)s AND %(last)s
    GROUP BY 1, 2
    HAVING sum(record.price) >= %(price_limit)s AND (sum(used), sum(record.price), sum(records)) <> (0, 0, 0)
"""


@pytest.fixture
def usage(strategy: strategies.Strategy) -> None:
    """Store half a year in which few pay much, with credits. Under a strategy with deltas, half of it is pending."""
    partitions.ensure(DAYS)
    owners = [Subscription.objects.create(carrier="att").pk for _ in range(OWNERS)]
    drawn = random.Random(18)
    for batch in range(8):
        rows = [
            (
                f"{batch}-{number}",
                datetime.combine(drawn.choice(DAYS), datetime.min.time(), UTC) + timedelta(hours=12),
                drawn.choice(owners[: OWNERS if batch % 2 else OWNERS // 3]),
                Decimal(int(drawn.lognormvariate(9, 2))) / 10**4,
                number,
            )
            for number in range(250)
        ]
        WRITE["recorded"](MODELS[batch % len(MODELS)], rows)
        if batch in (1, 5):
            _credit(drawn, owners)
        if batch == 3:
            strategy.merge()
    for model, prefix in zip(MODELS, ("0-1", "1-1", "2-1"), strict=True):
        if (way := ways(strategy)[-1]) != "recorded":
            assert DELETE[way](model, prefix)


def _credit(drawn: random.Random, owners: list[int]) -> None:
    """Store credits of some subscriptions, mostly of more than they had to pay that day."""
    with connection.cursor() as cursor:
        for _ in range(30):
            cursor.execute(
                """INSERT INTO wingtel_usage_adjustment
                       (subscription_id, usage_type, day, used, price, reason, actor, created_at, record_id)
                   VALUES (%s, %s, %s, 0, %s, 'credited', 'a test', now(), '')""",
                [
                    drawn.choice(owners),
                    drawn.choice(["data", "voice"]),
                    drawn.choice(DAYS),
                    -Decimal(int(drawn.lognormvariate(11, 2))) / 10**4,
                ],
            )


def _pages(period: Period, price_limit: Decimal, page_size: int) -> Iterator[list[ExceedingSubscription]]:
    after: ExceedingPosition | None = None
    while True:
        page = exceeding(price_limit=price_limit, period=period, page_size=page_size, after=after)
        yield page.results
        if page.next is None:
            return
        after = page.next


def _expected(period: Period, price_limit: Decimal) -> list[tuple[int, dict[str, Decimal]]]:
    """Return the subscriptions, largest price first, each with the prices that reached the limit."""
    with connection.cursor() as cursor:
        cursor.execute(
            TOTALS,
            {
                "zone": "UTC",
                "first": period.first or date(2000, 1, 1),
                "last": period.last or date(2100, 1, 1),
                "price_limit": price_limit,
            },
        )
        found: dict[int, dict[str, Decimal]] = {}
        for subscription_id, usage_type, price in cursor.fetchall():
            found.setdefault(subscription_id, {})[usage_type] = price
    return sorted(found.items(), key=lambda one: (-max(one[1].values()), one[0]))


@pytest.mark.usefixtures("usage")
def test_every_page_of_any_period_is_what_the_sources_say() -> None:
    reached = {}
    for name, period in PERIODS.items():
        for price_limit, page_size in ((Decimal(12), 3), (Decimal("0.5"), 30), (Decimal(0), 100)):
            expected = _expected(period, price_limit)
            found = [
                (
                    result.subscription_id,
                    {limit.usage_type: Decimal(limit.total_price) for limit in result.exceeded},
                )
                for page in _pages(period, price_limit, page_size)
                for result in page
            ]
            assert found == expected, f"{name}, {price_limit}"
            reached[name, price_limit] = len(expected)
    assert reached["a cycle", Decimal(12)] > 6, "more than two pages"
    assert reached["before anything is known", Decimal(0)] == 0


@under_strategies("stores")
def test_no_months_divide_no_price_in_any_plan(strategy: Strategy) -> None:
    with connection.cursor() as cursor:  # with constants, the planner evaluates what a plan may never reach
        cursor.execute("SELECT * FROM usage_able_to_exceed('{}', ARRAY['data', 'voice'], 1, 'infinity')")
        assert cursor.fetchall() == []
