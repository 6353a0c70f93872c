"""Demo usage: a feed in Wingtel's own format, the same for the same seed.

Subscriptions differ by a Pareto factor, sessions and calls by lognormal factors. So most use little, some use very
much, and a few reach any sensible limit. Nights are quiet and evenings busy, by the clock of UTC.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from pathlib import Path

HEADER = "record_id,carrier,subscription,usage_type,usage_date,quantity,price\n"
_RECORDS_A_DAY = (2, 3, 3, 4, 4, 5, 5, 6, 7, 9)
_BUSY_HOURS = (3, 2, 1, 1, 1, 2, 4, 7, 9, 8, 8, 9, 10, 9, 9, 10, 11, 13, 16, 19, 21, 20, 14, 7)
_DATA_SHARE = 0.7
_FIRST_NUMBER = 12_025_500_000


@dataclass(frozen=True, slots=True)
class _Customer:
    carrier: str
    phone_number: str
    appetite: float


def write_feed(path: Path, *, subscriptions: int, days: int, seed: int, last_day: date) -> int:
    """Write the usage of `subscriptions` on the `days` up to `last_day`, in order. Return the number of records.

    Data costs 0.0001 per 10 kilobytes and voice 0.0002 per second, both rounded down to 4 decimals.
    """
    rng = random.Random(seed)  # noqa: S311 - demo data
    customers = [_customer(rng, number) for number in range(subscriptions)]
    written = 0
    with path.open("w", encoding="ascii", newline="") as file:
        file.write(HEADER)
        for back in range(days - 1, -1, -1):
            for line in _day(rng, customers, last_day - timedelta(days=back)):
                file.write(line)
                written += 1
    return written


def _customer(rng: random.Random, number: int) -> _Customer:
    carrier = "att" if rng.random() < 0.6 else "sprint"
    return _Customer(carrier, str(_FIRST_NUMBER + number), min(rng.paretovariate(1.2), 400.0))


def _day(rng: random.Random, customers: list[_Customer], day: date) -> Iterator[str]:
    numbers = {"att": 0, "sprint": 0}
    compact = f"{day:%Y%m%d}"
    for second, index in _timestamps(rng, len(customers)):
        customer = customers[index]
        carrier = customer.carrier
        numbers[carrier] += 1
        usage_type, quantity, price = _usage(rng, customer.appetite)
        yield (
            f"{carrier}-{compact}-{numbers[carrier]:09d},{carrier},{customer.phone_number},{usage_type},"
            f"{day}T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}+00:00,"
            f"{quantity},{price // 10000}.{price % 10000:04d}\n"
        )


def _timestamps(rng: random.Random, customers: int) -> list[tuple[int, int]]:
    """Return the second of the day and the customer of each record of a day, in order."""
    counts = rng.choices(_RECORDS_A_DAY, k=customers)
    indexes = [index for index, count in enumerate(counts) for _ in range(count)]
    hours = rng.choices(range(24), cum_weights=list(accumulate(_BUSY_HOURS)), k=len(indexes))
    return sorted((hour * 3600 + int(rng.random() * 3600), index) for hour, index in zip(hours, indexes, strict=True))


def _usage(rng: random.Random, appetite: float) -> tuple[str, int, int]:
    """Return the usage type, the kilobytes or seconds, and the price in ten-thousandths."""
    if rng.random() < _DATA_SHARE:
        kilobytes = int(rng.lognormvariate(7.6, 1.2) * appetite) + 1
        return "data", kilobytes, kilobytes // 10
    seconds = int(rng.lognormvariate(4.4, 1.0) * min(appetite, 20.0)) + 1
    return "voice", seconds, seconds * 2
