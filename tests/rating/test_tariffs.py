"""Tariffs: prices are exact and rounded once, half to even; rates are valid by plan and from a day."""

from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from math import ceil

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wingtel.rating import Rate, Tariff, rate
from wingtel.usage.models import UsageType
from wingtel.usage.ranges import LARGEST_PRICE, LARGEST_QUANTITY, PRICE_DECIMALS, PRICE_DIGITS

DAY = date(2026, 3, 1)
UNIT = Decimal(1).scaleb(-PRICE_DECIMALS)


def records(*rows: tuple[str, int, date, str]) -> pl.DataFrame:
    """Return records, each given as usage type, quantity, day and plan."""
    columns = {"usage_type": pl.String, "quantity": pl.Int64, "day": pl.Date, "plan": pl.String}
    table = pl.DataFrame(rows, schema=columns, orient="row")
    return table.with_columns(price=pl.lit(None, pl.Decimal(PRICE_DIGITS, PRICE_DECIMALS)))


def price(tariff: Tariff, quantity: int, day: date = DAY, plan: str = "") -> Decimal | str:
    """Return the price of a data record, or the reason why it has none."""
    rated, reasons = rate(records(("data", quantity, day, plan)), tariff)
    found = rated["price"][0]
    return reasons[0] if found is None else found


def of(*rates: Rate) -> Tariff:
    return Tariff({UsageType.DATA: rates})


def exact_price(quantity: int, each: Rate) -> Decimal:
    """Return the price by a rate, computed with fractions."""
    blocks = ceil(Fraction(max(quantity - each.included, 0), each.block))
    exact = Context(prec=60, rounding=ROUND_HALF_EVEN)
    return exact.quantize(exact.multiply(each.price, Decimal(blocks)), UNIT)


def test_a_price_is_rounded_half_to_even() -> None:
    half = Rate(price=UNIT / 2)
    assert [price(of(half), quantity) / UNIT for quantity in (1, 2, 3, 5)] == [0, 1, 2, 2]  # type: ignore[operator]
    assert price(of(Rate(price=UNIT / 2 + UNIT / 100_000)), 5) == 3 * UNIT


@given(
    quantity=st.integers(0, LARGEST_QUANTITY),
    amount=st.decimals(0, 10**9, places=12),
    block=st.integers(1, 10**6),
    included=st.integers(0, 10**9),
)
def test_a_price_is_what_fractions_say(quantity: int, amount: Decimal, block: int, included: int) -> None:
    each = Rate(price=amount, block=block, included=included)
    exact = exact_price(quantity, each)
    if exact <= LARGEST_PRICE:
        assert price(of(each), quantity) == exact
    else:
        reason = f"by the tariff, the price of {quantity} kilobytes is more than {LARGEST_PRICE}"
        assert price(of(each), quantity) == reason


@pytest.mark.parametrize(
    ("quantity", "costs"), [(0, "0"), (60, "0"), (61, "0.05"), (90, "0.05"), (91, "0.1"), (120, "0.1")]
)
def test_every_started_block_beyond_what_is_included_costs(quantity: int, costs: str) -> None:
    assert price(of(Rate(price=Decimal("0.05"), block=30, included=60)), quantity) == Decimal(costs)


def test_the_rate_of_the_plan_and_of_the_latest_day_holds() -> None:
    tariff = of(
        Rate(price=Decimal(1), valid_from=date(2026, 1, 1)),
        Rate(price=Decimal(2), valid_from=date(2026, 3, 1)),
        Rate(price=Decimal(3), valid_from=date(2026, 2, 1), plan="Gold"),
    )
    assert price(tariff, 1, DAY - timedelta(days=1)) == 1
    assert price(tariff, 1) == 2
    assert price(tariff, 1, plan="Silver") == 2
    assert price(tariff, 1, plan="Gold") == 3
    assert price(tariff, 1, date(2025, 12, 31), "Gold") == (
        "no rate of the tariff for data holds on 2025-12-31 in the plan Gold"
    )


def test_a_record_with_a_price_keeps_it() -> None:
    given_price = records(("data", 1, DAY, "")).with_columns(
        price=pl.lit(Decimal(7), pl.Decimal(PRICE_DIGITS, PRICE_DECIMALS))
    )
    rated, reasons = rate(given_price, of(Rate(price=Decimal(1))))
    assert (rated["price"].to_list(), reasons) == ([Decimal(7)], {})


def test_a_usage_type_without_a_rate_has_no_price() -> None:
    _, reasons = rate(records(("voice", 1, DAY, "")), of(Rate(price=Decimal(1))))
    assert reasons == {0: "no rate of the tariff for voice holds on 2026-03-01"}
