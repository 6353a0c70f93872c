"""Money is shown in one way, by Python and by SQL."""

from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from wingtel.aggregates.serialization import money

SHOWN = {
    "0": "0.0000",
    "0.00000000": "0.0000",
    "0.04": "0.0400",
    "0.04000000": "0.0400",
    "0.00004": "0.00004",
    "0.00000001": "0.00000001",
    "1E+3": "1000.0000",
    "-12.3": "-12.3000",
    "-0.00000010": "-0.0000001",
    "123456789012345678901234567890.12345678": "123456789012345678901234567890.12345678",
}


@pytest.mark.parametrize(("amount", "shown"), SHOWN.items())
def test_four_decimals_are_shown_or_more_where_there_are(amount: str, shown: str) -> None:
    assert money(Decimal(amount)) == shown


class SqlAndPython(TestCase):
    @given(st.lists(st.decimals(-(10**29), 10**29, places=8) | st.sampled_from([*map(Decimal, SHOWN)]), max_size=50))
    def test_sql_shows_what_python_does(self, amounts: list[Decimal]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT ARRAY(SELECT usage_money(amount) FROM unnest(%s::numeric[]) AS amount)", [amounts])
            assert cursor.fetchone() == ([money(amount) for amount in amounts],)
