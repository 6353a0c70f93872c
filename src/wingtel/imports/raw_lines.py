"""Raw lines: the texts of lines, held compressed until it is known which of them are rejected."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl
import zstandard


@dataclass(frozen=True)
class CompressedLines:
    """Compressed lines of a file. Called with the numbers of lines, it returns their texts for people to read.

    `several` has the records over several lines: the number of the first line and the number of lines.
    """

    compressed: pl.Series
    first_line: int
    encoding: str
    several: Mapping[int, int]

    @classmethod
    def of(
        cls, data: bytes, first_line: int, encoding: str, several: Mapping[int, int] | None = None
    ) -> "CompressedLines":
        """Compress whole lines, each with its line feed."""
        # In the memory of Polars: in that of Python it would fragment what is freed around it.
        compressed = pl.Series([zstandard.ZstdCompressor(level=1).compress(data)], dtype=pl.Binary)
        return cls(compressed, first_line, encoding, several or {})

    def __call__(self, numbers: Sequence[int]) -> list[str]:
        """Return the texts in the order of the numbers."""
        if not numbers:
            return []
        data = zstandard.ZstdDecompressor().decompress(self.compressed[0])
        lines = with_line_feeds(data).split(b"\n")
        starts = [(number - self.first_line, self.several.get(number, 1)) for number in numbers]
        return [storable(b"\n".join(lines[start : start + count]), self.encoding) for start, count in starts]


def with_line_feeds(data: bytes) -> bytes:
    """Return the lines without the carriage returns at their ends."""
    if b"\r" not in data:
        return data
    data = data.replace(b"\r\n", b"\n")
    return re.sub(rb"\r+\n", b"\n", data) if b"\r\n" in data else data


def storable(line: bytes, encoding: str) -> str:
    """Return the text of a line for people to read, with escapes for NUL and for bytes not of the encoding."""
    return line.decode(encoding, errors="backslashreplace").replace("\0", r"\x00")
