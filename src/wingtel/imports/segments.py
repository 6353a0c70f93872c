"""Segments: lines with one reference that make one record, such as the pieces of a long call."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import polars as pl

from wingtel.ingest.batch import COLUMNS, PRICES
from wingtel.ingest.outcomes import Conflict, IngestResult, Rejection
from wingtel.rating.tariffs import rounded_quotient
from wingtel.usage.models import UsageType
from wingtel.usage.ranges import LARGEST_PRICE, LARGEST_QUANTITY

from .profile_schema import Quantity

_GROUP = ("record_id", "identifier")
_TOO_MUCH = Decimal("9999999999.99999999")
"""A price that fits the type, but is too large for a record."""


class Segments:
    """Segments of a batch, merged into `records`: one for each reference, subscription and usage type.

    A record has the position and the carrier of its first line, the earliest timestamp, and the sums of prices and
    quantities. Quantities come in parts (Quantity.parts), and the sum is rounded once. A segment with the timestamp and
    the amounts of another is a duplicate. A record is in `rejected` if a segment of it is a `broken` line (record_id,
    identifier), or if two segments have one timestamp and different amounts.
    """

    def __init__(self, batch: pl.DataFrame, broken: pl.DataFrame, quantities: Mapping[UsageType, Quantity]) -> None:
        batch = batch.with_columns(first=pl.col("position").min().over(_GROUP))
        self._lines = batch.select("first", "position").unique(maintain_order=True)
        segment = (*_GROUP, "usage_type", "usage_date")
        distinct = batch.unique([*segment, "quantity", "price"], keep="first", maintain_order=True)
        self._repeated = self._lines.join(distinct, on="position", how="anti")["position"]
        contradicting = distinct.filter(pl.len().over(segment) > 1)["first"]
        incomplete = batch.join(broken, on=_GROUP, how="semi")["first"]
        self.rejected = [
            *_rejections(contradicting, "usage_date", "two segments of the same time have different amounts"),
            *_rejections(
                incomplete.filter(~incomplete.is_in(contradicting.implode())),
                "record_id",
                "another segment of it was rejected; import all of them together",
            ),
        ]
        positions = pl.Series([rejection.position for rejection in self.rejected], dtype=pl.Int64)
        self.records = _summed(distinct.filter(~pl.col("first").is_in(positions.implode())), quantities)

    def spread(self, result: IngestResult) -> IngestResult:
        """Return the outcome of each line, given the outcomes of the records."""
        rejected = list(self._rejected_lines((*result.rejected, *self.rejected)))
        rejected_lines = pl.Series([rejection.position for rejection in rejected], dtype=pl.Int64)
        repeated = self._repeated.filter(~self._repeated.is_in(rejected_lines.implode()))
        lines = self._lines.filter(~pl.col("position").is_in(pl.concat([rejected_lines, repeated]).implode()))
        conflict_at = {conflict.position: conflict for conflict in result.conflicts}
        conflicts = [
            Conflict(line, *conflict_at[first][1:])
            for first, line in lines.filter(pl.col("first").is_in(list(conflict_at))).iter_rows()
        ]
        duplicates = lines.filter(pl.col("first").is_in(list(result.duplicates)))["position"]
        return IngestResult(
            lines.height - len(conflicts) - len(duplicates),
            tuple(pl.concat([duplicates, repeated]).sort()),
            tuple(sorted(conflicts)),
            tuple(sorted(rejected)),
            result.records,
        )

    def _rejected_lines(self, rejected: Sequence[Rejection]) -> Iterator[Rejection]:
        rejection_at = {rejection.position: rejection for rejection in rejected}
        for first, line in self._lines.filter(pl.col("first").is_in(list(rejection_at))).iter_rows():
            yield Rejection(line, *rejection_at[first][1:])


def _rejections(positions: pl.Series, field: str, reason: str) -> list[Rejection]:
    return [Rejection(position, field, reason) for position in positions.unique().sort()]


def _summed(segments: pl.DataFrame, quantities: Mapping[UsageType, Quantity]) -> pl.DataFrame:
    price = pl.col("price").cast(pl.Decimal(38, PRICES.scale)).sum()
    summed = segments.group_by(*_GROUP, "usage_type", maintain_order=True).agg(
        pl.col("first").first().alias("position"),
        pl.col("usage_date").min(),
        pl.col("carrier").first(),
        pl.col("quantity").cast(pl.Int128).sum(),
        # The sum of no prices is 0.
        pl.when(pl.col("price").null_count() == 0)
        .then(pl.when(price <= LARGEST_PRICE).then(price).otherwise(pl.lit(_TOO_MUCH)))
        .cast(PRICES),
    )
    rounded = pl.coalesce(
        pl.when(pl.col("usage_type") == str(kind)).then(
            rounded_quotient(pl.col("quantity"), quantity.parts, quantity.rounding)
        )
        for kind, quantity in quantities.items()
    )
    within = pl.when(rounded <= LARGEST_QUANTITY).then(rounded).otherwise(LARGEST_QUANTITY + 1)
    return summed.with_columns(quantity=within.cast(pl.Int64)).select(*COLUMNS)
