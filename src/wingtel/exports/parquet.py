"""Parquet: exact types; parameters and timestamp of the answer are in the file's metadata, under `wingtel`."""

import io
import json
from typing import IO

import pyarrow as pa
from pyarrow import csv
from pyarrow.parquet import ParquetWriter

from wingtel.aggregates.serialization import timestamp
from wingtel.shapes import ColumnKind

from .definitions import Export

TYPES = {
    ColumnKind.INTEGER: pa.int64(),
    ColumnKind.INTEGER_OR_NONE: pa.int64(),
    ColumnKind.QUANTITY: pa.decimal128(38, 0),  # the widest decimal, so that no sum is too large
    ColumnKind.MONEY: pa.decimal128(38, 8),
    ColumnKind.TEXT: pa.string(),
    ColumnKind.DAY: pa.date32(),
    ColumnKind.TIMESTAMP: pa.timestamp("us", tz="UTC"),
}


def write(export: Export, file: IO[bytes]) -> None:
    """Write `export` to `file`, a row group for each chunk."""
    schema = _schema(export)
    read = csv.ReadOptions(column_names=schema.names, use_threads=False)
    parse = csv.ParseOptions(newlines_in_values=True)  # for texts that SQL wrote
    convert = csv.ConvertOptions(column_types={field.name: field.type for field in schema})
    with ParquetWriter(file, schema, compression="zstd") as writer:
        for chunk in export.chunks:
            table = csv.read_csv(io.BytesIO(chunk), read, parse, convert)
            writer.write_table(pa.table(table.columns, schema))


def _schema(export: Export) -> pa.Schema:
    fields = [
        pa.field(
            column.name,
            TYPES[column.kind],
            nullable=column.kind is ColumnKind.INTEGER_OR_NONE,
            metadata={"meaning": column.meaning},
        )
        for column in export.columns
    ]
    answer = export.parameters | {"as_of": timestamp(export.as_of)}
    if export.records_gone:
        answer["records_gone"] = export.records_gone
    return pa.schema(fields, {"wingtel": json.dumps(answer)})
