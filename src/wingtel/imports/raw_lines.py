"""The text of lines, kept as compact as it was read until it is known which of them are refused."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl
import zstandard


@dataclass(frozen=True)
class KeptText:
    """Some lines of a file; called with the numbers of lines, gives their texts for people to read.

    `several` says, of records that go over several lines, where they start and over how many lines they go.
    """

    compressed: pl.Series
    first_line: int
    encoding: str
    several: Mapping[int, int]

    @classmethod
    def of(cls, data: bytes, first_line: int, encoding: str, several: Mapping[int, int] | None = None) -> "KeptText":
        """Of whole lines, each with its line feed."""
        # Kept in memory of Polars': in Python's, it would lie between what is freed, and keep that from being used.
        compressed = pl.Series([zstandard.ZstdCompressor(level=1).compress(data)], dtype=pl.Binary)
        return cls(compressed, first_line, encoding, several or {})

    def __call__(self, numbers: Sequence[int]) -> list[str]:
        """The texts, in the order of the numbers."""
        if not numbers:
            return []
        data = zstandard.ZstdDecompressor().decompress(self.compressed[0])
        lines = with_line_feeds(data).split(b"\n")
        starts = [(number - self.first_line, self.several.get(number, 1)) for number in numbers]
        return [storable(b"\n".join(lines[start : start + count]), self.encoding) for start, count in starts]


def with_line_feeds(data: bytes) -> bytes:
    """Lines without the carriage returns at their ends."""
    if b"\r" not in data:
        return data
    data = data.replace(b"\r\n", b"\n")
    return re.sub(rb"\r+\n", b"\n", data) if b"\r\n" in data else data


def storable(line: bytes, encoding: str) -> str:
    """The text of a line for people to read: what is not of the encoding, and NUL, as escapes."""
    return line.decode(encoding, errors="backslashreplace").replace("\0", r"\x00")
