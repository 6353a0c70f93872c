"""Delimited text as columns of texts. A bad line never costs a good one.

Most lines are split in bulk. The others (a field over several lines, a stray quote, a wrong byte) are read one by one,
by the rules of Python's csv module.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import polars as pl

from .chunks import Chunk, ChunkReader
from .columns import MOST_COLUMNS
from .errors import HeaderError
from .fields import (
    LINE,
    CompressedLines,
    FieldTable,
    Reject,
    UnreadableError,
    field_names,
    storable,
    too_long,
    with_line_feeds,
)
from .profile_schema import Layout

_LONGEST_QUOTED = 50
"""Most physical lines of one quoted field. With more, its opening quote counts as a stray one."""
_SKIPPED_LINE_PREFIX = 1000
_LONG_LINE = 100_000
"""Bytes: Polars needs a gigabyte for a text whose first line is longer and has a million fields."""
_END = "\x1f"
"""A field added to the end of each line, to find lines with too few or too many fields."""
_BLANK = " \t\r\n\x0b\x0c"
_BLANKS = (b" ", b"\t", b"\r", b"\x0b", b"\x0c", b"\x1c", b"\x1d", b"\x1e")

csv.field_size_limit(2**31 - 1)


def header_of(reader: ChunkReader, layout: Layout) -> tuple[list[str], str]:
    """Return the names of the columns, and the lines up to the header, with which a file of rejects has to begin.

    Raises HeaderError when there is no header, or it cannot be read.
    """
    reader.skip_byte_order_mark()
    before = _skipped(reader, layout)
    reader.skip_separator_line()
    if not layout.header:
        return list(layout.columns), "\n".join(before)
    line = reader.read_line()
    if line is None:
        skipped = f" after the {layout.skip_lines} lines to skip" if layout.skip_lines else ""
        raise HeaderError(f"the file is empty{skipped}, and the profile expects a header")
    try:
        names = _split(line.decode(layout.encoding), layout)
    except UnicodeDecodeError as error:
        reason = f"it is not {layout.encoding}; say layout.encoding, or layout.skip_lines if it is further down"
        raise HeaderError(f"the header cannot be read: {reason}") from error
    except csv.Error as error:
        raise HeaderError(f"the header cannot be read: {error}") from error
    if len(names) > MOST_COLUMNS:
        raise HeaderError(f"the header has {len(names)} columns, more than {MOST_COLUMNS}")
    return [name.strip() for name in names], "\n".join([*before, storable(line, layout.encoding)])


def _skipped(reader: ChunkReader, layout: Layout) -> list[str]:
    lines: list[str] = []
    for _ in range(layout.skip_lines):
        if (line := reader.read_line()) is None:
            break
        lines.append(storable(line[:_SKIPPED_LINE_PREFIX], layout.encoding))
    return lines


def read_tables(reader: ChunkReader, layout: Layout, columns: Sequence[str]) -> Iterator[FieldTable]:
    """Yield the rest of the file, a table for each chunk. Empty lines are counted as blank."""
    splitter = _Splitter(layout, columns)
    least = 0
    while chunk := reader.next(least_lines=least):
        if chunk.is_too_long:
            least = 0
            yield too_long(chunk, len(columns), layout.encoding)
            continue
        lines = _Lines(chunk, splitter)
        if lines.whole == chunk.byte_range.lines:
            least = 0
            yield lines.table()
        elif lines.whole:
            least = 0
            yield _Lines(reader.give_back(chunk, lines.whole), splitter).table()
        elif chunk.byte_range.lines < least:  # the record is too long: its first line is read alone
            least = 0
            yield _Lines(replace(reader.give_back(chunk, 1), is_closed=True), splitter).table()
        else:
            least = chunk.byte_range.lines + _LONGEST_QUOTED
            reader.give_back(chunk, 0)


class _Splitter:
    """Split of lines into fields.

    Lines may have an empty field after the last column. They may lack the last field if the header ends with a
    delimiter.
    """

    def __init__(self, layout: Layout, columns: Sequence[str]) -> None:
        self.layout = layout
        self.most = len(columns)
        self.least = self.most - max(layout.optional_trailing, layout.header and not columns[-1])
        self.quote = layout.quote
        self._simply_quoted = self._pattern() if layout.quote else ""

    def split(self, lines: pl.DataFrame, *, quoted: bool) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return the fields of lines (columns `line` and `raw`), and the lines that have too few or too many."""
        data = ("\n".join(lines["raw"].to_list()) + "\n").encode() if lines.height else b""
        table = self.split_text(data, quoted=quoted).with_columns(lines[LINE])
        misfits = table.filter(~pl.col("fits"))[LINE]
        return table.filter("fits").drop("fits"), lines.filter(pl.col(LINE).is_in(misfits.implode()))

    def split_text(self, data: bytes, *, quoted: bool) -> pl.DataFrame:
        """Return the fields of each line. The column `fits` marks lines with the right number of fields."""
        names = [*field_names(self.most), "end"]
        if not data:
            return pl.DataFrame(schema=dict.fromkeys(names[:-1], pl.String) | {"fits": pl.Boolean})
        table = self._parsed(data, names, quoted=quoted)
        if (ends := table["end"] == _END).all(ignore_nulls=False):
            return table.drop("end").with_columns(fits=ends)
        if self.most > 1 and (table["end"] == "").any():
            table = self._parsed(data, [*names, "behind"], quoted=quoted)
            ends_behind = (pl.col("end") == "") & (pl.col("behind") == _END)
            table = table.with_columns(end=pl.when(ends_behind).then(pl.lit(_END)).otherwise("end")).drop("behind")
        if any(table.null_count().row(0)):
            table = table.with_columns(pl.all().fill_null(""))
        fits = pl.col("end") == _END
        for position in range(self.least, self.most):
            ends_here = ~fits & (pl.col(names[position]) == _END)
            table = table.with_columns(
                fits=fits | ends_here,
                **{names[position]: pl.when(ends_here).then(pl.lit("")).otherwise(names[position])},
            )
            fits = pl.col("fits")
        return table.with_columns(fits=fits).drop("end")

    def _parsed(self, data: bytes, names: Sequence[str], *, quoted: bool) -> pl.DataFrame:
        return pl.read_csv(
            data.replace(b"\n", f"{self.layout.delimiter}{_END}\n".encode()),
            has_header=False,
            separator=self.layout.delimiter,
            quote_char=self.quote if quoted else None,
            schema=dict.fromkeys(names, pl.String),
            empty_string_is_null=False,
            extra_columns="ignore",
            missing_columns="insert",
            raise_if_empty=False,
        )

    def is_simply_quoted(self) -> pl.Expr:
        """Match lines whose quotes all enclose whole fields: every reader reads these alike."""
        return pl.col("raw").str.contains(self._simply_quoted)

    def _pattern(self) -> str:
        quote, delimiter = re.escape(self.quote), re.escape(self.layout.delimiter)
        field = f"(?:[^{quote}{delimiter}]*|{quote}(?:[^{quote}]|{quote}{quote})*{quote})"
        return f"^{field}(?:{delimiter}{field})*$"


class _Lines:
    """Lines of a chunk. `whole` counts the lines of the records that end in the chunk."""

    def __init__(self, chunk: Chunk, splitter: _Splitter) -> None:
        self.chunk = chunk
        self.splitter = splitter
        self.data = with_line_feeds(chunk.data)
        self.whole = chunk.byte_range.lines
        self._merged: list[tuple[int, int]] = []
        self._is_plain = self._plain()
        if not self._is_plain:
            self._classify()

    def table(self) -> FieldTable:
        """Return the fields of the whole records."""
        if self._is_plain:
            return self._table_of_plain()
        return self._table_of_mixed()

    def _plain(self) -> bool:
        """Return True if the chunk has nothing but delimiters and text. Decode it to UTF-8 then."""
        data, quote = self.data, self.splitter.quote.encode()
        if (quote and quote in data) or b"\0" in data or _END.encode() in data:
            return False
        if data.find(b"\n") > _LONG_LINE:
            return False
        if data.isascii():
            return True
        try:
            self.data = data.decode(self.splitter.layout.encoding).encode()
        except UnicodeDecodeError:
            return False
        return True

    def _table_of_plain(self) -> FieldTable:
        table = self.splitter.split_text(self.data, quoted=False)
        if table.height != self.chunk.byte_range.lines:
            raise AssertionError(f"{table.height} rows of {self.chunk.byte_range.lines} lines")
        first = self.chunk.first_line
        table = table.with_columns(pl.int_range(first, first + table.height, dtype=pl.Int64).alias(LINE))
        misfits = table.filter(~pl.col("fits"))[LINE].to_list()
        if self.splitter.most == 1:  # a blank line has one field as well
            blank = pl.col("f0").str.strip_chars(_BLANK) == ""
            misfits = sorted({*misfits, *table.filter(blank)[LINE].to_list()})
            table = table.filter(~blank)
        table = table.filter("fits") if misfits else table
        is_stripped = _has_no_blanks(self.data)
        result = FieldTable(
            self.chunk.byte_range, first, table.drop("fits"), self._compressed_lines(), is_stripped=is_stripped
        )
        self._explain(result, misfits)
        return result

    def _compressed_lines(self) -> CompressedLines:
        first = self.chunk.first_line
        several = {first + begin: end - begin + 1 for begin, end in self._merged}
        return CompressedLines.of(self.chunk.data, first, self.splitter.layout.encoding, several)

    def _explain(self, result: FieldTable, numbers: Sequence[int]) -> None:
        """Reject lines with the wrong number of fields, or count them as blank."""
        if not numbers:
            return
        lines = self.data.split(b"\n")
        raws = result.raw(numbers)
        for number, raw in zip(numbers, raws, strict=True):
            self._read_line(result, number, lines[number - self.chunk.first_line].decode(), raw)

    def _read_line(self, result: FieldTable, number: int, text: str, raw: str) -> list[str] | None:
        if not text.strip(_BLANK):
            result.blank += 1
            return None
        try:
            fields = _fields(text, self.splitter.layout)
            return _checked(fields, self.splitter.least, self.splitter.most)
        except UnreadableError as problem:
            result.rejects.append(Reject(number, raw, problem.field, problem.reason))
            return None

    def _classify(self) -> None:
        """Find the lines that can be split in bulk, and the records that go over several lines."""
        physical = self.data.split(b"\n")[:-1]
        texts = _decoded(physical, self.splitter.layout.encoding)
        raw = pl.col("raw")
        lines = pl.DataFrame({"raw": texts}, schema={"raw": pl.String}).with_row_index("index")
        is_irregular = raw.is_null() | raw.str.contains("\0", literal=True) | raw.str.contains(_END, literal=True)
        quotes = raw.str.count_matches(self.splitter.quote, literal=True) if self.splitter.quote else pl.lit(0)
        is_irregular |= raw.str.len_bytes() > _LONG_LINE
        lines = lines.with_columns(irregular=is_irregular, quotes=quotes.fill_null(0))
        merged = self._merge(physical, self._odd_quotes(physical, lines))
        covered = [index for first, last in merged for index in range(first, last + 1)]
        lines = lines.filter(~pl.col("index").is_in(covered)).head(self._kept(covered))
        simple = (pl.col("quotes") == 0) | self.splitter.is_simply_quoted() if self.splitter.quote else pl.lit(True)
        lines = lines.with_columns(bulk=~pl.col("irregular") & (pl.col("quotes") % 2 == 0) & simple)
        self._lines = lines.with_columns(pl.col("index").cast(pl.Int64).add(self.chunk.first_line).alias(LINE))
        self._physical, self._merged = physical, merged

    def _kept(self, covered: Sequence[int]) -> int:
        return self.whole - len(covered)

    def _odd_quotes(self, physical: Sequence[bytes], lines: pl.DataFrame) -> list[int]:
        """Return the indexes of the lines with an odd number of quotes."""
        if not self.splitter.quote:
            return []
        quote = self.splitter.quote.encode()
        undecoded = lines.filter(pl.col("raw").is_null())["index"].to_list()
        odd = lines.filter(pl.col("quotes") % 2 == 1)["index"].to_list()
        return sorted([*odd, *(index for index in undecoded if physical[index].count(quote) % 2)])

    def _merge(self, physical: Sequence[bytes], odd: Sequence[int]) -> list[tuple[int, int]]:
        """Return the first and the last line of each record over several lines. Set `whole`."""
        merged: list[tuple[int, int]] = []
        end = -1
        for place, first in enumerate(odd):
            if first <= end:
                continue
            last = odd[place + 1] if place + 1 < len(odd) else len(physical) + _LONGEST_QUOTED
            if last - first > _LONGEST_QUOTED:
                if not self.chunk.is_closed and len(physical) - 1 - first < _LONGEST_QUOTED and last >= len(physical):
                    self.whole = first
                    break
            elif self._is_record(b"\n".join(physical[first : last + 1])):
                merged.append((first, last))
                end = last
        return merged

    def _is_record(self, line: bytes) -> bool:
        layout = self.splitter.layout
        try:
            _checked(_split(line.decode(layout.encoding), layout), self.splitter.least, self.splitter.most)
        except (UnicodeDecodeError, csv.Error, UnreadableError):
            return False
        return True

    def _table_of_mixed(self) -> FieldTable:
        self.data = b""
        bulk = self._lines.filter("bulk").select(LINE, "raw", "quotes")
        plain, plain_misfits = self.splitter.split(bulk.filter(pl.col("quotes") == 0), quoted=False)
        quoted, quoted_misfits = self.splitter.split(bulk.filter(pl.col("quotes") > 0), quoted=True)
        result = FieldTable(self.chunk.byte_range, self.chunk.first_line, plain, self._compressed_lines())
        single = self._lines.filter(~pl.col("bulk"))[LINE].to_list()
        misfits = [*plain_misfits[LINE].to_list(), *quoted_misfits[LINE].to_list()]
        first = self.chunk.first_line
        line_ranges = [(number - first, number - first) for number in [*single, *misfits]] + self._merged
        rows = [row for begin, end in sorted(line_ranges) if (row := self._read_lines(result, begin, end))]
        one_by_one = pl.DataFrame(rows, schema=plain.select(LINE, pl.exclude(LINE)).schema, orient="row")
        tables = [table.select(one_by_one.columns) for table in (plain, quoted, one_by_one) if table.height]
        result.table = pl.concat(tables).sort(LINE) if tables else one_by_one
        result.rejects.sort()
        return result

    def _read_lines(self, result: FieldTable, begin: int, end: int) -> list[object] | None:
        number, line = self.chunk.first_line + begin, b"\n".join(self._physical[begin : end + 1])
        raw = storable(line, self.splitter.layout.encoding)
        try:
            text = _decode(line, self.splitter.layout.encoding)
        except UnreadableError as problem:
            result.rejects.append(Reject(number, raw, problem.field, problem.reason))
            return None
        fields = self._read_line(result, number, text, raw)
        return None if fields is None else [number, *fields]


def _has_no_blanks(data: bytes) -> bool:
    return data.isascii() and not any(blank in data for blank in _BLANKS)


def _decoded(physical: Sequence[bytes], encoding: str) -> list[str | None]:
    try:
        return list(b"\n".join(physical).decode(encoding).split("\n"))
    except UnicodeDecodeError:
        return [_decoded_or_none(line, encoding) for line in physical]


def _decoded_or_none(line: bytes, encoding: str) -> str | None:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return None


def _decode(line: bytes, encoding: str) -> str:
    try:
        text = line.decode(encoding)
    except UnicodeDecodeError as error:
        bad = line[error.start : error.start + 1].hex()
        raise UnreadableError("", f"byte {error.start + 1} (0x{bad}) is not {encoding}") from error
    if "\0" in text:
        raise UnreadableError("", f"character {text.index(chr(0)) + 1} is a NUL")
    return text


def _checked(fields: list[str], least: int, most: int) -> list[str]:
    """Return the fields with the missing optional ones, and without an empty field after the last.

    Raises UnreadableError when their number is not that of the columns.
    """
    if len(fields) == most + 1 > 2 and not fields[-1]:
        fields = fields[:-1]
    count = len(fields)
    if not least <= count <= most:
        expected = str(most) if least == most else f"{least} to {most}"
        raise UnreadableError("", f"{count} fields instead of {expected}")
    return fields + [""] * (most - count)


def _fields(text: str, layout: Layout) -> list[str]:
    try:
        return _split(text, layout)
    except csv.Error as error:
        raise UnreadableError("", f"wrongly quoted: {error}") from error


def _split(text: str, layout: Layout) -> list[str]:
    if not layout.quote or layout.quote not in text:
        return text.split(layout.delimiter)
    lines = io.StringIO(text, newline="\n")  # splitlines() splits at other characters too
    row, *more = csv.reader(lines, delimiter=layout.delimiter, quotechar=layout.quote, strict=True)
    if more:
        raise csv.Error("a line end outside quotes")
    return row
