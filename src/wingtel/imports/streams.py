"""Streams: pieces of content that are read like a file."""

import io
from collections.abc import Iterator
from typing import BinaryIO, cast

READ_BYTES = 1 << 20


def stream_of(pieces: Iterator[bytes]) -> BinaryIO:
    """Return a stream of pieces of any length."""
    return cast("BinaryIO", io.BufferedReader(_Pieces(pieces)))


def pieces_of(stream: BinaryIO, start: bytes = b"") -> Iterator[bytes]:
    """Yield `start`, which was read from the stream already, and the rest of the stream."""
    if start:
        yield start
    while more := stream.read(READ_BYTES):
        yield more


class _Pieces(io.RawIOBase):
    """A raw stream of pieces."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # BufferedReader passes no other type
        while not self._ready and (piece := next(self._pieces, None)) is not None:
            self._ready = memoryview(piece)
        size = min(len(buffer), len(self._ready))
        buffer[:size], self._ready = self._ready[:size], self._ready[size:]
        return size
