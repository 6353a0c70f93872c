"""A tariff's price is exact and rounded once, half to even."""

from decimal import Decimal

import pytest

from wingtel.recording.tariffs import Tariff
from wingtel.usage.models import UsageType


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
    tariff = Tariff(price_per_kilobyte=Decimal(rate), price_per_second=Decimal(9))
    assert str(tariff.price(UsageType.DATA, quantity)) == price


def test_voice_is_rated_by_the_second() -> None:
    tariff = Tariff(price_per_kilobyte=Decimal(9), price_per_second=Decimal("0.0020"))
    assert tariff.price(UsageType.VOICE, 751) == Decimal("1.5020")
