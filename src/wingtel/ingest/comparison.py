"""Comparison of a batch with the stored records: new records, duplicates and conflicts."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from wingtel.usage.models import UsageType

from . import writer
from .batch import KEY, OnDuplicate
from .outcomes import Rejection

Find = Callable[[UsageType, pl.DataFrame], pl.DataFrame]
"""A function that compares records of one usage type with those stored, as `writer.new_or_different` does."""
_STORED = {"stored_quantity": "quantity", "stored_price": "price"}


@dataclass(frozen=True)
class Compared:
    """The `new` records of a batch, those that replace stored ones (`replacements`), and the `conflicts`.

    Conflicts have stored_quantity and stored_price. All other records are duplicates.
    """

    new: pl.DataFrame
    replacements: pl.DataFrame
    conflicts: pl.DataFrame


def all_new(records: pl.DataFrame) -> Compared:
    """Return all records as new, without a comparison."""
    return Compared(records, records.clear(), _no_conflicts(records))


def compare(records: pl.DataFrame, on_duplicate: OnDuplicate, find: Find = writer.new_or_different) -> Compared:
    """Compare records with each other and with the stored records that `find` finds.

    Of several records with one key, the first is new. With OnDuplicate.REPLACE, the last one is new, or replaces the
    stored record if that has another amount.
    """
    by_type = [_compare_type(kind, records[rows], on_duplicate, find) for kind, rows in writer.by_type(records)]
    if not by_type:
        return all_new(records)
    return Compared(
        pl.concat([compared.new for compared in by_type]),
        pl.concat([compared.replacements for compared in by_type]),
        pl.concat([compared.conflicts for compared in by_type]),
    )


def reject_stored(records: pl.DataFrame, compared: Compared) -> tuple[Compared, list[Rejection]]:
    """Reject the positions with a record that is not new, instead of counting it as a duplicate or a conflict."""
    new = compared.new["position"]
    repeated = records.join(compared.new, on=["position", "usage_type"], how="anti")["position"].unique().sort()
    kept = compared.new.filter(~new.is_in(repeated.implode()))
    rejected = [Rejection(position, "record_id", "stored already") for position in repeated]
    return all_new(kept), rejected


def _compare_type(kind: UsageType, records: pl.DataFrame, on_duplicate: OnDuplicate, find: Find) -> Compared:
    found = find(kind, records)
    is_new = pl.col("stored_quantity").is_null()
    unknown = _at(records, found.filter(is_new)["position"])
    different = records.join(found.filter(~is_new), on="position", how="inner", maintain_order="left")
    if on_duplicate is OnDuplicate.REPLACE:
        known = records.join(unknown, on="position", how="anti", maintain_order="left")
        last = known.unique(KEY, keep="last", maintain_order=True)
        new = unknown.unique(KEY, keep="last", maintain_order=True)
        return Compared(new, _at(last, different["position"]), _no_conflicts(records))
    first = unknown.unique(KEY, keep="first", maintain_order=True)
    later = unknown.join(first, on="position", how="anti", maintain_order="left")
    amounts = first.select(*KEY, *(pl.col(amount).alias(name) for name, amount in _STORED.items()))
    repeated = later.join(amounts, on=KEY, how="inner", maintain_order="left")
    contradicting = repeated.filter(
        (pl.col("quantity") != pl.col("stored_quantity")) | (pl.col("price") != pl.col("stored_price"))
    )
    return Compared(first, records.clear(), pl.concat([different, contradicting]))


def _at(records: pl.DataFrame, positions: pl.Series) -> pl.DataFrame:
    return records.filter(pl.col("position").is_in(positions.implode()))


def _no_conflicts(records: pl.DataFrame) -> pl.DataFrame:
    none = records.clear()
    return none.hstack([none[amount].alias(name) for name, amount in _STORED.items()])
