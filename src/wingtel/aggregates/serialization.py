"""Serialization of the usage answers, and of values that all bodies share."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from wingtel.usage.currency import currency
from wingtel.usage.provenance import IngestBatch, RecordOrigin

from . import shapes
from .periods import Granularity, Period
from .queries import ExceedingPage, MetricsPage, Series


def exceeding_answer(
    page: ExceedingPage, results: Any, *, limit: str, period: Period, next_url: str | None
) -> shapes.Exceeding:
    """Return the body of `exceeding`. `results` are those of the page, decoded or as raw JSON."""
    return shapes.Exceeding(
        price_limit=limit,
        currency=currency(),
        from_=period.first,
        to=period.last,
        as_of=page.as_of,
        next=next_url,
        results=results,
    )


def metrics_answer(page: MetricsPage, *, period: Period, next_url: str | None) -> shapes.Metrics:
    """Return the body of `metrics`."""
    return shapes.Metrics(
        currency=currency(),
        from_=period.first,
        to=period.last,
        as_of=page.as_of,
        next=next_url,
        results=[
            shapes.Metric(
                subscription_id=metric.subscription_id,
                phone_number=metric.phone_number,
                external_id=metric.external_id,
                usage_type=metric.usage_type.value,
                unit=metric.unit,
                total_price=money(metric.total_price),
                total_usage=metric.total_usage,
                records=metric.records,
            )
            for metric in page.results
        ],
    )


def series_answer(series: Series, *, subscription_id: int, period: Period, granularity: Granularity) -> shapes.Series:
    """Return the body of a subscription's series."""
    return shapes.Series(
        subscription_id=subscription_id,
        **series.numbers,
        currency=currency(),
        from_=period.first,
        to=period.last,
        granularity=granularity,
        as_of=series.as_of,
        results=[
            shapes.SeriesPoint(
                start=point.start,
                usage_type=point.usage_type.value,
                unit=point.unit,
                total_price=money(point.price),
                total_usage=point.used,
                records=point.records,
            )
            for point in series.points
        ],
    )


def origin_answer(origin: RecordOrigin | None) -> shapes.RecordOrigin | None:
    """Return the origin of a raw record: the file and line of an import, or the index in a request."""
    if origin is None:
        return None
    if origin.kind == IngestBatch.Origin.IMPORT:
        return shapes.RecordOrigin(import_id=int(origin.reference), file=origin.name, line=origin.line)
    return shapes.RecordOrigin(request_id=origin.reference, index=origin.line)


def origin_text(origin: Mapping[str, Any] | None) -> str:
    """Return the origin of a record as a line for people to read."""
    if origin is None:
        return ""
    if "file" in origin:
        return f"{origin['file']}:{origin['line']} (import {origin['import_id']})"
    return f"request {origin['request_id']} [{origin['index']}]"


def money(amount: Decimal) -> str:
    """Return an amount with four decimals, or more where it has them. So does usage_money() in SQL."""
    text = str(amount)  # a third of the time of a format
    if "E" in text:  # as in very small amounts
        text = f"{amount:f}"
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.rstrip('0'):0<4}"


def priced(amount: Decimal) -> str:
    """Return an amount with its currency, for people to read."""
    return f"{money(amount)} {currency()}"


def price_limit(limit: Decimal) -> str:
    """Return a limit as it was given, with at least two decimals."""
    decimals = -int(limit.as_tuple().exponent)
    return f"{limit:.{max(decimals, 2)}f}"


def timestamp(value: datetime) -> str:
    """Return a timestamp in UTC, in ISO 8601."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def period_text(period: Period) -> str:
    """Return a period in words, for people to read."""
    if period.first and period.last:
        return f"from {period.first} to {period.last}"
    if period.first:
        return f"since {period.first}"
    return f"until {period.last}" if period.last else "in all time"
