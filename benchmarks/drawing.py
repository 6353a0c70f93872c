"""Random prices of the records of the benchmarks."""

import random
from decimal import Decimal


def price(rng: random.Random) -> Decimal:
    """Return the price of a record, in the operator's currency: 0.0245 on average."""
    return Decimal(int(rng.lognormvariate(5, 1)) + 1) / 10_000
