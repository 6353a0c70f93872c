"""A tariff's price is exact and rounded once, half to even; its rates hold by plan and from a day."""

from datetime import date
from decimal import Decimal

import pytest

from wingtel.recording.tariffs import Rate, Tariff
from wingtel.usage.models import UsageType

DAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("rate", "quantity", "price"),
    [
        ("0.0005", 7385, "3.6925"),
        ("0.00005", 1, "0.0000"),
        ("0.00005", 3, "0.0002"),
        ("0.00005", 5, "0.0002"),
        ("0.000050001", 5, "0.0003"),
        ("0.0001", 9223372036854775807, "922337203685477.5807"),
    ],
)
def test_the_price_is_rounded_half_to_even_to_4_decimals(rate: str, quantity: int, price: str) -> None:
    assert str(Rate(price=Decimal(rate)).price_of(quantity)) == price


@pytest.mark.parametrize(
    ("quantity", "price"), [(0, "0"), (60, "0"), (61, "0.05"), (90, "0.05"), (91, "0.1"), (120, "0.1")]
)
def test_every_started_block_beyond_what_is_included_costs(quantity: int, price: str) -> None:
    assert Rate(price=Decimal("0.05"), block=30, included=60).price_of(quantity) == Decimal(price)


def test_the_rate_of_the_plan_and_of_the_latest_day_holds() -> None:
    tariff = Tariff(
        {
            UsageType.DATA: (
                Rate(price=Decimal(1), valid_from=date(2026, 1, 1)),
                Rate(price=Decimal(2), valid_from=date(2026, 3, 1)),
                Rate(price=Decimal(3), valid_from=date(2026, 2, 1), plan="Gold"),
            )
        }
    )
    assert tariff.price(UsageType.DATA, 1, date(2026, 2, 28)) == 1
    assert tariff.price(UsageType.DATA, 1, DAY) == 2
    assert tariff.price(UsageType.DATA, 1, DAY, "Silver") == 2
    assert tariff.price(UsageType.DATA, 1, DAY, "Gold") == 3
    with pytest.raises(ValueError, match="no rate for data holds on 2025-12-31 in the plan Gold"):
        tariff.price(UsageType.DATA, 1, date(2025, 12, 31), "Gold")
