"""The bounds of a price hold to its last decimal: prices that they exclude from an answer do not belong in it."""

from decimal import Decimal
from typing import Any

from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

EDGES = [Decimal(text) for text in ("0", "0.0001", "0.5", "7.5", "8", "8.5", "10000000000")]
STEP = Decimal("0.00000001")
prices = (
    st.decimals(-100, 100, places=8)
    | st.decimals(-(10**29), 10**28, places=8)
    | st.builds(
        lambda edge, sign, steps: sign * edge + steps * STEP,
        st.sampled_from(EDGES),
        st.sampled_from([1, -1]),
        st.integers(-2, 2),
    )
)
# A stored upper bound, and a position in its range: 0 is the lower bound, 1 the upper bound itself.
upper_bounds = st.tuples(prices.map(abs), st.sampled_from([Decimal(0), STEP, Decimal("0.5"), 1 - STEP, Decimal(1)]))


def rows(query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


class Bounds(TestCase):
    @given(st.lists(prices, max_size=100))
    def test_a_price_lies_in_the_range_of_the_upper_bound_it_is_given(self, drawn: list[Decimal]) -> None:
        found = rows(
            """SELECT price, price_upper_bound
               FROM unnest(%s::numeric(38, 8)[]) AS price
               CROSS JOIN LATERAL (VALUES (usage_price_upper_bound(price)::numeric(38, 8)),
                                          (usage_least_upper_bound(price)::numeric(38, 8))) AS given (price_upper_bound)
               WHERE NOT (price_upper_bound >= 0 AND price <= price_upper_bound AND
                   usage_price_lower_bound(price_upper_bound) <= price)""",
            drawn,
        )
        assert found == []

    @given(st.lists(upper_bounds, max_size=100))
    def test_no_price_has_a_higher_upper_bound_than_is_said(self, drawn: list[tuple[Decimal, Decimal]]) -> None:
        found = rows(
            """SELECT price, price_upper_bound
               FROM unnest(%s::numeric(38, 8)[], %s::numeric[]) AS stored (price_upper_bound, place)
               CROSS JOIN LATERAL (
                   SELECT (usage_price_lower_bound(price_upper_bound) + place * (price_upper_bound -
                       usage_price_lower_bound(price_upper_bound)))::numeric(38, 8)
               ) AS paid (price)
               WHERE price BETWEEN usage_price_lower_bound(price_upper_bound) AND price_upper_bound AND
                   price_upper_bound > usage_highest_upper_bound(price)""",
            [price_upper_bound for price_upper_bound, _ in drawn if price_upper_bound > 0],
            [place for price_upper_bound, place in drawn if price_upper_bound > 0],
        )
        assert found == []
