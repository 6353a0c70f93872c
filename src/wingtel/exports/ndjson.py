"""NDJSON: an object a line, with money as a string, as in the API's JSON."""

import io
from typing import IO

import polars as pl

from .answers import Export
from .columns import Kind

TYPES = {
    Kind.WHOLE: pl.Int64,
    Kind.WHOLE_OR_NONE: pl.Int64,
    Kind.QUANTITY: pl.Int128,  # a Decimal would be written as a string
    Kind.MONEY: pl.String,
    Kind.WORD: pl.String,
    Kind.TEXT: pl.String,
    Kind.DAY: pl.String,
    Kind.TIMESTAMP: pl.String,
}


def write(export: Export, file: IO[bytes]) -> None:
    """Write `export` to `file`."""
    types = {column.name: TYPES[column.kind] for column in export.columns}
    for block in export.blocks:
        lines = pl.read_csv(io.BytesIO(block), has_header=False, schema=types, empty_string_is_null=False)
        lines.write_ndjson(file)
