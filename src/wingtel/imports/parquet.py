"""Parquet as columns of texts: those that the profile reads. A row is a line, numbered from 1."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
from pyarrow.parquet import ParquetFile

from .chunks import LONGEST_LINE, ByteRange
from .columns import MOST_COLUMNS
from .decompression import largest_content
from .errors import HeaderError, SourceError
from .fields import LINE, FieldTable, Reject, field_names, reject_nul
from .profiles import Profile

LARGEST_GROUP = 256 << 20
"""Most bytes of the columns that are read in a row group: so much may have to be in memory at once."""
_LARGEST_FOOTER = 16 << 20
_TABLE_BYTES = 8 << 20
_FIRST_ROWS = 1000
_GROWTH = 8
_SHORT_TEXT = 30
_MARK = b"PAR1"


def opened(
    path: Path, profile: Profile, *, done: Sequence[ByteRange], rows: int
) -> tuple[list[str], Iterator[FieldTable]]:
    """Return the columns of the file and its rows that are not `done`, at most `rows` in a table.

    Raises SourceError when it is no Parquet file, or too much of it would have to be in memory at once.
    """
    _check_footer(path)
    try:
        source = pl.scan_parquet(path, glob=False)
        schema = source.collect_schema()
        height = source.select(pl.len()).collect().item()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise SourceError(f"{path}: no Parquet file: {error}") from error
    names = list(schema)
    if len(names) > MOST_COLUMNS:
        raise HeaderError(f"the file has {len(names)} columns, more than {MOST_COLUMNS}")
    read = _read_columns(profile, names)
    _check_groups(path, read)
    reader = _Reader(path, source.select(read), names, {name: schema[name] for name in read}, max_rows=rows)
    return names, reader.tables(_missing(height, done))


def _check_footer(path: Path) -> None:
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(size - 8, 0))
        length, mark = int.from_bytes(file.read(4), "little"), file.read(4)
    if mark != _MARK:
        raise SourceError(f"{path}: no Parquet file: it does not end as one does")
    if length > _LARGEST_FOOTER:
        raise SourceError(f"{path}: the Parquet file has a footer of {length} bytes, more than {_LARGEST_FOOTER}")


def _check_groups(path: Path, read: Sequence[str]) -> None:
    try:
        with ParquetFile(path) as file:
            groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{path}: no Parquet file: {error}") from error
    roots = set(read)
    for number, group in enumerate(groups, start=1):
        columns = map(group.column, range(group.num_columns))
        size = sum(each.total_uncompressed_size for each in columns if each.path_in_schema.split(".")[0] in roots)
        if size > LARGEST_GROUP:
            raise SourceError(
                f"{path}: row group {number} has {size} bytes in the columns that the profile reads, more than"
                f" {LARGEST_GROUP}; write the file with smaller row groups"
            )


def _read_columns(profile: Profile, names: Sequence[str]) -> list[str]:
    """Return the columns that the profile reads: all of them if a record's reference is a hash of its line."""
    if not profile.reference.columns:
        return list(names)
    wanted = {column for _, column in profile.columns()}
    return [name for place, name in enumerate(names, start=1) if name in wanted or place in wanted]


def _missing(height: int, done: Sequence[ByteRange]) -> Iterator[ByteRange]:
    position = 0
    for row_range in [*sorted(done), ByteRange(height, height, 0)]:
        if position < row_range.start:
            yield ByteRange(position, row_range.start, row_range.start - position)
        position = max(position, row_range.end)


@dataclass
class _Reader:
    """A reader of rows. The first table has few, the next ones about _TABLE_BYTES of text."""

    path: Path
    source: pl.LazyFrame
    names: Sequence[str]
    read: Mapping[str, pl.DataType]
    max_rows: int
    size: int = 0

    def tables(self, row_ranges: Iterator[ByteRange]) -> Iterator[FieldTable]:
        largest = largest_content(self.path.stat().st_size)
        rows = min(_FIRST_ROWS, self.max_rows)
        for row_range in row_ranges:
            position = row_range.start
            while position < row_range.end:
                table = self._slice(position, min(rows, row_range.end - position))
                lengths = table.select(pl.sum_horizontal(map(_length, self.read, self.read.values())) + 1).to_series()
                for start, end in _cuts(lengths):
                    size = int(lengths[start:end].sum())
                    self.size += size
                    if self.size > largest:
                        raise SourceError(f"{self.path}: its rows become more than {largest} bytes of text")
                    yield self._table(table[start:end], lengths[start:end], position + start, size)
                position += table.height
                room = _TABLE_BYTES * table.height // int(lengths.sum())
                rows = max(1, min(room, rows * _GROWTH, self.max_rows))

    def _slice(self, start: int, rows: int) -> pl.DataFrame:
        try:
            return self.source.slice(start, rows).collect()
        except (pl.exceptions.PolarsError, OSError) as error:
            raise SourceError(f"{self.path}: the Parquet file is damaged: {error}") from error

    def _texts(self, table: pl.DataFrame) -> pl.DataFrame:
        return table.select(_as_text(name, kind) for name, kind in self.read.items())

    def _table(self, source: pl.DataFrame, lengths: pl.Series, start: int, size: int) -> FieldTable:
        row_range = ByteRange(start, start + source.height, source.height)
        numbers = pl.int_range(row_range.start + 1, row_range.end + 1, dtype=pl.Int64, eager=True).alias(LINE)

        def raw(wanted: Sequence[int]) -> list[str]:
            """Read rows again, and return them as NDJSON."""
            if not wanted:
                return []
            texts = self._texts(self._slice(row_range.start, row_range.lines))
            rows = (texts.row(number - row_range.start - 1, named=True) for number in wanted)
            return [json.dumps(row, ensure_ascii=False) for row in rows]

        is_long = lengths > LONGEST_LINE
        fields = dict(zip(self.names, field_names(len(self.names)), strict=True))
        table = (
            self._texts(source.filter(~is_long))
            .rename({name: fields[name] for name in self.read})
            .with_columns(numbers.filter(~is_long))
        )
        rejects = [
            Reject(number, "", "", f"more than {LONGEST_LINE} bytes of text; none of it is kept")
            for number in numbers.filter(is_long)
        ]
        result = FieldTable(row_range, start + 1, table, raw, rejects, size=size)
        reject_nul(result, {fields[name]: name for name in self.read})
        return result


def _cuts(lengths: pl.Series) -> Iterator[tuple[int, int]]:
    """Yield the start and the end of slices of about _TABLE_BYTES, or of one row."""
    start = size = 0
    if int(lengths.sum()) > _TABLE_BYTES:
        for place, length in enumerate(lengths):
            if size and size + length > _TABLE_BYTES:
                yield start, place
                start, size = place, 0
            size += length
    yield start, len(lengths)


def _length(name: str, kind: pl.DataType) -> pl.Expr:
    """Return the bytes of texts: they are counted before texts that rows share are copied."""
    column = pl.col(name)
    if isinstance(kind, pl.String):
        length = column.str.len_bytes()
    elif isinstance(kind, pl.Binary):
        length = column.bin.size()
    elif isinstance(kind, pl.Categorical | pl.Enum):
        length = column.cat.len_bytes()
    else:
        length = pl.lit(_SHORT_TEXT, pl.Int64)
    return length.cast(pl.Int64).fill_null(0)


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
    elif isinstance(kind, pl.Duration):
        column = column.cast(pl.Int64)  # in the file's unit
    elif isinstance(kind, pl.List | pl.Struct | pl.Array):
        column = pl.when(column.is_null()).then(pl.lit("")).otherwise(pl.lit(""))  # no profile reads nested columns
    return column.cast(pl.String).fill_null("").alias(name)
