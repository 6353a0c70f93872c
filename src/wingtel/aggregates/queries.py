"""Queries of the aggregates, over the views `usage_daily` and `usage_monthly`, whatever the strategy.

The whole months of a period are read from the monthly grain, and the days at its edges from the daily grain.
"""

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

import msgspec
import psycopg
from django.db import connection, transaction

from wingtel import sql
from wingtel.db.arrays import array
from wingtel.usage.models import UsageDay, UsageType
from wingtel.usage.provenance import BATCH_LINES

from .filters import EVERYBODY, SubscriptionFilter, numbers_of
from .periods import ALL_TIME, EARLIEST, LATEST, Granularity, Period, SplitPeriod
from .shapes import ExceedingSubscription

_SQL = sql.statements(__package__, "sql/queries.sql")


def _complete_answers() -> dict[str, str]:
    blocks = sql.statements(__package__, "sql/exports.sql")
    shared = {
        "{from what was used}": blocks["used"],
        "{number and external id}": blocks["number_and_external_id"],
    }
    for placeholder, text in shared.items():
        blocks = {name: block.replace(placeholder, text) for name, block in blocks.items()}
    return blocks


COMPLETE_ANSWERS = _complete_answers()
"""Statements of complete answers, by name, including the parts that they share."""

CHUNK_BYTES = 4 << 20
"""Approximate number of bytes of a complete answer that are in memory at once."""

_TYPES = {usage_type.value: usage_type for usage_type in UsageType}  # faster than to call the enumeration
_UNITS = {"units": json.dumps({usage_type.value: usage_type.unit for usage_type in UsageType})}
_NO_DAYS = (LATEST, EARLIEST)

ALL_TYPES: tuple[UsageType, ...] = tuple(UsageType)


@dataclass(frozen=True)
class ExceedingPosition:
    """End of a page: the largest total price of its last subscription, and that subscription."""

    price: Decimal
    subscription_id: int


@dataclass(frozen=True)
class ExceedingPage:
    """One page of the answer. `next` is the position that the next page starts after, None on the last.

    `written` holds its results in JSON, as the database wrote them. Amounts are strings in the format of usage_money().
    """

    as_of: datetime
    written: str
    next: ExceedingPosition | None

    @cached_property
    def results(self) -> list[ExceedingSubscription]:
        """Results, decoded."""
        return msgspec.json.decode(self.written, type=list[ExceedingSubscription])


class UsageMetric(NamedTuple):
    """Usage and price of a subscription for one usage type. `unit` (kilobytes, seconds) is that of `total_usage`.

    The phone number and the external id are the current ones, empty where there are none.
    """

    subscription_id: int
    phone_number: str
    external_id: str
    usage_type: UsageType
    total_price: Decimal
    total_usage: int
    records: int

    @property
    def unit(self) -> str:
        return self.usage_type.unit


@dataclass(frozen=True)
class MetricsPosition:
    """End of a page: the last row's subscription and usage type."""

    subscription_id: int
    usage_type: UsageType


@dataclass(frozen=True)
class MetricsPage:
    """One page of the answer. `next` is the position that the next page starts after, None on the last."""

    as_of: datetime
    results: list[UsageMetric]
    next: MetricsPosition | None


class SeriesPoint(NamedTuple):
    """Usage of one day, or of the part of one month that lies in the requested period; `start` is its first day."""

    start: date
    usage_type: UsageType
    price: Decimal
    used: int
    records: int

    @property
    def unit(self) -> str:
        return self.usage_type.unit


@dataclass(frozen=True)
class Series:
    """Points of one subscription in order of time and usage type; `numbers` are those of `numbers_of`."""

    as_of: datetime
    numbers: dict[str, str]
    points: list[SeriesPoint]


def exceeding(
    *,
    price_limit: Decimal,
    period: Period = ALL_TIME,
    usage_types: Sequence[UsageType] = ALL_TYPES,
    only: SubscriptionFilter = EVERYBODY,
    page_size: int = 100,
    after: ExceedingPosition | None = None,
) -> ExceedingPage:
    """Return the subscriptions whose price of a usage type in `period` reached `price_limit`, largest excess first.

    Each usage type is checked on its own.
    """
    ids = only.listed()
    rows = _prepared_rows(
        "exceeding",
        {
            "first": period.first or EARLIEST,
            "last": period.last or LATEST,
            "usage_types": array(usage_types),
            "price_limit": price_limit,
            "subscription_ids": None if ids is None else array(map(str, ids)),
            "carrier": only.carrier,
            "plan": only.plan_id,
            "after_price": after and after.price,
            "after_id": after and after.subscription_id,
            "page_size": page_size,
        },
    )
    ((written, has_more, price, subscription_id),) = rows.data
    return ExceedingPage(
        as_of=rows.as_of, written=written, next=ExceedingPosition(price, subscription_id) if has_more else None
    )


def metrics(
    *,
    period: Period,
    usage_types: Sequence[UsageType] = ALL_TYPES,
    only: SubscriptionFilter = EVERYBODY,
    page_size: int = 100,
    after: MetricsPosition | None = None,
) -> MetricsPage:
    """Return the usage and price of each subscription in `period`, in order of subscription and usage type."""
    one = only.one()
    if one is not None and (after is None or after.subscription_id == one):
        rows = _metrics_of_one(one, period.split(), usage_types, page_size + 1, after, only)
    else:
        rows = _rows(
            "metrics",
            _parameters(period.split(), usage_types)
            | {
                **_filters(only),
                "after_id": after and after.subscription_id,
                "after_type": after and after.usage_type.value,
                "only_type": usage_types[0].value if len(set(usage_types)) == 1 else None,
                "rows": page_size + 1,
            },
        )
    found = [
        UsageMetric(subscription_id, number, external_id, _TYPES[usage_type], price, int(used), int(records))
        for subscription_id, number, external_id, usage_type, price, used, records in rows.data
    ]
    results = found[:page_size]
    return MetricsPage(
        as_of=rows.as_of,
        results=results,
        next=MetricsPosition(results[-1].subscription_id, results[-1].usage_type) if len(found) > page_size else None,
    )


def series(
    *,
    subscription_id: int,
    period: Period = ALL_TIME,
    usage_types: Sequence[UsageType] = ALL_TYPES,
    granularity: Granularity = Granularity.DAY,
    carrier: str | None = None,
) -> Series:
    """Return the usage and price of one subscription by day or month, without periods that have no usage.

    A subscription of another carrier than `carrier` has no usage.
    """
    rows = _rows(
        f"series_by_{granularity}",
        _parameters(period.split(), usage_types)
        | {"subscription_id": subscription_id, "carrier": carrier, "first": period.first, "last": period.last},
    )
    return Series(
        as_of=rows.as_of,
        numbers=numbers_of(subscription_id, carrier),
        points=[
            SeriesPoint(start, _TYPES[usage_type], price, int(used), int(records))
            for start, usage_type, price, used, records in rows.data
        ],
    )


@dataclass(frozen=True)
class CompleteAnswer:
    """All rows of an answer, from one snapshot: comma-separated lines, in chunks of bytes that are read on demand."""

    as_of: datetime
    chunks: Iterator[bytes]
    expired: tuple[date, date] | None = None
    """First and the last expired day of the period, whose raw records were dropped."""


def all_exceeding(
    *,
    price_limit: Decimal,
    period: Period = ALL_TIME,
    usage_types: Sequence[UsageType] = ALL_TYPES,
    only: SubscriptionFilter = EVERYBODY,
    for_spreadsheets: bool = False,
    seconds: int = 0,
) -> AbstractContextManager[CompleteAnswer]:
    """Return all results of `exceeding`, a line each usage type, in the columns of wingtel.exports.columns.EXCEEDING.

    With `for_spreadsheets`, an external id that a spreadsheet would take for a formula has an apostrophe before it.

    Raises OperationalError if a statement takes longer than `seconds`; 0 sets no limit. So do `all_metrics` and
    `all_records`.
    """
    return _stream(
        "all_exceeding",
        _parameters(period.split(), usage_types)
        | {
            **_filters(only),
            "for_spreadsheets": for_spreadsheets,
            "price_limit": price_limit,
        },
        seconds,
    )


def all_metrics(
    *,
    period: Period,
    usage_types: Sequence[UsageType] = ALL_TYPES,
    only: SubscriptionFilter = EVERYBODY,
    for_spreadsheets: bool = False,
    seconds: int = 0,
) -> AbstractContextManager[CompleteAnswer]:
    """Return all results of `metrics`, in the columns of wingtel.exports.columns.METRICS."""
    return _stream(
        "all_metrics",
        _parameters(period.split(), usage_types)
        | {
            **_filters(only),
            **_UNITS,
            "for_spreadsheets": for_spreadsheets,
        },
        seconds,
    )


def all_records(
    *,
    period: Period,
    usage_types: Sequence[UsageType] = ALL_TYPES,
    only: SubscriptionFilter = EVERYBODY,
    for_spreadsheets: bool = False,
    seconds: int = 0,
) -> AbstractContextManager[CompleteAnswer]:
    """Return every raw record of a period, in order of time, in the columns of wingtel.exports.columns.RECORDS.

    No day expires while they are read. The period must have a first and a last day.
    """
    return _stream(
        "all_records",
        {
            "first": period.first,
            "last": period.last,
            "usage_types": [usage_type.value for usage_type in usage_types],
            **_filters(only),
            **_UNITS,
            "for_spreadsheets": for_spreadsheets,
            "batch_lines": BATCH_LINES,
        },
        seconds,
        raw=True,
    )


@contextmanager
def _stream(query: str, parameters: dict[str, Any], seconds: int, *, raw: bool = False) -> Iterator[CompleteAnswer]:
    """Stream the rows of one statement, and so of one snapshot, during the `with` block.

    With `raw`, they are raw records, and no day expires meanwhile.
    """
    statement = COMPLETE_ANSWERS["as_csv"].replace("{answer}", COMPLETE_ANSWERS[query])
    with transaction.atomic(), connection.wrap_database_errors, connection.cursor() as cursor:
        cursor.execute(COMPLETE_ANSWERS["begin"], {"milliseconds": str(seconds * 1000)})
        as_of, _ = cursor.fetchone()
        expired = _expired(cursor, parameters) if raw else None
        with cursor.copy(statement, parameters) as copy:
            yield CompleteAnswer(as_of, _chunks(copy), expired)


def _expired(cursor: Any, parameters: dict[str, Any]) -> tuple[date, date] | None:
    """Return the first and last expired day of a period, and keep others from expiring until the transaction ends."""
    cursor.execute(COMPLETE_ANSWERS["keep_raw_records"])
    cursor.execute(COMPLETE_ANSWERS["expired_days"], parameters)
    first, last = cursor.fetchone()
    return (first, last) if first else None


def _chunks(lines: Iterable[memoryview]) -> Iterator[bytes]:
    """Yield lines joined into chunks of at least CHUNK_BYTES, but for the last."""
    chunk = io.BytesIO()
    for line in lines:
        if chunk.write(line) and chunk.tell() >= CHUNK_BYTES:
            yield chunk.getvalue()
            chunk = io.BytesIO()
    if chunk.tell():
        yield chunk.getvalue()


@dataclass(frozen=True)
class Sums:
    """Usage (in the unit of the usage type) and price, over `count` records or adjustments."""

    used: int
    price: Decimal
    count: int


@dataclass(frozen=True)
class RawRecord:
    """A raw usage record of either table. `source` is for `origins_of`, None if no origin was stored."""

    record_id: str
    usage_date: datetime
    used: int
    price: Decimal
    source: int | None


@dataclass(frozen=True)
class TypeWithSources:
    """One usage type of a subscription's day: the aggregate (`total`, counting records) and the sums of its sources.

    `sealed` are the sums that the whole day was sealed with, None if it never was.
    """

    usage_type: UsageType
    total: Sums
    recorded: Sums
    adjusted: Sums
    records: list[RawRecord]
    adjustment_ids: list[int]
    sealed: Sums | None


@dataclass(frozen=True)
class DayWithSources:
    """A subscription's day in one snapshot: its state, and every usage type. `day` may have no row in the database."""

    as_of: datetime
    day: UsageDay
    types: list[TypeWithSources]


_DAY_COLUMNS = ("state", "sealed_at", "expired_at", "reopened_at", "reopened")


def day_with_sources(
    *, subscription_id: int, day: date, most_records: int, carrier: str | None = None
) -> DayWithSources:
    """Return the aggregates of a day and their sources, in one snapshot.

    At most `most_records` raw records are listed for each usage type, in order of time; an expired day has none. A
    subscription of another carrier than `carrier` has no usage.
    """
    rows = _rows(
        "day_with_sources",
        {
            "subscription_id": subscription_id,
            "carrier": carrier,
            "day": day,
            "usage_types": [usage_type.value for usage_type in ALL_TYPES],
            "most": most_records,
        },
    )
    state = dict(zip(_DAY_COLUMNS, rows.data[0][-len(_DAY_COLUMNS) :], strict=True))
    return DayWithSources(
        as_of=rows.as_of,
        day=UsageDay(day=day, **(state if state["state"] else {})),
        types=[_type_with_sources(*row[: -len(_DAY_COLUMNS)]) for row in rows.data],
    )


def _type_with_sources(usage_type: str, *columns: Any) -> TypeWithSources:
    *sums, records, adjustment_ids, sealed_records, sealed_used, sealed_price = columns
    total, recorded, adjusted = (
        Sums(int(used), price, int(count)) for used, price, count in zip(*[iter(sums)] * 3, strict=True)
    )
    return TypeWithSources(
        usage_type=UsageType(usage_type),
        total=total,
        recorded=recorded,
        adjusted=adjusted,
        records=[_raw_record(**json.loads(record)) for record in records],
        adjustment_ids=adjustment_ids,
        sealed=None if sealed_records is None else Sums(int(sealed_used), sealed_price, sealed_records),
    )


def _raw_record(*, record_id: str, usage_date: str, used: int, price: str, source: int | None) -> RawRecord:
    return RawRecord(record_id, datetime.fromisoformat(usage_date), used, Decimal(price), source)


@dataclass(frozen=True)
class _Rows:
    as_of: datetime
    data: list[tuple[Any, ...]]


def _rows(query: str, parameters: dict[str, Any]) -> _Rows:
    """Run a query whose first column is its timestamp, and which returns one row of nulls if it finds nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL[query], parameters)
        return _as_rows(cursor.fetchall())


def _metrics_of_one(
    subscription_id: int,
    parts: SplitPeriod,
    usage_types: Sequence[UsageType],
    rows: int,
    after: MetricsPosition | None,
    only: SubscriptionFilter,
) -> _Rows:
    first_month, last_month = parts.months or _NO_DAYS
    edge, other_edge = (*parts.days, _NO_DAYS, _NO_DAYS)[:2]
    return _prepared_rows(
        "metrics_of_one",
        {
            "subscription_id": subscription_id,
            "carrier": only.carrier or "",
            "plan": only.plan_id,
            "first_month": first_month or EARLIEST,
            "last_month": last_month or LATEST,
            "edge_first": edge[0],
            "edge_last": edge[1],
            "other_edge_first": other_edge[0],
            "other_edge_last": other_edge[1],
            "usage_types": array(usage_types),
            "after_type": after.usage_type.value if after else "",
            "rows": rows,
        },
    )


def _prepared_rows(query: str, parameters: Mapping[str, object]) -> _Rows:
    """Run such a query as a prepared statement, whose plan is cached.

    Parameters are sent as texts; the query casts them to their types.
    """
    texts = {name: None if value is None else str(value) for name, value in parameters.items()}
    # Django's cursor writes the parameters into the text; psycopg's own sends them beside it, so the plan is cached.
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        psycopg.Cursor(cursor.connection) as prepared,
    ):
        return _as_rows(prepared.execute(_SQL[query], texts, prepare=True).fetchall())


def _as_rows(rows: list[tuple[Any, ...]]) -> _Rows:
    # The timestamp is a text, since it comes with every row and only one is parsed.
    return _Rows(as_of=datetime.fromisoformat(rows[0][0]), data=[row[1:] for row in rows if row[1] is not None])


def _filters(only: SubscriptionFilter) -> dict[str, Any]:
    return {"subscription_ids": only.listed(), "carrier": only.carrier, "plan": only.plan_id}


def _parameters(parts: SplitPeriod, usage_types: Sequence[UsageType]) -> dict[str, Any]:
    first_month, last_month = parts.months or (None, None)
    (edge_first, edge_last), (other_edge_first, other_edge_last) = (*parts.days, *[(None, None)] * 2)[:2]
    return {
        "usage_types": [usage_type.value for usage_type in usage_types],
        "with_months": parts.months is not None,
        "first_month": first_month,
        "last_month": last_month,
        "edge_first": edge_first,
        "edge_last": edge_last,
        "other_edge_first": other_edge_first,
        "other_edge_last": other_edge_last,
    }
