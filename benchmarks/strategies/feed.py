"""The records that every strategy gets."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from benchmarks import drawing

DAY = date(2026, 3, 1)
MIDNIGHT = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC)
SUBSCRIPTIONS = 20_000

Row = tuple[str, datetime, int, Decimal, int]
"""record_id, usage_date, subscription_id, price, kilobytes."""


def rows(records: int, subscriptions: int = SUBSCRIPTIONS) -> list[Row]:
    """Return data usage of `subscriptions` on one day, in the order of time."""
    rng = random.Random(1)
    return [
        (
            f"att-20260301-{number:09}",
            MIDNIGHT + timedelta(seconds=number * 86_399 // records),
            1 + int(rng.random() * subscriptions),
            drawing.price(rng),
            int(rng.lognormvariate(8, 1.5)),
        )
        for number in range(records)
    ]
