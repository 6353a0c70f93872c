"""Parquet as columns of texts. A row is numbered from 1 and stands for a line."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from .blocks import Span
from .errors import SourceError
from .fields import LINE, FieldTable, RawLines, field_names, reject_nul
from .profiles import Profile


def opened(path: Path, profile: Profile, *, done: Sequence[Span], rows: int) -> tuple[list[str], Iterator[FieldTable]]:
    """The columns of the file, and its rows that are not `done`, so many at a time.

    Raises SourceError when it is no Parquet file.
    """
    try:
        source = pl.scan_parquet(path, glob=False)
        schema = source.collect_schema()
        height = source.select(pl.len()).collect().item()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise SourceError(f"{path}: no Parquet file: {error}") from error
    texts = source.select(_as_text(name, kind) for name, kind in schema.items())
    return list(schema), _tables(texts, list(schema), _missing(height, done, rows), path)


def _missing(height: int, done: Sequence[Span], rows: int) -> Iterator[Span]:
    position = 0
    for span in [*sorted(done), Span(height, height, 0)]:
        while position < span.start:
            end = min(position + rows, span.start)
            yield Span(position, end, end - position)
            position = end
        position = max(position, span.end)


def _tables(source: pl.LazyFrame, columns: Sequence[str], spans: Iterator[Span], path: Path) -> Iterator[FieldTable]:
    for span in spans:
        rows = _Rows(source, span, path)
        yield _table(rows.read(), columns, span, rows.raw)


@dataclass(frozen=True)
class _Rows:
    """Some rows of the file, read again where their texts are needed."""

    source: pl.LazyFrame
    span: Span
    path: Path

    def read(self) -> pl.DataFrame:
        try:
            return self.source.slice(self.span.start, self.span.lines).collect()
        except (pl.exceptions.PolarsError, OSError) as error:
            raise SourceError(f"{self.path}: the Parquet file is damaged: {error}") from error

    def raw(self, numbers: Sequence[int]) -> list[str]:
        """As NDJSON."""
        if not numbers:
            return []
        table = self.read()
        rows = (table.row(number - self.span.start - 1, named=True) for number in numbers)
        return [json.dumps(row, ensure_ascii=False) for row in rows]


def _table(table: pl.DataFrame, columns: Sequence[str], span: Span, raw: RawLines) -> FieldTable:
    table.columns = field_names(len(columns))
    numbers = pl.int_range(span.start + 1, span.end + 1, dtype=pl.Int64, eager=True)
    result = FieldTable(span, span.start + 1, table.with_columns(numbers.alias(LINE)), raw)
    reject_nul(result, columns)
    return result


def _as_text(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(kind, pl.Datetime):
        if kind.time_zone:
            column = column.dt.convert_time_zone("UTC").dt.to_string("%Y-%m-%dT%H:%M:%S%.6f+00:00")
        else:
            column = column.dt.to_string("%Y-%m-%dT%H:%M:%S%.6f")
        column = column.str.replace(r"\.000000", "")
    elif isinstance(kind, pl.Binary):
        column = column.cast(pl.String, strict=False)
    elif isinstance(kind, pl.List | pl.Struct | pl.Array):
        column = pl.when(column.is_null()).then(pl.lit("")).otherwise(pl.lit(""))  # nested: none of ours
    return column.cast(pl.String).fill_null("").alias(name)
