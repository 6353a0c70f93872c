"""Checks of whole columns: they never let through what the check of each entry refuses."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wingtel.aggregates.questions import LARGEST_ID
from wingtel.recording import checks
from wingtel.recording.columns import Columns, copy_texts, moment_texts
from wingtel.recording.entries import NamedBy, UsageEntry
from wingtel.usage.models import UsageType
from wingtel.usage.ranges import LARGEST_PRICE, LARGEST_QUANTITY

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RIGHT = UsageEntry(UsageType.DATA, NOON, 7, 10, Decimal("0.5"), "r", "att")

values = {
    "usage_type": st.sampled_from(["data", "voice", UsageType.VOICE, "sms", None, []]),
    "moment": st.sampled_from(
        [NOON, NOON.replace(tzinfo=ZoneInfo("Asia/Tokyo")), NOON.replace(tzinfo=None), NOON.date(), "now"]
    ),
    "subscription": st.sampled_from([0, 1, LARGEST_ID, LARGEST_ID + 1, -1, "1", "x", "", "²", True, None]),
    "quantity": st.sampled_from([0, 1, LARGEST_QUANTITY, LARGEST_QUANTITY + 1, -1, True, 1.5, "1", None]),
    "price": st.one_of(
        st.decimals(),
        st.sampled_from([LARGEST_PRICE, Decimal("1.50000"), Decimal("-0"), Decimal("sNaN"), 1, 0.5, None]),
    ),
    "record_id": st.sampled_from(["r", "é", "r" * 100, "r" * 101, "a\0b", "\ud800", "\\\t", 7, None]),
    "carrier": st.sampled_from(["att", "sprint", "", None]),
}


@given(st.data(), st.sampled_from(NamedBy), st.booleans())
def test_plainly_right_columns_hold_only_right_entries(data: st.DataObject, named_by: NamedBy, creating: bool) -> None:
    changed = data.draw(st.lists(st.sampled_from(sorted(values)), max_size=3))
    entries = [RIGHT._replace(subscription="7"), RIGHT, RIGHT._replace(usage_type=UsageType.VOICE)]
    if named_by is not NamedBy.ID:
        entries = [entry._replace(subscription=str(entry.subscription)) for entry in entries]
    entries[1] = entries[1]._replace(**{field: data.draw(values[field]) for field in changed})

    def each(entry: Any) -> Any:
        return next(checks._problems(tuple(entry), named_by, creating), None)

    if checks._are_plainly_right(Columns.of(entries), named_by, creating):
        assert list(map(each, entries)) == [None, None, None]


@pytest.mark.parametrize("named_by", NamedBy)
def test_what_carriers_send_is_plainly_right(named_by: NamedBy) -> None:
    name: Any = 7 if named_by is NamedBy.ID else "7"
    columns = Columns.of([RIGHT._replace(subscription=name, price=LARGEST_PRICE), RIGHT._replace(subscription=name)])
    assert checks._are_plainly_right(columns, named_by, create_subscriptions=True)


zones = st.one_of(
    st.just(UTC),
    st.timezones(),
    st.integers(-86_399, 86_399).map(lambda seconds: timezone(timedelta(seconds=seconds))),
)


@given(st.lists(st.datetimes(timezones=zones), min_size=1, max_size=3))
def test_moments_are_written_to_the_microsecond_in_any_zone(moments: list[datetime]) -> None:
    written = [datetime.fromisoformat(text) for text in moment_texts(moments)]
    assert [moment.astimezone(UTC) if in_range(moment) else moment for moment in written] == [
        moment.astimezone(UTC) if in_range(moment) else moment for moment in moments
    ]


def in_range(moment: datetime) -> bool:
    return 1 < moment.year < 9999


@given(st.text())
def test_texts_are_written_as_copy_reads_them(text: str) -> None:
    (written,) = copy_texts([text])
    assert not set(written) & set("\t\n\r")
    assert written.replace(r"\t", "\t").replace(r"\n", "\n").replace(r"\r", "\r").count("\\") >= 2 * text.count("\\")
