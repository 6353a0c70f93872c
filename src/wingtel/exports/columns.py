"""Columns of the exports, as the answers declare them."""

from wingtel.aggregates.shapes import (
    ExceededLimit,
    Exceeding,
    ExceedingSubscription,
    Metric,
    Metrics,
    RawRecord,
    Series,
    SeriesPoint,
)
from wingtel.shapes import columns_of

_NAMED = ("subscription_id", "phone_number", "external_id")

EXCEEDING = (
    *columns_of(ExceedingSubscription, *_NAMED),
    *columns_of(ExceededLimit),
    *columns_of(Exceeding, "currency"),
)
METRICS = (*columns_of(Metric), *columns_of(Metrics, "currency"))
SERIES = (*columns_of(Series, "subscription_id"), *columns_of(SeriesPoint), *columns_of(Series, "currency"))
RECORDS = columns_of(RawRecord)
