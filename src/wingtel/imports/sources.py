"""Where feeds come from: files, globs, folders, standard input; plain, gzip or zstd."""

import glob
import gzip
import hashlib
import io
import shutil
import signal
import sys
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import zstandard

from .errors import SourceError

STANDARD_INPUT = "-"
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_READ = 1 << 20


def find_files(names: Sequence[str]) -> list[Path]:
    """The files that paths, globs and folders stand for, each once: a folder for the files directly in it, by name.

    Hidden files are left out of folders. Raises SourceError for a name that stands for none.
    """
    found: dict[Path, None] = {}
    for name in names:
        path = Path(name)
        if path.is_dir():
            files = sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith("."))
        elif path.exists():
            files = [path]
        else:
            matching = glob.glob(name, recursive=True)  # noqa: PTH207 - a pattern may be absolute
            files = sorted(file for file in map(Path, matching) if file.is_file())
        if not files:
            raise SourceError(f"{name}: there is no such file")
        found |= dict.fromkeys(files)
    return list(found)


@contextmanager
def standard_input() -> Iterator[Path]:
    """Standard input as a file, kept only as long as it is needed: an import has to know all of it before it begins."""
    signal.siginterrupt(signal.SIGINT, True)  # Polars's handler restarts the read, and Ctrl-C would not be noticed
    with tempfile.NamedTemporaryFile(prefix="wingtel-import-") as spool:
        shutil.copyfileobj(sys.stdin.buffer, spool, _READ)
        spool.flush()
        yield Path(spool.name)


def content_hash(path: Path) -> str:
    """SHA-256 of the file as it is, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def opened(path: Path) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """The content of the file, decompressed as its first bytes ask for; and the file itself, to tell how far it is
    read.

    Raises SourceError, from reading too, when the compressed data is truncated or damaged.
    """
    with path.open("rb") as file:
        try:
            yield _decompressed(file), file
        except (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError) as error:
            raise SourceError(f"{path}: the compressed data is truncated or damaged: {error}") from error


def _decompressed(file: BinaryIO) -> BinaryIO:
    magic = file.read(4)
    file.seek(0)
    if magic.startswith(_GZIP):
        return cast("BinaryIO", gzip.GzipFile(fileobj=file))
    if magic == _ZSTD:
        return cast("BinaryIO", _WholeZstd(file))
    return file


class _WholeZstd(io.RawIOBase):
    """All frames of a zstd file; its end in the middle of one is an error, which the library passes over."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decompressor = zstandard.ZstdDecompressor().decompressobj()
        self._ready = b""
        self._within_frame = False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        parts, length = [self._ready], len(self._ready)
        while size < 0 or length < size:
            more = self._more()
            if not more:
                break
            parts.append(more)
            length += len(more)
        whole = b"".join(parts)
        end = len(whole) if size < 0 else size
        self._ready = whole[end:]
        return whole[:end]

    def _more(self) -> bytes:
        while True:
            if self._decompressor.eof:
                unused = self._decompressor.unused_data
                self._decompressor = zstandard.ZstdDecompressor().decompressobj()
                self._within_frame = False
            else:
                unused = b""
            data = unused or self._file.read(_READ)
            if not data:
                if self._within_frame:
                    raise EOFError("the last frame has no end")
                return b""
            self._within_frame = True
            if more := self._decompressor.decompress(data):
                return more
