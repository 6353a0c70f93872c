"""NDJSON: one object on each line, with money as a string, as in the API's JSON."""

import io
from typing import IO

import polars as pl

from wingtel.shapes import ColumnKind

from .definitions import Export

TYPES = {
    ColumnKind.INTEGER: pl.Int64,
    ColumnKind.INTEGER_OR_NONE: pl.Int64,
    ColumnKind.QUANTITY: pl.Int128,  # a Decimal would be written as a string
    ColumnKind.MONEY: pl.String,
    ColumnKind.TEXT: pl.String,
    ColumnKind.DAY: pl.String,
    ColumnKind.TIMESTAMP: pl.String,
}


def write(export: Export, file: IO[bytes]) -> None:
    """Write `export` to `file`."""
    types = {column.name: TYPES[column.kind] for column in export.columns}
    for chunk in export.chunks:
        lines = pl.read_csv(io.BytesIO(chunk), has_header=False, schema=types, empty_string_is_null=False)
        lines.write_ndjson(file)
