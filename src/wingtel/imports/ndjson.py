"""NDJSON, an object a line, as columns of texts: those members that the profile reads.

Numbers are taken as they are written, never through a float. What is plain JSON of short numbers is read in bulk, the
rest by Python's json module.
"""

import json
from collections.abc import Iterator, Sequence

import polars as pl

from .blocks import Block, BlockReader
from .fields import LINE, FieldTable, Reject, UnreadableError, field_names, with_nul
from .kept_text import KeptText, storable
from .profiles import Profile

_DELICATE = r"\\u0000|:\s*-?[0-9][0-9.]{14,}|:\s*-?[0-9.]+[eE]|:\s*[\[{]"
"""Numbers that a float does not hold, or writes otherwise; nested values; NUL."""
_SMALLEST = 64
"""Lines below which it is not worth looking for the one that is no JSON."""


def columns_of(profile: Profile) -> list[str]:
    """Return the members that the profile reads, each once, without its constants."""
    names = dict.fromkeys(str(column) for _, column in profile.columns())
    return [name for name in names if name not in profile.constants]


def read_tables(reader: BlockReader, columns: Sequence[str]) -> Iterator[FieldTable]:
    """The file, a block at a time. Empty lines are counted as blank."""
    reader.pass_over_mark()
    while block := reader.next():
        yield _Lines(block, columns).table()


class _Lines:
    def __init__(self, block: Block, columns: Sequence[str]) -> None:
        self.block = block
        self.columns = columns
        self.physical = block.data.split(b"\n")[:-1]
        names = field_names(len(columns))
        self.schema = {LINE: pl.Int64} | dict.fromkeys(names, pl.String)
        self._type = pl.Struct(dict.fromkeys(columns, pl.String))

    def table(self) -> FieldTable:
        """Their fields."""
        first = self.block.first_line
        raw = KeptText.of(self.block.data, first, "utf-8")
        result = FieldTable(self.block.span, first, pl.DataFrame(schema=self.schema), raw)
        lines = self._decoded(result).with_columns(pl.col("index").add(first).alias(LINE))
        delicate = pl.col("raw").str.contains(_DELICATE)
        tables = [
            *self._in_bulk(lines.filter(~delicate), result),
            self._one_by_one(lines.filter(delicate), result),
        ]
        result.table = pl.concat(tables).sort(LINE)
        result.rejects.sort()
        return result

    def _decoded(self, result: FieldTable) -> pl.DataFrame:
        try:
            texts: list[str | None] = list(self.block.data.decode().split("\n")[:-1])
        except UnicodeDecodeError:
            texts = [self._decoded_line(index, line, result) for index, line in enumerate(self.physical)]
        lines = pl.DataFrame({"raw": texts}, schema={"raw": pl.String}).with_row_index("index")
        lines = lines.with_columns(pl.col("index").cast(pl.Int64)).drop_nulls()
        is_blank = pl.col("raw").str.strip_chars() == ""
        result.blank = lines.select(is_blank.sum()).item()
        return lines.filter(~is_blank)

    def _decoded_line(self, index: int, line: bytes, result: FieldTable) -> str | None:
        try:
            return line.decode()
        except UnicodeDecodeError as error:
            bad = line[error.start : error.start + 1].hex()
            problem = UnreadableError("", f"byte {error.start + 1} (0x{bad}) is not utf-8")
            self._reject(result, self.block.first_line + index, problem)
            return None

    def _in_bulk(self, lines: pl.DataFrame, result: FieldTable) -> Iterator[pl.DataFrame]:
        try:
            objects = lines.select(LINE, pl.col("raw").str.json_decode(self._type))
        except pl.exceptions.PolarsError:
            if lines.height <= _SMALLEST:
                yield self._one_by_one(lines, result)
            else:
                half = lines.height // 2
                yield from self._in_bulk(lines[:half], result)
                yield from self._in_bulk(lines[half:], result)
        else:
            fields = objects.unnest("raw")
            fields.columns = list(self.schema)
            yield fields.with_columns(pl.exclude(LINE).fill_null(""))

    def _one_by_one(self, lines: pl.DataFrame, result: FieldTable) -> pl.DataFrame:
        rows = []
        for number, text in lines.select(LINE, "raw").iter_rows():
            try:
                rows.append([number, *self._fields(text)])
            except UnreadableError as problem:
                self._reject(result, number, problem)
        return pl.DataFrame(rows, schema=self.schema, orient="row")

    def _fields(self, text: str) -> list[str]:
        try:
            found = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
        except (ValueError, RecursionError) as error:
            raise UnreadableError("", f"no JSON: {error}") from error
        if not isinstance(found, dict):
            raise UnreadableError("", "no JSON object")
        fields = [_text(found.get(column)) for column in self.columns]
        for column, field in zip(self.columns, fields, strict=True):
            if "\0" in field:
                raise with_nul(column)
        return fields

    def _reject(self, result: FieldTable, number: int, problem: UnreadableError) -> None:
        line = self.physical[number - self.block.first_line].rstrip(b"\r")
        result.rejects.append(Reject(number, storable(line, "utf-8"), problem.field, problem.reason))


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)
