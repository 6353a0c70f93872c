"""Cases from the field, read without a database."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from wingtel.imports import profiles
from wingtel.imports.profiles import Profile
from wingtel.imports.reader import reading
from wingtel.imports.record_reader import ReadTable
from wingtel.ingest.batch import business_day

CASES = Path(__file__).parent / "cases"
Change = tuple[str, str]


def profile_of(name: str, *changes: Change) -> Profile:
    """Return the profile of a case, with some of its text changed."""
    text = (CASES / name).read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return profiles.parse(text.encode(), source=name)


@contextmanager
def batches_of(path: Path, profile: Profile, *, zone: str = "UTC", **options: int) -> Iterator[Iterator[ReadTable]]:
    with reading(path, profile, ZoneInfo(zone), **options) as source:
        yield (batch.table for batch in source.batches)


def read(path: Path | str, profile: Profile, *columns: str, zone: str = "UTC") -> tuple[list[Any], list[Any]]:
    """Return columns of the records of a file (values, if it is one column), and its rejects without texts."""
    records, rejects = [], []
    with batches_of(CASES / path, profile, zone=zone) as batches:
        for batch in batches:
            days = business_day(pl.col("timestamp"), zone)
            rows = batch.records.with_columns(day=days).sort("line").select(columns).rows()
            records += [row[0] for row in rows] if len(columns) == 1 else rows
            rejects += [(reject.line, reject.field, reject.reason) for reject in batch.rejects]
    return records, rejects
