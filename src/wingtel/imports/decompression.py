"""Decompression of gzip, zstd, bzip2, xz and ZIP archives with one member, with bounds on memory and size.

Raises SourceError, which names the file, for data that is truncated, damaged or too large, and for other archives.
"""

import bz2
import gzip
import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

import zstandard

from .errors import SourceError
from .file_formats import BZIP2, GZIP, XZ, ZIP, ZSTD, begins_with
from .streams import READ_BYTES, pieces_of

LARGEST_RATIO = 250
"""Most bytes of content for each byte of the file; usage records have 5 to 30."""
LARGEST_CONTENT = 64 << 30
"""Most bytes of content, for any ratio."""
_ANY_RATIO = 64 << 20
"""Bytes of content up to which any ratio is accepted: a small file may repeat itself."""
_XZ_MEMORY = 128 << 20
_XZ_READ = 1 << 16
_ZSTD_READ = 1 << 11
"""Bytes given to zstd at a time: it returns all their content at once, up to 32 768 times as much."""
_ZIP_DIRECTORY = 1 << 20
_ENCRYPTED = 1  # bit of a ZIP member's flags
_DAMAGED: tuple[type[Exception], ...] = (EOFError, OSError, zlib.error, lzma.LZMAError, zstandard.ZstdError)
# zipfile raises these for a damaged archive, and NotImplementedError for an unknown compression.
_DAMAGED += (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error)


def decompressed(path: Path, file: BinaryIO, start: bytes) -> Iterator[bytes] | None:
    """Return the content of a compressed file that begins with `start`, or None for any other file."""
    for magic, pieces in _FORMATS.items():
        if begins_with(start, magic):
            return _bounded(path, file, pieces)
    return None


def largest_content(compressed: int) -> int:
    """Return the most bytes that so many compressed bytes may become."""
    return min(max(compressed * LARGEST_RATIO, _ANY_RATIO), LARGEST_CONTENT)


def _bounded(path: Path, file: BinaryIO, pieces: Callable[[BinaryIO], Iterator[bytes]]) -> Iterator[bytes]:
    compressed = os.fstat(file.fileno()).st_size
    largest = largest_content(compressed)
    size = 0
    try:
        for piece in pieces(file):
            size += len(piece)
            if size > largest:
                raise SourceError(
                    f"{compressed} bytes of compressed data become more than {largest}, the most that is read;"
                    " if the file is right, decompress it first, and import the result"
                )
            yield piece
    except SourceError as error:
        raise SourceError(f"{path}: {error}") from None
    except _DAMAGED as error:
        raise SourceError(f"{path}: the compressed data is truncated or damaged: {error}") from error


def _gzip(file: BinaryIO) -> Iterator[bytes]:
    return pieces_of(cast("BinaryIO", gzip.GzipFile(fileobj=file)))


def _bzip2(file: BinaryIO) -> Iterator[bytes]:
    return pieces_of(cast("BinaryIO", bz2.BZ2File(file)))


def _xz(file: BinaryIO) -> Iterator[bytes]:
    """Decompress all streams of an xz file, and skip the zeros between them."""
    stream, data = None, b""
    while data := data or file.read(_XZ_READ):
        if not stream:
            if not (data := data.lstrip(b"\0")):
                continue
            stream = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)
        yield stream.decompress(data, READ_BYTES)
        while not (stream.needs_input or stream.eof):
            yield stream.decompress(b"", READ_BYTES)
        data = b""
        if stream.eof:
            data, stream = stream.unused_data, None
    if stream:
        raise EOFError("the last stream has no end")


def _zstd(file: BinaryIO) -> Iterator[bytes]:
    """Decompress all frames of a zstd file: the library's own reader does not report a frame that is cut off."""
    frame, data = None, b""
    while data := data or file.read(_ZSTD_READ):
        frame = frame or zstandard.ZstdDecompressor().decompressobj()
        yield frame.decompress(data)
        data = b""
        if frame.eof:
            data, frame = frame.unused_data, None
    if frame:
        raise EOFError("the last frame has no end")


def _zip(file: BinaryIO) -> Iterator[bytes]:
    with zipfile.ZipFile(cast("BinaryIO", _SmallDirectory(file))) as archive:
        names = [member.filename for member in archive.infolist()]
        if "[Content_Types].xml" in names:
            raise SourceError("the file is an Office document (xlsx, docx); save its table as CSV, and import that")
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) != 1:
            raise SourceError(f"the ZIP archive has {len(members)} members; import one file at a time")
        (member,) = members
        if member.flag_bits & _ENCRYPTED:
            raise SourceError("the ZIP archive is encrypted; decrypt it first, and import the result")
        if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise SourceError(
                "the ZIP archive is compressed by another method than deflate; compress it again with deflate"
            )
        with archive.open(member) as content:
            yield from pieces_of(cast("BinaryIO", content))


class _SmallDirectory:
    """A ZIP file whose directory has to be small, since zipfile reads all of it at once."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(_ZIP_DIRECTORY + 1 if size < 0 else min(size, _ZIP_DIRECTORY + 1))
        if len(data) > _ZIP_DIRECTORY:
            raise SourceError("the ZIP archive has very many members; import one file at a time")
        return data


_FORMATS = {GZIP: _gzip, ZSTD: _zstd, BZIP2: _bzip2, XZ: _xz, ZIP: _zip}
