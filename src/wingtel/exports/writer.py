"""Writers of an export, by format."""

import io
from typing import IO

import polars as pl

from wingtel.shapes import ColumnKind

from .definitions import Export
from .formats import Format

TYPES = {
    ColumnKind.INTEGER: pl.Int64,
    ColumnKind.INTEGER_OR_NONE: pl.Int64,
    ColumnKind.QUANTITY: pl.Int128,  # a Decimal would be written as a string
    ColumnKind.MONEY: pl.String,
    ColumnKind.TEXT: pl.String,
    ColumnKind.DAY: pl.String,
    ColumnKind.TIMESTAMP: pl.String,
}


def write(export: Export, form: Format, file: IO[bytes]) -> None:
    """Write `export` to `file`, chunk by chunk. The file is complete only when this returns."""
    match form:
        case Format.CSV:
            _write_csv(export, file)
        case Format.NDJSON:
            _write_ndjson(export, file)
        case Format.PARQUET:
            from . import parquet  # noqa: PLC0415 - its library takes more memory than all the rest

            parquet.write(export, file)


def _write_csv(export: Export, file: IO[bytes]) -> None:
    """Write a header, then the lines as PostgreSQL wrote them.

    Every cell is a number, a day or one of a few words. External ids are the exception: the query escapes them, so that
    a spreadsheet finds no formula in them (queries.all_exceeding).
    """
    file.write(",".join(column.name for column in export.columns).encode() + b"\n")
    for chunk in export.chunks:
        file.write(chunk)


def _write_ndjson(export: Export, file: IO[bytes]) -> None:
    """Write an object on each line, with money as a string, as in the API's JSON."""
    types = {column.name: TYPES[column.kind] for column in export.columns}
    for chunk in export.chunks:
        lines = pl.read_csv(io.BytesIO(chunk), has_header=False, schema=types, empty_string_is_null=False)
        lines.write_ndjson(file)
