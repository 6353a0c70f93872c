"""The answers as exports: their columns, what they are called, and the question they answer."""

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
    """A whole answer of one moment, not read yet.

    `name` is what a file of it is called, without its ending; `question` what was asked; `blocks` its rows as
    comma-separated lines without a header, none of the blocks empty; they can be read once. `records_gone` is
    FIRST/LAST, the first and last day of the period whose raw records have expired and are not in it, or empty.
    """

    name: str
    question: dict[str, str]
    columns: tuple[Column, ...]
    as_of: datetime
    blocks: Iterator[bytes]
    records_gone: str = ""


@contextmanager
def exceeding(*, price_limit: Decimal, period: Period, form: Format, **asked: Any) -> Iterator[Export]:
    """Every usage type of every subscription that reached a limit, as `queries.exceeding` gives them."""
    limit = serialization.price_limit(price_limit)
    asked |= {"price_limit": price_limit, "period": period, "for_spreadsheets": form is Format.CSV}
    with queries.all_exceeding(**asked) as found:
        yield _export(
            name=_name("exceeding", limit, period),
            question={"price_limit": limit} | _days(period),
            columns=columns.EXCEEDING,
            found=found,
        )


@contextmanager
def metrics(*, period: Period, form: Format, **asked: Any) -> Iterator[Export]:
    """What each subscription used and paid, as `queries.metrics` gives it."""
    with queries.all_metrics(period=period, for_spreadsheets=form is Format.CSV, **asked) as found:
        yield _export(
            name=_name("metrics", "", period),
            question=_days(period),
            columns=columns.METRICS,
            found=found,
        )


@contextmanager
def series(*, subscription_id: int, period: Period, granularity: Granularity, **asked: Any) -> Iterator[Export]:
    """One subscription's days or months, which are few."""
    found = queries.series(subscription_id=subscription_id, period=period, granularity=granularity, **asked)
    lines = (
        f"{subscription_id},{point.start},{point.usage_type.value},{point.unit},"
        f"{serialization.money(point.price)},{point.used},{point.records},{currency()}\n"
        for point in found.points
    )
    yield Export(
        name=_name("usage", str(subscription_id), period),
        question={"subscription_id": str(subscription_id), "granularity": granularity.value} | _days(period),
        columns=columns.SERIES,
        as_of=found.as_of,
        blocks=iter([text.encode()] if (text := "".join(lines)) else []),
    )


@contextmanager
def records(*, period: Period, form: Format, **asked: Any) -> Iterator[Export]:
    """Export the raw records of a period that are still kept. See `queries.all_records`."""
    with queries.all_records(period=period, for_spreadsheets=form is Format.CSV, **asked) as found:
        yield _export(
            name=_name("records", "", period),
            question=_days(period),
            columns=columns.RECORDS,
            found=found,
        )


def _export(*, name: str, question: dict[str, str], columns: tuple[Column, ...], found: queries.WholeAnswer) -> Export:
    gone = "/".join(day.isoformat() for day in found.expired or ())
    return Export(name, question, columns, found.as_of, found.blocks, records_gone=gone)


def _days(period: Period) -> dict[str, str]:
    days = {"from": period.first, "to": period.last}
    return {name: day.isoformat() for name, day in days.items() if day}


def _name(answer: str, of: str, period: Period) -> str:
    return "-".join([answer, of, *(f"{name}-{day}" for name, day in _days(period).items())]).replace("--", "-")
