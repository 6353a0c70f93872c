"""Definitions of the exports: the columns, name and parameters of each answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from wingtel.aggregates import queries, serialization
from wingtel.aggregates.periods import Granularity, Period
from wingtel.shapes import Column
from wingtel.usage.currency import currency

from . import columns
from .formats import Format


@dataclass(frozen=True)
class Export:
    """A complete answer from one snapshot (`as_of`), not read yet.

    `name` is the name of a file of it, without its ending. `parameters` has the parameters of the request. `chunks` are
    the rows as comma-separated lines without a header. No chunk is empty, and the chunks can be read once.
    `records_gone` is FIRST/LAST, the first and the last day of the period whose raw records have expired and are
    missing, or "".
    """

    name: str
    parameters: dict[str, str]
    columns: tuple[Column, ...]
    as_of: datetime
    chunks: Iterator[bytes]
    records_gone: str = ""


@contextmanager
def exceeding(*, price_limit: Decimal, period: Period, form: Format, **params: Any) -> Iterator[Export]:
    """Export the usage types of all subscriptions that reached a limit. See `queries.all_exceeding`."""
    limit = serialization.price_limit(price_limit)
    params |= {"price_limit": price_limit, "period": period, "for_spreadsheets": form is Format.CSV}
    with queries.all_exceeding(**params) as answer:
        yield _export(
            name=_name("exceeding", limit, period),
            parameters={"price_limit": limit} | _days(period),
            columns=columns.EXCEEDING,
            answer=answer,
        )


@contextmanager
def metrics(*, period: Period, form: Format, **params: Any) -> Iterator[Export]:
    """Export the usage and the price of each subscription. See `queries.all_metrics`."""
    with queries.all_metrics(period=period, for_spreadsheets=form is Format.CSV, **params) as answer:
        yield _export(
            name=_name("metrics", "", period),
            parameters=_days(period),
            columns=columns.METRICS,
            answer=answer,
        )


@contextmanager
def series(*, subscription_id: int, period: Period, granularity: Granularity, **params: Any) -> Iterator[Export]:
    """Export the days or months of one subscription. They are few, and fit one chunk."""
    answer = queries.series(subscription_id=subscription_id, period=period, granularity=granularity, **params)
    lines = (
        f"{subscription_id},{point.start},{point.usage_type.value},{point.unit},"
        f"{serialization.money(point.price)},{point.used},{point.records},{currency()}\n"
        for point in answer.points
    )
    yield Export(
        name=_name("usage", str(subscription_id), period),
        parameters={"subscription_id": str(subscription_id), "granularity": granularity.value} | _days(period),
        columns=columns.SERIES,
        as_of=answer.as_of,
        chunks=iter([text.encode()] if (text := "".join(lines)) else []),
    )


@contextmanager
def records(*, period: Period, form: Format, **params: Any) -> Iterator[Export]:
    """Export the raw records of a period that have not expired. See `queries.all_records`."""
    with queries.all_records(period=period, for_spreadsheets=form is Format.CSV, **params) as answer:
        yield _export(
            name=_name("records", "", period),
            parameters=_days(period),
            columns=columns.RECORDS,
            answer=answer,
        )


def _export(
    *, name: str, parameters: dict[str, str], columns: tuple[Column, ...], answer: queries.CompleteAnswer
) -> Export:
    gone = "/".join(day.isoformat() for day in answer.expired or ())
    return Export(name, parameters, columns, answer.as_of, answer.chunks, records_gone=gone)


def _days(period: Period) -> dict[str, str]:
    days = {"from": period.first, "to": period.last}
    return {name: day.isoformat() for name, day in days.items() if day}


def _name(answer: str, of: str, period: Period) -> str:
    return "-".join([answer, of, *(f"{name}-{day}" for name, day in _days(period).items())]).replace("--", "-")
