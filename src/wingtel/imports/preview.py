"""Preview: the first lines of a file as they would be ingested."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import polars as pl

from wingtel.ingest.outcomes import IngestResult
from wingtel.ingest.service import inspect
from wingtel.usage.business_days import time_zone

from .credits import Credits
from .ingestion import BatchRecords, columns_at_fault, options_of
from .profiles import Profile
from .reader import reading


@dataclass(frozen=True)
class PreviewedRecord:
    """A record of a line. `note` is the reason why it would be rejected. `price` is None where no tariff gives it."""

    line: int
    usage_type: str
    record_id: str
    timestamp: datetime
    subscription: str
    quantity: int
    price: Decimal | None
    note: str


@dataclass(frozen=True)
class PreviewedReject:
    """A line that cannot be read."""

    line: int
    field: str
    reason: str


@dataclass(frozen=True)
class Preview:
    """First lines of a file, with the names of its columns."""

    columns: list[str]
    lines: int
    skipped: int
    records: list[PreviewedRecord]
    rejects: list[PreviewedReject]


def preview(path: Path, profile: Profile, lines: int) -> Preview:
    """Return the first `lines` lines of a file. Store nothing, and create no subscription.

    Raises FeedError when the file does not fit the profile at all.
    """
    with reading(path, profile, time_zone(), batch_lines=lines) as source:
        first = next(source.batches, None)
        if first is None:
            return Preview(source.columns, 0, 0, [], [])
        table = first.table
        batch = BatchRecords(table, profile)
        notes, prices = _resolved(profile, batch)
        names = columns_at_fault(profile)
        rejects = [
            *((reject.line, reject.field, reject.reason) for reject in table.rejects),
            *(
                (line, names.get(field, field), reason)
                for line, field, reason in batch.outcome(IngestResult()).rejected
            ),
        ]
        return Preview(
            source.columns,
            table.lines,
            table.skipped,
            [
                PreviewedRecord(
                    line,
                    kind,
                    reference,
                    timestamp,
                    identifier,
                    quantity,
                    prices.get((line, kind)),
                    notes.get(line, ""),
                )
                for line, kind, reference, timestamp, identifier, quantity in pl.concat([batch.records, batch.credits])
                .sort("position")
                .select("position", "usage_type", "record_id", "usage_date", "identifier", "quantity")
                .iter_rows()
            ],
            [PreviewedReject(*reject) for reject in sorted(rejects)],
        )


def _resolved(profile: Profile, batch: BatchRecords) -> tuple[dict[int, str], dict[tuple[int, str], Decimal]]:
    """Return the reasons by line why it would be rejected, and the prices by line and usage type."""
    records, rejected = inspect(batch.records, options_of(profile))
    if batch.credits.height:
        credited, _ = Credits(batch.credits, options_of(profile), is_dry=True).examine(pl.Series(dtype=pl.UInt64))
        rejected = [*rejected, *credited.rejected]
    names = columns_at_fault(profile)
    notes = {line: f"{names.get(field, field)}: {reason}" for line, field, reason in rejected}
    prices = {
        (line, kind): price
        for table in (batch.records, batch.credits, records)
        for line, kind, price in table.select("position", "usage_type", "price").iter_rows()
        if price is not None
    }
    return notes, prices
