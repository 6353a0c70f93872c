"""Reading delimited text in chunks, such that one bad line never costs a right one."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple
from zoneinfo import ZoneInfo

from wingtel.recording.entries import UsageEntry

from .errors import HeaderError
from .parsing import LineParser, UnreadableError
from .profiles import Layout, Profile

CHUNK_LINES = 20_000
"""Lines that are recorded and committed together."""
_LONGEST_QUOTED = 50
"""Physical lines that one quoted field may go over, before its opening quote is taken for a stray one."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
csv.field_size_limit(2**31 - 1)


class Reject(NamedTuple):
    """A line that was refused: where it starts, the text, the column at fault ("" for the whole line) and
    why.
    """

    line: int
    raw: str
    field: str
    reason: str


@dataclass
class Chunk:
    """Some lines of a feed as they were read: entries + rejects + skipped are as many as `lines`.

    `numbers` are the lines of the entries, and `raw` their texts; `bytes_read` counts from the start of the file.
    """

    entries: list[UsageEntry] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    skipped: int = 0
    lines: int = 0
    bytes_read: int = 0


def read_chunks(
    path: Path, profile: Profile, operator_zone: ZoneInfo, chunk_lines: int = CHUNK_LINES
) -> Iterator[Chunk]:
    """The lines of the file in order, `chunk_lines` at a time.

    A line is numbered as an editor does, from 1, by where it starts; a quoted field may go over several. The
    header is no data line. Empty lines are skipped. Raises HeaderError when the profile's columns are not in
    the file.
    """
    with path.open("rb") as file:
        lines = _PhysicalLines(file, profile.layout)
        parser = LineParser(profile, _header(lines, profile.layout), operator_zone)
        reader = _ChunkReader(lines, parser, profile.layout)
        while (chunk := reader.read(chunk_lines)).lines:
            yield chunk


class _PhysicalLines:
    """The lines of a file as bytes without their ends, with a look ahead."""

    def __init__(self, file: BinaryIO, layout: Layout) -> None:
        self.layout = layout
        self.number = 0
        self.bytes_read = 0
        self._file = file
        self._ahead: list[bytes] = []

    def take(self) -> bytes | None:
        """The next line, None at the end of the file."""
        line = self._ahead.pop(0) if self._ahead else self._file.readline()
        if not line:
            return None
        self.number += 1
        self.bytes_read += len(line)
        if self.number == 1:
            line = line.removeprefix(_BYTE_ORDER_MARK)
        return line.rstrip(b"\r\n")

    def peek(self, count: int) -> list[bytes]:
        """The next `count` lines, or as many as there are, without taking them."""
        self._ahead.extend(islice(iter(self._file.readline, b""), count - len(self._ahead)))
        return self._ahead[:count]


def _header(lines: _PhysicalLines, layout: Layout) -> list[str]:
    if not layout.header:
        return list(layout.columns)
    line = lines.take()
    if line is None:
        raise HeaderError("the file is empty, and the profile expects a header")
    try:
        return [name.strip() for name in _split(line.decode(layout.encoding), layout)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise HeaderError(f"the header cannot be read: {error}") from error


class _ChunkReader:
    def __init__(self, lines: _PhysicalLines, parser: LineParser, layout: Layout) -> None:
        self.lines = lines
        self.parser = parser
        self.layout = layout
        self.quote = layout.quote.encode()

    def read(self, chunk_lines: int) -> Chunk:
        chunk = Chunk()
        take, quote = self.lines.take, self.quote
        while chunk.lines < chunk_lines and (line := take()) is not None:
            chunk.lines += 1
            number = self.lines.number
            if not line.strip():
                chunk.skipped += 1
                continue
            if quote and line.count(quote) % 2:
                line = self._closed(line)
            self._read_line(chunk, number, line)
        chunk.bytes_read = self.lines.bytes_read
        return chunk

    def _read_line(self, chunk: Chunk, number: int, line: bytes) -> None:
        try:
            text = _decoded(line, self.layout.encoding)
            entry = self.parser.parse(_fields(text, self.layout))
        except UnreadableError as problem:
            chunk.rejects.append(Reject(number, storable(line), problem.field, problem.reason))
        else:
            if entry is None:
                chunk.skipped += 1
            else:
                chunk.entries.append(entry)
                chunk.numbers.append(number)
                chunk.raw.append(text)

    def _closed(self, line: bytes) -> bytes:
        """`line` with the lines that its open quote goes on to; alone when they do not make a record
        together.
        """
        whole = line
        for taken, following in enumerate(self.lines.peek(_LONGEST_QUOTED), start=1):
            whole += b"\n" + following.rstrip(b"\r\n")
            if following.count(self.quote) % 2:
                if not self._is_record(whole):
                    break
                for _ in range(taken):
                    self.lines.take()
                return whole
        return line

    def _is_record(self, line: bytes) -> bool:
        try:
            self.parser.check_count(_split(line.decode(self.layout.encoding), self.layout))
        except (UnicodeDecodeError, csv.Error, UnreadableError):
            return False
        return True


def _decoded(line: bytes, encoding: str) -> str:
    try:
        text = line.decode(encoding)
    except UnicodeDecodeError as error:
        bad = line[error.start : error.start + 1].hex()
        raise UnreadableError("", f"byte {error.start + 1} (0x{bad}) is not {encoding}") from error
    if "\0" in text:
        raise UnreadableError("", f"character {text.index(chr(0)) + 1} is a NUL")
    return text


def _fields(text: str, layout: Layout) -> list[str]:
    try:
        return _split(text, layout)
    except csv.Error as error:
        raise UnreadableError("", f"wrongly quoted: {error}") from error


def _split(text: str, layout: Layout) -> list[str]:
    if not layout.quote or layout.quote not in text:
        return text.split(layout.delimiter)
    lines = io.StringIO(text, newline="\n")  # splitlines() would split at more than line ends
    row, *others = csv.reader(lines, delimiter=layout.delimiter, quotechar=layout.quote, strict=True)
    if others:
        raise csv.Error("a line end outside quotes")
    return row


def storable(line: bytes) -> str:
    """The text of a line for people to read: what is not UTF-8, and NUL, as escapes."""
    return line.decode("utf-8", errors="backslashreplace").replace("\0", r"\x00")
