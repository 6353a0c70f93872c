"""Records read column by column: the same as each by itself."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wingtel.api import record_bodies
from wingtel.recording import NamedBy

RIGHT = {
    "usage_type": "data",
    "usage_date": "2026-03-01T09:30:00Z",
    "subscription_id": 7,
    "quantity": 1000,
    "price": "0.15",
    "record_id": "r",
}
anything = st.sampled_from([None, True, 0, 1, "", "r", "7", "NaN", "0.15", 1.5, 10**30, [], {}, "2026-03-01", "data"])
records = st.one_of(
    anything,
    st.just(RIGHT),
    st.builds(lambda field, value: RIGHT | {field: value}, st.sampled_from([*RIGHT, "kilobytes"]), anything),
    st.sampled_from(sorted(RIGHT)).map(lambda field: {name: RIGHT[name] for name in RIGHT if name != field}),
)


@given(st.lists(records, max_size=3))
def test_columns_say_what_each_record_says(items: list[Any]) -> None:
    body = json.dumps(items).encode()
    read = record_bodies.JSONRecordsParser().items(body)
    assert repr(read) == repr(json.loads(body, parse_float=Decimal))
    together, each = record_bodies.read(read, NamedBy.ID), record_bodies._read_each(read, "subscription_id")
    assert repr((together.entries, list(together.indexes), together.refused)) == repr(
        (each.entries, each.indexes, each.refused)
    )
    lines = "\n".join(map(json.dumps, items)).encode()
    assert repr(record_bodies.NDJSONRecordsParser().items(lines)) == repr(read)


@pytest.mark.parametrize(
    ("price", "exact"),
    [
        ("0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
        ("1e2", "1E+2"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
    ],
)
def test_a_number_is_the_decimal_that_was_written(price: str, exact: str) -> None:
    body = json.dumps([RIGHT | {"price": "X"}]).replace('"X"', price).encode()
    items = record_bodies.JSONRecordsParser().items(body)
    assert str(record_bodies.read(items, NamedBy.ID).entries[0].price) == exact
