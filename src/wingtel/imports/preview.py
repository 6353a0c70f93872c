"""The first lines of a file as they would be recorded."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from wingtel.ingest.service import inspect
from wingtel.usage.business_days import time_zone

from .bulk import ReadTable
from .fields import LINE
from .ingestion import batch_of, columns_at_fault, options_of
from .profiles import Profile
from .reading import reading
from .values.prices import UNRATED


@dataclass(frozen=True)
class PreviewedRecord:
    """One record of a line. `note` says what keeps it from being recorded; `price` is None where no tariff tells it."""

    line: int
    usage_type: str
    record_id: str
    moment: datetime
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
    """The first lines of a file, with the names of its columns."""

    columns: list[str]
    lines: int
    skipped: int
    records: list[PreviewedRecord]
    rejects: list[PreviewedReject]


def preview(path: Path, profile: Profile, lines: int) -> Preview:
    """The first `lines` lines. Nothing is stored, no subscription is created.

    Raises FeedError when the file does not fit the profile at all.
    """
    with reading(path, profile, time_zone(), chunk_lines=lines) as source:
        part = next(source.parts, None)
        if part is None:
            return Preview(source.columns, 0, 0, [], [])
        table = part.table
        notes, prices = _resolved(profile, table)
        return Preview(
            source.columns,
            table.lines,
            table.skipped,
            [
                PreviewedRecord(
                    line, kind, reference, moment, name, quantity, prices.get((line, kind)), notes.get(line, "")
                )
                for line, kind, reference, moment, name, quantity in table.records.sort(LINE)
                .select(LINE, "usage_type", "record_id", "moment", "name", "quantity")
                .iter_rows()
            ],
            [PreviewedReject(reject.line, reject.field, reject.reason) for reject in sorted(table.rejects)],
        )


def _resolved(profile: Profile, read: ReadTable) -> tuple[dict[int, str], dict[tuple[int, str], Decimal]]:
    """Return what keeps lines from being ingested; and the prices of records."""
    records, rejected = inspect(batch_of(read), options_of(profile))
    names = columns_at_fault(profile)
    notes = {line: f"{names.get(field, field)}: {reason}" for line, field, reason in rejected}
    prices = {
        (line, kind): price
        for table in (read.records.rename({LINE: "position"}), records)
        for line, kind, price in table.select("position", "usage_type", "price").iter_rows()
        if price != UNRATED
    }
    return notes, prices
